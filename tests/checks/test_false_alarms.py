"""What other tools get wrong of XAPI's fields: each case by its name, none of them a finding here."""

from typing import Any

import pytest

from fixtures.facts.records import VM_guest_metrics
from tests.building import ANSWERS, CHECKS, a_pool, verdict, verdicts
from tests.guests import linux, product, windows

GM = "VM_guest_metrics"
SILENT: dict[str, Any] = {"VM.guest_metrics": "OpaqueRef:NULL"}


def test_6_6_80_of_distributions_is_of_unknown_age_not_old() -> None:
    word, reason = verdict("VM-TOOLS-02", a_pool(linux("6", "6", "80")))
    assert word == "unknown"
    assert "6.6.80" in reason


def test_proto_of_the_rust_agent_is_of_unknown_age_not_1_0_0() -> None:
    pool = a_pool(linux("1", "0", "0", "proto-0.4.0"))
    assert verdict("VM-TOOLS-01", pool)[0] == "pass"
    assert verdict("VM-TOOLS-02", pool)[0] == "unknown"


def test_9_1_100_of_xcp_ng_is_installed_without_feature_static_ip_setting() -> None:
    drivers = dict.fromkeys(("xenbus", "xeniface", "xennet", "xenvbd", "xenvif"), "XCP_ng 9.1.100.0 ")
    version = {"major": "9", "minor": "1", "micro": "100", "build": "1"} | drivers
    pool = a_pool(windows() | {f"{GM}.PV_drivers_version": version, f"{GM}.other": {"feature-balloon": "1"}})
    assert verdict("VM-TOOLS-01", pool)[0] == "pass"
    assert verdict("VM-TOOLS-02", pool)[0] == "pass"


@pytest.mark.parametrize("told", [True, False])
def test_pv_drivers_up_to_date_says_nothing_of_age_since_7_0(told: bool) -> None:
    current, old = {f"{GM}.PV_drivers_up_to_date": told}, linux("7", "0", "0")
    assert verdict("VM-TOOLS-02", a_pool(current))[0] == "pass"
    assert verdict("VM-TOOLS-02", a_pool(current | old))[0] == "fail"


def test_the_vmx_flag_that_dom0_does_not_see_is_no_sign_of_the_bios() -> None:
    """A modern control domain sees neither vmx nor svm although HVM works; an old one sees them anyway."""
    hidden = {"host.cpu_info": {"flags": "fpu de tsc msr", "features_hvm": "17cbfbff-f7fa3223"}}
    assert verdict("HOST-CPU-01", a_pool(hidden))[0] == "pass"
    off = {"host.capabilities": ["xen-3.0-x86_64", ""], "host.cpu_info": {"flags": "fpu vmx svm"}}
    assert verdict("HOST-CPU-01", a_pool(off))[0] == "fail"


def test_a_guest_that_has_just_rebooted_is_not_judged_by_its_missing_report() -> None:
    rebooted = SILENT | {"VM_metrics.start_time": "20261123T01:59:30Z"}
    for control in ("VM-TOOLS-01", "VM-TOOLS-02", "VM-DRIVERS-01", "VM-DISKS-01"):
        assert verdict(control, a_pool(rebooted))[0] == "unknown"


def test_a_stale_report_of_a_halted_vm_is_no_witness() -> None:
    """xapi deletes the report at the next start; until then it tells of another time, for good or ill."""
    halted = {"VM.power_state": "Halted"}
    for report in ({}, {f"{GM}.PV_drivers_version": {}, f"{GM}.PV_drivers_detected": False}):
        for control in ("VM-TOOLS-01", "VM-TOOLS-02", "VM-DRIVERS-01", "VM-DISKS-01"):
            assert verdict(control, a_pool(halted | report))[0] == "unknown"


def test_a_halted_vm_fails_by_its_configuration_only() -> None:
    halted = verdicts(a_pool({"VM.power_state": "Halted", "VM.guest_metrics": "OpaqueRef:NULL"}))
    assert {control for control in CHECKS if halted[control] == "fail"} == set()


def test_live_is_no_sign_of_life() -> None:
    """VM_guest_metrics.live is never set false, and is not read at all."""
    assert "live" not in VM_guest_metrics.__struct_fields__


def test_with_ha_on_a_host_that_ha_leaves_full_is_no_finding() -> None:
    """With HA on xapi reports every VM that HA does not protect, as if memory were short."""
    told = ANSWERS["OpaqueRef:host"] | {
        "evacuation": {"OpaqueRef:VM": ["HOST_NOT_ENOUGH_FREE_MEMORY", "1", "0"]}
    }
    word, reason = verdict("HOST-EVACUATION-01", a_pool({"answers.host": told, "pool.ha_enabled": True}))
    assert word == "unknown"
    assert "HA is on" in reason
    assert verdict("HOST-EVACUATION-01", a_pool({"answers.host": told}))[0] == "fail"


def test_products_of_their_own_age_are_judged_by_it() -> None:
    assert verdict("VM-TOOLS-02", a_pool(product("7.6.0") | linux("7", "6", "0")))[0] == "pass"
    assert verdict("VM-TOOLS-02", a_pool(product("7.6.0") | linux("7", "5", "9")))[0] == "fail"
