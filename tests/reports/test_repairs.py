"""What a Fix section says, as data: ways by system, windows, and repairs that another control names."""

import pytest

from fixtures.audit import CHECKS
from fixtures.controls import Control, load_controls
from reports.repairs import Way, interrupts, like, ways

CONTROLS = load_controls((CHECKS,))


@pytest.mark.parametrize(
    ("fix", "expected"),
    [
        ("Do it.", [Way("", "Do it.", "", "not stated")]),
        ("Do it (window: live).", [Way("", "Do it (window: live).", "live", "live")]),
        ("Do it (or not; window: VM off).", [Way("", "Do it (or not; window: VM off).", "VM off", "VM off")]),
        (
            "Linux: a (window: in guest, no reboot). Windows: b (window: in guest, one reboot or two).",
            [
                Way("Linux", "a (window: in guest, no reboot).", "in guest, no reboot", "in guest"),
                Way(
                    "Windows",
                    "b (window: in guest, one reboot or two).",
                    "in guest, one reboot or two",
                    "guest reboot",
                ),
            ],
        ),
        (
            "Linux: a. Windows: b (window: in guest).",
            [
                Way("Linux", "a.", "in guest", "in guest"),
                Way("Windows", "b (window: in guest).", "in guest", "in guest"),
            ],
        ),
        (
            "a (window: VM off). Or b (window: live).",
            [Way("", "a (window: VM off). Or b (window: live).", "VM off", "VM off")],
        ),
        (
            "Where A-01 fails, repair that first. Else b (window: live).",
            [Way("", "Where A-01 fails, repair that first. Else b (window: live).", "live", "live", "A-01")],
        ),
        (
            "Linux: a. Windows: where VM-A-01 fails, repair that first; else b (window: in guest).",
            [
                Way("Linux", "a.", "in guest", "in guest"),
                Way(
                    "Windows",
                    "where VM-A-01 fails, repair that first; else b (window: in guest).",
                    "in guest",
                    "in guest",
                    "VM-A-01",
                ),
            ],
        ),
        ("", []),
    ],
)
def test_ways(fix: str, expected: list[Way]) -> None:
    assert ways(fix) == expected


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ("live", "live"),
        ("live, within the static range; static bounds: VM off", "live"),
        ("live with PV drivers, else guest reboot", "live"),
        ("VM off, or live with PV drivers", "VM off"),
        ("in guest", "in guest"),
        ("in guest, no reboot", "in guest"),
        ("in guest; Windows: guest reboot", "in guest"),
        ("in guest, one reboot or two", "guest reboot"),
        ("guest reboot", "guest reboot"),
        ("host evacuation; VMs move", "host evacuation"),
        ("", "not stated"),
    ],
)
def test_windows(window: str, expected: str) -> None:
    assert interrupts(window) == expected


@pytest.mark.parametrize(
    ("fix", "expected"),
    [
        ("As for VM-DRIVERS-01 (window: guest reboot).", "VM-DRIVERS-01"),
        ("Install as for X-01.", None),
        ("", None),
    ],
)
def test_like(fix: str, expected: str | None) -> None:
    assert like(fix) == expected


@pytest.mark.parametrize("control", CONTROLS.values(), ids=CONTROLS)
def test_every_control_states_a_window_for_every_way(control: Control) -> None:
    assert "not stated" not in [way.interrupts for way in ways(control.fix)]
    assert like(control.fix) in {None, *CONTROLS}
    assert {way.root for way in ways(control.fix)} <= {"", *CONTROLS}


def test_what_guest_tools_bring_is_repaired_with_them() -> None:
    following = {
        control.id
        for control in CONTROLS.values()
        if "VM-TOOLS-01" in {way.root for way in ways(control.fix)}
    }
    assert following == {
        "VM-DRIVERS-01",
        "VM-HOTPLUG-01",
        "VM-HOTPLUG-02",
        "VM-MIGRATE-01",
        "VM-SHUTDOWN-01",
        "VM-SUSPEND-01",
    }
