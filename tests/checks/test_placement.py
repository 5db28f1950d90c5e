"""VM-STORAGE-01, VM-STORAGE-02, VM-NET-02, VM-NET-03: one thing changed, one verdict."""

from typing import Any

import pytest

from fixtures.verdict import Word
from tests.building import ABSENT, a_pool, verdict

ALONE = {"host:2": ABSENT, "PBD:2": ABSENT, "SR.PBDs": ["OpaqueRef:PBD"]}
LOCAL = {"SR.shared": False}
CD = {
    "VM.VBDs": ["OpaqueRef:VBD", "OpaqueRef:VBDcd"],
    "VBD:cd.type": "CD",
    "VBD:cd.VDI": "OpaqueRef:VDIcd",
    "VDI:cd.SR": "OpaqueRef:SRcd",
    "SR:cd.shared": False,
}
NO_HOSTS = {"host": ABSENT}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (LOCAL, "fail"),
        (LOCAL | ALONE, "not_applicable"),
        (NO_HOSTS, "unknown"),
        (CD, "pass"),
        ({"SR.shared": ABSENT}, "unknown"),
        (LOCAL | {"VBD.type": ABSENT}, "fail"),
        ({"VBD.empty": ABSENT}, "unknown"),
        ({"VBD.VDI": "OpaqueRef:gone"}, "unknown"),
        ({"VBD.VDI": ABSENT}, "unknown"),
        ({"VDI.SR": "OpaqueRef:gone"}, "unknown"),
        ({"VM.VBDs": ["OpaqueRef:gone"]}, "unknown"),
        (LOCAL | {"VM.power_state": "Halted"}, "fail"),
        ({"VM.VBDs": [], "VBD": ABSENT}, "pass"),
    ],
)
def test_disks_are_on_shared_storage(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("VM-STORAGE-01", a_pool(changes))[0] == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"PBD.currently_attached": False}, "fail"),
        ({"PBD:2.currently_attached": False}, "fail"),
        ({"PBD:2.currently_attached": False, "host:2.enabled": False}, "pass"),
        ({"PBD:2.currently_attached": ABSENT}, "unknown"),
        ({"PBD.currently_attached": False, "PBD:2.currently_attached": ABSENT}, "unknown"),
        ({"PBD:2.host": ABSENT}, "unknown"),
        ({"PBD:2": ABSENT}, "unknown"),
        ({"PBD:2": ABSENT, "SR.PBDs": ["OpaqueRef:PBD"]}, "fail"),
        (LOCAL | {"PBD:2": ABSENT, "SR.PBDs": ["OpaqueRef:PBD"]}, "pass"),
        (LOCAL | {"PBD:2": ABSENT, "SR.PBDs": ["OpaqueRef:PBD"], "PBD.currently_attached": False}, "fail"),
        (LOCAL | {"PBD": ABSENT, "SR.PBDs": []}, "fail"),
        (CD | {"PBD:cd.SR": "OpaqueRef:SRcd", "SR:cd.PBDs": ["OpaqueRef:PBDcd"]}, "pass"),
        (CD | {"SR:cd.PBDs": []}, "fail"),
        (ALONE, "pass"),
        (ALONE | {"PBD.currently_attached": False}, "fail"),
        ({"host.enabled": False, "host:2.enabled": False}, "unknown"),
        ({"host.enabled": ABSENT}, "unknown"),
        (NO_HOSTS, "unknown"),
        ({"VM.VBDs": [], "VBD": ABSENT}, "pass"),
    ],
)
def test_storage_is_plugged(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("VM-STORAGE-02", a_pool(changes))[0] == expected


def test_gaps_are_named() -> None:
    changes = {"PBD:2.currently_attached": False, "host:2.name_label": "xen\x1b2"}
    reason = verdict("VM-STORAGE-02", a_pool(changes))[1]
    assert reason == r"SR 'nfs-cluster' is not plugged on 'xen\x1b2'"


ELSEWHERE = {"PIF:2.network": "OpaqueRef:other", "network.PIFs": ["OpaqueRef:PIF"]}
BONDED = {"PIF:2.bond_slave_of": "OpaqueRef:Bond", "Bond.master": "OpaqueRef:PIF3"}
INTERNAL = {"PIF": ABSENT, "network.PIFs": []}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (ELSEWHERE, "fail"),
        (ELSEWHERE | {"host:2.enabled": False}, "fail"),
        (ELSEWHERE | ALONE, "not_applicable"),
        (ELSEWHERE | {"network.PIFs": ["OpaqueRef:PIF", "OpaqueRef:gone"]}, "unknown"),
        (BONDED, "fail"),
        ({"PIF:2.bond_slave_of": ABSENT}, "unknown"),
        ({"PIF:2.host": ABSENT}, "unknown"),
        ({"PIF:2.currently_attached": False}, "pass"),
        (INTERNAL, "fail"),
        ({"VIF.network": "OpaqueRef:gone"}, "unknown"),
        ({"VIF.network": ABSENT}, "unknown"),
        ({"VM.VIFs": [], "VIF": ABSENT}, "pass"),
        ({"VM.VIFs": ["OpaqueRef:gone"]}, "unknown"),
        (NO_HOSTS, "unknown"),
    ],
)
def test_networks_are_on_every_host(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("VM-NET-02", a_pool(changes))[0] == expected


UNPLUGGED = {"VIF.currently_attached": False}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (UNPLUGGED, "fail"),
        (UNPLUGGED | {"VM.power_state": "Halted"}, "not_applicable"),
        (UNPLUGGED | {"VM.power_state": "Suspended"}, "not_applicable"),
        ({"VM.power_state": "Crashed"}, "unknown"),
        ({"VM.power_state": ABSENT}, "unknown"),
        ({"VIF.currently_attached": ABSENT}, "unknown"),
        ({"VM.VIFs": [], "VIF": ABSENT}, "not_applicable"),
        ({"VM.VIFs": ["OpaqueRef:gone"]}, "unknown"),
    ],
)
def test_interfaces_are_plugged(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("VM-NET-03", a_pool(changes))[0] == expected
