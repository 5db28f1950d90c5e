"""What all tests of the suite start from."""

import signal

import pytest

from fixtures.xapi import retry


def pytest_configure() -> None:
    """Let Ctrl-C be Ctrl-C: a shell that starts a job in the background has it ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried again is tried at once."""
    monkeypatch.setattr(retry, "PAUSE", 0.001)
