"""Software of hosts: versions, patches, updates, licences, ends of life."""

from typing import Any

import pytest

from fixtures.policy import Policy
from fixtures.policy.sections import Hosts
from fixtures.verdict import Word
from tests.building import ABSENT, COMPLIANT, a_pool, verdict, verdicts_on

ONE_HOST = {"host:2": ABSENT}
SOFTWARE: dict[str, str] = COMPLIANT["host"]["software_version"]


def software(host: str = "host", **keys: str) -> dict[str, Any]:
    """A host with these keys in its software_version beside the others; an empty one is not there."""
    return {f"{host}.software_version": {key: value for key, value in (SOFTWARE | keys).items() if value}}


def release(version: str, brand: str = "XenServer", xapi: str = "1.3") -> dict[str, Any]:
    """A pool of this release on both hosts."""
    keys = {"product_version": version, "product_brand": brand, "xapi": xapi, "xapi_build": ""}
    return software("host", **keys) | software("host:2", **keys)


@pytest.mark.parametrize(
    ("changes", "expected", "said"),
    [
        ({}, "pass", "8.3.0 build cloud"),
        (software("host:2", product_version="8.2.1"), "fail", "'xen2' has 8.2.1 build cloud"),
        (software("host:2", build_number="x\u202e"), "fail", "build x\\u202e"),
        (software(product_version=""), "unknown", "product_version"),
        (software(build_number=""), "unknown", "build_number"),
        (software("host:2", build_number=""), "unknown", "1 of the hosts"),
        ({"host.software_version": ABSENT}, "unknown", "product_version"),
        ({"pool.master": "OpaqueRef:gone"}, "unknown", "master"),
        (ONE_HOST, "not_applicable", "one host"),
    ],
)
def test_version_is_the_master_s(changes: dict[str, Any], expected: Word, said: str) -> None:
    word, reason = verdict("HOST-VERSION-01", a_pool(changes))
    assert word == expected
    assert said in reason


def test_members_are_compared_with_the_master_and_the_master_with_all() -> None:
    pool = a_pool(software("host:2", product_version="8.2.1") | {"host:3.name_label": "xen3"})
    assert [word for word, _ in verdicts_on("HOST-VERSION-01", pool)] == ["fail", "fail", "pass"]


BEFORE_UPDATES = release("7.0.0")
PATCH = {
    "host_patch.host": "OpaqueRef:host",
    "host_patch.pool_patch": "OpaqueRef:patch",
    "host_patch.applied": True,
}
UPDATES_OF_BOTH = {"host.updates": ["OpaqueRef:pool_update"], "host:2.updates": ["OpaqueRef:pool_update"]}


@pytest.mark.parametrize(
    ("changes", "expected", "said"),
    [
        ({}, "pass", ""),
        (software("host:2", xapi_build="26.1.4"), "fail", "has xapi_build 26.1.3, lacks xapi_build 26.1.4"),
        (software("host:2", xen="4.17.5-16"), "fail", "against 'xen2'"),
        (software("host:2", linux="4.19.0+2"), "fail", "linux"),
        (software("host:2", xencenter_min="9"), "pass", ""),
        (software("host:2", xen=""), "unknown", "other hosts"),
        (software(xen=""), "unknown", "no xen"),
        ({"host.last_update_hash": "0123456789abcdef"}, "fail", "has updates up to 0123456789"),
        ({"host.updates": ["OpaqueRef:gone"]}, "fail", "has update OpaqueRef:gone"),
        (UPDATES_OF_BOTH, "pass", ""),
        (
            {"host.updates": ["OpaqueRef:pool_update"], "pool_update.name_label": "XS82E028"},
            "fail",
            "has update XS82E028",
        ),
        ({"host.updates": ABSENT}, "unknown", "host.updates"),
        (BEFORE_UPDATES, "pass", ""),
        (BEFORE_UPDATES | PATCH, "fail", "has patch OpaqueRef:patch"),
        (BEFORE_UPDATES | PATCH | {"host_patch.applied": False}, "pass", ""),
        (BEFORE_UPDATES | {"host_patch.host": "OpaqueRef:host"}, "unknown", "host_patch.applied"),
        (BEFORE_UPDATES | {"host.patches": ["OpaqueRef:gone"]}, "unknown", "do not resolve"),
        (ONE_HOST, "not_applicable", "one host"),
    ],
)
def test_patches_are_the_pool_s(changes: dict[str, Any], expected: Word, said: str) -> None:
    word, reason = verdict("HOST-VERSION-02", a_pool(changes))
    assert word == expected
    assert said in reason


STARTED = {"host.other_config": {"agent_start_time": "1300188442."}}
"""15 March 2011."""


@pytest.mark.parametrize(
    ("changes", "expected", "said"),
    [
        ({}, "pass", ""),
        ({"host.pending_guidances": ["reboot_host"]}, "fail", "reboot_host"),
        ({"host.pending_guidances_recommended": ["restart_toolstack"]}, "fail", "restart_toolstack"),
        ({"host.pending_guidances_full": ["reboot_host"]}, "pass", "next maintenance: reboot_host"),
        ({"host.updates_requiring_reboot": ["OpaqueRef:u"]}, "fail", "a restart of the host for 1 updates"),
        ({"host.updates_requiring_reboot": ABSENT}, "unknown", "updates_requiring_reboot"),
        ({"host.pending_guidances": ABSENT}, "unknown", "pending_guidances"),
        ({"host.pending_guidances_recommended": ABSENT}, "unknown", "recommended"),
        (software(xapi_build="1.249.3") | {"host.pending_guidances": ABSENT}, "pass", ""),
        (
            software(xapi_build="1.249.3")
            | {"host.pending_guidances": ABSENT, "host.malformed": ["pending_guidances"]},
            "unknown",
            "pending_guidances",
        ),
        (BEFORE_UPDATES | {"host.updates_requiring_reboot": ABSENT}, "pass", ""),
        (
            BEFORE_UPDATES
            | PATCH
            | STARTED
            | {"host.updates_requiring_reboot": ABSENT, "host_patch.timestamp_applied": "20110101T00:00:00Z"},
            "pass",
            "",
        ),
        (
            BEFORE_UPDATES
            | PATCH
            | STARTED
            | {"host.updates_requiring_reboot": ABSENT, "host_patch.timestamp_applied": "20120101T00:00:00Z"},
            "unknown",
            "came after",
        ),
        (
            BEFORE_UPDATES | PATCH | STARTED | {"host.updates_requiring_reboot": ABSENT},
            "unknown",
            "not told whether",
        ),
        (
            BEFORE_UPDATES
            | PATCH
            | {
                "host.other_config": {"agent_start_time": "nan"},
                "host.updates_requiring_reboot": ABSENT,
                "host_patch.timestamp_applied": "20110101T00:00:00Z",
            },
            "unknown",
            "not told whether",
        ),
    ],
)
def test_no_update_waits_for_a_restart(changes: dict[str, Any], expected: Word, said: str) -> None:
    word, reason = verdict("HOST-UPDATES-01", a_pool(changes))
    assert word == expected
    assert said in reason


APPLIED = "host.latest_synced_updates_applied"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({APPLIED: "no"}, "fail"),
        ({APPLIED: "unknown"}, "not_applicable"),
        ({APPLIED: "unknown", "pool.repositories": ["OpaqueRef:repository"]}, "unknown"),
        ({APPLIED: "unknown", "pool.repositories": ABSENT}, "unknown"),
        ({APPLIED: ABSENT}, "unknown"),
        ({APPLIED: ABSENT} | software(xapi_build="23.17.0"), "not_applicable"),
    ],
)
def test_synced_updates_are_applied(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("HOST-UPDATES-02", a_pool(changes))[0] == expected


def licence(expiry: str, brand: str = "XenServer") -> dict[str, Any]:
    """A host whose licence expires then."""
    return {"host.license_params": {"expiry": expiry}} | software(product_brand=brand)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (licence("20270101T00:00:00Z"), "pass"),
        (licence("2027-01-01T00:00:00Z"), "pass"),
        (licence("20261223T00:00:00Z"), "fail"),
        (licence("20261224T00:00:00Z"), "pass"),
        (licence("20261101T00:00:00Z"), "fail"),
        (licence("never"), "pass"),
        (licence("20300101T00:00:00Z"), "pass"),
        (licence("soon"), "unknown"),
        (software(product_brand="XenServer"), "pass"),
        ({"host.license_params": ABSENT}, "unknown"),
        ({}, "not_applicable"),
        (licence("never", "XCP-ng"), "not_applicable"),
        (licence("20261101T00:00:00Z", "XCP-ng"), "fail"),
    ],
)
def test_licence_has_not_expired(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("HOST-LICENCE-01", a_pool(changes))[0] == expected


def test_a_licence_without_end_is_none_that_ends_in_2030() -> None:
    """Until 2024 xapi wrote the beginning of 2030 for never."""
    pool = a_pool(licence("20300101T00:00:00Z"), clock="2029-12-24T00:00:00Z")
    assert verdict("HOST-LICENCE-01", pool)[0] == "pass"


def test_days_left_of_a_licence_are_the_policy_s() -> None:
    pool = a_pool(licence("20270101T00:00:00Z"))
    assert verdict("HOST-LICENCE-01", pool, Policy(hosts=Hosts(licence_days=60)))[0] == "fail"


@pytest.mark.parametrize(
    ("version", "brand", "expected", "said"),
    [
        ("8.3.0", "XCP-ng", "pass", "XCP-ng 8.3 is supported until 2028-11-30"),
        ("8.2.1", "XCP-ng", "fail", "XCP-ng 8.2 support ended on 2025-09-16"),
        ("8.4.0", "XenServer", "pass", "2028-11-30"),
        ("8.2.1", "XenServer", "fail", "2025-06-25"),
        ("6.0.50", "XenServer", "fail", "XenServer 6.0 support ended on 2016-09-26"),
        ("5.6.100", "XenServer", "fail", "5.6.100 is older than XenServer 6.0"),
        ("8.3.0", "XenServer", "unknown", "not in the table"),
        ("9.0.0", "XCP-ng", "unknown", "not in the table"),
        ("8.3.0", "George", "unknown", "brand George"),
        ("8.3.0", "", "unknown", "none told"),
        ("eight", "XCP-ng", "unknown", "cannot be read"),
        ("", "XCP-ng", "unknown", "product_version"),
    ],
)
def test_release_is_supported(version: str, brand: str, expected: Word, said: str) -> None:
    word, reason = verdict("HOST-EOL-01", a_pool(software(product_version=version, product_brand=brand)))
    assert word == expected
    assert said in reason


@pytest.mark.parametrize(
    ("clock", "expected"), [("2028-11-30T23:59:59Z", "pass"), ("2028-12-01T00:00:00Z", "fail")]
)
def test_end_of_life_is_judged_at_the_moment_of_the_reading(clock: str, expected: Word) -> None:
    assert verdict("HOST-EOL-01", a_pool(clock=clock))[0] == expected
