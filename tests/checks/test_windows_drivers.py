"""VM-TOOLS-03 to -05, and what VM-TOOLS-02 says of tools older than their pool: named cases."""

from typing import Any

import pytest

from fixtures.verdict import Word
from tests.building import ABSENT, a_pool, judged, verdict
from tests.guests import (
    DANGLING,
    GM,
    JUST_STARTED,
    NOT_RUNNING,
    OLD_RELEASE,
    SILENT,
    XENBUS,
    linux,
    product,
    unreadable,
    windows,
)

XCPNG = {"xenbus": "XCP_ng 9.1.100.0 ", "xenvif": "XCP_ng 9.1.100.0 "}
OFFERED = {"VM.has_vendor_device": True}
NO_LIST = windows()
"""A Windows guest with an agent, on a host too old to pass drivers on."""
DRIVERS_ONLY = windows(**XCPNG) | {f"{GM}.PV_drivers_version": XCPNG, f"{GM}.other": {}}


@pytest.mark.parametrize("control", ["VM-TOOLS-03", "VM-TOOLS-04", "VM-TOOLS-05"])
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (windows(**XENBUS), "pass"),
        (windows(**XENBUS) | DANGLING, "unknown"),
        (windows(**XENBUS) | SILENT | {f"{GM}.other": {}}, "not_applicable"),
        (windows(**XENBUS) | SILENT | JUST_STARTED, "unknown"),
        *[(windows(**XENBUS) | {"VM.power_state": state}, "unknown") for state in NOT_RUNNING],
        (NO_LIST, "unknown"),
        (windows(xenbus="XenServer nine"), "unknown"),
        ({}, "not_applicable"),
        ({"VM.platform": {"viridian": "true"}}, "not_applicable"),
    ],
)
def test_only_a_windows_guest_that_lists_its_drivers_is_judged(
    control: str, changes: dict[str, Any], expected: Word
) -> None:
    judged(control, changes | OFFERED, expected)


@pytest.mark.parametrize(
    ("drivers", "expected"),
    [
        (XENBUS, "pass"),
        (XCPNG, "pass"),
        ({"xenbus": "XenServer 9.1.11.115 ", "xeniface": "Citrix 9.1.12.94 "}, "pass"),
        ({"xenbus": "XenServer 9.1.11.115 ", "xenvbd": "XCP_ng 9.1.100.0 "}, "fail"),
        ({"xenbus": "XCP_ng 9.1.100.0 ", "xenvbd": "XCP_ng 8.2.2.200 "}, "fail"),
        ({"xenbus": "XCP_ng 9.1.100.0 ", "xenvbd": "XCP_ng 9.2.1.0 "}, "fail"),
        ({"xenbus": "Elsewhere 1.2.3.4 "}, "pass"),
        ({"xenbus": "Elsewhere 1.2.3.4 ", "xenvbd": "Nowhere 1.2.3.4 "}, "fail"),
        ({"xenbus": "XCP_ng 9.1.100.0 ", "xenvbd": "no version"}, "unknown"),
    ],
)
def test_windows_drivers_are_of_one_package(drivers: dict[str, str], expected: Word) -> None:
    judged("VM-TOOLS-03", windows(**drivers), expected)


def test_drivers_that_differ_are_named() -> None:
    _, reason = verdict("VM-TOOLS-03", a_pool(windows(xenbus="XCP_ng 9.1.1.0", xenvbd="Citrix\x07 9.1.1.0")))
    assert reason.startswith(
        "the drivers differ in vendor: xenbus 9.1.1.0 by XCP_ng, xenvbd 9.1.1.0 by Citrix\\x07"
    )


@pytest.mark.parametrize(
    ("drivers", "expected"),
    [
        (XENBUS, "pass"),
        (XCPNG, "pass"),
        ({"xenbus": "XenServer 9.1.11.114 ", "xeniface": "XenServer 9.1.12.94 "}, "fail"),
        ({"xenbus": "XenServer 9.1.11.114 ", "xeniface": "unreadable"}, "fail"),
        ({"xenbus": "XCP_ng 9.0.9064.9 "}, "fail"),
        ({"xenbus": "XenServer 9.1.11.115 "}, "unknown"),
        ({"xenbus": "Elsewhere 1.2.3.4 "}, "unknown"),
    ],
)
def test_no_driver_is_open_to_an_advisory(drivers: dict[str, str], expected: Word) -> None:
    judged("VM-TOOLS-04", windows(**drivers), expected)


def test_every_open_driver_is_named() -> None:
    changes = windows(xenbus="XenServer 9.1.9.1", xeniface="XenServer 9.1.9.2", xenvif="XenServer 9.1.9.3")
    assert verdict("VM-TOOLS-04", a_pool(changes)) == (
        "fail",
        "XSA-468: driver xenbus 9.1.9.1 is older than 9.1.11.115; "
        "XSA-468: driver xeniface 9.1.9.2 is older than 9.1.12.94",
    )


def test_drivers_without_an_agent_are_open_too() -> None:
    judged("VM-TOOLS-04", DRIVERS_ONLY, "pass")
    judged("VM-TOOLS-04", DRIVERS_ONLY | {f"{GM}.PV_drivers_version": {"xenbus": "XCP_ng 9.0.1.0"}}, "fail")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (windows(**XCPNG), "pass"),
        (windows(**XCPNG) | OFFERED, "fail"),
        (windows(**XENBUS) | OFFERED, "pass"),
        (windows(xenbus="Citrix 9.1.1.0") | OFFERED, "pass"),
        (windows(xenbus="XenServer 9.1.1.0", xenvbd="XCP_ng 9.1.100.0") | OFFERED, "fail"),
        (NO_LIST, "pass"),
        (windows(**XCPNG) | {"VM.power_state": "Halted"}, "pass"),
        (windows(**XCPNG) | {"VM.has_vendor_device": ABSENT}, "unknown"),
        (windows(**XCPNG) | unreadable("VM.has_vendor_device"), "unknown"),
        (windows(**XCPNG) | {"VM.has_vendor_device": ABSENT} | product("6.5.0"), "not_applicable"),
        (linux("8", "4", "0") | OFFERED, "not_applicable"),
    ],
)
def test_windows_update_leaves_the_drivers_alone(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-TOOLS-05", changes, expected)


def test_tools_older_than_their_pool_are_found_where_the_product_ships_them() -> None:
    """Below 8 the product's own version is the least that VM-TOOLS-02 accepts: no control of its own."""
    for version in ("7.0.0", "7.1.2", "7.6.0"):
        major, minor, _ = version.split(".")
        judged("VM-TOOLS-02", product(version) | linux(major, minor, "0"), "pass")
        judged("VM-TOOLS-02", product(version) | linux("6", "9", "9"), "fail")
    _, reason = verdict("VM-TOOLS-02", a_pool(product("7.6.0") | linux("7", "5", "0")))
    assert reason.endswith("is older than 7.6")


def test_tools_of_8_and_later_are_not_compared_with_the_product() -> None:
    judged("VM-TOOLS-02", product("8.2.1", "XCP-ng") | linux("7", "20", "0"), "pass")


# What detectors of the field get wrong


def test_xcpng_tools_9_1_100_have_no_feature_static_ip_setting_and_are_judged_all_the_same() -> None:
    changes = windows(major="9", minor="1", micro="100", **XCPNG) | {f"{GM}.other": {}}
    for control in ("VM-TOOLS-01", "VM-TOOLS-02", "VM-TOOLS-03", "VM-TOOLS-04", "VM-TOOLS-05"):
        judged(control, changes, "pass")


def test_pv_drivers_up_to_date_tells_nothing_since_7_0() -> None:
    stale = {f"{GM}.PV_drivers_up_to_date": False}
    for control in ("VM-TOOLS-02", "VM-TOOLS-03", "VM-TOOLS-04"):
        judged(control, windows(**XENBUS) | stale, "pass")
    judged("VM-TOOLS-02", linux("7", "19", "0") | {f"{GM}.PV_drivers_up_to_date": True}, "fail")


def test_pv_drivers_up_to_date_rules_out_no_advisory_before_7_0() -> None:
    changes = windows() | OLD_RELEASE
    judged("VM-TOOLS-02", changes, "pass")
    judged("VM-TOOLS-04", changes, "unknown")


@pytest.mark.parametrize("version", [("6", "6", "80", "1"), ("1", "0", "0", "proto-0.4.0")])
def test_versions_that_tell_no_age_are_no_finding(version: tuple[str, str, str, str]) -> None:
    """6.6.80 is what distributions build, proto-* a format's number: neither is old."""
    judged("VM-TOOLS-01", linux(*version), "pass")
    judged("VM-TOOLS-02", linux(*version), "unknown")
    judged("VM-TOOLS-04", linux(*version), "not_applicable")
