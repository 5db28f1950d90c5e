"""Hosts from within (`--inside hosts`): what do Xen and the control domain's kernel say of themselves?"""

from fixtures.controls import control
from fixtures.facts.agreement import dissent, spelled
from fixtures.facts.host import Host
from fixtures.facts.judging import Unknown
from fixtures.facts.subject import several


@control(
    "INSIDE-HOST-VIRT-01",
    severity="critical",
    evidence=("dom0.virt_caps", "dom0.xen_caps"),
    gates=("migration", "upgrade"),
    inside="hosts",
)
def test_xen_has_hardware_virtualization(host: Host) -> str:
    """Xen has hardware virtualization.

    Why: Without it no HVM guest starts on this host, and none can be moved to it.
    Pass: virt_caps of `xl info` has hvm; where xl does not answer, xen_caps has hvm-….
    Fail: It has not: the firmware has it switched off, or the CPU lacks it.
    Unknown: The host was not reached, or answers neither.
    Verify: xl info virt_caps; cat /sys/hypervisor/properties/capabilities
    Fix: Switch on Intel VT-x or AMD-V (SVM) in the host's firmware (window: host reboot).
    Sources: Xen, xl(1), info; xen/arch/x86/sysctl.c (arch_do_physinfo) and setup.c (arch_get_xen_caps).
    """
    assert host.dom0.hardware_virtualization, "expected hvm among Xen's capabilities, actual none"
    return "Xen runs HVM guests"


@control(
    "INSIDE-HOST-VIRT-02",
    severity="high",
    evidence=("dom0.locked_cpus", "dom0.virt_caps", "dom0.xen_caps"),
    inside="hosts",
)
def test_firmware_leaves_hardware_virtualization_on(host: Host) -> str:
    """The firmware leaves hardware virtualization on, on all CPUs.

    Why: What the firmware has locked, Xen cannot switch on: no HVM guests, or fewer CPUs than were paid for.
    Pass: Xen has hardware virtualization, and no message of it says otherwise of a CPU.
    Fail: Xen has said at its start that the firmware (BIOS) disables VMX or SVM.
    Unknown: The host was not reached, or Xen's messages cannot be read. There is neither hardware
    virtualization nor such a message: the CPU may lack it, and Xen keeps its latest messages only.
    Verify: xl dmesg | grep -E "disabled (by|in) BIOS"
    Fix: Switch on Intel VT-x or AMD-V (SVM) in the host's firmware, and take off its lock (window: host
    reboot).
    Sources: Xen, xen/arch/x86/hvm/vmx/vmcs.c (VMX disabled by BIOS) and hvm/svm/svm.c (AMD SVM Extension is
    disabled in BIOS).
    """
    locked = host.dom0.locked_cpus
    assert not locked, f"expected no lock of the firmware, actual: {several(locked)}"
    if not host.dom0.hardware_virtualization:
        raise Unknown("Xen has no hardware virtualization, and no message of it tells why")
    return "Xen has found no lock"


@control(
    "INSIDE-HOST-IOMMU-01",
    severity="low",
    evidence=("dom0.virt_caps", "dom0.iommu_message"),
    inside="hosts",
)
def test_xen_uses_an_iommu(host: Host) -> None:
    """Xen uses an IOMMU.

    Why: Without it (Intel VT-d, AMD-Vi) no PCI device, GPU or SR-IOV function can be given to a VM.
    Pass: virt_caps of `xl info` has hvm_directio or pv_directio; where it is not told, Xen has said at its
    start that I/O virtualisation is enabled.
    Fail: Neither: it is switched off in the firmware or on Xen's command line, or not there.
    Unknown: The host was not reached, or does not tell; virt_caps and Xen's messages contradict each other.
    Verify: xl info virt_caps; xl dmesg | grep -i "I/O virtualisation"
    Fix: Switch on VT-d or AMD-Vi (IOMMU) in the host's firmware, and take iommu=off off Xen's command line
    (window: host reboot).
    Sources: Xen, tools/xl/xl_info.c (virt_caps), xen/drivers/passthrough/iommu.c (I/O virtualisation). What
    Linux says of an IOMMU in a control domain tells nothing: Xen hides it.
    """
    assert host.dom0.iommu, "expected an IOMMU, actual none that Xen uses"


@control(
    "INSIDE-HOST-XEN-01",
    severity="medium",
    evidence=("pool.hosts.dom0.xen_build",),
    gates=("upgrade",),
    inside="hosts",
)
def test_xen_is_the_pool_s(host: Host) -> str:
    """The Xen that runs is that of most hosts in the pool.

    Why: One host on another Xen has a hole that is thought closed, and VMs that move to it meet what nobody
    has tested. A host that was patched but not restarted runs the old one still.
    Pass: Most hosts run the same version, and the same build where Xen tells it.
    Fail: No more than half of them do.
    Unknown: The host was not reached or does not tell; nor do too many of the others.
    Not applicable: The pool has one host.
    Verify: xl info | grep -E "xen_version|build_id"
    Fix: Bring the host to the updates of the others, and restart it (window: host reboot).
    Sources: Xen, xl(1), info; Xen's build id, docs/misc/livepatch.
    """
    others = dissent(host, lambda each: each.dom0.xen_build)
    assert not others, f"expected one Xen in the pool, actual {host.dom0.xen_build}; {spelled(others)}"
    return host.dom0.xen_build


@control(
    "INSIDE-HOST-KERNEL-01",
    severity="medium",
    evidence=("pool.hosts.dom0.kernel_build",),
    gates=("upgrade",),
    inside="hosts",
)
def test_kernel_is_the_pool_s(host: Host) -> str:
    """The control domain's kernel is that of most hosts in the pool.

    Why: As with Xen: updates of it take effect with a restart only, and 4.19.0+1 is the release of every
    build of it, so that XAPI's record does not show the difference.
    Pass: Most hosts run the same build.
    Fail: No more than half of them do.
    Unknown: The host was not reached or does not tell; nor do too many of the others.
    Not applicable: The pool has one host.
    Verify: uname -rv
    Fix: Bring the host to the updates of the others, and restart it (window: host reboot).
    Sources: uname(2); xl(1), info (release, version).
    """
    others = dissent(host, lambda each: each.dom0.kernel_build)
    assert not others, f"expected one kernel in the pool, actual {host.dom0.kernel_build}; {spelled(others)}"
    return host.dom0.kernel_build


@control(
    "INSIDE-HOST-MICROCODE-01",
    severity="medium",
    evidence=("pool.hosts.dom0.cpu.model", "pool.hosts.dom0.cpu.microcode"),
    inside="hosts",
)
def test_microcode_is_that_of_like_hosts(host: Host) -> str:
    """The CPUs' microcode is that of most hosts with such CPUs.

    Why: Microcode closes holes of CPUs, and adds features that Xen offers to VMs: with an older one the host
    is open still, and takes features away from the whole pool.
    Pass: Most hosts of the pool with CPUs of this family, model and stepping run the same revision.
    Fail: No more than half of them do.
    Unknown: The host was not reached or does not tell; nor do too many of the others.
    Not applicable: No other host of the pool has such CPUs.
    Verify: grep -m1 microcode /proc/cpuinfo
    Fix: Update the packages with microcode (XCP-ng: microcode_ctl, linux-firmware) or the firmware, and
    restart the host (window: host reboot).
    Sources: Xen, xen/arch/x86/msr.c: the control domain reads the CPU's own revision (MSR_IA32_UCODE_REV,
    MSR_AMD_PATCHLEVEL).
    """
    others = host.dom0.cpu.other_microcode
    assert not others, f"expected one microcode, actual {host.dom0.cpu.microcode}; {spelled(others)}"
    return host.dom0.cpu.microcode
