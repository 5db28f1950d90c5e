"""What docs/simulator.md and --help say is what there is."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from fixtures.simulator.__main__ import make_parser
from fixtures.simulator.faults import KINDS, parse_fault
from fixtures.simulator.methods import methods
from fixtures.simulator.roles import ROLES

ROOT: Final = Path(__file__).parents[2]
TEXT: Final = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")


def test_every_fault_is_documented_and_no_other() -> None:
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (\w+) \| (.*) \|$", TEXT, re.MULTILINE)
    assert rows == [(name, kind.at, kind.sentence) for name, kind in KINDS.items()]


def test_help_names_every_fault() -> None:
    text = make_parser().format_help()
    assert [name for name, kind in KINDS.items() if kind.sentence not in text] == []


def test_every_option_is_documented() -> None:
    options = {string for action in make_parser()._actions for string in action.option_strings} - {
        "-h",
        "--help",
    }
    documented = set(re.findall(r"^\| `(--[a-z]+)", TEXT, re.MULTILINE))
    assert documented == options


@pytest.mark.parametrize("line", re.findall(r"^    --fault ([a-z].*)$", TEXT, re.MULTILINE))
def test_the_examples_are_faults(line: str) -> None:
    for example in line.split("  ")[0].replace("--seed 7", "").split("--fault"):
        parse_fault(example.strip())


def test_every_role_is_documented() -> None:
    assert [role for role in ROLES if f"`{role}`" not in TEXT] == []


def test_methods_that_are_named_are_there() -> None:
    table = methods({"VM": {}, "host": {}, "subject": {}, "pool": {}}, "")
    named = set(re.findall(r"`([A-Za-z]+\.[a-z]\w+)`", TEXT))
    fields = {"VM.allowed_operations", "host.other_config", "pool.other_config"}
    assert {name for name in named if name not in table} == fields
    assert len(named) > 8


def test_the_quick_start_runs() -> None:
    (program,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert "'dbase'" in result.stdout
    assert len(program.strip().splitlines()) == 6
