"""Nagios and Icinga: the line that a plugin prints, and its exit code (reports.nagios is the plugin)."""

from collections.abc import Mapping
from typing import Final, NamedTuple, TextIO

from fixtures.controls import Control
from fixtures.verdict import Results

from .. import tally
from ..legible import legible
from ..words import LOOKS

STATES: Final = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
"""By the plugin API's exit codes."""


class State(NamedTuple):
    """What a plugin says: its exit code, and one line."""

    code: int
    text: str


def write(results: Results, controls: Mapping[str, Control], stream: TextIO) -> None:
    """Write the line that a plugin prints."""
    stream.write(f"{state(results).text}\n")


def state(results: Results) -> State:
    """Critical where something of severity critical or high fails the run, or a pool was not read."""
    stopping = [verdict for verdict in results.verdicts if tally.stops(verdict, results.conditions)]
    severe = any(verdict.severity in ("critical", "high") for verdict in stopping)
    if tally.unread(results.pools) or severe:
        code = 2
    elif stopping:
        code = 1
    elif not results.complete or not results.verdicts:
        code = 3
    else:
        code = 1 if results.summary["unknown"] else 0
    _, sentence = tally.conclusion(results)
    counts = ", ".join(f"{count} {LOOKS[word].label}" for word, count in results.summary.items() if count)
    performance = " ".join(f"{word}={count};;;0" for word, count in results.summary.items())
    # A bar would end the text: performance data comes behind it.
    text = legible(f"{sentence}: {counts}").replace("|", "/")
    return State(code, f"POOLPROOF {STATES[code]} - {text} | {performance}")
