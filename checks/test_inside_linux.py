"""Linux guests from within (`--inside guests`): do they use what Xen offers them?"""

from fixtures.controls import control
from fixtures.facts.inside.linux_interfaces import emulated_interfaces
from fixtures.facts.judging import NotApplicable, Unknown
from fixtures.facts.subject import several
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
    Pass: /sys/hypervisor/type says xen; or it is not there, and Xen's drivers are registered.
    Fail: It says something else, or neither is there.
    Unknown: The guest was not reached, or does not answer.
    Not applicable: Windows.
    Verify: in the guest: cat /sys/hypervisor/type
    Fix: Use a kernel with CONFIG_XEN, and take xen_nopv off its command line (window: guest reboot).
    Sources: Linux, Documentation/ABI/stable/sysfs-hypervisor-xen; drivers/block/xen-blkfront.c (xlblk_init).
    """
    hypervisor = vm.linux.hypervisor
    assert hypervisor == "xen", f"expected xen, actual {hypervisor or 'nothing'}"
    return "hypervisor: xen"


@control(
    "INSIDE-LINUX-DISKS-01",
    severity="high",
    evidence=("linux.disks.in_use.name", "linux.disks.in_use.driver", "linux.disks.in_use.model"),
    gates=("migration", "upgrade"),
    inside="guests",
)
def test_disks_in_use_are_not_emulated(vm: VM) -> str:
    """No disk in use is an emulated one.

    Why: Emulated disks are slow, keep the VM from live migration, and are four at most. PV drivers that are
    loaded prove nothing: with the wrong kernel option, disks stay on the emulated controller beside them.
    Pass: No disk with mounted filesystems or swap, also below LVM, RAID, encryption or multipath, is QEMU's;
    Xen's are on the driver vbd. Disks of passed-through controllers and iSCSI are not emulated.
    Fail: One is QEMU's, by its model.
    Unknown: The guest was not reached or does not answer; or a disk does not tell its model; or what is
    mounted cannot be followed to its disks (ZFS, bcachefs), and there is an emulated one.
    Not applicable: Windows; no disk is in use.
    Verify: in the guest: lsblk -o NAME,TRAN,MODEL,MOUNTPOINT; readlink /sys/block/*/device/driver
    Fix: Take xen_emul_unplug off the kernel's command line, use a kernel with xen-blkfront, and name disks by
    UUID in fstab and the boot loader (window: guest reboot).
    Sources: Linux, arch/x86/xen/platform-pci-unplug.c, drivers/block/xen-blkfront.c; a recording of Xen 4.17.
    """
    disks = vm.linux.disks
    emulated = disks.emulated_in_use
    assert not emulated, f"expected Xen's disks, actual emulated: {several(map(str, emulated))}"
    return f"in use: {several(map(str, disks.in_use)) or 'none that is emulated'}"


@control(
    "INSIDE-LINUX-NICS-01",
    severity="high",
    evidence=("linux.interfaces.name", "linux.interfaces.driver", "linux.interfaces.state"),
    gates=("migration", "upgrade"),
    inside="guests",
)
def test_interfaces_that_are_up_are_not_emulated(vm: VM) -> str:
    """No network interface that is up is an emulated one.

    Why: An emulated card is slow, costs the host a process' time for each packet, and is unplugged or renamed
    when PV drivers come to work: better by plan than at the next start.
    Pass: No interface that is up is QEMU's; Xen's are on the driver vif. Cards that are passed through, and
    their virtual functions, are not emulated.
    Fail: One is QEMU's: its driver is one for cards that QEMU emulates (e1000, 8139cp, …), and its PCI
    subsystem bears the vendor of QEMU or XenSource.
    Unknown: The guest was not reached or does not answer; or it does not tell the subsystem's vendor.
    Not applicable: Windows; no interface is up.
    Verify: in the guest: readlink /sys/class/net/*/device/driver
    Fix: Take xen_emul_unplug off the kernel's command line, or use a kernel with xen-netfront; the interface
    may get another name: see to its configuration before (window: guest reboot).
    Sources: Linux, arch/x86/xen/platform-pci-unplug.c, drivers/net/xen-netfront.c; a recording of Xen 4.17.
    """
    interfaces = vm.linux.interfaces
    emulated = emulated_interfaces(interfaces)
    assert not emulated, f"expected Xen's interfaces, actual emulated: {several(map(str, emulated))}"
    return f"up: {several(str(each) for each in interfaces if each.is_up)}"


@control(
    "INSIDE-LINUX-DRIVERS-01",
    severity="high",
    evidence=("linux.kernel.release", "linux.kernel.lacking_drivers"),
    gates=("migration",),
    inside="guests",
)
def test_kernel_has_pv_drivers(vm: VM) -> str:
    """The kernel has PV drivers for disks and network.

    Why: A kernel without them starts on emulated devices only, of which newer templates (PVH) have none.
    Pass: vbd and vif are registered on XenBus, or the modules xen-blkfront and xen-netfront are built in or
    installed.
    Fail: The kernel lists all of its modules, and one of them is not among them.
    Unknown: The guest was not reached or does not answer; or one is not registered, and the kernel's modules
    (/lib/modules) are not listed.
    Not applicable: Windows.
    Verify: in the guest: ls /sys/bus/xen/drivers; grep front /lib/modules/$(uname -r)/modules.*
    Fix: Install a kernel with CONFIG_XEN_BLKDEV_FRONTEND and CONFIG_XEN_NETDEV_FRONTEND, or the package with
    its other modules (window: guest reboot).
    Sources: Linux, drivers/block/Kconfig, drivers/net/Kconfig; a recording of Xen 4.17.
    """
    kernel = vm.linux.kernel
    lacking = kernel.lacking_drivers
    assert not lacking, f"expected xen-blkfront and xen-netfront, actual none of {' and '.join(lacking)}"
    return "xen-blkfront and xen-netfront are there"


@control(
    "INSIDE-LINUX-BALLOON-01",
    severity="medium",
    evidence=("linux.kernel.ballooning", "memory_dynamic_min", "memory_dynamic_max"),
    inside="guests",
)
def test_kernel_can_balloon_where_memory_is_dynamic(vm: VM) -> None:
    """The kernel can balloon where memory is dynamic.

    Why: Agents promise feature-balloon without looking. Where the kernel has no balloon, the host waits for
    memory that never comes, and starts or migrations fail.
    Pass: The memory range is dynamic, and the kernel has /sys/devices/system/xen_memory.
    Fail: The range is dynamic, and the kernel has none.
    Unknown: The guest was not reached or does not answer; or a memory bound is missing.
    Not applicable: Windows; the memory range is fixed (dynamic_min = dynamic_max).
    Verify: in the guest: ls /sys/devices/system/xen_memory
    Fix: Use a kernel with CONFIG_XEN_BALLOON (window: guest reboot), or fix the memory:
    xe vm-memory-limits-set (window: VM off).
    Sources: Linux, drivers/xen/xen-balloon.c; xe-guest-utilities, xe-daemon (feature-balloon is a constant).
    """
    linux = vm.linux
    if not vm.memory.dynamic:
        raise NotApplicable("its memory is fixed")
    ballooning = linux.kernel.ballooning
    if ballooning is None:
        raise Unknown("whether its kernel can balloon cannot be told")
    assert ballooning, "memory is dynamic, but the kernel has no balloon (no /sys/devices/system/xen_memory)"


@control(
    "INSIDE-LINUX-REBOOT-01",
    severity="medium",
    evidence=("linux.kernel.release", "linux.kernel.newer", "linux.kernel.wants_restart"),
    inside="guests",
)
def test_no_restart_is_pending(vm: VM) -> str:
    """No restart is pending in the guest.

    Why: A kernel that was updated and never started protects from nothing, and takes effect at the next
    start, which nobody may have planned for that.
    Pass: No installed kernel of the running one's flavour is newer, and no update asks for a restart.
    Fail: One is newer; or /run/reboot-required is there.
    Unknown: The guest was not reached or does not answer; or the running kernel is none of
    those installed, or its version cannot be read.
    Not applicable: Windows.
    Verify: in the guest: uname -r; ls /lib/modules /run/reboot-required
    Fix: Restart the guest (window: guest reboot).
    Sources: Debian, /run/reboot-required (update-notifier, unattended-upgrades); kernels have a folder each
    in /lib/modules.
    """
    kernel = vm.linux.kernel
    assert not kernel.wants_restart, "an update asks for a restart (/run/reboot-required)"
    newer = kernel.newer
    assert not newer, f"{kernel.shown} runs, and a newer one is installed: {several(newer)}"
    return f"{kernel.shown} is the newest of its kind"


@control(
    "INSIDE-LINUX-EOL-01",
    severity="medium",
    evidence=("linux.system.distro", "linux.system.major", "linux.system.minor"),
    inside="guests",
)
def test_system_is_supported(vm: VM) -> str:
    """The system, as it calls itself, is not past its end of life.

    Why: What VM-GUEST-04 judges is what the agent reported at its start, or nothing where no agent is; a
    system that gets no security updates stays open to all that is found from then on.
    Pass: The last day of security updates that come without paying extra has not passed when the pool is
    read.
    Fail: It has passed.
    Unknown: The guest was not reached or does not answer; or the knowledge table does not know its release.
    Not applicable: Windows.
    Verify: in the guest: cat /etc/os-release
    Fix: Upgrade the system, after a snapshot (window: in guest, guest reboot); or replace the VM.
    Sources: fixtures/knowledge/guest_os.toml with a source for each system.
    """
    support = vm.linux.system.support
    words = f"{support.title}: security updates until {support.ends}"
    assert vm.pool.moment.date() <= support.ends, words
    return words
