"""Verdicts counted and ordered: the numbers that every report shows."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from fixtures.verdict import Results, Subject, Verdict, Word

from .words import ALWAYS, FINDING_RANKS, LOOKS, rank


class Judged(NamedTuple):
    """A subject with all that was said of it, worst first."""

    subject: Subject
    verdicts: list[Verdict]

    @property
    def findings(self) -> list[Verdict]:
        """What failed or raised an error."""
        return [verdict for verdict in self.verdicts if verdict.verdict in ("fail", "error")]


class Reason(NamedTuple):
    """Why something could not be judged, how often, and by which controls."""

    text: str
    times: int
    controls: list[str]


def by_word(verdicts: Iterable[Verdict]) -> dict[Word, int]:
    """How many verdicts bear each word: every word, also those that nothing bears."""
    counts = Counter(verdict.verdict for verdict in verdicts)
    return {word: counts[word] for word in LOOKS}


def by_control(verdicts: Iterable[Verdict]) -> dict[str, Counter[Word]]:
    """Control id → how many verdicts bear each word, in the order in which controls appear."""
    counts: defaultdict[str, Counter[Word]] = defaultdict(Counter)
    for verdict in verdicts:
        counts[verdict.control][verdict.verdict] += 1
    return dict(counts)


def columns(counts: Iterable[Counter[Word]]) -> list[Word]:
    """The words that a table of these counts needs a column for."""
    seen = {word for count in counts for word in count}
    return [*ALWAYS, *(word for word in LOOKS if word in seen and word not in ALWAYS)]


def by_subject(verdicts: Iterable[Verdict]) -> list[Judged]:
    """Every subject with its verdicts: worst first: by their most severe findings, then by how many."""
    grouped: defaultdict[Subject, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        grouped[verdict.subject].append(verdict)
    for said in grouped.values():
        said.sort(key=rank)
    return sorted((Judged(subject, said) for subject, said in grouped.items()), key=_badness)


def unknown_reasons(verdicts: Iterable[Verdict]) -> list[Reason]:
    """Why subjects could not be judged, the most frequent reason first."""
    grouped: defaultdict[str, list[str]] = defaultdict(list)
    for verdict in verdicts:
        if verdict.verdict == "unknown":
            grouped[verdict.reason].append(verdict.control)
    reasons = [Reason(text, len(controls), sorted(set(controls))) for text, controls in grouped.items()]
    return sorted(reasons, key=lambda reason: -reason.times)


def conclusion(results: Results) -> tuple[Word, str]:
    """The one sentence to read of a run, and the verdict word whose look it bears."""
    counts = results.summary
    if not results.verdicts:
        return "unknown", "Nothing was judged"
    if counts["fail"]:
        return "fail", "Not compliant"
    if counts["error"]:
        return "error", "Not fully judged: checks raised errors"
    if not results.complete:
        return "unknown", "Nothing failed until the run stopped"
    if counts["unknown"]:
        return "unknown", "Nothing failed, but not everything could be judged"
    return "pass", "Compliant"


def _badness(judged: Judged) -> tuple[list[int], str]:
    # Compared position by position: how many critical failures, then high ones, …, then unknowns.
    counts = Counter(map(rank, judged.verdicts))
    return [-counts[position] for position in FINDING_RANKS], judged.subject.name or ""
