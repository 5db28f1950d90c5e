"""Hosts that tests break: one thing changed, one control red."""

from typing import Any, Final

from tests.building import ANSWERS, COMPLIANT, GIB

SOFTWARE: Final[dict[str, str]] = COMPLIANT["host"]["software_version"]
CPU: Final[dict[str, str]] = COMPLIANT["host"]["cpu_info"]
ANSWERED: Final[dict[str, Any]] = ANSWERS["OpaqueRef:host"]
BREAKS_OF_HOSTS: Final[dict[str, dict[str, Any]]] = {
    "HOST-LIVE-02": {"host.enabled": False},
    "HOST-EVACUATION-01": {"answers.host": ANSWERED | {"evacuation": {"OpaqueRef:VM": ["VM_REQUIRES_SR"]}}},
    "HOST-MEMORY-01": {"VM:dom0.memory_dynamic_max": GIB},
    "HOST-POWER-01": {"host.power_on_mode": "iLO"},
    "HOST-CPU-02": {"host:2.cpu_info": CPU | {"vendor": "GenuineIntel"}},
    "HOST-CPU-03": {"host:2.cpu_info": CPU | {"features_hvm": "17cbfbff"}},
    "HOST-IOMMU-01 INSIDE-CLAIM-IOMMU-01": {"host.chipset_info": {"iommu": "false"}},
    "HOST-VERSION-01": {"host:2.software_version": SOFTWARE | {"build_number": "another"}},
    "HOST-VERSION-02": {"host:2.software_version": SOFTWARE | {"xen": "4.17.5-16"}},
    "HOST-VERSION-02 INSIDE-CLAIM-SOFTWARE-01": {"host.software_version": SOFTWARE | {"linux": "4.19.0+2"}},
    "HOST-UPDATES-01": {"host.pending_guidances": ["restart_toolstack"]},
    "HOST-UPDATES-02": {"host.latest_synced_updates_applied": "no"},
    "HOST-LICENCE-01": {"host.license_params": {"restrict_dmc": "false", "expiry": "20261201T00:00:00Z"}},
    "HOST-EOL-01": {
        f"{host}.software_version": SOFTWARE | {"product_version": "8.2.1"} for host in ("host", "host:2")
    },
    "HOST-TLS-01": {"Certificate.not_after": "20261201T00:00:00Z"},
    "HOST-TLS-02": {"answers.host": ANSWERED | {"certificate": {"key_type": "RSA", "key_bits": 1024}}},
    "HOST-TLS-03": {"host.ssl_legacy": True},
    "HOST-TLS-04": {"host.https_only": False},
    "HOST-TLS-05": {"host.tls_verification_enabled": False},
    "HOST-SSH-01": {"host.ssh_enabled": True},
    "HOST-SSH-02": {"host.console_idle_timeout": 0},
    "HOST-AUTH-01": {"host:2.external_auth_service_name": "other.example"},
    "HOST-SYSLOG-01": {"host.logging": {}},
    "HOST-CLOCK-01": {"answers.host": ANSWERED | {"clock_offset": 3600.0}},
    "HOST-NTP-01": {"host.ntp_mode": "Disabled"},
    "HOST-BOND-01": {"Bond.links_up": 1},
    "HOST-LINK-01": {"PIF_metrics.carrier": False},
    "HOST-LINK-02": {"PIF:bond.bond_master_of": []},
    "HOST-MULTIPATH-01": {"PBD:hba.other_config": {"mpath-3600a098038303973": "[1, 2]"}},
    "HOST-MULTIPATH-02": {"host:2.multipathing": False},
}
"""Controls (blanks between them) → changes of the compliant pool that they find, and no others do."""
