"""The mapping of controls to what auditors ask for: nothing in it points nowhere."""

from fnmatch import filter as matching

import pytest

from fixtures.audit import CHECKS
from fixtures.controls import load_controls
from fixtures.knowledge.frameworks import load, references

PATTERNS = [
    (name, number, pattern)
    for name, framework in load().frameworks.items()
    for number, requirement in framework.requirements.items()
    for pattern in requirement.controls
]


@pytest.mark.parametrize(("framework", "requirement", "pattern"), PATTERNS)
def test_every_pattern_is_some_control_s(framework: str, requirement: str, pattern: str) -> None:
    assert matching(load_controls([CHECKS]), pattern), f"{framework} {requirement}"


def test_a_control_carries_its_references() -> None:
    found = {(each.framework, each.requirement) for each in load_controls([CHECKS])["VM-TOOLS-02"].references}
    assert found == {
        ("NIST CSF 2.0", "PR.PS-02"),
        ("ISO/IEC 27001:2022", "A.8.8"),
        ("CIS Controls v8", "7.4"),
    }


def test_what_is_only_untidy_bears_on_nothing() -> None:
    assert references("VM-NAME-01") == ()
    assert references("VM-MEMORY-01") == ()
