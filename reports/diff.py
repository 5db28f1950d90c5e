"""`--diff BEFORE AFTER`: what changed between two runs, on the terminal and as a page."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from jinja2 import Environment, PackageLoader, StrictUndefined

from fixtures.audit import HISTORY
from fixtures.errors import PoolproofError
from fixtures.printable import printable
from fixtures.verdict import Subject, Word

from . import store
from .changes import ORDER, WORSE, Key, changes, nameless, state
from .history import Change, Kind
from .legible import legible
from .results import read
from .terms import Terms, differences, terms
from .words import identity, named

TITLES: Final[dict[Kind, str]] = {
    "new": "New findings",
    "no_longer_waived": "No longer waived",
    "fixed": "Fixed",
    "newly_waived": "Now waived",
    "newly_unknown": "Newly unknown",
    "left_scope": "Not judged any more",
    "still_failing": "Still failing",
}

COUNTED: Final[tuple[Kind, ...]] = ("left_scope", "still_failing")
"""What the terminal counts but does not list."""

UNLIKE: Final = "THE TWO ARE NOT ALIKE: what changed need not have changed in the pool"

DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


class Told(NamedTuple):
    """One of the two runs."""

    label: str
    said: Mapping[Key, Word]
    names: Mapping[Subject, Subject]
    """Subjects without → with a name."""
    terms: Terms

    @property
    def whole(self) -> bool:
        """All was judged: what has no verdict has left."""
        return self.terms.complete and not self.terms.selection


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Compare instead of auditing. Ends with 1 where something got worse, so that scripts can tell."""
    if not config.option.diff:
        return None
    if config.option.redact:
        raise pytest.UsageError(
            "--redact: --diff would show what is there as it is: compare redacted results"
        )
    try:
        before, after = (_told(given, config) for given in config.option.diff)
        found = changes(before.said, after.said, {**before.names, **after.names}, {}, whole=after.whole)
        print("\n".join(lines(before, after, found)))
        if config.option.htmlpath:
            page = Path(config.invocation_params.dir / config.option.htmlpath)
            page.write_text(html(before, after, found), "utf-8", errors="backslashreplace")
    except (PoolproofError, OSError) as error:
        raise pytest.UsageError(str(error)) from None
    return int(any(change.change in WORSE for change in found))


def lines(before: Told, after: Told, found: tuple[Change, ...]) -> Iterator[str]:
    """What the terminal shows."""
    counts = Counter(change.change for change in found)
    yield f"Before: {before.label}, {len(before.said)} verdicts"
    yield f"After:  {after.label}, {len(after.said)} verdicts"
    unlike = differences(before.terms, after.terms)
    if unlike:
        yield UNLIKE
        yield from (f"  {each}" for each in unlike)
    for kind in ORDER:
        yield f"{TITLES[kind]}: {counts[kind]}"
        if kind not in COUNTED:
            yield from (
                f"  {legible(change.control)} {_object(change.subject)}"
                for change in found
                if change.change == kind
            )


def html(before: Told, after: Told, found: tuple[Change, ...]) -> str:
    """The page: everything, in one file, without scripts."""
    environment = Environment(
        loader=PackageLoader("reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    sections = [
        (
            TITLES[kind],
            [(legible(each.control), _object(each.subject)) for each in found if each.change == kind],
        )
        for kind in ORDER
    ]
    return environment.get_template("diff.html.j2").render(
        before=before,
        after=after,
        sections=sections,
        unlike=UNLIKE,
        differences=differences(before.terms, after.terms),
    )


def _object(subject: Subject) -> str:
    return f"{subject.kind} {legible(named(subject), 80)} {printable(identity(subject))}"


def _told(given: str, config: pytest.Config) -> Told:
    """The run that `given` names. Raises PoolproofError where there is none."""
    path = config.invocation_params.dir / given
    if path.is_file():
        results = read(path)
        names = {nameless(verdict.subject): verdict.subject for verdict in results.verdicts}
        return Told(f"{given}, run of {results.started}", state(results.verdicts), names, terms(results))
    option = config.option
    history = config.invocation_params.dir / (option.history or option.report_dir / HISTORY)
    if not history.is_file():
        raise PoolproofError(f"--diff {printable(given)}: is no file, and there is no history in {history}")
    kept = store.runs(history)
    number = _number(given, kept)
    if number is None:
        raise PoolproofError(
            f"--diff {printable(given)}: is no results.json and no run that {history} remembers: "
            "latest, previous, a number, or a day as 2026-11-23"
        )
    run = store.recall(history, number)
    return Told(f"run {number} of {dict(kept)[number]}", run.said, run.names, run.terms)


def _number(given: str, kept: list[tuple[int, str]]) -> int | None:
    numbers = [number for number, _ in kept]
    if given in ("latest", "previous"):
        position = -1 if given == "latest" else -2
        return numbers[position] if len(numbers) >= -position else None
    if DAY.fullmatch(given):
        until = [number for number, started in kept if started[:10] <= given]
        return until[-1] if until else None
    return int(given) if given.isascii() and given.isdigit() and int(given) in numbers else None
