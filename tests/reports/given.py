"""Verdicts, results and controls for the tests of reports: compliant, and one thing changed."""

import json
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, Final

import pytest

from fixtures.controls import Control
from fixtures.verdict import Conditions, PoolSummary, Results, Severity, Subject, Verdict, Word
from reports import tally
from tests.corpus import corpus_files

HOSTILE: Final = {
    "script": "<script>alert(1)</script>",
    "image": '"><img src=x onerror=alert(1)>',
    "end of table": "</td></tr></table></body>",
    "end of script": "</script><script>alert(2)</script>",
    "comment": "<!-- x --> ]]> <![CDATA[",
    "attribute": 'a" onmouseover="alert(1)" b=\'',
    "entity": "&lt;b&gt; &amp;amp; &#x3c;",
    "template": "{{7*7}} ${7*7} {% raw %}",
    "address": "javascript:alert(1)",
    "formula": "=1+1",
    "plus": "+1",
    "minus": "-2+3",
    "at": "@SUM(A1)",
    "formula after blanks": " \u00a0\u3000=cmd|'/C calc'!A0",
    "formula after a tab": "\t=1+1",
    "formula after a return": "\r@SUM(A1)",
    "wide formula": "\uff1d1+1",
    "small formula": "\ufe6bSUM(A1)",
    "quotes": '"quoted", and\\ | `code` [link](http://example.org) \'',
    "colour": "\x1b[31mred\x1b[0m",
    "title": "\x1b]0;title\x07",
    "return": "good\rbad",
    "newline": "one\ntwo",
    "nul": "a\x00b",
    "C1": "a\x9b31mb",
    "right to left": "web\u202egnp.exe",
    "zero width": "we\u200bb01",
    "lone surrogate": "a\ud800b",
    "separators": "one\u2028two\u2029three",
    "long": "x" * 10_000,
    "wide": "測試" * 200,
    "combining": "e" + "\u0301" * 60,
    "blank": "   ",
    "empty": "",
}
"""What a tenant could name a VM."""


POOL: Final = "f3b1d2c4-0000-4000-8000-000000000001"
"""The uuid of the pool that verdicts are of."""


def shows(text: str) -> bool:
    """Whether nothing in a text is hidden or obeyed; blanks of any script may stay."""
    return all(letter.isprintable() or unicodedata.category(letter) == "Zs" for letter in text)


def all_hostile() -> dict[str, str]:
    """Our hostile names, and those of the corpus where there is one."""
    names = dict(HOSTILE)
    for path in corpus_files("hostile-names.json"):
        names |= json.loads(path.read_text(encoding="utf-8"))["names"]
    return names


def hostile_names() -> list[Any]:
    """Rows of all hostile names."""
    return [pytest.param(name, id=what.replace(" ", "_")) for what, name in all_hostile().items()]


def verdict(
    word: Word = "pass",
    *,
    control: str = "VM-TOOLS-01",
    severity: Severity = "high",
    name: str | None = "web01",
    uuid: str | None = "5c9c7a2e-7a3f-4d0e-9a39-0e9b6e6f3c11",
    kind: Any = "vm",
    reason: str = "the agent reported 8.4.0",
    evidence: dict[str, Any] | None = None,
    nodeid: str | None = None,
    pool: str | None = POOL,
) -> Verdict:
    """A verdict; by default a pass."""
    return Verdict(
        control=control,
        verdict=word,
        severity=severity,
        subject=Subject(kind=kind, uuid=uuid, name=name, pool=pool),
        reason=reason,
        evidence={"power_state": "Running"} if evidence is None else evidence,
        waiver=None,
        nodeid=nodeid or f"checks/test_guest_tools.py::test_guest_tools_are_installed[{uuid}-{control}]",
    )


def verdicts(words: Iterable[tuple[Word, int]], **changes: Any) -> list[Verdict]:
    """So many verdicts of each word, each of a VM of its own."""
    return [
        verdict(word, name=f"vm{word}{index}", uuid=f"{word}-{index}", **changes)
        for word, count in words
        for index in range(count)
    ]


def pool(**changes: Any) -> PoolSummary:
    """A pool that was read in full."""
    told: dict[str, Any] = {
        "name": "Atelier",
        "uuid": POOL,
        "source": "live",
        "location": "https://pool.example",
        "product_version": "8.3.0",
        "master": "xcp-01",
        "read_at": "2026-11-23T06:00:00Z",
        "account": "auditor",
        "role": "read-only",
        "notes": (),
    }
    return PoolSummary(**told | changes)


def unread(**changes: Any) -> PoolSummary:
    """A pool that could not be read."""
    told: dict[str, Any] = dict.fromkeys(
        ("name", "uuid", "product_version", "master", "account", "role"), None
    )
    told |= {"source": "unread", "location": "gone.xml", "notes": ("could not be read: no such file",)}
    return pool(**told | changes)


def conditions(**changes: Any) -> Conditions:
    """A whole audit, which reports what is unknown."""
    told: dict[str, Any] = {
        "policy": "p.toml",
        "policy_sha256": "0" * 64,
        "profiles": ("baseline",),
        "fail_on": "low",
        "waivers": "waivers.toml",
        "waivers_sha256": "1" * 64,
        "ratchet": "",
        "selection": (),
        "unknown": "report",
    }
    return Conditions(**told | changes)


def results(said: Sequence[Verdict], **changes: Any) -> Results:
    """The results of a complete run."""
    told: dict[str, Any] = {
        "rules_version": "1",
        "knowledge_version": "2026-11-01",
        "started": "2026-11-23T06:00:00Z",
        "finished": "2026-11-23T06:00:05Z",
        "complete": True,
        "conditions": conditions(),
        "pools": (pool(),),
        "summary": tally.by_word(said),
        "waivers": (),
        "verdicts": list(said),
    }
    return Results(**told | changes)


def control(id_: str = "VM-TOOLS-01", **changes: Any) -> Control:
    """A documented control."""
    told: dict[str, Any] = {
        "id": id_,
        "severity": "high",
        "subject": "vm",
        "parameter": "vm",
        "evidence": ("power_state",),
        "gates": (),
        "inside": None,
        "title": "Guest tools are installed",
        "why": "Without an agent a VM cannot be shut down cleanly.",
        "passes": "An agent reported.",
        "fails": "None did.",
        "verify": "xe vm-param-get uuid={uuid} param-name=PV-drivers-version",
        "fix": "Install the agent.",
        "sources": "xen-api.",
    }
    return Control(**told | changes)
