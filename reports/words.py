"""How each verdict word looks: the same in every report, never told by colour alone."""

from typing import Final, NamedTuple

from fixtures.verdict import Severity, Subject, Verdict, Word


class Look(NamedTuple):
    """The faces of one verdict word."""

    label: str
    """For people, in every report."""
    short: str
    """The label where there is little room: in grids and headings of columns."""
    symbol: str
    """Stands before the label in HTML."""
    category: str
    """pytest's: what the last line of the run counts."""
    letter: str
    """pytest's: progress on the terminal."""
    colour: str
    """A markup of pytest's terminal writer."""
    outcome: str
    """pytest-html's: under which of its outcomes its row counts."""


LOOKS: Final[dict[Word, Look]] = {
    "fail": Look("fail", "fail", "✗", "failed", "F", "red", "failed"),
    "error": Look("error", "error", "!", "error", "E", "red", "error"),
    "unknown": Look("unknown", "unknown", "?", "unknown", "?", "yellow", "skipped"),
    "waiver_not_needed": Look(
        "waiver not needed", "unneeded", "◆", "waiver not needed", "W", "yellow", "xpassed"
    ),
    "waived": Look("waived", "waived", "◇", "waived", "w", "yellow", "xfailed"),
    "not_applicable": Look("not applicable", "n. a.", "–", "not applicable", "-", "light", "skipped"),
    "pass": Look("pass", "pass", "✓", "passed", ".", "green", "passed"),
}
"""Every word, worst first."""

ALWAYS: Final[tuple[Word, ...]] = ("pass", "fail", "unknown", "not_applicable", "error")
"""Words that every table counts; the others have a column only where they occur."""

SEVERITIES: Final[tuple[Severity, ...]] = ("critical", "high", "medium", "low")
"""Worst first."""

FINDINGS: Final[tuple[Word, ...]] = ("fail", "error")
"""The verdicts that are findings."""

LISTED: Final[tuple[Word, ...]] = (*FINDINGS, "unknown", "waiver_not_needed")
"""What somebody has to look at, worst first: findings, and what is no pass either."""

_ORDER: Final = {
    pair: position
    for position, pair in enumerate(
        (word, severity)
        for word in (*LISTED, *(word for word in LOOKS if word not in LISTED))
        for severity in SEVERITIES
    )
}

LISTED_RANKS: Final = range(len(LISTED) * len(SEVERITIES))
"""The ranks of what somebody has to look at."""


def rank(verdict: Verdict) -> int:
    """How much a verdict matters: 0 is the worst, a critical failure; what passed comes last."""
    return _ORDER[verdict.verdict, verdict.severity]


def identity(subject: Subject) -> str:
    """What tells a subject from others: its uuid, else its reference; hostile until escaped."""
    return subject.uuid or subject.ref or ""


def named(subject: Subject) -> str:
    """What people call a subject: its name, else its uuid, else its reference; hostile until escaped."""
    if subject.name is not None and subject.name.strip():
        return subject.name
    return f"(no name) {identity(subject)}".strip()
