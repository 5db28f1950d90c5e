"""What a report is told of earlier runs, by whoever remembers them."""

from typing import Literal

from msgspec import Struct

from fixtures.verdict import Subject, Word

Kind = Literal[
    "new", "no_longer_waived", "fixed", "newly_waived", "newly_unknown", "left_scope", "still_failing"
]


class Change(Struct, frozen=True, kw_only=True):
    """What became of one control on one subject since the run that this one is compared with."""

    control: str
    subject: Subject
    change: Kind
    """No longer waived: a finding that was waived then. Left scope: it was judged then, and is not now."""
    since: str | None
    """ISO 8601: when it began to fail, of what fails; None: not known."""


class Point(Struct, frozen=True, kw_only=True):
    """One run in the course of time."""

    at: str
    """ISO 8601."""
    counts: dict[Word, int]


class LastKnown(Struct, frozen=True, kw_only=True):
    """What was last known of what is unknown in this run, such as the tools of a VM that is halted today."""

    control: str
    subject: Subject
    verdict: Word
    at: str
    """ISO 8601: when the run was started that knew it."""


class History(Struct, frozen=True, kw_only=True):
    """What earlier runs tell."""

    compared_with: str | None
    """When the run was started that changes are counted from; None: there was none to compare with."""
    changes: tuple[Change, ...]
    series: tuple[Point, ...]
    """Runs that judged the same as this one, oldest first, this one last."""
    last_known: tuple[LastKnown, ...] = ()
    """Of what is unknown in this run."""
    differences: tuple[str, ...] = ()
    """In what that run and this one are not alike (reports/terms.py)."""
