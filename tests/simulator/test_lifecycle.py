"""Which operations a VM allows: one thing changed at a time, and every answer that a real xapi gave."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from fixtures.simulator.lifecycle import OPERATIONS, allowed_operations, operation_error
from fixtures.simulator.objects import Objects, load
from fixtures.sources.database import read_tables
from tests.corpus import corpus_files, needs_corpus
from tests.simulator.client import client_of

REF: Final = "OpaqueRef:vm"

RUNNING: Final = """changing_VCPUs_live changing_dynamic_range checkpoint clean_reboot clean_shutdown
    hard_reboot hard_shutdown metadata_export migrate_send pause pool_migrate snapshot suspend sysprep"""
PAUSED: Final = "checkpoint hard_reboot hard_shutdown metadata_export snapshot unpause"
SUSPENDED: Final = """checkpoint destroy export hard_shutdown metadata_export migrate_send resume resume_on
    snapshot"""
HALTED: Final = """changing_NVRAM changing_dynamic_range changing_shadow_memory changing_static_range clone
    copy create_vtpm destroy export make_into_template metadata_export migrate_send snapshot start start_on"""
TEMPLATE: Final = """changing_NVRAM changing_dynamic_range changing_shadow_memory changing_static_range clone
    copy destroy export metadata_export migrate_send provision"""

MOVING: Final = "checkpoint migrate_send pool_migrate suspend"
NEED_THE_GUEST: Final = f"changing_VCPUs_live clean_reboot clean_shutdown {MOVING}"
NEED_NO_GUEST: Final = (
    "changing_dynamic_range hard_reboot hard_shutdown metadata_export pause snapshot sysprep"
)

NESTED: Final = {"nested-virt": "true"}
HALTED_VM: Final = {"power_state": "Halted"}


def pool(
    vm: dict[str, Any] | None = None,
    metrics: dict[str, Any] | None = None,
    guest: dict[str, Any] | None = None,
    without: str = "",
) -> Objects:
    """A running HVM guest with PV drivers, some of its fields changed, one class `without` its row."""
    objects: Objects = {
        "VM": {
            REF: {
                "power_state": "Running",
                "metrics": "OpaqueRef:metrics",
                "guest_metrics": "OpaqueRef:guest",
                "appliance": "OpaqueRef:NULL",
                **(vm or {}),
            }
        },
        "VM_metrics": {"OpaqueRef:metrics": {"current_domain_type": "hvm", **(metrics or {})}},
        "VM_guest_metrics": {
            "OpaqueRef:guest": {"PV_drivers_version": {"major": "9", "minor": "4"}, **(guest or {})}
        },
        "VBD": {"OpaqueRef:drive": {"VDI": "OpaqueRef:disk"}, "OpaqueRef:empty": {}},
        "VDI": {"OpaqueRef:disk": {"sm_config": {"on_boot": "reset"}}},
        "VGPU": {
            "OpaqueRef:gpu": {"type": "OpaqueRef:intel"},
            "OpaqueRef:good gpu": {"type": "OpaqueRef:nvidia", "resident_on": "OpaqueRef:card"},
            "OpaqueRef:lost gpu": {"type": "OpaqueRef:nvidia", "resident_on": "OpaqueRef:NULL"},
            "OpaqueRef:shared gpu": {
                "type": "OpaqueRef:sriov",
                "resident_on": "OpaqueRef:card",
                "PCI": "OpaqueRef:function",
            },
        },
        "VGPU_type": {
            "OpaqueRef:intel": {"implementation": "gvt_g"},
            "OpaqueRef:nvidia": {"implementation": "nvidia"},
            "OpaqueRef:sriov": {"implementation": "nvidia_sriov"},
        },
        "PGPU": {"OpaqueRef:card": {"compatibility_metadata": {"nvidia": "x"}}},
        "VMSS": {"OpaqueRef:schedule": {}},
    }
    return objects | {without: {}}


def guest_with(*features: str, **other: str) -> Objects:
    """A guest without drivers whose agent tells some features."""
    return pool(guest={"PV_drivers_version": {}, "other": dict.fromkeys(features, "1") | other})


@pytest.mark.parametrize(
    ("objects", "allowed", "except_for"),
    [
        (pool(), RUNNING, ""),
        (pool({"power_state": "Paused"}), PAUSED, ""),
        (pool({"power_state": "Suspended"}), SUSPENDED, ""),
        (pool(HALTED_VM), HALTED, ""),
        # A running guest needs drivers or features, unless it is paravirtual.
        (pool(without="VM_guest_metrics"), NEED_NO_GUEST, ""),
        (pool(without="VM_guest_metrics", metrics={"current_domain_type": "pv"}), RUNNING, ""),
        (pool(without="VM_guest_metrics", metrics={"current_domain_type": "pvh"}), RUNNING, ""),
        (pool(without="VM_guest_metrics", metrics={"current_domain_type": "unspecified"}), NEED_NO_GUEST, ""),
        (pool(without="VM_metrics"), RUNNING, ""),
        (pool({"power_state": "Paused"}, without="VM_guest_metrics"), PAUSED, "checkpoint"),
        (pool({"power_state": "Suspended"}, without="VM_guest_metrics"), SUSPENDED, ""),
        (pool(guest={"PV_drivers_version": {"major": "9"}}), NEED_NO_GUEST, ""),
        (pool(guest={"PV_drivers_version": {"major": "9", "minor": "x"}}), NEED_NO_GUEST, ""),
        (guest_with("feature-suspend"), f"{NEED_NO_GUEST} {MOVING}", ""),
        (guest_with("feature-shutdown"), f"{NEED_NO_GUEST} clean_shutdown clean_reboot", ""),
        (guest_with("feature-poweroff"), f"{NEED_NO_GUEST} clean_shutdown", ""),
        (guest_with("feature-reboot"), f"{NEED_NO_GUEST} clean_reboot", ""),
        (guest_with("feature-vcpu-hotplug"), f"{NEED_NO_GUEST} changing_VCPUs_live", ""),
        (guest_with(**{"feature-suspend": "0"}), NEED_NO_GUEST, ""),
        (pool(guest={"other": {"data-cant-suspend-reason": "nvme"}}), RUNNING, MOVING),
        # What pins a VM.
        (pool(metrics={"nomigrate": True}), RUNNING, MOVING),
        (pool(metrics={"nested_virt": True}), RUNNING, f"changing_dynamic_range {MOVING}"),
        (pool({"platform": NESTED}), RUNNING, ""),
        (pool({"platform": NESTED}, without="VM_metrics"), RUNNING, f"changing_dynamic_range {MOVING}"),
        (pool({"attached_PCIs": ["OpaqueRef:card"]}), RUNNING, MOVING),
        (pool({"VUSBs": ["OpaqueRef:stick"]}), RUNNING, f"{MOVING} snapshot"),
        (pool({"VGPUs": ["OpaqueRef:gpu"]}), RUNNING, MOVING),
        (pool({"VGPUs": ["OpaqueRef:good gpu"]}), RUNNING, ""),
        (pool({"VGPUs": ["OpaqueRef:lost gpu"]}), RUNNING, MOVING),
        (pool({"VGPUs": ["OpaqueRef:good gpu"], "attached_PCIs": ["OpaqueRef:function"]}), RUNNING, MOVING),
        (pool({"VGPUs": ["OpaqueRef:shared gpu"], "attached_PCIs": ["OpaqueRef:function"]}), RUNNING, ""),
        (pool({"VGPUs": ["OpaqueRef:gpu"]} | HALTED_VM), HALTED, ""),
        (pool({"VBDs": ["OpaqueRef:drive", "OpaqueRef:empty"]}), RUNNING, "checkpoint snapshot suspend"),
        # Administrators' will, and other operations.
        (pool({"blocked_operations": {"pause": "no", "start": "no"}}), RUNNING, "pause"),
        (
            pool({"current_operations": {"task": "migrate_send"}}),
            "clean_reboot clean_shutdown hard_reboot hard_shutdown metadata_export",
            "",
        ),
        (
            pool({"current_operations": {"task": "snapshot"}}),
            "checkpoint hard_reboot hard_shutdown snapshot",
            "",
        ),
        (pool({"current_operations": {"task": "hard_reboot"}}), "hard_shutdown", ""),
        # Assignments.
        (pool({"snapshot_schedule": "OpaqueRef:schedule"} | HALTED_VM), HALTED, "make_into_template"),
        (pool({"VTPMs": ["OpaqueRef:module"]} | HALTED_VM), HALTED, "create_vtpm"),
        # What is no real VM.
        (pool({"is_a_template": True} | HALTED_VM), TEMPLATE, ""),
        (
            pool({"is_a_template": True, "is_default_template": True} | HALTED_VM),
            TEMPLATE,
            "destroy migrate_send",
        ),
        (
            pool({"is_a_template": True, "is_a_snapshot": True} | HALTED_VM),
            "clone copy destroy export metadata_export revert",
            "",
        ),
        (
            pool({"is_a_template": True, "is_a_snapshot": True, "power_state": "Suspended"}),
            "clone copy destroy export hard_shutdown metadata_export revert",
            "",
        ),
        (
            pool({"is_control_domain": True, "domid": 0}),
            "changing_dynamic_range changing_static_range metadata_export",
            "",
        ),
    ],
)
def test_what_a_vm_allows(objects: Objects, allowed: str, except_for: str) -> None:
    assert set(allowed_operations(objects, REF)) == set(allowed.split()) - set(except_for.split())


@pytest.mark.parametrize(
    ("objects", "operation", "error"),
    [
        (pool(HALTED_VM), "suspend", ["VM_BAD_POWER_STATE", REF, "running", "halted"]),
        (pool(), "clone", ["VM_BAD_POWER_STATE", REF, "halted", "running"]),
        (pool(), "migrate_send", None),
        (pool(), "provision", ["VM_BAD_POWER_STATE", REF, "halted", "running"]),
        (pool(HALTED_VM), "provision", ["ONLY_PROVISION_TEMPLATE"]),
        (pool(), "revert", ["ONLY_REVERT_SNAPSHOT"]),
        (pool(), "query_services", ["NOT_SYSTEM_DOMAIN", REF]),
        (pool(), "snapshot_with_quiesce", ["VM_SNAPSHOT_WITH_QUIESCE_NOT_SUPPORTED", REF]),
        (pool(without="VM_guest_metrics"), "clean_shutdown", ["VM_LACKS_FEATURE", REF]),
        (
            pool(guest={"other": {"data-cant-suspend-reason": "nvme"}}),
            "pool_migrate",
            ["VM_NON_SUSPENDABLE", REF, "nvme"],
        ),
        (pool(metrics={"nested_virt": True}), "suspend", ["VM_IS_IMMOBILE", REF]),
        (pool(metrics={"nested_virt": True}), "changing_dynamic_range", ["VM_IS_USING_NESTED_VIRT", REF]),
        (pool({"blocked_operations": {"pause": "no"}}), "pause", ["OPERATION_BLOCKED", REF, "no"]),
        (
            pool({"current_operations": {"task": "pause"}}),
            "suspend",
            ["OTHER_OPERATION_IN_PROGRESS", "VM.pause", REF],
        ),
        (
            pool({"current_operations": {"1": "clone", "2": "copy"}}),
            "suspend",
            ["OTHER_OPERATION_IN_PROGRESS", "VM.{clone,copy}", REF],
        ),
        (pool({"is_a_template": True} | HALTED_VM), "start", ["VM_IS_TEMPLATE", REF, "start"]),
        (pool({"is_a_snapshot": True} | HALTED_VM), "start", ["VM_IS_SNAPSHOT", REF, "start"]),
        (
            pool({"is_control_domain": True, "domid": 0}),
            "suspend",
            ["OPERATION_NOT_ALLOWED", "This operation is not allowed on a control domain"],
        ),
        (
            pool({"is_control_domain": True, "domid": 0} | HALTED_VM),
            "destroy",
            ["OPERATION_NOT_ALLOWED", "This operation is not allowed on dom0"],
        ),
        (pool({"VTPMs": ["x"]} | HALTED_VM), "create_vtpm", ["VTPM_MAX_AMOUNT_REACHED", "1"]),
        (
            pool({"snapshot_schedule": "OpaqueRef:schedule"} | HALTED_VM),
            "make_into_template",
            ["VM_ASSIGNED_TO_SNAPSHOT_SCHEDULE", REF, "OpaqueRef:schedule"],
        ),
        (pool({"attached_PCIs": ["x"]}), "suspend", ["VM_HAS_PCI_ATTACHED", REF]),
        (pool({"VGPUs": ["OpaqueRef:gpu"]}), "suspend", ["VM_HAS_VGPU", REF]),
        (pool({"VUSBs": ["x"]}), "suspend", ["VM_HAS_VUSBS", REF]),
        (pool({"VBDs": ["OpaqueRef:drive"]}), "snapshot", ["VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION"]),
    ],
)
def test_why_an_operation_is_not_valid(objects: Objects, operation: str, error: list[str] | None) -> None:
    assert operation_error(objects, REF, operation) == error


def test_a_vm_of_which_little_is_known_has_an_answer_for_every_operation() -> None:
    for operation in OPERATIONS:
        assert operation_error({"VM": {REF: {}}}, REF, operation) is not None


def test_the_simulator_serves_computed_operations() -> None:
    with client_of() as client:
        vm, template = client.ask("VM.get_all_records").values()
    assert set(vm["allowed_operations"]) == set(NEED_NO_GUEST.split())
    assert set(template["allowed_operations"]) == set(TEMPLATE.split())


@cache
def real_pool(path: Path) -> Objects:
    with path.open("rb") as stream:
        return load(read_tables(stream))


def answered(path: Path, name: str) -> Any:
    return json.loads((path.parent / name).read_text())


@needs_corpus
@pytest.mark.parametrize("path", corpus_files("xapi/pools/*/state.db.xml"), ids=lambda path: path.parent.name)
def test_a_real_xapi_allows_the_same(path: Path) -> None:
    objects = real_pool(path)
    for ref, record in answered(path, "records.json")["VM"].items():
        allowed = allowed_operations(objects, ref)
        assert (record["name_label"], sorted(allowed)) == (
            record["name_label"],
            sorted(record["allowed_operations"]),
        )
    for ref, answer in answered(path, "answers.json")["VM"].items():
        assert sorted(allowed_operations(objects, ref)) == sorted(answer["allowed_operations"])
        for operation, real in answer["assert_operation_valid"].items():
            ours = operation_error(objects, ref, operation) or "ok"
            assert (answer["name_label"], operation, ours) == (answer["name_label"], operation, real)


@needs_corpus
def test_a_real_xapi_allows_the_same_with_flags_that_it_does_not_keep() -> None:
    (path,) = corpus_files("xapi/pools/matrix/state.db.xml")
    objects = real_pool(path)
    refs = {record["name_label"].removeprefix("m: "): ref for ref, record in objects["VM"].items()}
    compared = 0
    for answer in answered(path, "nonpersistent.json"):
        ref = refs[answer["name"]]
        flags = {field: answer[field] for field in ("hvm", "nomigrate", "nested_virt", "current_domain_type")}
        metrics = objects["VM"][ref]["metrics"]
        changed = objects | {"VM_metrics": {metrics: objects["VM_metrics"][metrics] | flags}}
        assert sorted(allowed_operations(changed, ref)) == sorted(answer["allowed"])
        for operation, real in answer["assert_operation_valid"].items():
            ours = operation_error(changed, ref, operation) or "ok"
            assert ours == (real if real == "ok" else [ref if part == "<ref>" else part for part in real])
            compared += 1
    assert compared > 80
