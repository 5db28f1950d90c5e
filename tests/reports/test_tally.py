"""Counts and orders."""

import pytest
from msgspec.structs import replace

from fixtures.verdict import Severity, Verdict, Word
from reports import tally
from reports.words import ALWAYS, LOOKS, rank

from .given import conditions, pool, results, unread, verdict, verdicts


def test_every_word_is_counted_also_with_zero() -> None:
    counts = tally.by_word(verdicts([("pass", 3), ("unknown", 1)]))
    assert counts == {word: {"pass": 3, "unknown": 1}.get(word, 0) for word in LOOKS}


def test_controls_are_counted_apart() -> None:
    counts = tally.by_control(
        [verdict("pass"), verdict("fail", control="B-01"), verdict("fail", control="B-01")]
    )
    assert counts == {"VM-TOOLS-01": {"pass": 1}, "B-01": {"fail": 2}}


@pytest.mark.parametrize(
    ("words", "more"),
    [
        (["pass"], []),
        (["fail", "error", "unknown", "not_applicable"], []),
        (["waived"], ["waived"]),
        (["pass", "waived", "waiver_not_needed"], ["waiver_not_needed", "waived"]),
    ],
)
def test_columns(words: list[Word], more: list[Word]) -> None:
    counts = tally.by_control([verdict(word) for word in words]).values()
    assert tally.columns(counts) == [*ALWAYS, *more]


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        (verdict("fail", severity="critical"), verdict("fail", severity="high")),
        (verdict("fail", severity="high"), verdict("fail", severity="medium")),
        (verdict("fail", severity="medium"), verdict("fail", severity="low")),
        (verdict("fail", severity="low"), verdict("error", severity="critical")),
        (verdict("error", severity="low"), verdict("unknown", severity="critical")),
        (verdict("unknown", severity="low"), verdict("waiver_not_needed", severity="critical")),
        (verdict("waiver_not_needed", severity="low"), verdict("waived", severity="critical")),
        (verdict("waived", severity="low"), verdict("not_applicable", severity="critical")),
        (verdict("not_applicable", severity="low"), verdict("pass", severity="critical")),
    ],
)
def test_rank(worse: Verdict, better: Verdict) -> None:
    assert rank(worse) < rank(better)


def said_of(name: str, *said: tuple[Word, Severity]) -> list[Verdict]:
    return [
        verdict(word, severity=severity, name=name, uuid=name, control=f"C-{index:02}")
        for index, (word, severity) in enumerate(said)
    ]


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        ([("fail", "critical")], [("fail", "high"), ("fail", "high"), ("fail", "high")]),
        ([("fail", "high"), ("fail", "high")], [("fail", "high"), ("fail", "low")]),
        ([("fail", "high"), ("unknown", "low")], [("fail", "high"), ("pass", "low")]),
        ([("fail", "low")], [("error", "critical")]),
        ([("error", "low")], [("unknown", "critical")]),
        ([("unknown", "low")], [("not_applicable", "critical")]),
    ],
)
def test_subjects_stand_worst_first(
    worse: list[tuple[Word, Severity]], better: list[tuple[Word, Severity]]
) -> None:
    judged = tally.by_subject(said_of("b-better", *better) + said_of("w-worse", *worse))
    assert [entry.subject.name for entry in judged] == ["w-worse", "b-better"]


def test_subjects_as_bad_as_each_other_stand_by_name() -> None:
    judged = tally.by_subject(said_of("b", ("pass", "high")) + said_of("a", ("not_applicable", "high")))
    assert [entry.subject.name for entry in judged] == ["a", "b"]


def test_vms_that_share_a_uuid_are_told_apart_by_reference() -> None:
    said = [
        replace(verdict(), subject=replace(verdict().subject, ref=ref))
        for ref in ("OpaqueRef:1", "OpaqueRef:2")
    ]
    assert len(tally.by_subject(said)) == 2


def test_unknown_reasons_the_most_frequent_first() -> None:
    said = [
        verdict("unknown", reason="not running"),
        verdict("unknown", reason="too soon", control="C-01"),
        verdict("unknown", reason="too soon", control="B-01"),
        verdict("fail", reason="too soon"),
    ]
    assert tally.unknown_reasons(said) == [
        ("too soon", 2, ["B-01", "C-01"]),
        ("not running", 1, ["VM-TOOLS-01"]),
    ]


@pytest.mark.parametrize(
    ("words", "complete", "word"),
    [
        ([], True, "unknown"),
        (["pass"], True, "pass"),
        (["pass", "not_applicable", "waived"], True, "pass"),
        (["pass", "unknown"], True, "unknown"),
        (["pass"], False, "unknown"),
        (["pass", "unknown", "error"], True, "error"),
        (["pass", "unknown", "error", "fail"], True, "fail"),
        (["fail"], False, "fail"),
    ],
)
def test_conclusion(words: list[Word], complete: bool, word: Word) -> None:
    assert tally.conclusion(results([verdict(said) for said in words], complete=complete))[0] == word


@pytest.mark.parametrize(
    ("words", "complete", "told"),
    [
        (["pass"], True, ("pass", "Compliant")),
        (["pass", "unknown"], True, ("fail", "Not compliant: 1 could not be judged")),
        (["unknown", "unknown", "error"], False, ("fail", "Not compliant: 2 could not be judged")),
        (["fail", "unknown"], True, ("fail", "Not compliant")),
        ([], True, ("unknown", "Nothing was judged")),
    ],
)
def test_a_gate_that_cannot_judge_is_not_compliant(
    words: list[Word], complete: bool, told: tuple[Word, str]
) -> None:
    given = results(
        [verdict(said) for said in words], complete=complete, conditions=conditions(unknown="fail")
    )
    assert tally.conclusion(given) == told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["pass"], ("unknown", "Nothing failed, but only a selection was judged")),
        (["fail"], ("fail", "Not compliant; only a selection was judged")),
        (["error"], ("error", "Not fully judged: checks raised errors; only a selection was judged")),
        (
            ["unknown"],
            (
                "unknown",
                "Nothing failed, but not everything could be judged; only a selection was judged",
            ),
        ),
        ([], ("unknown", "Nothing was judged")),
    ],
)
def test_a_selection_is_no_whole_audit(words: list[Word], told: tuple[Word, str]) -> None:
    given = results([verdict(said) for said in words], conditions=conditions(selection=("-k X",)))
    assert tally.conclusion(given) == told


@pytest.mark.parametrize("words", [[], ["pass"], ["unknown"], ["fail"]])
def test_nothing_looks_compliant_where_a_pool_could_not_be_read(words: list[Word]) -> None:
    given = results([verdict(said) for said in words], pools=(pool(), unread(), unread()))
    assert tally.conclusion(given) == ("fail", "Not compliant: 2 of 3 pools could not be read")


def test_findings_are_counted_by_severity() -> None:
    said = verdicts([("fail", 2), ("error", 1), ("unknown", 5)], severity="low")
    assert tally.by_severity(said) == {"critical": 0, "high": 0, "medium": 0, "low": 3}


@pytest.mark.parametrize(
    ("pools", "names"),
    [
        ([("a", "Atelier")], {}),
        ([("a", "Atelier"), ("b", "Bureau")], {"a": "Atelier", "b": "Bureau"}),
        ([("a", "Same"), ("b", "Same")], {"a": "Same a", "b": "Same b"}),
        ([("a", ""), ("b", None), ("c", " ")], {id_: f"(no name) {id_}" for id_ in "abc"}),
        ([("a", "Atelier"), (None, None)], {"a": "Atelier"}),
        ([("a", "Atelier"), ("a", "Atelier")], {"a": "Atelier"}),
    ],
)
def test_pools_are_told_apart_where_there_are_several(
    pools: list[tuple[str | None, str | None]], names: dict[str, str]
) -> None:
    assert tally.pool_names([pool(uuid=uuid, name=name) for uuid, name in pools]) == names
