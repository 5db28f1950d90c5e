"""Tests wait for nothing but what they are about."""

import pytest

from fixtures.xapi import retry


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "PAUSE", 0.001)
