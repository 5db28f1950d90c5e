"""INSIDE-CLAIM-* of guests: XAPI's side and the guest's, one thing changed, one verdict."""

from typing import Any, Final

import pytest

from fixtures.verdict import Word
from tests.building import ABSENT, CHECKS, GIB, a_pool, judged, verdict
from tests.guests import DANGLING, GM, JUST_STARTED, NO_DRIVERS, NOT_RUNNING, SILENT, domain
from tests.linux_insides import AGENT, BREAKS_OF_LINUX, DEBIAN, KERNEL, LINUX

OF_LINUX: Final = {"INSIDE-CLAIM-TYPE-01", "INSIDE-CLAIM-TOOLS-01", "INSIDE-CLAIM-KERNEL-01"}
"""Claims of which Windows tells nothing."""
NOT_THERE: Final = [127, "sh: not found"]
WINDOWS: Final = {"inside.VM": {"system": "windows", "answers": {}}}
UNREACHED: Final = {"inside.VM": {"system": "linux", "failure": "connection refused"}}
CLAIMS: Final = [
    each
    for each in CHECKS
    if each.startswith("INSIDE-CLAIM-") and any(each in row for row in BREAKS_OF_LINUX)
]
BROKEN: Final = {
    claim: changes for row, changes in BREAKS_OF_LINUX.items() for claim in row.split() if claim in CLAIMS
}
"""Claim → what the guest contradicts it with."""
SDA: Final = "disk|sda|sd|41943040|0|QEMU HARDDISK\nused|/dev/sda\n"
DEAD: Final = AGENT.replace("process|xe-daemon\n", "").replace("=active", "=inactive")
VERSION: Final = f"{GM}.PV_drivers_version"
OS: Final = f"{GM}.os_version"


def reported(**parts: str) -> dict[str, Any]:
    """A version as agents report it, and no packager's."""
    return {VERSION: {"major": "8", "minor": "4", "micro": "0", "build": "1"} | parts}


@pytest.mark.parametrize("claim", CLAIMS)
def test_claims_of_guests_that_say_nothing(claim: str) -> None:
    judged(claim, UNREACHED, "unknown")
    judged(claim, WINDOWS, "not_applicable" if claim in OF_LINUX else "unknown")


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_contradiction_names_both_sides(claim: str) -> None:
    word, reason = verdict(claim, a_pool(BROKEN[claim]))
    assert word == "fail"
    assert reason.startswith("XAPI says ")
    assert ", the guest " in reason


@pytest.mark.parametrize("claim", CLAIMS)
def test_what_may_have_changed_since_a_database_was_written_is_no_contradiction(claim: str) -> None:
    word, reason = verdict(claim, a_pool(BROKEN[claim], clock=None))
    assert word == "unknown"
    assert "the database is older" in reason
    assert verdict(claim, a_pool({}, clock=None))[0] == "pass"


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_guest_that_has_just_started_may_not_have_reported_yet(claim: str) -> None:
    judged(claim, BROKEN[claim] | JUST_STARTED, "unknown")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (domain("pv") | {"inside.VM.hypervisor": "xen\nPV\n"}, "pass"),
        (domain("pv_in_pvh") | {"inside.VM.hypervisor": "xen\nPV\n"}, "pass"),
        (domain("pvh") | {"inside.VM.hypervisor": "xen\nPVH\n"}, "pass"),
        (domain("pvh"), "fail"),
        (domain("unspecified"), "unknown"),
        ({"inside.VM.hypervisor": "xen\n"}, "unknown"),
    ],
)
def test_domain_type(changes: dict[str, Any], expected: Word) -> None:
    judged("INSIDE-CLAIM-TYPE-01", changes, expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"inside.VM.disks": LINUX["disks"] + SDA}, "fail"),
        (domain("pv") | {"inside.VM.disks": LINUX["disks"] + SDA}, "fail"),
        (NO_DRIVERS | {"inside.VM.disks": SDA}, "pass"),
        (NO_DRIVERS, "fail"),
        (NO_DRIVERS | {"inside.VM.disks": "disk|nvme0n1|nvme|9|0|INTEL\nused|/dev/nvme0n1\n"}, "unknown"),
        ({"inside.VM.disks": "disk|sda|sd|1|0|\nused|/dev/sda\n"}, "unknown"),
        ({"inside.VM.disks": NOT_THERE}, "unknown"),
        ({"inside.VM.disks": "", "inside.VM.interfaces": ""}, "pass"),
        (DANGLING, "unknown"),
    ],
)
def test_drivers(changes: dict[str, Any], expected: Word) -> None:
    judged("INSIDE-CLAIM-DRIVERS-01", changes, expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"inside.VM.agent": DEAD}, "fail"),
        (SILENT, "fail"),
        (SILENT | {"inside.VM.agent": DEAD}, "pass"),
        ({"inside.VM.agent": "manager|rpm\n"}, "unknown"),
        (DANGLING, "unknown"),
        *[({"VM.power_state": state}, "unknown") for state in NOT_RUNNING],
    ],
)
def test_agent(changes: dict[str, Any], expected: Word) -> None:
    judged("INSIDE-CLAIM-AGENT-01", changes, expected)


RUST: Final = {
    "inside.VM.agent": AGENT.replace("package|xe-guest-utilities|8.4.0-1", "package|xen-guest-agent|0.4.0-0")
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (reported(micro="-1"), "pass"),
        (reported(micro="1"), "fail"),
        (reported(minor="5", micro="-1"), "fail"),
        (reported(major="6", minor="6", micro="80"), "not_applicable"),
        (reported(major="x"), "unknown"),
        (reported(major="1", minor="0", micro="0", build="proto-0.4.0") | RUST, "pass"),
        (reported(major="1", minor="0", micro="0", build="proto-0.5.0-dev") | RUST, "fail"),
        (reported(major="1", minor="0", micro="0", build="proto-new") | RUST, "unknown"),
        (SILENT, "not_applicable"),
        ({"inside.VM.agent": "manager|rpm\nbinary|/usr/sbin/xe-daemon\n"}, "unknown"),
        ({"inside.VM.agent": "manager|rpm\ninit|init\n"}, "not_applicable"),
        ({"inside.VM.agent": AGENT.replace("8.4.0-1", "unreleased")}, "unknown"),
        (DANGLING, "unknown"),
    ],
)
def test_agent_version(changes: dict[str, Any], expected: Word) -> None:
    judged("INSIDE-CLAIM-TOOLS-01", changes, expected)


@pytest.mark.parametrize(
    ("told", "release", "expected"),
    [
        ({"distro": "debian", "major": "12", "name": "Debian 12.15"}, DEBIAN, "pass"),
        ({"distro": "debian", "major": "11", "name": "Debian 11.9"}, DEBIAN, "fail"),
        ({"distro": "Debian", "major": "012", "name": "Debian 12"}, DEBIAN, "pass"),
        ({"distro": "ubuntu", "major": "12"}, DEBIAN, "fail"),
        ({"distro": "Oracle Linux", "major": "9", "minor": "4"}, "ID=ol\nVERSION_ID=9.4\n", "pass"),
        (
            {"distro": "centos", "major": "9"},
            "ID=centos\nVERSION_ID=9\nPRETTY_NAME=CentOS Stream 9\n",
            "pass",
        ),
        ({"distro": "alpine", "major": "3"}, "ID=alpine\nVERSION_ID=3.20.3\n", "pass"),
        ({"distro": "Alpine Linux", "major": "3"}, "ID=alpine\nVERSION_ID=3.20.3\n", "pass"),
        ({"distro": "Void Linux", "major": "3"}, "ID=void\nVERSION_ID=3\n", "unknown"),
        ({"distro": "debian", "major": "9" * 5000}, DEBIAN, "unknown"),
        ({"distro": "debian", "name": "Debian trixie/sid"}, "ID=debian\n", "unknown"),
        ({"distro": "debian", "major": "12"}, "", "unknown"),
        ({}, DEBIAN, "not_applicable"),
        (ABSENT, DEBIAN, "unknown"),
    ],
)
def test_system(told: Any, release: str, expected: Word) -> None:
    judged("INSIDE-CLAIM-OS-01", {OS: told, "inside.VM.release": release}, expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({f"{OS}": {"distro": "debian", "uname": "5.10.0-8-amd64"}}, "fail"),
        ({f"{OS}": {"distro": "debian"}}, "not_applicable"),
        ({f"{OS}": ABSENT}, "unknown"),
        ({"inside.VM.kernel": NOT_THERE}, "unknown"),
    ],
)
def test_kernel(changes: dict[str, Any], expected: Word) -> None:
    judged("INSIDE-CLAIM-KERNEL-01", changes, expected)


@pytest.mark.parametrize(
    ("networks", "addresses", "expected"),
    [
        ({"0/ip": "192.0.2.101"}, "- - 127.0.0.1\n- - 192.0.2.101\n", "pass"),
        ({"0/ip": "192.0.2.101", "1/ip": "192.0.2.9"}, "eth0 UP 192.0.2.101/24\n", "fail"),
        ({"0/ip": "192.0.2.101", "0/ipv6/0": "2001:db8::1"}, "eth0 UP 192.0.2.101/24\n", "pass"),
        ({"0/ip": "192.0.2.101", "1/ip": "169.254.1.1"}, "eth0 UP 192.0.2.101/24\n", "pass"),
        ({"0/ipv6/0": "2001:db8::1"}, "eth0 UP 192.0.2.101/24\n", "not_applicable"),
        ({}, "eth0 UP 192.0.2.101/24\n", "not_applicable"),
        (ABSENT, "eth0 UP 192.0.2.101/24\n", "unknown"),
        ({"0/ip": "192.0.2.101"}, "", "unknown"),
        ({"0/ip": "192.0.2.101"}, NOT_THERE, "unknown"),
    ],
)
def test_addresses(networks: Any, addresses: Any, expected: Word) -> None:
    changes = {f"{GM}.networks": networks, "inside.VM.addresses": addresses}
    judged("INSIDE-CLAIM-ADDRESS-01", changes, expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"inside.VM.kernel": KERNEL.replace("2013392", "2097152")}, "pass"),
        ({"inside.VM.kernel": KERNEL.replace("2013392", "2097153")}, "fail"),
        ({"inside.VM.kernel": KERNEL.replace("2013392", "666283")}, "pass"),
        ({"inside.VM.kernel": KERNEL.replace("2013392", "666282")}, "fail"),
        ({"inside.VM.kernel": KERNEL.replace("2013392", "666282") + "kdump|1024\n"}, "pass"),
        ({"inside.VM.kernel": KERNEL.replace("2013392", "666282") + "kdump|-1024\n"}, "fail"),
        # Its balloon is as large as may be: 512 MiB of 8 GiB.
        (
            {
                "VM.memory_dynamic_min": GIB // 2,
                "VM.memory_static_max": 8 * GIB,
                "inside.VM.kernel": KERNEL.replace("2013392", "330000"),
            },
            "pass",
        ),
        ({"inside.VM.kernel": "release|6.1.0\n"}, "unknown"),
        ({"inside.VM.kernel": "release|6.1.0\nmemory|lots\n"}, "unknown"),
        ({"VM.memory_static_max": ABSENT}, "unknown"),
    ],
)
def test_memory(changes: dict[str, Any], expected: Word) -> None:
    judged("INSIDE-CLAIM-MEMORY-01", changes, expected)


CD: Final = {
    "VM.VBDs": ["OpaqueRef:VBD", "OpaqueRef:VBDcd"],
    "VBD:cd.type": "CD",
    "VBD:cd.VDI": "OpaqueRef:VDIcd",
    "VDI:cd.virtual_size": GIB,
}
SECOND: Final = {"VM.VBDs": ["OpaqueRef:VBD", "OpaqueRef:VBD2"], "VBD:2.VDI": "OpaqueRef:VDI2"}
XVDB: Final = {"inside.VM.disks": LINUX["disks"] + "disk|xvdb|vbd|2097152|0|\n"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"VDI.virtual_size": 20 * GIB - 8 * 1024**2}, "pass"),
        ({"VDI.virtual_size": 20 * GIB - 9 * 1024**2}, "fail"),
        (SECOND | {"VDI:2.virtual_size": GIB}, "fail"),
        (SECOND | {"VDI:2.virtual_size": GIB} | XVDB, "pass"),
        (SECOND | {"VDI:2.virtual_size": GIB, "VBD:2.currently_attached": False}, "pass"),
        (XVDB, "fail"),
        (CD | XVDB, "pass"),
        (CD, "pass"),
        (CD | {"VBD:cd.empty": True} | XVDB, "fail"),
        ({"inside.VM.disks": LINUX["disks"] + "disk|sda|sd|9|0|VIRTUAL-DISK\n"}, "pass"),
        ({"inside.VM.disks": LINUX["disks"] + "disk|xvdd|vbd|9|1|\n"}, "pass"),
        ({"inside.VM.disks": SDA}, "pass"),
        ({"inside.VM.disks": "disk|sda|sd|41943040|0|\n"}, "unknown"),
        ({"inside.VM.disks": "disk|xvda|vbd||0|\n"}, "unknown"),
        ({"inside.VM.disks": "disk|xvda|vbd|many|0|\n"}, "unknown"),
        ({"inside.VM.disks": ""}, "fail"),
        ({"inside.VM.disks": "", "VBD.currently_attached": False}, "not_applicable"),
        ({"VDI.virtual_size": ABSENT}, "unknown"),
        ({"VBD.VDI": "OpaqueRef:gone"}, "unknown"),
        ({"VBD.currently_attached": ABSENT}, "unknown"),
    ],
)
def test_disks(changes: dict[str, Any], expected: Word) -> None:
    judged("INSIDE-CLAIM-DISKS-01", changes, expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"VIF.MAC": "02:00:00:00:10:AA"}, "fail"),
        (
            {"VIF.MAC": "02:00:00:00:10:AA", "inside.VM.interfaces": "eth0|vif|down|||02:00:00:00:10:aa\n"},
            "pass",
        ),
        ({"inside.VM.interfaces": "ens5|ixgbevf|up|0x8086||02:00:00:00:10:01\n"}, "pass"),
        ({"inside.VM.interfaces": ""}, "fail"),
        ({"VIF.currently_attached": False}, "not_applicable"),
        ({"VIF.MAC": ABSENT}, "unknown"),
        ({"inside.VM.interfaces": NOT_THERE}, "unknown"),
    ],
)
def test_macs(changes: dict[str, Any], expected: Word) -> None:
    judged("INSIDE-CLAIM-MAC-01", changes, expected)
