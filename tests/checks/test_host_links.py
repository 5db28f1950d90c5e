"""Links of hosts: bonds, carriers, management, paths to storage."""

from typing import Any

import pytest

from fixtures.verdict import Word
from tests.building import ABSENT, COMPLIANT, a_pool, verdict, verdicts_on
from tests.guests import product

STALE = {"host_metrics.live": False}
UNCOUNTED = {"Bond.links_up": ABSENT} | product("6.0.2")


@pytest.mark.parametrize(
    ("changes", "expected", "said"),
    [
        ({}, "pass", "bond0: 2 of 2 links up"),
        ({"Bond.links_up": 1}, "fail", "bond0: 1 of 2 links up"),
        ({"Bond.links_up": 0}, "fail", "0 of 2"),
        (UNCOUNTED, "pass", "2 of 2"),
        (UNCOUNTED | {"PIF_metrics:eth1.carrier": False}, "fail", "1 of 2"),
        (UNCOUNTED | {"PIF_metrics:eth1.carrier": ABSENT}, "unknown", "bond0"),
        (UNCOUNTED | {"PIF:eth1.metrics": "OpaqueRef:gone"}, "unknown", "bond0"),
        (UNCOUNTED | {"PIF:eth1": ABSENT}, "unknown", "bond0"),
        ({"Bond.slaves": ABSENT}, "unknown", "Bond.slaves"),
        ({"Bond.links_up": ABSENT}, "unknown", "not told"),
        ({"Bond.links_up": 99}, "unknown", "99 are up"),
        ({"Bond.slaves": [], "Bond.links_up": 0}, "unknown", "lists no interface"),
        ({"Bond.slaves": ["OpaqueRef:gone"], "Bond.links_up": 1}, "unknown", "do not resolve"),
        ({"Bond.master": "OpaqueRef:gone", "Bond.links_up": 1}, "fail", "a bond: 1 of 2"),
        ({"Bond": ABSENT}, "not_applicable", "no bond"),
        ({"Bond.master": "OpaqueRef:gone", "Bond.slaves": []}, "unknown", "may be this host's"),
        (STALE | {"Bond.links_up": 1}, "unknown", "not live"),
    ],
)
def test_bonds_are_complete(changes: dict[str, Any], expected: Word, said: str) -> None:
    word, reason = verdict("HOST-BOND-01", a_pool(changes))
    assert word == expected
    assert said in reason


def test_a_bond_is_judged_on_its_own_host() -> None:
    words = [word for word, _ in verdicts_on("HOST-BOND-01", a_pool({"Bond:2.links_up": 1}))]
    assert words == ["pass", "fail"]


DARK = {"PIF_metrics.carrier": False}
UNUSED = {"VIF.network": "OpaqueRef:networkmanagement"}
VLAN = {
    "PIF:vlan.host": "OpaqueRef:host",
    "PIF:vlan.physical": False,
    "PIF:vlan.device": "eth0",
    "PIF:vlan.VLAN": 100,
    "PIF:vlan.network": "OpaqueRef:networkmanagement",
}


@pytest.mark.parametrize(
    ("changes", "expected", "said"),
    [
        ({}, "pass", "carrier on eth0"),
        (DARK, "fail", "none on eth0"),
        (DARK | {"PIF.currently_attached": False}, "not_applicable", "no physical interface"),
        (DARK | UNUSED, "not_applicable", "no physical interface"),
        (DARK | UNUSED | VLAN, "fail", "eth0"),
        (DARK | UNUSED | {"PIF.management": True}, "fail", "eth0"),
        (DARK | UNUSED | {"PIF.ip_configuration_mode": "DHCP"}, "fail", "eth0"),
        (UNUSED | VLAN, "pass", "eth0"),
        (DARK | UNUSED | {"VM.VIFs": ["OpaqueRef:VIF", "OpaqueRef:gone"]}, "unknown", "not told"),
        ({"PIF_metrics:eth1.carrier": False}, "pass", ""),
        ({"PIF_metrics.carrier": ABSENT}, "unknown", "eth0"),
        ({"PIF.metrics": "OpaqueRef:gone"}, "unknown", "eth0"),
        ({"PIF.physical": ABSENT}, "unknown", "PIF.physical"),
        ({"PIF.currently_attached": ABSENT}, "unknown", "PIF.currently_attached"),
        ({"PIF": ABSENT}, "unknown", "no interface"),
        (STALE | DARK, "unknown", "not live"),
    ],
)
def test_used_interfaces_have_a_carrier(changes: dict[str, Any], expected: Word, said: str) -> None:
    word, reason = verdict("HOST-LINK-01", a_pool(changes))
    assert word == expected
    assert said in reason


def test_a_template_does_not_use_an_interface() -> None:
    word, _ = verdict("HOST-LINK-01", a_pool(DARK | {"VM.is_a_template": True}))
    assert word == "not_applicable"


LONE: dict[str, Any] = {"PIF:bond.bond_master_of": []}
TAGGED = {
    "PIF:bond.management": False,
    "PIF:vlan.host": "OpaqueRef:host",
    "PIF:vlan.physical": False,
    "PIF:vlan.management": True,
    "PIF:vlan.device": "bond0",
    "PIF:vlan.VLAN": 100,
}


@pytest.mark.parametrize(
    ("changes", "expected", "said"),
    [
        ({}, "pass", ""),
        (LONE, "fail", "actual bond0 alone"),
        (TAGGED, "pass", ""),
        (TAGGED | LONE, "fail", "bond0"),
        ({"PIF:bond.management": False}, "unknown", "management"),
        ({"PIF:bond.bond_master_of": ABSENT}, "unknown", "bond_master_of"),
    ],
)
def test_management_is_redundant(changes: dict[str, Any], expected: Word, said: str) -> None:
    word, reason = verdict("HOST-LINK-02", a_pool(changes))
    assert word == expected
    assert said in reason


def counts(told: str) -> dict[str, Any]:
    """Storage with these counts of paths."""
    return {"PBD:hba.other_config": {"multipathed": "true", "mpath-3600a": told}}


NO_SAN: dict[str, Any] = {"PBD:hba.other_config": {}}


@pytest.mark.parametrize(
    ("changes", "expected", "said"),
    [
        ({}, "pass", "2 of 2 up"),
        (counts("[4, 4]"), "pass", "4 of 4 up"),
        (counts("[2L, 2L]"), "pass", ""),
        (counts("[2, 4]"), "fail", "3600a: 2 of 4 up"),
        (counts("[0, 2]"), "fail", "0 of 2 up"),
        (counts("[1, 1]"), "fail", "1 of 1 up"),
        (counts("[1,2]"), "fail", "1 of 2 up"),
        (counts("two"), "unknown", "two"),
        (counts(""), "unknown", "cannot be read"),
        (counts("[1, 2]") | {"PBD:hba.currently_attached": False}, "not_applicable", "no storage"),
        ({"PBD:hba.other_config": ABSENT}, "unknown", "PBD.other_config"),
        (NO_SAN, "not_applicable", "no storage"),
        (NO_SAN | {"host.other_config": {"mpath-boot": "[1, 2]"}}, "fail", "boot: 1 of 2 up"),
        (STALE | counts("[1, 2]"), "unknown", "not live"),
    ],
)
def test_storage_paths_are_up(changes: dict[str, Any], expected: Word, said: str) -> None:
    word, reason = verdict("HOST-MULTIPATH-01", a_pool(changes))
    assert word == expected
    assert said in reason


OLD = {"host.software_version": COMPLIANT["host"]["software_version"] | {"product_version": "7.1.2"}}
UNTOLD = {"host.multipathing": ABSENT, "host:2.multipathing": ABSENT}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"host:2.multipathing": False}, "fail"),
        ({"host.multipathing": False}, "fail"),
        ({"host.multipathing": ABSENT}, "unknown"),
        (UNTOLD | OLD, "pass"),
        (UNTOLD | OLD | {"host.other_config": {"multipathing": "true"}}, "fail"),
        (UNTOLD | OLD | {"host.other_config": ABSENT}, "unknown"),
        (UNTOLD | OLD | {"host.malformed": ["multipathing"]}, "unknown"),
        ({"host:2": ABSENT}, "not_applicable"),
    ],
)
def test_multipathing_is_the_pool_s(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("HOST-MULTIPATH-02", a_pool(changes))[0] == expected
