"""Verdicts counted and ordered: the numbers that every report shows."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from fixtures.verdict import Conditions, PoolSummary, Results, Severity, Subject, Verdict, Word

from .words import ALWAYS, FINDINGS, LISTED_RANKS, LOOKS, SEVERITIES, rank


class Judged(NamedTuple):
    """A subject with all that was said of it, worst first."""

    subject: Subject
    verdicts: list[Verdict]

    @property
    def findings(self) -> list[Verdict]:
        """What failed or raised an error."""
        return [verdict for verdict in self.verdicts if verdict.verdict in FINDINGS]


class Reason(NamedTuple):
    """Why something could not be judged, how often, and by which controls."""

    text: str
    times: int
    controls: list[str]


def by_word(verdicts: Iterable[Verdict]) -> dict[Word, int]:
    """How many verdicts bear each word: every word, also those that nothing bears."""
    counts = Counter(verdict.verdict for verdict in verdicts)
    return {word: counts[word] for word in LOOKS}


def by_severity(verdicts: Iterable[Verdict]) -> dict[Severity, int]:
    """How many findings are of each severity, worst first: every severity, also those of none."""
    counts = Counter(verdict.severity for verdict in verdicts if verdict.verdict in FINDINGS)
    return {severity: counts[severity] for severity in SEVERITIES}


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


def unread(pools: Iterable[PoolSummary]) -> list[PoolSummary]:
    """The pools that could not be read."""
    return [pool for pool in pools if pool.source == "unread"]


def pool_names(pools: Sequence[PoolSummary]) -> dict[str, str]:
    """uuid of each pool → what tells it from the others; empty where there is only one pool to tell of.

    A name that several pools bear, or none, is followed by the uuid. Hostile until escaped.
    """
    if len(pools) < 2:
        return {}
    names = {pool.uuid: (pool.name or "").strip() for pool in pools if pool.uuid is not None}
    bearers = Counter(names.values())
    return {
        uuid: name if name and bearers[name] == 1 else f"{name or '(no name)'} {uuid}"
        for uuid, name in names.items()
    }


def conclusion(results: Results) -> tuple[Word, str]:
    """The one sentence to read of a run, and the verdict word whose look it bears."""
    word, sentence = _conclusion(results)
    if not results.conditions.selection or not results.verdicts:
        return word, sentence
    if word == "pass":  # green is for a whole audit
        return "unknown", "Nothing failed, but only a selection was judged"
    return word, f"{sentence}; only a selection was judged"


def stops(verdict: Verdict, conditions: Conditions) -> bool:
    """The verdict fails the run: it is a finding, or unknown in a gate, and weighs enough for the policy."""
    failing = verdict.verdict == "fail" or (verdict.verdict == "unknown" and conditions.unknown == "fail")
    weighty = SEVERITIES.index(verdict.severity) <= SEVERITIES.index(conditions.fail_on)
    return verdict.verdict == "error" or (failing and weighty)


def _conclusion(results: Results) -> tuple[Word, str]:
    counts = results.summary
    lost = len(unread(results.pools))
    if lost:
        return "fail", f"Not compliant: {lost} of {len(results.pools)} pools could not be read"
    if not results.verdicts:
        return "unknown", "Nothing was judged"
    stopping = Counter(each.verdict for each in results.verdicts if stops(each, results.conditions))
    if stopping["fail"]:
        return "fail", "Not compliant"
    if stopping["unknown"]:
        return "fail", f"Not compliant: {stopping['unknown']} could not be judged"
    if counts["error"]:
        return "error", "Not fully judged: checks raised errors"
    if not results.complete:
        return "unknown", "Nothing failed until the run stopped"
    if counts["fail"]:
        weight = results.conditions.fail_on
        return "unknown", f"Nothing of severity {weight} or above failed, but weaker things did"
    if counts["unknown"]:
        return "unknown", "Nothing failed, but not everything could be judged"
    if counts["waived"]:
        return "pass", f"Compliant, but for {counts['waived']} findings that are waived"
    return "pass", "Compliant"


def _badness(judged: Judged) -> tuple[list[int], str]:
    # Compared position by position: how many critical failures, then high ones, …, then unknowns.
    counts = Counter(map(rank, judged.verdicts))
    return [-counts[position] for position in LISTED_RANKS], judged.subject.name or ""
