"""Real pool databases get exactly the verdicts that people who know them expect."""

import json
from pathlib import Path

import pytest

from tests.corpus import corpus_files, needs_corpus
from tests.e2e.commands import audit

pytestmark = needs_corpus


@pytest.mark.parametrize("expected", corpus_files("expected/*.json"), ids=lambda path: path.stem)
def test_verdicts_are_the_expected_ones(expected: Path, tmp_path: Path) -> None:
    pool = expected.parent.parent / "pools" / expected.stem
    run = audit("--pool", pool, report_dir=tmp_path)
    assert run.code in {0, 1}, run.output
    assert run.results["complete"]
    assert run.results["summary"]["error"] == 0
    wanted = {
        (control, uuid): verdict
        for subjects in json.loads(expected.read_bytes()).values()
        for uuid, controls in subjects.items()
        for control, verdict in controls.items()
    }
    assert wanted
    found = run.verdicts
    assert {key: found.get(key) for key in wanted} == wanted


@pytest.mark.parametrize("path", corpus_files("xapi/pools/*/state.db.xml"), ids=lambda path: path.parent.name)
def test_databases_of_today_s_schema_are_judged_without_error(path: Path, tmp_path: Path) -> None:
    run = audit("--pool", path, report_dir=tmp_path)
    assert run.code in {0, 1}, run.output
    assert run.results["summary"]["error"] == 0
