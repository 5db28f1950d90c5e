"""What pytest and pytest-html keep of each report until the run ends: let go as soon as it has been counted.

Of a large pool these reports, and not the verdicts, would be most of a run's memory.
"""

from typing import Any, Final

import pytest
from pytest_html.basereport import BaseReport

SHOWN: Final = {"failed": "", "error": "", "passed": "pP"}
"""pytest's categories of reports that its summaries show → with which letters of -r; empty: by default."""


class Kept:
    """Who keeps reports in a run."""

    def __init__(self, plugins: pytest.PytestPluginManager) -> None:
        self._terminal: Any = plugins.get_plugin("terminalreporter")
        self._pages = [plugin for plugin in plugins.get_plugins() if isinstance(plugin, BaseReport)]

    def let_go(self, report: pytest.TestReport) -> None:
        """Drop a report that every plugin has seen, where nobody asks for it again."""
        if self._terminal is not None:
            self._of_terminal(report)
        if report.when == "teardown":
            for page in self._pages:
                page._reports.pop(report.nodeid, None)

    def _of_terminal(self, report: pytest.TestReport) -> None:
        """Where pytest only counts, one report stands for all; what no category counts is dropped."""
        for category, reports in self._terminal.stats.items():
            if not reports or reports[-1] is not report:
                continue
            if not category and not report.sections:
                reports.pop()
            elif category and not self._shows(category):
                reports[-1] = reports[0]

    def _shows(self, category: str) -> bool:
        letters = SHOWN.get(category)
        return letters is not None and (not letters or bool(set(letters) & set(self._terminal.reportchars)))
