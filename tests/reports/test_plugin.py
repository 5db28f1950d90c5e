"""The plugin in runs of its own, over checks that come to a given verdict each."""

import json
import os
import re
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from fixtures.verdict import Results, Verdict
from reports.words import LOOKS
from tests.e2e.commands import ROOT

from .given import HOSTILE, pool, verdict, verdicts
from .markup import Page

pytest_plugins = ["pytester"]

CONFTEST = """
import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from fixtures.audit import AUDIT
from fixtures.ratchet import Ratchet
from fixtures.verdict import Conditions, PoolSummary, Verdict
from fixtures.waivers import Waivers

pytest_plugins = ["reports.plugin"]
GIVEN = json.loads(Path(__file__).with_name("given.json").read_text())


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session):
    if GIVEN["audit"]:
        session.config.stash[AUDIT] = SimpleNamespace(
            pools=(msgspec.convert(GIVEN["pool"], PoolSummary),),
            rules_version="1",
            knowledge_version="2026-11-01",
            report_dir=Path(__file__).with_name("out"),
            controls={},
            inventory=(),
            waivers=Waivers(),
            ratchet=Ratchet(),
            history=None,
            redaction=None,
            formats=(),
            conditions=Conditions(
                policy="p",
                policy_sha256="0",
                profiles=("baseline",),
                fail_on="low",
                waivers="",
                waivers_sha256="",
                ratchet="",
                selection=(),
                unknown="report",
            ),
            started=datetime.now(UTC),
        )


def pytest_generate_tests(metafunc):
    if "said" in metafunc.fixturenames:
        said = GIVEN["verdicts"]
        metafunc.parametrize("said", said, ids=[str(number) for number in range(len(said))])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if "said" in item.fixturenames and (call.when == "call" or call.excinfo):
        said = item.callspec.params["said"]
        if call.when != "call":
            said = said | {"verdict": "error"}
        report.poolproof = msgspec.convert(said | {"nodeid": item.nodeid}, Verdict)
    return report
"""

CHECKS = """
import os

import pytest


@pytest.fixture
def brittle(said):
    yield
    assert said["reason"] != "brittle", "tear-down"


def test_check(said, brittle):
    match said["reason"]:
        case "interrupt":
            raise KeyboardInterrupt
        case "exit":
            pytest.exit("enough", returncode=1)
        case "die":
            os._exit(1)
    match said["verdict"]:
        case "fail":
            raise AssertionError(said["reason"])
        case "error":
            raise ZeroDivisionError("division by zero")
        case "unknown" | "not_applicable":
            pytest.skip(said["reason"])
        case "waived":
            pytest.xfail("waived")
"""


class Runs:
    """Runs pytest in a folder of its own, over given verdicts."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self._pytester = pytester
        self.out = pytester.path / "out"

    def __call__(
        self, said: Sequence[Verdict], *arguments: str, audit: bool = True, **told: Any
    ) -> pytest.RunResult:
        given = {
            "audit": audit,
            "pool": msgspec.to_builtins(pool(**told)),
            "verdicts": [msgspec.to_builtins(each) for each in said],
        }
        (self._pytester.path / "given.json").write_text(json.dumps(given))
        self._pytester.makeconftest(CONFTEST)
        self._pytester.makepyfile(test_checks=CHECKS)
        # A process of its own costs a second: only where the run ends it or has workers, and where reports
        # are counted, for pytester keeps those of a run in this one.
        alone = {"-n1", "-n2", "counting"}.isdisjoint(arguments) and {"interrupt", "exit"}.isdisjoint(
            each.reason for each in said
        )
        start = self._pytester.runpytest_inprocess if alone else self._pytester.runpytest_subprocess
        return start(
            "-p",
            "no:cacheprovider",
            "--tb=no",
            "--html=out/compliance.html",
            "--self-contained-html",
            *arguments,
        )

    @property
    def results(self) -> Results:
        return msgspec.convert(json.loads((self.out / "results.json").read_bytes()), Results)

    @property
    def page(self) -> Page:
        return Page(self.out / "compliance.html")


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Runs:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name in [name for name in os.environ if name.startswith("CI")]:
        monkeypatch.delenv(name)
    return Runs(pytester)


def filters(page: Page) -> dict[str, int]:
    """What pytest-html's filter counts: outcome → number."""
    return {outcome: int(count) for outcome, count in re.findall(r'<span class="(\w+)">(\d+) ', page.markup)}


def test_without_an_audit_nothing_happens(run: Runs) -> None:
    done = run([verdict("fail"), verdict()], audit=False)
    assert done.ret == 1
    assert "compliance ==" not in done.stdout.str()
    assert [path.name for path in run.out.iterdir()] == ["compliance.html"]
    assert run.page.environment.keys() >= {"Packages", "Plugins"}


@pytest.mark.parametrize("parallel", [(), ("-n2",)], ids=["alone", "xdist"])
def test_every_word_is_counted_everywhere(run: Runs, parallel: tuple[str, ...]) -> None:
    said = [verdict(word, uuid=word) for word in LOOKS]
    done = run(said, *parallel)
    assert done.ret == 1
    assert re.search(
        "= 1 failed, 1 passed, 1 error(, 1 (unknown|waiver not needed|waived|not applicable)){4} in",
        done.stdout.str(),
    )
    assert run.results.complete
    assert {each.verdict for each in run.results.verdicts} == set(LOOKS)
    assert run.results.summary == dict.fromkeys(LOOKS, 1)
    listed = dict.fromkeys(("failed", "error", "skipped", "xpassed"), 1)
    assert filters(run.page) == dict.fromkeys(("passed", "xfailed", "rerun", "retried"), 0) | listed
    assert [row["result"] for row in run.page.rows] == ["failed", "error", "skipped", "xpassed"]


COUNTING = """
import gc

import pytest


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session):
    if not hasattr(session.config, "workerinput"):
        gc.collect()
        reports = [each for each in gc.get_objects() if isinstance(each, pytest.TestReport)]
        print("\\nkept:", sum(each.nodeid.startswith("test_checks.py") for each in reports))
    return (yield)
"""


@pytest.mark.parametrize("parallel", [(), ("-n2",)], ids=["alone", "xdist"])
def test_reports_are_let_go_once_they_are_counted(
    run: Runs, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, parallel: tuple[str, ...]
) -> None:
    (pytester.path / "counting.py").write_text(COUNTING)
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{pytester.path}")
    said = [verdict(word) for word in ("pass", "unknown", "not_applicable", "waived") for _ in range(25)]
    done = run(said, "-p", "counting", "--junit-xml=junit.xml", *parallel)
    done.stdout.re_match_lines(["kept: [4-9]$", "=.* 25 passed, 25 unknown, 25 not applicable, 25 waived"])


def test_what_somebody_asks_to_be_shown_is_kept(run: Runs) -> None:
    done = run([verdict() for _ in range(3)], "-rp")
    assert re.findall(r"PASSED test_checks.py::test_check\[(\d)\]", done.stdout.str()) == ["0", "1", "2"]


def test_progress_letters_tell_words_apart(run: Runs) -> None:
    done = run([verdict(word) for word in LOOKS])
    done.stdout.fnmatch_lines(["test_checks.py FE?Ww-. *"])


def test_rows_are_limited_and_the_filter_counts_them(run: Runs) -> None:
    run(verdicts([("pass", 40), ("unknown", 32), ("fail", 31), ("error", 3)]))
    assert {name: count for name, count in filters(run.page).items() if count} == {"failed": 10}
    assert [row["result"] for row in run.page.rows] == ["failed"] * 10
    assert "10 of 66 findings and unknown verdicts." in run.page.text
    assert run.results.summary["unknown"] == 32


def test_failures_displace_rows_of_unknown(run: Runs) -> None:
    run(verdicts([("unknown", 32), ("fail", 4)]))
    assert [row["result"] for row in run.page.rows] == ["failed"] * 4 + ["skipped"] * 6


@pytest.mark.parametrize("parallel", [(), ("-n1",)], ids=["alone", "xdist"])
def test_rows_of_others_and_of_errors_are_limited_too(
    run: Runs, pytester: pytest.Pytester, parallel: tuple[str, ...]
) -> None:
    others = """
        import pytest

        @pytest.mark.parametrize("number", range(30))
        def test_other(number):
            assert number % 2

        @pytest.fixture
        def brittle_too():
            yield
            raise ZeroDivisionError

        @pytest.mark.parametrize("number", range(15))
        def test_tear_down(number, brittle_too):
            pass
    """
    pytester.makepyfile(test_other=others)
    for number in range(12):
        pytester.makepyfile(**{f"test_broken_{number}": "import nonsense_that_is_not_there"})
    run(
        [*verdicts([("error", 40)]), *verdicts([("fail", 40)], reason="brittle")],
        "--continue-on-collection-errors",
        *parallel,
    )
    assert len(run.page.rows) == 10
    assert sum(filters(run.page).values()) == 10
    assert {row["result"] for row in run.page.rows} <= {"Error", "Failed"}
    assert (
        "0 of 120 findings and unknown verdicts. The fix plan and the matrix have them all." in run.page.text
    )
    # 30 tests, 15 and their tear-downs, 12 files.
    assert "10 of 72 tests that are no controls, and files that cannot be collected" in run.page.text


@pytest.mark.parametrize(
    ("reasons", "arguments", "code", "judged", "complete"),
    [
        (["", "", ""], [], 1, 3, True),
        (["", "interrupt", ""], [], 2, 1, False),
        (["", "exit", ""], [], 1, 1, False),
        (["", "", ""], ["-x"], 1, 1, False),
        (["", "", ""], ["--maxfail=2"], 1, 2, False),
        (["", ""], ["--maxfail=2"], 1, 2, False),
        (["", "", ""], ["-n1"], 1, 3, True),
        (["", "", ""], ["-n1", "-x"], 2, None, False),
        (["", "die", ""], ["-n1"], 1, 2, False),
        (["", "", ""], ["-k", "0 or 1"], 1, 2, True),
        (["", "", ""], ["-k", "none"], 5, 0, True),
    ],
)
def test_an_interrupted_run_is_not_complete(
    run: Runs, reasons: list[str], arguments: list[str], code: int, judged: int | None, complete: bool
) -> None:
    done = run([verdict("fail", reason=reason) for reason in reasons], *arguments)
    assert done.ret == code
    assert run.results.complete == complete
    assert judged is None or len(run.results.verdicts) == judged
    assert ("Incomplete." in run.page.text) != complete
    assert ("The run stopped early" in done.stdout.str()) != complete


def test_results_are_not_written_when_nothing_runs(run: Runs) -> None:
    assert run([verdict()], "--collect-only").ret == 0
    assert not (run.out / "results.json").exists()


def test_a_report_that_cannot_be_written_ends_the_run_in_one_line(run: Runs) -> None:
    (run.out / "results.json").mkdir(parents=True)
    done = run([verdict()])
    assert done.ret == 4
    done.stderr.fnmatch_lines(
        [f"ERROR: {run.out}/results.json cannot be written (Is a directory): name another --report-dir"]
    )
    assert "Traceback" not in done.stderr.str() + done.stdout.str()


def test_so_does_a_report_of_another_plugin(run: Runs) -> None:
    (run.out / "compliance.html").mkdir(parents=True)
    done = run([verdict()])
    assert done.ret == 4
    done.stderr.fnmatch_lines([f"ERROR: {run.out}/compliance.html cannot be written (Is a directory): *"])
    assert "Traceback" not in done.stderr.str() + done.stdout.str()


def test_a_full_disk_ends_the_run_in_one_line(run: Runs) -> None:
    done = run([verdict()], "--junit-xml=/dev/full")
    assert done.ret == 4
    done.stderr.fnmatch_lines(["ERROR: a report cannot be written (No space left on device): *"])


def test_a_usage_error_stands_alone(run: Runs) -> None:
    done = run([verdict()], "-k", "and")
    assert done.ret == 4
    assert "compliance ==" not in done.stdout.str()
    assert "Reports:" not in done.stdout.str()
    assert "Exit code" not in done.stdout.str()


@pytest.mark.parametrize("plugin", ["metadata", "junitxml"])
def test_plugins_that_are_turned_off_are_not_missed(run: Runs, plugin: str) -> None:
    assert run([verdict()], "-p", f"no:{plugin}").ret == 0
    assert run.page.environment.keys() == {"Python", "pytest", "pytest-html", "Poolproof rules"}


def test_the_title_tells_what_could_not_be_read(run: Runs) -> None:
    run([verdict("fail")], name=None, source="unread", location="gone.xml", notes=("could not be read: x",))
    assert run.page.text.startswith("Compliance of gone.xml (not read)")


@pytest.mark.parametrize("arguments", [[], ["-q"]], ids=["in full", "in brief"])
def test_a_file_that_cannot_be_collected_is_told(
    run: Runs, pytester: pytest.Pytester, arguments: list[str]
) -> None:
    pytester.makepyfile(test_broken="import nonsense_that_is_not_there")
    done = run([verdict()], *arguments)
    assert done.ret == 2
    assert "test_broken.py\n" in done.stdout.str()
    assert "    E   ModuleNotFoundError: No module named 'nonsense_that_is_not_there'\n" in done.stdout.str()
    assert not run.results.complete
    assert [row["result"] for row in run.page.rows] == ["Error"]


@pytest.mark.parametrize("parallel", [(), ("-n1",)], ids=["alone", "xdist"])
def test_an_error_shows_where_it_was_raised(run: Runs, parallel: tuple[str, ...]) -> None:
    done = run([verdict("error"), verdict("fail")], *parallel)
    done.stdout.fnmatch_lines(
        [
            "Checks that raised an error: 1",
            "  test_checks.py::test_check*0*",
            "    test_checks.py:*: in test_check",
            '        raise ZeroDivisionError("division by zero")',
            "    E   ZeroDivisionError: division by zero",
        ]
    )
    assert "in test_check" in next(row["log"] for row in run.page.rows if row["result"] == "error")


def test_an_error_in_tear_down_does_not_hide_the_verdict(run: Runs) -> None:
    run([verdict("fail", reason="brittle")])
    assert [each.verdict for each in run.results.verdicts] == ["fail", "error"]
    assert [row["result"] for row in run.page.rows] == ["failed", "error"]


def test_tests_of_others_keep_their_rows(run: Runs, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_other="def test_other():\n    assert False\n")
    run([verdict("fail"), verdict()])
    assert filters(run.page)["failed"] == 2
    assert filters(run.page)["passed"] == 0
    assert [row["result"] for row in run.page.rows] == ["Failed", "failed"]


@pytest.mark.parametrize("arguments", [["-v"], ["-v", "-n1"]], ids=["alone", "xdist"])
def test_ci_variables_reach_no_report(
    run: Runs, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setenv("GIT_URL", "https://ci:hushhush@git.example/pool.git")
    done = run([verdict("fail")], *arguments)
    assert run.page.environment.keys() == {"Python", "pytest", "pytest-html", "Poolproof rules"}
    assert "hushhush" not in done.stdout.str() + run.page.markup


@pytest.mark.parametrize("parallel", [(), ("-n2",)], ids=["alone", "xdist"])
def test_names_change_nothing_of_the_page(run: Runs, parallel: tuple[str, ...]) -> None:
    def said(names: Sequence[str]) -> list[Verdict]:
        return [
            verdict("fail", name=name, uuid=str(index), reason=name or "-", evidence={"name_label": name})
            for index, name in enumerate(names)
        ]

    hostile = " ".join(HOSTILE.values())
    run(said(["name"] * len(HOSTILE)), name="name", notes=("note",))
    harmless = run.page.shape
    done = run(said(list(HOSTILE.values())), *parallel, name=hostile, notes=(hostile,))
    assert run.page.shape == harmless
    assert run.page.markup.rstrip().endswith("</html>")
    assert {each.subject.name for each in run.results.verdicts} == set(HOSTILE.values())
    assert not set(done.stdout.str()) & set("\x00\x07\x1b\x9b\u200b\u202e")


@pytest.mark.parametrize(
    ("arguments", "told", "not_told"),
    [
        ([], ["compliance ==", "Objects with findings: 1", "Exit code 1"], ["FAILED "]),
        (["-q"], ["Verdicts: 1 fail, 1 pass.", "Exit code 1", "  vm web01: high VM-"], ["FAILED ", "Policy"]),
        (["-rf"], ["Objects with findings: 1", "FAILED test_checks.py"], []),
    ],
)
def test_what_the_terminal_tells(
    run: Runs, arguments: list[str], told: list[str], not_told: list[str]
) -> None:
    output = run([verdict("fail"), verdict()], *arguments).stdout.str()
    assert [text for text in told if text not in output] == []
    assert [text for text in not_told if text in output] == []
    assert f"Reports: {run.out / 'results.json'}" in output
    assert "\x1b" not in output


def test_pytest_has_little_to_look_through(run: Runs, pytester: pytest.Pytester) -> None:
    pytester.syspathinsert()
    # Its summary of failures looks through all reports of set-up and tear-down for each failure.
    pytester.makepyfile(
        counting="""
        def pytest_terminal_summary(terminalreporter):
            print("phases:", len(terminalreporter.stats[""]))
        """
    )
    run([verdict("fail")] * 3, "-p", "counting").stdout.fnmatch_lines(["phases: 0"])
