"""What changed, by the real command line."""

from pathlib import Path

import pytest

from fixtures.pools import SAMPLE, generate
from tests.e2e.commands import audit

TOOLS: list[str | Path] = ["-k", "VM-TOOLS-01 or VM-NAME-01"]


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Two audits with one history: in the second a VM has lost its tools. Their folder and output."""
    folder = tmp_path_factory.mktemp("nights")
    changed = folder / "changed.xml"
    dbase = generate.ref_of("VM_guest_metrics", "dbase").encode()
    content = SAMPLE.read_bytes()
    assert content.count(dbase) > 1
    changed.write_bytes(content.replace(dbase, b"OpaqueRef:NULL", 1))
    printed = []
    for number, pool in enumerate((SAMPLE, changed)):
        run = audit(
            *TOOLS, "--pool", pool, "--history", folder / "history.sqlite", report_dir=folder / str(number)
        )
        assert run.code == 1, run.output
        printed.append(run.output)
    return folder, printed


def test_the_second_night_tells_what_changed(nights: tuple[Path, list[str]]) -> None:
    _, (first, second) = nights
    assert "Since 2" not in first
    assert "1 new findings" in second


@pytest.mark.parametrize(
    ("before", "after", "code", "told"),
    [
        ("0/results.json", "1/results.json", 1, "New findings: 1\n  VM-TOOLS-01 vm dbase"),
        ("1/results.json", "0/results.json", 0, "Fixed: 1\n  VM-TOOLS-01 vm dbase"),
        ("0/results.json", "0/results.json", 0, "New findings: 0\n"),
        ("previous", "latest", 1, "New findings: 1\n  VM-TOOLS-01 vm dbase"),
        ("2", "1", 0, "Fixed: 1\n  VM-TOOLS-01 vm dbase"),
        ("1", "2999-01-01", 1, "New findings: 1\n"),
    ],
)
def test_two_runs_side_by_side(
    nights: tuple[Path, list[str]], before: str, after: str, code: int, told: str, tmp_path: Path
) -> None:
    folder, _ = nights
    names = [folder / name if name.endswith(".json") else name for name in (before, after)]
    page = tmp_path / "diff.html"
    run = audit("--diff", *names, "--history", folder / "history.sqlite", "--html", page, report_dir=tmp_path)
    assert run.code == code, run.output
    assert told in run.output
    assert "<h2>New findings" in page.read_text("utf-8")
    assert not (tmp_path / "results.json").exists()


WAIVER = """
[[waiver]]
control = "VM-TOOLS-01"
name = "dbase"
reason = "its tools come with the move in spring"
approved_by = "Ana"
expires = 2999-01-01T00:00:00Z
"""


def test_waivers_that_came_and_went_are_told_as_such(nights: tuple[Path, list[str]], tmp_path: Path) -> None:
    folder, _ = nights
    waivers = tmp_path / "waivers.toml"
    waivers.write_text(WAIVER)
    waived = audit(
        *TOOLS, "--pool", folder / "changed.xml", "--waivers", waivers, report_dir=tmp_path / "waived"
    )
    pair = [folder / "1" / "results.json", waived.report_dir / "results.json"]
    page = tmp_path / "diff.html"
    run = audit("--diff", *pair, "--html", page, report_dir=tmp_path)
    assert run.code == 0, run.output
    assert "Now waived: 1\n  VM-TOOLS-01 vm dbase" in run.output
    assert "THE TWO ARE NOT ALIKE" in run.output
    assert "\n  not the same waivers: SHA-256 " in run.output
    assert "<h2>Now waived: 1</h2>" in page.read_text("utf-8")
    assert "<li>not the same waivers: SHA-256 " in page.read_text("utf-8")
    run = audit("--diff", *pair[::-1], report_dir=tmp_path)
    assert run.code == 1, run.output
    assert "No longer waived: 1\n  VM-TOOLS-01 vm dbase" in run.output
    assert "New findings: 0\n" in run.output


def test_what_is_not_alike_is_told(nights: tuple[Path, list[str]], tmp_path: Path) -> None:
    folder, _ = nights
    policy = tmp_path / "policy.toml"
    policy.write_text('controls = ["!HOST-*"]\n')
    other = audit("-m", "low", "--policy", policy, "--pool", SAMPLE, report_dir=tmp_path / "other")
    before = folder / "0" / "results.json"
    run = audit("--diff", before, other.report_dir / "results.json", report_dir=tmp_path)
    assert "not the same selection: -k VM-TOOLS-01 or VM-NAME-01, then -m low\n" in run.output
    assert "not the same policy: SHA-256 " in run.output
    assert "not the same pools" not in run.output
    assert "not the same rules" not in run.output
    run = audit("--diff", before, folder / "1" / "results.json", report_dir=tmp_path)
    assert "NOT ALIKE" not in run.output


@pytest.mark.parametrize("name", ["none.json", "99", "1999-01-01", "yesterday", "\u0661"])
def test_a_run_that_is_not_there_is_one_clear_line(
    nights: tuple[Path, list[str]], name: str, tmp_path: Path
) -> None:
    folder, _ = nights
    run = audit("--diff", name, "latest", "--history", folder / "history.sqlite", report_dir=tmp_path)
    assert run.code == 4
    assert f"ERROR: --diff {name}: is no results.json and no run" in run.output or not name.isascii()
    assert "Traceback" not in run.output


def test_another_json_file_is_one_clear_line(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"format": "poolproof/2"}')
    run = audit("--diff", other, other, report_dir=tmp_path)
    assert run.code == 4
    assert "is no results.json that this version reads" in run.output


def test_a_history_that_cannot_be_used_ends_the_run_in_one_line(tmp_path: Path) -> None:
    history = tmp_path / "history.sqlite"
    history.write_text("something else, that is long enough to be taken for a database")
    run = audit("--pool", SAMPLE, "-k", "HOST-NAME-01", report_dir=tmp_path)
    assert run.code == 4, run.output
    assert "the history cannot be used" in run.output
    assert "Traceback" not in run.output
    assert audit("--pool", SAMPLE, "-k", "HOST-NAME-01", "--no-history", report_dir=tmp_path).code == 1
