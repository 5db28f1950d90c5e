"""CPUs of hosts: the odd one out, and what nobody tells."""

from typing import Any

import pytest

from fixtures.verdict import Word
from tests.building import ABSENT, a_pool, verdict, verdicts_on

ONE_HOST = {"host:2": ABSENT}
OLD = {"host.software_version": {"product_version": "6.5.0", "product_brand": "XenServer", "xapi": "1.3"}}
OLDEST = {"host.software_version": {"product_version": "5.5.0", "product_brand": "XenServer", "xapi": "1.3"}}


def info(host: str = "host", **keys: str) -> dict[str, Any]:
    """A host whose cpu_info has these keys."""
    return {f"{host}.cpu_info": keys}


INTEL = info("host:2", vendor="GenuineIntel", features_hvm="17cbfbff-f7fa3223")


@pytest.mark.parametrize(
    ("changes", "expected", "said"),
    [
        ({}, "pass", "AuthenticAMD"),
        (INTEL, "fail", "actual AuthenticAMD; 'xen2' has GenuineIntel"),
        (info(vendor="GenuineIntel"), "fail", "actual GenuineIntel; 'xen2' has AuthenticAMD"),
        ({"host.cpu_info": ABSENT}, "pass", "AuthenticAMD"),
        ({"host.cpu_info": {}, "host_cpu.vendor": "GenuineIntel"}, "fail", "GenuineIntel"),
        ({"host.cpu_info": {}, "host_cpu": ABSENT}, "unknown", "tells the vendor"),
        ({"host:2.cpu_info": {}, "host_cpu:2": ABSENT}, "unknown", "1 of the pool's other hosts"),
        (ONE_HOST, "not_applicable", "one host"),
    ],
)
def test_cpu_vendor_is_the_pool_s(changes: dict[str, Any], expected: Word, said: str) -> None:
    word, reason = verdict("HOST-CPU-02", a_pool(changes))
    assert word == expected
    assert said in reason


def test_of_three_hosts_only_the_odd_one_is_a_finding() -> None:
    pool = a_pool(INTEL | {"host:3.name_label": "xen3"})
    assert [word for word, _ in verdicts_on("HOST-CPU-02", pool)] == ["pass", "fail", "pass"]


def test_of_four_hosts_two_and_two_all_are_findings() -> None:
    pool = a_pool(INTEL | {"host:3.name_label": "xen3"} | info("host:4", vendor="GenuineIntel"))
    assert {word for word, _ in verdicts_on("HOST-CPU-02", pool)} == {"fail"}


def test_one_silent_host_of_three_decides_nothing() -> None:
    silent = info("host:3")
    assert [word for word, _ in verdicts_on("HOST-CPU-02", a_pool(silent))] == ["pass", "pass", "unknown"]
    odd = [word for word, _ in verdicts_on("HOST-CPU-02", a_pool(silent | INTEL))]
    assert odd == ["unknown", "unknown", "unknown"]


@pytest.mark.parametrize(
    ("changes", "expected", "said"),
    [
        ({}, "pass", ""),
        (info("host:2", features_hvm="17cbfbff-f7fa3221"), "fail", "'xen2'"),
        (info("host:2", features_hvm="17CBFBFF-F7FA3223"), "pass", ""),
        (info("host:2", features_hvm="17cbfbff-f7fa3223-00000000"), "pass", ""),
        (info("host:2", features_hvm="17cbfbff-f7fa3223-00000001"), "fail", "'xen2'"),
        (info("host:2", features_hvm=""), "unknown", "other hosts"),
        (info(), "unknown", "features_hvm"),
        ({"host.cpu_info": ABSENT}, "unknown", "cpu_info"),
        (OLD | info(features="a0") | info("host:2", features="a0"), "pass", ""),
        (OLD | info(features="a0") | info("host:2", features="a1"), "fail", "'xen2'"),
        (OLDEST | {"host.cpu_info": ABSENT}, "not_applicable", "before 5.6"),
        (ONE_HOST, "not_applicable", "one host"),
    ],
)
def test_cpu_features_are_the_pool_s(changes: dict[str, Any], expected: Word, said: str) -> None:
    word, reason = verdict("HOST-CPU-03", a_pool(changes))
    assert word == expected
    assert said in reason


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"host.chipset_info": {"iommu": "false"}}, "fail"),
        ({"host.chipset_info": {"iommu": "perhaps"}}, "unknown"),
        ({"host.chipset_info": {}}, "unknown"),
        ({"host.chipset_info": ABSENT}, "unknown"),
        (OLDEST | {"host.chipset_info": ABSENT}, "not_applicable"),
    ],
)
def test_iommu_is_on(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("HOST-IOMMU-01", a_pool(changes))[0] == expected
