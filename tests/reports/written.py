"""The page of given results, as pytest-html writes it, and what it carries."""

import json
import zlib
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest_html
from jinja2 import Environment, FileSystemLoader

from fixtures.controls import Control
from fixtures.verdict import Results
from reports import html, rows
from reports.history import History
from reports.rows import Rows
from reports.words import LISTED

_OUTCOMES: Final = ("failed", "passed", "skipped", "xfailed", "xpassed", "error", "rerun")
_RESOURCES: Final = Path(pytest_html.__file__).with_name("resources")


def summary(
    results: Results, controls: Mapping[str, Control], history: History | None = None, digest: str = "0" * 64
) -> str:
    """Our part of the page."""
    listed = Rows()
    for said in results.verdicts:
        if said.verdict in LISTED:
            listed.admit(said)
    return html.summary(results, controls, listed, digest, history)


def write(
    path: Path, results: Results, controls: Mapping[str, Control], history: History | None = None
) -> Path:
    """Write the whole page, without rows of pytest-html's own."""
    template = Environment(loader=FileSystemLoader(_RESOURCES), autoescape=True).get_template("index.jinja2")
    markup = template.render(
        title="Compliance of Atelier",
        self_contained=True,
        styles=(_RESOURCES / "style.css").read_text("utf-8"),
        running_state="finished",
        outcomes={name: {"label": name, "value": 0} for name in _OUTCOMES},
        test_data=json.dumps({"environment": {}, "tests": {}, "initialSort": "original"}),
        table_head=rows.header({}),
        additional_summary={"prefix": [summary(results, controls, history)], "summary": [], "postfix": []},
    )
    path.write_text(markup, encoding="utf-8")
    html.guard(path)
    return path


def unpacked(packed: str) -> Any:
    """What a packed text holds (reports/packing.py)."""
    return json.loads(zlib.decompress(b64decode(packed)))


def head(markup: str) -> Any:
    """What a page unpacks at once."""
    return unpacked(_script(markup, "poolproof-head"))


def parts(markup: str) -> list[Any]:
    """What a page unpacks when somebody asks."""
    return [unpacked(part) for part in _script(markup, "poolproof-parts").split()]


def _script(markup: str, id_: str) -> str:
    return markup.partition(f'id="{id_}">')[2].partition("</script>")[0]
