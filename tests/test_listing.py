"""The list of controls, and the page that is made from it."""

import json
from pathlib import Path

import pytest

from fixtures.audit import CHECKS
from fixtures.controls import load_controls
from fixtures.listing import HEADINGS, page
from fixtures.policy.loading import build_policy, read_layers
from tests.e2e.commands import ROOT, audit


def test_the_page_in_docs_is_true() -> None:
    listed = "\n".join(page()) + "\n"
    assert (ROOT / "docs" / "controls.md").read_text("utf-8") == listed, "make docs/controls.md"


def test_controls_of_one_kind_stand_together() -> None:
    kinds = {id_: control.subject for id_, control in load_controls([CHECKS]).items()}
    contents: list[str] = []
    listed: dict[str, list[str]] = {}
    for line in page():
        if line.startswith("- ["):
            contents.append(line)
        elif line.startswith("## "):
            listed[line.removeprefix("## ")] = []
        elif line.startswith("### "):
            listed[list(listed)[-1]].append(line.removeprefix("### "))
    assert listed == {
        heading: sorted(id_ for id_, of in kinds.items() if of == kind) for kind, heading in HEADINGS.items()
    }
    assert contents == [
        f"- [{heading}](#{heading.lower().replace(' ', '-')}): {len(ids)}" for heading, ids in listed.items()
    ]


@pytest.mark.parametrize("form", ["md", "json"])
def test_controls_are_listed_as_the_policy_has_them(form: str, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('[severity]\nVM-NAME-01 = "critical"\n')
    run = audit("--list-controls", "--format", form, "--policy", policy, report_dir=tmp_path)
    assert run.code == 0, run.output
    assert not (tmp_path / "results.json").exists()
    if form == "md":
        assert "| [VM-NAME-01](#vm-name-01) | critical | The VM's name is ASCII-safe |" in run.output
    else:
        controls = {control["id"]: control for control in json.loads(run.output)}
        selected = build_policy(
            read_layers("baseline", tmp_path), controls=load_controls([CHECKS]), families=()
        )
        assert controls.keys() == {id_ for id_ in load_controls([CHECKS]) if selected.selects(id_)}
        assert controls["VM-NAME-01"]["severity"] == "critical"
        assert controls["VM-DISKS-02"]["fix"]


def test_a_wrong_policy_is_one_line_here_too(tmp_path: Path) -> None:
    run = audit("--list-controls", "--policy", tmp_path / "none.toml", report_dir=tmp_path)
    assert run.code == 4
    assert "cannot be read" in run.output
    assert "Traceback" not in run.output
