"""JUnit's XML is packed while a run goes on, and unpacks to what pytest itself would have written."""

import re

import pytest

from tests.e2e.commands import ROOT

pytest_plugins = ["pytester"]

CONFTEST = """
import reports.junit

pytest_plugins = ["reports.junit"]
reports.junit.auditing = lambda config: True
"""

CHECKS = """
import pytest


@pytest.fixture
def breaking():
    yield
    raise ZeroDivisionError


@pytest.fixture
def broken():
    raise ZeroDivisionError


@pytest.fixture(scope="session", autouse=True)
def suite(record_testsuite_property):
    record_testsuite_property("suite", "<one>")


@pytest.mark.parametrize("name", ["<cases />", "]]>", "\\x00", "ü" * 100])
def test_hostile(name):
    print(name.encode(errors="replace"))
    assert not name, name


def test_passes(record_property):
    record_property("key", '<value> & "more"')
    print("told")


def test_skips():
    pytest.skip("why")


@pytest.mark.xfail
def test_is_expected():
    raise AssertionError


def test_breaks_in_set_up(broken):
    pass


def test_breaks_in_tear_down(breaking):
    pass


def test_fails_and_breaks_in_tear_down(breaking):
    raise AssertionError
"""


def written(pytester: pytest.Pytester, *arguments: str) -> list[str]:
    """The file's tags, without what differs from run to run; cases of workers come in any order."""
    path = pytester.path / "out" / "junit.xml"
    pytester.runpytest_subprocess("-p", "no:cacheprovider", f"--junit-xml={path}", *arguments)
    text = re.sub(r'(time|timestamp)="[^"]*"', "", path.read_text(encoding="utf-8"))
    text = re.sub(r"0x[0-9a-f]+|\[gw\d\] linux.*", "", text)
    pieces = re.split(r"(?=<testcase)|(?=</testsuite>)", text)
    return [pieces[0], *sorted(pieces[1:-1]), pieces[-1]]


@pytest.mark.parametrize(
    "arguments", [(), ("-o", "junit_logging=all"), ("-o", "junit_family=xunit1"), ("-n2",)]
)
def test_it_is_what_pytest_writes(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makepyfile(test_checks=CHECKS, test_broken="import nonsense_that_is_not_there")
    options = ("--continue-on-collection-errors", *arguments)
    own = written(pytester, *options)
    pytester.makeconftest(CONFTEST)
    assert written(pytester, *options) == own
    assert len([each for each in own if each.startswith("<testcase")]) >= 12


def test_a_run_without_cases_is_one_too(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeconftest(CONFTEST)
    assert written(pytester)[-1] == "</testsuite></testsuites>"
