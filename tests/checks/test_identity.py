"""VM-MAC-01, VM-NAME-02, VM-OWNER-01 and -02: who is taken for whom, and whose is it."""

from typing import Any

import pytest

from fixtures.policy import Policy
from fixtures.policy.sections import Ownership
from fixtures.verdict import Word
from tests.building import ABSENT, a_pool, verdict

OTHER: dict[str, Any] = {
    "VM:2.name_label": "copy",
    "VM:2.VIFs": ["OpaqueRef:VIF2"],
    "VM:2.snapshots": [],
    "VIF:2.VM": "OpaqueRef:VM2",
}
"""A second VM, whose interface has the MAC address of the first one's."""
REPLICA = {"start": "a replica", "start_on": "a replica"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (OTHER, "fail"),
        (OTHER | {"VIF:2.MAC": "02:00:00:00:10:02"}, "pass"),
        ({"VIF.MAC": "02:00:00:00:AB:CD"} | OTHER | {"VIF:2.MAC": "02:00:00:00:ab:cd"}, "fail"),
        (OTHER | {"VM:2.power_state": "Halted"}, "fail"),
        (OTHER | {"VM:2.is_a_template": True}, "pass"),
        (OTHER | {"VM:2.is_a_snapshot": True, "VM:2.snapshot_of": "OpaqueRef:VM"}, "pass"),
        (OTHER | {"VM:2.blocked_operations": REPLICA}, "pass"),
        (OTHER | {"VM:2.blocked_operations": {"start": "not now"}}, "fail"),
        (OTHER | {"VM.blocked_operations": REPLICA}, "not_applicable"),
        (OTHER | {"VM.blocked_operations": ABSENT}, "fail"),
        (OTHER | {"VIF:2.MAC": ABSENT}, "pass"),
        ({"VIF.MAC": ABSENT}, "unknown"),
        ({"VIF:2.device": "1"}, "fail"),
        ({"VM.VIFs": [], "VIF": ABSENT}, "pass"),
        ({"VM.VIFs": ["OpaqueRef:gone"]}, "unknown"),
        ({"VM.VIFs": ABSENT}, "unknown"),
    ],
)
def test_mac_addresses_are_unique(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("VM-MAC-01", a_pool(changes))[0] == expected


def test_twins_are_named() -> None:
    reason = verdict("VM-MAC-01", a_pool(OTHER | {"VM:2.name_label": "co\u202epy"}))[1]
    assert reason == r"'02:00:00:00:10:01' is also that of VM 'co\u202epy'"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (OTHER, "pass"),
        (OTHER | {"VM:2.name_label": "dbase"}, "fail"),
        (OTHER | {"VM:2.name_label": "DBASE"}, "pass"),
        (OTHER | {"VM:2.name_label": "dbase", "VM:2.is_a_template": True}, "pass"),
        (OTHER | {"VM:2.name_label": ABSENT}, "pass"),
        (OTHER | {"VM.name_label": ABSENT, "VM:2.name_label": ABSENT}, "unknown"),
    ],
)
def test_name_is_unique(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("VM-NAME-02", a_pool(changes))[0] == expected


OWNED = Policy(ownership=Ownership(description=True, tag="owner:*"))


def test_nobody_has_to_be_owned_unless_the_policy_asks() -> None:
    nameless = a_pool({"VM.name_description": "", "VM.tags": []})
    assert verdict("VM-OWNER-01", nameless)[0] == "not_applicable"
    assert verdict("VM-OWNER-02", nameless)[0] == "not_applicable"


@pytest.mark.parametrize(
    ("description", "expected"),
    [("The shop's database", "pass"), ("", "fail"), (" \t", "fail"), (ABSENT, "unknown")],
)
def test_vm_is_described(description: object, expected: Word) -> None:
    assert verdict("VM-OWNER-01", a_pool({"VM.name_description": description}), OWNED)[0] == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["gold", "owner:shop"], "pass"),
        (["gold"], "fail"),
        (["Owner:shop"], "fail"),
        ([], "fail"),
        (ABSENT, "unknown"),
    ],
)
def test_vm_has_an_owner(tags: object, expected: Word) -> None:
    assert verdict("VM-OWNER-02", a_pool({"VM.tags": tags}), OWNED)[0] == expected


def test_many_of_one_address_are_counted() -> None:
    changes = {f"VIF:{number}.VM": f"OpaqueRef:VM{number}" for number in range(9)}
    changes |= {f"VM:{number}.name_label": f"copy {number}" for number in range(9)}
    reason = verdict("VM-MAC-01", a_pool(changes))[1]
    assert reason == "'02:00:00:00:10:01' is also that of VM 'copy 0' and 8 more"
