"""The whole run: an audit of a live pool beside pytest alone, with as many tests that do nothing."""

import json
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from .process import Cost, alternate, environment, run
from .simulator import Server, simulator

FOUND: Final = 1
"""Exit status of an audit that finds what the sample pool is there to show."""

BARE: Final = """\
import pytest

@pytest.mark.parametrize("number", range({}))
def test_nothing(number):
    pass
"""


class Comparison(NamedTuple):
    """What an audit costs, and what pytest alone."""

    verdicts: int
    ours: Cost
    bare: Cost


def compare(vms: int, rounds: int) -> Comparison:
    """Audit so many VMs, and run an empty test for each verdict. CPU is that of the whole processes.

    The audit reads over TLS, judges, and writes results.json, the HTML page and JUnit's XML. pytest alone
    has no plugins but its own.
    """
    with tempfile.TemporaryDirectory() as name, simulator(vms) as server:
        directory = Path(name)
        ours, bare = alternate(
            rounds, lambda: audit(server, directory), lambda: _bare(verdicts(directory), directory)
        )
        return Comparison(verdicts(directory), ours, bare)


def audit(server: Server, directory: Path, *options: str) -> Cost:
    """Audit a pool, and write all reports into the directory."""
    arguments = [
        *("-m", "pytest", "--config-file=pytest.ini", "-o", f"cache_dir={directory / 'cache'}"),
        *("-p", "no:hypothesispytest"),  # for the suite's own tests: where people audit it is not installed
        *("--pool", server.url, "--user", server.user, "--ca-file", server.certificate),
        *("--report-dir", str(directory), *options),
    ]
    return run(arguments, environment(POOLPROOF_PASSWORD=server.password), status=FOUND).cost


def verdicts(directory: Path) -> int:
    """How many verdicts the audit in this directory came to."""
    with (directory / "results.json").open() as file:
        head = file.readline()  # the verdicts, one a line, would make this process larger than its children
    summary: dict[str, int] = json.loads(head + "]}")["summary"]
    return sum(summary.values())


def _bare(tests: int, directory: Path) -> Cost:
    file = directory / "test_bare.py"
    file.write_text(BARE.format(tests))
    arguments = ("-m", "pytest", "--config-file=/dev/null", f"--rootdir={directory}", str(file))
    return run(arguments, environment(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"), directory).cost
