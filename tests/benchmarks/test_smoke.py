"""The benchmark runs; how good its ratios are is for people to judge."""

import re

import pytest

from benchmarks import page
from benchmarks.__main__ import compare, compare_audited_pages, compare_insides, compare_pages
from fixtures.pools.story import GUESTS
from tests.e2e.browser import needs_browser
from tests.inside.machines import needs_machines

SMALL = len(GUESTS)
"""VMs of the sample pool: no clone of it has fewer."""

RATIO = r"\d[\d.]* : \d[\d.]* = \d+\.\d\d"


def test_it_compares_reading_and_whole_runs(capsys: pytest.CaptureFixture[str]) -> None:
    compare({SMALL: 1})
    reading, run = [line for line in capsys.readouterr().out.splitlines() if line.startswith(f"{SMALL:>6}")]
    assert len(re.findall(RATIO, reading)) == 3
    assert len(re.findall(RATIO, run)) == 2


@needs_machines
def test_it_compares_looks_into_guests(capsys: pytest.CaptureFixture[str]) -> None:
    compare_insides([3])
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("     3")]
    assert len(re.findall(RATIO, line)) == 1


@pytest.fixture
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page is opened once."""
    monkeypatch.setattr(page, "OPENINGS", 1)


@needs_browser
@pytest.mark.usefixtures("once")
def test_it_compares_pages(capsys: pytest.CaptureFixture[str]) -> None:
    compare_pages([20])
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("    20")]
    assert len(re.findall(RATIO, line)) == 5


@needs_browser
@pytest.mark.usefixtures("once")
def test_it_opens_pages_of_real_audits(capsys: pytest.CaptureFixture[str]) -> None:
    compare_audited_pages([(SMALL, False)])
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith(f"{SMALL:>6}")]
    assert len(re.findall(RATIO, line)) == 5
