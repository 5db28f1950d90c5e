"""The summary on the terminal: what a tired administrator has to know, in 80 columns."""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from fixtures.controls import Control
from fixtures.printable import printable
from fixtures.verdict import PoolSummary, Results, Verdict, Word

from . import tally
from .words import LOOKS, named

WIDTH: Final = 80
WORST: Final = 10
"""Subjects that are named."""
FINDINGS_EACH: Final = 3
"""Findings that are named of each of them."""
REASONS: Final = 5
"""Reasons for unknown that are named."""

EXIT_CODES: Final = {
    pytest.ExitCode.OK: "nothing failed",
    pytest.ExitCode.TESTS_FAILED: "at least one check failed or raised an error",
    pytest.ExitCode.INTERRUPTED: "the run was interrupted; what was not judged is not known",
    pytest.ExitCode.INTERNAL_ERROR: "an internal error; do not rely on these verdicts",
    pytest.ExitCode.USAGE_ERROR: "a pool, a file or an option could not be used",
    pytest.ExitCode.NO_TESTS_COLLECTED: "there was nothing to check",
}

_SHORT: Final[dict[Word, str]] = {"not_applicable": "n.a.", "waiver_not_needed": "unneeded"}
"""Headings of columns where the label is too long."""


class Line(NamedTuple):
    """One line and how it looks where the terminal has colours."""

    text: str = ""
    markup: Mapping[str, bool] = {}


class Crash(NamedTuple):
    """A check that raised an error."""

    nodeid: str
    traceback: str


def brief(results: Results) -> Iterator[Line]:
    """The summary with -q: one line for each pool, and the counts."""
    for pool in results.pools:
        yield from _wrapped(_pool_title(pool), bold=True)
        yield from _notes(pool)
    yield from _conclusion(results)


def summary(
    results: Results, controls: Mapping[str, Control], crashes: Sequence[Crash], crash_count: int
) -> Iterator[Line]:
    """The whole summary but for reports and exit code. `crashes` are the first of `crash_count`."""
    for pool in results.pools:
        yield from _pool(pool)
    yield from _controls(results.verdicts, controls)
    yield from _errors(crashes, crash_count)
    yield from _unknown(results.verdicts)
    yield from _worst(results.verdicts)
    yield Line()
    yield from _conclusion(results)


def outcome(exit_code: int, counts: Mapping[Word, int]) -> Iterator[Line]:
    """What the exit code means."""
    meaning = EXIT_CODES.get(exit_code, "see pytest's message")  # type: ignore[call-overload] # plugins may set any code
    if exit_code == pytest.ExitCode.OK and counts["unknown"]:
        meaning += f", but {counts['unknown']} verdicts are unknown: neither pass nor fail"
    if (
        exit_code == pytest.ExitCode.TESTS_FAILED
        and counts["unknown"]
        and not counts["fail"] + counts["error"]
    ):
        meaning = f"{counts['unknown']} verdicts are unknown, and --unknown fail lets none of them through"
    yield from _wrapped(f"Exit code {int(exit_code)}: {meaning}.")


def reports(paths: Sequence[Path]) -> Iterator[Line]:
    """Where the reports lie. A path is never broken into lines: people copy it."""
    for index, path in enumerate(paths):
        yield Line(f"{'Reports:' if index == 0 else '':<9}{printable(str(path))}")


def _pool_title(pool: PoolSummary) -> str:
    product = f", {printable(pool.product_version)}" if pool.product_version else ""
    master = f", master {_name(pool.master, 40)}" if pool.master else ""
    return f"Pool {_name(pool.name, 40)}{product}{master}"


def _pool(pool: PoolSummary) -> Iterator[Line]:
    yield from _wrapped(_pool_title(pool), bold=True)
    yield from _wrapped(f"{pool.source}: {printable(pool.location)}", indent=2)
    account = f" as {printable(pool.account)}" if pool.account else ""
    role = f", role {printable(pool.role)}" if pool.role else ""
    yield from _wrapped(f"read at {printable(pool.read_at)}{account}{role}", indent=2)
    yield from _notes(pool)


def _notes(pool: PoolSummary) -> Iterator[Line]:
    for note in pool.notes:
        yield from _wrapped(f"NOTE: {printable(note)}", indent=2, yellow=True)


def _controls(verdicts: Sequence[Verdict], controls: Mapping[str, Control]) -> Iterator[Line]:
    counts = tally.by_control(verdicts)
    if not counts:
        return
    columns = tally.columns(counts.values())
    widths = {word: max(len(_SHORT.get(word, word)), 5) for word in columns}
    first = max(map(len, (*counts, "total")))
    room = WIDTH - first - sum(width + 1 for width in widths.values()) - 2

    def line(head: str, cells: Mapping[Word, str], tail: str) -> str:
        numbers = "".join(f" {cells[word]:>{width}}" for word, width in widths.items())
        return f"{head:<{first}}{numbers}  {tail if room >= 10 else ''}".rstrip()

    yield Line()
    yield Line(line("Control", {word: _SHORT.get(word, word) for word in columns}, ""), {"bold": True})
    for id_, of_control in counts.items():
        control = controls.get(id_)
        cells = {word: str(of_control[word] or "-") for word in columns}
        yield Line(
            line(id_, cells, fit(control.title, room) if control else ""),
            {_colour(of_control): True},
        )
    totals: Counter[Word] = sum(counts.values(), Counter())
    yield Line(line("total", {word: str(totals[word]) for word in columns}, ""), {"bold": True})


def _colour(counts: Counter[Word]) -> str:
    return next(look.colour for word, look in LOOKS.items() if counts[word])


def _errors(crashes: Sequence[Crash], count: int) -> Iterator[Line]:
    if not crashes:
        return
    more = f"; the first {len(crashes)}" if count > len(crashes) else ""
    yield Line()
    yield Line(f"Checks that raised an error: {count}{more}", {"bold": True, "red": True})
    for crash in crashes:
        yield from _wrapped(printable(crash.nodeid), indent=2)
        for text in crash.traceback.splitlines()[-6:]:
            yield Line(fit(f"    {printable(text)}", WIDTH), {"red": True})


def _unknown(verdicts: Sequence[Verdict]) -> Iterator[Line]:
    reasons = tally.unknown_reasons(verdicts)
    if not reasons:
        return
    more = f"; the {REASONS} most frequent of {len(reasons)} reasons" if len(reasons) > REASONS else ""
    yield Line()
    yield Line(f"Could not be judged: {sum(reason.times for reason in reasons)}{more}", {"bold": True})
    for reason in reasons[:REASONS]:
        controls = ", ".join(reason.controls)
        text = f"{reason.times:>6}  {printable(reason.text, 200)} ({controls})"
        yield from _wrapped(text, hanging=8, yellow=True)


def _worst(verdicts: Sequence[Verdict]) -> Iterator[Line]:
    judged = [subject for subject in tally.by_subject(verdicts) if subject.findings]
    if not judged:
        return
    more = f"; the worst {WORST}" if len(judged) > WORST else ""
    yield Line()
    yield Line(f"Objects with findings: {len(judged)}{more}", {"bold": True})
    width = max(len(verdict.control) for entry in judged[:WORST] for verdict in entry.findings)
    for entry in judged[:WORST]:
        yield Line(fit(f"  {entry.subject.kind} {printable(named(entry.subject))}", WIDTH), {"bold": True})
        for verdict in entry.findings[:FINDINGS_EACH]:
            text = f"    {verdict.severity:<8} {verdict.control:<{width}} {printable(verdict.reason)}"
            yield Line(fit(text, WIDTH), {LOOKS[verdict.verdict].colour: True})
        if len(entry.findings) > FINDINGS_EACH:
            yield Line(f"    and {len(entry.findings) - FINDINGS_EACH} more")


def _conclusion(results: Results) -> Iterator[Line]:
    word, sentence = tally.conclusion(results)
    counts = ", ".join(f"{count} {LOOKS[word].label}" for word, count in results.summary.items() if count)
    look = {LOOKS[word].colour: True, "bold": True}
    yield from _wrapped(f"{sentence}{': ' if counts else ''}{counts}.", **look)
    if not results.complete:
        yield from _wrapped("The run stopped early: subjects without a verdict were not judged.", red=True)


def _name(name: str | None, limit: int) -> str:
    return fit(printable(name), limit) if name else "(no name)"


def _wrapped(text: str, indent: int = 0, hanging: int | None = None, **markup: bool) -> Iterator[Line]:
    margin = " " * indent
    while text:
        head = _head(text, WIDTH - len(margin))
        if text[len(head) :].lstrip() == text[len(head) :] and len(head) < len(text):
            blank = head.rfind(" ")
            head = head[:blank] if blank > 0 else head
        yield Line(f"{margin}{head.rstrip()}", markup)
        text = text[len(head) :].lstrip()
        margin = " " * (indent + 2 if hanging is None else hanging)


def fit(text: str, columns: int) -> str:
    """Cut a text that takes more columns of a terminal than there are; its last letter is then `…`."""
    head = _head(text, columns)
    return text if head == text else f"{_head(text, columns - 1)}…"


def _head(text: str, columns: int) -> str:
    if text.isascii():
        return text[: max(columns, 0)]
    for index, character in enumerate(text):
        # Some letters take two columns, some marks none.
        wide = unicodedata.east_asian_width(character) in "WF"
        columns -= 0 if unicodedata.category(character) in ("Mn", "Me") else 1 + wide
        if columns < 0:
            return text[:index]
    return text
