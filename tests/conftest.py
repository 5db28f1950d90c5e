"""What all tests of the suite start from."""

import signal

import hypothesis
import pytest

from fixtures.xapi import retry


def pytest_configure() -> None:
    """Let Ctrl-C be Ctrl-C, and slow be slow."""
    # A shell that starts a job in the background has Ctrl-C ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # A busy machine is no defect.
    hypothesis.settings.register_profile("patient", deadline=None)
    hypothesis.settings.load_profile("patient")


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried again is tried at once."""
    monkeypatch.setattr(retry, "PAUSE", 0.001)
