"""OHDF, the OASIS Heimdall Data Format: what MITRE's Heimdall and SAF read (InSpec's `exec-json`)."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, TextIO

from fixtures.controls import VERSION, Control
from fixtures.verdict import Results, Severity, Verdict, Word

from ..legible import legible
from ..words import identity, named

IMPACT: Final[dict[Severity, float]] = {"critical": 0.9, "high": 0.7, "medium": 0.5, "low": 0.3}
"""Heimdall's ranges."""

STATUS: Final[dict[Word, str]] = {
    "pass": "passed",
    "fail": "failed",
    "waived": "skipped",
    "waiver_not_needed": "passed",
    "not_applicable": "skipped",
    "unknown": "skipped",
    "error": "error",
}


def write(results: Results, controls: Mapping[str, Control], stream: TextIO) -> None:
    """Write one profile with all controls that judged, a result for each subject."""
    said: defaultdict[str, list[Verdict]] = defaultdict(list)
    for verdict in results.verdicts:
        said[verdict.control].append(verdict)
    begun, ended = map(datetime.fromisoformat, (results.started, results.finished))
    profile = {
        "name": "poolproof",
        "version": VERSION,
        "sha256": results.conditions.policy_sha256,
        "title": "Poolproof: compliance of XenServer and XCP-ng pools",
        "maintainer": "Poolproof",
        "summary": f"rules {results.rules_version}, policy {legible(results.conditions.policy)}",
        "license": "MIT",
        "copyright": "",
        "supports": [],
        "attributes": [],
        "groups": [],
        "status": "loaded",
        "controls": [
            _control(controls[id_], verdicts, results) for id_, verdicts in said.items() if id_ in controls
        ],
    }
    document = {
        "platform": {"name": "XenServer and XCP-ng", "release": _releases(results)},
        "version": VERSION,
        "statistics": {"duration": (ended - begun).total_seconds()},
        "profiles": [profile],
    }
    json.dump(document, stream)


def _releases(results: Results) -> str:
    return ", ".join(sorted({legible(pool.product_version or "unknown") for pool in results.pools}))


def _control(control: Control, verdicts: Iterable[Verdict], results: Results) -> dict[str, Any]:
    verdicts = list(verdicts)
    waivers = [verdict.waiver for verdict in verdicts if verdict.waiver and verdict.verdict == "waived"]
    waiver: dict[str, Any] = {}
    if waivers and not any(verdict.verdict == "fail" for verdict in verdicts):
        waiver = {
            "justification": legible(waivers[0].reason),
            "expiration_date": waivers[0].expires,
            "run": True,
            "skipped_due_to_waiver": False,
            "message": "",
        }
    return {
        "id": control.id,
        "title": control.title,
        "desc": control.why,
        "descriptions": [
            {"label": "check", "data": control.verify},
            {"label": "fix", "data": control.fix},
        ],
        "impact": IMPACT[verdicts[0].severity],
        "refs": [{"ref": control.sources}],
        "tags": {
            "severity": verdicts[0].severity,
            "subject": control.subject,
            "gates": list(control.gates),
            **_requirements(control),
        },
        "code": "",
        "source_location": {},
        "waiver_data": waiver,
        "results": [_result(verdict, results.started) for verdict in verdicts],
    }


def _requirements(control: Control) -> dict[str, list[str]]:
    """Framework → requirements that the control bears on."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for reference in control.references:
        found[reference.framework].append(reference.requirement)
    return dict(found)


def _result(verdict: Verdict, started: str) -> dict[str, Any]:
    subject = verdict.subject
    status = STATUS[verdict.verdict]
    told = f"{verdict.verdict.replace('_', ' ')}: {legible(verdict.reason)}"
    return {
        "status": status,
        "code_desc": f"{subject.kind} {legible(named(subject))} {legible(identity(subject))}",
        "start_time": started,
        "run_time": 0.0,
        **({"skip_message": told} if status == "skipped" else {"message": told}),
    }
