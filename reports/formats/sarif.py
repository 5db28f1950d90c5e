"""SARIF 2.1.0 (OASIS): findings as code scanners report them."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final, TextIO

from fixtures.controls import VERSION, Control
from fixtures.verdict import Results, Severity, Subject, Verdict, Word

from ..legible import legible
from ..words import identity, named

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

LEVELS: Final[dict[Severity, str]] = {
    "critical": "error",
    "high": "error",
    "medium": "warning",
    "low": "note",
}

SCORES: Final[dict[Severity, str]] = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
"""What GitHub takes as `security-severity`, in CVSS's ranges."""

KINDS: Final[dict[Word, str]] = {
    "pass": "pass",
    "fail": "fail",
    "waived": "fail",
    "waiver_not_needed": "pass",
    "not_applicable": "notApplicable",
    "unknown": "open",
    "error": "open",
}
"""SARIF's `open`: the evaluation was not conclusive."""


def write(results: Results, controls: Mapping[str, Control], stream: TextIO) -> None:
    """Write one run with all verdicts. Waived findings are suppressed results."""
    used = {verdict.control for verdict in results.verdicts}
    rules = [control for id_, control in controls.items() if id_ in used]
    positions = {control.id: index for index, control in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "Poolproof",
                "version": VERSION,
                "semanticVersion": VERSION,
                "properties": {"rulesVersion": results.rules_version},
                "rules": [_rule(control) for control in rules],
            }
        },
        "invocations": [
            {
                "executionSuccessful": results.complete,
                "startTimeUtc": results.started,
                "endTimeUtc": results.finished,
            }
        ],
        "columnKind": "unicodeCodePoints",
        "results": [_result(verdict, positions) for verdict in results.verdicts],
    }
    json.dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, stream)


def _rule(control: Control) -> dict[str, Any]:
    return {
        "id": control.id,
        "shortDescription": {"text": control.title},
        "fullDescription": {"text": control.why},
        "help": {"text": f"Verify: {control.verify}\nFix: {control.fix}"},
        "defaultConfiguration": {"level": LEVELS[control.severity]},
        "properties": {
            "security-severity": SCORES[control.severity],
            "tags": [
                *(control.subject, control.severity, *control.gates),
                *(f"{each.framework} {each.requirement}" for each in control.references),
            ],
        },
    }


def _result(verdict: Verdict, positions: Mapping[str, int]) -> dict[str, Any]:
    kind = KINDS[verdict.verdict]
    result: dict[str, Any] = {
        "ruleId": verdict.control,
        "kind": kind,
        "level": LEVELS[verdict.severity] if kind == "fail" else "none",
        "message": {"text": legible(verdict.reason)},
        "locations": [{"logicalLocations": [_location(verdict.subject)]}],
        "partialFingerprints": {"controlAndSubject/v1": _fingerprint(verdict)},
        "properties": {"verdict": verdict.verdict, "severity": verdict.severity},
    }
    if verdict.control in positions:
        result["ruleIndex"] = positions[verdict.control]
    if verdict.verdict == "waived" and verdict.waiver:
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": legible(verdict.waiver.reason)}
        ]
    return result


def _location(subject: Subject) -> dict[str, Any]:
    return {
        "name": legible(named(subject)),
        "fullyQualifiedName": f"{subject.pool or ''}/{subject.kind}/{legible(identity(subject))}",
        "kind": "resource",
        "properties": {"kind": subject.kind},
    }


def _fingerprint(verdict: Verdict) -> str:
    subject = verdict.subject
    identity = json.dumps([verdict.control, subject.kind, subject.pool, subject.uuid, subject.ref])
    return hashlib.sha256(identity.encode()).hexdigest()
