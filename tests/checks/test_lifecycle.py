"""VM-STATE-01 and -02: one power state, two verdicts."""

from typing import Any

import pytest

from fixtures.verdict import Word
from tests.building import ABSENT, a_pool, verdict


@pytest.mark.parametrize(
    ("state", "suspended", "stuck"),
    [
        ("Running", "pass", "pass"),
        ("Halted", "pass", "pass"),
        ("Suspended", "fail", "pass"),
        ("Paused", "pass", "fail"),
        ("Crashed", "unknown", "fail"),
        ("\x1b[2J", "unknown", "fail"),
        ("", "unknown", "fail"),
        (ABSENT, "unknown", "unknown"),
    ],
)
def test_power_states(state: Any, suspended: Word, stuck: Word) -> None:
    pool = a_pool({"VM.power_state": state})
    for control, expected in (("VM-STATE-01", suspended), ("VM-STATE-02", stuck)):
        word, reason = verdict(control, pool)
        assert word == expected
        assert reason.isprintable()
