"""VM-GUEST-01 to -04: what a guest reports of itself."""

from typing import Any

import pytest

from fixtures.verdict import Word
from tests.building import ABSENT, a_pool, judged, verdict
from tests.guests import DANGLING, GM, JUST_STARTED, NO_DRIVERS, NOT_RUNNING, SILENT, product, windows

OS = f"{GM}.os_version"
ALL = ("VM-GUEST-01", "VM-GUEST-02", "VM-GUEST-03", "VM-GUEST-04")
NOTHING: dict[str, Any] = {OS: {}, f"{GM}.networks": {}}
"""The guest reports neither a system nor addresses."""


@pytest.mark.parametrize("control", ALL)
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        *[({"VM.power_state": state}, "unknown") for state in NOT_RUNNING],
        ({"VM.power_state": ABSENT}, "unknown"),
        (DANGLING, "unknown"),
        (SILENT, "not_applicable"),
        (SILENT | JUST_STARTED, "unknown"),
        (NO_DRIVERS | NOTHING, "not_applicable"),
        (NO_DRIVERS, "pass"),
        (NOTHING | JUST_STARTED, "unknown"),
        ({OS: ABSENT, f"{GM}.networks": ABSENT}, "unknown"),
    ],
)
def test_only_a_guest_with_an_agent_that_had_time_to_report_is_judged(
    control: str, changes: dict[str, Any], expected: Word
) -> None:
    judged(control, changes, expected)


def test_metrics_that_were_not_renewed_for_long_are_no_finding() -> None:
    """xapi sets last_updated only when other data has changed: an old value is normal."""
    for control in ALL:
        judged(control, {"VM_metrics.last_updated": "20200101T00:00:00Z"}, "pass")


def test_a_halted_vm_with_a_stale_report_is_not_judged_by_it() -> None:
    for control in ALL:
        judged(control, NOTHING | {"VM.power_state": "Halted"}, "unknown")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"name": "Debian 12"}, "pass"),
        ({"distro": "debian"}, "pass"),
        ({"distro": " ", "name": "|C:\\Windows"}, "fail"),
        ({"uname": "6.1.0-30-amd64"}, "fail"),
        ({}, "fail"),
    ],
)
def test_guest_reports_its_system(told: dict[str, str], expected: Word) -> None:
    judged("VM-GUEST-01", {OS: told}, expected)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"uname": "6.1.0-30-amd64"}, "pass"),
        ({"distro": "windows", "major": "10", "minor": "0"}, "pass"),
        ({"distro": "Windows", "uname": "10.0.20348.2340"}, "pass"),
        ({"distro": "windows", "major": "10"}, "fail"),
        ({"distro": "debian", "major": "12", "minor": "11"}, "fail"),
        ({}, "fail"),
    ],
)
def test_guest_reports_its_kernel(told: dict[str, str], expected: Word) -> None:
    judged("VM-GUEST-02", {OS: told}, expected)


SECOND = {"VM.VIFs": ["OpaqueRef:VIF", "OpaqueRef:VIF2"], "VIF:2.device": "1"}


@pytest.mark.parametrize(
    ("networks", "changes", "expected"),
    [
        ({"0/ip": "192.0.2.1"}, {}, "pass"),
        ({"0/ipv4/0": "192.0.2.1"}, {}, "pass"),
        ({"0/ipv6/0": "2001:db8::1"}, {}, "pass"),
        ({"0/ipv6/1": "fd00::1", "0/ipv6/0": "fe80::1"}, {}, "pass"),
        ({"0/ip": "169.254.7.8"}, {}, "fail"),
        ({"0/ipv6/0": "fe80::1"}, {}, "fail"),
        ({"0/ip": "0.0.0.0"}, {}, "fail"),
        ({"0/ip": ""}, {}, "fail"),
        ({"0/ip": "dhcp"}, {}, "fail"),
        ({"1/ip": "192.0.2.1"}, {}, "fail"),
        ({"0/mac": "192.0.2.1"}, {}, "fail"),
        ({"10/ip": "192.0.2.1"}, {}, "fail"),
        ({}, {}, "fail"),
        ({}, {"VIF.currently_attached": False}, "not_applicable"),
        ({}, {"VIF": ABSENT, "VM.VIFs": []}, "not_applicable"),
        ({"0/ip": "192.0.2.1"}, SECOND, "fail"),
        ({"0/ip": "192.0.2.1"}, SECOND | {"VIF:2.currently_attached": False}, "pass"),
        ({"0/ip": "192.0.2.1", "1/ip": "192.0.2.2"}, SECOND, "pass"),
        ({"0/ip": "192.0.2.1"}, {"VIF.currently_attached": ABSENT}, "unknown"),
        ({"0/ip": "192.0.2.1"}, {"VIF.device": ABSENT}, "unknown"),
        ({"0/ip": "192.0.2.1"}, {"VM.VIFs": ["OpaqueRef:VIF", "OpaqueRef:gone"]}, "unknown"),
    ],
)
def test_guest_reports_an_address_for_each_interface(
    networks: dict[str, str], changes: dict[str, Any], expected: Word
) -> None:
    judged("VM-GUEST-03", {f"{GM}.networks": networks} | changes, expected)


def test_interfaces_without_address_are_named() -> None:
    _, reason = verdict("VM-GUEST-03", a_pool({f"{GM}.networks": {}}))
    assert "interface 0 (02:00:00:00:10:01)" in reason


@pytest.mark.parametrize(
    ("told", "expected", "said"),
    [
        (
            {"distro": "debian", "major": "11", "minor": "11"},
            "fail",
            "Debian 11: security updates until 2026-08-31",
        ),
        ({"distro": "debian", "major": "12"}, "pass", "Debian 12"),
        ({"distro": "Debian", "major": "13", "minor": "1"}, "pass", "Debian 13"),
        (
            {"distro": "debian", "major": "", "minor": "", "name": "Debian trixie/sid"},
            "unknown",
            "of no version",
        ),
        ({"distro": "ubuntu", "major": "20", "minor": "04"}, "fail", "Ubuntu 20.04"),
        ({"distro": "ubuntu", "major": "24", "minor": "04"}, "pass", "Ubuntu 24.04"),
        ({"distro": "ubuntu", "major": "99", "minor": "04"}, "unknown", "Ubuntu 99.04"),
        (
            {"distro": "centos", "major": "8", "minor": "5", "name": "CentOS Linux release 8.5.2111"},
            "fail",
            "2021",
        ),
        ({"distro": "centos", "major": "9", "minor": "0", "name": "CentOS Stream release 9"}, "pass", "2027"),
        ({"distro": "rhel", "major": "7", "minor": "9"}, "fail", "Red Hat Enterprise Linux 7"),
        ({"distro": "Red Hat Enterprise Linux", "major": "9", "minor": "4"}, "pass", "2032"),
        ({"distro": "sles", "major": "15", "minor": "3"}, "fail", "SUSE Linux Enterprise 15.3"),
        ({"distro": "sles", "major": "15", "minor": "99"}, "unknown", "15.99"),
        ({"distro": "rocky", "major": "9", "minor": "6"}, "pass", "Rocky Linux 9"),
        ({"distro": "FreeBSD", "major": "14", "minor": "2"}, "fail", "FreeBSD 14.2"),
        ({"distro": "arch", "name": "Arch \x1b[2JLinux"}, "unknown", "Arch \\x1b[2JLinux"),
        (
            {"distro": "windows", "name": "Microsoft Windows Server 2012 R2 Standard|C:\\W"},
            "fail",
            "2012 R2: ",
        ),
        ({"distro": "windows", "name": "Microsoft® Windows Server® 2008 Enterprise |C:"}, "fail", "2008: "),
        ({"distro": "Windows", "name": "Microsoft Windows Server 2022 Datacenter"}, "pass", "2031-10-14"),
        ({"distro": "windows", "name": "Microsoft Windows Server Standard"}, "unknown", "of no version"),
        ({"distro": "windows", "name": "Microsoft Windows 8.1 Pro"}, "fail", "Windows 8.1"),
        ({"distro": "windows", "name": "Microsoft Windows 10 Pro"}, "fail", "Windows 10: "),
        (
            {"distro": "windows", "name": "Microsoft Windows 10 Enterprise LTSC", "uname": "10.0.17763.1"},
            "pass",
            "2029-01-09",
        ),
        ({"distro": "windows", "name": "Microsoft Windows 10 Enterprise LTSC"}, "unknown", "of no version"),
        ({"distro": "windows", "name": "Microsoft Windows 11 Pro", "uname": "10.0.22631"}, "fail", "22631"),
        ({"distro": "windows", "name": "Microsoft Windows 11 Pro", "uname": "10.0.26200"}, "pass", "2028"),
        ({"distro": "windows", "name": "Microsoft Windows 11 Pro", "major": "10"}, "unknown", "Windows 11"),
        ({"uname": "6.1.0"}, "unknown", "see VM-GUEST-01"),
    ],
)
def test_guest_system_is_supported(told: dict[str, str], expected: Word, said: str) -> None:
    word, reason = verdict("VM-GUEST-04", a_pool({OS: told}))
    assert (word, reason) == (expected, reason)
    assert said in reason


def test_the_last_day_of_support_is_one() -> None:
    debian = {OS: {"distro": "debian", "major": "11"}}
    for moment, expected in (("2026-08-31T23:59:59Z", "pass"), ("2026-09-01T00:00:00Z", "fail")):
        assert verdict("VM-GUEST-04", a_pool(debian, clock=moment))[0] == expected


def test_a_file_without_a_clock_is_judged_by_the_day_on_which_it_was_read() -> None:
    assert verdict("VM-GUEST-04", a_pool({OS: {"distro": "debian", "major": "11"}}, clock=None))[0] == "fail"


def test_windows_is_judged_by_its_name_on_any_product() -> None:
    for changes in (windows(), windows() | product("8.4.0")):
        judged("VM-GUEST-04", changes, "pass")
