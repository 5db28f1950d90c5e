"""Rows of pytest-html's table: how many, which, and what they tell."""

from typing import Any

import pytest

from fixtures.verdict import Severity, Word
from reports.rows import ROWS, Rows, foreign_row, header, row
from reports.words import LISTED, LOOKS

from .given import POOL, verdict, verdicts
from .markup import attributes, text


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ([("fail", "low", 9)], {"low": 9}),
        ([("fail", "low", 10)], {"low": 10}),
        ([("fail", "low", 40)], {"low": 10}),
        ([("fail", "low", 40), ("fail", "critical", 4)], {"critical": 4, "low": 6}),
        ([("fail", "critical", 40), ("fail", "low", 10)], {"critical": 10}),
        ([("unknown", "critical", 40), ("error", "low", 3), ("fail", "high", 5)], None),
    ],
)
def test_rows_are_those_that_matter_most(
    said: list[tuple[Word, Severity, int]], shown: dict[str, int] | None
) -> None:
    rows = Rows()
    admitted = {}
    for word, severity, count in said:
        for given in verdicts([(word, count)], severity=severity):
            row_id = rows.admit(given)
            if row_id:
                admitted[row_id] = given
    stay = [admitted[row_id] for row_id in rows.shown()]
    if shown is None:
        assert [given.verdict for given in stay] == ["fail"] * 5 + ["error"] * 3 + ["unknown"] * 2
    else:
        assert [given.severity for given in stay] == [
            name for name, count in shown.items() for _ in range(count)
        ]


@pytest.mark.parametrize(
    ("failed", "passed", "verdicts_", "foreign"),
    [(0, 3, 4, 3), (0, 3, 40, 0), (3, 3, 40, 3), (40, 40, 40, 10), (0, 40, 0, 10)],
)
def test_failures_of_others_come_first_and_what_they_passed_last(
    failed: int, passed: int, verdicts_: int, foreign: int
) -> None:
    rows = Rows()
    others = {rows.admit_foreign(failed=False) for _ in range(passed)}
    for given in verdicts([("unknown", verdicts_)]):
        rows.admit(given)
    others |= {rows.admit_foreign(failed=True) for _ in range(failed)}
    shown = rows.shown()
    assert len(shown) == min(ROWS, failed + passed + verdicts_)
    assert sum(row_id in others for row_id in shown) == rows.foreign_shown == foreign
    assert rows.foreign == failed + passed
    if failed:
        assert shown[0] in others


def test_rows_that_are_held_are_bounded() -> None:
    rows = Rows()
    for severity in ("low", "medium", "high", "critical"):
        for given in verdicts([("unknown", 1000), ("error", 1000), ("fail", 1000)], severity=severity):
            rows.admit(given)
    for _ in range(1000):
        rows.admit_foreign(failed=False)
        rows.admit_foreign(failed=True)
    assert len(rows.ranks) <= ROWS * (3 * 4 + 2)


@pytest.mark.parametrize("word", LISTED)
def test_a_row_tells_its_verdict_in_words_and_symbol(word: Word) -> None:
    cells = row(verdict(word, reason="too old"), "row-0", {})
    assert [text(cell) for cell in cells] == [
        LOOKS[word].outcome,
        "row-0",
        f"{LOOKS[word].symbol} {LOOKS[word].label}",
        "VM-TOOLS-01",
        "high",
        "vm web01",
        "too old",
    ]
    assert len(cells) == len(header({}))


@pytest.mark.parametrize(
    ("changes", "pool_names", "told"),
    [
        ({"uuid": "a-b"}, {}, "#/vm/a-b?control=VM-TOOLS-01"),
        ({"uuid": "a/b <é>"}, {}, "#/vm/a%2Fb%20%3C%C3%A9%3E?control=VM-TOOLS-01"),
        (
            {"uuid": "a", "kind": "host"},
            {POOL: "Atelier", "other": "Bureau"},
            f"#/host/a/{POOL}?control=VM-TOOLS-01",
        ),
        ({"uuid": None, "pool": None}, {}, "#/vm/?control=VM-TOOLS-01"),
    ],
)
def test_a_row_leads_to_the_page_of_its_subject(
    changes: dict[str, Any], pool_names: dict[str, str], told: str
) -> None:
    cells = row(verdict("fail", **changes), "row-0", pool_names)
    assert [address for cell in cells for address in attributes(cell, "href")] == [told]


@pytest.mark.parametrize(
    ("pool_names", "told"),
    [
        ({}, ["vm web01", "r"]),
        ({POOL: "Atelier"}, ["vm web01", "Atelier", "r"]),
        ({"another": "Bureau"}, ["vm web01", "", "r"]),
    ],
)
def test_a_row_tells_the_pool_where_there_are_several(pool_names: dict[str, str], told: list[str]) -> None:
    cells = row(verdict("fail", reason="r"), "row-0", pool_names)
    assert [text(cell) for cell in cells[5:]] == told
    assert len(cells) == len(header(pool_names)) == len(foreign_row("Failed", "x", "row-0", pool_names))
