"""Windows guests as machines, asked over WinRM: what controls make of what they tell."""

from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from msgspec import structs

from fixtures.facts.pool import Pool
from fixtures.policy.inside import Inside, Login
from fixtures.sources.inside.asking import ask_all
from fixtures.sources.inside.machine import Machine
from fixtures.verdict import Word
from tests.building import CHECKS, COMPLIANT, a_reading, verdict
from tests.guests import windows
from tests.inside.powershell import answering
from tests.inside.winrm_server import Windows
from tests.windows_insides import DEVICES, E1000, IDE, OLD, WINDOWS
from tests.xapi.servers import AUTHORITY

GUEST: Final = "OpaqueRef:VM"
UUID: Final[str] = COMPLIANT["VM"]["uuid"]
TOLD: Final = {question: text.replace("{uuid}", UUID) for question, text in WINDOWS.items()}
XENSERVER: Final = windows(xenbus="XenServer 9.1.12.120 ", xeniface="XenServer 9.1.13.101 ")


def said(
    tmp_path: Path, told: dict[str, Any], changes: dict[str, Any] | None = None, lost: str = ""
) -> dict[str, tuple[Word, str]]:
    """Control → what it says of a guest that has really been asked, and why."""
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    (tmp_path / "password").touch(0o600)
    (tmp_path / "password").write_text("Correct horse 1\n")
    with Windows(answering(told, lost=lost)) as machine:
        login = Login(
            backend="winrm",
            user=machine.user,
            port=machine.port,
            password_file=str(tmp_path / "password"),
            ca_file=str(tmp_path / "ca.pem"),
        )
        asked = Machine(ref=GUEST, system="windows", address=machine.address, login=login)
        (answers,) = ask_all([asked], Inside())
        assert machine.shells.open == 0
    reading = a_reading(XENSERVER | {"VM.has_vendor_device": True} | (changes or {}))
    pool = Pool(structs.replace(reading, inside={GUEST: answers}), timedelta(minutes=3))
    ours = (
        each for each in CHECKS if each.startswith("INSIDE-WINDOWS-") or each == "INSIDE-CLAIM-DRIVERS-02"
    )
    return {each: verdict(each, pool) for each in ours}


def words(verdicts: dict[str, tuple[Word, str]]) -> set[Word]:
    return {word for word, _ in verdicts.values()}


def passes(verdicts: dict[str, tuple[Word, str]]) -> bool:
    """All of it passes, but that Windows Server 2022 brings .NET."""
    brought = verdicts.pop("INSIDE-WINDOWS-DOTNET-01")
    return brought == ("not_applicable", "this Windows brings it") and words(verdicts) == {"pass"}


def test_a_good_guest_passes(tmp_path: Path) -> None:
    assert passes(said(tmp_path, TOLD))


def test_an_old_guest_without_dotnet_fails(tmp_path: Path) -> None:
    verdicts = said(tmp_path, TOLD | {"release": OLD, "dotnet": ""})
    assert verdicts["INSIDE-WINDOWS-DOTNET-01"] == ("fail", "expected .NET Framework 4, actual none")


def test_a_guest_on_emulated_devices_fails(tmp_path: Path) -> None:
    emulated = {
        "devices": "28\t\tPCI\\VEN_5853&DEV_0001&SUBSYS_00015853&REV_01\\3&1&10\r\n",
        "drivers": "",
        "disks": IDE,
        "adapters": E1000,
        "services": "Running\tAuto\tWinmgmt\r\n",
    }
    verdicts = said(tmp_path, TOLD | emulated)
    red = {control for control, (word, _) in verdicts.items() if word == "fail"}
    assert red == {
        "INSIDE-WINDOWS-DRIVERS-01",
        "INSIDE-WINDOWS-DISKS-01",
        "INSIDE-WINDOWS-NICS-01",
        "INSIDE-WINDOWS-AGENT-01",
    }
    assert "xennet (it has no device)" in verdicts["INSIDE-WINDOWS-DRIVERS-01"][1]


def test_a_guest_that_is_another_is_not_believed(tmp_path: Path) -> None:
    verdicts = said(tmp_path, TOLD | {"identity": "22222222-0000-4000-8000-000000000002\r\n"})
    assert words(verdicts) == {"unknown"}
    assert verdicts["INSIDE-WINDOWS-DISKS-01"][1].startswith("another machine answers at 127.0.0.1")


def test_firmware_may_tell_the_uuid_in_the_other_order(tmp_path: Path) -> None:
    told = TOLD | {"identity": "44332211-6655-8877-8000-000000000001\r\n"}
    changes = {"VM.uuid": "11223344-5566-7788-8000-000000000001"}
    assert passes(said(tmp_path, told, changes))


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (
            {"identity": (1, "Access denied \n")},
            "which machine answers cannot be told (identity: Access denied)",
        ),
        ({"identity": (127, "The term is not recognized\n")}, "there is no such command"),
    ],
)
def test_a_user_who_may_not_ask_is_told_so(tmp_path: Path, told: dict[str, Any], why: str) -> None:
    verdicts = said(tmp_path, TOLD | told)
    assert words(verdicts) == {"unknown"}
    assert all(why in reason for _, reason in verdicts.values())


def test_what_was_answered_before_it_went_away_is_judged(tmp_path: Path) -> None:
    verdicts = said(tmp_path, TOLD, lost="disks")
    assert verdicts["INSIDE-WINDOWS-DRIVERS-01"][0] == "pass"
    assert verdicts["INSIDE-WINDOWS-DISKS-01"] == ("unknown", "it does not answer what it was asked")


def test_a_driver_that_failed_says_so_in_any_letter_case(tmp_path: Path) -> None:
    verdicts = said(tmp_path, TOLD | {"devices": DEVICES.replace("0\txenvif", "10\tXENVIF")})
    assert verdicts["INSIDE-WINDOWS-DRIVERS-01"] == ("fail", "not at work: xenvif (problem 10)")
