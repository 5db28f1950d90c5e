"""Rows of pytest-html's table: how many, which, and what they tell."""

import re

import pytest

from fixtures.verdict import Severity, Word
from reports.rows import ROWS, Rows, foreign_row, header, row
from reports.words import LISTED, LOOKS

from .given import POOL, verdict, verdicts
from .markup import text


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ([("fail", "low", 299)], {"low": 299}),
        ([("fail", "low", 300)], {"low": 300}),
        ([("fail", "low", 400)], {"low": 300}),
        ([("fail", "low", 400), ("fail", "critical", 10)], {"critical": 10, "low": 290}),
        ([("fail", "critical", 400), ("fail", "low", 10)], {"critical": 300}),
        ([("unknown", "critical", 400), ("error", "low", 100), ("fail", "high", 150)], None),
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
        assert [given.verdict for given in stay] == ["fail"] * 150 + ["error"] * 100 + ["unknown"] * 50
    else:
        assert [given.severity for given in stay] == [
            name for name, count in shown.items() for _ in range(count)
        ]


def test_rows_that_are_held_are_bounded() -> None:
    rows = Rows()
    for severity in ("low", "medium", "high", "critical"):
        for given in verdicts([("unknown", 1000), ("error", 1000), ("fail", 1000)], severity=severity):
            rows.admit(given)
    assert len(rows.ranks) <= ROWS * 3 * 4


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


def test_the_cells_sort_by_weight() -> None:
    # As pytest-html's script does: by the markup in a cell.
    inner = re.compile(r"<td.*?>(.*?)</td>")
    said = [
        verdict("fail", severity="critical"),
        verdict("fail", severity="low"),
        verdict("error", severity="medium"),
        verdict("unknown", severity="high"),
    ]
    cells = [[inner.findall(cell)[0] for cell in row(each, "row-0", {})] for each in said]
    assert sorted(cells, key=lambda each: each[2]) == cells
    assert [text(each[4]) for each in sorted(cells, key=lambda each: each[4])] == [
        "critical",
        "high",
        "medium",
        "low",
    ]


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
    assert len(cells) == len(header(pool_names)) == len(foreign_row("Failed", "x", pool_names))
