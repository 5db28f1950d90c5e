"""VDI-CBT-01, -BOOT-01, -SHARED-01, -ORPHAN-01, -ORPHAN-02, -MISSING-01: one thing changed, one verdict."""

from typing import Any, Literal

import pytest

from fixtures.policy import Policy
from fixtures.policy.sections import Disks
from fixtures.verdict import Word
from tests.building import ABSENT, a_pool, verdict

NO_DISK = {
    "type": {"VDI.type": "ha_statefile"},
    "ISO": {"SR.content_type": "iso"},
    "device": {"SR.type": "udev"},
    "backup": {"VDI.other_config": {"ctxs-pool-backup": "true"}},
}
UNCLEAR = {"type": {"VDI.type": ABSENT}, "SR": {"VDI.SR": "OpaqueRef:gone"}}
JUDGE_DISKS = ("VDI-CBT-01", "VDI-BOOT-01", "VDI-SHARED-01", "VDI-ORPHAN-01", "VDI-ORPHAN-02")


def product(version: str) -> dict[str, Any]:
    """A pool of this XenServer."""
    return {"host.software_version": {"product_version": version, "product_brand": "XenServer"}}


@pytest.mark.parametrize("control", JUDGE_DISKS)
@pytest.mark.parametrize("changes", NO_DISK.values(), ids=list(NO_DISK))
def test_only_disks_of_vms_are_judged(control: str, changes: dict[str, Any]) -> None:
    spoilt = {
        "VDI.cbt_enabled": True,
        "VDI.on_boot": "reset",
        "VDI.sharable": True,
        "VBD": ABSENT,
        "VDI.VBDs": [],
    }
    assert verdict(control, a_pool(spoilt | changes))[0] == "not_applicable"


@pytest.mark.parametrize("control", JUDGE_DISKS)
@pytest.mark.parametrize("changes", UNCLEAR.values(), ids=list(UNCLEAR))
def test_what_may_be_a_disk_is_unknown(control: str, changes: dict[str, Any]) -> None:
    assert verdict(control, a_pool(changes))[0] == "unknown"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"VDI.cbt_enabled": True}, "fail"),
        ({"VDI.cbt_enabled": ABSENT}, "unknown"),
        ({"VDI.cbt_enabled": ABSENT} | product("7.2.0"), "not_applicable"),
        ({"VDI.cbt_enabled": ABSENT} | product("7.3.0"), "unknown"),
    ],
)
def test_changed_block_tracking(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("VDI-CBT-01", a_pool(changes))[0] == expected


@pytest.mark.parametrize(
    ("wanted", "tracked", "expected"),
    [
        ("on", True, "pass"),
        ("on", False, "fail"),
        ("any", True, "not_applicable"),
        ("any", False, "not_applicable"),
    ],
)
def test_changed_block_tracking_is_the_policy_s(
    wanted: Literal["on", "any"], tracked: bool, expected: Word
) -> None:
    policy = Policy(disks=Disks(changed_block_tracking=wanted))
    assert verdict("VDI-CBT-01", a_pool({"VDI.cbt_enabled": tracked}), policy)[0] == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"VDI.on_boot": "reset"}, "fail"),
        ({"VDI.on_boot": "\x1b"}, "fail"),
        ({"VDI.on_boot": ABSENT}, "unknown"),
        ({"VDI.on_boot": ABSENT} | product("5.6.0"), "not_applicable"),
    ],
)
def test_disk_keeps_what_is_written(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("VDI-BOOT-01", a_pool(changes))[0] == expected


SECOND = {"VM:2.name_label": "two", "VBD:2.VM": "OpaqueRef:VM2"}
"""A second VM with the same disk."""


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (SECOND, "fail"),
        (SECOND | {"VM:2.is_a_template": True}, "pass"),
        (SECOND | {"VM:2.is_a_snapshot": True}, "pass"),
        (SECOND | {"VM:2.is_control_domain": True}, "pass"),
        ({"VBD:2.userdevice": "1"}, "pass"),
        ({"VBD:2.VM": "OpaqueRef:gone"}, "unknown"),
        ({"VDI.sharable": True}, "fail"),
        ({"VDI.sharable": ABSENT}, "unknown"),
        ({"VDI.VBDs": ["OpaqueRef:gone"]}, "unknown"),
        ({"VDI.VBDs": ABSENT}, "unknown"),
        ({"VDI.VBDs": ABSENT} | product("5.6.0"), "pass"),
    ],
)
def test_disk_belongs_to_one_vm(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("VDI-SHARED-01", a_pool(changes))[0] == expected


UNUSED = {"VBD": ABSENT, "VDI.VBDs": [], "VM.VBDs": []}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (UNUSED, "fail"),
        (UNUSED | {"VDI.type": "system"}, "fail"),
        (UNUSED | {"VDI.type": "suspend"}, "not_applicable"),
        (UNUSED | {"VDI.type": "redo_log"}, "not_applicable"),
        (UNUSED | {"VDI.type": "metadata"}, "not_applicable"),
        (UNUSED | {"SR.type": "iso"}, "not_applicable"),
        (UNUSED | {"VDI.VBDs": ["OpaqueRef:gone"]}, "unknown"),
        ({"VBD.VM": "OpaqueRef:VMsnapshot"}, "pass"),
        ({"VBD.VM": "OpaqueRef:VMdom0"}, "pass"),
        ({"VBD.VM": "OpaqueRef:gone"}, "unknown"),
    ],
)
def test_disk_is_used(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("VDI-ORPHAN-01", a_pool(changes))[0] == expected


@pytest.mark.parametrize("field", [{"VDI.managed": False}, {"VDI.is_a_snapshot": True}])
def test_base_copies_and_snapshots_are_no_orphans(field: dict[str, Any]) -> None:
    assert "OpaqueRef:VDI" not in [vdi.ref for vdi in a_pool(UNUSED | field).vdis]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (UNUSED, "pass"),
        ({"VBD.VM": "OpaqueRef:VMdom0"}, "fail"),
        ({"VBD:2.VM": "OpaqueRef:VMdom0"}, "fail"),
        ({"VBD:2.VM": "OpaqueRef:VMdom0", "VBD:2.currently_attached": False}, "fail"),
        ({"VBD.VM": "OpaqueRef:gone"}, "unknown"),
        ({"VDI.VBDs": ["OpaqueRef:gone"]}, "unknown"),
    ],
)
def test_disk_is_not_left_in_a_control_domain(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("VDI-ORPHAN-02", a_pool(changes))[0] == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"VDI.missing": True}, "fail"),
        ({"VDI.missing": ABSENT}, "unknown"),
        ({"VDI.missing": True, "SR.content_type": "iso"}, "fail"),
    ],
)
def test_image_is_on_its_storage(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("VDI-MISSING-01", a_pool(changes))[0] == expected
