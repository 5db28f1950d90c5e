"""VM-DRIVE-01: what is left in the drive, and which disc it is."""

from typing import Any

import pytest

from fixtures.verdict import Word
from tests.building import ABSENT, a_pool, judged, verdict
from tests.guests import NOT_RUNNING

CD = {
    "VM.VBDs": ["OpaqueRef:VBD", "OpaqueRef:VBDcd"],
    "VBD:cd.type": "CD",
    "VBD:cd.empty": False,
    "VBD:cd.VDI": "OpaqueRef:VDIiso",
    "VBD:cd.userdevice": "3",
    "VDI:iso.name_label": "debian-12.iso",
    "VDI:iso.SR": "OpaqueRef:SRiso",
    "SR:iso.type": "iso",
    "SR:iso.content_type": "iso",
    "SR:iso.name_label": "NFS ISO library",
}
"""A VM with a disc of a shared library in its drive."""


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (CD, "fail"),
        (CD | {"VBD:cd.empty": True}, "pass"),
        (CD | {"VBD:cd.type": "Floppy"}, "pass"),
        (CD | {"VBD:cd.VDI": "OpaqueRef:NULL"}, "fail"),
        *[(CD | {"VM.power_state": state}, "fail") for state in NOT_RUNNING],
        (CD | {"VBD:cd.empty": ABSENT}, "unknown"),
        (CD | {"VBD:cd.type": ABSENT}, "unknown"),
        (CD | {"VBD:cd.type": "Tape"}, "unknown"),
        ({"VM.VBDs": ["OpaqueRef:VBD", "OpaqueRef:gone"]}, "unknown"),
        ({"VM.VBDs": ABSENT}, "unknown"),
        ({"VM.VBDs": [], "VBD": ABSENT}, "pass"),
    ],
)
def test_no_iso_is_left_in_the_drive(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-DRIVE-01", changes, expected)


TOOLS = "in the drive: the guest tools' ISO 'debian-12.iso'"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "in the drive: 'debian-12.iso'"),
        ({"VDI:iso.is_tools_iso": True}, TOOLS),
        ({"SR:iso.is_tools_sr": True}, TOOLS),
        ({"VDI:iso.name_label": "xs-tools.iso"}, "in the drive: the guest tools' ISO 'xs-tools.iso'"),
        (
            {"SR:iso.shared": False},
            "in the drive: 'debian-12.iso', which only one host has: it blocks migration",
        ),
        ({"SR:iso.shared": ABSENT}, "in the drive: 'debian-12.iso'"),
        ({"VDI:iso.SR": "OpaqueRef:gone"}, "in the drive: 'debian-12.iso'"),
        ({"VBD:cd.VDI": "OpaqueRef:gone"}, "in the drive: an image that does not resolve"),
        ({"VDI:iso.name_label": "a\u202eb"}, "in the drive: 'a\\u202eb'"),
    ],
)
def test_the_disc_is_told(changes: dict[str, Any], said: str) -> None:
    assert verdict("VM-DRIVE-01", a_pool(CD | changes)) == ("fail", said)


def test_every_disc_is_told() -> None:
    both = CD | {"VBD:dvd.type": "CD", "VBD:dvd.VDI": "OpaqueRef:NULL"}
    _, reason = verdict("VM-DRIVE-01", a_pool(both))
    assert reason == "in the drive: 'debian-12.iso' and an image that is not set"
