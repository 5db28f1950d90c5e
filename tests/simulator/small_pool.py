"""A small pool of today's release: what tests change one thing of."""

import io
from collections.abc import Mapping
from typing import Any, Final

from fixtures.facts.records import NULL
from fixtures.sources.database import Database, read_tables
from fixtures.sources.database_writer import write_database

Tables = dict[str, dict[str, dict[str, Any]]]

USER: Final = "root"
PASSWORD: Final = "a <password> & more"
CERTIFICATE: Final = "-----BEGIN CERTIFICATE-----"


def tables() -> Tables:
    """One host, one running VM with a disk, a CD drive and an interface, one template."""
    return {
        "pool": {
            "OpaqueRef:pool": {
                "uuid": "uuid-pool",
                "name_label": "Pool",
                "master": "OpaqueRef:host",
                "other_config": {},
            }
        },
        "host": {
            "OpaqueRef:host": {
                "uuid": "uuid-host",
                "name_label": "xen1",
                "enabled": True,
                "API_version_major": 2,
                "capabilities": ["hvm-3.0-x86_64", ""],
                "resident_VMs": ["OpaqueRef:vm"],
            }
        },
        "VM": {
            "OpaqueRef:vm": {
                "uuid": "uuid-vm",
                "name_label": "dbase & <more>",
                "power_state": "Running",
                "is_a_template": False,
                "is_a_snapshot": False,
                "is_control_domain": False,
                "memory_static_max": 8589934592,
                "HVM_shadow_multiplier": 1.5,
                "snapshot_time": "19700101T00:00:00Z",
                "other_config": {"a key": "<1>"},
                "tags": ["x", ""],
                "resident_on": "OpaqueRef:host",
                "metrics": "OpaqueRef:metrics",
                "guest_metrics": NULL,
                "VBDs": ["OpaqueRef:disk", "OpaqueRef:cd"],
                "VIFs": ["OpaqueRef:vif"],
            },
            "OpaqueRef:template": {
                "uuid": "uuid-template",
                "name_label": "Other install media",
                "power_state": "Halted",
                "is_a_template": True,
                "is_a_snapshot": False,
                "is_control_domain": False,
                "VBDs": [],
                "VIFs": [],
            },
        },
        "VM_metrics": {"OpaqueRef:metrics": {"uuid": "uuid-metrics", "start_time": "20261101T08:00:00Z"}},
        "VM_guest_metrics": {},
        "VBD": {
            "OpaqueRef:disk": {
                "uuid": "uuid-disk",
                "VM": "OpaqueRef:vm",
                "VDI": "OpaqueRef:vdi",
                "type": "Disk",
                "userdevice": "0",
            },
            "OpaqueRef:cd": {
                "uuid": "uuid-cd",
                "VM": "OpaqueRef:vm",
                "VDI": "OpaqueRef:iso",
                "type": "CD",
                "userdevice": "3",
            },
        },
        "VIF": {
            "OpaqueRef:vif": {
                "uuid": "uuid-vif",
                "VM": "OpaqueRef:vm",
                "network": "OpaqueRef:network",
                "MAC": "0a:00:00:00:00:01",
            }
        },
        "VDI": {
            "OpaqueRef:vdi": {
                "uuid": "uuid-vdi",
                "name_label": "dbase root",
                "SR": "OpaqueRef:sr",
                "VBDs": ["OpaqueRef:disk"],
            },
            "OpaqueRef:iso": {
                "uuid": "uuid-iso",
                "name_label": "tools.iso",
                "SR": "OpaqueRef:sr",
                "VBDs": ["OpaqueRef:cd"],
            },
        },
        "SR": {
            "OpaqueRef:sr": {
                "uuid": "uuid-sr",
                "name_label": "Local storage",
                "VDIs": ["OpaqueRef:vdi", "OpaqueRef:iso"],
            }
        },
        "network": {
            "OpaqueRef:network": {"uuid": "uuid-network", "name_label": "LAN", "VIFs": ["OpaqueRef:vif"]}
        },
        "VBD_metrics": {},
    }


def whole_tables() -> Tables:
    """The same with a row of every class that is read, except what only guests tell."""
    return tables() | {
        "PBD": {
            "OpaqueRef:pbd": {
                "uuid": "uuid-pbd",
                "host": "OpaqueRef:host",
                "SR": "OpaqueRef:sr",
                "currently_attached": True,
            }
        },
        "PIF": {
            "OpaqueRef:pif": {
                "uuid": "uuid-pif",
                "host": "OpaqueRef:host",
                "network": "OpaqueRef:network",
                "device": "eth0",
                "metrics": "OpaqueRef:link",
            }
        },
        "PIF_metrics": {"OpaqueRef:link": {"uuid": "uuid-link", "carrier": True}},
        "Bond": {"OpaqueRef:bond": {"uuid": "uuid-bond", "master": "OpaqueRef:pif", "links_up": 2}},
        "host_metrics": {"OpaqueRef:live": {"uuid": "uuid-live", "live": True}},
        "host_cpu": {"OpaqueRef:cpu": {"uuid": "uuid-cpu", "host": "OpaqueRef:host", "number": 0}},
        "host_patch": {"OpaqueRef:patch": {"uuid": "uuid-patch", "host": "OpaqueRef:host", "applied": True}},
        "pool_update": {"OpaqueRef:update": {"uuid": "uuid-update", "hosts": ["OpaqueRef:host"]}},
        "Certificate": {
            "OpaqueRef:certificate": {
                "uuid": "uuid-certificate",
                "host": "OpaqueRef:host",
                "not_after": "20360101T00:00:00Z",
            }
        },
        "subject": {
            "OpaqueRef:auditor": {"uuid": "uuid-auditor", "other_config": {"subject-name": "auditor"}}
        },
        "message": {"OpaqueRef:message": {"uuid": "uuid-message", "name": "ALARM", "priority": 3}},
    }


def database(content: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None) -> Database:
    """A database as a file would give it."""
    manifest = {"schema_major_vsn": "5", "schema_minor_vsn": "909"}
    return read_tables(io.BytesIO(write_database(manifest, tables() if content is None else content)))
