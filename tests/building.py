"""A compliant pool to change one thing of, and the verdicts on what came of it."""

import importlib
import inspect
from collections.abc import Mapping
from copy import deepcopy
from datetime import timedelta
from typing import Any, Final

import msgspec

from fixtures.audit import CHECKS as CHECKS_FOLDER
from fixtures.controls import Control, control_of
from fixtures.facts.pool import Pool
from fixtures.facts.reading import Reading
from fixtures.facts.source import Source
from fixtures.judge import run
from fixtures.policy import Policy
from fixtures.verdict import Word

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

COMPLIANT: Final[dict[str, dict[str, Any]]] = {
    "VM": {
        "uuid": "11111111-0000-4000-8000-000000000001",
        "name_label": "dbase",
        "power_state": "Running",
        "is_a_template": False,
        "is_a_snapshot": False,
        "is_control_domain": False,
        "guest_metrics": "OpaqueRef:VM_guest_metrics",
        "metrics": "OpaqueRef:VM_metrics",
        "domain_type": "hvm",
        "HVM_boot_policy": "BIOS order",
        "memory_static_min": GIB,
        "memory_dynamic_min": GIB,
        "memory_dynamic_max": 2 * GIB,
        "memory_static_max": 2 * GIB,
        "platform": {"viridian": "false"},
        "resident_on": "OpaqueRef:host",
        "tags": ["production"],
        "VBDs": ["OpaqueRef:VBD"],
        "VGPUs": [],
    },
    "VM_metrics": {
        "uuid": "11111111-0000-4000-8000-000000000002",
        "current_domain_type": "hvm",
        "nested_virt": False,
        "start_time": "20261101T08:00:00Z",
    },
    "VM_guest_metrics": {
        "uuid": "11111111-0000-4000-8000-000000000003",
        "PV_drivers_version": {"major": "8", "minor": "4", "micro": "0", "build": "1"},
        "PV_drivers_detected": True,
        "PV_drivers_up_to_date": True,
        "os_version": {"distro": "debian", "uname": "6.1.0-30-amd64"},
        "other": {"feature-balloon": "1"},
    },
    "VBD": {
        "uuid": "11111111-0000-4000-8000-000000000004",
        "VM": "OpaqueRef:VM",
        "VDI": "OpaqueRef:VDI",
        "type": "Disk",
        "userdevice": "0",
        "empty": False,
    },
    "VIF": {
        "uuid": "11111111-0000-4000-8000-000000000005",
        "VM": "OpaqueRef:VM",
        "network": "OpaqueRef:network",
        "device": "0",
    },
    "VDI": {
        "uuid": "11111111-0000-4000-8000-000000000006",
        "name_label": "dbase root",
        "SR": "OpaqueRef:SR",
        "is_a_snapshot": False,
        "managed": True,
    },
    "SR": {"uuid": "11111111-0000-4000-8000-000000000007", "name_label": "Local storage"},
    "network": {"uuid": "11111111-0000-4000-8000-000000000008", "name_label": "Pool-wide network"},
    "host": {
        "uuid": "11111111-0000-4000-8000-000000000009",
        "name_label": "xen1",
        "address": "192.0.2.1",
        "metrics": "OpaqueRef:host_metrics",
        "capabilities": ["xen-3.0-x86_64", "hvm-3.0-x86_64", ""],
        "cpu_info": {"features_hvm": "17cbfbff-f7fa3223"},
        "software_version": {"product_version": "8.3.0", "product_brand": "XCP-ng"},
    },
    "host_metrics": {
        "uuid": "11111111-0000-4000-8000-000000000010",
        "live": True,
        "last_updated": "20261123T01:59:00Z",
    },
    "host_cpu": {
        "uuid": "11111111-0000-4000-8000-000000000011",
        "host": "OpaqueRef:host",
        "number": 0,
        "vendor": "AuthenticAMD",
        "modelname": "AMD EPYC 9354",
    },
    "pool": {
        "uuid": "11111111-0000-4000-8000-000000000012",
        "name_label": "Lab",
        "master": "OpaqueRef:host",
    },
}
"""One row of each class, `OpaqueRef:CLASS`, in JSON-RPC's types."""


def a_reading(changes: Mapping[str, Any] | None = None, *, clock: str | None = CLOCK) -> Reading:
    """A compliant pool, changed: `{"VM.power_state": "Halted", "VM_guest_metrics": ABSENT}`.

    A value may be ABSENT; a class that is ABSENT has no row; `"VBD:2.type"` changes a second row.
    """
    rows: dict[str, dict[str, Any]] = {f"{name}:": deepcopy(row) for name, row in COMPLIANT.items()}
    for place, value in (changes or {}).items():
        name, _, field = place.partition(".")
        if ":" not in name:
            name += ":"
        if value is ABSENT and not field:
            del rows[name]
            continue
        row = rows.setdefault(name, deepcopy(COMPLIANT[name.split(":")[0]]) | {"uuid": f"uuid-of-{name}"})
        if value is ABSENT:
            del row[field]
        else:
            row[field] = value
    records: dict[str, dict[str, Any]] = {}
    for name, row in rows.items():
        cls, _, number = name.partition(":")
        records.setdefault(cls, {})[f"OpaqueRef:{cls}{number}"] = row
    document = {
        "source": "snapshot",
        "location": "built by a test",
        "read_at": CLOCK,
        "clock": clock,
        "records": records,
    }
    return msgspec.convert(document, Reading)


def a_pool(changes: Mapping[str, Any] | None = None, *, clock: str | None = CLOCK) -> Pool:
    """The inventory of such a reading, with three minutes of grace."""
    return Pool(a_reading(changes, clock=clock), timedelta(minutes=3))


def verdict(control: str, pool: Pool, policy: Policy | None = None) -> tuple[Word, str]:
    """What a control says of the first of its subjects, and why."""
    check = CHECKS[control]
    described = control_of(check)
    assert described is not None
    arguments: dict[str, Any] = {described.parameter: subject(described, pool)}
    if "policy" in inspect.signature(check).parameters:
        arguments["policy"] = policy or Policy()
    try:
        outcome = run(check, arguments, described)
    except AssertionError as finding:
        return "fail", str(finding).partition("\n")[0]
    return outcome.word, outcome.reason


def subject(control: Control, pool: Pool) -> object:
    """The first subject of a control in a pool."""
    if control.parameter == "source":
        return Source(location="here", pool=pool)
    return pool if control.parameter == "pool" else getattr(pool, f"{control.parameter}s")[0]


def verdicts(pool: Pool, policy: Policy | None = None) -> dict[str, Word]:
    """What all controls say of the first of their subjects."""
    return {control: verdict(control, pool, policy)[0] for control in CHECKS}
