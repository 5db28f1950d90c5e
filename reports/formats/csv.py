"""CSV, for spreadsheets: a row for each verdict."""

import csv
import unicodedata
from collections.abc import Mapping
from typing import Final, TextIO

from fixtures.controls import Control
from fixtures.verdict import Results, Verdict

from ..legible import legible
from ..words import identity

COLUMNS: Final = (
    "verdict", "severity", "control", "title", "kind", "name", "uuid", "pool", "reason", "waiver",
    "waived until",
)  # fmt: skip

FORMULA: Final = ("=", "+", "-", "@")
"""How a cell begins that a spreadsheet would calculate."""


def write(results: Results, controls: Mapping[str, Control], stream: TextIO) -> None:
    """Write the verdicts, as RFC 4180 has them; the byte order mark tells spreadsheets that it is UTF-8."""
    stream.write("\ufeff")
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    for verdict in results.verdicts:
        writer.writerow(map(defused, _row(verdict, controls.get(verdict.control))))


def defused(text: str) -> str:
    """The text as a cell that nothing calculates: OWASP's rule, an apostrophe before it.

    Some spreadsheets pass over blanks, and take letters of other widths for those that they stand for.
    """
    shown = legible(text)
    begins = unicodedata.normalize("NFKC", shown.lstrip()[:1])
    return f"'{shown}" if begins.startswith(FORMULA) else shown


def _row(verdict: Verdict, control: Control | None) -> tuple[str, ...]:
    subject, waiver = verdict.subject, verdict.waiver
    return (
        verdict.verdict,
        verdict.severity,
        verdict.control,
        control.title if control else "",
        subject.kind,
        subject.name or "",
        identity(subject),
        subject.pool or "",
        verdict.reason,
        f"{waiver.reason} ({waiver.source})" if waiver else "",
        (waiver.expires or "") if waiver else "",
    )
