"""The terminal's summary: what it tells, that it keeps to 80 columns, and that no name gets through raw."""

import unicodedata
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from fixtures.verdict import Results, Word
from reports import terminal
from reports.history import Change, History
from reports.lines import WIDTH, fit
from reports.terminal import Crash

from .given import conditions, control, hostile_names, pool, results, shows, unread, verdict, verdicts

CONTROLS = {"VM-TOOLS-01": control()}


def text(given: Results, crashes: tuple[Crash, ...] = ()) -> str:
    return "\n".join(line.text for line in terminal.summary(given, CONTROLS, crashes, len(crashes)))


def columns(line: str) -> int:
    return sum(
        0
        if unicodedata.category(letter) in ("Mn", "Me")
        else 1 + (unicodedata.east_asian_width(letter) in "WF")
        for letter in line
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "Pool Atelier, 8.3.0, master xcp-01"),
        ({}, "  live: https://pool.example"),
        ({}, "  read at 2026-11-23T06:00:00Z as auditor, role read-only"),
        ({"account": None, "role": None}, "  read at 2026-11-23T06:00:00Z\n"),
        ({"notes": ("TLS was not verified",)}, "NOTE: TLS was not verified"),
        (
            {"name": None, "master": None, "product_version": None, "account": None, "role": None},
            "Pool (no name)",
        ),
    ],
)
def test_pools_are_told(changes: dict[str, Any], told: str) -> None:
    assert told in text(results([verdict()], pools=(pool(**changes),)))


def test_controls_and_totals_are_counted() -> None:
    said = verdicts([("pass", 3), ("fail", 2), ("unknown", 1)]) + verdicts(
        [("error", 1)], control="HOST-LIVE-01"
    )
    lines = text(results(said)).splitlines()
    assert "VM-TOOLS-01      3     2       1     -     -  Guest tools are installed" in lines
    assert "HOST-LIVE-01     -     -       -     -     1" in lines
    assert "total            3     2       1     0     1" in lines


@pytest.mark.parametrize(
    ("word", "heading"),
    [("waived", "waived"), ("waiver_not_needed", "unneeded"), ("not_applicable", "n. a.")],
)
def test_rarer_words_have_a_column_where_they_occur(word: Word, heading: str) -> None:
    assert f" {heading}" in text(results([verdict(word)])).partition("Control ")[2].splitlines()[0]


def test_the_worst_are_named_with_what_is_wrong() -> None:
    said = [verdict("fail", severity="high", name=f"vm{index}", uuid=str(index)) for index in range(12)]
    said += [
        verdict(
            "fail", severity="critical", control=f"VM-DISKS-0{index}", name="worst", uuid="w", reason="4 gone"
        )
        for index in range(1, 6)
    ]
    told = text(results(said))
    assert "Objects with findings: 13; the worst 10" in told
    assert told.index("  vm worst") < told.index("    critical VM-DISKS-01 4 gone") < told.index("  vm vm0")
    assert "    and 2 more" in told
    assert "  vm vm9" not in told


@pytest.mark.parametrize("word", ["pass", "not_applicable", "unknown", "waived"])
def test_what_did_not_fail_is_not_among_the_findings(word: Word) -> None:
    assert "with findings" not in text(results([verdict(word)]))


def test_unknowns_are_grouped_by_reason() -> None:
    said = verdicts([("unknown", 7)], reason="not running") + verdicts([("unknown", 2)], reason="too soon")
    told = text(results(said))
    assert "Could not be judged: 9" in told
    assert told.index("     7  not running (VM-TOOLS-01)") < told.index("     2  too soon (VM-TOOLS-01)")


def test_only_the_most_frequent_reasons_are_named() -> None:
    said = [verdict("unknown", reason=f"reason {index}") for index in range(9)]
    assert "Could not be judged: 9; the 5 most frequent of 9 reasons" in text(results(said))


def test_errors_show_the_end_of_their_traceback() -> None:
    crash = Crash("checks/test_x.py::test_x[web01]", "\n".join(f"line {number}" for number in range(20)))
    told = text(results([verdict("error")]), (crash,))
    assert "Checks that raised an error: 1" in told
    assert "    line 19" in told
    assert "line 13" not in told


@pytest.mark.parametrize(
    ("code", "unknown", "gate", "missing", "told"),
    [
        (0, 0, "report", False, "Exit code 0: nothing failed."),
        (
            *(0, 3, "report", False),
            "Exit code 0: nothing failed, but 3 verdicts are unknown: neither pass nor fail.",
        ),
        (1, 0, "report", False, "Exit code 1: at least one check failed or raised an error."),
        (1, 0, "fail", True, "Exit code 1: at least one check failed or raised an error."),
        (
            *(1, 3, "fail", True),
            "Exit code 1: 3 verdicts are unknown, and --unknown fail lets none of them through.",
        ),
        (1, 3, "report", True, "Exit code 1: not all of the pools could be read."),
        (2, 0, "report", True, "Exit code 2: the run was interrupted; what was not judged is not known."),
        (
            *(5, 0, "report", False),
            "Exit code 5: there was nothing to check: the policy p.toml leaves nothing over.",
        ),
        (9, 0, "report", False, "Exit code 9: see pytest's message."),
    ],
)
def test_exit_codes(code: int, unknown: int, gate: str, missing: bool, told: str) -> None:
    said = verdicts([("unknown", unknown), ("fail", int(code == 1 and not unknown))])
    given = results(said, conditions=conditions(unknown=gate))
    assert " ".join(line.text.strip() for line in terminal.outcome(code, given, missing)) == told


@pytest.mark.parametrize(
    ("selection", "deselected", "told"),
    [
        (("-k x", "-m vm"), 12, "none of 12 checks is selected by -k x, -m vm."),
        (("--vm web*", "-k x"), 12, "none of 12 checks is selected by -k x."),
        (("--vm web*", "--tag a", "-k x"), 0, "nothing is selected by --vm web*, --tag a, -k x."),
    ],
)
def test_what_selected_nothing_is_named(selection: tuple[str, ...], deselected: int, told: str) -> None:
    given = results([], conditions=conditions(selection=selection))
    lines = terminal.outcome(5, given, False, deselected)
    assert " ".join(line.text.strip() for line in lines) == f"Exit code 5: there was nothing to check: {told}"


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (["site/test_a.py"], "interrupted by site/test_a.py: it cannot be collected."),
        (["test_a.py", "test_b.py"], "interrupted by test_a.py and 1 more: it cannot be collected."),
    ],
)
def test_files_that_interrupt_are_named(broken: list[str], told: str) -> None:
    lines = terminal.outcome(2, results([], complete=False), False, broken=broken)
    assert " ".join(line.text.strip() for line in lines) == f"Exit code 2: the audit was {told}"
    lines = terminal.outcome(1, results([verdict("fail")], complete=False), False, broken=broken)
    assert " ".join(line.text.strip() for line in lines).endswith(" cannot be collected, and judged nothing.")


def test_changes_are_told_and_whether_both_were_judged_alike() -> None:
    changed = Change(control="C-01", subject=verdict().subject, change="no_longer_waived", since=None)
    history = History(compared_with="2026-11-22T06:00:00Z", changes=(changed,), series=())
    assert [line.text for line in terminal.changed(history)] == [
        "Since 2026-11-22T06:00:00Z: 1 no longer waived."
    ]
    history = msgspec.structs.replace(history, changes=(), differences=("not the same rules: 1, then 2",))
    assert [line.text for line in terminal.changed(history)] == [
        "Since 2026-11-22T06:00:00Z: no change.",
        "Not judged alike then and now: not the same rules: 1, then 2.",
    ]


def test_an_incomplete_run_says_so() -> None:
    assert "The run stopped early" in text(results([verdict()], complete=False))


@pytest.mark.parametrize("name", hostile_names())
def test_hostile_text_is_printable_and_keeps_to_80_columns(name: str) -> None:
    said = [
        verdict("fail", name=name, reason=name, uuid="1"),
        verdict("unknown", name=name, reason=name, uuid=name, control="VM-MEMORY-01"),
    ]
    given = results(
        said, pools=(pool(name=name, master=name, location=name, notes=(name,), product_version=name),)
    )
    crashes = (Crash(name, f"{name}\n{name}"),)
    lines = (text(given, crashes) + "\n" + in_brief(given, crashes)).splitlines()
    assert [line for line in lines if not shows(line)] == []
    assert [line for line in lines if columns(line) > WIDTH] == []


@pytest.mark.parametrize(
    ("given", "width", "shown"),
    [
        ("short", 5, "short"),
        ("longer", 5, "long…"),
        ("測試測試", 8, "測試測試"),
        ("測試測試", 7, "測試測…"),
        ("測試測試", 6, "測試…"),
        ("e\u0301" * 5, 5, "e\u0301" * 5),
        ("", 0, ""),
    ],
)
def test_fit(given: str, width: int, shown: str) -> None:
    assert fit(given, width) == shown


def in_brief(given: Results, crashes: tuple[Crash, ...] = ()) -> str:
    return "\n".join(line.text for line in terminal.brief(given, crashes, len(crashes)))


def test_brief_is_short() -> None:
    said = verdicts([("pass", 50), ("fail", 11), ("unknown", 50)], reason="gone")
    lines = in_brief(results(said, pools=(pool(notes=("TLS was not verified",)),))).splitlines()
    assert lines == [
        "Pool Atelier, 8.3.0, master xcp-01",
        "  NOTE: TLS was not verified",
        "Objects with findings: 11; the worst 10",
        *(f"  vm vmfail{index}: high VM-TOOLS-01 gone" for index in (0, 1, 10, 2, 3, 4, 5, 6, 7, 8)),
        "  and 1 more",
        "Not compliant.",
        "Verdicts: 11 fail, 50 unknown, 50 pass.",
        "Findings: 0 critical, 11 high, 0 medium, 0 low.",
    ]


def test_brief_names_the_worst_finding_of_an_object_and_counts_the_others() -> None:
    said = [
        verdict("fail", severity="low", control="VM-NAME-01"),
        verdict("fail", severity="critical", control="VM-DISKS-02", reason="invisible " * 9),
    ]
    told = in_brief(results(said)).splitlines()[2]
    assert told == "  vm web01: critical VM-DISKS-02 invisible invisible invisible inv… (and 1 more)"
    assert len(told) == WIDTH


def test_brief_tells_the_last_line_of_each_crash() -> None:
    crash = Crash("checks/test_x.py::test_x[web01]", "above\nE   KeyError: 'x'")
    told = in_brief(results([verdict("error")]), (crash,))
    assert (
        "Checks that raised an error: 1\n  checks/test_x.py::test_x[web01]\n    E   KeyError: 'x'\n" in told
    )
    assert "above" not in told


@pytest.mark.parametrize(("unknown", "told"), [("report", False), ("fail", True)])
def test_brief_tells_what_could_not_be_judged_where_that_fails_the_run(unknown: str, told: bool) -> None:
    given = results(verdicts([("unknown", 2)], reason="not running"), conditions=conditions(unknown=unknown))
    assert ("     2  not running (VM-TOOLS-01)" in in_brief(given)) == told
    assert ("Not compliant: 2 could not be judged." in in_brief(given)) == told


@pytest.mark.parametrize("tell", [text, in_brief])
def test_a_pool_that_could_not_be_read_is_told(tell: Callable[[Results], str]) -> None:
    told = tell(results([verdict()], pools=(pool(), unread())))
    assert "NOT READ: pool gone.xml\n  NOTE: could not be read: no such file\n" in told
    assert "Not compliant: 1 of 2 pools could not be read." in told
    assert "Compliant" not in told


@pytest.mark.parametrize("tell", [text, in_brief])
@pytest.mark.parametrize(
    ("uuids", "told"),
    [
        (["a"], "  vm web01"),
        (["a", "b"], "  vm web01 of Pool a"),
    ],
)
def test_the_worst_are_told_with_their_pool_where_there_are_several(
    uuids: list[str], told: str, tell: Callable[[Results], str]
) -> None:
    pools = tuple(pool(uuid=uuid, name=f"Pool {uuid}") for uuid in uuids)
    lines = tell(results([verdict("fail", pool="a")], pools=pools)).splitlines()
    assert [line.partition(":")[0] for line in lines if line.startswith("  vm ")] == [told]


@pytest.mark.parametrize(
    ("changes", "told", "briefly"),
    [
        ({}, "Policy p.toml", False),
        ({"unknown": "fail"}, "--unknown fail: what cannot be judged fails this run", False),
        ({"selection": ("-k X", "--lf")}, "ONLY A SELECTION WAS JUDGED: -k X, --lf", True),
        ({"selection": ("-k X",)}, "Nothing failed, but only a selection was judged.", True),
    ],
)
def test_conditions_are_told(changes: dict[str, Any], told: str, briefly: bool) -> None:
    given = results([verdict()], conditions=conditions(**changes))
    assert told in text(given)
    assert (told in in_brief(given)) == briefly
    assert told not in in_brief(results([verdict()]))
