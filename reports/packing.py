"""The verdicts as the page carries them: a head, unpacked at once, and parts, unpacked when somebody asks.

Both are JSON, deflated, in base64: nothing that a name holds can reach the markup. The head has what
tables, filters and counts need, the parts reasons and evidence of a few subjects each. Every text is
made legible here; the page only shows it. templates/data.js unpacks what this module packs.
"""

import json
import zlib
from base64 import b64encode
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, get_args

from fixtures.controls import Control
from fixtures.knowledge import frameworks
from fixtures.verdict import Kind, Results, Subject, Surroundings, Verdict, Word

from . import repairs, tally
from .changes import nameless
from .history import History
from .legible import legible
from .words import LISTED, LOOKS, SEVERITIES, named

PART: Final = 100
"""Subjects of a part: unpacking one must not be felt."""

CODES: Final[dict[Word, str]] = {word: chr(ord("a") + position) for position, word in enumerate(LOOKS)}
"""The letter of a word in a grid."""

NOT_JUDGED: Final = "-"

EXPLAINED: Final[frozenset[Word]] = frozenset({*LISTED, "waived"})
"""Words whose reasons stand in the head: plans and lists are made from them."""

NAME: Final = 120
TEXT: Final = 600
VALUE: Final = 2500
"""Most characters of a name, a sentence, and a value of evidence or a section of a control's documentation.
results.json has the whole."""


class Packed(NamedTuple):
    """What the page carries, as ASCII without any `<`."""

    head: str
    parts: str
    """All parts, separated by blanks; the head tells which is whose."""


class Texts:
    """Texts by number, each kept once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """The number of a text."""
        return self._numbers.setdefault(text, len(self._numbers))

    def all(self) -> list[str]:
        """All texts, in the order of their numbers."""
        return list(self._numbers)


def pack(results: Results, controls: Mapping[str, Control], history: History | None = None) -> Packed:
    """Pack all verdicts. `controls` documents those that were selected, by id."""
    texts = Texts()
    by_subject = tally.by_subject(results.verdicts)
    known = {each.subject: each for each in results.subjects}
    kinds: list[dict[str, Any]] = []
    parts: list[str] = []
    addresses: dict[Subject, list[Any]] = {}
    severities = {verdict.control: verdict.severity for verdict in results.verdicts}
    for kind in get_args(Kind):
        of_kind = [judged for judged in by_subject if judged.subject.kind == kind]
        if not of_kind:
            continue
        order = sorted({verdict.control for judged in of_kind for verdict in judged.verdicts})
        packed = _kind(kind, of_kind, order, known, texts)
        packed["parts"] = len(parts)
        addresses |= {nameless(judged.subject): [kind, number] for number, judged in enumerate(of_kind)}
        for start in range(0, len(of_kind), PART):
            parts.append(_part(of_kind[start : start + PART], order))
        kinds.append(packed)
    judging = [id_ for id_ in severities if id_ not in controls]
    head = {
        "part": PART,
        "words": [[word, CODES[word], look.label, look.short, look.symbol] for word, look in LOOKS.items()],
        "severities": SEVERITIES,
        "windows": repairs.WINDOWS,
        "controls": [
            *(_control(control, severities.get(id_, control.severity)) for id_, control in controls.items()),
            *({"id": legible(id_, NAME), "severity": severities[id_]} for id_ in judging),
        ],
        "frameworks": _frameworks(controls),
        "pools": [
            [legible(pool.uuid or "", NAME), legible(pool.name or pool.location, NAME)]
            for pool in results.pools
        ],
        "hosts": {
            legible(each.subject.uuid, NAME): legible(named(each.subject), NAME)
            for each in results.subjects
            if each.subject.kind == "host" and each.subject.uuid
        },
        "kinds": kinds,
        "waivers": [_legible(use) for use in results.waivers],
        "history": _history(history, addresses) if history and history.compared_with else None,
        "texts": texts.all(),
    }
    return Packed(_deflated(head), " ".join(parts))


def _kind(
    kind: Kind,
    subjects: Sequence[tally.Judged],
    order: Sequence[str],
    known: Mapping[Subject, Surroundings],
    texts: Texts,
) -> dict[str, Any]:
    grid: list[str] = []
    reasons: list[int] = []
    for judged in subjects:
        # Of two verdicts of one control (judged, then an error in tear-down) the worse one is shown.
        cells = {verdict.control: verdict for verdict in reversed(judged.verdicts)}
        for id_ in order:
            verdict = cells.get(id_)
            grid.append(CODES[verdict.verdict] if verdict else NOT_JUDGED)
            if verdict and verdict.verdict in EXPLAINED:
                reasons.append(texts.number(legible(verdict.reason, TEXT)))

    def column(tell: Any) -> list[int]:
        return [texts.number(legible(tell(each.subject) or "", NAME)) for each in subjects]

    def told(attribute: str) -> Any:
        return lambda subject: getattr(known.get(subject), attribute, None)

    return {
        "kind": kind,
        "controls": [legible(id_, NAME) for id_ in order],
        "names": column(named),
        "uuids": [legible(each.subject.uuid or "", NAME) for each in subjects],
        "refs": {
            number: legible(each.subject.ref, NAME)
            for number, each in enumerate(subjects)
            if each.subject.ref is not None
        },
        "pools": column(lambda subject: subject.pool),
        "hosts": column(told("host")),
        "states": column(told("power_state")),
        "templates": column(told("template")),
        "windows": [getattr(known.get(each.subject), "windows", None) for each in subjects],
        "tags": [
            [texts.number(legible(tag, NAME)) for tag in getattr(known.get(each.subject), "tags", ())]
            for each in subjects
        ],
        "grid": "".join(grid),
        "reasons": reasons,
    }


def _part(subjects: Sequence[tally.Judged], order: Sequence[str]) -> str:
    """Evidence by field: its values, each once, and who has which. Verdicts by control: likewise.

    A field has one value of a subject, whichever control asks; a verdict that knows better carries its own.
    """
    values: dict[str, dict[str, int]] = {}
    holders: dict[str, list[int]] = {}
    columns: dict[str, tuple[dict[str, int], list[list[int]]]] = {
        id_: ({}, [[] for _ in subjects]) for id_ in order
    }
    for number, judged in enumerate(subjects):
        for verdict in judged.verdicts:
            evidence = {
                legible(field, NAME): legible(json.dumps(value, ensure_ascii=False), VALUE)
                for field, value in verdict.evidence.items()
            }
            own = {}
            for field, value in evidence.items():
                known = values.setdefault(field, {})
                holder = holders.setdefault(field, [-1] * len(subjects))
                if holder[number] == -1:
                    holder[number] = known.setdefault(value, len(known))
                elif holder[number] != known.get(value):
                    own[field] = value
            said, who = columns[verdict.control]
            who[number].append(said.setdefault(_said(verdict, evidence, own), len(said)))
    return _deflated(
        [
            [[field, list(known), holders[field]] for field, known in values.items()],
            [[[json.loads(each) for each in said], who] for said, who in columns.values()],
        ]
    )


def _said(verdict: Verdict, evidence: Mapping[str, str], own: Mapping[str, str]) -> str:
    waiver = _legible(verdict.waiver) if verdict.waiver else None
    reason = legible(verdict.reason, TEXT)
    return json.dumps([CODES[verdict.verdict], reason, list(evidence), own, waiver])


def _control(control: Control, severity: str) -> dict[str, Any]:
    texts = ("title", "why", "passes", "fails", "unknown", "not_applicable", "verify", "fix", "sources")
    return {
        "id": legible(control.id, NAME),
        "kind": control.subject,
        "severity": severity,
        "gates": control.gates,
        "fields": [legible(field, NAME) for field in control.evidence],
        "ways": [[legible(text, VALUE) for text in way] for way in repairs.ways(control.fix)],
        "like": repairs.like(control.fix),
        **{name: legible(getattr(control, name), VALUE) for name in texts},
    }


def _frameworks(controls: Mapping[str, Control]) -> list[list[Any]]:
    """Each framework with its requirements, and of each the ids of the controls that bear on it."""
    bearing: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for id_, control in sorted(controls.items()):
        for reference in control.references:
            bearing[reference.framework, reference.requirement].append(legible(id_, NAME))
    return [
        [
            name,
            [
                [number, requirement.title, bearing[name, number]]
                for number, requirement in framework.requirements.items()
            ],
        ]
        for name, framework in frameworks.load().frameworks.items()
    ]


def _history(history: History, addresses: Mapping[Subject, Sequence[Any]]) -> dict[str, Any]:
    return {
        "compared_with": history.compared_with,
        "differences": history.differences,
        "series": [[point.at, [point.counts.get(word, 0) for word in LOOKS]] for point in history.series],
        "changes": [
            [
                change.change,
                legible(change.control, NAME),
                change.since,
                f"{change.subject.kind} {legible(named(change.subject), NAME)}",
                addresses.get(nameless(change.subject)),
            ]
            for change in history.changes
        ],
        "last_known": [
            [
                legible(known.control, NAME),
                addresses.get(nameless(known.subject)),
                CODES[known.verdict],
                known.at,
            ]
            for known in history.last_known
        ],
    }


def _legible(told: Any) -> dict[str, Any]:
    values = ((name, getattr(told, name)) for name in told.__struct_fields__)
    return {name: legible(value, TEXT) if isinstance(value, str) else value for name, value in values}


def _deflated(value: Any) -> str:
    text = json.dumps(value, separators=(",", ":"))
    return b64encode(zlib.compress(text.encode("ascii"), 9)).decode("ascii")
