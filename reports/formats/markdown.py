"""Markdown, for the job pages of CI servers: what a tired administrator has to know."""

import re
from collections.abc import Iterator, Mapping
from typing import Final, TextIO

from fixtures.controls import Control
from fixtures.verdict import Results

from .. import tally
from ..legible import legible
from ..words import ALWAYS, LOOKS, named

WORST: Final = 20
"""Subjects that are named; job pages are limited in size."""

REASONS: Final = 10
"""Reasons for unknown that are named."""

SPECIAL: Final = re.compile(r"([\\`*_{}\[\]()<>#!|~@:])")
"""What Markdown, or GitHub's and GitLab's mentions and links, could make something of."""


def write(results: Results, controls: Mapping[str, Control], stream: TextIO) -> None:
    """Write the summary."""
    stream.writelines(f"{line}\n" for line in _lines(results, controls))


def escaped(text: str, limit: int = 200) -> str:
    """Text from outside, as nothing but text."""
    return SPECIAL.sub(r"\\\1", legible(text, limit))


def _lines(results: Results, controls: Mapping[str, Control]) -> Iterator[str]:
    word, sentence = tally.conclusion(results)
    yield f"# {LOOKS[word].symbol} {sentence}"
    yield ""
    yield ", ".join(f"{count} {LOOKS[each].label}" for each, count in results.summary.items() if count) + "."
    for pool in results.pools:
        yield ""
        read = "NOT READ" if pool.source == "unread" else f"read at {escaped(pool.read_at)}"
        yield f"Pool {escaped(pool.name or pool.location)}: {read}"
    counts = tally.by_control(results.verdicts)
    if counts:
        columns = [word for word in tally.columns(counts.values()) if word in ALWAYS or results.summary[word]]
        yield ""
        yield f"| control | what | {' | '.join(LOOKS[word].short for word in columns)} |"
        yield f"|---|---|{'---:|' * len(columns)}"
        for id_, of_control in counts.items():
            title = escaped(controls[id_].title) if id_ in controls else ""
            yield f"| {id_} | {title} | {' | '.join(str(of_control[word]) for word in columns)} |"
    yield from _worst(results)
    yield from _unknown(results)


def _worst(results: Results) -> Iterator[str]:
    judged = [each for each in tally.by_subject(results.verdicts) if each.findings]
    if not judged:
        return
    yield ""
    yield f"## Objects with findings: {len(judged)}" + (f", the worst {WORST}" if len(judged) > WORST else "")
    yield ""
    yield "| object | severity | control | reason |"
    yield "|---|---|---|---|"
    for subject, findings in ((each.subject, each.findings) for each in judged[:WORST]):
        for verdict in findings:
            what = f"{subject.kind} {escaped(named(subject), 80)}"
            yield f"| {what} | {verdict.severity} | {verdict.control} | {escaped(verdict.reason)} |"


def _unknown(results: Results) -> Iterator[str]:
    reasons = tally.unknown_reasons(results.verdicts)
    if not reasons:
        return
    yield ""
    yield f"## Could not be judged: {sum(reason.times for reason in reasons)}"
    yield ""
    for reason in reasons[:REASONS]:
        yield f"- {reason.times} times: {escaped(reason.text)} ({', '.join(reason.controls)})"
    if len(reasons) > REASONS:
        yield f"- and {len(reasons) - REASONS} more reasons"
