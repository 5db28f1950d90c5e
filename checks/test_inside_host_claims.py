"""Hosts from within: does XAPI's record say what the control domain says?"""

from fixtures.controls import control
from fixtures.facts.host import Host
from fixtures.facts.inside import dom0_claims
from fixtures.facts.subject import several


@control(
    "INSIDE-CLAIM-VIRT-01",
    severity="high",
    evidence=("capabilities", "dom0.virt_caps", "dom0.xen_caps"),
    inside="hosts",
)
def test_xapi_and_xen_agree_on_hardware_virtualization(host: Host) -> None:
    """XAPI and Xen agree on hardware virtualization.

    Why: XAPI lets HVM guests start and arrive by its own record. Where that is wrong, they fail on the host,
    or the host stands idle.
    Pass: capabilities has hvm, and so has Xen; or neither.
    Fail: One has it, the other not.
    Unknown: The host was not reached; XAPI or Xen does not tell.
    They differ, but the pool was read from a database, which is older.
    Verify: xe host-param-get uuid={uuid} param-name=capabilities; on the host: xl info virt_caps
    Fix: Restart the toolstack, so that XAPI asks Xen again: xe-toolstack-restart (window: live). A record
    that is still wrong then may come from a host whose system disk was moved.
    Sources: xen-api, helpers.ml (host_supports_hvm), xapi_host.ml (capabilities); Xen, xl(1), info.
    """
    contradictions = dom0_claims.virtualization(host)
    assert not contradictions, several(contradictions)


@control(
    "INSIDE-CLAIM-IOMMU-01",
    severity="medium",
    evidence=("chipset_info.iommu", "dom0.virt_caps", "dom0.iommu_message"),
    inside="hosts",
)
def test_xapi_and_xen_agree_on_the_iommu(host: Host) -> None:
    """XAPI and Xen agree on the IOMMU.

    Why: XAPI gives PCI devices and vGPUs to VMs by its own record; where that is wrong, they do not start.
    Pass: chipset_info.iommu says what Xen says.
    Fail: One says yes, the other no.
    Unknown: The host was not reached; XAPI or Xen does not tell, or Xen contradicts itself.
    They differ, but the pool was read from a database, which is older.
    Not applicable: Releases before 6.0, whose XAPI does not tell.
    Verify: xe host-param-get uuid={uuid} param-name=chipset-info; on the host: xl info virt_caps
    Fix: Restart the toolstack, so that XAPI asks Xen again: xe-toolstack-restart (window: live).
    Sources: xen-api, create_misc.ml (chipset_info, by xenopsd); Xen, xl(1), info.
    """
    contradictions = dom0_claims.iommu(host)
    assert not contradictions, several(contradictions)


@control(
    "INSIDE-CLAIM-SOFTWARE-01",
    severity="medium",
    evidence=("software_version.xen", "software_version.linux", "dom0.xen_version", "dom0.kernel"),
    inside="hosts",
)
def test_xapi_knows_which_xen_and_kernel_run(host: Host) -> None:
    """XAPI knows which Xen and which kernel run.

    Why: Whoever looks for hosts that lack a fix asks XAPI. It reads the versions when it starts.
    Pass: software_version has the versions of Xen and of the kernel that run.
    Fail: One of them is another.
    Unknown: The host was not reached; XAPI or the host does not tell one of them, and the other agrees.
    They differ, but the pool was read from a database, which is older.
    Verify: xe host-param-get uuid={uuid} param-name=software-version; on the host: xl info xen_version;
    uname -r
    Fix: Restart the toolstack, so that XAPI reads them again: xe-toolstack-restart (window: live).
    Sources: xen-api, create_misc.ml (xen_verstring, linux_verstring).
    """
    contradictions = dom0_claims.software(host)
    assert not contradictions, several(contradictions)


@control(
    "INSIDE-CLAIM-SYSLOG-01",
    severity="medium",
    evidence=("logging.syslog_destination", "dom0.log_targets"),
    inside="hosts",
)
def test_logs_go_where_xapi_says(host: Host) -> None:
    """Logs go where XAPI says.

    Why: XAPI keeps the destination in its record, but only host-syslog-reconfigure writes it into rsyslog's
    configuration. Where that was forgotten, or an update brought the file back, no log leaves the host.
    Pass: rsyslog is configured to send logs to XAPI's syslog_destination.
    Fail: It is not.
    Unknown: The host was not reached; logging or rsyslog's configuration cannot be read.
    They differ, but the pool was read from a database, which is older.
    Not applicable: XAPI has no syslog_destination (HOST-SYSLOG-01).
    Verify: xe host-param-get uuid={uuid} param-name=logging; on the host: grep @ /etc/rsyslog.d/*.conf
    Fix: xe host-syslog-reconfigure host-uuid={uuid} (window: live).
    Sources: xen-api, scripts/xe-syslog-reconfigure; XCP-ng, xcp-ng-release (rsyslog.d/xenserver.conf);
    rsyslog, omfwd.
    """
    contradictions = dom0_claims.logs(host)
    assert not contradictions, several(contradictions)
