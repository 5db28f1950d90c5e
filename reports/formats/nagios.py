"""Nagios and Icinga: the output of a plugin, from the last run.

`python -m reports.formats.nagios reports/out/results.json --max-age 26` is the plugin: it prints what this
run would have written to nagios.txt, and ends with the plugin API's code (0 ok, 1 warning, 2 critical,
3 unknown). An old or missing results.json is unknown.
"""

import argparse
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple, TextIO

from fixtures.controls import Control
from fixtures.errors import PoolproofError
from fixtures.verdict import Results

from .. import tally
from ..legible import legible
from ..results import read
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


def main(arguments: list[str] | None = None) -> int:
    """The plugin."""
    parser = argparse.ArgumentParser(description="Nagios plugin: what the last audit said")
    parser.add_argument("results", type=Path, help="results.json of the last run")
    parser.add_argument(
        "--max-age", type=float, default=26, metavar="HOURS", help="older: unknown (default: 26)"
    )
    given = parser.parse_args(arguments)
    try:
        results = read(given.results)
    except PoolproofError as error:
        print(f"POOLPROOF UNKNOWN - {legible(str(error))}")
        return 3
    age = datetime.now(UTC) - datetime.fromisoformat(results.finished)
    if age > timedelta(hours=given.max_age):
        print(f"POOLPROOF UNKNOWN - the last run ended more than {given.max_age:g} h ago: {results.finished}")
        return 3
    found = state(results)
    print(found.text)
    return found.code


if __name__ == "__main__":
    sys.exit(main())
