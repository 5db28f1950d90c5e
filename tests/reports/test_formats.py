"""Formats for programs, each given to a program that reads it in earnest."""

import csv
import json
import os
import shutil
import stat
import subprocess
import sys
import unicodedata
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from fixtures.options import FORMATS as OFFERED
from fixtures.verdict import Results, Severity, Verdict, Waived, Word
from reports import formats
from reports.formats import nagios
from reports.formats.csv import FORMULA, defused
from tests.e2e.commands import ROOT, audit
from tests.reports.given import (
    HOSTILE,
    POOL,
    conditions,
    control,
    hostile_names,
    pool,
    results,
    shows,
    unread,
    verdict,
)

READERS: Final = Path(sys.prefix) / "readers"

needs_readers: Final = pytest.mark.skipif(
    shutil.which("node") is None or not (READERS / "node_modules").exists(),
    reason="needs npm: make test installs the readers of SARIF, OHDF and CTRF where it is",
)

CONTROLS: Final = {
    id_: control(id_, severity=severity)
    for id_, severity in zip(("VM-TOOLS-01", "VM-NAME-01", "VM-DISKS-02"), get_args(Severity), strict=False)
}

WAIVER: Final = Waived(
    source="waivers.toml 1",
    reason="an appliance",
    approved_by="Ana",
    expires="2027-01-01T00:00:00+01:00",
    state="valid",
)


def every_word(name: str = "web01") -> list[Verdict]:
    """A verdict of each word on each control, of a VM of this name."""
    return [
        msgspec.structs.replace(
            verdict(word, name=name, uuid=f"uuid-{number}", control=id_, reason=f"because of {name}"),
            waiver=WAIVER if word == "waived" else None,
        )
        for id_ in CONTROLS
        for number, word in enumerate(get_args(Word))
    ]


def written(name: str, given: Results, folder: Path) -> str:
    """A format's file."""
    return formats.write(name, given, CONTROLS, folder).read_text("utf-8")


def read_by(script: str, path: Path) -> str:
    """What a reader in JavaScript prints of a file."""
    shutil.copy(Path(__file__).parent / "readers" / script, READERS)
    done = subprocess.run(
        ["node", READERS / script, path], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_is_offered_is_there() -> None:
    assert set(OFFERED) == {"html", "json", "junit", *formats.FORMATS}
    files = [each.file for each in formats.FORMATS.values()]
    assert len(set(files)) == len(files)


@pytest.mark.parametrize("name", formats.FORMATS)
@pytest.mark.parametrize("hostile", hostile_names())
def test_hostile_names_truncate_no_file(name: str, hostile: str, tmp_path: Path) -> None:
    last = verdict("fail", name="the last one", uuid="uuid-of-the-last-one", control="VM-TOOLS-01")
    given = results([*every_word(hostile), last], pools=(pool(name=hostile), unread(location=hostile)))
    text = written(name, given, tmp_path)
    assert text.endswith("\n") or name in ("sarif", "ohdf", "ctrf")
    assert all(map(shows, text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")))
    if name in ("sarif", "ohdf", "ctrf"):
        assert "uuid-of-the-last-one" in json.dumps(json.loads(text))
    if name == "csv":
        assert "uuid-of-the-last-one" in text


@pytest.mark.parametrize("name", formats.FORMATS)
def test_a_run_without_verdicts_is_written_too(name: str, tmp_path: Path) -> None:
    assert written(name, results([]), tmp_path)


# CSV


def test_csv_reads_back(tmp_path: Path) -> None:
    text = written("csv", results(every_word()), tmp_path)
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(StringIO(text.removeprefix("\ufeff"))))
    assert [row["verdict"] for row in rows] == [each.verdict for each in every_word()]
    waived = next(row for row in rows if row["verdict"] == "waived")
    assert (waived["waiver"], waived["waived until"]) == ("an appliance (waivers.toml 1)", WAIVER.expires)


@pytest.mark.parametrize("hostile", hostile_names())
def test_no_cell_of_csv_is_a_formula(hostile: str, tmp_path: Path) -> None:
    rows = list(csv.reader(StringIO(written("csv", results(every_word(hostile)), tmp_path))))
    assert len(rows) == len(every_word()) + 1
    assert {len(row) for row in rows} == {len(rows[0])}
    assert not [cell for row in rows for cell in row if calculates(cell)]


def calculates(cell: str) -> bool:
    """A spreadsheet could take the cell for a formula."""
    return unicodedata.normalize("NFKC", cell).strip().startswith(FORMULA)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("web01", "web01"),
        ("a=b", "a=b"),
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@a", "'@a"),
        ("  =1", "'  =1"),
        ("\u00a0+1", "'\u00a0+1"),
        ("\t=1", r"\x09=1"),
        ("\r\n=1", r"\x0d\x0a=1"),
        ("\u200b=1", r"\u200b=1"),
        ("\uff1d1", "'\uff1d1"),
        ("\uff0b1", "'\uff0b1"),
        ("\uff0d1", "'\uff0d1"),
        ("\uff20a", "'\uff20a"),
        ("\ufe631", "'\ufe631"),
        ("'=1", "'=1"),
        ("   ", "   "),
        ("", ""),
    ],
)
def test_cells_are_defused(text: str, cell: str) -> None:
    assert defused(text) == cell


# Markdown


@pytest.mark.parametrize("hostile", hostile_names())
def test_markdown_keeps_its_tables(hostile: str, tmp_path: Path) -> None:
    lines = written("markdown", results(every_word(hostile)), tmp_path).splitlines()
    tables = [line for line in lines if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in tables} <= {5, 6, 8, 9, 10}
    assert not any(line.lstrip("| ").startswith("<") for line in lines)
    assert "<script" not in "\n".join(lines).replace("\\<", "")


# SARIF


@needs_readers
@pytest.mark.parametrize("hostile", ["web01", "".join(HOSTILE.values())], ids=["plain", "hostile"])
def test_sarif_is_valid_to_microsoft_s_validator(hostile: str, tmp_path: Path) -> None:
    path = formats.write("sarif", results(every_word(hostile)), CONTROLS, tmp_path)
    tool = READERS / "node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool"
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    done = subprocess.run(
        [tool, "validate", path, "--rule-kind", "Sarif"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=os.environ | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
    )
    assert done.returncode == 0, done.stdout
    assert "Analysis completed successfully" in done.stdout
    assert " error " not in done.stdout


def test_sarif_says_what_verdicts_say(tmp_path: Path) -> None:
    document = json.loads(written("sarif", results(every_word()), tmp_path))
    (run,) = document["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == list(CONTROLS)
    kinds = {each["properties"]["verdict"]: each["kind"] for each in run["results"]}
    assert kinds == {
        "pass": "pass",
        "fail": "fail",
        "waived": "fail",
        "waiver_not_needed": "pass",
        "not_applicable": "notApplicable",
        "unknown": "open",
        "error": "open",
    }
    assert [each for each in run["results"] if each.get("suppressions")] == [
        each for each in run["results"] if each["properties"]["verdict"] == "waived"
    ]
    assert len({each["partialFingerprints"]["controlAndSubject/v1"] for each in run["results"]}) == 21


# OHDF


@needs_readers
def test_ohdf_is_read_by_heimdall_s_library(tmp_path: Path) -> None:
    said = [
        verdict("pass", control="VM-TOOLS-01"),
        verdict("fail", control="VM-NAME-01", uuid="1"),
        verdict("pass", control="VM-NAME-01", uuid="2"),
        verdict("unknown", control="VM-DISKS-02"),
    ]
    path = formats.write("ohdf", results(said), CONTROLS, tmp_path)
    statuses = json.loads(read_by("ohdf.cjs", path))
    assert {id_: status for id_, (status, *_) in statuses.items()} == {
        "VM-TOOLS-01": "Passed",
        "VM-NAME-01": "Failed",
        "VM-DISKS-02": "Not Reviewed",
    }


@needs_readers
@pytest.mark.parametrize("hostile", hostile_names())
def test_heimdall_reads_hostile_names(hostile: str, tmp_path: Path) -> None:
    path = formats.write("ohdf", results(every_word(hostile)), CONTROLS, tmp_path)
    assert json.loads(read_by("ohdf.cjs", path)).keys() == CONTROLS.keys()


# CTRF


@needs_readers
@pytest.mark.parametrize("hostile", ["web01", "".join(HOSTILE.values())], ids=["plain", "hostile"])
def test_ctrf_is_valid_to_its_reference_implementation(hostile: str, tmp_path: Path) -> None:
    path = formats.write("ctrf", results(every_word(hostile)), CONTROLS, tmp_path)
    assert read_by("ctrf.mjs", path) == "valid\n"


def test_ctrf_counts_every_verdict_once(tmp_path: Path) -> None:
    report = json.loads(written("ctrf", results(every_word()), tmp_path))["results"]
    summary = report["summary"]
    counted = sum(summary[status] for status in ("passed", "failed", "pending", "skipped", "other"))
    assert counted == summary["tests"] == len(report["tests"]) == 21


# Prometheus


@pytest.mark.parametrize("hostile", ["web01", *hostile_names()])
def test_prometheus_reads_the_textfile(hostile: str, tmp_path: Path) -> None:
    given = results(every_word(hostile), pools=(pool(name=hostile), unread(location=hostile)))
    families = {
        family.name: family.samples
        for family in text_string_to_metric_families(written("prometheus", given, tmp_path))
    }
    verdicts = families["poolproof_verdicts"]
    assert sum(sample.value for sample in verdicts) == 21
    assert {sample.labels["pool"] for sample in verdicts} == {POOL}
    assert [sample.value for sample in families["poolproof_pool_read"]] == [1, 0]
    assert [sample.value for sample in families["poolproof_run_complete"]] == [1]


# Nagios


@pytest.mark.parametrize(
    ("said", "changes", "code", "begins"),
    [
        ([verdict("pass")], {}, 0, "POOLPROOF OK - Compliant: 1 pass | fail=0;;;0"),
        ([verdict("fail", severity="critical")], {}, 2, "POOLPROOF CRITICAL - Not compliant"),
        ([verdict("fail", severity="high")], {}, 2, "POOLPROOF CRITICAL"),
        ([verdict("fail", severity="medium")], {}, 1, "POOLPROOF WARNING"),
        ([verdict("unknown")], {}, 1, "POOLPROOF WARNING"),
        ([verdict("unknown")], {"conditions": conditions(unknown="fail")}, 2, "POOLPROOF CRITICAL"),
        ([verdict("fail", severity="low")], {"conditions": conditions(fail_on="high")}, 0, "POOLPROOF OK"),
        ([verdict("pass")], {"pools": (pool(), unread())}, 2, "POOLPROOF CRITICAL"),
        ([verdict("pass")], {"complete": False}, 3, "POOLPROOF UNKNOWN"),
        ([], {}, 3, "POOLPROOF UNKNOWN"),
    ],
)
def test_nagios(said: Sequence[Verdict], changes: dict[str, Any], code: int, begins: str) -> None:
    found = nagios.state(results(said, **changes))
    assert (found.code, found.text[: len(begins)]) == (code, begins)
    assert found.text.count("|") == 1
    assert "\n" not in found.text


# The command line


def test_formats_are_chosen(tmp_path: Path) -> None:
    run = audit("-m", "host", "--report", ",".join(formats.FORMATS), report_dir=tmp_path)
    assert run.code == 1, run.output
    files = {path.name for path in tmp_path.iterdir() if path.is_file()}
    assert files == {"results.json", "history.sqlite", *(each.file for each in formats.FORMATS.values())}
    assert run.output.count(str(tmp_path / "verdicts.csv")) == 1


def test_a_format_that_is_none_is_one_clear_line(tmp_path: Path) -> None:
    run = audit("--report", "html,pdf", report_dir=tmp_path)
    assert run.code == 4
    assert "'pdf' is no format; there are html, json, junit, csv" in run.output


@pytest.mark.parametrize(
    ("prepare", "code", "said"),
    [
        ("old", 3, "UNKNOWN - the last run ended more than 26 h ago"),
        ("none", 3, "UNKNOWN"),
        ("fresh", 2, "CRITICAL - Not compliant"),
    ],
)
def test_the_plugin(prepare: str, code: int, said: str, tmp_path: Path) -> None:
    run = audit("-m", "host", report_dir=tmp_path)
    path = tmp_path / "results.json"
    if prepare == "old":
        path.write_text(path.read_text().replace(run.results["finished"], "2020-01-01T00:00:00Z"))
    elif prepare == "none":
        path.unlink()
    done = subprocess.run(
        [sys.executable, "-m", "reports.nagios", path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (code, "")
    assert said in done.stdout
