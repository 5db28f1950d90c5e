"""POOL-HA and POOL-MEMORY: one thing changed, one verdict."""

from typing import Any

import pytest

from fixtures.policy import Policy
from fixtures.policy.sections import PoolWide
from fixtures.verdict import Word
from tests.building import ABSENT, GIB, a_pool, verdict

HA = {
    "pool.ha_enabled": True,
    "pool.ha_host_failures_to_tolerate": 1,
    "pool.ha_plan_exists_for": 1,
    "pool.wlb_enabled": False,
}
DEMANDED = Policy(pool=PoolWide(require_ha=True))
BEFORE_5_0 = {"host.software_version": {"product_version": "4.1.0"}, "pool.ha_enabled": ABSENT}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "not_applicable"),
        (HA, "pass"),
        (HA | {"pool.ha_plan_exists_for": 2}, "pass"),
        (HA | {"pool.ha_plan_exists_for": 0}, "fail"),
        (HA | {"pool.ha_host_failures_to_tolerate": 2}, "fail"),
        (HA | {"pool.ha_host_failures_to_tolerate": 0}, "fail"),
        (HA | {"pool.ha_overcommitted": True}, "fail"),
        (HA | {"pool.ha_overcommitted": ABSENT}, "unknown"),
        (HA | {"pool.ha_plan_exists_for": ABSENT}, "unknown"),
        (HA | {"pool.ha_host_failures_to_tolerate": ABSENT}, "unknown"),
        ({"pool.ha_enabled": ABSENT}, "unknown"),
        (BEFORE_5_0, "not_applicable"),
    ],
)
def test_ha_has_a_plan(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("POOL-HA-01", a_pool(changes))[0] == expected


def test_the_policy_may_demand_ha() -> None:
    assert verdict("POOL-HA-01", a_pool(), DEMANDED)[0] == "fail"
    assert verdict("POOL-HA-01", a_pool(HA), DEMANDED)[0] == "pass"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (HA, "fail"),
        ({"pool.wlb_enabled": True}, "fail"),
        (HA | {"pool.wlb_enabled": ABSENT}, "fail"),
        ({"pool.wlb_enabled": ABSENT}, "unknown"),
        ({"pool.ha_enabled": ABSENT}, "unknown"),
    ],
)
def test_nothing_moves_vms_by_itself(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("POOL-HA-02", a_pool(changes))[0] == expected


TIGHT = {"VM.memory_dynamic_min": 50 * GIB, "VM.memory_dynamic_max": 60 * GIB}
"""It fits on the other host, squeezed: 64 GiB less 1 for Xen and 8 for its control domain."""
ALONE = {
    "host:2": ABSENT,
    "PBD:2": ABSENT,
    "PIF:2": ABSENT,
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (TIGHT, "pass"),
        ({"VM.memory_dynamic_min": 55 * GIB}, "fail"),
        ({"VM.memory_dynamic_min": 55 * GIB, "VM.power_state": "Halted"}, "pass"),
        ({"VM.memory_dynamic_min": 55 * GIB, "VM.power_state": "Suspended"}, "pass"),
        ({"VM.memory_dynamic_min": 55 * GIB, "VM.power_state": "Paused"}, "fail"),
        ({"VM.memory_dynamic_min": 55 * GIB, "VM.power_state": ABSENT}, "fail"),
        ({"VM.memory_overhead": 60 * GIB}, "fail"),
        # the larger host is the one that fails
        ({"host_metrics:2.memory_total": 128 * GIB, "VM.memory_dynamic_min": 55 * GIB}, "fail"),
        ({"host_metrics:2.memory_total": 9 * GIB}, "fail"),
        ({"host:2.memory_overhead": 56 * GIB}, "fail"),
        ({"VM:dom0b.memory_dynamic_min": 63 * GIB}, "fail"),
        # no host remains
        ({"host_metrics:2.live": False}, "fail"),
        ({"host:2.enabled": False}, "fail"),
        # what runs on a host that is out of use is not to be moved
        ({"host:2.enabled": False, "VM.resident_on": "OpaqueRef:host2"}, "pass"),
        # free memory is no witness: databases do not keep it
        ({"host_metrics.memory_free": 0, "host_metrics:2.memory_free": 0}, "pass"),
        (ALONE, "not_applicable"),
        ({"host.enabled": False, "host:2.enabled": False}, "unknown"),
        ({"host:2.enabled": ABSENT}, "unknown"),
        ({"host_metrics:2.live": ABSENT}, "unknown"),
        ({"host_metrics:2": ABSENT}, "unknown"),
        ({"host_metrics.memory_total": 0}, "unknown"),
        ({"host_metrics.memory_total": ABSENT}, "unknown"),
        ({"host_metrics.memory_total": 1 << 70}, "unknown"),
        ({"host.memory_overhead": ABSENT}, "unknown"),
        ({"VM:dom0b": ABSENT}, "unknown"),
        ({"VM:dom0.memory_dynamic_min": ABSENT}, "unknown"),
        ({"VM.memory_dynamic_min": ABSENT}, "unknown"),
        ({"VM.memory_dynamic_min": -1}, "unknown"),
        ({"VM.memory_overhead": ABSENT}, "unknown"),
    ],
)
def test_hosts_can_be_spared(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("POOL-MEMORY-01", a_pool(changes))[0] == expected


def test_the_policy_says_how_many_hosts_and_whether_vms_are_squeezed() -> None:
    full = Policy(pool=PoolWide(squeeze=False))
    assert verdict("POOL-MEMORY-01", a_pool(TIGHT), full)[0] == "fail"
    assert verdict("POOL-MEMORY-01", a_pool(), full)[0] == "pass"
    assert verdict("POOL-MEMORY-01", a_pool(), Policy(pool=PoolWide(host_failures=2)))[0] == "fail"
    assert verdict("POOL-MEMORY-01", a_pool(TIGHT), Policy(pool=PoolWide(host_failures=0)))[0] == "pass"


def test_the_host_that_does_not_tell_is_named() -> None:
    reason = verdict("POOL-MEMORY-01", a_pool({"host_metrics:2.memory_total": ABSENT}))[1]
    assert reason == "'xen2': host_metrics.memory_total is missing or unreadable"


def test_the_sum_is_told() -> None:
    reason = verdict("POOL-MEMORY-01", a_pool({"VM.memory_dynamic_min": 55 * GIB}))[1]
    assert reason == "running VMs need 55.02 GiB, hosts offer 54.92 GiB with 1 failed"
