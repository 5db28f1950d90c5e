"""Every control can fail, and shows what it fails by. `make mutation` tries all mutations, this a sample."""

import pytest

from tests.building import CHECKS
from tests.compliance import BASES
from tests.mutation import Mutation, Red, reds, report

STEP = 9
"""Every ninth mutation is tried: all of them take minutes."""


@pytest.mark.parametrize("base", BASES)
def test_no_control_turns_red_by_what_it_does_not_show(base: str) -> None:
    found = list(reds(base, BASES[base], STEP))
    assert found
    assert [line for line in report(found) if "does not show" in line] == []


def test_a_control_that_cannot_fail_is_named() -> None:
    lines = list(report([]))
    assert [line.partition(":")[0] for line in lines] == list(CHECKS)


def test_a_control_that_hides_what_it_judges_by_is_named() -> None:
    mutation = Mutation("VM.power_state", "Halted")
    found = [Red(control, "a base", mutation, control != "VM-NAME-01") for control in CHECKS]
    assert list(report(found)) == [
        "VM-NAME-01: turns red by VM.power_state = 'Halted' (a base), which its evidence does not show"
    ]
