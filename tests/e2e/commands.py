"""Run the real command line in a process of its own, as a user would."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent.parent
TIMEOUT: Final = 400
"""Seconds after which a command counts as hung."""


@dataclass(frozen=True)
class Run:
    """What a command left behind."""

    code: int
    output: str
    """Standard output and error together."""
    report_dir: Path

    @property
    def results(self) -> dict[str, Any]:
        """results.json."""
        found: dict[str, Any] = json.loads((self.report_dir / "results.json").read_bytes())
        return found

    @property
    def verdicts(self) -> dict[tuple[str, str], str]:
        """(control, reference or uuid of the subject) → verdict."""
        return {
            (verdict["control"], verdict["subject"].get("ref") or verdict["subject"]["uuid"]): verdict[
                "verdict"
            ]
            for verdict in self.results["verdicts"]
        }


def audit(*arguments: str | Path, report_dir: Path, cwd: Path = ROOT, **environment: str) -> Run:
    """Run `pytest` with these arguments in the repository's root."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        f"--report-dir={report_dir}",
        "-o",
        f"cache_dir={report_dir / 'cache'}",
        *("-p", "no:hypothesispytest"),  # for this suite: where people audit it is not installed
        *map(str, arguments),
    ]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        command,
        cwd=cwd,
        env=inherited | {"COLUMNS": "120", "NO_COLOR": "1"} | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=TIMEOUT,
        check=False,
    )
    return Run(done.returncode, done.stdout.decode("utf-8", "backslashreplace"), report_dir)
