"""Our part of the page: what it tells, how much, and that data never becomes markup."""

import re
from typing import Any

import pytest

from fixtures.printable import printable
from fixtures.verdict import Results, Severity, Word
from reports import html
from reports.words import FINDINGS, LOOKS

from .given import control, hostile_names, pool, results, shows, verdict, verdicts
from .markup import attributes, shape, text

CONTROLS = {"VM-TOOLS-01": control()}


def page(given: Results) -> str:
    rows = html.Rows()
    for said in given.verdicts:
        if said.verdict in FINDINGS:
            rows.admit(said)
    return html.summary(given, CONTROLS, rows)


# Rows


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
    rows = html.Rows()
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
    rows = html.Rows()
    for severity in ("low", "medium", "high", "critical"):
        for given in verdicts([("unknown", 1000), ("error", 1000), ("fail", 1000)], severity=severity):
            rows.admit(given)
    assert len(rows.ranks) <= html.ROWS * 3 * 4


@pytest.mark.parametrize("word", FINDINGS)
def test_a_row_tells_its_verdict_in_words_and_symbol(word: Word) -> None:
    cells = html.row(verdict(word, reason="too old"), "row-0")
    assert [text(cell) for cell in cells] == [
        LOOKS[word].outcome,
        "row-0",
        f"{LOOKS[word].symbol} {LOOKS[word].label}",
        "VM-TOOLS-01",
        "high",
        "vm web01",
        "too old",
    ]
    assert len(cells) == len(html.HEADER)


def test_the_cells_sort_by_weight() -> None:
    # As pytest-html's script does: by the markup in a cell.
    inner = re.compile(r"<td.*?>(.*?)</td>")
    said = [
        verdict("fail", severity="critical"),
        verdict("fail", severity="low"),
        verdict("error", severity="medium"),
        verdict("unknown", severity="high"),
    ]
    cells = [[inner.findall(cell)[0] for cell in html.row(each, "row-0")] for each in said]
    assert sorted(cells, key=lambda row: row[2]) == cells
    assert [text(row[4]) for row in sorted(cells, key=lambda row: row[4])] == [
        "critical",
        "high",
        "medium",
        "low",
    ]


# What a row unfolds


def test_detail_tells_evidence_and_repair() -> None:
    told = text(
        html.detail(verdict("fail", reason="too old", evidence={"a": {"b": "c"}, "d": None}), control(), "")
    )
    for expected in ("too old", 'a {"b": "c"}', "d null", "Guest tools are installed", "Install the agent."):
        assert expected in told
    assert "xe vm-param-get uuid=5c9c7a2e-7a3f-4d0e-9a39-0e9b6e6f3c11 param-name" in told
    assert "Traceback" not in told


def test_detail_of_an_error_shows_the_end_of_its_traceback() -> None:
    told = text(html.detail(verdict("error"), None, "\n".join(f"line {number}." for number in range(99))))
    assert "line 98." in told
    assert "line 39." in told
    assert "line 38." not in told


def test_detail_is_one_line() -> None:
    # pytest-html's script wraps every line that begins with an E into an element of its own.
    assert "\n" not in html.detail(
        verdict("error", reason="one\nEtwo"), control(fix="Eject\nEject"), "a\nError"
    )


@pytest.mark.parametrize("uuid", ["x; rm -rf /", "$(id)", "`id`", "a b", "", None, "a" * 41])
def test_no_command_to_copy_holds_anything_but_a_uuid(uuid: str | None) -> None:
    assert "<code>xe vm-param-get uuid={uuid} param-name" in html.detail(
        verdict("fail", uuid=uuid), control(), ""
    )


# The summary


def test_counts_per_word_and_control() -> None:
    said = verdicts([("pass", 4), ("fail", 3), ("unknown", 2), ("error", 1)])
    told = text(page(results(said)))
    assert "4 ✓ pass 3 ✗ fail 2 ? unknown 0 – not applicable 1 ! error" in told
    assert "VM-TOOLS-01 high Guest tools are installed 4 3 2 0 1" in told


@pytest.mark.parametrize("changed", range(6))
@pytest.mark.parametrize("to", LOOKS)
def test_every_changed_verdict_changes_the_numbers(changed: int, to: Word) -> None:
    words: list[Word] = ["pass", "fail", "unknown", "not_applicable", "error", "waived"]
    words[changed] = to
    told = text(page(results([verdict(word, uuid=str(index)) for index, word in enumerate(words)])))
    for word in LOOKS:
        count = f"{words.count(word)} {LOOKS[word].symbol} {LOOKS[word].label}"
        assert (count in told) == (
            word in words or word in ("pass", "fail", "unknown", "not_applicable", "error")
        )


def test_a_control_without_subjects_is_named() -> None:
    assert "VM-TOOLS-01 high Guest tools are installed 0 0 0 0 0" in text(page(results([])))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "Pool Atelier f3b1d2c4-0000-4000-8000-000000000001 Product 8.3.0 Master xcp-01"),
        ({}, "Source live: https://pool.example Read 2026-11-23T06:00:00Z Account auditor, role read-only"),
        ({"account": None, "role": None}, "Account none"),
        ({"notes": ("TLS was not verified",)}, "Atelier: TLS was not verified"),
        (
            {"name": None, "uuid": None, "master": None},
            "Pool (no name) no uuid Product 8.3.0 Master not known",
        ),
    ],
)
def test_pools_are_told(changes: dict[str, Any], told: str) -> None:
    assert told in text(page(results([], pools=(pool(**changes),))))


def test_notes_are_loud() -> None:
    markup = page(results([], pools=(pool(notes=("TLS was not verified",)),)))
    assert '<p class="alert"><strong>Atelier:</strong> TLS was not verified</p>' in markup


def test_versions_are_told() -> None:
    assert (
        "Rules 1, knowledge 2026-11-01. Started 2026-11-23T06:00:00Z, finished 2026-11-23T06:00:05Z."
        in text(page(results([])))
    )


@pytest.mark.parametrize(("complete", "told"), [(True, False), (False, True)])
def test_an_incomplete_run_says_so(complete: bool, told: bool) -> None:
    assert ("Incomplete." in text(page(results([verdict()], complete=complete)))) == told


def test_the_grid_shows_every_word_in_words_and_symbol() -> None:
    said = [verdict(word, control=f"C-{index:02}") for index, word in enumerate(LOOKS)]
    grid = text(page(results(said))).partition("Virtual machines")[2]
    assert f"web01 {' '.join(f'{LOOKS[word].symbol} {LOOKS[word].label}' for word in LOOKS)}" in grid


def test_the_grid_links_to_the_row_that_tells_more() -> None:
    markup = page(results([verdict("pass", control="A-01"), verdict("fail", control="B-01")]))
    assert attributes(markup, "href") == ["#row-0"]


def test_the_grid_is_bounded_and_says_how_many_more() -> None:
    said = verdicts([("pass", 500), ("fail", 120)])
    grid = text(page(results(said))).partition("Virtual machines")[2]
    assert "Worst first. 320 more that are no worse stand in results.json." in grid
    assert grid.count("✗ fail") == 120
    assert grid.count("✓ pass") == 180


@pytest.mark.parametrize(("pools", "columns"), [(1, 2), (2, 3)])
def test_the_grid_names_the_pool_where_there_are_several(pools: int, columns: int) -> None:
    given = results([verdict()], pools=tuple(pool(uuid=str(number)) for number in range(pools)))
    grid = page(given).partition("Virtual machines")[2]
    assert grid.partition("</thead>")[0].count("<th ") == columns


def test_a_verdict_is_not_hidden_by_an_error_in_tear_down() -> None:
    grid = text(page(results([verdict("fail"), verdict("error")]))).partition("Virtual machines")[2]
    assert "web01 ✗ fail" in grid


def test_findings_without_a_row_are_counted() -> None:
    assert "The 300 that matter most of 450; all stand in results.json" in text(
        page(results(verdicts([("fail", 450)])))
    )


# Data never becomes markup


@pytest.mark.parametrize("name", hostile_names())
def test_names_change_no_markup(name: str) -> None:
    def markup(name: str) -> list[str]:
        said = verdict("fail", name=name, reason=name, uuid=name, evidence={name: name}, nodeid=name)
        told = pool(name=name, master=name, location=name, notes=(name,), account=name, role=name, uuid=name)
        documented = control(title=name, why=name, fix=name, verify=name, sources=name)
        rows = html.Rows()
        rows.admit(said)
        return [
            html.summary(
                results([said, verdict("unknown", reason=name)], pools=(told, told)),
                {"VM-TOOLS-01": documented},
                rows,
            ),
            *html.row(said, "row-0"),
            *html.foreign_row("Failed", name),
            html.detail(said, documented, f"{name}: raised"),
        ]

    harmless, hostile = markup("name"), markup(name)
    assert [shape(piece) for piece in hostile] == [shape(piece) for piece in harmless]
    assert {address for piece in hostile for address in attributes(piece, "href")} == {"#row-0"}
    for piece in hostile:
        piece.encode("utf-8")
        assert shows(piece.replace("\n", ""))
    if name.strip():
        assert " ".join(printable(name, 80).split()) in text(hostile[0])
