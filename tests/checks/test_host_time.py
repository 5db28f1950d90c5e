"""Time on hosts: right, and kept right."""

from typing import Any

import pytest

from fixtures.policy import Policy
from fixtures.policy.sections import Hosts
from fixtures.verdict import Word
from tests.building import ABSENT, COMPLIANT, a_pool, verdict, verdicts_on


def clocks(*offsets: float | None, doubt: float = 1.0) -> dict[str, Any]:
    """Hosts whose clocks are ahead of this machine's by so many seconds; None did not answer."""
    changes: dict[str, Any] = {
        f"host:{number}.name_label": f"xen{number}" for number in range(3, len(offsets) + 1)
    }
    for number, offset in enumerate(offsets, start=1):
        told = {"unanswered": {"clock_offset": "timed out"}}
        answer = told if offset is None else {"clock_offset": offset, "clock_doubt": doubt}
        changes[f"answers.host{number if number > 1 else ''}"] = answer
    return changes


@pytest.mark.parametrize(
    ("changes", "expected", "said"),
    [
        ({}, "pass", "this machine's clock"),
        (clocks(9, 9), "pass", ""),
        (clocks(-9, -9), "pass", "behind this machine's clock"),
        (clocks(60, 0), "fail", "60.0 s ahead of this machine's clock"),
        (clocks(-60, 0), "fail", "60.0 s behind"),
        (clocks(60, 60), "fail", "this machine's clock"),
        (clocks(10.5, 10.5), "unknown", "may be off"),
        (clocks(0, 0, doubt=30), "unknown", "may be off"),
        (clocks(60, 60, doubt=30), "fail", "this machine's clock"),
        (clocks(None, 0), "unknown", "timed out"),
        (clocks(0, None), "pass", ""),
        ({"answers.host": ABSENT}, "unknown", "a file"),
    ],
)
def test_clock_is_right(changes: dict[str, Any], expected: Word, said: str) -> None:
    word, reason = verdict("HOST-CLOCK-01", a_pool(changes))
    assert word == expected
    assert said in reason


def test_one_wrong_clock_does_not_make_the_others_look_wrong() -> None:
    words = [word for word, _ in verdicts_on("HOST-CLOCK-01", a_pool(clocks(0.2, 3600, 0.1)))]
    assert words == ["pass", "fail", "pass"]


def test_seconds_that_a_clock_may_be_off_are_the_policy_s() -> None:
    pool = a_pool(clocks(60, 60))
    assert verdict("HOST-CLOCK-01", pool, Policy(hosts=Hosts(clock_seconds=300)))[0] == "pass"


def ntp(mode: object, *servers: str) -> dict[str, Any]:
    """A host with NTP so."""
    return {"host.ntp_mode": mode, "host.ntp_custom_servers": list(servers)}


OLD = {"host.software_version": COMPLIANT["host"]["software_version"] | {"xapi_build": "25.33.0"}}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (ntp("DHCP"), "pass"),
        (ntp("Custom", "ntp.example"), "pass"),
        (ntp("Custom"), "fail"),
        (ntp("Custom", " "), "fail"),
        (ntp("Disabled"), "fail"),
        (ntp("Lunar"), "unknown"),
        ({"host.ntp_mode": "Custom", "host.ntp_custom_servers": ABSENT}, "unknown"),
        (ntp(ABSENT), "unknown"),
        (ntp(ABSENT) | OLD, "not_applicable"),
    ],
)
def test_ntp_is_set_up(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("HOST-NTP-01", a_pool(changes))[0] == expected
