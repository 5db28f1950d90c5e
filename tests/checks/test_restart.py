"""VM-HA-01, VM-HA-02, VM-POWERON-01: one thing changed, one verdict."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from fixtures.facts.availability import tie
from fixtures.facts.judging import Unknown
from fixtures.facts.pool import Pool
from fixtures.policy import Policy
from fixtures.policy.sections import Availability
from fixtures.sources import read_file
from fixtures.verdict import Word
from tests.building import ABSENT, a_pool, verdict
from tests.corpus import corpus_files, needs_corpus

HA = {"pool.ha_enabled": True}
PROTECTED = HA | {"VM.ha_restart_priority": "restart"}
CD = {"VBD:cd.type": "CD", "VBD:cd.VDI": "OpaqueRef:VDIcd", "VDI:cd.SR": "OpaqueRef:SRcd"}
OLD_PRODUCT = {"host.software_version": {"product_version": "5.6.100", "product_brand": "XenServer"}}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "not_applicable"),
        (HA, "not_applicable"),
        (HA | {"VM.ha_restart_priority": "best-effort"}, "not_applicable"),
        ({"pool.ha_enabled": ABSENT}, "unknown"),
        (HA | {"VM.ha_restart_priority": ABSENT}, "unknown"),
        (PROTECTED, "pass"),
        (HA | {"VM.ha_restart_priority": "2"}, "pass"),
        (PROTECTED | {"VM.VGPUs": ["OpaqueRef:VGPU"]}, "fail"),
        (PROTECTED | {"VM.VUSBs": ["OpaqueRef:VUSB"]}, "fail"),
        (PROTECTED | {"VM.VUSBs": ABSENT, "VM.malformed": ["VUSBs"]}, "unknown"),
        (PROTECTED | {"VM.VUSBs": ABSENT}, "unknown"),
        (PROTECTED | {"VM.VGPUs": ABSENT}, "unknown"),
        (PROTECTED | OLD_PRODUCT | {"VM.VUSBs": ABSENT, "VM.VGPUs": ABSENT}, "pass"),
        (PROTECTED | {"SR.shared": False}, "fail"),
        (PROTECTED | {"SR.shared": ABSENT}, "unknown"),
        (PROTECTED | {"PBD:2.currently_attached": False}, "fail"),
        (PROTECTED | {"PBD:2.currently_attached": False, "host:2.enabled": False}, "pass"),
        (PROTECTED | {"PBD:2": ABSENT, "SR.PBDs": ["OpaqueRef:PBD"]}, "fail"),
        (PROTECTED | {"PBD:2": ABSENT}, "unknown"),
        (PROTECTED | CD | {"SR:cd.shared": False}, "fail"),
        (PROTECTED | CD | {"SR:cd.shared": False, "VBD:cd.empty": True}, "pass"),
        (PROTECTED | {"VBD.empty": ABSENT}, "unknown"),
        (PROTECTED | {"VBD.VDI": "OpaqueRef:gone"}, "unknown"),
        (PROTECTED | {"VBD.VDI": "OpaqueRef:NULL"}, "unknown"),
        (PROTECTED | {"VDI.SR": "OpaqueRef:gone"}, "unknown"),
        (PROTECTED | {"PIF:2.network": "OpaqueRef:other", "network.PIFs": ["OpaqueRef:PIF"]}, "fail"),
        (PROTECTED | {"VIF.network": "OpaqueRef:gone"}, "unknown"),
        (PROTECTED | {"PIF:2.sriov_logical_PIF_of": ["OpaqueRef:network_sriov"]}, "fail"),
        (PROTECTED | {"host.enabled": False, "host:2.enabled": False}, "unknown"),
        (PROTECTED | {"host:2.enabled": ABSENT}, "unknown"),
        (PROTECTED | {"VM.power_state": "Halted"}, "pass"),
    ],
)
def test_vm_under_ha_is_agile(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("VM-HA-01", a_pool(changes))[0] == expected


@needs_corpus
@pytest.mark.parametrize("path", corpus_files("xapi/pools/*/state.db.xml"), ids=lambda path: path.parent.name)
def test_agility_is_what_xapi_answered(path: Path) -> None:
    [reading] = read_file(path)
    answers = json.loads((path.parent / "answers.json").read_text())["VM"]
    for vm in Pool(reading).vms:
        answer = answers[vm.ref]["assert_agile"]
        if answer == "ok" and (vm.storage or vm.networks):
            # No host was enabled: xapi then demands a plug and a PIF of none of them, and we say unknown.
            with pytest.raises(Unknown, match="no host is enabled"):
                tie(vm)
        elif answer == "ok":
            assert tie(vm) is None
        else:
            assert answer[0] == "HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED"
            assert tie(vm) == f"SR '{reading.records.SR[answer[1]].name_label}' is not shared"


@needs_corpus
@pytest.mark.parametrize("path", corpus_files("xapi/pools/*/state.db.xml"), ids=lambda path: path.parent.name)
def test_agile_vms_stay_agile_when_hosts_are_enabled(path: Path) -> None:
    [reading] = read_file(path)
    answers = json.loads((path.parent / "answers.json").read_text())["VM"]
    hosts = {ref: structs.replace(host, enabled=True) for ref, host in reading.records.host.items()}
    pool = Pool(structs.replace(reading, records=structs.replace(reading.records, host=hosts)))
    ties = {tie(vm) for vm in pool.vms if answers[vm.ref]["assert_agile"] == "ok"}
    assert ties <= {None, "network 'PVS Network' is not on 'janitor'"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "not_applicable"),
        (HA, "fail"),
        (HA | {"VM.ha_restart_priority": "best-effort"}, "fail"),
        (PROTECTED, "pass"),
        (HA | {"VM.power_state": "Halted"}, "not_applicable"),
        (HA | {"VM.power_state": "Paused"}, "not_applicable"),
        (HA | {"VM.power_state": "Crashed"}, "unknown"),
        (HA | {"VM.power_state": ABSENT}, "unknown"),
        (HA | {"VM.ha_restart_priority": ABSENT}, "unknown"),
        ({"pool.ha_enabled": ABSENT}, "unknown"),
    ],
)
def test_running_vm_is_protected(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("VM-HA-02", a_pool(changes))[0] == expected


@pytest.mark.parametrize(
    ("priority", "expected"), [("", "fail"), ("best-effort", "pass"), ("restart", "pass")]
)
def test_best_effort_may_be_accepted(priority: str, expected: Word) -> None:
    policy = Policy(availability=Availability(accept_best_effort=True))
    assert verdict("VM-HA-02", a_pool(HA | {"VM.ha_restart_priority": priority}), policy)[0] == expected


STARTS = {"VM.other_config": {"auto_poweron": "true"}}
BOTH = STARTS | {"pool.other_config": {"auto_poweron": "true"}}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"pool.other_config": {"auto_poweron": "true"}}, "pass"),
        ({"VM.other_config": {"auto_poweron": "false"}}, "pass"),
        (STARTS, "fail"),
        (STARTS | {"pool.other_config": {"auto_poweron": "false"}}, "fail"),
        (STARTS | OLD_PRODUCT, "pass"),
        (BOTH, "pass"),
        (BOTH | HA, "fail"),
        ({"VM.other_config": ABSENT}, "unknown"),
        (STARTS | {"pool.other_config": ABSENT}, "unknown"),
        (BOTH | {"pool.ha_enabled": ABSENT}, "unknown"),
    ],
)
def test_auto_power_on_is_consistent(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("VM-POWERON-01", a_pool(changes))[0] == expected


@pytest.mark.parametrize(("changes", "expected"), [({}, "pass"), (STARTS, "fail"), (BOTH, "fail")])
def test_before_an_upgrade_no_vm_may_start_by_itself(changes: dict[str, Any], expected: Word) -> None:
    policy = Policy(availability=Availability(auto_poweron="off"))
    assert verdict("VM-POWERON-01", a_pool(changes), policy)[0] == expected
