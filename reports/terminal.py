"""The summary on the terminal: what a tired administrator has to know, in 80 columns."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from fixtures.controls import Control
from fixtures.verdict import Conditions, PoolSummary, Results, Subject, Verdict, WaiverUse, Word

from . import tally
from .history import History, Kind
from .legible import legible
from .lines import WIDTH, Line, fit, width_of, wrapped
from .words import FINDINGS, LOOKS, SEVERITIES, named

WORST: Final = 10
"""Subjects that are named."""
FINDINGS_EACH: Final = 3
"""Findings that are named of each of them."""
TRACEBACK_LINES: Final = 6
"""How much is shown of the end of a traceback."""
REASONS: Final = 5
"""Reasons for unknown that are named."""

CHANGES: Final[dict[Kind, str]] = {
    "new": "new findings",
    "no_longer_waived": "no longer waived",
    "fixed": "fixed",
    "newly_waived": "now waived",
    "newly_unknown": "newly unknown",
    "left_scope": "not judged any more",
    "still_failing": "still failing",
}
"""What is said of changes since the last run."""

WAIVER_STATES: Final = {
    "expired": "has expired: what it covered counts again",
    "reopened": "was given for other facts: what it covered counts again",
    "not_needed": "is not needed any more: all that it covers passes; take it out",
    "unused": "covers nothing that was judged; take it out, or correct it",
}
"""What is said of waivers that do not just do their work."""

EXIT_CODES: Final = {
    pytest.ExitCode.OK: "nothing failed",
    pytest.ExitCode.TESTS_FAILED: "at least one check failed or raised an error",
    pytest.ExitCode.INTERRUPTED: "the run was interrupted; what was not judged is not known",
    pytest.ExitCode.INTERNAL_ERROR: "an internal error; do not rely on these verdicts",
    pytest.ExitCode.USAGE_ERROR: "a pool, a file or an option could not be used",
    pytest.ExitCode.NO_TESTS_COLLECTED: "there was nothing to check",
}


class Crash(NamedTuple):
    """A check that raised an error."""

    nodeid: str
    traceback: str


def brief(results: Results, crashes: Sequence[Crash], crash_count: int) -> Iterator[Line]:
    """The summary with -q: a line for each pool and for each of the worst objects, and the counts."""
    for pool in results.pools:
        yield from _pool_title(pool)
        yield from _notes(pool)
    yield from _narrowed(results.conditions)
    stopping = results.verdicts if results.conditions.unknown == "fail" else []
    sections = (*_errors(crashes, crash_count, 1), *_unknown(stopping))
    yield from (line for line in sections if line.text)
    yield from (line for line in _waivers(results.waivers) if line.text)
    yield from _worst_in_brief(results)
    yield from _conclusion(results)


def summary(
    results: Results, controls: Mapping[str, Control], crashes: Sequence[Crash], crash_count: int
) -> Iterator[Line]:
    """The whole summary but for reports and exit code. `crashes` are the first of `crash_count`."""
    for pool in results.pools:
        yield from _pool(pool)
    yield from _conditions(results.conditions)
    yield from _controls(results.verdicts, controls)
    yield Line()
    yield from _errors(crashes, crash_count, TRACEBACK_LINES)
    yield from _unknown(results.verdicts)
    yield from _waivers(results.waivers)
    yield from _worst(results)
    yield from _conclusion(results)


def changed(history: History) -> Iterator[Line]:
    """What is not as it was."""
    if history.compared_with is None:
        return
    counts = Counter(change.change for change in history.changes)
    told = ", ".join(f"{counts[kind]} {words}" for kind, words in CHANGES.items() if counts[kind])
    yield from wrapped(f"Since {history.compared_with}: {told or 'no change'}.")
    if history.differences:
        yield from wrapped(f"Not judged alike then and now: {'; '.join(history.differences)}.", yellow=True)


def outcome(
    exit_code: int, results: Results, unread: bool, deselected: int = 0, broken: Sequence[str] = ()
) -> Iterator[Line]:
    """What the exit code means. `unread`: not all could be read, and that alone fails the run.

    `deselected`: how many checks the command line left out. `broken`: files that could not be collected.
    """
    counts = results.summary
    meaning = EXIT_CODES.get(exit_code, "see pytest's message")  # type: ignore[call-overload] # plugins may set any code
    if exit_code == pytest.ExitCode.OK and counts["fail"]:
        meaning = f"nothing of severity {results.conditions.fail_on} or above failed"
    if exit_code == pytest.ExitCode.OK and counts["unknown"]:
        meaning += f", but {counts['unknown']} verdicts are unknown: neither pass nor fail"
    if exit_code == pytest.ExitCode.TESTS_FAILED:
        stopping = {
            verdict.verdict for verdict in results.verdicts if tally.stops(verdict, results.conditions)
        }
        if stopping == {"unknown"}:
            meaning = (
                f"{counts['unknown']} verdicts are unknown, and --unknown fail lets none of them through"
            )
        elif unread and not stopping:
            meaning = "not all of the pools could be read"
    if broken:
        names = legible(broken[0]) + (f" and {len(broken) - 1} more" if len(broken) > 1 else "")
        if exit_code == pytest.ExitCode.INTERRUPTED:
            meaning = f"the audit was interrupted by {names}: it cannot be collected"
        else:  # with -n, and with --continue-on-collection-errors
            meaning += f"; {names} cannot be collected, and judged nothing"
    if exit_code == pytest.ExitCode.NO_TESTS_COLLECTED:
        meaning += f": {_left_nothing_over(results.conditions, deselected)}"
    yield from wrapped(f"Exit code {int(exit_code)}: {meaning}.")


def _left_nothing_over(conditions: Conditions, deselected: int) -> str:
    """What selected nothing. VMs are selected before checks are, and only checks are deselected."""
    after = [each for each in conditions.selection if not each.startswith(("--vm ", "--tag "))]
    if deselected and after:
        return f"none of {deselected} checks is selected by {legible(', '.join(after))}"
    if conditions.selection:
        return f"nothing is selected by {legible(', '.join(conditions.selection))}"
    return f"the policy {legible(conditions.policy)} leaves nothing over"


def reports(paths: Sequence[Path]) -> Iterator[Line]:
    """Where the reports lie. A path is never broken into lines: people copy it."""
    for index, path in enumerate(paths):
        yield Line(f"{'Reports:' if index == 0 else '':<9}{legible(str(path))}")


def _pool_title(pool: PoolSummary) -> Iterator[Line]:
    if pool.source == "unread":
        yield from wrapped(f"NOT READ: pool {legible(pool.location)}", bold=True, red=True)
        return
    product = f", {legible(pool.product_version)}" if pool.product_version else ""
    master = f", master {_name(pool.master, 40)}" if pool.master else ""
    yield from wrapped(f"Pool {_name(pool.name, 40)}{product}{master}", bold=True)


def _pool(pool: PoolSummary) -> Iterator[Line]:
    yield from _pool_title(pool)
    if pool.source != "unread":
        yield from wrapped(f"{pool.source}: {legible(pool.location)}", indent=2)
        account = f" as {legible(pool.account)}" if pool.account else ""
        role = f", role {legible(pool.role)}" if pool.role else ""
        yield from wrapped(f"read at {legible(pool.read_at)}{account}{role}", indent=2)
    yield from _notes(pool)


def _notes(pool: PoolSummary) -> Iterator[Line]:
    colour = "red" if pool.source == "unread" else "yellow"
    for note in pool.notes:
        yield from wrapped(f"NOTE: {legible(note)}", indent=2, **{colour: True})


def _conditions(conditions: Conditions) -> Iterator[Line]:
    extended = f", on {legible(', '.join(conditions.profiles))}" if conditions.profiles else ""
    yield from wrapped(f"Policy {legible(conditions.policy)}{extended}", hanging=2)
    if conditions.fail_on != SEVERITIES[-1]:
        yield Line(f"Findings below severity {conditions.fail_on} are reported, but do not fail this run")
    if conditions.ratchet:
        yield from wrapped(f"Known failures: {legible(conditions.ratchet)}", hanging=2)
    if conditions.inside:
        yield Line(f"Looked into {' and '.join(conditions.inside)}")
    if conditions.unknown == "fail":
        yield Line("--unknown fail: what cannot be judged fails this run")
    yield from _narrowed(conditions)


def _narrowed(conditions: Conditions) -> Iterator[Line]:
    if conditions.selection:
        selection = legible(", ".join(conditions.selection))
        yield from wrapped(f"ONLY A SELECTION WAS JUDGED: {selection}", hanging=2, bold=True, yellow=True)


def _controls(verdicts: Sequence[Verdict], controls: Mapping[str, Control]) -> Iterator[Line]:
    counts = tally.by_control(verdicts)
    if not counts:
        return
    columns = tally.columns(counts.values())
    widths = {word: max(len(LOOKS[word].short), 5) for word in columns}
    first = max(map(len, (*counts, "total")))
    room = WIDTH - first - sum(width + 1 for width in widths.values()) - 2

    def line(head: str, cells: Mapping[Word, str], tail: str) -> str:
        numbers = "".join(f" {cells[word]:>{width}}" for word, width in widths.items())
        return f"{head:<{first}}{numbers}  {tail if room >= 10 else ''}".rstrip()

    yield Line()
    yield Line(line("Control", {word: LOOKS[word].short for word in columns}, ""), {"bold": True})
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


def _errors(crashes: Sequence[Crash], count: int, lines: int) -> Iterator[Line]:
    if not crashes:
        return
    more = f"; the first {len(crashes)}" if count > len(crashes) else ""
    yield Line(f"Checks that raised an error: {count}{more}", {"bold": True, "red": True})
    for crash in crashes:
        yield from wrapped(legible(crash.nodeid), indent=2)
        for text in crash.traceback.splitlines()[-lines:]:
            yield Line(fit(f"    {legible(text)}", WIDTH), {"red": True})
    yield Line()


def _unknown(verdicts: Sequence[Verdict]) -> Iterator[Line]:
    reasons = tally.unknown_reasons(verdicts)
    if not reasons:
        return
    more = f"; the {REASONS} most frequent of {len(reasons)} reasons" if len(reasons) > REASONS else ""
    yield Line(f"Could not be judged: {sum(reason.times for reason in reasons)}{more}", {"bold": True})
    for reason in reasons[:REASONS]:
        controls = ", ".join(reason.controls)
        text = f"{reason.times:>6}  {legible(reason.text, 200)} ({controls})"
        yield from wrapped(text, hanging=8, yellow=True)
    yield Line()


def _waivers(waivers: Sequence[WaiverUse]) -> Iterator[Line]:
    """The waivers that somebody has to look at."""
    told = [waiver for waiver in waivers if waiver.state in WAIVER_STATES]
    if not told:
        return
    yield Line(f"Waivers to look at: {len(told)} of {len(waivers)}", {"bold": True})
    for waiver in told:
        text = f"  {waiver.source}: {waiver.control} for {legible(waiver.subject, 80)}"
        yield from wrapped(f"{text} {WAIVER_STATES[waiver.state]}", hanging=4, yellow=True)
    yield Line()


def _worst(results: Results) -> Iterator[Line]:
    judged = _with_findings(results)
    if not judged:
        return
    yield _worst_title(judged)
    pools = tally.pool_names(results.pools)
    width = max(len(verdict.control) for entry in judged[:WORST] for verdict in entry.findings)
    for entry in judged[:WORST]:
        yield Line(f"  {_object(entry.subject, pools, WIDTH - 2)}", {"bold": True})
        for verdict in entry.findings[:FINDINGS_EACH]:
            text = f"    {verdict.severity:<8} {verdict.control:<{width}} {legible(verdict.reason)}"
            yield Line(fit(text, WIDTH), {LOOKS[verdict.verdict].colour: True})
        if len(entry.findings) > FINDINGS_EACH:
            yield Line(f"    and {len(entry.findings) - FINDINGS_EACH} more")
    yield Line()


def _worst_in_brief(results: Results) -> Iterator[Line]:
    judged = _with_findings(results)
    if not judged:
        return
    yield _worst_title(judged)
    pools = tally.pool_names(results.pools)
    for entry in judged[:WORST]:
        worst, *others = entry.findings
        head = f"  {_object(entry.subject, pools, WIDTH // 2 - 4)}: {worst.severity} {worst.control} "
        tail = f" (and {len(others)} more)" if others else ""
        reason = fit(legible(worst.reason), WIDTH - width_of(head) - len(tail))
        yield Line(f"{head}{reason}{tail}", {LOOKS[worst.verdict].colour: True})
    if len(judged) > WORST:
        yield Line(f"  and {len(judged) - WORST} more")


def _with_findings(results: Results) -> list[tally.Judged]:
    return [judged for judged in tally.by_subject(results.verdicts) if judged.findings]


def _worst_title(judged: Sequence[tally.Judged]) -> Line:
    more = f"; the worst {WORST}" if len(judged) > WORST else ""
    return Line(f"Objects with findings: {len(judged)}{more}", {"bold": True})


def _object(subject: Subject, pools: Mapping[str, str], limit: int) -> str:
    pool = "" if subject.kind == "pool" else pools.get(subject.pool or "", "")
    whose = f" of {fit(legible(pool), limit // 2 - 4)}" if pool else ""
    return fit(f"{subject.kind} {legible(named(subject))}", limit - width_of(whose)) + whose


def _conclusion(results: Results) -> Iterator[Line]:
    word, sentence = tally.conclusion(results)
    look = {LOOKS[word].colour: True, "bold": True}
    yield from wrapped(f"{sentence}.", **look)
    counts = [f"{count} {LOOKS[word].label}" for word, count in results.summary.items() if count]
    if counts:
        yield from wrapped(f"Verdicts: {', '.join(counts)}.")
    severities = [f"{count} {severity}" for severity, count in tally.by_severity(results.verdicts).items()]
    if any(results.summary[word] for word in FINDINGS):
        yield from wrapped(f"Findings: {', '.join(severities)}.")
    if not results.complete:
        yield from wrapped("The run stopped early: subjects without a verdict were not judged.", red=True)


def _name(name: str | None, limit: int) -> str:
    return fit(legible(name), limit) if name else "(no name)"
