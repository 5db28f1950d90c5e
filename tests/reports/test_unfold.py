"""The page in a browser: a link to a row unfolds it, and nothing has to be scrolled sideways."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.commands import TIMEOUT, audit

CHROMIUM = shutil.which("chromium")
OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1000",
    "--virtual-time-budget=2000",
    "--dump-dom",
]

CLICK = "document.querySelector('.grid a').click()"
FOLD_AGAIN = f"{CLICK}; document.querySelector(':target .col-control').click()"

PROBE = """
<script>
addEventListener("load", () => {{
  {action}
  const open = [...document.querySelectorAll(".extras-row:not(.hidden)")].map((row) => row.parentElement.id)
  const wide = [...document.querySelectorAll(".scroll")].filter((box) => box.scrollWidth > box.clientWidth)
  document.body.textContent = `open: ${{open}}; linked: ${{location.hash}}; too wide: ${{wide.length}};`
}})
</script>
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of the embedded sample pool."""
    folder = tmp_path_factory.mktemp("demo")
    assert audit(report_dir=folder).code == 1
    return (folder / "compliance.html").read_text(encoding="utf-8")


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
@pytest.mark.parametrize(
    ("action", "link", "told"),
    [
        ("", "", "open: ; linked: ; too wide: 0;"),
        ("", "#row-3", "open: row-3; linked: #row-3; too wide: 0;"),
        ("", "#no-such-row", "open: ; linked: #no-such-row; too wide: 0;"),
        (CLICK, "", "open: row-4; linked: #row-4; too wide: 0;"),
        (FOLD_AGAIN, "", "open: ; linked: #row-4; too wide: 0;"),
    ],
    ids=["no link", "link from elsewhere", "link to nothing", "click on a grid", "click, then fold"],
)
def test_a_link_to_a_row_unfolds_it(action: str, link: str, told: str, page: str, tmp_path: Path) -> None:
    assert CHROMIUM is not None
    (tmp_path / "page.html").write_text(page + PROBE.format(action=action), encoding="utf-8")
    done = subprocess.run(
        [
            CHROMIUM,
            *OPTIONS,
            f"--user-data-dir={tmp_path / 'user'}",
            f"{(tmp_path / 'page.html').as_uri()}{link}",
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=True,
    )
    assert told in done.stdout
