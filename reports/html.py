"""Our part of pytest-html's page: the compliance view above its table, and what guards the file."""

import re
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest_html
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from fixtures.controls import Control
from fixtures.verdict import Results

from . import packing, tally
from .history import History
from .legible import legible
from .rows import Rows
from .words import LISTED, LOOKS, named

TRACEBACK_LINES: Final = 60
"""How much of a traceback a row unfolds: its end, where the error stands."""

SCRIPTS: Final = (
    "dom",
    "data",
    "filter",
    "frameworks",
    "grid",
    "pictures",
    "plan",
    "said",
    "pages",
    "lists",
    "matrix",
    "app",
)
STYLES: Final = ("page", "views", "paper")

_TEMPLATES_DIR: Final = Path(__file__).with_name("templates")
_PYTEST_HTML: Final = Path(pytest_html.__file__).with_name("resources")

_BLOCK: Final = re.compile(r"<(script|style)(?: type=\"text/css\")?>(.*?)</\1>", re.DOTALL)
_RELOAD: Final = ' onclick="location.reload()"'
"""A handler of pytest-html's page, for a button that a finished report hides."""


def detail(traceback: str) -> str:
    """What the row of an error unfolds: the end of its traceback, as markup in one line.

    In one line because pytest-html's script wraps every line that begins with an E.
    """
    lines = (legible(line) for line in traceback.splitlines()[-TRACEBACK_LINES:])
    return str(Markup("<pre>{}</pre>").format("\n".join(lines))).replace("\n", "&#10;")


def summary(
    results: Results,
    controls: Mapping[str, Control],
    rows: Rows,
    digest: str,
    history: History | None = None,
) -> str:
    """The compliance view, as markup. `digest` is the SHA-256 of results.json."""
    by_subject = tally.by_subject(results.verdicts)
    selected = {} if results.conditions.selection else controls
    judging = {verdict.control for verdict in results.verdicts}
    return _TEMPLATES.get_template("summary.html.j2").render(
        results=results,
        digest=digest,
        conclusion=tally.conclusion(results),
        looks=LOOKS,
        columns=tally.columns([Counter({word: times for word, times in results.summary.items() if times})]),
        with_findings=sum(bool(judged.findings) for judged in by_subject),
        subjects=len(by_subject),
        severities=tally.by_severity(results.verdicts),
        rows=len(rows.shown()),
        shown=len(rows.shown()) - rows.foreign_shown,
        listed=sum(results.summary[word] for word in LISTED),
        foreign=rows.foreign,
        foreign_shown=rows.foreign_shown,
        # Controls that judged nothing are named too, unless nobody asked: it is worth knowing.
        data=packing.pack(
            results, {id_: controls[id_] for id_ in controls if id_ in selected or id_ in judging}, history
        ),
        style=Markup(_STYLE),  # noqa: S704 - our own files
        script=Markup(_SCRIPT),  # noqa: S704
    )


def guard(path: Path) -> None:
    """Write a Content-Security-Policy into a finished page: its own scripts and styles run, and nothing else.

    The hashes are those of known texts, ours and pytest-html's: markup that somebody else brought in is
    not made good by standing in the file. Raises OSError where the file cannot be read or written.
    """
    page = path.read_text(encoding="utf-8").replace(_RELOAD, "", 1)
    head, _, body = page.partition("</head>")
    known = {_digestible(_SCRIPT), _digestible((_PYTEST_HTML / "app.js").read_text(encoding="utf-8"))}
    styles = [text for name, text in _BLOCK.findall(head) if name == "style"]
    scripts = []
    for name, text in _BLOCK.findall(body):
        if name == "script" and _digestible(text) in known:
            scripts.append(text)
        elif name == "style" and _digestible(text) == _digestible(_STYLE):
            styles.append(text)
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hashes(scripts)}",
            # Without --self-contained-html pytest-html's style stands in a file of its own.
            f"style-src 'self' {_hashes(styles)}",
            "img-src 'self' data:",
            "media-src 'self' data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    metas = (
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
    )
    head = head.replace("<html>", '<html lang="en">', 1)
    head = re.sub(r'(<meta charset="utf-8" ?/>)', rf"\1{metas}", head, count=1)
    path.write_text(f"{head}</head>{body}", encoding="utf-8")


def _hashes(texts: list[str]) -> str:
    digests = (b64encode(sha256(text.encode("utf-8")).digest()).decode("ascii") for text in texts)
    return " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"


def _digestible(text: str) -> str:
    # The template indents and surrounds what it includes.
    return text.strip()


def _clock(timestamp: str) -> str:
    return timestamp.replace("T", " ").replace("Z", " UTC")


def _shown(value: Any) -> Any:
    return legible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _joined(names: tuple[str, ...], ending: str) -> str:
    files = (_TEMPLATES_DIR / f"{name}.{ending}" for name in names)
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


_STYLE: Final = _joined(STYLES, "css")
_SCRIPT: Final = '"use strict"\n{\n' + _joined(SCRIPTS, "js") + "}\n"

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(_TEMPLATES_DIR),
    autoescape=True,
    finalize=_shown,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["cut"] = lambda text, limit=80: legible(text, limit)
_TEMPLATES.filters["clock"] = _clock
_TEMPLATES.globals["named"] = named
