"""NETWORK-HOSTS and NETWORK-MTU: one thing changed, one verdict."""

from typing import Any

import msgspec
import pytest

from fixtures.facts.pool import Pool
from fixtures.verdict import Word
from tests.building import ABSENT, a_pool, a_reading, verdict

ALONE = {"host:2": ABSENT, "PBD:2": ABSENT, "PIF:2": ABSENT}


@pytest.mark.parametrize(
    ("changes", "expected", "said"),
    [
        ({}, "pass", ""),
        ({"PIF:2": ABSENT}, "unknown", "resolve"),
        ({"PIF:2": ABSENT, "network.PIFs": ["OpaqueRef:PIF"]}, "fail", "'xen2'"),
        ({"PIF:2.host": "OpaqueRef:host"}, "fail", "'xen2'"),
        ({"PIF:2.bond_slave_of": "OpaqueRef:Bond"}, "fail", "'xen2'"),
        ({"PIF:2.bond_slave_of": ""}, "pass", ""),
        # xapi plugs an interface when a VM needs it
        ({"PIF:2.currently_attached": False}, "pass", ""),
        ({"PIF": ABSENT, "network.PIFs": []}, "not_applicable", "internal"),
        ({"VIF": ABSENT, "VM.VIFs": [], "PIF:2": ABSENT}, "not_applicable", "no VM"),
        ({"VIF.VM": "OpaqueRef:VMdom0", "PIF:2": ABSENT}, "not_applicable", "no VM"),
        ({"VIF.network": "OpaqueRef:gone"}, "unknown", "does not resolve"),
        (ALONE, "not_applicable", "single host"),
        ({"PIF:2.host": ABSENT}, "unknown", "PIF.host"),
        ({"PIF:2.bond_slave_of": ABSENT}, "unknown", "PIF.bond_slave_of"),
    ],
)
def test_every_host_is_on_the_network(changes: dict[str, Any], expected: Word, said: str) -> None:
    word, reason = verdict("NETWORK-HOSTS-01", a_pool(changes))
    assert word == expected
    assert said in reason


@pytest.mark.parametrize("unread", ["PIF", "VIF"])
def test_interfaces_that_could_not_be_read_are_unknown(unread: str) -> None:
    reading = msgspec.structs.replace(a_reading({unread: ABSENT}), unread={unread: "permission denied"})
    assert verdict("NETWORK-HOSTS-01", Pool(reading))[0] == "unknown"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"network.MTU": 9000}, "fail"),
        ({"PIF:2.MTU": 9000}, "fail"),
        ({"network.MTU": 9000, "PIF.MTU": 9000, "PIF:2.MTU": 9000}, "pass"),
        # what is not plugged has the MTU of its last time
        ({"PIF:2.MTU": 9000, "PIF:2.currently_attached": False}, "pass"),
        ({"PIF:2.MTU": 9000, "PIF:2.managed": False}, "pass"),
        ({"PIF:2.managed": ABSENT}, "pass"),
        ({"PIF.currently_attached": False, "PIF:2.currently_attached": False}, "not_applicable"),
        ({"PIF": ABSENT, "network.PIFs": []}, "not_applicable"),
        ({"network.MTU": ABSENT}, "unknown"),
        ({"network.MTU": ABSENT, "host.software_version": {"product_version": "5.5.0"}}, "not_applicable"),
        ({"PIF.MTU": ABSENT}, "unknown"),
        ({"PIF.currently_attached": ABSENT}, "unknown"),
    ],
)
def test_mtu_is_the_same_everywhere(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("NETWORK-MTU-01", a_pool(changes))[0] == expected


def test_the_odd_interface_is_named() -> None:
    reason = verdict("NETWORK-MTU-01", a_pool({"PIF:2.MTU": 9000}))[1]
    assert reason == "expected MTU 1500, actual eth0 of 'xen2' 9000"
