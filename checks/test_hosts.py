"""Hosts: can they run modern guests, are they there, and can they be emptied?"""

from fixtures.controls import control
from fixtures.facts.control_domain import GIB, documented_memory, memory_of_control_domain
from fixtures.facts.evacuation import evacuation_errors, unplanned, vm_name
from fixtures.facts.host import Host
from fixtures.facts.judging import Unknown
from fixtures.facts.subject import required, several
from fixtures.policy import Policy


@control(
    "HOST-CPU-01",
    severity="critical",
    evidence=(
        "capabilities",
        "cpu_info.features_hvm_host",
        "cpu_info.features_hvm",
        "metrics.live",
        "metrics.last_updated",
    ),
    gates=("migration", "upgrade"),
)
def test_bios_virtualization_is_on(host: Host) -> str | None:
    """BIOS virtualization flags are present.

    Why: With VT-x or AMD-V switched off in the BIOS a host can run PV guests only, which newer releases
    no longer have: no HVM guest starts there or migrates to it.
    Pass: host.capabilities has an entry with hvm: Xen found hardware virtualization switched on.
    Fail: It has none. The verdict stands for a host that is not live, and says how old the fact is.
    Unknown: The capabilities are missing or empty.
    Verify: xe host-param-get uuid={uuid} param-name=capabilities
    Fix: Switch on Intel VT-x or AMD-V (SVM) in the BIOS set-up and start the host again (window: host
    evacuation).
    Sources: xen-api, helpers.ml (xapi's own rule). Not judged by the vmx and svm flags of the CPU: a
    modern control domain does not see them although HVM works.
    """
    stale = f"; {host.staleness}" if host.staleness else ""
    witness = host.hvm_features
    doubt = "; but cpu_info offers no features to HVM guests" if witness is False else ""
    support = "; but cpu_info offers features to HVM guests" if witness else ""
    assert host.supports_hvm, (
        f"no capability with hvm: switched off in the BIOS, or not there{support}{stale}"
    )
    return f"capabilities name hvm{doubt}{stale}"


@control("HOST-LIVE-01", severity="high", evidence=("metrics.live",), gates=("migration", "upgrade"))
def test_host_is_live(host: Host) -> None:
    """The host is live.

    Why: A host that its pool cannot reach runs VMs that nobody controls, and takes none.
    Pass: host_metrics.live is true.
    Fail: It is false.
    Unknown: The host's metrics do not resolve, or lack the field.
    Verify: xe host-list uuid={uuid} params=host-metrics-live
    Fix: Find out whether the host is down, its network is cut, or xapi hangs (xe-toolstack-restart there;
    window: live).
    Sources: xen-api, datamodel of host_metrics.
    """
    assert host.live, "the pool does not reach this host"


@control(
    "HOST-LIVE-02",
    severity="high",
    evidence=("enabled", "other_config.MAINTENANCE_MODE"),
    gates=("migration", "upgrade"),
)
def test_host_is_enabled(host: Host) -> None:
    """The host is enabled.

    Why: A disabled host takes no VMs: less room for others to move to, or to start again after a failure.
    Pass: The host is enabled and not in maintenance mode.
    Fail: It is disabled, or XenCenter has put it into maintenance mode.
    Unknown: The field is missing or unreadable.
    Verify: xe host-param-get uuid={uuid} param-name=enabled
    Fix: xe host-enable uuid={uuid}, or leave maintenance mode in XenCenter or Xen Orchestra (window: live).
    Sources: xen-api, datamodel of host; XenCenter, HostLivenessCheck.cs.
    """
    enabled = required(host.record.enabled, "host.enabled", host.pool)
    other_config = required(host.record.other_config, "host.other_config", host.pool)
    assert enabled, "expected the host to be enabled, actual: it takes no VMs"
    assert other_config.get("MAINTENANCE_MODE") != "true", "expected no maintenance, actual: it is under way"


@control(
    "HOST-EVACUATION-01",
    severity="high",
    evidence=(
        "answers.evacuation",
        "pool.ha_enabled",
        "staying_vms.ha_restart_priority",
        "staying_vms.ha_always_run",
    ),
    gates=("upgrade",),
)
def test_host_can_be_emptied(host: Host) -> None:
    """All VMs on the host could move to other hosts.

    Why: Updates and upgrades empty a host first. One VM that cannot leave stops them, in the middle of the
    night.
    Pass: xapi finds a place for each VM on it.
    Fail: It finds none for a VM, and says why.
    Unknown: The pool was read from a file or did not answer. HA is on, and VMs that it does not protect run
    here: xapi does not plan for them, and says of each that memory is short, whether it is or not.
    Not applicable: The pool has one host.
    Verify: xe host-get-vms-which-prevent-evacuation uuid={uuid}
    Fix: By XAPI's error: VM_REQUIRES_SR: move the disk to shared storage, or eject the CD; VM_LACKS_FEATURE
    or VM_MISSING_PV_DRIVERS: install guest tools; HOST_NOT_ENOUGH_FREE_MEMORY and NO_HOSTS_AVAILABLE: make
    room, enable hosts; else shut the VM down for the time (window: live, in guest or VM off).
    Sources: xen-api, xapi_host.ml (compute_evacuation_plan_no_wlb); XenCenter, AssertCanEvacuateCheck.cs.
    """
    unseen = unplanned(host)
    errors = {ref: error for ref, error in evacuation_errors(host).items() if ref not in unseen}
    assert not errors, "expected a place for every VM, actual " + several(
        f"{vm_name(host, ref)}: {error}" for ref, error in errors.items()
    )
    if unseen:
        names = several(vm_name(host, ref) for ref in unseen)
        raise Unknown(f"HA is on, and xapi does not plan for VMs that it does not protect: {names}")


@control(
    "HOST-MEMORY-01",
    severity="medium",
    evidence=(
        "control_domain.memory_dynamic_max",
        "metrics.memory_total",
        "software_version.product_version",
    ),
)
def test_control_domain_has_enough_memory(host: Host, policy: Policy) -> str:
    """The control domain has enough memory.

    Why: All disks and networks of the VMs go through it. Where its memory is short they get slow, migrations
    fail, and in the end it kills what the VMs need.
    Pass: It has what the policy asks (hosts.control_domain_gib); by default what the product documents for a
    host of this size: XenServer 8, Citrix Hypervisor 8 and XCP-ng 8 1 GiB and 5 % of the host's memory, at
    most 8 GiB; 7.x 752 MiB to 4 GiB by steps. Of that 5 % less will do, since installers round.
    Fail: It has less.
    Unknown: The control domain, its memory, the host's memory or the product is not told.
    Not applicable: Releases before 7.0, which size it by themselves (unless the policy asks).
    Verify: xe vm-list is-control-domain=true resident-on={uuid} params=memory-dynamic-max
    Fix: Set Xen's option dom0_mem=<n>M,max:<n>M with xen-cmdline on the host, or the control domain's memory
    in XenCenter, and start the host again (window: host evacuation). XCP-ng advises 4 GiB up to 64 GiB,
    8 GiB from 128 GiB on, and 16 GiB for ZFS.
    Sources: XenServer documentation, Memory usage; XCP-ng documentation, Dom0 memory.
    """
    needed = policy.hosts.control_domain_gib * GIB or documented_memory(host)
    memory = memory_of_control_domain(host)
    actual = f"{memory / GIB:.1f} GiB"
    assert memory >= needed, f"expected {needed / GIB:.1f} GiB for the control domain, actual {actual}"
    return f"the control domain has {actual}"


@control("HOST-POWER-01", severity="high", evidence=("power_on_mode",), gates=("upgrade",))
def test_power_on_mode_is_supported(host: Host) -> None:
    """The power-on mode is one that releases still have.

    Why: Powering on by iLO was removed in 8.2: an upgrade to it stops, and workload balancing can no longer
    switch such a host on.
    Pass: power_on_mode is not iLO.
    Fail: It is iLO.
    Unknown: It is missing or unreadable.
    Not applicable: Releases before 5.6.
    Verify: xe host-param-get uuid={uuid} param-name=power-on-mode
    Fix: xe host-set-power-on-mode host={uuid} power-on-mode="" (or wake-on-lan, or a script of your own)
    (window: live).
    Sources: XenCenter, PowerOniLoCheck.cs.
    """
    mode = required(host.record.power_on_mode, "host.power_on_mode", host.pool, since="5.6")
    assert mode.lower() != "ilo", "expected another power-on mode, actual iLO"
