"""CTRF, the Common Test Report Format (ctrf.io): for tools that show tests."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TextIO

from fixtures.controls import VERSION, Control
from fixtures.verdict import Results, Verdict, Word

from ..legible import legible
from ..words import identity, named

STATUS: Final[dict[Word, str]] = {
    "pass": "passed",
    "fail": "failed",
    "waived": "other",
    "waiver_not_needed": "passed",
    "not_applicable": "skipped",
    "unknown": "other",
    "error": "failed",
}


def write(results: Results, controls: Mapping[str, Control], stream: TextIO) -> None:
    """Write a test for each verdict."""
    counts = Counter(STATUS[verdict.verdict] for verdict in results.verdicts)
    summary = {status: counts[status] for status in ("passed", "failed", "pending", "skipped", "other")}
    document = {
        "reportFormat": "CTRF",
        "specVersion": "0.0.0",
        "generatedBy": "Poolproof",
        "timestamp": results.finished,
        "results": {
            "tool": {"name": "Poolproof", "version": VERSION},
            "summary": {
                "tests": len(results.verdicts),
                **summary,
                "start": _milliseconds(results.started),
                "stop": _milliseconds(results.finished),
            },
            "tests": [_test(verdict, controls.get(verdict.control)) for verdict in results.verdicts],
        },
    }
    json.dump(document, stream)


def _milliseconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1000)


def _test(verdict: Verdict, control: Control | None) -> dict[str, Any]:
    subject = verdict.subject
    return {
        "name": f"{verdict.control} {subject.kind} {legible(named(subject))} {legible(identity(subject))}",
        "status": STATUS[verdict.verdict],
        "rawStatus": verdict.verdict,
        "duration": 0,
        "message": legible(verdict.reason),
        "suite": [subject.kind, verdict.control],
        "tags": [verdict.severity, *(control.gates if control else ())],
        "extra": {"uuid": subject.uuid, "pool": subject.pool, "title": control.title if control else ""},
    }
