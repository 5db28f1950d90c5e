"""VM-SHUTDOWN-01, VM-REBOOT-01, VM-SUSPEND-01 and -02, VM-MIGRATE-01: what xapi allows, and why not."""

import json
from collections import Counter
from typing import Any, Final, get_args

import pytest
from msgspec import structs

from fixtures.facts.judging import Unknown
from fixtures.facts.operations import FEATURES, Operation, refusal
from fixtures.facts.pool import Pool
from fixtures.facts.reading import Reading
from fixtures.facts.vm import VM
from fixtures.sources import read_file
from fixtures.verdict import Word
from tests.building import ABSENT, COMPLIANT, a_pool, judged, verdict
from tests.corpus import corpus_files, needs_corpus
from tests.guests import (
    DANGLING,
    GM,
    JUST_STARTED,
    NO_DRIVERS,
    NOT_RUNNING,
    SILENT,
    domain,
    product,
    unreadable,
)

ASKS: Final[dict[str, Operation]] = {
    "VM-SHUTDOWN-01": "clean_shutdown",
    "VM-REBOOT-01": "clean_reboot",
    "VM-SUSPEND-01": "suspend",
    "VM-MIGRATE-01": "pool_migrate",
}
"""Control → the operation that it asks for."""

ALL: Final[list[str]] = COMPLIANT["VM"]["allowed_operations"]
BARE: Final = NO_DRIVERS | {f"{GM}.other": {"feature-balloon": "1"}}
"""An HVM guest that can nothing of what xapi asks for."""


def without(*operations: str) -> dict[str, Any]:
    """A VM on which xapi allows all but these."""
    return {"VM.allowed_operations": [operation for operation in ALL if operation not in operations]}


@pytest.mark.parametrize(("control", "operation"), ASKS.items())
@pytest.mark.parametrize(
    ("changes", "missing", "expected"),
    [
        ({}, False, "pass"),
        ({}, True, "fail"),
        (SILENT, False, "pass"),
        (BARE, True, "fail"),
        *[({"VM.power_state": state}, False, "unknown") for state in NOT_RUNNING],
        ({"VM.power_state": ABSENT}, False, "unknown"),
        ({"host_metrics.live": False}, False, "unknown"),
        ({"host_metrics.live": False}, True, "unknown"),
        ({"VM.resident_on": "OpaqueRef:gone"}, False, "pass"),
        ({"VM.current_operations": {"OpaqueRef:task": "snapshot"}}, True, "unknown"),
        ({"VM.current_operations": {"OpaqueRef:task": "snapshot"}}, False, "pass"),
        (BARE | JUST_STARTED, True, "unknown"),
        (SILENT | JUST_STARTED, True, "unknown"),
        (JUST_STARTED, True, "fail"),
        (domain("pv") | SILENT, False, "pass"),
        (domain("pvh") | SILENT | JUST_STARTED, True, "fail"),
        (unreadable("VM.blocked_operations"), True, "fail"),
        (DANGLING, True, "fail"),
        ({"VM.guest_metrics": ABSENT}, True, "fail"),
    ],
)
def test_operations(
    control: str, operation: str, changes: dict[str, Any], missing: bool, expected: Word
) -> None:
    judged(control, changes | (without(operation) if missing else {}), expected)


@pytest.mark.parametrize("control", ASKS)
@pytest.mark.parametrize("lost", [{"VM.allowed_operations": ABSENT}, unreadable("VM.allowed_operations")])
def test_what_is_allowed_must_be_told(control: str, lost: dict[str, Any]) -> None:
    judged(control, lost, "unknown")


@pytest.mark.parametrize(
    ("changes", "operation", "said"),
    [
        ({"VM.blocked_operations": {"suspend": "no\x1b[2J room"}}, "suspend", "OPERATION_BLOCKED"),
        ({"VM.blocked_operations": {"suspend": "no\x1b[2J room"}}, "suspend", "no\\x1b[2J room"),
        ({"VM.blocked_operations": {"suspend": ""}}, "suspend", "no reason given"),
        ({"VM.blocked_operations": {"suspend": "x"}}, "pool_migrate", "nothing that was read says why"),
        ({"VM_metrics.nomigrate": True}, "pool_migrate", "VM_IS_IMMOBILE"),
        ({"VM_metrics.nested_virt": True}, "suspend", "VM_IS_IMMOBILE"),
        ({"VM_metrics.nomigrate": True}, "clean_shutdown", "nothing that was read says why"),
        ({"VM.metrics": ABSENT, "VM.platform": {"nested-virt": "true"}}, "suspend", "nested-virt"),
        ({"VM.platform": {"nomigrate": "true"}}, "suspend", "nothing that was read says why"),
        ({f"{GM}.other": {"data-cant-suspend-reason": "nvme"}}, "pool_migrate", "VM_NON_SUSPENDABLE"),
        (BARE, "clean_shutdown", "no feature-shutdown or feature-poweroff (VM_LACKS_FEATURE)"),
        (BARE, "clean_reboot", "no feature-shutdown or feature-reboot (VM_LACKS_FEATURE)"),
        (BARE, "pool_migrate", "no feature-suspend (VM_LACKS_FEATURE)"),
        (SILENT, "suspend", "VM_LACKS_FEATURE"),
        (DANGLING, "suspend", "VM_LACKS_FEATURE"),
        (BARE | {"VM.has_vendor_device": ABSENT} | product("6.2.0"), "suspend", "VM_MISSING_PV_DRIVERS"),
        (domain("pv") | SILENT, "suspend", "nothing that was read says why"),
        ({"VDI.on_boot": "reset"}, "suspend", "VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION"),
        ({"VDI.on_boot": "reset"}, "pool_migrate", "nothing that was read says why"),
        (
            {"VDI.on_boot": "reset", "VDI.allow_caching": True},
            "pool_migrate",
            "VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION",
        ),
        ({"VM.attached_PCIs": ["OpaqueRef:pci"]}, "pool_migrate", "VM_HAS_PCI_ATTACHED"),
        ({"VM.VGPUs": ["OpaqueRef:vgpu"]}, "suspend", "VM_HAS_VGPU"),
        ({"VM.VUSBs": ["OpaqueRef:vusb"]}, "suspend", "VM_HAS_VUSBS"),
        # the first that applies is the one that xapi gives
        (BARE | {"VM.blocked_operations": {"suspend": "x"}}, "suspend", "OPERATION_BLOCKED"),
        (BARE | {"VM_metrics.nomigrate": True}, "suspend", "VM_IS_IMMOBILE"),
        (BARE | {"VM.attached_PCIs": ["OpaqueRef:pci"]}, "suspend", "VM_LACKS_FEATURE"),
    ],
)
def test_xapi_s_own_reason_is_given(changes: dict[str, Any], operation: str, said: str) -> None:
    control = next(control for control, asked in ASKS.items() if asked == operation)
    word, reason = verdict(control, a_pool(changes | without(operation)))
    assert word == "fail"
    assert reason.startswith(f"{operation} is not possible: ")
    assert said in reason


def test_a_migration_that_is_running_stands_in_the_way_of_the_next_but_not_of_a_shutdown() -> None:
    moving = {"VM.current_operations": {"OpaqueRef:task": "migrate_send"}}
    judged("VM-MIGRATE-01", moving | without("pool_migrate"), "unknown")
    judged("VM-SHUTDOWN-01", moving | without("clean_shutdown"), "fail")


def test_migrating_to_elsewhere_is_asked_for_since_6_1() -> None:
    judged("VM-MIGRATE-01", without("migrate_send"), "fail")
    judged("VM-MIGRATE-01", without("migrate_send") | product("6.1.0"), "fail")
    judged("VM-MIGRATE-01", without("migrate_send") | product("6.0.2"), "pass")


def test_a_rolling_upgrade_allows_migrating_to_elsewhere_to_nobody() -> None:
    upgrading = {"pool.other_config": {"rolling_upgrade_in_progress": "true"}}
    judged("VM-MIGRATE-01", upgrading | without("migrate_send"), "unknown")
    judged("VM-MIGRATE-01", upgrading | without("pool_migrate"), "fail")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({f"{GM}.other": {}}, "pass"),
        ({f"{GM}.other": {"data-cant-suspend-reason": "nvme"}}, "fail"),
        ({f"{GM}.other": {"data-cant-suspend-reason": ""}}, "fail"),
        (NO_DRIVERS | {f"{GM}.other": {"data-cant-suspend-reason": "nvme"}}, "fail"),
        (NO_DRIVERS, "not_applicable"),
        (SILENT, "not_applicable"),
        (SILENT | JUST_STARTED, "unknown"),
        (DANGLING, "unknown"),
        ({f"{GM}.other": ABSENT}, "unknown"),
        *[({"VM.power_state": state}, "unknown") for state in NOT_RUNNING],
    ],
)
def test_guest_does_not_refuse_to_be_suspended(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-SUSPEND-02", changes, expected)


def test_what_a_guest_says_is_printed_safely() -> None:
    changes = {f"{GM}.other": {"data-cant-suspend-reason": "\u202egnp.exe" + "x" * 5000}}
    word, reason = verdict("VM-SUSPEND-02", a_pool(changes))
    assert word == "fail"
    assert "\\u202egnp.exe" in reason
    assert len(reason) < 200


def code(vm: VM, operation: Operation) -> str:
    """xapi's word for whether an operation is valid, as found from records; ?: it depends on the moment."""
    try:
        refused = refusal(vm, operation)
    except Unknown:
        return "?"
    return refused.code if refused else "ok"


@needs_corpus
def test_a_real_xapi_gives_the_same_reasons() -> None:
    compared: Counter[str] = Counter()
    for path in corpus_files("xapi/pools/*/state.db.xml"):
        answers = json.loads((path.parent / "answers.json").read_text())["VM"]
        (reading,) = read_file(path)
        for vm in Pool(reading).vms:
            for operation in FEATURES:
                answer = answers[vm.ref]["assert_operation_valid"].get(operation)
                ours = code(vm, operation)
                if answer is None or ours == "?":
                    continue
                theirs = answer if answer == "ok" else answer[0]
                assert (vm.name, operation, ours) == (vm.name, operation, theirs)
                compared[theirs] += 1
    assert compared["VM_LACKS_FEATURE"] > 50
    assert compared["VM_NON_SUSPENDABLE"]
    assert compared["OPERATION_BLOCKED"]


@needs_corpus
def test_a_real_xapi_gives_the_same_reasons_with_flags_that_it_does_not_keep() -> None:
    (path,) = corpus_files("xapi/pools/matrix/state.db.xml")
    (reading,) = read_file(path)
    compared: Counter[str] = Counter()
    for answer in json.loads((path.parent / "nonpersistent.json").read_text()):
        for operation in FEATURES:
            theirs = answer["assert_operation_valid"][operation]
            ours = code(flagged(reading, answer), operation)
            assert (answer["name"], answer["note"], operation, ours) == (
                answer["name"],
                answer["note"],
                operation,
                theirs if theirs == "ok" else theirs[0],
            )
            compared[ours] += 1
    assert compared["VM_IS_IMMOBILE"] > 5


def flagged(reading: Reading, answer: dict[str, Any]) -> VM:
    """The VM of a real pool of which an answer tells, with the flags that xapi had while it answered."""
    (vm,) = (vm for vm in Pool(reading).vms if vm.name == f"m: {answer['name']}")
    metrics = reading.records.VM_metrics[str(vm.record.metrics)]
    flags = {key: answer[key] for key in ("nomigrate", "nested_virt", "current_domain_type")}
    rows = reading.records.VM_metrics | {str(vm.record.metrics): structs.replace(metrics, **flags)}
    vms = reading.records.VM | {vm.ref: structs.replace(vm.record, allowed_operations=answer["allowed"])}
    records = structs.replace(reading.records, VM_metrics=rows, VM=vms)
    return next(each for each in Pool(structs.replace(reading, records=records)).vms if each.ref == vm.ref)


def test_each_operation_has_features_of_its_own() -> None:
    assert set(FEATURES) == set(get_args(Operation))
