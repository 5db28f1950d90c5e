"""A budget is shared so that nobody starves, and says what it was when it is used up."""

import pytest

from fixtures.xapi import deadline as deadline_module
from fixtures.xapi.deadline import Deadline


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(deadline_module, "monotonic", made)
    return made


def test_steps_take_what_is_left_at_most(clock: Clock) -> None:
    deadline = Deadline(10)
    assert (deadline.left(3), deadline.left(30)) == (3, 10)
    clock.now += 8
    assert (deadline.left(3), deadline.allows(1), deadline.allows(2), deadline.passed) == (
        2,
        True,
        False,
        False,
    )
    clock.now += 2
    assert deadline.passed
    with pytest.raises(TimeoutError):
        deadline.left(3)
    assert deadline.excuse == "the reading took longer than 10 s in all, and was given up"


@pytest.mark.parametrize(
    ("left", "at_least", "share"),
    [(600, 60, 300), (200, 60, 100), (110, 60, 60), (60, 60, 60), (30, 60, 30), (600, 3600, 600)],
)
def test_a_share_is_half_but_no_less_than_one_answer_may_take(
    clock: Clock, left: float, at_least: float, share: float
) -> None:
    assert Deadline(left).share(at_least).left(10_000) == share


def test_a_part_is_no_more_than_is_left(clock: Clock) -> None:
    deadline = Deadline(100)
    assert (deadline.part(60).left(10_000), deadline.part(100), deadline.part(200)) == (
        60,
        deadline,
        deadline,
    )


def test_a_share_says_that_it_is_one_unless_it_is_all(clock: Clock) -> None:
    deadline = Deadline(600)
    assert deadline.share(60).excuse == "it took longer than 300 s, its share of the time that was left"
    clock.now += 560
    assert deadline.share(60) is deadline
    clock.now += 60
    assert deadline.share(60).passed


def test_classes_that_all_stall_leave_the_next_one_a_turn(clock: Clock) -> None:
    """Three tries of 60 s each: five such classes until nothing is left of 600 s."""
    deadline, turns = Deadline(600), 0
    while not deadline.passed:
        clock.now += deadline.share(60).left(3 * 60)
        turns += 1
    assert turns == 5
