"""pytest plugin: collects the verdicts of an audit and shows them. Without an audit it does nothing."""

import json
import os
import platform
import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from pytest_html.report_data import ReportData
from pytest_metadata.plugin import metadata_key  # type: ignore[import-untyped] # has no types

from fixtures import ratchet
from fixtures.audit import AUDIT, Audit
from fixtures.errors import PoolproofError
from fixtures.facts.pool import Pool
from fixtures.redaction.redacted import Redaction
from fixtures.surroundings import surroundings
from fixtures.verdict import Results, Subject, Verdict, WaiverUse

from . import formats, html, results, rows, store, tally, terminal
from .history import History
from .kept import Kept
from .legible import legible
from .lines import Line
from .words import LISTED, LOOKS

CRASHES: Final = 5
"""Errors that the terminal shows with their tracebacks."""

BROKEN_OFF: Final = frozenset(
    {pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR}
)
"""Exit codes of runs that did not come to their end."""

DEFAULT_REPORTCHARS: Final = "fE"
"""pytest's: its short summary lists every failure and error."""


def pytest_sessionstart(session: pytest.Session) -> None:
    """Listen where an audit is made and its verdicts arrive: not in the workers of a parallel run."""
    config = session.config
    if AUDIT in config.stash and not hasattr(config, "workerinput") and not config.option.collectonly:
        config.pluginmanager.register(Reports(config, config.stash[AUDIT]), "poolproof-reports")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Keep the short traceback of a check that raised an error: an audit has pytest write none."""
    report = yield
    verdict = getattr(report, "poolproof", None)
    audit = item.config.stash.get(AUDIT, None)
    shows = item.config.option.tbstyle == "no" and not (audit and audit.redaction)
    if verdict and verdict.verdict == "error" and call.excinfo and shows:
        report.longrepr = call.excinfo.getrepr(
            style="short", tbfilter=lambda error: error.traceback.cut(path=item.path).filter(error)
        )
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    """Name the file that cannot be collected: outside pytest's root it has no node id."""
    report = yield
    if report.failed:
        here = collector.config.invocation_params.dir
        path = collector.path
        report.broken = str(path.relative_to(here) if path.is_relative_to(here) else path)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, Any, Any]:
    """Prepare a worker's report for its wire, which has no lone surrogates. Names may; verdicts keep them."""
    data = yield
    if data and "poolproof" in data:
        verdict = json.dumps(msgspec.to_builtins(data.pop("poolproof")))
        data = _encodable(data) | {"poolproof": verdict}
    return data


@pytest.hookimpl(wrapper=True)
def pytest_report_from_serializable(data: dict[str, Any]) -> Generator[None, Any, Any]:
    """Unpack the verdict of a report that comes from a worker."""
    if "poolproof" in data:
        data["poolproof"] = msgspec.convert(json.loads(data["poolproof"]), Verdict)
    return (yield)


def _encodable(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode("utf-8")
        case dict():
            return {key: _encodable(each) for key, each in value.items()}
        case list() | tuple():
            return type(value)(map(_encodable, value))
    return value


class Reports:
    """The verdicts of one run, and pytest's hooks that show them."""

    def __init__(self, config: pytest.Config, audit: Audit) -> None:
        self._config = config
        self._audit = audit
        self._path = audit.report_dir / "results.json"
        self._paths = [self._path]
        self._verdicts: list[Verdict] = []
        self._subjects: dict[Subject, Subject] = {}
        self._texts: dict[str, str] = {}
        self._kept = Kept(config.pluginmanager)
        self._ended_items = 0
        self._crashes: list[terminal.Crash] = []
        self._crash_count = 0
        self._broken: list[str] = []
        self._deselected = 0
        self._rows = rows.Rows()
        self._pool_names = tally.pool_names(audit.pools)
        self._page: ReportData | None = None
        self._environment = {
            "Python": platform.python_version(),
            "pytest": version("pytest"),
            "pytest-html": version("pytest-html"),
            "Poolproof rules": audit.rules_version,
        }
        # pytest-metadata copies CI variables, repository addresses with tokens among them, and prints them.
        # pytest-html takes its Environment from there, also where pytest-metadata is turned off.
        metadata: dict[str, Any] = config.stash.setdefault(metadata_key, {})
        metadata.clear()
        metadata.update(self._environment)

    # Collecting

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, None, None]:
        """Keep the verdict; the rest of a report is not needed."""
        self._ended_items += report.when == "teardown"
        verdict: Verdict | None = getattr(report, "poolproof", None)
        if verdict is not None:
            self._verdicts.append(self._sharing(verdict))
        if report.failed if verdict is None else verdict.verdict == "error":
            self._crashed(report.nodeid, report)
        yield
        self._kept.let_go(report)

    def _sharing(self, verdict: Verdict) -> Verdict:
        """The verdict, with what it has in common with others kept once for all of them."""
        once = self._texts.setdefault
        return msgspec.structs.replace(
            verdict,
            control=once(verdict.control, verdict.control),
            subject=self._subjects.setdefault(verdict.subject, verdict.subject),
            reason=once(verdict.reason, verdict.reason),
            evidence={once(path, path): value for path, value in verdict.evidence.items()},
        )

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A check file that cannot be collected is told with the checks that raised an error."""
        if report.failed:
            self._broken.append(getattr(report, "broken", report.nodeid))
            self._crashed(self._broken[-1], report)

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Count what -k, -m and --lf leave out."""
        self._deselected += len(items)

    def _crashed(self, name: str, report: pytest.TestReport | pytest.CollectReport) -> None:
        self._crash_count += 1
        if len(self._crashes) < CRASHES:
            self._crashes.append(terminal.Crash(name, report.longreprtext))

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None, None, None]:
        """Write results.json, then the others' reports. Ends the run with 4 where one cannot be written."""
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        self._session = session
        self._results = Results(
            rules_version=self._audit.rules_version,
            knowledge_version=self._audit.knowledge_version,
            started=_timestamp(self._audit.started),
            finished=_timestamp(datetime.now(UTC)),
            complete=self._complete(session, exitstatus),
            conditions=self._audit.conditions,
            pools=self._audit.pools,
            summary=tally.by_word(self._verdicts),
            waivers=self._waivers(),
            subjects=surroundings(self._shown_pools, self._subjects.keys()),
            verdicts=self._verdicts,
        )
        try:
            if exitstatus != pytest.ExitCode.USAGE_ERROR:
                results.write(self._results, self._path)
        except OSError as error:
            raise _unwritable(self._path, error, reporter) from None
        try:
            self._paths += [
                formats.write(name, self._results, self._audit.controls, self._audit.report_dir)
                for name in self._audit.formats
                if name in formats.FORMATS and exitstatus != pytest.ExitCode.USAGE_ERROR
            ]
        except OSError as error:
            raise _unwritable(error.filename or self._audit.report_dir, error, reporter) from None
        self._history = self._remembered(reporter, exitstatus)
        self._write_baseline(reporter)
        try:
            yield
            if self._page and self._html_path.is_file():
                html.guard(self._html_path)
        except OSError as error:
            # The system does not name the file that a full disk cuts off.
            raise _unwritable(error.filename or "a report", error, reporter) from None
        self._quieten(reporter)

    @property
    def _shown_pools(self) -> tuple[Pool, ...]:
        redaction = self._audit.redaction
        return redaction.inventory(self._audit.inventory) if redaction else self._audit.inventory

    def _waivers(self) -> tuple[WaiverUse, ...]:
        uses = self._audit.waivers.uses(self._verdicts, self._audit.started)
        return tuple(map(self._audit.redaction.waiver_use, uses)) if self._audit.redaction else uses

    def _remembered(self, reporter: Any, exitstatus: int) -> History:
        if self._audit.history is None or exitstatus == pytest.ExitCode.USAGE_ERROR:
            return History(compared_with=None, changes=(), series=())
        try:
            if self._audit.redaction:
                return self._looked_back(self._audit.history, self._audit.redaction)
            return store.remember(self._audit.history, self._results, self._audit.policy.history.keep_days)
        except PoolproofError as error:
            raise _unusable(str(error), reporter) from None

    def _looked_back(self, path: Path, redaction: Redaction) -> History:
        """What changed, under pseudonyms. The run itself is not remembered: that would write its names."""
        history = store.look_back(path, redaction.originals(self._results))

        def shown(told: Any) -> Any:
            return msgspec.structs.replace(told, subject=redaction.subject(told.subject))

        return msgspec.structs.replace(
            history,
            changes=tuple(map(shown, history.changes)),
            last_known=tuple(map(shown, history.last_known)),
        )

    def _write_baseline(self, reporter: Any) -> None:
        """Write down what is known to fail, or take away what has been mended; only after a whole run."""
        known = self._audit.ratchet
        if not known.writes or known.path is None or not self._results.complete:
            return
        if known.there:
            failures = ratchet.shrunk(known, self._verdicts)
        else:
            failures = ratchet.first(self._verdicts, self._results.started)
        try:
            ratchet.write(failures, known.path)
        except OSError as error:
            raise _unwritable(known.path, error, reporter) from None

    @property
    def _html_path(self) -> Path:
        # As pytest-html finds it.
        return Path(os.path.expandvars(self._config.option.htmlpath)).expanduser()

    @property
    def _digest(self) -> str:
        """SHA-256 of results.json; empty where it was not written."""
        return sha256(self._path.read_bytes()).hexdigest() if self._path.is_file() else ""

    def _complete(self, session: pytest.Session, exitstatus: int) -> bool:
        stopped = session.shouldstop or session.shouldfail or exitstatus in BROKEN_OFF
        # An item whose worker died, or that pytest.exit() cut off, has no tear-down.
        return not stopped and not self._broken and self._ended_items >= session.testscollected

    # The terminal

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, tuple[str, Mapping[str, bool]]] | None:
        """Give each verdict word its own category, so that pytest's last line counts them apart."""
        verdict: Verdict | None = getattr(report, "poolproof", None)
        if verdict is None:
            return None
        if verdict.verdict == "fail" and not report.failed:
            return "reported only", "f", ("REPORTED ONLY", {"yellow": True})  # too weak for the policy
        look = LOOKS[verdict.verdict]
        return look.category, look.letter, (look.category.upper(), {look.colour: True})

    def _quieten(self, reporter: Any) -> None:
        if reporter is None:
            return
        if self._config.option.reportchars == DEFAULT_REPORTCHARS:
            # Its list of all failures would bury ours, which names the worst.
            reporter.reportchars = reporter.reportchars.translate({ord("f"): None, ord("E"): None})

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any, exitstatus: int) -> None:
        """Print our summary after everything but pytest's last line; none where nothing could be judged."""
        if exitstatus == pytest.ExitCode.USAGE_ERROR:
            return
        if terminalreporter.verbosity >= 0:
            terminalreporter.write_sep("=", "compliance", bold=True)
        else:
            terminalreporter.ensure_newline()
        for line in self._lines(terminalreporter.verbosity, exitstatus):
            terminalreporter.write_line(line.text, **line.markup)

    def _lines(self, verbosity: int, exitstatus: int) -> Iterator[Line]:
        if verbosity >= 0:
            yield from terminal.summary(self._results, self._audit.controls, self._crashes, self._crash_count)
        else:
            yield from terminal.brief(self._results, self._crashes, self._crash_count)
        yield from terminal.changed(self._history)
        pages = [self._config.option.htmlpath] if self._page else []
        yield from terminal.reports([*self._paths, *pages])
        # The process ends as the session says: pools that could not be read stop a run that passed.
        final = int(self._session.exitstatus)
        yield from terminal.outcome(final, self._results, final != exitstatus, self._deselected, self._broken)

    # pytest-html's page

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_report_title(self, report: ReportData) -> None:
        """Name the page after the pools. pytest-html escapes this one."""
        names = ", ".join(
            f"{legible(pool.name or pool.location, 80)}{' (not read)' if pool.source == 'unread' else ''}"
            for pool in self._audit.pools
        )
        report.title = f"Compliance of {names or 'no pool'}"
        self._page = report

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        """Our columns."""
        cells[:] = rows.header(self._pool_names)

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(
        self, report: pytest.TestReport | pytest.CollectReport, cells: list[str]
    ) -> None:
        """A row for a finding; none for what passed: no cells, no row, and no further work on it."""
        if not cells or (report.when in ("setup", "teardown") and report.passed):
            if not report.sections:
                cells.clear()
            return
        verdict: Verdict | None = getattr(report, "poolproof", None)
        if verdict is None:
            outcome = re.sub(r"<.*?>", "", str(cells[0]))
            row_id = self._rows.admit_foreign(failed=report.failed)
            cells[:] = rows.foreign_row(outcome, report.nodeid, row_id, self._pool_names) if row_id else []
            return
        cells.clear()
        if verdict.verdict in LISTED:
            row_id = self._rows.admit(verdict)
            if row_id:
                cells[:] = rows.row(verdict, row_id, self._pool_names)

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_html(self, report: pytest.TestReport, data: list[str]) -> None:
        """What a finding's row unfolds."""
        verdict: Verdict | None = getattr(report, "poolproof", None)
        if verdict is not None:
            # Whatever else there is to tell stands in our view.
            data[:] = [html.detail(report.longreprtext)] if verdict.verdict == "error" else []

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        """Our summary above the table, and pytest-html's numbers brought in line."""
        assert self._page is not None, "pytest-html names its page before it sums up"
        rows.settle(self._page, self._rows)
        # Workers of a parallel run have added theirs since the start.
        self._page.set_data("environment", self._environment)
        prefix.append(
            html.summary(self._results, self._audit.controls, self._rows, self._digest, self._history)
        )


def _unwritable(path: Path | str, error: OSError, reporter: Any) -> pytest.UsageError:
    return _unusable(
        f"{path} cannot be written ({error.strerror or error}): name another --report-dir", reporter
    )


def _unusable(message: str, reporter: Any) -> pytest.UsageError:
    if reporter is not None:
        reporter.line("")  # the letters of progress have left their line open
    return pytest.UsageError(message)


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
