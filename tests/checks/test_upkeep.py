"""Upkeep of the pool: one thing changed, one verdict."""

from typing import Any

import msgspec
import pytest

from fixtures.facts.pool import Pool
from fixtures.policy import Policy
from fixtures.policy.sections import Memory, PoolWide
from fixtures.verdict import Word
from tests.building import ABSENT, a_pool, a_reading, verdict


def on(version: str, brand: str = "XenServer") -> dict[str, Any]:
    """A pool of this product."""
    return {"host.software_version": {"product_version": version, "product_brand": brand}}


def message(priority: object, timestamp: object = "20261122T00:00:00Z") -> dict[str, Any]:
    """A message beside the everyday one."""
    return {
        "message:2.priority": priority,
        "message:2.name": "HA_STATEFILE_LOST",
        "message:2.timestamp": timestamp,
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"message": ABSENT}, "pass"),
        ({"message.priority": 1}, "fail"),
        (message(1), "fail"),
        (message(2), "fail"),
        (message(3), "pass"),
        (message(4), "pass"),
        (message(2, "20261025T00:00:00Z"), "fail"),
        (message(2, "20261023T00:00:00Z"), "pass"),
        # later than the pool's clock: somebody set it back
        (message(2, "20271123T00:00:00Z"), "fail"),
        (message(2, "yesterday"), "unknown"),
        (message(2, ABSENT), "unknown"),
        (message(ABSENT), "unknown"),
        (message(ABSENT) | {"message.priority": 1}, "fail"),
        (message(ABSENT, "20200101T00:00:00Z"), "pass"),
    ],
)
def test_no_alarm_is_standing(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("POOL-ALARM-01", a_pool(changes))[0] == expected


def test_which_alarms_count_is_the_policy_s() -> None:
    warned = a_pool(message(3))
    assert verdict("POOL-ALARM-01", warned, Policy(pool=PoolWide(alarm_priority=3)))[0] == "fail"
    assert verdict("POOL-ALARM-01", a_pool(message(1)), Policy(pool=PoolWide(alarm_days=1)))[0] == "pass"


def test_a_database_has_no_messages() -> None:
    reading = msgspec.structs.replace(
        a_reading({"message": ABSENT}), absent={"message": "xapi does not keep messages in its database"}
    )
    assert verdict("POOL-ALARM-01", Pool(reading))[0] == "unknown"


def test_alarms_without_a_clock_have_no_age() -> None:
    assert verdict("POOL-ALARM-01", a_pool(message(1), clock=None))[0] == "unknown"
    assert verdict("POOL-ALARM-01", a_pool(clock=None))[0] == "pass"


def test_alarms_are_named_once() -> None:
    twice = message(1) | {"message.priority": 1, "message.name": "HA_STATEFILE_LOST"}
    assert verdict("POOL-ALARM-01", a_pool(twice | {"message.timestamp": "20261122T00:00:00Z"})) == (
        "fail",
        "2 messages of priority 2 or worse: 'HA_STATEFILE_LOST'",
    )


NO_METADATA = {"VDI:metadata": ABSENT, "pool.metadata_VDIs": []}
BACKUP = NO_METADATA | {"VDI.other_config": {"ctxs-pool-backup": "true"}}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (BACKUP, "pass"),
        (BACKUP | {"VDI.missing": True}, "fail"),
        (BACKUP | {"VDI.other_config": {"ctxs-pool-backup": "false"}}, "fail"),
        (BACKUP | {"VDI.other_config": ABSENT}, "fail"),
        (BACKUP | {"VDI.other_config": ABSENT, "VDI.malformed": ["other_config"]}, "unknown"),
        (NO_METADATA, "fail"),
        ({"VDI:metadata": ABSENT}, "unknown"),
        ({"pool": ABSENT}, "unknown"),
        ({"VDI:metadata.type": "user"}, "fail"),
        ({"VDI:metadata.missing": True}, "fail"),
        # the metadata of another pool, seen on a replicated SR
        ({"VDI:metadata.metadata_of_pool": "OpaqueRef:another"}, "fail"),
        ({"VDI:metadata.type": ABSENT, "VDI:metadata.malformed": ["type"]}, "unknown"),
        ({"VDI.type": ABSENT, "VDI.malformed": ["type"]}, "pass"),
    ],
)
def test_metadata_are_backed_up(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("POOL-BACKUP-01", a_pool(changes))[0] == expected


def test_metadata_may_be_backed_up_elsewhere() -> None:
    elsewhere = Policy(pool=PoolWide(metadata_backup="elsewhere"))
    assert verdict("POOL-BACKUP-01", a_pool(NO_METADATA), elsewhere)[0] == "not_applicable"


def test_disks_that_could_not_be_read_are_unknown() -> None:
    reading = msgspec.structs.replace(a_reading({"VDI": ABSENT}), unread={"VDI": "permission denied"})
    assert verdict("POOL-BACKUP-01", Pool(reading))[0] == "unknown"


XENSERVER = on("8.4.0") | {
    "pool.repositories": ["OpaqueRef:base"],
    "pool.last_update_sync": "20261120T00:00:00Z",
    "pool.update_sync_enabled": True,
}


@pytest.mark.parametrize(
    ("changes", "expected", "said"),
    [
        ({}, "not_applicable", "XCP-ng"),
        (XENSERVER, "pass", "3 days ago"),
        (XENSERVER | {"pool.update_sync_enabled": False}, "pass", "not do it by itself"),
        (XENSERVER | {"pool.last_update_sync": "20261115T00:00:00Z"}, "fail", "8 days ago"),
        (XENSERVER | {"pool.last_update_sync": "19700101T00:00:00Z"}, "fail", "never"),
        (XENSERVER | {"pool.repositories": []}, "fail", "repository"),
        (XENSERVER | {"pool.last_update_sync": "20271115T00:00:00Z"}, "unknown", "later"),
        (XENSERVER | {"pool.last_update_sync": "soon"}, "unknown", "last_update_sync"),
        (XENSERVER | {"pool.last_update_sync": ABSENT}, "unknown", "last_update_sync"),
        (XENSERVER | {"pool.repositories": ABSENT}, "unknown", "repositories"),
        (on("8.2.1") | {"pool.repositories": ABSENT}, "not_applicable", "8.3"),
    ],
)
def test_updates_are_synchronised(changes: dict[str, Any], expected: Word, said: str) -> None:
    word, reason = verdict("POOL-UPDATES-01", a_pool(changes))
    assert word == expected
    assert said in reason


def test_how_long_ago_is_the_policy_s() -> None:
    assert (
        verdict("POOL-UPDATES-01", a_pool(XENSERVER), Policy(pool=PoolWide(update_sync_days=2)))[0] == "fail"
    )


def test_without_a_clock_nobody_knows_how_long_ago() -> None:
    assert verdict("POOL-UPDATES-01", a_pool(XENSERVER, clock=None))[0] == "unknown"
    never = XENSERVER | {"pool.last_update_sync": "19700101T00:00:00Z"}
    assert verdict("POOL-UPDATES-01", a_pool(never, clock=None))[0] == "fail"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"host.license_params": {"restrict_dmc": "true"}}, "fail"),
        ({"host:2.license_params": {"restrict_dmc": "true"}}, "fail"),
        ({"host.license_params": {}}, "fail"),
        ({"host.license_params": ABSENT}, "unknown"),
        ({"host.license_params": {}} | on("5.5.0"), "not_applicable"),
        ({"host.license_params": {}, "host.software_version": ABSENT}, "fail"),
    ],
)
def test_licence_gives_what_the_policy_wants(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("POOL-LICENCE-01", a_pool(changes))[0] == expected
    fixed = Policy(memory=Memory(dynamic_memory="disabled"))
    assert verdict("POOL-LICENCE-01", a_pool(changes), fixed)[0] == "not_applicable"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"pool.vswitch_controller": "192.0.2.60"}, "fail"),
        ({"pool.vswitch_controller": ABSENT}, "unknown"),
        ({"pool.vswitch_controller": ABSENT} | on("5.5.0"), "not_applicable"),
    ],
)
def test_no_vswitch_controller(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("POOL-VSWITCH-01", a_pool(changes))[0] == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"pool.health_check_config": {"Enrollment": "false"}}, "pass"),
        ({"pool.health_check_config": {"Enrollment": "true"}}, "fail"),
        ({"pool.health_check_config": {"Enrollment": "True"}}, "fail"),
        ({"pool.health_check_config": ABSENT}, "unknown"),
        ({"pool.health_check_config": ABSENT} | on("6.5.0"), "not_applicable"),
    ],
)
def test_health_check_is_off(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("POOL-HEALTHCHECK-01", a_pool(changes))[0] == expected
