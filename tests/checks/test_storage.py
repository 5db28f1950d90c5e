"""POOL-SR and SR controls: one thing changed, one verdict."""

from typing import Any

import msgspec
import pytest

from fixtures.facts.pool import Pool
from fixtures.policy import Policy
from fixtures.policy.sections import Storage
from fixtures.verdict import Word
from tests.building import ABSENT, GIB, a_pool, a_reading, verdict

ALONE = {"host:2": ABSENT, "PBD:2": ABSENT, "PIF:2": ABSENT}
LOCAL = {"SR.shared": False, "SR.PBDs": ["OpaqueRef:PBD"], "PBD:2": ABSENT}


def on(version: str, brand: str = "XenServer") -> dict[str, Any]:
    """A pool of this product."""
    return {"host.software_version": {"product_version": version, "product_brand": brand}}


@pytest.mark.parametrize(
    ("control", "field"), [("POOL-SR-01", "default_SR"), ("POOL-SR-02", "suspend_image_SR")]
)
@pytest.mark.parametrize(
    ("reference", "changes", "expected"),
    [
        ("OpaqueRef:SR", {}, "pass"),
        ("OpaqueRef:SR", LOCAL, "fail"),
        ("OpaqueRef:SR", LOCAL | ALONE, "pass"),
        ("OpaqueRef:SR", ALONE | {"SR.shared": ABSENT}, "pass"),
        ("OpaqueRef:SR", {"SR.shared": ABSENT}, "unknown"),
        ("OpaqueRef:NULL", {}, "fail"),
        ("", ALONE, "fail"),
        ("OpaqueRef:gone", {}, "unknown"),
        (ABSENT, {}, "unknown"),
    ],
)
def test_the_pool_has_its_srs(
    control: str, field: str, reference: object, changes: dict[str, Any], expected: Word
) -> None:
    assert verdict(control, a_pool({f"pool.{field}": reference} | changes))[0] == expected


OWN = {"host.suspend_image_sr": "OpaqueRef:SR"}
UNNAMED = {"pool.suspend_image_SR": "OpaqueRef:NULL"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (ALONE | OWN | UNNAMED, "pass"),
        (ALONE | OWN | {"pool.suspend_image_SR": "OpaqueRef:gone"}, "pass"),
        (ALONE | OWN | {"pool.suspend_image_SR": ABSENT}, "unknown"),
        (ALONE | UNNAMED | {"host.suspend_image_sr": "OpaqueRef:NULL"}, "fail"),
        (ALONE | UNNAMED | {"host.suspend_image_sr": ABSENT}, "unknown"),
        (OWN | UNNAMED, "fail"),
    ],
)
def test_a_single_host_may_keep_its_own_suspended_vms(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("POOL-SR-02", a_pool(changes))[0] == expected


@pytest.mark.parametrize("control", ["POOL-SR-01", "POOL-SR-02"])
def test_srs_that_could_not_be_read_are_unknown(control: str) -> None:
    reading = msgspec.structs.replace(a_reading({"SR": ABSENT}), unread={"SR": "permission denied"})
    assert verdict(control, Pool(reading))[0] == "unknown"


@pytest.mark.parametrize(
    ("changes", "expected", "said"),
    [
        ({}, "pass", ""),
        (LOCAL, "pass", ""),
        ({"PBD.currently_attached": False}, "fail", "'xen1'"),
        ({"PBD.currently_attached": False, "PBD:2.currently_attached": False}, "fail", "'xen1', 'xen2'"),
        (LOCAL | {"PBD.currently_attached": False}, "fail", "'xen1'"),
        ({"PBD:2": ABSENT}, "unknown", "resolve"),
        ({"PBD:2": ABSENT, "SR.PBDs": ["OpaqueRef:PBD"]}, "fail", "'xen2'"),
        # before 6.0 an SR does not list them
        ({"PBD:2": ABSENT, "SR.PBDs": ABSENT} | on("5.6.0"), "fail", "'xen2'"),
        ({"SR.PBDs": ABSENT}, "unknown", "PBDs"),
        ({"PBD:2.host": "OpaqueRef:host"}, "fail", "'xen2'"),
        # two paths to one host: one is enough
        ({"PBD:3.currently_attached": False}, "pass", ""),
        ({"PBD.currently_attached": False, "host.name_label": ""}, "fail", "on 11111111-0000-4000-8000-00"),
        ({"PBD": ABSENT, "SR.PBDs": []}, "fail", "no host"),
        (LOCAL | {"PBD.host": "OpaqueRef:gone", "PBD.currently_attached": False}, "fail", "OpaqueRef:gone"),
        # of a host that is listed no more
        ({"PBD:3.host": "OpaqueRef:gone", "PBD:3.currently_attached": False}, "fail", "OpaqueRef:gone"),
        ({"PBD.currently_attached": ABSENT}, "unknown", "PBD.currently_attached"),
        ({"PBD.host": ABSENT}, "unknown", "PBD.host"),
        ({"SR.shared": ABSENT}, "unknown", "SR.shared"),
    ],
)
def test_sr_is_plugged(changes: dict[str, Any], expected: Word, said: str) -> None:
    word, reason = verdict("SR-PBD-01", a_pool(changes))
    assert word == expected
    assert said in reason


def test_connections_that_could_not_be_read_are_unknown() -> None:
    reading = msgspec.structs.replace(a_reading({"PBD": ABSENT}), unread={"PBD": "permission denied"})
    assert verdict("SR-PBD-01", Pool(reading))[0] == "unknown"


SIZELESS: list[tuple[dict[str, Any], Word]] = [
    ({"SR.physical_size": -1}, "unknown"),
    ({"SR.physical_size": 0}, "unknown"),
    ({"SR.physical_size": ABSENT}, "unknown"),
    ({"SR.physical_size": 10**400}, "unknown"),
    ({"SR.physical_utilisation": -1}, "unknown"),
    ({"SR.type": ABSENT}, "unknown"),
    ({"SR.type": "iso", "SR.content_type": "iso", "SR.physical_utilisation": 2000 * GIB}, "not_applicable"),
    ({"SR.content_type": "iso", "SR.type": ABSENT}, "not_applicable"),
    ({"SR.type": "udev", "SR.content_type": "disk", "SR.physical_size": 0}, "not_applicable"),
    ({"SR.is_tools_sr": True}, "not_applicable"),
]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"SR.physical_utilisation": 921 * GIB}, "pass"),
        ({"SR.physical_utilisation": 922 * GIB}, "fail"),
        ({"SR.physical_utilisation": 2000 * GIB}, "fail"),
        ({"SR.content_type": ABSENT}, "pass"),
        *SIZELESS,
    ],
)
def test_sr_has_room(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("SR-FILL-01", a_pool(changes))[0] == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"SR.virtual_allocation": 2048 * GIB}, "pass"),
        ({"SR.virtual_allocation": 2049 * GIB}, "fail"),
        ({"SR.virtual_allocation": ABSENT}, "unknown"),
        *SIZELESS,
    ],
)
def test_sr_is_not_overcommitted(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("SR-ALLOCATION-01", a_pool(changes))[0] == expected


def test_how_full_is_the_policy_s() -> None:
    strict = Policy(storage=Storage(fill_percent=20, allocation_percent=40))
    assert verdict("SR-FILL-01", a_pool(), strict)[0] == "fail"
    assert verdict("SR-ALLOCATION-01", a_pool(), strict) == (
        "fail",
        "expected at most 40 %, actual 50.0 % allocated (512 GiB of 1024 GiB)",
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"SR.type": "somebody's"}, "pass"),
        ({"SR.type": "lvmofcoe"}, "fail"),
        ({"SR.type": "ext4"}, "fail"),
        ({"SR.type": "netapp"} | on("6.1.0"), "fail"),
        ({"SR.type": "gfs2"}, "fail"),
        ({"SR.type": "gfs2"} | on("8.4.0"), "pass"),
        ({"SR.type": "gfs2"} | on("7.5.0"), "fail"),
        ({"SR.type": "gfs2"} | on("7.50"), "pass"),
        ({"SR.type": "gfs2", "host.software_version": ABSENT}, "pass"),
        ({"SR.type": ABSENT}, "unknown"),
    ],
)
def test_sr_type_has_a_future(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("SR-TYPE-01", a_pool(changes))[0] == expected


def test_another_type_is_named() -> None:
    assert "use ext" in verdict("SR-TYPE-01", a_pool({"SR.type": "ext4"}))[1]
