"""Our part of pytest-html's page: the summary above its table, the table's rows, and what a row unfolds."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from pytest_html.report_data import ReportData

from fixtures.controls import Control
from fixtures.printable import printable
from fixtures.verdict import Kind, Results, Subject, Verdict, Word

from . import tally
from .words import FINDINGS, LOOKS, SEVERITIES, named, rank

ROWS: Final = 300
"""Rows that the page shows of findings, and of subjects in a grid: more make browsers slow."""

REASONS: Final = 5
"""Reasons for unknown that the summary names."""

TRACEBACK_LINES: Final = 60
"""How much of a traceback a row unfolds: its end, where the error stands."""

GRIDS: Final[dict[Kind, str]] = {"vm": "Virtual machines", "host": "Hosts"}
"""Kinds of subjects that have several controls each, so that a grid says more than a list."""

HEADER: Final = [
    '<th class="sortable" data-column-type="result" hidden></th>',
    '<th class="sortable" data-column-type="testId" hidden></th>',
    '<th class="sortable" data-column-type="verdict">Verdict</th>',
    '<th class="sortable" data-column-type="control">Control</th>',
    '<th class="sortable" data-column-type="severity">Severity</th>',
    '<th class="sortable" data-column-type="subject">Subject</th>',
    '<th class="sortable" data-column-type="reason">Reason</th>',
]
"""Columns of pytest-html's table. The hidden ones feed its script: its filter, and a row's id."""

OUTCOMES: Final = {
    "skipped": "Unknown or not applicable",
    "xfailed": "Waived",
    "xpassed": "Waiver not needed",
}
"""What pytest-html's outcomes are called here, where its own word would mislead."""

_UUID: Final = re.compile(r"[0-9A-Fa-f-]{1,40}")


class Rows:
    """Which findings get a row: at most `ROWS`, those that matter most."""

    def __init__(self) -> None:
        self.ranks: dict[str, int] = {}
        """Id of every row that was let in → its verdict's rank."""
        self._counts: Counter[int] = Counter()
        self._by_nodeid: dict[str, str] = {}

    def admit(self, verdict: Verdict) -> str | None:
        """The id of the verdict's row, or None if enough rows that matter as much are there already.

        Verdicts come one by one, so a row may have to give way to worse ones later: see `shown`.
        """
        weight = rank(verdict)
        if sum(count for other, count in self._counts.items() if other <= weight) >= ROWS:
            return None
        row_id = f"row-{len(self.ranks)}"
        self.ranks[row_id] = weight
        self._counts[weight] += 1
        self._by_nodeid.setdefault(verdict.nodeid, row_id)
        return row_id

    def shown(self) -> list[str]:
        """The ids of the rows that stay, worst first."""
        return sorted(self.ranks, key=self.ranks.__getitem__)[:ROWS]

    def by_nodeid(self) -> dict[str, str]:
        """Node id → id of its row, for the rows that stay."""
        shown = set(self.shown())
        return {nodeid: row_id for nodeid, row_id in self._by_nodeid.items() if row_id in shown}


class Grid(NamedTuple):
    """Subjects of one kind against the controls that judged them."""

    title: str
    controls: list[str]
    lines: list[tuple[Subject, dict[str, Verdict]]]
    """Subjects, worst first, with what each control says of them."""
    left_out: int


def row(verdict: Verdict, row_id: str) -> list[str]:
    """The cells of a finding's row, as markup.

    The comments sort verdicts and severities by weight: pytest-html's script compares inner markup.
    No cell holds an element, for a click on one would not unfold the row.
    """
    look = LOOKS[verdict.verdict]
    cells = [
        ("result", escape(look.outcome)),
        ("testId", escape(row_id)),
        ("verdict", Markup("<!--{:02}-->{} {}").format(rank(verdict), look.symbol, look.label)),
        ("control", escape(verdict.control)),
        ("severity", Markup("<!--{}-->{}").format(SEVERITIES.index(verdict.severity), verdict.severity)),
        ("subject", escape(printable(f"{verdict.subject.kind} {named(verdict.subject)}", 80))),
        ("reason", escape(printable(verdict.reason, 300))),
    ]
    return [_cell(name, content, verdict.verdict) for name, content in cells]


def foreign_row(outcome: str, nodeid: str) -> list[str]:
    """The cells of what is no control: a check file that cannot be collected, a test of somebody else's."""
    cells = [
        ("result", escape(outcome)),
        ("testId", escape(printable(nodeid))),
        ("verdict", escape(outcome.lower())),
        ("control", Markup()),
        ("severity", Markup()),
        ("subject", Markup()),
        ("reason", escape(printable(nodeid, 300))),
    ]
    look = "error" if outcome in ("Error", "Failed") else ""
    return [_cell(name, content, look) for name, content in cells]


def _cell(name: str, content: Markup, look: str) -> str:
    hidden = Markup(" hidden") if name in ("result", "testId") else ""
    return str(Markup('<td class="col-{} {}"{}>{}</td>').format(name, look, hidden, content))


def detail(verdict: Verdict, control: Control | None, traceback: str) -> str:
    """What a row unfolds: reason, evidence, what the control says and how to repair, as markup in one line.

    In one line because pytest-html's script wraps every line that begins with an E. `traceback` is what
    a check left that raised an error, else empty.
    """
    markup = _TEMPLATES.get_template("detail.html.j2").render(
        verdict=verdict,
        control=control,
        verify=_command(control.verify, verdict.subject) if control else "",
        fix=_command(control.fix, verdict.subject) if control else "",
        evidence={field: json.dumps(value, ensure_ascii=False) for field, value in verdict.evidence.items()},
        traceback=traceback.splitlines()[-TRACEBACK_LINES:],
    )
    return markup.replace("\n", "&#10;")


def summary(results: Results, controls: Mapping[str, Control], rows: Rows) -> str:
    """The summary above pytest-html's table, as markup."""
    per_control = tally.by_control(results.verdicts)
    # Controls that judged nothing are named too: that nothing was judged is worth knowing.
    per_control = {id_: per_control.get(id_, Counter()) for id_ in (*controls, *per_control)}
    reasons = tally.unknown_reasons(results.verdicts)
    by_subject = tally.by_subject(results.verdicts)
    return _TEMPLATES.get_template("summary.html.j2").render(
        results=results,
        conclusion=tally.conclusion(results),
        looks=LOOKS,
        columns=tally.columns(per_control.values()),
        per_control=per_control,
        controls=controls,
        with_findings=sum(bool(judged.findings) for judged in by_subject),
        subjects=len(by_subject),
        reasons=reasons[:REASONS],
        reasons_left_out=len(reasons[REASONS:]),
        grids=[
            _grid(title, [judged for judged in by_subject if judged.subject.kind == kind], list(per_control))
            for kind, title in GRIDS.items()
        ],
        pools={pool.uuid: pool.name for pool in results.pools},
        row_ids=rows.by_nodeid(),
        shown=len(rows.shown()),
        findings=sum(results.summary[word] for word in FINDINGS),
    )


def _grid(title: str, subjects: list[tally.Judged], order: list[str]) -> Grid:
    lines = [
        # Of two verdicts of one control (judged, then an error in tear-down) the worse one is shown.
        (subject, {verdict.control: verdict for verdict in reversed(verdicts)})
        for subject, verdicts in subjects[:ROWS]
    ]
    judging = {id_ for _, cells in lines for id_ in cells}
    return Grid(title, [id_ for id_ in order if id_ in judging], lines, len(subjects[ROWS:]))


def settle(page: ReportData, counts: Mapping[Word, int], rows: Rows) -> None:
    """Bring pytest-html's own data in line: the rows that stay, worst first, and counts of all verdicts.

    By itself it counts its rows, and most verdicts have none.
    """
    tests: dict[str, list[dict[str, Any]]] = page.data["tests"]
    entries = [entry for of_one_test in tests.values() for entry in of_one_test]
    foreign = [entry for entry in entries if entry["testId"] not in rows.ranks]
    ours = {entry["testId"]: entry for entry in entries if entry["testId"] in rows.ranks}
    tests.clear()
    tests["rows"] = foreign + [ours[row_id] for row_id in rows.shown()]
    totals = Counter(entry["result"].lower() for entry in foreign)
    for word, count in counts.items():
        totals[LOOKS[word].outcome] += count
    for outcome, shown in page.outcomes.items():
        shown["value"] = totals[outcome]
        shown["label"] = OUTCOMES.get(outcome, shown["label"])
    page.set_data("initialSort", "original")
    page.set_data("renderCollapsed", ["all"])


def _command(text: str, subject: Subject) -> str:
    # A command that people copy into a shell: nothing but a uuid may enter it.
    uuid = subject.uuid if subject.uuid and _UUID.fullmatch(subject.uuid) else None
    return text.replace("{uuid}", uuid or "{uuid}")


def _shown(value: Any) -> Any:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    finalize=_shown,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["cut"] = lambda text, limit=80: printable(text, limit)
_TEMPLATES.globals["named"] = named
