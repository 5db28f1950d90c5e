"""Hosts from within (`--inside hosts`): does the control domain see what XAPI says?"""

from fixtures.controls import control
from fixtures.facts.host import Host


@control(
    "INSIDE-HOST-VIRT-01",
    severity="critical",
    evidence=("dom0.virt_caps",),
    inside="hosts",
)
def test_xen_has_hardware_virtualization(host: Host) -> str:
    """Xen has hardware virtualization.

    Why: Without it no HVM guest starts on this host, and none can be moved to it.
    Pass: virt_caps of `xl info` has hvm.
    Fail: It has not: the firmware has it switched off, or the CPU lacks it.
    Unknown: The host was not reached, or does not answer.
    Verify: xl info virt_caps
    Fix: Switch on Intel VT-x or AMD-V (SVM) in the host's firmware (window: host reboot).
    Sources: Xen, xl(1), info; xen/arch/x86/sysctl.c (arch_do_physinfo).
    """
    capabilities = host.dom0.virt_caps
    assert "hvm" in capabilities, f"expected hvm in virt_caps, actual {' '.join(capabilities) or 'nothing'}"
    return f"virt_caps: {' '.join(capabilities)}"
