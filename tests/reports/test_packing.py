"""What the page carries is what was judged: nothing more, nothing less, and every text is legible."""

import json
from typing import Any

import pytest
from hypothesis import given as given_by
from hypothesis import strategies as st

from fixtures.knowledge import frameworks
from fixtures.knowledge.frameworks import references
from fixtures.verdict import Results, Surroundings, Verdict, Waived, Word
from reports.history import Change, History, LastKnown, Point
from reports.legible import legible
from reports.packing import CODES, PART, VALUE, pack
from reports.words import LOOKS, rank

from .given import POOL, control, hostile_names, pool, results, shows, verdict, verdicts
from .written import unpacked

WORDS = {code: word for word, code in CODES.items()}
Told = tuple[str, str | None, str, Word, str, str]


def read(packed: Any) -> tuple[Any, list[Any]]:
    return unpacked(packed.head), [unpacked(part) for part in packed.parts.split()]


def told_in_parts(given: Results) -> list[Told]:
    """All verdicts, from the parts."""
    head, parts = read(pack(given, {}))
    found: list[Told] = []
    for kind in head["kinds"]:
        for number, uuid in enumerate(kind["uuids"]):
            part = parts[kind["parts"] + number // PART]
            fields, columns = part
            place = number % PART
            values = {field: known[holders[place]] for field, known, holders in fields if holders[place] >= 0}
            for id_, (said, who) in zip(kind["controls"], columns, strict=True):
                for each in who[place]:
                    code, reason, names, own, _ = said[each]
                    evidence = {name: own.get(name, values.get(name)) for name in names}
                    found.append((kind["kind"], uuid, id_, WORDS[code], reason, json.dumps(evidence)))
    return sorted(found)


def told_in_head(given: Results) -> dict[tuple[str, str], tuple[Word | None, str | None]]:
    """(uuid, control) → the word in the grid, and the reason where the head has it."""
    head, _ = read(pack(given, {}))
    found: dict[tuple[str, str], tuple[Word | None, str | None]] = {}
    for kind in head["kinds"]:
        grid, reasons = iter(kind["grid"]), iter(kind["reasons"])
        for uuid in kind["uuids"]:
            for id_ in kind["controls"]:
                word = WORDS.get(next(grid))
                explained = word not in (None, "pass", "not_applicable")
                found[uuid, id_] = word, head["texts"][next(reasons)] if explained else None
        assert next(grid, None) is None
        assert next(reasons, None) is None
    return found


words = st.sampled_from(list(LOOKS))
said = st.builds(
    lambda word, control, uuid, kind, reason, value: verdict(
        word, control=control, uuid=uuid, kind=kind, reason=reason, evidence={"field": value}
    ),
    words,
    st.sampled_from(["A-01", "B-01", "C-01"]),
    st.sampled_from([f"{number}" for number in range(PART + 9)]),
    st.sampled_from(["vm", "host", "vdi"]),
    st.sampled_from(["because", "otherwise"]),
    st.sampled_from([1, "x", None, {"a": []}]),
)


@given_by(st.lists(said, max_size=200))
def test_all_that_is_packed_is_unpacked(verdicts: list[Verdict]) -> None:
    expected: list[Told] = sorted(
        (
            each.subject.kind,
            each.subject.uuid,
            each.control,
            each.verdict,
            each.reason,
            json.dumps({name: json.dumps(value) for name, value in each.evidence.items()}),
        )
        for each in verdicts
    )
    assert told_in_parts(results(verdicts)) == expected


@pytest.mark.parametrize("word", LOOKS)
def test_the_grid_has_every_word_and_the_reasons_of_what_somebody_has_to_look_at(word: Word) -> None:
    given = results([verdict(word, reason="because", uuid="a"), verdict(uuid="b", control="B-01")])
    expected = None if word in ("pass", "not_applicable") else "because"
    assert told_in_head(given)["a", "VM-TOOLS-01"] == (word, expected)
    assert told_in_head(given)["a", "B-01"] == (None, None)


def test_the_worse_of_two_verdicts_is_in_the_grid() -> None:
    both = [verdict("error", reason="tear-down", uuid="a"), verdict("fail", reason="too old", uuid="a")]
    assert rank(both[1]) < rank(both[0])
    assert told_in_head(results(both))["a", "VM-TOOLS-01"] == ("fail", "too old")


def test_the_worst_subjects_come_first() -> None:
    given = verdicts([("pass", 2), ("fail", 2), ("unknown", 2)])
    head, _ = read(pack(results(given), {}))
    assert head["kinds"][0]["uuids"] == ["fail-0", "fail-1", "unknown-0", "unknown-1", "pass-0", "pass-1"]


def test_surroundings_are_told() -> None:
    subject = verdict(uuid="a").subject
    around = Surroundings(
        subject=subject, host="h", power_state="Halted", template="Debian", windows=True, tags=("x", "y")
    )
    host = Surroundings(subject=verdict(kind="host", uuid="h", name="xcp-01").subject)
    head, _ = read(pack(results([verdict(uuid="a"), verdict(uuid="b")], subjects=(around, host)), {}))
    (kind,) = head["kinds"]
    texts = head["texts"]
    assert head["hosts"] == {"h": "xcp-01"}
    for column, expected in {
        "hosts": ["h", ""],
        "states": ["Halted", ""],
        "templates": ["Debian", ""],
        "pools": [POOL] * 2,
    }.items():
        assert [texts[number] for number in kind[column]] == expected
    assert kind["windows"] == [True, None]
    assert [[texts[number] for number in tags] for tags in kind["tags"]] == [["x", "y"], []]


def test_controls_carry_their_documentation_and_the_severity_that_they_judged_with() -> None:
    given = results([verdict(severity="low"), verdict(control="SITE-01", severity="high")])
    documented = control(fix="As for VM-DRIVERS-01 (window: VM off).", gates=("upgrade",))
    head, _ = read(pack(given, {"VM-TOOLS-01": documented}))
    told, foreign = head["controls"]
    assert (told["severity"], told["title"], told["like"]) == ("low", documented.title, "VM-DRIVERS-01")
    assert told["ways"] == [["", documented.fix, "VM off", "VM off", ""]]
    assert foreign == {"id": "SITE-01", "severity": "high"}


def test_every_requirement_is_told_with_the_controls_that_bear_on_it() -> None:
    bearing = {
        id_: control(id_, references=references(id_))
        for id_ in ("HOST-NTP-01", "VM-NAME-01", "HOST-CLOCK-01")
    }
    head, _ = read(pack(results([]), bearing))
    assert [name for name, _ in head["frameworks"]] == list(frameworks.load().frameworks)
    told = {(name, number): ids for name, of_it in head["frameworks"] for number, _, ids in of_it}
    assert told.keys() == {
        (name, number)
        for name, of_it in frameworks.load().frameworks.items()
        for number in of_it.requirements
    }
    assert {key: ids for key, ids in told.items() if ids} == {
        ("NIST CSF 2.0", "PR.PS-01"): ["HOST-CLOCK-01", "HOST-NTP-01"],
        ("ISO/IEC 27001:2022", "A.8.17"): ["HOST-CLOCK-01", "HOST-NTP-01"],
        ("CIS Controls v8", "8.4"): ["HOST-CLOCK-01", "HOST-NTP-01"],
    }


def test_waivers_and_history_are_told() -> None:
    waiver = Waived(source="waivers.toml 1", reason="old", approved_by="me", expires=None, state="valid")
    given = results([Verdict(**{**_fields(verdict("waived", uuid="a")), "waiver": waiver})])
    history = History(
        compared_with="2026-11-22T06:00:00Z",
        changes=(Change(control="C-01", subject=given.verdicts[0].subject, change="fixed", since=None),),
        series=(Point(at="2026-11-22T06:00:00Z", counts={"fail": 2}),),
        last_known=(LastKnown(control="C-01", subject=given.verdicts[0].subject, verdict="pass", at="then"),),
        differences=("not the same rules: 1, then 2",),
    )
    head, parts = read(pack(given, {}, history))
    assert parts[0][1][0][0][0][4]["source"] == "waivers.toml 1"
    assert head["history"]["changes"] == [["fixed", "C-01", None, "vm web01", ["vm", 0]]]
    assert head["history"]["differences"] == ["not the same rules: 1, then 2"]
    assert head["history"]["series"] == [["2026-11-22T06:00:00Z", [2, 0, 0, 0, 0, 0, 0]]]
    assert head["history"]["last_known"] == [["C-01", ["vm", 0], CODES["pass"], "then"]]
    assert read(pack(given, {}))[0]["history"] is None
    first = History(compared_with=None, changes=(), series=history.series)
    assert read(pack(given, {}, first))[0]["history"] is None


def _fields(given: Verdict) -> dict[str, Any]:
    return {name: getattr(given, name) for name in given.__struct_fields__}


@pytest.mark.parametrize("name", hostile_names())
def test_every_text_is_legible_and_nothing_can_leave_its_place(name: str) -> None:
    hostile = verdict(
        "fail", control="A-01", name=name, uuid=name, reason=name, evidence={name: {name: [name]}}, pool=name
    )
    around = Surroundings(subject=hostile.subject, host=name, power_state=name, template=name, tags=(name,))
    given = results([hostile], pools=(pool(name=name, uuid=name),), subjects=(around,))
    packed = pack(given, {"A-01": control("A-01", title=name, fix=name)})
    assert packed.head.isascii()
    assert "<" not in packed.head + packed.parts
    for text in _texts(read(packed)):
        assert shows(text), ascii(text)
        assert len(text) <= VALUE
    if name.strip():
        assert legible(name, 120) in _texts(read(packed)[0])


def _texts(value: Any) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [text for pair in value.items() for each in pair for text in _texts(each)]
        case list() | tuple():
            return [text for each in value for text in _texts(each)]
    return []
