"""A compliant pool to change one thing of, and the verdicts on what came of it."""

import importlib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import timedelta
from typing import Any, Final

import msgspec

from fixtures.audit import CHECKS as CHECKS_FOLDER
from fixtures.controls import Control, control_of
from fixtures.facts.pool import Pool
from fixtures.facts.reading import Reading
from fixtures.facts.source import Source
from fixtures.facts.subject import Subject
from fixtures.judge import run
from fixtures.policy import Policy
from fixtures.subjects import sees
from fixtures.verdict import Word

from .insides import told_from_within

GIB: Final = 1024**3
ABSENT: Final = object()
"""As a value in changes: take the field away."""

CHECKS: Final = {
    control.id: function
    for path in sorted(CHECKS_FOLDER.glob("test_*.py"))
    for function in vars(importlib.import_module(f"checks.{path.stem}")).values()
    if (control := control_of(function)) is not None
}

CLOCK: Final = "2026-11-23T02:00:00Z"

POOL_ADMIN: Final = "OpaqueRef:0165f154-ba3e-034e-6b27-5d271af109ba"
READ_ONLY: Final = "OpaqueRef:7233b8e3-eacb-d7da-2c95-f2e581cdbf4e"
"""Roles of XAPI: their references are the same in every pool."""

_PIF: Final[dict[str, Any]] = {
    "MTU": 1500,
    "VLAN": -1,
    "physical": True,
    "management": False,
    "managed": True,
    "currently_attached": True,
    "disallow_unplug": False,
    "IP": "",
    "ip_configuration_mode": "None",
    "bond_master_of": [],
    "bond_slave_of": "OpaqueRef:NULL",
    "sriov_logical_PIF_of": [],
    "sriov_physical_PIF_of": [],
}
"""What interfaces of the management network have in common."""

_HOST: Final[dict[str, Any]] = {
    "enabled": True,
    "capabilities": ["xen-3.0-x86_64", "hvm-3.0-x86_64", ""],
    "cpu_info": {
        "cpu_count": "1",
        "vendor": "AuthenticAMD",
        "modelname": "AMD EPYC 9354",
        "features_pv": "178bfbff-f6f83203",
        "features_hvm": "17cbfbff-f7fa3223",
    },
    "chipset_info": {"iommu": "true"},
    "bios_strings": {"bios-vendor": "Example", "bios-version": "1.4"},
    "software_version": {
        "product_version": "8.3.0",
        "product_brand": "XCP-ng",
        "platform_version": "3.4.0",
        "build_number": "cloud",
        "xapi": "26.1",
        "xapi_build": "26.1.3",
        "xen": "4.17.5-15",
        "linux": "4.19.0+1",
    },
    "edition": "xcp-ng",
    "license_params": {"restrict_dmc": "false", "sku_type": "xcp-ng"},
    "logging": {"syslog_destination": "192.0.2.53"},
    "multipathing": True,
    "suspend_image_sr": "OpaqueRef:NULL",
    "external_auth_type": "AD",
    "external_auth_service_name": "ad.example",
    "power_on_mode": "",
    "patches": [],
    "updates": [],
    "updates_requiring_reboot": [],
    "pending_guidances": [],
    "pending_guidances_recommended": [],
    "pending_guidances_full": [],
    "latest_synced_updates_applied": "yes",
    "last_software_update": "20261101T00:00:00Z",
    "ssl_legacy": False,
    "https_only": True,
    "tls_verification_enabled": True,
    "certificates": [],
    "ssh_enabled": False,
    "ssh_enabled_timeout": 0,
    "ssh_auto_mode": True,
    "console_idle_timeout": 900,
    "ntp_mode": "Factory",
    "ntp_custom_servers": [],
    "timezone": "UTC",
    "secure_boot": True,
    "virtual_hardware_platform_versions": [0, 1, 2],
    "memory_overhead": GIB,
    "other_config": {},
}
"""What both hosts have."""

COMPLIANT: Final[dict[str, dict[str, Any]]] = {
    "VM": {
        "uuid": "11111111-0000-4000-8000-000000000001",
        "name_label": "dbase",
        "name_description": "The database of the shop",
        "power_state": "Running",
        "is_a_template": False,
        "is_a_snapshot": False,
        "is_control_domain": False,
        "guest_metrics": "OpaqueRef:VM_guest_metrics",
        "metrics": "OpaqueRef:VM_metrics",
        "domain_type": "hvm",
        "HVM_boot_policy": "BIOS order",
        "HVM_boot_params": {"order": "cdn", "firmware": "uefi"},
        "PV_bootloader": "",
        "memory_static_min": GIB,
        "memory_dynamic_min": GIB,
        "memory_dynamic_max": 2 * GIB,
        "memory_static_max": 2 * GIB,
        "memory_overhead": 20 * 1024**2,
        "VCPUs_max": 2,
        "VCPUs_params": {},
        "platform": {
            "viridian": "false",
            "cores-per-socket": "1",
            "device_id": "0001",
            "secureboot": "true",
        },
        "reference_label": "debian-12",
        "hardware_platform_version": 2,
        "has_vendor_device": False,
        "affinity": "OpaqueRef:NULL",
        "resident_on": "OpaqueRef:host",
        "tags": ["production"],
        "allowed_operations": [
            "changing_dynamic_range",
            "checkpoint",
            "clean_reboot",
            "clean_shutdown",
            "hard_reboot",
            "hard_shutdown",
            "migrate_send",
            "pause",
            "pool_migrate",
            "snapshot",
            "suspend",
        ],
        "blocked_operations": {},
        "current_operations": {},
        "requires_reboot": False,
        "pending_guidances": [],
        "pending_guidances_recommended": [],
        "pending_guidances_full": [],
        "ha_restart_priority": "",
        "ha_always_run": False,
        "other_config": {"base_template_name": "Debian Bookworm 12"},
        "snapshots": ["OpaqueRef:VMsnapshot"],
        "snapshot_of": "OpaqueRef:NULL",
        "snapshot_time": "19700101T00:00:00Z",
        "snapshot_info": {},
        "suspend_VDI": "OpaqueRef:NULL",
        "secureboot_certificates_state": "ok",
        "VBDs": ["OpaqueRef:VBD"],
        "VIFs": ["OpaqueRef:VIF"],
        "VGPUs": [],
        "VTPMs": [],
        "VUSBs": [],
        "attached_PCIs": [],
    },
    "VM:snapshot": {
        "uuid": "11111111-0000-4000-8000-000000000101",
        "name_label": "dbase before the upgrade",
        "name_description": "",
        "power_state": "Halted",
        "is_a_template": True,
        "is_a_snapshot": True,
        "is_control_domain": False,
        "snapshot_of": "OpaqueRef:VM",
        "snapshot_time": "20261121T22:00:00Z",
        "snapshot_info": {"power-state-at-snapshot": "Running"},
        "suspend_VDI": "OpaqueRef:NULL",
        "other_config": {},
    },
    "VM:dom0": {
        "uuid": "11111111-0000-4000-8000-000000000102",
        "name_label": "Control domain on host: xen1",
        "power_state": "Running",
        "is_a_template": False,
        "is_a_snapshot": False,
        "is_control_domain": True,
        "resident_on": "OpaqueRef:host",
        "memory_static_min": 8 * GIB,
        "memory_dynamic_min": 8 * GIB,
        "memory_dynamic_max": 8 * GIB,
        "memory_static_max": 8 * GIB,
        "memory_overhead": 84 * 1024**2,
    },
    "VM:dom0b": {
        "uuid": "11111111-0000-4000-8000-000000000103",
        "name_label": "Control domain on host: xen2",
        "power_state": "Running",
        "is_a_template": False,
        "is_a_snapshot": False,
        "is_control_domain": True,
        "resident_on": "OpaqueRef:host2",
        "memory_static_min": 8 * GIB,
        "memory_dynamic_min": 8 * GIB,
        "memory_dynamic_max": 8 * GIB,
        "memory_static_max": 8 * GIB,
        "memory_overhead": 84 * 1024**2,
    },
    "VM_metrics": {
        "uuid": "11111111-0000-4000-8000-000000000002",
        "current_domain_type": "hvm",
        "nested_virt": False,
        "nomigrate": False,
        "start_time": "20261101T08:00:00Z",
        "last_updated": "20261123T01:59:00Z",
    },
    "VM_guest_metrics": {
        "uuid": "11111111-0000-4000-8000-000000000003",
        "PV_drivers_version": {"major": "8", "minor": "4", "micro": "0", "build": "1"},
        "PV_drivers_detected": True,
        "PV_drivers_up_to_date": True,
        "os_version": {
            "name": "Debian GNU/Linux 12 (bookworm)",
            "distro": "debian",
            "major": "12",
            "minor": "11",
            "uname": "6.1.0-30-amd64",
        },
        "other": {
            "feature-balloon": "1",
            "feature-shutdown": "1",
            "feature-reboot": "1",
            "feature-suspend": "1",
            "feature-poweroff": "1",
            "feature-vcpu-hotplug": "1",
        },
        "networks": {"0/ip": "192.0.2.101", "0/ipv4/0": "192.0.2.101"},
        "can_use_hotplug_vbd": "yes",
        "can_use_hotplug_vif": "yes",
    },
    "VBD": {
        "uuid": "11111111-0000-4000-8000-000000000004",
        "VM": "OpaqueRef:VM",
        "VDI": "OpaqueRef:VDI",
        "type": "Disk",
        "mode": "RW",
        "userdevice": "0",
        "empty": False,
        "currently_attached": True,
    },
    "VIF": {
        "uuid": "11111111-0000-4000-8000-000000000005",
        "VM": "OpaqueRef:VM",
        "network": "OpaqueRef:network",
        "device": "0",
        "MAC": "02:00:00:00:10:01",
        "MTU": 1500,
        "currently_attached": True,
        "locking_mode": "network_default",
    },
    "VDI": {
        "uuid": "11111111-0000-4000-8000-000000000006",
        "name_label": "dbase root",
        "SR": "OpaqueRef:SR",
        "VBDs": ["OpaqueRef:VBD"],
        "is_a_snapshot": False,
        "managed": True,
        "missing": False,
        "type": "user",
        "virtual_size": 20 * GIB,
        "physical_utilisation": 8 * GIB,
        "sharable": False,
        "on_boot": "persist",
        "allow_caching": False,
        "cbt_enabled": False,
        "is_tools_iso": False,
        "metadata_of_pool": "OpaqueRef:NULL",
        "sm_config": {"vdi_type": "vhd"},
        "other_config": {},
    },
    "VDI:metadata": {
        "uuid": "11111111-0000-4000-8000-000000000106",
        "name_label": "Metadata for DR",
        "SR": "OpaqueRef:SR",
        "VBDs": [],
        "is_a_snapshot": False,
        "managed": True,
        "missing": False,
        "type": "metadata",
        "virtual_size": GIB,
        "physical_utilisation": GIB,
        "sharable": False,
        "on_boot": "persist",
        "allow_caching": False,
        "cbt_enabled": False,
        "is_tools_iso": False,
        "metadata_of_pool": "OpaqueRef:pool",
        "sm_config": {},
        "other_config": {},
    },
    "PBD": {
        "uuid": "11111111-0000-4000-8000-000000000013",
        "SR": "OpaqueRef:SR",
        "host": "OpaqueRef:host",
        "currently_attached": True,
        "other_config": {},
    },
    "PBD:2": {
        "uuid": "11111111-0000-4000-8000-000000000014",
        "SR": "OpaqueRef:SR",
        "host": "OpaqueRef:host2",
        "currently_attached": True,
        "other_config": {},
    },
    "PBD:hba": {
        "uuid": "11111111-0000-4000-8000-000000000174",
        "SR": "OpaqueRef:SRhba",
        "host": "OpaqueRef:host",
        "currently_attached": True,
        "other_config": {"multipathed": "true", "mpath-3600a098038303973": "[2, 2]"},
    },
    "PBD:hba2": {
        "uuid": "11111111-0000-4000-8000-000000000175",
        "SR": "OpaqueRef:SRhba",
        "host": "OpaqueRef:host2",
        "currently_attached": True,
        "other_config": {"multipathed": "true", "mpath-3600a098038303973": "[2, 2]"},
    },
    "SR": {
        "uuid": "11111111-0000-4000-8000-000000000007",
        "name_label": "nfs-cluster",
        "type": "nfs",
        "content_type": "user",
        "shared": True,
        "is_tools_sr": False,
        "PBDs": ["OpaqueRef:PBD", "OpaqueRef:PBD2"],
        "physical_size": 1024 * GIB,
        "physical_utilisation": 256 * GIB,
        "virtual_allocation": 512 * GIB,
    },
    "SR:hba": {
        "uuid": "11111111-0000-4000-8000-000000000176",
        "name_label": "san-cluster",
        "type": "lvmohba",
        "content_type": "user",
        "shared": True,
        "is_tools_sr": False,
        "PBDs": ["OpaqueRef:PBDhba", "OpaqueRef:PBDhba2"],
        "physical_size": 1024 * GIB,
        "physical_utilisation": 256 * GIB,
        "virtual_allocation": 512 * GIB,
    },
    "Bond": {
        "uuid": "11111111-0000-4000-8000-000000000151",
        "master": "OpaqueRef:PIFbond",
        "slaves": ["OpaqueRef:PIFeth1", "OpaqueRef:PIFeth2"],
        "primary_slave": "OpaqueRef:PIFeth1",
        "mode": "active-backup",
        "links_up": 2,
    },
    "Bond:2": {
        "uuid": "11111111-0000-4000-8000-000000000152",
        "master": "OpaqueRef:PIFbond2",
        "slaves": ["OpaqueRef:PIFeth1b", "OpaqueRef:PIFeth2b"],
        "primary_slave": "OpaqueRef:PIFeth1b",
        "mode": "active-backup",
        "links_up": 2,
    },
    "PIF": {
        "uuid": "11111111-0000-4000-8000-000000000015",
        "host": "OpaqueRef:host",
        "network": "OpaqueRef:network",
        "device": "eth0",
        "MAC": "02:00:00:00:01:00",
        "MTU": 1500,
        "VLAN": -1,
        "VLAN_master_of": "OpaqueRef:NULL",
        "VLAN_slave_of": [],
        "physical": True,
        "management": False,
        "managed": True,
        "currently_attached": True,
        "disallow_unplug": False,
        "metrics": "OpaqueRef:PIF_metrics",
        "IP": "",
        "ip_configuration_mode": "None",
        "bond_master_of": [],
        "bond_slave_of": "OpaqueRef:NULL",
        "sriov_logical_PIF_of": [],
        "sriov_physical_PIF_of": [],
    },
    "PIF:2": {
        "uuid": "11111111-0000-4000-8000-000000000016",
        "host": "OpaqueRef:host2",
        "network": "OpaqueRef:network",
        "device": "eth0",
        "MAC": "02:00:00:00:02:00",
        "MTU": 1500,
        "VLAN": -1,
        "VLAN_master_of": "OpaqueRef:NULL",
        "VLAN_slave_of": [],
        "physical": True,
        "management": False,
        "managed": True,
        "currently_attached": True,
        "disallow_unplug": False,
        "metrics": "OpaqueRef:PIF_metrics2",
        "IP": "",
        "ip_configuration_mode": "None",
        "bond_master_of": [],
        "bond_slave_of": "OpaqueRef:NULL",
        "sriov_logical_PIF_of": [],
        "sriov_physical_PIF_of": [],
    },
    "PIF:bond": {
        "uuid": "11111111-0000-4000-8000-000000000131",
        "host": "OpaqueRef:host",
        "network": "OpaqueRef:networkmanagement",
        "device": "bond0",
        "MAC": "02:00:00:00:01:01",
        "metrics": "OpaqueRef:PIF_metricsbond",
        **_PIF,
        "physical": False,
        "management": True,
        "IP": "192.0.2.1",
        "ip_configuration_mode": "Static",
        "bond_master_of": ["OpaqueRef:Bond"],
    },
    "PIF:eth1": {
        "uuid": "11111111-0000-4000-8000-000000000132",
        "host": "OpaqueRef:host",
        "network": "OpaqueRef:networketh1",
        "device": "eth1",
        "MAC": "02:00:00:00:01:01",
        "metrics": "OpaqueRef:PIF_metricseth1",
        **_PIF,
        "bond_slave_of": "OpaqueRef:Bond",
    },
    "PIF:eth2": {
        "uuid": "11111111-0000-4000-8000-000000000133",
        "host": "OpaqueRef:host",
        "network": "OpaqueRef:networketh2",
        "device": "eth2",
        "MAC": "02:00:00:00:01:02",
        "metrics": "OpaqueRef:PIF_metricseth2",
        **_PIF,
        "bond_slave_of": "OpaqueRef:Bond",
    },
    "PIF:bond2": {
        "uuid": "11111111-0000-4000-8000-000000000134",
        "host": "OpaqueRef:host2",
        "network": "OpaqueRef:networkmanagement",
        "device": "bond0",
        "MAC": "02:00:00:00:02:01",
        "metrics": "OpaqueRef:PIF_metricsbond2",
        **_PIF,
        "physical": False,
        "management": True,
        "IP": "192.0.2.2",
        "ip_configuration_mode": "Static",
        "bond_master_of": ["OpaqueRef:Bond2"],
    },
    "PIF:eth1b": {
        "uuid": "11111111-0000-4000-8000-000000000135",
        "host": "OpaqueRef:host2",
        "network": "OpaqueRef:networketh1",
        "device": "eth1",
        "MAC": "02:00:00:00:02:01",
        "metrics": "OpaqueRef:PIF_metricseth1b",
        **_PIF,
        "bond_slave_of": "OpaqueRef:Bond2",
    },
    "PIF:eth2b": {
        "uuid": "11111111-0000-4000-8000-000000000136",
        "host": "OpaqueRef:host2",
        "network": "OpaqueRef:networketh2",
        "device": "eth2",
        "MAC": "02:00:00:00:02:02",
        "metrics": "OpaqueRef:PIF_metricseth2b",
        **_PIF,
        "bond_slave_of": "OpaqueRef:Bond2",
    },
    "PIF_metrics": {
        "uuid": "11111111-0000-4000-8000-000000000017",
        "carrier": True,
        "speed": 10000,
        "duplex": True,
    },
    "PIF_metrics:2": {
        "uuid": "11111111-0000-4000-8000-000000000018",
        "carrier": True,
        "speed": 10000,
        "duplex": True,
    },
    "PIF_metrics:bond": {
        "uuid": "11111111-0000-4000-8000-000000000161",
        "carrier": True,
        "speed": 10000,
        "duplex": True,
    },
    "PIF_metrics:eth1": {
        "uuid": "11111111-0000-4000-8000-000000000162",
        "carrier": True,
        "speed": 10000,
        "duplex": True,
    },
    "PIF_metrics:eth2": {
        "uuid": "11111111-0000-4000-8000-000000000163",
        "carrier": True,
        "speed": 10000,
        "duplex": True,
    },
    "PIF_metrics:bond2": {
        "uuid": "11111111-0000-4000-8000-000000000164",
        "carrier": True,
        "speed": 10000,
        "duplex": True,
    },
    "PIF_metrics:eth1b": {
        "uuid": "11111111-0000-4000-8000-000000000165",
        "carrier": True,
        "speed": 10000,
        "duplex": True,
    },
    "PIF_metrics:eth2b": {
        "uuid": "11111111-0000-4000-8000-000000000166",
        "carrier": True,
        "speed": 10000,
        "duplex": True,
    },
    "network": {
        "uuid": "11111111-0000-4000-8000-000000000008",
        "name_label": "Pool-wide network",
        "bridge": "xenbr0",
        "MTU": 1500,
        "PIFs": ["OpaqueRef:PIF", "OpaqueRef:PIF2"],
        "managed": True,
        "default_locking_mode": "unlocked",
        "purpose": [],
    },
    "network:management": {
        "uuid": "11111111-0000-4000-8000-000000000171",
        "name_label": "Management",
        "bridge": "xapi0",
        "MTU": 1500,
        "PIFs": ["OpaqueRef:PIFbond", "OpaqueRef:PIFbond2"],
        "managed": True,
        "default_locking_mode": "unlocked",
        "purpose": [],
    },
    "network:eth1": {
        "uuid": "11111111-0000-4000-8000-000000000172",
        "name_label": "Pool-wide network associated with eth1",
        "bridge": "xenbr1",
        "MTU": 1500,
        "PIFs": ["OpaqueRef:PIFeth1", "OpaqueRef:PIFeth1b"],
        "managed": True,
        "default_locking_mode": "unlocked",
        "purpose": [],
    },
    "network:eth2": {
        "uuid": "11111111-0000-4000-8000-000000000173",
        "name_label": "Pool-wide network associated with eth2",
        "bridge": "xenbr2",
        "MTU": 1500,
        "PIFs": ["OpaqueRef:PIFeth2", "OpaqueRef:PIFeth2b"],
        "managed": True,
        "default_locking_mode": "unlocked",
        "purpose": [],
    },
    "host": {
        "uuid": "11111111-0000-4000-8000-000000000009",
        "name_label": "xen1",
        "address": "192.0.2.1",
        "hostname": "xen1",
        "metrics": "OpaqueRef:host_metrics",
        "control_domain": "OpaqueRef:VMdom0",
        **_HOST,
    },
    "host:2": {
        "uuid": "11111111-0000-4000-8000-000000000019",
        "name_label": "xen2",
        "address": "192.0.2.2",
        "hostname": "xen2",
        "metrics": "OpaqueRef:host_metrics2",
        "control_domain": "OpaqueRef:VMdom0b",
        **_HOST,
    },
    "host_metrics": {
        "uuid": "11111111-0000-4000-8000-000000000010",
        "live": True,
        "last_updated": "20261123T01:59:00Z",
        "memory_total": 64 * GIB,
        "memory_free": 48 * GIB,
    },
    "host_metrics:2": {
        "uuid": "11111111-0000-4000-8000-000000000020",
        "live": True,
        "last_updated": "20261123T01:59:00Z",
        "memory_total": 64 * GIB,
        "memory_free": 48 * GIB,
    },
    "host_cpu": {
        "uuid": "11111111-0000-4000-8000-000000000011",
        "host": "OpaqueRef:host",
        "number": 0,
        "vendor": "AuthenticAMD",
        "modelname": "AMD EPYC 9354",
    },
    "host_cpu:2": {
        "uuid": "11111111-0000-4000-8000-000000000021",
        "host": "OpaqueRef:host2",
        "number": 0,
        "vendor": "AuthenticAMD",
        "modelname": "AMD EPYC 9354",
    },
    "Certificate": {
        "uuid": "11111111-0000-4000-8000-000000000022",
        "type": "host",
        "name": "",
        "host": "OpaqueRef:host",
        "not_before": "20260101T00:00:00Z",
        "not_after": "20360101T00:00:00Z",
        "fingerprint": "AA:BB",
    },
    "Certificate:2": {
        "uuid": "11111111-0000-4000-8000-000000000023",
        "type": "host",
        "name": "",
        "host": "OpaqueRef:host2",
        "not_before": "20260101T00:00:00Z",
        "not_after": "20360101T00:00:00Z",
        "fingerprint": "CC:DD",
    },
    "pool": {
        "uuid": "11111111-0000-4000-8000-000000000012",
        "name_label": "Lab",
        "master": "OpaqueRef:host",
        "default_SR": "OpaqueRef:SR",
        "suspend_image_SR": "OpaqueRef:SR",
        "crash_dump_SR": "OpaqueRef:SR",
        "ha_enabled": False,
        "ha_host_failures_to_tolerate": 0,
        "ha_plan_exists_for": 0,
        "ha_overcommitted": False,
        "ha_allow_overcommit": False,
        "ha_statefiles": [],
        "redo_log_enabled": False,
        "redo_log_vdi": "OpaqueRef:NULL",
        "metadata_VDIs": ["OpaqueRef:VDImetadata"],
        "wlb_enabled": False,
        "vswitch_controller": "",
        "tls_verification_enabled": True,
        "cpu_info": {"vendor": "AuthenticAMD", "cpu_count": "2", "socket_count": "2"},
        "policy_no_vendor_device": False,
        "repositories": [],
        "update_sync_enabled": False,
        "last_update_sync": "19700101T00:00:00Z",
        "live_patching_disabled": False,
        "migration_compression": False,
        "is_psr_pending": False,
        "health_check_config": {},
        "restrictions": {},
        "other_config": {},
    },
    "subject": {
        "uuid": "11111111-0000-4000-8000-000000000024",
        "roles": [READ_ONLY],
        "other_config": {"subject-name": "auditors", "subject-is-group": "true"},
    },
    "subject:2": {
        "uuid": "11111111-0000-4000-8000-000000000025",
        "roles": [POOL_ADMIN],
        "other_config": {"subject-name": "virtualization", "subject-is-group": "true"},
    },
    "subject:3": {
        "uuid": "11111111-0000-4000-8000-000000000026",
        "roles": [POOL_ADMIN],
        "other_config": {"subject-name": "break-glass", "subject-is-group": "false"},
    },
    "message": {
        "uuid": "11111111-0000-4000-8000-000000000027",
        "name": "VM_STARTED",
        "cls": "VM",
        "obj_uuid": "11111111-0000-4000-8000-000000000001",
        "priority": 5,
        "timestamp": "20261101T08:00:00Z",
    },
}
"""A compliant pool in JSON-RPC's types: rows by class, or class:number; `VM:dom0` has the reference
`OpaqueRef:VMdom0`."""

ANSWERS: Final[dict[str, Any]] = {
    f"OpaqueRef:{host}": {
        "clock_offset": 0.2,
        "clock_doubt": 1.0,
        "certificate": {"key_type": "RSA", "key_bits": 4096},
        "evacuation": {},
    }
    for host in ("host", "host2")
}
"""What the compliant pool answers about its hosts."""


LOOKED_INTO: Final = {"host": "dom0", "host2": "dom0", "VM": "linux"}
"""Rows of the compliant pool that are machines which were looked into, and what was asked there."""


def a_document(changes: Mapping[str, Any] | None = None, *, clock: str | None = CLOCK) -> dict[str, Any]:
    """A compliant pool, changed: `{"VM.power_state": "Halted", "VM_guest_metrics": ABSENT}`.

    A value may be ABSENT; a class that is ABSENT has no row; `"VBD:2.type"` changes a second row, which is
    like the first where the compliant pool has none; `"answers.host2"` is what the pool answered about it;
    `"inside.host.xl_info"` is what the host told from within (insides.told_from_within), `"inside.VM"` all of
    it: ABSENT where it was not looked into; `"inside.VM.system"` is what was asked there.
    """
    rows = deepcopy(COMPLIANT)
    inside: dict[str, Any] = {row: {} for row in LOOKED_INTO}
    answers = deepcopy(ANSWERS)
    for place, value in (changes or {}).items():
        name, _, field = place.partition(".")
        if name == "answers":
            answers[f"OpaqueRef:{field}"] = value
            if value is ABSENT:
                del answers[f"OpaqueRef:{field}"]
            continue
        if name == "inside":
            machine, _, question = field.partition(".")
            if question:
                inside[machine][question] = value
            else:
                inside[machine] = value
            continue
        cls = name.partition(":")[0]
        if value is ABSENT and not field:
            for lost in [
                row for row in rows if row == name or (":" not in name and row.startswith(f"{name}:"))
            ]:
                del rows[lost]
            continue
        if not field:
            rows[name] = deepcopy(value)
            continue
        row = rows.setdefault(name, deepcopy(COMPLIANT.get(cls, {})) | {"uuid": f"uuid-of-{name}"})
        if value is ABSENT:
            del row[field]
        else:
            row[field] = value
    records: dict[str, dict[str, Any]] = {}
    for name, row in rows.items():
        cls, _, number = name.partition(":")
        records.setdefault(cls, {})[f"OpaqueRef:{cls}{number}"] = row
    return {
        "source": "snapshot",
        "location": "built by a test",
        "read_at": CLOCK,
        "clock": clock,
        "answers": answers,
        "inside": dict(_insides(inside, rows)),
        "records": records,
    }


def _insides(inside: Mapping[str, Any], rows: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, told in inside.items():
        row = name if name in rows else {"host2": "host:2"}.get(name, name)
        if told is ABSENT or row not in rows:
            continue
        if not told.keys() & {"answers", "failure"}:
            told = {"system": LOOKED_INTO[name]} | told
            told = told_from_within(uuid=rows[row].get("uuid", ""), changes=told, system=told.pop("system"))
        yield f"OpaqueRef:{name}", told


def a_reading(changes: Mapping[str, Any] | None = None, *, clock: str | None = CLOCK) -> Reading:
    """The reading of such a pool."""
    return msgspec.convert(a_document(changes, clock=clock), Reading)


def a_pool(changes: Mapping[str, Any] | None = None, *, clock: str | None = CLOCK) -> Pool:
    """The inventory of such a reading, with three minutes of grace."""
    return Pool(a_reading(changes, clock=clock), timedelta(minutes=3))


def verdict(control: str, pool: Pool, policy: Policy | None = None) -> tuple[Word, str]:
    """What a control says of the first of its subjects, and why."""
    return next(_verdicts(control, pool, policy))


def verdicts_on(control: str, pool: Pool, policy: Policy | None = None) -> list[tuple[Word, str]]:
    """What a control says of each of its subjects, and why."""
    return list(_verdicts(control, pool, policy))


def _verdicts(control: str, pool: Pool, policy: Policy | None) -> Iterator[tuple[Word, str]]:
    check = CHECKS[control]
    described = control_of(check)
    assert described is not None
    for each in subjects(described, pool):
        arguments: dict[str, Any] = {described.parameter: each}
        if "policy" in inspect.signature(check).parameters:
            arguments["policy"] = policy or Policy()
        try:
            outcome = run(check, arguments, described)
        except AssertionError as finding:
            yield "fail", str(finding).partition("\n")[0]
        else:
            yield outcome.word, outcome.reason


def subjects(control: Control, pool: Pool) -> Sequence[Subject]:
    """The subjects of a control in a pool."""
    match control.parameter:
        case "source":
            return [Source(location="here", pool=pool)]
        case "pool":
            return [pool]
    return [each for each in getattr(pool, f"{control.parameter}s") if sees(control, each)]


def subject(control: Control, pool: Pool) -> Subject:
    """The first subject of a control in a pool."""
    return subjects(control, pool)[0]


def verdicts(pool: Pool, policy: Policy | None = None) -> dict[str, Word]:
    """What all controls say of the first of their subjects."""
    return {control: verdict(control, pool, policy)[0] for control in CHECKS}


def judged(control: str, changes: Mapping[str, Any], expected: Word, policy: Policy | None = None) -> None:
    """A control says this of the changed pool, and why."""
    word, reason = verdict(control, a_pool(changes), policy)
    assert (word, bool(reason)) == (expected, True), reason
