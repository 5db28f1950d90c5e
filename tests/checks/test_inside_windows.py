"""INSIDE-WINDOWS-*: what a Windows guest tells of itself, one thing changed, one verdict."""

from typing import Any, Final

import pytest

from fixtures.verdict import Word
from tests.building import ABSENT, CHECKS, a_pool, judged, verdict
from tests.guests import GM, JUST_STARTED, product, windows
from tests.windows_insides import (
    ADAPTERS,
    ADDRESSES,
    BREAKS_OF_WINDOWS,
    DEVICES,
    DISKS,
    DRIVERS,
    E1000,
    EXCLUDED,
    IDE,
    OLD,
    RELEASE,
    SERVICES,
)

PACKAGE: Final = {"xenbus": "XenServer 9.1.12.120 ", "xeniface": "XenServer 9.1.13.101 "}
GUEST: Final = windows(**PACKAGE) | {"inside.VM.system": "windows", "VM.has_vendor_device": True}
DENIED: Final = [1, "Access denied\n"]
NO_SUCH_COMMAND: Final = [127, "The term 'Get-CimInstance' is not recognized\n"]
SILENT: Final = {"inside.VM": {"system": "windows", "failure": "connection refused"}}
LINUX: Final = {"inside.VM": {"system": "linux", "answers": {}}}
ANOTHER: Final = {"inside.VM.identity": "22222222-0000-4000-8000-000000000002\r\n"}
OF_WINDOWS: Final = [
    each
    for each in CHECKS
    if (each.startswith("INSIDE-WINDOWS-") and each != "INSIDE-WINDOWS-DOTNET-01")
    or each == "INSIDE-CLAIM-DRIVERS-02"
]
QUESTIONS: Final = {
    "INSIDE-WINDOWS-DRIVERS-01": "devices",
    "INSIDE-WINDOWS-DISKS-01": "disks",
    "INSIDE-WINDOWS-NICS-01": "adapters",
    "INSIDE-WINDOWS-AGENT-01": "services",
    "INSIDE-WINDOWS-AGENT-02": "services",
    "INSIDE-WINDOWS-REBOOT-01": "restarts",
    "INSIDE-WINDOWS-UPDATE-01": "updates",
    "INSIDE-CLAIM-DRIVERS-02": "drivers",
}
"""Control → what it asks."""


def said(control: str, question: str, answer: Any, expected: Word) -> None:
    """A control says this of a guest that answers so."""
    judged(control, GUEST | {f"inside.VM.{question}": answer}, expected)


@pytest.mark.parametrize("control", OF_WINDOWS)
@pytest.mark.parametrize(
    ("changes", "expected"),
    [({}, "pass"), (SILENT, "unknown"), (ANOTHER, "unknown"), (LINUX, "not_applicable")],
    ids=["compliant", "silent", "another", "linux"],
)
def test_who_does_not_answer_and_who_is_not_asked(
    control: str, changes: dict[str, Any], expected: Word
) -> None:
    guest = {key: value for key, value in GUEST.items() if "inside.VM" not in changes or "inside" not in key}
    judged(control, guest | changes, expected)


@pytest.mark.parametrize("control", OF_WINDOWS)
@pytest.mark.parametrize("answer", [DENIED, NO_SUCH_COMMAND, [124, ""], None, "Spooler\r\n"])
def test_a_question_without_an_answer_is_unknown(control: str, answer: Any) -> None:
    said(control, QUESTIONS[control], answer, "unknown")


def test_either_order_of_bytes_is_the_vms_uuid() -> None:
    uuid = "11111111-2233-4455-8000-000000000001"
    for told in (uuid, "11111111-3322-5544-8000-000000000001"):
        judged("INSIDE-WINDOWS-DISKS-01", GUEST | {"VM.uuid": uuid, "inside.VM.identity": told}, "pass")


@pytest.mark.parametrize(
    ("devices", "expected"),
    [
        (DEVICES, "pass"),
        (DEVICES.lower(), "pass"),
        ("", "unknown"),
        ("0\tspooler\tROOT\\SPOOLER\r\n", "unknown"),
        (DEVICES.replace("0\txenbus", "10\txenbus"), "fail"),
        (DEVICES.replace("0\txenbus", "10\txenbus").replace("28\t\tPCI", "0\txenbus\tPCI"), "pass"),
        (DEVICES.replace("0\txeniface", "0\tother"), "fail"),
        (DEVICES.replace("0\txenvbd", "14\txenvbd"), "fail"),
        (DEVICES.replace("0\txenvif", "\txenvif"), "fail"),
        (DEVICES.replace("0\txennet", "28\t"), "fail"),
        (DEVICES.replace("0\txennet", "22\txennet"), "pass"),
        (DEVICES + "31\txennet\tXENVIF\\VEN_XSC000&DEV_NET&REV_0900000A\\1\r\n", "fail"),
        (DEVICES.replace("DEV_VIF", "DEV_ELSE"), "fail"),
        (DEVICES.replace("XSC000", "XCP0001").replace("DEV_C000", "DEV_0001"), "pass"),
        ("28\t\tPCI\\VEN_5853&DEV_0001&SUBSYS_00015853&REV_01\\3&1&10\r\n", "fail"),
    ],
)
def test_drivers_of_devices(devices: str, expected: Word) -> None:
    said("INSIDE-WINDOWS-DRIVERS-01", "devices", devices, expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"VBD.currently_attached": False, "VBD:2.currently_attached": False}, "pass"),
        ({"VBD.type": "CD", "VBD:2.type": "Floppy"}, "pass"),
        ({"VBD": ABSENT, "VM.VBDs": []}, "pass"),
        ({"VM.VBDs": ["OpaqueRef:gone"]}, "unknown"),
        ({}, "fail"),
    ],
)
def test_no_driver_of_disks_is_needed_without_disks(changes: dict[str, Any], expected: Word) -> None:
    devices = DEVICES.replace("0\txenvbd", "28\t")
    judged("INSIDE-WINDOWS-DRIVERS-01", GUEST | {"inside.VM.devices": devices} | changes, expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({"VIF.currently_attached": False}, "pass"), ({"VIF": ABSENT, "VM.VIFs": []}, "pass"), ({}, "fail")],
)
def test_no_driver_of_interfaces_is_needed_without_interfaces(
    changes: dict[str, Any], expected: Word
) -> None:
    devices = "".join(line for line in DEVICES.splitlines(True) if "xenvif" not in line.lower())
    judged("INSIDE-WINDOWS-DRIVERS-01", GUEST | {"inside.VM.devices": devices} | changes, expected)


@pytest.mark.parametrize(
    ("disks", "expected"),
    [
        (DISKS, "pass"),
        (DISKS * 3, "pass"),
        (IDE, "fail"),
        (DISKS + IDE, "fail"),
        ("9\t\tSCSI\\DISK&VEN_NVME&PROD_QEMU_NVME_CTRL\\5&1\r\n", "fail"),
        ("9\tNETAPP LUN C-Mode SCSI Disk Device\tSCSI\\DISK&VEN_NETAPP&PROD_LUN_C-MODE\\1&1\r\n", "pass"),
        ("", "unknown"),
    ],
)
def test_disks(disks: str, expected: Word) -> None:
    said("INSIDE-WINDOWS-DISKS-01", "disks", disks, expected)


@pytest.mark.parametrize(
    ("adapters", "expected"),
    [
        (ADAPTERS, "pass"),
        (E1000, "fail"),
        (ADAPTERS + E1000, "fail"),
        (ADAPTERS + E1000.replace("2", "0", 1), "pass"),
        (ADAPTERS + E1000.replace("2", "7", 1), "pass"),
        (E1000.replace("00015853", "11001AF4"), "fail"),
        (E1000.replace("00015853", "11001af4"), "fail"),
        (E1000.replace("00015853", "00018086"), "pass"),
        (E1000.replace("VEN_8086&DEV_100E", "VEN_10EC&DEV_8139"), "fail"),
        (ADAPTERS.replace("2", "7", 1), "unknown"),
        ("", "unknown"),
    ],
)
def test_adapters(adapters: str, expected: Word) -> None:
    said("INSIDE-WINDOWS-NICS-01", "adapters", adapters, expected)


STOPPED: Final = SERVICES.replace("Running\tAuto\tXen", "Stopped\tAuto\tXen")
RUST: Final = "Running\tAuto\tWinmgmt\r\nRunning\tAuto\tXCP-xenguestagent-rs\r\n"


@pytest.mark.parametrize(
    ("services", "running", "automatic"),
    [
        (SERVICES, "pass", "pass"),
        (RUST, "pass", "pass"),
        (STOPPED, "fail", "pass"),
        (STOPPED + "Running\tManual\tXCP-xenguestagent-rs\r\n", "pass", "pass"),
        (SERVICES.replace("Auto\tXen", "Manual\tXen"), "pass", "fail"),
        (SERVICES.replace("Auto\tXen", "Disabled\tXen"), "pass", "fail"),
        (SERVICES.replace("Running\tAuto\tXen", "Stop Pending\t\tXen"), "fail", "fail"),
        ("Running\tAuto\tWinmgmt\r\n", "fail", "not_applicable"),
        ("Running\tAuto\tXenSvc\r\n", "unknown", "unknown"),
        ("", "unknown", "unknown"),
    ],
)
def test_agents(services: str, running: Word, automatic: Word) -> None:
    said("INSIDE-WINDOWS-AGENT-01", "services", services, running)
    said("INSIDE-WINDOWS-AGENT-02", "services", services, automatic)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"inside.VM.dotnet": "Client\r\n"}, "pass"),
        ({"inside.VM.dotnet": "\r\n"}, "fail"),
        ({"inside.VM.dotnet": "", "inside.VM.release": OLD.replace("6.1.7601", "6.0.6002")}, "fail"),
        ({"inside.VM.dotnet": "", "inside.VM.services": "Running\tAuto\tWinmgmt\r\n"}, "fail"),
        ({"inside.VM.dotnet": "", "inside.VM.services": RUST}, "not_applicable"),
        (
            {"inside.VM.dotnet": "", "inside.VM.release": OLD.replace("6.1.7601", "6.2.9200")},
            "not_applicable",
        ),
        ({"inside.VM.dotnet": "", "inside.VM.release": RELEASE}, "not_applicable"),
        ({"inside.VM.release": OLD.replace("6.1.7601", "six")}, "unknown"),
        ({"inside.VM.dotnet": DENIED}, "unknown"),
        ({"inside.VM.dotnet": None}, "unknown"),
        ({"inside.VM.services": ""}, "unknown"),
        (ANOTHER, "unknown"),
    ],
)
def test_an_old_windows_has_dotnet(changes: dict[str, Any], expected: Word) -> None:
    judged("INSIDE-WINDOWS-DOTNET-01", GUEST | {"inside.VM.release": OLD} | changes, expected)


def test_dotnet_of_who_does_not_answer_and_of_linux() -> None:
    guest = {key: value for key, value in GUEST.items() if "inside" not in key}
    judged("INSIDE-WINDOWS-DOTNET-01", guest | SILENT, "unknown")
    judged("INSIDE-WINDOWS-DOTNET-01", guest | LINUX, "not_applicable")


def test_an_agent_may_still_be_starting() -> None:
    judged("INSIDE-WINDOWS-AGENT-01", GUEST | JUST_STARTED | {"inside.VM.services": STOPPED}, "unknown")
    absent = {"inside.VM.services": "Running\tAuto\tWinmgmt\r\n"}
    judged("INSIDE-WINDOWS-AGENT-01", GUEST | JUST_STARTED | absent, "fail")


@pytest.mark.parametrize(
    ("restarts", "expected"),
    [
        ("\r\n", "pass"),
        ("driver\txenvif\r\n", "fail"),
        ("Windows\tComponent Based Servicing\\RebootPending\r\n", "fail"),
    ],
)
def test_restarts(restarts: str, expected: Word) -> None:
    said("INSIDE-WINDOWS-REBOOT-01", "restarts", restarts, expected)


OWN_SERVER: Final = "Policies\\Microsoft\\Windows\\WindowsUpdate\\AU\\UseWUServer\t1\r\n"
SEARCH: Final = "Policies\\Microsoft\\Windows\\DriverSearching\\SearchOrderConfig"
SETTINGS: Final = "Microsoft\\WindowsUpdate\\UX\\Settings\\ExcludeWUDriversInQualityUpdate"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"inside.VM.updates": ""}, "pass"),
        ({"inside.VM.updates": EXCLUDED}, "fail"),
        ({"inside.VM.updates": EXCLUDED.replace("\t1", "\t0")}, "pass"),
        ({"inside.VM.updates": f"{SETTINGS}\t1\r\n"}, "fail"),
        ({"inside.VM.updates": f"{SEARCH}\t0\r\n"}, "fail"),
        ({"inside.VM.updates": f"{SEARCH}\t2\r\n"}, "pass"),
        ({"inside.VM.updates": OWN_SERVER}, "unknown"),
        ({"inside.VM.updates": OWN_SERVER.replace("\t1", "\t0")}, "pass"),
        ({"inside.VM.updates": OWN_SERVER + EXCLUDED}, "fail"),
        ({"VM.has_vendor_device": False, "inside.VM.updates": EXCLUDED}, "not_applicable"),
        ({"VM.has_vendor_device": ABSENT}, "unknown"),
        (product("6.5.0") | {"VM.has_vendor_device": ABSENT}, "not_applicable"),
        (windows(xenbus="XCP_ng 9.1.100.0 ") | {"inside.VM.updates": EXCLUDED}, "not_applicable"),
        ({f"{GM}.PV_drivers_version": {}}, "not_applicable"),
        (windows(), "unknown"),
    ],
)
def test_updates(changes: dict[str, Any], expected: Word) -> None:
    judged("INSIDE-WINDOWS-UPDATE-01", GUEST | changes, expected)


OLDER: Final = DRIVERS.replace("9.1.12.120", "9.1.11.115")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"inside.VM.drivers": OLDER}, "fail"),
        # Of two devices for xenbus one may have an older driver.
        (
            {
                "inside.VM.drivers": DRIVERS.replace(
                    "\tPCI\\VEN_5853&DEV_0002", "8.2.1\tPCI\\VEN_5853&DEV_0002"
                )
            },
            "pass",
        ),
        ({"inside.VM.drivers": DRIVERS.replace("9.1.9.90", "8.2.1")}, "pass"),
        ({"inside.VM.drivers": DRIVERS.replace("9.1.12.120", "new")}, "unknown"),
        ({"inside.VM.drivers": ""}, "unknown"),
        (windows(xenhid="XenServer 9.1.1.1 "), "unknown"),
        (windows(), "unknown"),
        ({f"{GM}.PV_drivers_version": {}}, "not_applicable"),
    ],
)
def test_the_claim_of_drivers(changes: dict[str, Any], expected: Word) -> None:
    judged("INSIDE-CLAIM-DRIVERS-02", GUEST | changes, expected)


def test_a_contradiction_names_both_sides() -> None:
    word, reason = verdict("INSIDE-CLAIM-DRIVERS-02", a_pool(GUEST | {"inside.VM.drivers": OLDER}))
    assert (word, reason) == ("fail", "XAPI says xenbus 9.1.12.120, the guest xenbus 9.1.11.115")


CLAIMS: Final = {
    claim: changes
    for row, changes in BREAKS_OF_WINDOWS.items()
    for claim in row.split()
    if claim.startswith("INSIDE-CLAIM-")
}
"""Claim → what the guest contradicts it with."""


@pytest.mark.parametrize("claim", CLAIMS)
def test_claims_about_windows(claim: str) -> None:
    judged(claim, GUEST, "pass")
    word, reason = verdict(claim, a_pool(GUEST | CLAIMS[claim]))
    assert word == "fail"
    assert reason.startswith("XAPI says ")
    assert ", the guest " in reason
    word, reason = verdict(claim, a_pool(GUEST | CLAIMS[claim], clock=None))
    assert (word, "the database is older" in reason) == ("unknown", True)
    judged(claim, GUEST | CLAIMS[claim] | JUST_STARTED, "unknown")


@pytest.mark.parametrize("claim", ["INSIDE-CLAIM-TYPE-01", "INSIDE-CLAIM-TOOLS-01", "INSIDE-CLAIM-KERNEL-01"])
def test_claims_that_windows_cannot_confirm(claim: str) -> None:
    judged(claim, GUEST, "not_applicable")


def named(name: str) -> dict[str, Any]:
    """XAPI calls it so."""
    return {f"{GM}.os_version": {"distro": "windows", "name": name, "major": "6", "minor": "2"}}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (named("Microsoft Windows Server 2022 Standard|C:\\Windows|\\Device\\Harddisk0\\Partition4"), "pass"),
        (named("Windows Server 2022"), "pass"),
        (named("Windows Server 2019 Standard"), "fail"),
        (named("Microsoft Windows Server 20"), "fail"),
        (named(""), "unknown"),
        (
            {"inside.VM.release": RELEASE.replace("Microsoft Windows Server", "Microsoft® Windows Server®")},
            "pass",
        ),
        ({"inside.VM.release": RELEASE * 2}, "unknown"),
        ({"inside.VM.release": "\t\t\r\n"}, "unknown"),
        ({f"{GM}.os_version": {"distro": "debian", "name": "Debian GNU/Linux 12", "major": "12"}}, "fail"),
    ],
)
def test_the_claim_of_the_system(changes: dict[str, Any], expected: Word) -> None:
    judged("INSIDE-CLAIM-OS-01", GUEST | changes, expected)


@pytest.mark.parametrize(
    ("claim", "question", "answer", "expected"),
    [
        ("INSIDE-CLAIM-MEMORY-01", "release", RELEASE.replace("2096180", "much"), "unknown"),
        ("INSIDE-CLAIM-MEMORY-01", "release", RELEASE.replace("2096180", "9" * 30), "unknown"),
        ("INSIDE-CLAIM-MEMORY-01", "release", RELEASE.replace("2096180", "300000"), "fail"),
        ("INSIDE-CLAIM-ADDRESS-01", "addresses", ADDRESSES + "198.51.100.7\r\n", "pass"),
        ("INSIDE-CLAIM-ADDRESS-01", "addresses", "fe80::1\r\n", "unknown"),
        ("INSIDE-CLAIM-ADDRESS-01", "addresses", "", "unknown"),
        ("INSIDE-CLAIM-DISKS-01", "disks", IDE, "pass"),
        ("INSIDE-CLAIM-DISKS-01", "disks", DISKS + IDE, "pass"),
        ("INSIDE-CLAIM-DISKS-01", "disks", DISKS.replace("21467980800", "21467980800000"), "fail"),
        ("INSIDE-CLAIM-DISKS-01", "disks", DISKS.replace("21467980800", ""), "unknown"),
        ("INSIDE-CLAIM-DISKS-01", "disks", DISKS + "9\tNETAPP LUN\tSCSI\\DISK&VEN_NETAPP\r\n", "unknown"),
        ("INSIDE-CLAIM-MAC-01", "adapters", ADAPTERS.replace("02:00:00:00:10:01", ""), "unknown"),
        ("INSIDE-CLAIM-MAC-01", "adapters", ADAPTERS + E1000, "pass"),
        ("INSIDE-CLAIM-DRIVERS-01", "disks", DENIED, "unknown"),
        ("INSIDE-CLAIM-DRIVERS-01", "adapters", DENIED, "unknown"),
    ],
)
def test_claims_of_what_it_has(claim: str, question: str, answer: Any, expected: Word) -> None:
    said(claim, question, answer, expected)


def test_what_is_emulated_for_certain_outweighs_what_is_not_told() -> None:
    changes = {"inside.VM.disks": IDE, "inside.VM.adapters": DENIED}
    judged("INSIDE-CLAIM-DRIVERS-01", GUEST | changes, "fail")


@pytest.mark.parametrize(("control", "question"), QUESTIONS.items())
def test_what_a_guest_writes_is_escaped(control: str, question: str) -> None:
    hostile = "\u202e<b>\x1b[31m"
    rows = {
        "devices": f"31\t{hostile}\tXENVIF\\VEN_XSC000&DEV_NET&REV_1\\1\r\n{DEVICES}{hostile}",
        "drivers": DRIVERS.replace("9.1.12.120", hostile),
        "disks": f"{hostile}\tQEMU {hostile}\tIDE\r\n",
        "adapters": E1000.replace("Intel", hostile),
        "services": SERVICES.replace("Running\tAuto\tXen", f"{hostile}\t{hostile}\tXen"),
        "updates": f"{hostile}\r\n",
        "restarts": f"{hostile}\t{hostile}\r\n",
    }
    word, reason = verdict(control, a_pool(GUEST | {f"inside.VM.{question}": rows[question]}))
    assert word in {"fail", "unknown"}
    assert "\x1b" not in reason
    assert "\u202e" not in reason
