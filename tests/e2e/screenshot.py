"""Write README's picture of the report: `python -m tests.e2e.screenshot docs/images/report.png`."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from .browser import browser, shown
from .commands import ROOT, audit


def take(chromium: Browser, report: Path, picture: Path) -> None:
    """Open a report and write what its first screen shows."""
    page = chromium.new_page(viewport={"width": 1280, "height": 1000}, color_scheme="light")
    page.goto(report.as_uri())
    shown(page)
    # Where readers have it, not where the picture happens to be made.
    page.locator(".judged").evaluate(
        "(node, root) => { node.textContent = node.textContent.replace(root, '/opt/poolproof') }", str(ROOT)
    )
    page.screenshot(path=picture)
    page.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        take(chromium, audit(report_dir=Path(folder)).report_dir / "compliance.html", Path(sys.argv[1]))
