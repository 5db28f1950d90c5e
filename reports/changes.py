"""What changed between two runs: new and fixed findings, what nobody can judge any more, what left."""

from collections.abc import Iterable, Mapping
from typing import Final, get_args

from fixtures.verdict import Subject, Verdict, Word

from .history import Change, Kind
from .words import FINDINGS

Key = tuple[str, Subject]
"""Control id and subject, without its name: names change."""

State = Mapping[Key, Word]
"""What a run said."""

MENDED: Final[frozenset[Word]] = frozenset({"pass", "waiver_not_needed", "not_applicable"})
"""What a finding, waived or not, has to become to count as fixed: waived or unknown is not mended."""

ORDER: Final[tuple[Kind, ...]] = get_args(Kind)
"""What somebody wants to know first."""

WORSE: Final[frozenset[Kind]] = frozenset({"new", "no_longer_waived", "newly_unknown"})
"""What was better before."""


def nameless(subject: Subject) -> Subject:
    """The subject by what stays the same from run to run."""
    return Subject(kind=subject.kind, uuid=subject.uuid, name=None, pool=subject.pool, ref=subject.ref)


def state(verdicts: Iterable[Verdict]) -> dict[Key, Word]:
    """What a run said, to be compared with another."""
    said = tuple(verdicts)
    stays = {subject: nameless(subject) for subject in {verdict.subject for verdict in said}}
    return {(verdict.control, stays[verdict.subject]): verdict.verdict for verdict in said}


def changes(
    before: State, now: State, names: Mapping[Subject, Subject], since: Mapping[Key, str], *, whole: bool
) -> tuple[Change, ...]:
    """What became of each control on each subject, the most important first.

    `names`: subjects without a name → with the latest one. `since`: when findings began. `whole`: all was
    judged now; else what has no verdict was only not asked for, and has not left.
    """
    found: list[Change] = []
    for key in dict.fromkeys([*now, *before]):
        change = _change(before.get(key), now.get(key), whole)
        if change:
            control, subject = key
            found.append(
                Change(
                    control=control, subject=names.get(subject, subject), change=change, since=since.get(key)
                )
            )
    return tuple(sorted(found, key=lambda each: ORDER.index(each.change)))


def _change(before: Word | None, now: Word | None, whole: bool) -> Kind | None:
    if now is None:
        return "left_scope" if whole else None
    if now in FINDINGS:
        if before == "waived":
            return "no_longer_waived"
        return "still_failing" if before in FINDINGS else "new"
    if now == "waived":
        return None if before == "waived" else "newly_waived"
    if now == "unknown":
        return None if before in (None, "unknown") else "newly_unknown"
    return "fixed" if before in (*FINDINGS, "waived") and now in MENDED else None
