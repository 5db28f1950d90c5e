"""The benchmark runs; how good its ratios are is for people to judge."""

import re

import pytest

from benchmarks.__main__ import compare

RATIO = r"\d[\d.]* : \d[\d.]* = \d+\.\d\d"


def test_it_compares_reading_and_whole_runs(capsys: pytest.CaptureFixture[str]) -> None:
    compare({100: 1})
    reading, run = [line for line in capsys.readouterr().out.splitlines() if line.startswith("   100")]
    assert len(re.findall(RATIO, reading)) == 3
    assert len(re.findall(RATIO, run)) == 2
