"""VM-SNAPSHOT-01 to -03: old, many, with memory."""

from typing import Any

import pytest

from fixtures.policy import Policy
from fixtures.policy.sections import Snapshots
from fixtures.verdict import Word
from tests.building import ABSENT, a_pool, verdict

OLD = {"VM:snapshot.snapshot_time": "20261001T00:00:00Z"}
NO_SNAPSHOT = {"VM.snapshots": [], "VM:snapshot": ABSENT}
OLD_PRODUCT = {"host.software_version": {"product_version": "5.6.100", "product_brand": "XenServer"}}


def several(count: int) -> dict[str, Any]:
    """A VM with so many snapshots, which refer to it and are not in its list, as in old databases."""
    more = {
        f"VM:{number}.{field}": value
        for number in range(1, count)
        for field, value in {
            "is_a_snapshot": True,
            "is_a_template": True,
            "snapshot_of": "OpaqueRef:VM",
            "snapshot_time": "20261121T22:00:00Z",
        }.items()
    }
    return OLD_PRODUCT | {"VM.snapshots": ABSENT} | more


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (NO_SNAPSHOT, "pass"),
        (OLD, "fail"),
        ({"VM:snapshot.snapshot_time": "20261024T02:00:00Z"}, "pass"),
        ({"VM:snapshot.snapshot_time": "20261024T01:59:59Z"}, "fail"),
        (OLD | {"VM:snapshot.other_config": {"xo:backup:job": "1234"}}, "pass"),
        (OLD | {"VM:snapshot.other_config": {"base_template_name": "Debian"}}, "fail"),
        (OLD | {"VM:snapshot.other_config": ABSENT}, "unknown"),
        ({"VM:snapshot.snapshot_time": ABSENT}, "unknown"),
        ({"VM:snapshot.snapshot_time": "yesterday"}, "unknown"),
        ({"VM:snapshot.snapshot_time": "19700101T00:00:00Z"}, "unknown"),
        ({"VM:snapshot.snapshot_time": "20261123T03:00:00Z"}, "pass"),
        ({"VM:snapshot.snapshot_time": "20271123T02:00:00Z"}, "unknown"),
        ({"VM.snapshots": ["OpaqueRef:gone"]}, "unknown"),
        ({"VM.snapshots": ABSENT}, "unknown"),
        (OLD | {"VM.snapshots": []}, "fail"),
        (OLD | {"VM.snapshots": ABSENT} | OLD_PRODUCT, "fail"),
        (OLD | {"VM.snapshots": ABSENT, "VM.malformed": ["snapshots"]} | OLD_PRODUCT, "unknown"),
        (OLD | {"VM.snapshots": [], "VM:snapshot.snapshot_of": "OpaqueRef:other"}, "pass"),
    ],
)
def test_no_snapshot_is_old(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("VM-SNAPSHOT-01", a_pool(changes))[0] == expected


def test_old_snapshots_are_named_with_their_age() -> None:
    reason = verdict("VM-SNAPSHOT-01", a_pool(OLD | {"VM:snapshot.name_label": "before\x1b[31m"}))[1]
    assert reason == r"older than 30 days: snapshot 'before\x1b[31m' (53 days)"


def test_a_source_without_clock_is_judged_by_the_moment_of_reading() -> None:
    assert verdict("VM-SNAPSHOT-01", a_pool(OLD, clock=None))[0] == "fail"


def test_age_and_number_are_the_policy_s() -> None:
    strict = Policy(snapshots=Snapshots(max_age_days=1, most=0))
    assert verdict("VM-SNAPSHOT-01", a_pool(), strict)[0] == "fail"
    assert verdict("VM-SNAPSHOT-02", a_pool(), strict)[0] == "fail"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (NO_SNAPSHOT, "pass"),
        (several(5), "pass"),
        (several(6), "fail"),
        (several(6) | {"VM:snapshot.other_config": {"xo:backup:job": "1234"}}, "fail"),
        ({"VM.snapshots": ["OpaqueRef:gone"]}, "unknown"),
        ({"VM.snapshots": ABSENT}, "unknown"),
    ],
)
def test_snapshots_are_few(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("VM-SNAPSHOT-02", a_pool(changes))[0] == expected


CHECKPOINT = {"VM:snapshot.power_state": "Suspended", "VM:snapshot.suspend_VDI": "OpaqueRef:VDI"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (CHECKPOINT, "fail"),
        ({"VM:snapshot.power_state": "Suspended"}, "fail"),
        ({"VM:snapshot.suspend_VDI": "OpaqueRef:VDI"}, "fail"),
        ({"VM:snapshot.suspend_VDI": ""}, "pass"),
        ({"VM:snapshot.suspend_VDI": ABSENT}, "unknown"),
        ({"VM:snapshot.power_state": ABSENT}, "unknown"),
        (CHECKPOINT | {"VM:snapshot.power_state": ABSENT}, "fail"),
        (NO_SNAPSHOT, "pass"),
        ({"VM.snapshots": ["OpaqueRef:gone"]}, "unknown"),
    ],
)
def test_no_snapshot_holds_memory(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("VM-SNAPSHOT-03", a_pool(changes))[0] == expected


def test_a_plain_snapshot_of_a_running_vm_is_no_checkpoint() -> None:
    changes = {"VM:snapshot.snapshot_info": {"power-state-at-snapshot": "Running"}}
    assert verdict("VM-SNAPSHOT-03", a_pool(changes))[0] == "pass"
