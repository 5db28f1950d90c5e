"""The soak runs, and tells what does not stay flat."""

import pytest

from benchmarks.soak import GROWTH, Footprint, Outcomes, soak

BEFORE = Footprint(sessions=0, descriptors=10, sockets=2, threads=1, files=5, memory=40 << 20)


@pytest.mark.parametrize(
    ("changes", "grown"),
    [
        ({}, []),
        ({"descriptors": 9, "memory": 1}, []),
        ({"sessions": 1}, ["sessions"]),
        ({"descriptors": 11, "sockets": 3}, ["descriptors", "sockets"]),
        ({"threads": 2, "files": 6}, ["threads", "files"]),
        ({"memory": BEFORE.memory + GROWTH}, []),
        ({"memory": BEFORE.memory + GROWTH + 1}, ["memory"]),
    ],
)
def test_what_grows_is_named(changes: dict[str, int], grown: list[str]) -> None:
    assert Outcomes({}, BEFORE, BEFORE._replace(**changes)).grown == grown


def test_it_audits_and_measures(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = soak(audits=3, warm_up=1, interval=2)
    assert sum(outcomes.ends.values()) == 3
    assert sum(count for end, count in outcomes.ends.items() if end.startswith("whole run")) == 1
    assert outcomes.last.sessions == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["audits", "2", "3"]
