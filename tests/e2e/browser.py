"""Debian's Chromium, driven by Playwright: reports as people see them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM: Final = shutil.which("chromium")

needs_browser: Final = pytest.mark.skipif(
    CHROMIUM is None, reason="needs a browser: apt-get install chromium (make test does, for root on Debian)"
)

OPTIONS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

READY: Final = "body[data-ready]"
"""What matches as soon as the page shows its view."""


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless Chromium with a profile of its own, which ends with the context."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(OPTIONS))
        try:
            yield chromium
        finally:
            chromium.close()


def shown(page: Page) -> Page:
    """The page, once its view stands."""
    page.wait_for_selector(READY, state="attached")
    return page
