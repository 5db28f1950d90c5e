"""The schema of results.json: it is what is written, and what is not so does not pass."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from jsonschema import Draft202012Validator

from fixtures.pools import SAMPLE
from fixtures.verdict import Word
from reports.results import write
from reports.schema import page, schema
from tests.e2e.commands import ROOT, audit

from .given import hostile_names, results, unread, verdict, verdicts

FILE: Final = ROOT / "docs" / "results.schema.json"
PUBLISHED: Final = Draft202012Validator(json.loads(FILE.read_text("utf-8")))

WAIVERS: Final = """
[[waiver]]
control = "HOST-CPU-01"
name = "*"
reason = "its BIOS is changed in spring"
approved_by = "Ana"
expires = 2999-01-01T00:00:00Z

[[waiver]]
control = "HOST-NAME-01"
name = "*"
reason = "old"
approved_by = "Ana"
expires = 2001-01-01T00:00:00Z
"""


def wrong(document: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}"[:200] for error in PUBLISHED.iter_errors(document)]


def test_the_file_in_docs_is_true() -> None:
    assert FILE.read_text("utf-8") == page() + "\n", "make docs/results.schema.json"
    Draft202012Validator.check_schema(schema())


def test_fields_say_what_they_are() -> None:
    fields = schema()["$defs"]["Subject"]["properties"]
    assert fields["pool"]["description"] == "uuid of the pool."


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 1),
        (["-x"], 1),
        (["-m", "host", "--pool", SAMPLE, "--pool", "gone.xml"], 1),
        (["-m", "host", "--waivers", "waivers.toml"], 1),
        (["-k", "nothing-is-called-this"], 5),
    ],
    ids=["demo", "stopped", "unread pool", "waivers", "nothing"],
)
def test_what_an_audit_writes_is_so(arguments: list[Any], code: int, tmp_path: Path) -> None:
    (tmp_path / "waivers.toml").write_text(WAIVERS)
    paths = [tmp_path / each if each == "waivers.toml" else each for each in arguments]
    run = audit(*paths, report_dir=tmp_path)
    assert run.code == code, run.output
    assert wrong(run.results) == []
    if "--waivers" in arguments:
        assert {each["state"] for each in run.results["waivers"]} == {"used", "expired"}
    if "gone.xml" in arguments:
        assert "unread" in {each["source"] for each in run.results["pools"]}


@pytest.mark.parametrize("name", hostile_names())
def test_names_may_be_anything(name: str, tmp_path: Path) -> None:
    said = [
        verdict("fail", name=name, evidence={"name_label": name}),
        *verdicts([(w, 1) for w in get_args(Word)]),
    ]
    write(results(said, pools=(unread(location=name),)), tmp_path / "results.json")
    assert wrong(json.loads((tmp_path / "results.json").read_bytes())) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda found: found.pop("format"),
        lambda found: found.update(format="poolproof/2"),
        lambda found: found.pop("verdicts"),
        lambda found: found["summary"].update(failed=3),
        lambda found: found["verdicts"][0].update(verdict="passed"),
        lambda found: found["verdicts"][0].pop("evidence"),
        lambda found: found["verdicts"][0]["subject"].update(kind="template"),
        lambda found: found["conditions"].update(fail_on=None),
    ],
)
def test_what_is_not_so_does_not_pass(spoil: Callable[[Any], Any], tmp_path: Path) -> None:
    write(results([verdict()]), tmp_path / "results.json")
    found = json.loads((tmp_path / "results.json").read_bytes())
    assert wrong(found) == []
    spoil(found)
    assert wrong(found) != []
