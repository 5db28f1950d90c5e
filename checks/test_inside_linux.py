"""Linux guests from within (`--inside guests`): do they use what Xen offers them?"""

from fixtures.controls import control
from fixtures.facts.vm import VM


@control(
    "INSIDE-LINUX-XEN-01",
    severity="high",
    evidence=("linux.hypervisor",),
    inside="guests",
)
def test_kernel_knows_that_it_runs_on_xen(vm: VM) -> str:
    """The kernel knows that it runs on Xen.

    Why: A kernel that does not, has no PV drivers: slow emulated devices, no migration, no clean shutdown.
    Pass: /sys/hypervisor/type says xen.
    Fail: It says something else, or is not there.
    Unknown: The guest was not reached, or does not answer.
    Not applicable: Windows.
    Verify: in the guest: cat /sys/hypervisor/type
    Fix: Use a kernel with CONFIG_XEN, and take xen_nopv off its command line (window: guest reboot).
    Sources: Linux, Documentation/ABI/stable/sysfs-hypervisor-xen.
    """
    hypervisor = vm.linux.hypervisor
    assert hypervisor == "xen", f"expected xen, actual {hypervisor or 'nothing'}"
    return "hypervisor: xen"
