"""Hosts from within: does the control domain run as it should, and has it room to?"""

from fixtures.controls import control
from fixtures.facts.host import Host
from fixtures.facts.inside.dom0_upkeep import WARNED
from fixtures.facts.subject import several
from fixtures.policy import Policy


@control(
    "INSIDE-HOST-SERVICES-01",
    severity="high",
    evidence=("dom0.services.essential",),
    gates=("upgrade",),
    inside="hosts",
)
def test_essential_services_run(host: Host) -> str:
    """The services that the host cannot do without run.

    Why: Without xenopsd no VM starts or stops, without xcp-rrdd HA and alarms are blind, without xenstored
    guests lose their devices. XAPI may answer all the same.
    Pass: Those of xapi, xenopsd-xc, xcp-networkd, xcp-rrdd, squeezed, forkexecd, message-switch, xenstored,
    xenconsoled and rsyslog that are installed are active.
    Fail: One is not: inactive, failed or masked.
    Unknown: The host was not reached or has no systemd; xapi is not installed; one is just starting.
    Verify: systemctl status xapi xenopsd-xc xcp-networkd xcp-rrdd squeezed forkexecd message-switch
    Fix: journalctl -u <service> tells why; xe-toolstack-restart starts all but xenstored, which cannot be
    started again while VMs run (window: live; xenstored: host reboot).
    Sources: XCP-ng, xcp-ng-release (systemd presets); xen-api, doc: Daemons; Xen, tools/hotplug/Linux.
    """
    stopped = host.dom0.services.stopped
    assert not stopped, f"expected all to run, actual: {several(stopped)}"
    return f"{len(host.dom0.services.essential)} services run"


@control(
    "INSIDE-HOST-SERVICES-02",
    severity="low",
    evidence=("dom0.services.failed",),
    inside="hosts",
)
def test_no_unit_has_failed(host: Host) -> None:
    """No unit of systemd has failed.

    Why: What has failed once at the start, as a mount, a backup or a monitoring agent, is missed when it is
    needed.
    Pass: systemd lists no failed unit.
    Fail: It lists some.
    Unknown: The host was not reached, has no systemd, or its list cannot be read.
    Verify: systemctl list-units | grep failed
    Fix: systemctl status <unit> tells why; then systemctl restart <unit>, or systemctl reset-failed <unit>
    where it was a thing of the past (window: live).
    Sources: systemd, systemctl(1), list-units.
    """
    failed = host.dom0.services.failed
    assert not failed, f"expected no failed unit, actual: {several(failed)}"


@control(
    "INSIDE-HOST-DISK-01", severity="high", evidence=("dom0.room.disks",), gates=("upgrade",), inside="hosts"
)
def test_disks_have_room(host: Host, policy: Policy) -> None:
    """The control domain's file systems have room.

    Why: On a full / XAPI cannot write its database, and the toolstack stops; a full /var/log ends all logs.
    No update can be installed either way.
    Pass: Of the file systems with /, /var/log and /boot at most 90 % (policy:
    hosts.control_domain_disk_percent) are used.
    Fail: One is fuller.
    Unknown: The host was not reached, or df does not tell.
    Verify: df -P / /var/log /boot
    Fix: Find what grows: du -xh / | sort -h | tail. Old logs, crash dumps and ISO images in /var/opt are the
    usual ones (window: live).
    Sources: POSIX, df; XenServer and XCP-ng documentation, partition layout (18 GB root, 4 GB logs).
    """
    limit = policy.hosts.control_domain_disk_percent
    full = [f"{place} {percent} %" for place, percent in host.dom0.room.disks.items() if percent > limit]
    assert not full, f"expected at most {limit:g} % used, actual: {several(full)}"


@control("INSIDE-HOST-MEMORY-01", severity="medium", evidence=("dom0.room.memory",), inside="hosts")
def test_memory_is_left(host: Host, policy: Policy) -> None:
    """The control domain has memory left.

    Why: Every VM's disks and network cards go through it. When its memory runs out, the kernel ends
    processes: qemu, tapdisk or xapi.
    Pass: At most 95 % (policy: hosts.control_domain_memory_percent) of its memory are in use; caches, which
    can be given up, are not counted (MemAvailable).
    Fail: More is.
    Unknown: The host was not reached, or its kernel does not tell (before 3.14).
    Verify: free -m in the control domain
    Fix: Look with top for a process that grows. Else give the control domain more memory: dom0_mem on Xen's
    command line, by /opt/xensource/libexec/xen-cmdline (window: host reboot).
    Sources: Linux, Documentation/filesystems/proc.rst (MemAvailable); XenServer documentation, control domain
    memory.
    """
    used, limit = host.dom0.room.memory, policy.hosts.control_domain_memory_percent
    assert used <= limit, f"expected at most {limit:g} % of its memory in use, actual {used} %"


@control("INSIDE-HOST-LOAD-01", severity="low", evidence=("dom0.room.load",), inside="hosts")
def test_load_is_bearable(host: Host, policy: Policy) -> None:
    """The control domain's load is bearable.

    Why: Where its CPUs have more to do than they can, all VMs' disks and networks are slow. A high load with
    idle CPUs means storage that does not answer.
    Pass: The load of the last 15 minutes is at most 2 (policy: hosts.control_domain_load) for each CPU of
    the control domain.
    Fail: It is more.
    Unknown: The host was not reached, or does not tell.
    Verify: uptime; nproc
    Fix: Look with top and iostat -x for what it waits for. Where the CPUs are busy with VMs' traffic, give
    the control domain more: /opt/xensource/libexec/host-cpu-tune (window: host reboot).
    Sources: Linux, proc(5), loadavg; XenServer documentation, CPU resources of the control domain.
    """
    load, limit = host.dom0.room.load, policy.hosts.control_domain_load
    assert load <= limit, f"expected at most {limit:g} for each CPU, actual {load:g}"


@control("INSIDE-HOST-TIME-01", severity="medium", evidence=("dom0.upkeep.synchronized",), inside="hosts")
def test_clock_is_synchronized(host: Host) -> None:
    """The control domain's clock is synchronized.

    Why: Servers that are set up need not answer. A clock that follows none drifts by seconds a day, and
    logins by Active Directory, certificates and HA depend on it.
    Pass: chrony's leap status is Normal (or a leap second is due), and it follows more than its own clock;
    without chrony ntpd says so; without both the kernel does (timedatectl).
    Fail: They say that it is not.
    Unknown: The host was not reached, or none of them answers.
    Verify: chronyc -n tracking
    Fix: Name servers that answer, in /etc/chrony.conf or with xe host-set-ntp-custom-servers, and open UDP
    123 to them; systemctl enable chronyd; systemctl start chronyd (window: live).
    Sources: chrony, chronyc(1), tracking; ntp, ntpq; systemd, timedatectl(1).
    """
    assert host.dom0.upkeep.synchronized, "expected a synchronized clock, actual: it follows none"


@control(
    "INSIDE-HOST-REBOOT-01",
    severity="medium",
    evidence=("dom0.upkeep.waiting",),
    gates=("upgrade",),
    inside="hosts",
)
def test_xen_and_kernel_are_those_installed(host: Host) -> None:
    """The Xen and the kernel that are installed run.

    Why: An update of them is on the disk, but not in effect until the host starts again, nor is the hole
    closed. XCP-ng tells nobody that it waits for that.
    Pass: The packages xen-hypervisor and kernel were installed before the last boot.
    Fail: One came since. Debian: there is a /run/reboot-required.
    Unknown: The host was not reached, or does not tell of both. One came since, but a live patch may have
    brought it into effect; or so soon after the installation that the installer's clock may have been wrong.
    Verify: rpm -qi xen-hypervisor kernel | grep Install; uptime -s; xen-livepatch list
    Fix: Restart the host, the master of the pool first (window: host evacuation).
    Sources: XCP-ng documentation, Updates (When to reboot?); rpm(8), INSTALLTIME; proc(5), btime.
    """
    waiting = host.dom0.upkeep.waiting
    assert not waiting, f"expected nothing that waits for a restart, actual: {several(waiting)}"


@control("INSIDE-HOST-KERNEL-02", severity="medium", evidence=("dom0.upkeep.taint",), inside="hosts")
def test_kernel_has_had_no_mishap(host: Host) -> str | None:
    """The control domain's kernel has had no mishap since its start.

    Why: After an oops, a hung CPU or a machine check it runs on in a state that nobody can vouch for, with
    all VMs' disks in its hands; and hardware that has failed once will again.
    Pass: Its taint has none of F, R, M, B, D and L. Modules of vendors (P, O, E, C) are usual there; a
    warning (W) is named.
    Fail: It has one of these.
    Unknown: The host was not reached, or does not tell.
    Verify: cat /proc/sys/kernel/tainted; dmesg
    Fix: Read dmesg and /var/log/kern.log for what happened, /var/log/mcelog for hardware; then restart the
    host (window: host evacuation).
    Sources: Linux, Documentation/admin-guide/tainted-kernels.rst.
    """
    mishaps = host.dom0.upkeep.mishaps
    assert not mishaps, f"expected no mishap, actual: {several(mishaps)}"
    return "it has warned of something (W): see dmesg" if host.dom0.upkeep.taint >> WARNED & 1 else None
