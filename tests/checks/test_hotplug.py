"""VM-HOTPLUG-01 and -02: what the drivers claim, and what counts where they claim nothing."""

import json
from typing import Any

import pytest

from fixtures.facts.hotplug import hotplug
from fixtures.facts.judging import Unknown
from fixtures.facts.pool import Pool
from fixtures.facts.vm import VM
from fixtures.sources import read_file
from fixtures.verdict import Word
from tests.building import ABSENT, judged
from tests.corpus import corpus_files, needs_corpus
from tests.guests import (
    DANGLING,
    GM,
    JUST_STARTED,
    NO_DRIVERS,
    NOT_RUNNING,
    OLD_RELEASE,
    PARAVIRTUAL,
    SILENT,
    domain,
    product,
)

CLAIMS = {"VM-HOTPLUG-01": f"{GM}.can_use_hotplug_vbd", "VM-HOTPLUG-02": f"{GM}.can_use_hotplug_vif"}


@pytest.mark.parametrize(("control", "claim"), CLAIMS.items())
@pytest.mark.parametrize(
    ("said", "changes", "expected"),
    [
        ("yes", {}, "pass"),
        ("yes", NO_DRIVERS, "pass"),
        ("no", {}, "fail"),
        ("no", JUST_STARTED, "unknown"),
        ("unspecified", {}, "pass"),
        ("unspecified", {f"{GM}.PV_drivers_version": {}}, "pass"),
        ("unspecified", {f"{GM}.PV_drivers_detected": False}, "pass"),
        ("unspecified", NO_DRIVERS, "fail"),
        ("unspecified", NO_DRIVERS | {f"{GM}.PV_drivers_version": {"major": "8", "minor": "x"}}, "fail"),
        ("unspecified", NO_DRIVERS | JUST_STARTED, "unknown"),
        ("unspecified", NO_DRIVERS | {f"{GM}.PV_drivers_version": ABSENT}, "unknown"),
        ("unspecified", {f"{GM}.PV_drivers_detected": ABSENT}, "unknown"),
        ("perhaps", {}, "unknown"),
        (ABSENT, {}, "unknown"),
        ("no", SILENT, "fail"),
        ("yes", SILENT | JUST_STARTED, "unknown"),
        ("yes", DANGLING, "unknown"),
        ("yes", domain("unspecified"), "unknown"),
        *[("yes", domain("hvm", state), "unknown") for state in NOT_RUNNING],
        *[("no", domain(type_) | SILENT, "pass") for type_ in PARAVIRTUAL],
        # before 7.0 there was no claim: drivers alone count
        (ABSENT, OLD_RELEASE, "pass"),
        (ABSENT, OLD_RELEASE | {f"{GM}.PV_drivers_version": {}}, "fail"),
        (
            ABSENT,
            product("6.5.0") | {f"{GM}.malformed": ["can_use_hotplug_vbd", "can_use_hotplug_vif"]},
            "unknown",
        ),
    ],
)
def test_hotplug(control: str, claim: str, said: object, changes: dict[str, Any], expected: Word) -> None:
    judged(control, {claim: said} | changes, expected)


def possible(vm: VM) -> bool | None:
    """Interfaces can be plugged; None: not known."""
    try:
        return hotplug(vm, "vif").possible
    except Unknown:
        return None


@needs_corpus
def test_a_real_xapi_allows_to_unplug_the_same_interfaces() -> None:
    compared = set()
    for path in corpus_files("xapi/pools/*/state.db.xml"):
        vifs = json.loads((path.parent / "records.json").read_text())["VIF"].values()
        (reading,) = read_file(path)
        vms = {vm.ref: vm for vm in Pool(reading).vms if vm.running and vm.domain_type != "unspecified"}
        for vif in vifs:
            if vif["VM"] in vms and vif["currently_attached"]:
                vm = vms[vif["VM"]]
                theirs = "unplug" in vif["allowed_operations"]
                assert (vm.name, possible(vm)) == (vm.name, theirs)
                compared.add((vm.domain_type, theirs))
    assert compared > {("hvm", True), ("hvm", False), ("pv", True)}
