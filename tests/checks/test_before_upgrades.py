"""VM-BACKUP-01: a recent snapshot or backup, where an upgrade of guest tools is due."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from fixtures.facts.pool import Pool
from fixtures.policy import Policy
from fixtures.policy.sections import Tools
from fixtures.verdict import Word
from tests.building import ABSENT, COMPLIANT, a_pool, a_reading, verdict
from tests.guests import SILENT, linux, windows

ID = "VM-BACKUP-01"
UUID = COMPLIANT["VM"]["uuid"]
DUE = linux("7", "19", "0")
OPEN = windows(xenbus="XenServer 9.1.9.1 ", xeniface="XenServer 9.1.13.101 ")
NONE = {"VM.snapshots": [], "VM:snapshot": ABSENT}
EIGHT_DAYS = "20261115T02:00:00Z"
AGE = "xe-guest-utilities (Linux, BSD) 7.19.0 build 1 is older than 7.20"


def snapshot(time: Any) -> dict[str, Any]:
    return {"VM:snapshot.snapshot_time": time}


def replica(time: str = "20261122T01:00:00Z", of: str = UUID, **more: Any) -> dict[str, Any]:
    keys = {"xo:backup:vm": of, "xo:backup:datetime": time, "xo:backup:sr": "11111111-1"}
    return {
        "VM:replica.name_label": "shop - nightly - (20261122T010000Z)",
        "VM:replica.power_state": "Halted",
        "VM:replica.snapshots": [],
        "VM:replica.other_config": {key: value for key, value in (keys | more).items() if value},
    }


def emptied(time: str = "20261122T01:00:00Z", kind: str = "cbt_metadata", of: str = UUID) -> dict[str, Any]:
    return {
        "VDI:emptied.type": kind,
        "VDI:emptied.is_a_snapshot": True,
        "VDI:emptied.VBDs": [],
        "VDI:emptied.other_config": {"xo:backup:vm": of, "xo:backup:datetime": time},
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "not_applicable"),
        (NONE, "not_applicable"),
        (SILENT, "not_applicable"),
        (DUE | {"VM.power_state": "Halted"}, "unknown"),
        (linux("6", "6", "80", ""), "unknown"),
        (DUE, "pass"),
        (DUE | NONE, "fail"),
        (DUE | snapshot("20261116T02:00:00Z"), "pass"),
        (DUE | snapshot("20261116T01:59:59Z"), "fail"),
        (DUE | snapshot("20261123T03:00:00Z"), "pass"),
        (DUE | snapshot("20271123T02:00:00Z"), "unknown"),
        (DUE | snapshot("yesterday"), "unknown"),
        (DUE | snapshot(ABSENT), "unknown"),
        (DUE | {"VM.snapshots": ["OpaqueRef:gone"]}, "unknown"),
        (DUE | {"VM.snapshots": ABSENT}, "unknown"),
        (DUE | NONE | replica(), "pass"),
        (DUE | snapshot(EIGHT_DAYS) | replica(), "pass"),
        (DUE | snapshot(ABSENT) | replica(), "pass"),
        (DUE | snapshot(ABSENT) | replica(EIGHT_DAYS), "unknown"),
        (DUE | NONE | replica(EIGHT_DAYS), "fail"),
        (DUE | NONE | replica("yesterday"), "unknown"),
        (DUE | NONE | replica(of="another"), "fail"),
        (DUE | NONE | emptied(), "pass"),
        (DUE | NONE | emptied(EIGHT_DAYS), "fail"),
        (DUE | NONE | emptied(of="another"), "fail"),
        (DUE | NONE | emptied(kind="user"), "fail"),
        (OPEN, "pass"),
        (OPEN | NONE, "fail"),
    ],
)
def test_tools_are_upgraded_with_a_way_back(changes: dict[str, Any], expected: Word) -> None:
    assert verdict(ID, a_pool(changes))[0] == expected


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (DUE, "snapshot 'dbase before the upgrade', age in days: 1"),
        (DUE | NONE, f"an upgrade is due ({AGE}), and the pool knows no snapshot or backup"),
        (
            DUE | NONE | emptied(EIGHT_DAYS) | {"VDI:emptied.name_label": "root"},
            f"an upgrade is due ({AGE}), and the last way back is old: exported disk 'root', age in days: 8",
        ),
        (DUE | NONE | replica(), "replica 'shop - nightly - (20261122T010000Z)', age in days: 1"),
    ],
)
def test_the_last_way_back_is_named(changes: dict[str, Any], reason: str) -> None:
    assert verdict(ID, a_pool(changes))[1] == reason


def test_a_replica_that_is_still_being_written_is_no_way_back() -> None:
    """Xen Orchestra adds xo:backup:sr when all of it is there."""
    assert verdict(ID, a_pool(DUE | NONE | replica(**{"xo:backup:sr": ""})))[0] == "fail"


def test_a_vm_that_was_reverted_to_a_backup_is_no_copy_of_itself() -> None:
    """Reverting copies the snapshot's other_config to the VM, and cloning it to the clone."""
    keys = {"xo:backup:vm": UUID, "xo:backup:datetime": "20261122T01:00:00Z", "xo:backup:exported": "true"}
    assert verdict(ID, a_pool(DUE | NONE | {"VM.other_config": keys}))[0] == "fail"


def test_how_old_it_may_be_is_the_policy_s() -> None:
    assert verdict(ID, a_pool(DUE), Policy(tools=Tools(backup_days=0)))[0] == "fail"
    assert verdict(ID, a_pool(DUE | snapshot(EIGHT_DAYS)), Policy(tools=Tools(backup_days=8)))[0] == "pass"


def test_without_the_disks_nobody_knows_of_exports() -> None:
    reading = structs.replace(a_reading(DUE | NONE), unread={"VDI": "the host took too long"})
    word, reason = verdict(ID, Pool(reading, timedelta(minutes=3)))
    assert (word, reason) == ("unknown", "VDI could not be read: the host took too long")
