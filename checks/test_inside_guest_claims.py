"""Guests from within: do XAPI's records say what the guest says?"""

from fixtures.controls import control
from fixtures.facts.drivers import DECIDED_BY
from fixtures.facts.inside import guest_claims
from fixtures.facts.vm import VM

REPORT = ("power_state", "guest_metrics.PV_drivers_version", "guest_metrics.other.feature-static-ip-setting")


@control(
    "INSIDE-CLAIM-TYPE-01",
    severity="medium",
    evidence=("power_state", "domain_type", "metrics.current_domain_type", "within.guest_type"),
    inside="guests",
)
def test_xapi_and_the_guest_agree_on_the_domain_type(vm: VM) -> str:
    """XAPI and the guest agree on the domain type.

    Why: Whether a VM can be migrated, and which devices it sees, is judged by its domain type.
    Pass: XAPI's domain type is what the guest's kernel sees: hvm HVM, pvh PVH, pv and pv_in_pvh PV.
    Fail: They differ.
    Unknown: The guest was not reached; XAPI or the guest (Linux before 4.13) does not tell; or they differ,
    and XAPI's side is a database, or the VM has just started.
    Not applicable: Windows.
    Verify: xe vm-param-get uuid={uuid} param-name=domain-type; in the guest: cat /sys/hypervisor/guest_type
    Fix: Shut the VM down and start it again, so that XAPI and Xen begin anew (window: VM off).
    Sources: xen-api, datamodel of VM_metrics (current_domain_type); Linux, drivers/xen/sys-hypervisor.c.
    """
    claim = guest_claims.domain_type(vm)
    assert claim.agreed, str(claim)
    return str(claim)


@control(
    "INSIDE-CLAIM-DRIVERS-01",
    severity="high",
    evidence=(*DECIDED_BY, "within.emulated_devices"),
    gates=("migration", "upgrade"),
    inside="guests",
)
def test_xapi_and_the_guest_agree_on_pv_drivers(vm: VM) -> str:
    """XAPI and the guest agree on whether PV drivers are at work.

    Why: XAPI calls drivers active when one device is connected. Others of the same guest may still run on
    emulated hardware, which shows at the next migration.
    Pass: XAPI says that PV drivers are active, and the guest uses no emulated device; or the reverse.
    Fail: They say otherwise of the same guest.
    Unknown: The guest was not reached; XAPI does not tell (VM-DRIVERS-01 is unknown), or the guest does not,
    or all that it uses is passed through; or they differ, and XAPI's side is a database, or the VM has just
    started.
    Verify: xe vm-param-get uuid={uuid} param-name=PV-drivers-detected; in the guest: lsblk -o NAME,TRAN,MODEL
    Fix: As for INSIDE-LINUX-DISKS-01 and INSIDE-LINUX-NICS-01, or those of Windows (window: guest reboot).
    Sources: xen-api, xenopsd (PV_drivers_detected: one frontend is connected).
    """
    claim = guest_claims.drivers(vm)
    assert claim.agreed, str(claim)
    return str(claim)


@control(
    "INSIDE-CLAIM-DRIVERS-02",
    severity="medium",
    evidence=(
        "guest_metrics.PV_drivers_version",
        "windows_guest.drivers.name",
        "windows_guest.drivers.version",
    ),
    gates=("upgrade",),
    inside="guests",
)
def test_xapi_and_windows_agree_on_drivers(vm: VM) -> str:
    """XAPI and Windows agree on the versions of drivers.

    Why: A driver tells XAPI its version when it starts. Where Windows has another installed, the old one
    still runs, and what looks fixed in the guest is not.
    Pass: Each driver that XAPI lists, and Windows has, is of the same version on both sides.
    Fail: One is not.
    Unknown: The guest was not reached; or XAPI lists no drivers, or none that Windows has too; or a version
    cannot be read; or they differ, and XAPI's side is a database, or the VM has just started.
    Not applicable: Linux; no tools are installed.
    Verify: xe vm-param-get uuid={uuid} param-name=PV-drivers-version; in the guest:
    Get-CimInstance Win32_PnPSignedDriver | Where-Object DeviceID -match '^XEN|VEN_5853'
    Fix: Restart the guest (window: guest reboot).
    Sources: win-xenbus, src/xenbus/fdo.c (FdoSetDistribution: vendor, driver and version as built).
    """
    claim = guest_claims.driver_versions(vm)
    assert claim.agreed, str(claim)
    return str(claim)


@control(
    "INSIDE-CLAIM-AGENT-01",
    severity="high",
    evidence=(*REPORT, "within.agent_runs"),
    gates=("migration",),
    inside="guests",
)
def test_xapi_and_the_guest_agree_on_the_agent(vm: VM) -> str:
    """XAPI and the guest agree on whether a guest agent is there.

    Why: What an agent reported stays until the VM stops, and XAPI has no sign that it lives: all that
    controls judge by its report is then of the day on which it died.
    Pass: XAPI has its report, and one runs; or neither.
    Fail: XAPI has a report, and none runs; or one runs, and XAPI has no report of it.
    Unknown: The guest was not reached; XAPI or the guest does not tell; or they differ, and XAPI's side is a
    database, or the VM has just started.
    Verify: xe vm-param-get uuid={uuid} param-name=PV-drivers-version; in the guest: pgrep -l
    'xe-daemon|xen-guest'
    Fix: Start the agent's service, and see in its journal why it stopped, or why xenstore refuses what it
    writes (window: in guest, no reboot).
    Sources: xen-api, xapi_guest_agent.ml (live is never set to false).
    """
    claim = guest_claims.agent(vm)
    assert claim.agreed, str(claim)
    return str(claim)


@control(
    "INSIDE-CLAIM-TOOLS-01",
    severity="low",
    evidence=(*REPORT, "within.agent_version"),
    inside="guests",
)
def test_xapi_and_the_guest_agree_on_the_agent_s_version(vm: VM) -> str:
    """XAPI and the guest agree on the agent's version.

    Why: An agent that was upgraded and not restarted goes on as the old one, with its faults; and one that
    was installed beside the package is updated by nobody.
    Pass: The reported version is that of the package, as far as it goes; the packager's part does not count,
    and of xen-guest-agent the build counts (proto-0.4.0).
    Fail: They differ.
    Unknown: The guest was not reached; XAPI does not tell, or no package does; or they differ, and XAPI's
    side is a database, or the VM has just started.
    Not applicable: Windows; no agent is there; or it reports a number that is no version of a package
    (6.6.80).
    Verify: xe vm-param-get uuid={uuid} param-name=PV-drivers-version; in the guest: dpkg-query -W, rpm -q
    Fix: Restart the agent's service (window: in guest, no reboot).
    Sources: xe-guest-utilities, guestmetric_linux.go (PVAddons); xen-guest-agent, publisher-xenstore.
    """
    claim = guest_claims.agent_version(vm)
    assert claim.agreed, str(claim)
    return str(claim)


@control(
    "INSIDE-CLAIM-OS-01",
    severity="low",
    evidence=(
        "power_state",
        "guest_metrics.os_version",
        "within.system.distro",
        "within.system.name",
        "within.system.major",
    ),
    inside="guests",
)
def test_xapi_and_the_guest_agree_on_the_system(vm: VM) -> str:
    """XAPI and the guest agree on the operating system.

    Why: Its end of life, its template and its tools are judged by what XAPI tells of it.
    Pass: Distribution and major version are the same; of Windows its name, but for maker and edition.
    Fail: They differ: the agent has not reported since the system was upgraded, or takes it for another.
    Unknown: The guest was not reached; one side tells no version; the names are spelled differently, and the
    knowledge table does not know them; or they differ, and XAPI's side is a database, or the VM has just
    started.
    Not applicable: XAPI tells no system (VM-GUEST-01).
    Verify: xe vm-param-get uuid={uuid} param-name=os-version; in the guest: cat /etc/os-release
    Fix: Restart the agent's service, or upgrade its package (window: in guest, no reboot).
    Sources: xe-guest-utilities, xe-linux-distribution; os-release(5); fixtures/knowledge/guest_os.toml.
    """
    claim = guest_claims.system(vm)
    assert claim.agreed, str(claim)
    return str(claim)


@control(
    "INSIDE-CLAIM-KERNEL-01",
    severity="low",
    evidence=("power_state", "guest_metrics.os_version.uname", "within.kernel_release"),
    inside="guests",
)
def test_xapi_and_the_guest_agree_on_the_kernel(vm: VM) -> str:
    """XAPI and the guest agree on the running kernel.

    Why: Agents report the kernel at each start: where another one runs, the report is from before it.
    Pass: uname of os_version is what uname -r prints.
    Fail: They differ.
    Unknown: The guest was not reached; its report cannot be read; or they differ, and XAPI's side is a
    database, or the VM has just started.
    Not applicable: Windows; XAPI tells no kernel (VM-GUEST-02).
    Verify: xe vm-param-get uuid={uuid} param-name=os-version; in the guest: uname -r
    Fix: Restart the agent's service (window: in guest, no reboot).
    Sources: xe-guest-utilities, xe-linux-distribution (os_uname); xen-guest-agent, provider-os.
    """
    claim = guest_claims.kernel(vm)
    assert claim.agreed, str(claim)
    return str(claim)


@control(
    "INSIDE-CLAIM-ADDRESS-01",
    severity="medium",
    evidence=("guest_metrics.networks", "within.addresses"),
    inside="guests",
)
def test_the_guest_has_the_addresses_that_xapi_tells(vm: VM) -> str:
    """The guest has the IPv4 addresses that XAPI tells.

    Why: Inventories, backups and firewalls take a VM's addresses from the pool; an address that it has no
    longer may be another machine's.
    Pass: Each IPv4 address in networks is on an interface of the guest, but for link-local ones. Those of
    IPv6 are not compared: guests change them by themselves.
    Fail: One is not.
    Unknown: The guest was not reached; its report cannot be read; or one differs, and XAPI's side is a
    database, or the VM has just started.
    Not applicable: XAPI tells no IPv4 address (VM-GUEST-03).
    Verify: xe vm-param-get uuid={uuid} param-name=networks; in the guest: ip -br addr
    Fix: Restart the agent's service, or upgrade its package: old ones leave addresses behind (window: in
    guest, no reboot).
    Sources: xen-api, xapi_guest_agent.ml (networks); Linux, /proc/net/fib_trie.
    """
    claim = guest_claims.addresses(vm)
    assert claim.agreed, str(claim)
    return str(claim)


@control(
    "INSIDE-CLAIM-MEMORY-01",
    severity="medium",
    evidence=("memory_dynamic_min", "memory_static_max", "within.memory"),
    inside="guests",
)
def test_the_guest_has_the_memory_of_its_range(vm: VM) -> str:
    """The guest has as much memory as its range promises.

    Why: A guest that was limited by a kernel option, or squeezed below its minimum, runs out of memory that
    the pool has set aside for it.
    Pass: MemTotal with what is kept for kdump (Windows: TotalVisibleMemorySize) is at most memory_static_max,
    and at least two thirds of memory_dynamic_min less a 64th of memory_static_max: kernels keep memory for
    their own code and page tables, and to describe each page.
    Fail: It is more or less.
    Unknown: The guest was not reached; a bound is missing; or they differ, and XAPI's side is a database, or
    the VM has just started.
    Verify: xe vm-param-list uuid={uuid} params=memory-dynamic-min,memory-static-max; in the guest:
    grep MemTotal /proc/meminfo
    Fix: Take mem= off the kernel's command line (window: guest reboot); or see why the balloon took so much:
    xe vm-param-get uuid={uuid} param-name=memory-target (window: live).
    Sources: Linux, Documentation/filesystems/proc.rst (MemTotal); xen-api, xapi_vm_helpers.ml.
    """
    claim = guest_claims.memory(vm)
    assert claim.agreed, str(claim)
    return str(claim)


@control(
    "INSIDE-CLAIM-DISKS-01",
    severity="high",
    evidence=("drives.type", "drives.currently_attached", "disk_vdis.virtual_size", "within.disk_sizes"),
    gates=("migration",),
    inside="guests",
)
def test_the_guest_sees_the_disks_that_are_plugged_in(vm: VM) -> str:
    """The guest sees the disks that XAPI has plugged in.

    Why: A disk that the guest does not see stands in every list and holds nothing, or a database's files of
    which nobody knows that they are gone.
    Pass: Each plugged disk has its match in the guest by size, to 8 MiB (SRs round up, Windows rounds down),
    and the guest has no other of Xen's, but for what is in CD drives. Where it has none of Xen's, emulated
    ones count.
    Fail: One lacks, or is too many, or has another size.
    Unknown: The guest was not reached; a disk's record or size is not to be had; Windows has disks that may
    be Xen's or not (iSCSI); or they differ, and XAPI's side is a database, or the VM has just started.
    Not applicable: no disk is plugged in.
    Verify: xe vbd-list vm-uuid={uuid} currently-attached=true; in the guest: lsblk -b -d -o NAME,SIZE
    Fix: VM-DISKS-02 where PV drivers lack; else let the guest look again, or restart it (window: guest
    reboot).
    Sources: xen-api, datamodel of VBD and VDI; Linux, Documentation/ABI, sysfs-block (size).
    """
    claim = guest_claims.disks(vm)
    assert claim.agreed, str(claim)
    return str(claim)


@control(
    "INSIDE-CLAIM-MAC-01",
    severity="medium",
    evidence=("interfaces.MAC", "interfaces.currently_attached", "within.macs"),
    inside="guests",
)
def test_the_guest_has_the_mac_addresses_of_its_interfaces(vm: VM) -> str:
    """The guest has the MAC addresses of its plugged interfaces.

    Why: Port locking drops what comes from another address, and DHCP and licences go by it. One that the
    guest gives itself may be another VM's.
    Pass: Each plugged interface's MAC is that of a network device of the guest; of a bond's devices their own
    counts.
    Fail: One is not: the guest has set another, or does not see the interface.
    Unknown: The guest was not reached; an interface's record is not to be had; or they differ, and XAPI's
    side is a database, or the VM has just started.
    Not applicable: no interface is plugged in.
    Verify: xe vif-list vm-uuid={uuid} params=device,MAC; in the guest: ip -br link
    Fix: Take the address out of the guest's network configuration, or set it in XAPI (window: in guest, its
    network is away for a moment). An interface in a network namespace of its own is not seen: waive that.
    Sources: xen-api, datamodel of VIF (MAC, locking_mode); Linux, Documentation/ABI, sysfs-class-net.
    """
    claim = guest_claims.macs(vm)
    assert claim.agreed, str(claim)
    return str(claim)
