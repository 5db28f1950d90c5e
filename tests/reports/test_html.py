"""Our part of the page: what it tells, how much, and that data never becomes markup."""

from typing import Any

import pytest

from fixtures.verdict import Results, Word
from reports import html, rows
from reports.legible import legible
from reports.rows import Rows
from reports.words import LISTED, LOOKS

from .given import POOL, conditions, control, hostile_names, pool, results, shows, unread, verdict, verdicts
from .markup import attributes, shape, text

CONTROLS = {"VM-TOOLS-01": control()}


def page(given: Results) -> str:
    listed = Rows()
    for said in given.verdicts:
        if said.verdict in LISTED:
            listed.admit(said)
    return html.summary(given, CONTROLS, listed)


# What a row unfolds


def test_detail_tells_evidence_and_repair() -> None:
    told = text(
        html.detail(
            verdict("fail", reason="too old", evidence={"a": {"b": "c"}, "d": None}), control(), {}, ""
        )
    )
    for expected in ("too old", 'a {"b": "c"}', "d null", "Guest tools are installed", "Install the agent."):
        assert expected in told
    assert "xe vm-param-get uuid=5c9c7a2e-7a3f-4d0e-9a39-0e9b6e6f3c11 param-name" in told
    assert "Traceback" not in told


@pytest.mark.parametrize(("pool_names", "told"), [({}, False), ({POOL: "Atelier"}, True)])
def test_detail_names_the_pool_where_there_are_several(pool_names: dict[str, str], told: bool) -> None:
    assert ("Pool Atelier" in text(html.detail(verdict("fail"), None, pool_names, ""))) == told


def test_detail_of_an_error_shows_the_end_of_its_traceback() -> None:
    told = text(html.detail(verdict("error"), None, {}, "\n".join(f"line {number}." for number in range(99))))
    assert "line 98." in told
    assert "line 39." in told
    assert "line 38." not in told


def test_detail_is_one_line() -> None:
    # pytest-html's script wraps every line that begins with an E into an element of its own.
    assert "\n" not in html.detail(
        verdict("error", reason="one\nEtwo"), control(fix="Eject\nEject"), {}, "a\nError"
    )


@pytest.mark.parametrize("uuid", ["x; rm -rf /", "$(id)", "`id`", "a b", "", None, "a" * 41])
def test_no_command_to_copy_holds_anything_but_a_uuid(uuid: str | None) -> None:
    assert "<code>xe vm-param-get uuid={uuid} param-name" in html.detail(
        verdict("fail", uuid=uuid), control(), {}, ""
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
        (
            {},
            "Source live: https://pool.example Read 2026-11-23 06:00:00 UTC Account auditor, role read-only",
        ),
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


def test_a_pool_that_could_not_be_read_is_shown_as_such() -> None:
    told = page(results([verdict()], pools=(pool(), unread())))
    assert '<p class="alert"><strong>gone.xml:</strong> could not be read: no such file</p>' in told
    assert "✗ Not compliant: 1 of 2 pools could not be read" in text(told)
    shown = told.partition('<dl class="unread">')[2].partition("</dl>")[0]
    assert text(shown) == (
        "Pool gone.xml ✗ Not read could not be read: no such file Tried 2026-11-23 06:00:00 UTC"
    )


@pytest.mark.parametrize(
    ("changes", "told", "times"),
    [
        ({"selection": ("-k VM-TOOLS-01", "--lf")}, "Only a selection was judged: -k VM-TOOLS-01 --lf", 1),
        ({"selection": ("-k VM-TOOLS-01",)}, "? Nothing failed, but only a selection was judged", 1),
        ({}, "Only a selection", 0),
        ({"unknown": "fail"}, "with --unknown fail: what cannot be judged fails the run", 1),
        ({}, "with --unknown", 0),
        ({"selection": ("-k VM-TOOLS-01",)}, "Compliant", 0),
        ({}, "✓ Compliant", 1),
    ],
)
def test_conditions_are_told(changes: dict[str, Any], told: str, times: int) -> None:
    assert text(page(results([verdict()], conditions=conditions(**changes)))).count(told) == times


@pytest.mark.parametrize(("selection", "named"), [((), True), (("--vm web01",), False)])
def test_a_selection_names_only_controls_that_judged(selection: tuple[str, ...], named: bool) -> None:
    given = results([verdict(control="A-01")], conditions=conditions(selection=selection))
    told = text(page(given).partition("<h2>Controls</h2>")[2])
    assert "A-01" in told
    assert ("VM-TOOLS-01" in told) == named


def test_findings_are_what_failed_or_raised_by_severity() -> None:
    said = verdicts([("fail", 2), ("unknown", 4), ("pass", 8)], severity="low")
    said.append(verdict("error", severity="high", uuid="e"))
    told = text(page(results(said)))
    assert "3 of 15 objects have findings: 0 critical , 1 high , 0 medium , 2 low" in told
    assert "Objects judged: 4; none has findings." in text(page(results(verdicts([("unknown", 4)]))))


def test_all_reasons_are_listed_within_bounds() -> None:
    def told(count: int) -> str:
        return text(page(results([verdict("unknown", reason=f"reason {index}.") for index in range(count)])))

    assert "reason 49." in told(50)
    assert "more reasons" not in told(50)
    assert "reason 50." not in told(60).partition("Virtual machines")[0]
    assert "10 more reasons stand in results.json." in told(60)


def test_notes_are_loud() -> None:
    markup = page(results([], pools=(pool(notes=("TLS was not verified",)),)))
    assert '<p class="alert"><strong>Atelier:</strong> TLS was not verified</p>' in markup


def test_times_are_told_with_their_zone_and_all_that_was_judged_with() -> None:
    told = text(page(results([])))
    assert "Judged 2026-11-23 06:00:00 UTC to 2026-11-23 06:00:05 UTC under p.toml." in told
    assert f"Rules 1, knowledge 2026-11-01, policy SHA-256 {'0' * 64} ." in told


@pytest.mark.parametrize(("complete", "told"), [(True, False), (False, True)])
def test_an_incomplete_run_says_so(complete: bool, told: bool) -> None:
    assert ("Incomplete." in text(page(results([verdict()], complete=complete)))) == told


def test_the_grid_shows_every_word_in_words_and_symbol() -> None:
    said = [verdict(word, control=f"C-{index:02}") for index, word in enumerate(LOOKS)]
    grid = text(page(results(said))).partition("Virtual machines")[2]
    assert f"web01 {' '.join(f'{LOOKS[word].symbol} {LOOKS[word].short}' for word in LOOKS)}" in grid


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
        listed = Rows()
        listed.admit(said)
        return [
            html.summary(
                results([said, verdict("unknown", reason=name)], pools=(told, told)),
                {"VM-TOOLS-01": documented},
                listed,
            ),
            *rows.header({name: name}),
            *rows.row(said, "row-0", {POOL: f"pool {name}"}),
            *rows.foreign_row("Failed", name, {POOL: f"pool {name}"}),
            html.detail(said, documented, {POOL: f"pool {name}"}, f"{name}: raised"),
        ]

    harmless, hostile = markup("name"), markup(name)
    assert [shape(piece) for piece in hostile] == [shape(piece) for piece in harmless]
    assert {address for piece in hostile for address in attributes(piece, "href")} == {"#row-0"}
    for piece in hostile:
        piece.encode("utf-8")
        assert shows(piece.replace("\n", ""))
    if name.strip():
        assert " ".join(legible(name, 80).split()) in text(hostile[0])
