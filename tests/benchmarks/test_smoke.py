"""The benchmark runs; how good its ratios are is for people to judge."""

import re

import pytest

from benchmarks.__main__ import compare, compare_insides, compare_pages
from tests.e2e.browser import needs_browser
from tests.inside.machines import needs_machines

RATIO = r"\d[\d.]* : \d[\d.]* = \d+\.\d\d"


def test_it_compares_reading_and_whole_runs(capsys: pytest.CaptureFixture[str]) -> None:
    compare({100: 1})
    reading, run = [line for line in capsys.readouterr().out.splitlines() if line.startswith("   100")]
    assert len(re.findall(RATIO, reading)) == 3
    assert len(re.findall(RATIO, run)) == 2


@needs_machines
def test_it_compares_looks_into_guests(capsys: pytest.CaptureFixture[str]) -> None:
    compare_insides([3])
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("     3")]
    assert len(re.findall(RATIO, line)) == 1


@needs_browser
def test_it_compares_pages(capsys: pytest.CaptureFixture[str]) -> None:
    compare_pages([20])
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("    20")]
    assert len(re.findall(RATIO, line)) == 5
