"""Hosts: enabled, emptied, powered on, with memory enough for the control domain."""

import json
from typing import Any

import msgspec
import pytest

from fixtures.facts.pool import Pool
from fixtures.facts.reading import HostAnswers
from fixtures.policy import Policy
from fixtures.policy.sections import Hosts
from fixtures.sources import read_file
from fixtures.verdict import Word
from tests.building import ABSENT, GIB, a_pool, verdict, verdicts_on
from tests.corpus import CORPUS, needs_corpus

ONE_HOST = {"host:2": ABSENT}


def product(version: str, brand: str = "XenServer", **more: str) -> dict[str, Any]:
    """A pool whose first host, the master, is of this product."""
    return {"host.software_version": {"product_version": version, "product_brand": brand, **more}}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"host.enabled": False}, "fail"),
        ({"host.other_config": {"MAINTENANCE_MODE": "true"}}, "fail"),
        ({"host.other_config": {"MAINTENANCE_MODE": "false"}}, "pass"),
        ({"host.enabled": ABSENT}, "unknown"),
        ({"host.other_config": ABSENT}, "unknown"),
    ],
)
def test_host_is_enabled(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("HOST-LIVE-02", a_pool(changes))[0] == expected


def answers(**changes: Any) -> dict[str, Any]:
    """What the pool answers about the first host."""
    return {"answers.host": changes}


NO_ROOM = {"OpaqueRef:VM": ["HOST_NOT_ENOUGH_FREE_MEMORY", "OpaqueRef:VM"]}
LOCAL_DISK = {"OpaqueRef:VM": ["VM_REQUIRES_SR", "OpaqueRef:VM", "OpaqueRef:SR"]}
HA = {"pool.ha_enabled": True}
PROTECTED = {"VM.ha_always_run": True, "VM.ha_restart_priority": "restart"}


@pytest.mark.parametrize(
    ("changes", "expected", "said"),
    [
        ({}, "pass", ""),
        (answers(evacuation=LOCAL_DISK), "fail", "'dbase': VM_REQUIRES_SR"),
        (answers(evacuation=NO_ROOM), "fail", "'dbase': HOST_NOT_ENOUGH_FREE_MEMORY"),
        (answers(evacuation={"OpaqueRef:gone": ["X"]}), "fail", "a VM that is not listed: X"),
        (answers(evacuation={"OpaqueRef:VM": []}), "fail", "no error is told"),
        (answers(evacuation={}) | HA, "pass", ""),
        (answers(evacuation=NO_ROOM) | HA | PROTECTED, "fail", "HOST_NOT_ENOUGH_FREE_MEMORY"),
        (answers(evacuation=LOCAL_DISK) | HA, "fail", "VM_REQUIRES_SR"),
        (answers(evacuation=NO_ROOM) | {"pool.ha_enabled": ABSENT}, "unknown", "'dbase'"),
        ({"answers.host": ABSENT}, "unknown", "a file"),
        (answers(unanswered={"evacuation": "the host is not live"}), "unknown", "the host is not live"),
        (ONE_HOST | answers(evacuation=LOCAL_DISK), "not_applicable", "one host"),
    ],
)
def test_host_can_be_emptied(changes: dict[str, Any], expected: Word, said: str) -> None:
    word, reason = verdict("HOST-EVACUATION-01", a_pool(changes))
    assert word == expected
    assert said in reason


@pytest.mark.parametrize("priority", ["", "best-effort"])
def test_ha_on_is_no_false_alarm_of_evacuation(priority: str) -> None:
    """With HA on xapi reports every VM that HA does not protect, as if memory were short."""
    unprotected = {"VM.ha_restart_priority": priority, "VM.ha_always_run": bool(priority)}
    word, reason = verdict("HOST-EVACUATION-01", a_pool(answers(evacuation=NO_ROOM) | HA | unprotected))
    assert word == "unknown"
    assert "HA is on" in reason
    assert "'dbase'" in reason


@needs_corpus
@pytest.mark.parametrize(("pool", "vm"), [("TampaTwoHostPoolSelectioniSCSI", "'Local': VM_REQUIRES_SR")])
def test_what_a_real_xapi_answered_is_named(pool: str, vm: str) -> None:
    assert CORPUS is not None
    folder = CORPUS / "xapi" / "pools" / pool
    told = json.loads((folder / "answers-hosts-enabled.json").read_text("utf-8"))["enabled_cpu"]["host"]
    (reading,) = read_file(folder / "state.db.xml")
    asked = {
        ref: HostAnswers(evacuation=host["get_vms_which_prevent_evacuation"]) for ref, host in told.items()
    }
    words = verdicts_on("HOST-EVACUATION-01", Pool(msgspec.structs.replace(reading, answers=asked)))
    assert {word for word, _ in words} == {"fail"}
    assert any(vm in reason for _, reason in words)


def dom0(gib: float, total: float = 64) -> dict[str, Any]:
    """A control domain of this size on a host of that."""
    return {"VM:dom0.memory_dynamic_max": int(gib * GIB), "host_metrics.memory_total": int(total * GIB)}


UNNAMED = {"host.control_domain": ABSENT}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (dom0(4.2), "pass"),
        (dom0(4.1), "pass"),
        (dom0(3.9), "fail"),
        (dom0(8, 1024), "pass"),
        (dom0(4, 1024), "fail"),
        (dom0(2) | product("7.6.0"), "fail"),
        (dom0(4) | product("7.6.0"), "pass"),
        (dom0(0.74, 16) | product("7.1.2"), "pass"),
        (dom0(0.74, 32) | product("7.1.2"), "fail"),
        (dom0(0.5) | product("6.5.0"), "not_applicable"),
        ({"host.software_version": {}}, "unknown"),
        ({"VM:dom0.memory_dynamic_max": ABSENT}, "unknown"),
        ({"VM:dom0.memory_dynamic_max": 0}, "unknown"),
        ({"host_metrics.memory_total": ABSENT}, "unknown"),
        ({"host_metrics.memory_total": 0}, "unknown"),
        ({"host.metrics": "OpaqueRef:gone"}, "unknown"),
        (UNNAMED, "pass"),
        (UNNAMED | dom0(1), "fail"),
        (UNNAMED | {"VM:dom0b.resident_on": "OpaqueRef:host"}, "unknown"),
        (UNNAMED | {"VM:dom0.resident_on": "OpaqueRef:NULL"}, "unknown"),
        ({"host.control_domain": "OpaqueRef:NULL"}, "pass"),
    ],
)
def test_control_domain_has_enough_memory(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("HOST-MEMORY-01", a_pool(changes))[0] == expected


@pytest.mark.parametrize(("gib", "expected"), [(8, "pass"), (16, "fail")])
def test_memory_of_the_control_domain_is_the_policy_s(gib: float, expected: Word) -> None:
    policy = Policy(hosts=Hosts(control_domain_gib=gib))
    assert verdict("HOST-MEMORY-01", a_pool(product("6.5.0")), policy)[0] == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"host.power_on_mode": "wake-on-lan"}, "pass"),
        ({"host.power_on_mode": "iLO"}, "fail"),
        ({"host.power_on_mode": ABSENT}, "unknown"),
        ({"host.power_on_mode": ABSENT} | product("5.5.0"), "not_applicable"),
    ],
)
def test_power_on_mode_is_supported(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("HOST-POWER-01", a_pool(changes))[0] == expected
