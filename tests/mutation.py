"""Mutations: compliant pools, broken one field at a time, and what every control says of it.

`make mutation` (`python -m tests.mutation`) runs all of them and names controls that stay green whatever
breaks, and controls that turn red by a field that their evidence does not show.
"""

import inspect
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final, NamedTuple

import msgspec

from fixtures.controls import Control, control_of
from fixtures.facts.pool import Pool
from fixtures.facts.reading import Reading
from fixtures.facts.records import NULL
from fixtures.facts.source import Source
from fixtures.facts.subject import Subject, evidence
from fixtures.judge import run
from fixtures.policy import Policy
from fixtures.verdict import Word
from fixtures.xapi.datamodel import FIELDS

from .building import ABSENT, CHECKS, a_document, subjects
from .compliance import BASES, WRONG, Base

DANGLING: Final = "OpaqueRef:gone"

BY_TYPE: Final[dict[str, tuple[Any, ...]]] = {
    "string": ("", "Bröken \u202e", "9999"),
    "enum": ("", "broken"),
    "bool": (True, False),
    "int": (0, -1, 1, 1000, 10**15),
    "float": (0.0, 10.0**9),
    "datetime": ("19700101T00:00:00Z", "20200101T00:00:00Z", "21000101T00:00:00Z"),
    "ref": (NULL, DANGLING),
    "set(ref)": ([], [DANGLING]),
    "set(string)": ([], ["broken"]),
    "set(enum)": ([], ["broken"]),
    "set(int)": ([], [99]),
}
"""Type → values that a field of it may have wrongly."""

VALUES: Final = ("", "0", "1", "true", "false", "broken")
"""What a value of a map may be wrongly."""


class Mutation(NamedTuple):
    """What is changed in a compliant pool, as `a_reading` takes it."""

    place: str
    value: Any

    def __str__(self) -> str:
        value = "taken away" if self.value is ABSENT else repr(self.value)
        return f"{self.place} = {value if len(value) < 80 else value[:77] + '...'}"


class Red(NamedTuple):
    """A control that a mutation turned red."""

    control: str
    base: str
    mutation: Mutation
    shown: bool
    """Its evidence is not what it was."""


def mutations(document: Mapping[str, Any]) -> Iterator[Mutation]:
    """Every field of every row broken in every way, each row taken away, and each row there twice."""
    for cls, rows in document["records"].items():
        for ref, row in rows.items():
            name = f"{cls}:{ref.removeprefix(f'OpaqueRef:{cls}')}".removesuffix(":")
            yield Mutation(name, ABSENT)
            yield Mutation(f"{cls}:twin", row | {"uuid": "22222222-0000-4000-8000-000000000000"})
            for field, value in row.items():
                if field not in ("uuid", "malformed"):
                    yield Mutation(f"{name}.{field}", ABSENT)
                    for wrong in _wrong(cls, field, value):
                        if wrong != value:
                            yield Mutation(f"{name}.{field}", wrong)
    for ref, answers in document["answers"].items():
        for field, values in WRONG["answers"].items():
            for value in values:
                yield Mutation(f"answers.{ref.removeprefix('OpaqueRef:')}", answers | {field: value})
    for ref, told in document["inside"].items():
        machine = ref.removeprefix("OpaqueRef:")
        yield Mutation(f"inside.{machine}", {"system": told["system"], "failure": "connection refused"})
        for question, values in WRONG[told["system"]].items():
            yield Mutation(f"inside.{machine}.{question}", None)
            for value in values:
                yield Mutation(f"inside.{machine}.{question}", value)


def _wrong(cls: str, field: str, value: Any) -> Iterator[Any]:
    special = WRONG.get(cls, {}).get(field, ())
    if isinstance(value, dict):
        for key in value:
            yield {other: told for other, told in value.items() if other != key}
            yield from (value | {key: wrong} for wrong in VALUES)
        yield {}
        yield from (value | more for more in special)
    else:
        yield from BY_TYPE[FIELDS[cls][field]]
        yield from special


class Judged(NamedTuple):
    """What a control says of a subject."""

    word: Word
    evidence: dict[str, Any]


def judge(control: Control, subject: Subject, policy: Policy) -> Judged:
    """Run a check without the tests' packaging. An error raises."""
    check = CHECKS[control.id]
    arguments: dict[str, Any] = {control.parameter: subject}
    if "policy" in inspect.signature(check).parameters:
        arguments["policy"] = policy
    try:
        word = run(check, arguments, control).word
    except AssertionError:
        word = "fail"
    return Judged(word, evidence(subject, control.evidence))


def reds(name: str, base: Base, step: int = 1) -> Iterator[Red]:
    """Every control that a mutation of this base turns red; only each `step`-th mutation is tried."""
    document = a_document(base.changes)
    controls = [control for check in CHECKS.values() if (control := control_of(check))]
    before = _verdicts(document, controls, base)
    for mutation in list(mutations(document))[::step]:
        after = _verdicts(a_document({**base.changes, mutation.place: mutation.value}), controls, base)
        for key, now in after.items():
            then = before.get(key)
            if now.word == "fail" and then is not None and then.word != "fail":
                yield Red(key[0], name, mutation, now.evidence != then.evidence)
    for control in controls:
        if control.parameter == "source":
            source = Source(location="here", failure="the connection is refused")
            now, then = judge(control, source, base.policy), before[control.id, "OpaqueRef:pool"]
            if now.word == "fail":
                yield Red(
                    control.id,
                    name,
                    Mutation("source.failure", source.failure),
                    now.evidence != then.evidence,
                )


def _verdicts(
    document: Mapping[str, Any], controls: list[Control], base: Base
) -> dict[tuple[str, str], Judged]:
    try:
        pool = Pool(msgspec.convert(document, Reading), timedelta(minutes=3))
    except msgspec.ValidationError:  # a value that no source lets through
        return {}
    return {
        (control.id, subject.ref): judge(control, subject, base.policy)
        for control in controls
        for subject in subjects(control, pool)
    }


def report(found: list[Red]) -> Iterator[str]:
    """What is wrong with the controls, a line each; nothing where nothing is."""
    red: defaultdict[str, list[Red]] = defaultdict(list)
    for each in found:
        red[each.control].append(each)
    for control in CHECKS:
        if control not in red:
            yield f"{control}: no mutation of one field turns it red"
    for control, of_control in sorted(red.items()):
        for place in sorted({each.mutation.place for each in of_control if not each.shown}):
            example = next(each for each in of_control if each.mutation.place == place and not each.shown)
            cause = f"{example.mutation} ({example.base})"
            yield f"{control}: turns red by {cause}, which its evidence does not show"


def main() -> int:
    """Run all mutations of all compliant pools."""
    found: list[Red] = []
    for name, base in BASES.items():
        of_base = list(reds(name, base))
        controls = {each.control for each in of_base}
        print(f"{name}: {len(of_base)} verdicts turned red, of {len(controls)} controls")
        found += of_base
    lines = list(report(found))
    print(
        "\n".join(lines) or f"All {len(CHECKS)} controls can fail, and none by a field that it does not show."
    )
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
