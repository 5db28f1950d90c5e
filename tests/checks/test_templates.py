"""VM-TEMPLATE-01 and -02: the template that a VM was made from, and what became of it."""

from typing import Any

import pytest

from fixtures.verdict import Word
from tests.building import ABSENT, a_pool, judged, verdict
from tests.guests import (
    DANGLING,
    GM,
    JUST_STARTED,
    NO_DRIVERS,
    NOT_RUNNING,
    SILENT,
    domain,
    unreadable,
    windows,
)

OS = f"{GM}.os_version"


def made_from(label: str = "", name: str = "", **other: str) -> dict[str, Any]:
    """A VM whose template is called so."""
    named = {"base_template_name": name} if name else {}
    return {"VM.reference_label": label, "VM.other_config": named | other}


def reports(distro: str, **other: str) -> dict[str, Any]:
    """A guest with this system."""
    return {OS: {"distro": distro} | other}


LINUX = {"linux_template": "true"}
CDROM = {"install-methods": "cdrom"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        *[({"VM.power_state": state}, "pass") for state in NOT_RUNNING[:1]],
        (made_from("rhel-6-64bit"), "fail"),
        (made_from("debian-7-64bit"), "fail"),
        (made_from("", "Debian Wheezy 7.0 (64-bit)"), "fail"),
        (made_from("", "Demo Linux VM"), "fail"),
        (made_from("debian-12") | {"VM.PV_bootloader": "pygrub"}, "fail"),
        (made_from() | {"VM.PV_bootloader": "eliloader"}, "fail"),
        (made_from() | {"VM.PV_bootloader": ""}, "pass"),
        (made_from() | {"VM.PV_bootloader": ABSENT}, "unknown"),
        (made_from("debian-12") | {"VM.PV_bootloader": ABSENT}, "pass"),
        (made_from("sles-12-sp2-64bit"), "pass"),
        (made_from("sles-12-sp2-64bit") | {"VM.PV_bootloader": "pygrub"}, "fail"),
        (made_from("other-install-media"), "pass"),
        ({"VM.other_config": ABSENT}, "unknown"),
        (unreadable("VM.other_config"), "unknown"),
        (made_from("windows-10-64bit") | windows(), "not_applicable"),
        (domain("pv") | made_from("rhel-6-64bit"), "pass"),
        (domain("pv", "Halted") | made_from("rhel-6-64bit"), "pass"),
        (domain("pv_in_pvh") | made_from("rhel-6-64bit"), "pass"),
        (domain("pv") | made_from("debian-12"), "fail"),
        (domain("pv") | made_from("other-install-media"), "fail"),
        (domain("pv") | made_from("", "", **CDROM), "fail"),
        (domain("pv") | made_from("", "", **CDROM, **LINUX), "unknown"),
        (domain("pv") | made_from("sles-12-sp2-64bit"), "unknown"),
        (domain("pv") | made_from(), "unknown"),
        (domain("pvh"), "not_applicable"),
        (domain("unspecified"), "unknown"),
    ],
)
def test_template_makes_such_guests(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-TEMPLATE-01", changes, expected)


def test_a_linux_guest_from_a_pv_template_is_not_taken_for_windows_by_its_viridian_flag() -> None:
    """PV templates set viridian, and a guest without agent tells no system."""
    changes = made_from("rhel-6-64bit") | SILENT | {"VM.platform": {"viridian": "true"}}
    judged("VM-TEMPLATE-01", changes, "fail")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (made_from("ubuntu-22.04"), "pass"),
        (made_from("", "Debian Bookworm 12"), "pass"),
        (made_from("rhel-9"), "fail"),
        (made_from("windows-10-64bit"), "fail"),
        (made_from("windows-10-64bit") | windows(), "pass"),
        (made_from("debian-12") | reports("windows", name="Microsoft Windows 10 Pro"), "fail"),
        (made_from("centos-7") | reports("rocky"), "pass"),
        (made_from("almalinux-9") | reports("rhel"), "pass"),
        (made_from("sle-15-64bit") | reports("sles"), "pass"),
        (made_from("debian-12") | reports("freebsd"), "fail"),
        (made_from("", "", **LINUX), "pass"),
        (made_from("generic-linux-uefi") | reports("sles"), "pass"),
        (made_from("generic-linux-uefi") | reports("freebsd"), "fail"),
        (made_from("", "", **LINUX) | reports("windows", name="Windows 10"), "fail"),
        (made_from("other-install-media"), "not_applicable"),
        (made_from("", "The company's own"), "not_applicable"),
        (made_from(), "not_applicable"),
        (reports("arch"), "unknown"),
        (reports(""), "unknown"),
        ({"VM.other_config": ABSENT}, "unknown"),
        (DANGLING, "unknown"),
        (SILENT, "not_applicable"),
        (SILENT | JUST_STARTED, "unknown"),
        (NO_DRIVERS | {OS: {}}, "not_applicable"),
        ({OS: ABSENT}, "unknown"),
        *[({"VM.power_state": state}, "unknown") for state in NOT_RUNNING],
    ],
)
def test_template_suits_the_system_inside(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-TEMPLATE-02", changes, expected)


def test_both_are_named_safely() -> None:
    changes = made_from("rhel-9\u202e") | reports("debian", name="Debian\x1b[2J 12")
    word, reason = verdict("VM-TEMPLATE-02", a_pool(changes))
    assert (word, reason) == (
        "fail",
        "the guest is Debian\\x1b[2J 12, its template for another: rhel-9\\u202e",
    )
