"""Hosts: can they run modern guests, and are they there?"""

from fixtures.controls import control
from fixtures.facts.host import Host


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
