"""The rows of pytest-html's table: which verdicts get one, and what it shows."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from markupsafe import Markup, escape
from pytest_html.report_data import ReportData

from fixtures.verdict import Subject, Verdict

from .legible import legible
from .packing import NAME
from .words import LOOKS, named, rank

ROWS: Final = 10
"""Rows of pytest-html's own that the page shows: our view has all, at a hundredth of the cost."""

FIRST: Final = -1
LAST: Final = 1000
"""Ranks before and after those of all verdicts."""

COLUMNS: Final = ("result", "testId", "verdict", "control", "severity", "subject", "pool", "reason")
"""Of pytest-html's table."""

HIDDEN: Final = frozenset({"result", "testId"})
"""Columns that only feed pytest-html's script: its filter, and a row's id."""

OUTCOMES: Final = {"skipped": "Unknown", "xpassed": "Waiver not needed"}
"""What pytest-html's outcomes are called here, where its own word would mislead."""


class Rows:
    """Which reports get a row: at most `ROWS`, those that matter most."""

    def __init__(self) -> None:
        self.ranks: dict[str, int] = {}
        """Id of every row that was let in → its rank: its verdict's, or what FIRST and LAST say."""
        self.foreign = 0
        """Reports of what is no control: a check file that cannot be collected, a test of somebody else's."""
        self._foreign_ids: set[str] = set()
        self._counts: Counter[int] = Counter()

    def admit(self, verdict: Verdict) -> str | None:
        """The id of the verdict's row, or None if enough rows that matter as much are there already.

        Verdicts come one by one, so a row may have to give way to worse ones later: see `shown`.
        """
        return self._admit(rank(verdict))

    def admit_foreign(self, *, failed: bool) -> str | None:
        """The same for what is no control: where it failed it comes before all verdicts, else after them."""
        self.foreign += 1
        row_id = self._admit(FIRST if failed else LAST)
        if row_id:
            self._foreign_ids.add(row_id)
        return row_id

    def _admit(self, weight: int) -> str | None:
        if sum(count for other, count in self._counts.items() if other <= weight) >= ROWS:
            return None
        row_id = f"row-{len(self.ranks)}"
        self.ranks[row_id] = weight
        self._counts[weight] += 1
        return row_id

    def shown(self) -> list[str]:
        """The ids of the rows that stay, worst first."""
        return sorted(self.ranks, key=self.ranks.__getitem__)[:ROWS]

    @property
    def foreign_shown(self) -> int:
        """How many of the rows that stay are of what is no control."""
        return len(self._foreign_ids.intersection(self.shown()))


def header(pool_names: Mapping[str, str]) -> list[str]:
    """The heads of the columns. `pool_names` is empty where no column has to tell pools apart.

    Hidden columns are sortable to pytest-html, which then hands their content to its script; the others
    are not: ten rows, worst first, need no order.
    """
    visible = Markup('<th data-column-type="{0}">{1}</th>')
    hidden = Markup('<th class="sortable" data-column-type="{0}" hidden></th>')
    return [
        str((hidden if name in HIDDEN else visible).format(name, name.capitalize()))
        for name in COLUMNS
        if name != "pool" or pool_names
    ]


def row(verdict: Verdict, row_id: str, pool_names: Mapping[str, str]) -> list[str]:
    """The cells of a verdict's row, as markup; the subject leads to its page in our view."""
    look = LOOKS[verdict.verdict]
    subject = verdict.subject
    cells = {
        "result": escape(look.outcome),
        "testId": escape(row_id),
        "verdict": escape(f"{look.symbol} {look.label}"),
        "control": escape(verdict.control),
        "severity": escape(verdict.severity),
        "subject": Markup('<a href="{}?control={}">{}</a>').format(
            address(subject, pool_names),
            quote(verdict.control, safe=""),
            legible(f"{subject.kind} {named(subject)}", 80),
        ),
        "pool": escape(legible(pool_names.get(subject.pool or "", ""), 80)),
        "reason": escape(legible(verdict.reason, 300)),
    }
    return _cells(cells, verdict.verdict, pool_names)


def address(subject: Subject, pool_names: Mapping[str, str]) -> str:
    """Where our view has the subject's page (templates/data.js, addressOf)."""
    segments = [subject.kind, subject.ref or subject.uuid or ""]
    if pool_names:
        segments.append(subject.pool or "")
    return "#/" + "/".join(quote(legible(segment, NAME), safe="") for segment in segments)


def foreign_row(outcome: str, nodeid: str, row_id: str, pool_names: Mapping[str, str]) -> list[str]:
    """The cells of what is no control: a check file that cannot be collected, a test of somebody else's."""
    cells = {
        "result": escape(outcome),
        "testId": escape(row_id),
        "verdict": escape(outcome.lower()),
        "reason": escape(legible(nodeid, 300)),
    }
    return _cells(cells, "error" if outcome in ("Error", "Failed") else "", pool_names)


def _cells(cells: Mapping[str, Markup], look: str, pool_names: Mapping[str, str]) -> list[str]:
    return [
        str(
            Markup('<td class="col-{} {}"{}>{}</td>').format(
                name, look, Markup(" hidden") if name in HIDDEN else "", cells.get(name, "")
            )
        )
        for name in COLUMNS
        if name != "pool" or pool_names
    ]


def settle(page: ReportData, rows: Rows) -> None:
    """Bring pytest-html's data in line: the rows that stay, worst first, and a filter that counts them."""
    tests: dict[str, list[dict[str, Any]]] = page.data["tests"]
    entries = {entry["testId"]: entry for of_one_test in tests.values() for entry in of_one_test}
    tests.clear()
    tests["rows"] = [entries[row_id] for row_id in rows.shown()]
    totals = Counter(entry["result"].lower() for entry in tests["rows"])
    for outcome, shown in page.outcomes.items():
        shown["value"] = totals[outcome]
        # pytest-html writes a comma after the label, also after the last one that is shown.
        shown["label"] = Markup("{}</span><span hidden>").format(OUTCOMES.get(outcome, shown["label"]))
    page.set_data("initialSort", "original")
    page.set_data("renderCollapsed", ["all"])
