"""Our part of pytest-html's page: the summary above its table, and what a row of it unfolds."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from fixtures.controls import Control
from fixtures.verdict import Kind, Results, Subject, Verdict

from . import tally
from .legible import legible
from .rows import Rows
from .words import LISTED, LOOKS, named

REASONS: Final = 50
"""Reasons for unknown that the summary names."""

SUBJECTS: Final = 300
"""Subjects that a grid shows: more make browsers slow."""

TRACEBACK_LINES: Final = 60
"""How much of a traceback a row unfolds: its end, where the error stands."""

GRIDS: Final[dict[Kind, str]] = {"vm": "Virtual machines", "host": "Hosts"}
"""Kinds of subjects that have several controls each, so that a grid says more than a list."""

_UUID: Final = re.compile(r"[0-9A-Fa-f-]{1,40}")


class Grid(NamedTuple):
    """Subjects of one kind against the controls that judged them."""

    title: str
    controls: list[str]
    lines: list[tuple[Subject, dict[str, Verdict]]]
    """Subjects, worst first, with what each control says of them."""
    left_out: int


def detail(verdict: Verdict, control: Control | None, pool_names: Mapping[str, str], traceback: str) -> str:
    """What a row unfolds: reason, evidence, what the control says and how to repair, as markup in one line.

    In one line because pytest-html's script wraps every line that begins with an E. `traceback` is what
    a check left that raised an error, else empty; so is the pool's name where there is one pool only.
    """
    markup = _TEMPLATES.get_template("detail.html.j2").render(
        verdict=verdict,
        pool=pool_names.get(verdict.subject.pool or "", ""),
        control=control,
        verify=_command(control.verify, verdict.subject) if control else "",
        fix=_command(control.fix, verdict.subject) if control else "",
        evidence={field: json.dumps(value, ensure_ascii=False) for field, value in verdict.evidence.items()},
        traceback=traceback.splitlines()[-TRACEBACK_LINES:],
    )
    return markup.replace("\n", "&#10;")


def summary(results: Results, controls: Mapping[str, Control], rows: Rows) -> str:
    """The summary above pytest-html's table, as markup."""
    per_control = tally.by_control(results.verdicts)
    if not results.conditions.selection:
        # Controls that judged nothing are named too: that nothing was judged is worth knowing.
        per_control = {id_: per_control.get(id_, Counter()) for id_ in (*controls, *per_control)}
    reasons = tally.unknown_reasons(results.verdicts)
    by_subject = tally.by_subject(results.verdicts)
    return _TEMPLATES.get_template("summary.html.j2").render(
        results=results,
        conclusion=tally.conclusion(results),
        looks=LOOKS,
        columns=tally.columns(per_control.values()),
        per_control=per_control,
        controls=controls,
        with_findings=sum(bool(judged.findings) for judged in by_subject),
        subjects=len(by_subject),
        reasons=reasons[:REASONS],
        reasons_left_out=len(reasons[REASONS:]),
        grids=[
            _grid(title, [judged for judged in by_subject if judged.subject.kind == kind], list(per_control))
            for kind, title in GRIDS.items()
        ],
        severities=tally.by_severity(results.verdicts),
        pool_names=tally.pool_names(results.pools),
        row_ids=rows.by_nodeid(),
        shown=len(rows.shown()),
        listed=sum(results.summary[word] for word in LISTED),
    )


def _grid(title: str, subjects: list[tally.Judged], order: list[str]) -> Grid:
    lines = [
        # Of two verdicts of one control (judged, then an error in tear-down) the worse one is shown.
        (subject, {verdict.control: verdict for verdict in reversed(verdicts)})
        for subject, verdicts in subjects[:SUBJECTS]
    ]
    judging = {id_ for _, cells in lines for id_ in cells}
    return Grid(title, [id_ for id_ in order if id_ in judging], lines, len(subjects[SUBJECTS:]))


def _command(text: str, subject: Subject) -> str:
    # A command that people copy into a shell: nothing but a uuid may enter it.
    uuid = subject.uuid if subject.uuid and _UUID.fullmatch(subject.uuid) else None
    return text.replace("{uuid}", uuid or "{uuid}")


def _clock(timestamp: str) -> str:
    return timestamp.replace("T", " ").replace("Z", " UTC")


def _shown(value: Any) -> Any:
    return legible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    finalize=_shown,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["cut"] = lambda text, limit=80: legible(text, limit)
_TEMPLATES.filters["clock"] = _clock
_TEMPLATES.globals["named"] = named
