"""Real audits of a pool whose tenants are hostile: every report is whole, and all tell the same."""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any, Final

import pytest
from junitparser import Property
from junitparser.xunit2 import JUnitXml, TestCase
from prometheus_client.parser import text_string_to_metric_families

from fixtures import options
from fixtures.facts.bounds import bounded_text
from fixtures.sources.snapshot import write_snapshot
from reports.formats import FORMATS
from reports.packing import CODES
from reports.rows import ROWS
from reports.words import LOOKS
from tests.building import a_reading
from tests.e2e.commands import Run, audit

from .given import all_hostile, shows
from .markup import Page
from .written import head, parts


def snapshot(path: Path, names: list[str]) -> Path:
    """A pool with a VM of each name, every other of them without tools, some not running."""
    changes: dict[str, object] = {"pool.name_label": names[0], "host.name_label": names[-1]}
    for index, name in enumerate(names):
        changes[f"VM:{index}.name_label"] = name
        if index % 2:
            changes[f"VM:{index}.guest_metrics"] = "OpaqueRef:NULL"
        if index % 5 == 0:
            changes[f"VM:{index}.power_state"] = "Halted"
    write_snapshot(path, [a_reading(changes)])
    return path


@pytest.fixture(scope="module", params=[(), ("-n2",)], ids=["alone", "xdist"])
def hostile(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("hostile")
    pool = snapshot(folder / "pool.json", list(all_hostile().values()))
    everything = ",".join(("html", "junit", *FORMATS))
    return audit("--pool", pool, "--report", everything, *request.param, report_dir=folder)


def page(run: Run) -> Page:
    return Page(run.report_dir / "compliance.html")


def properties(case: TestCase) -> Iterable[Property]:
    found: Iterable[Property] = case.properties()  # type: ignore[no-untyped-call] # junitparser has no type
    return found


def test_all_names_are_judged_and_kept(hostile: Run) -> None:
    assert hostile.code == 1, hostile.output
    names = {verdict["subject"].get("name") for verdict in hostile.results["verdicts"]}
    assert names >= set(map(bounded_text, all_hostile().values()))


def test_all_reports_count_the_same(hostile: Run) -> None:
    counts = Counter(verdict["verdict"] for verdict in hostile.results["verdicts"])
    assert hostile.results["summary"] == {word: counts[word] for word in LOOKS}
    for word in ("pass", "fail", "unknown", "not_applicable"):
        assert counts[word]
        assert f"{counts[word]} {LOOKS[word].symbol} {LOOKS[word].label}" in page(hostile).text
        assert re.search(rf"=.* {counts[word]} {LOOKS[word].category}", hostile.output)
    packed = Counter(code for kind in head(page(hostile).markup)["kinds"] for code in kind["grid"])
    assert {word: packed[code] for word, code in CODES.items()} == {word: counts[word] for word in LOOKS}
    assert [row["result"] for row in page(hostile).rows] == ["failed"] * ROWS


def test_the_page_names_the_results_that_it_shows(hostile: Run) -> None:
    digest = sha256((hostile.report_dir / "results.json").read_bytes()).hexdigest()
    assert f"All verdicts results.json SHA-256 {digest}" in page(hostile).text


def test_junit_is_well_formed_and_tells_the_verdicts(hostile: Run) -> None:
    junit = JUnitXml.fromfile(str(hostile.report_dir / "junit.xml"))
    cases = [case for suite in junit for case in suite if isinstance(case, TestCase)]
    told = Counter(tuple(sorted((each.name, each.value) for each in properties(case))) for case in cases)
    expected = Counter(
        (
            ("control", verdict["control"]),
            ("severity", verdict["severity"]),
            ("subject", f"{verdict['subject']['kind']} {verdict['subject']['uuid'] or ''}"),
            ("verdict", verdict["verdict"]),
        )
        for verdict in hostile.results["verdicts"]
    )
    assert told == expected


def count_csv(text: str) -> int:
    return len(list(csv.DictReader(StringIO(text.removeprefix("\ufeff")))))


def count_prometheus(text: str) -> int:
    families = {family.name: family.samples for family in text_string_to_metric_families(text)}
    return int(sum(sample.value for sample in families["poolproof_verdicts"]))


def count_markdown(text: str) -> int:
    rows = [line for line in text.splitlines() if re.match(r"\| [A-Z]+-[A-Z0-9-]+ \|", line)]
    return sum(int(number) for row in rows for number in re.findall(r" (\d+) (?=\|)", row))


def count_nagios(text: str) -> int:
    return sum(int(number) for number in re.findall(r"\w+=(\d+);;;0", text))


COUNTED: Final[dict[str, Callable[[str], int]]] = {
    "csv": count_csv,
    "markdown": count_markdown,
    "sarif": lambda text: len(json.loads(text)["runs"][0]["results"]),
    "ohdf": lambda text: sum(len(each["results"]) for each in json.loads(text)["profiles"][0]["controls"]),
    "ctrf": lambda text: len(json.loads(text)["results"]["tests"]),
    "prometheus": count_prometheus,
    "nagios": count_nagios,
}
"""Format → how many verdicts a reader finds in it."""


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_whole_and_legible(hostile: Run, name: str) -> None:
    text = (hostile.report_dir / FORMATS[name].file).read_bytes().decode("utf-8")
    assert COUNTED[name](text) == len(hostile.results["verdicts"])
    assert all(map(shows, text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")))


def test_the_page_holds_no_markup_of_theirs(hostile: Run, tmp_path: Path) -> None:
    run = audit(
        "--pool", snapshot(tmp_path / "pool.json", ["name"] * len(all_hostile())), report_dir=tmp_path
    )
    # Which rows there are depends on the names, so the kinds of elements are compared, not their order.
    allowed = {element for piece in page(run).shape for element in piece if element[0] != "comment"}
    found = {element for piece in page(hostile).shape for element in piece if element[0] != "comment"}
    assert found <= allowed
    assert page(hostile).markup.rstrip().endswith("</html>")


def test_the_terminal_prints_nothing_that_a_terminal_obeys(hostile: Run) -> None:
    assert not set(hostile.output) & set("\x00\x07\x08\x1b\x9b\u200b\u202e")
    assert "web\\u202egnp.exe" in hostile.output or "<script>alert(1)</script>" in hostile.output


def test_no_verdict_grows_with_what_a_tenant_writes(tmp_path: Path) -> None:
    many = {f"key {number}": "value" for number in range(10_000)}
    large: dict[str, Any] = {
        "VM.name_label": "<b>" * 10_000,
        "VM.name_description": "\u202e" * 100_000,
        "VM.tags": ["t" * 1_000] * 10_000,
        "VM.VCPUs_params": many,
        "VM.blocked_operations": many,
        "VM_guest_metrics.os_version": many,
        "VM_guest_metrics.networks": many,
        "host.name_label": "h" * 100_000,
        "pool.health_check_config": {"Enrollment": "e" * 100_000},
        "VDI.name_label": "d" * 100_000,
    }
    written = {}
    for which, changes in {"plain": {}, "large": large}.items():
        write_snapshot(tmp_path / f"{which}.json", [a_reading(changes)])
        folder = tmp_path / which
        every = ",".join(options.FORMATS)
        run = audit("--pool", tmp_path / f"{which}.json", "--report", every, report_dir=folder)
        assert "INTERNALERROR" not in run.output
        written[which] = {path.name: path.stat().st_size for path in folder.iterdir() if path.is_file()}
    verdicts = len(run.results["verdicts"])
    assert len(written["large"]) == len(options.FORMATS) + 1  # and the history
    for name, size in written["large"].items():
        assert size - written["plain"][name] <= verdicts * 2_500, name
    lines = (folder / "results.json").read_text().splitlines()
    assert max(map(len, lines[1:])) < 20_000
    told = {str(value) for each in run.results["verdicts"] for value in each["evidence"].values()}
    assert (
        len(
            [each for each in told if re.search(r"… \(and \d+ more characters, sha256 [0-9a-f]{12}\)$", each)]
        )
        >= 5
    )
    shown = [value for part in parts(page(run).markup) for _, values, _ in part[0] for value in values]
    assert len([each for each in shown if "more characters, sha256 " in each]) >= 5


def test_a_compliant_pool_is_compliant(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "pool.json", [a_reading()])
    run = audit("--pool", tmp_path / "pool.json", report_dir=tmp_path)
    assert run.code == 0, run.output
    assert "Compliant.\n" in run.output
    assert "Exit code 0: nothing failed." in run.output
    assert "✓ Compliant" in page(run).text
    assert page(run).rows == []


@pytest.mark.parametrize(
    ("plugin", "missing"),
    [("html", "compliance.html"), ("metadata", None), ("junitxml", "junit.xml"), ("xdist", None)],
)
def test_an_audit_needs_no_other_plugin(plugin: str, missing: str | None, tmp_path: Path) -> None:
    write_snapshot(tmp_path / "pool.json", [a_reading()])
    run = audit("--pool", tmp_path / "pool.json", "-p", f"no:{plugin}", report_dir=tmp_path)
    assert run.code == 0, run.output
    reports = {"results.json", "compliance.html", "junit.xml"}
    assert reports - {path.name for path in tmp_path.iterdir()} == ({missing} if missing else set())


def test_a_selection_and_a_pool_that_is_gone_are_told(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "pool.json", [a_reading()])
    arguments = ("--pool", tmp_path / "pool.json", "-k", "POOL-READ-01", "-q")
    run = audit(*arguments, report_dir=tmp_path)
    assert "ONLY A SELECTION WAS JUDGED: -k POOL-READ-01\n" in run.output
    assert "Nothing failed, but only a selection was judged." in run.output
    assert "Compliant" not in page(run).text
    run = audit(*arguments, "--pool", "gone.xml", report_dir=tmp_path)
    assert "NOT READ: pool gone.xml\n" in run.output
    assert "gone.xml (not read)" in page(run).text
    assert "✗ Not compliant: 1 of 2 pools could not be read; only a selection was judged" in page(run).text
    assert any("gone.xml" in cell for row in page(run).rows for cell in row["resultsTableRow"])


@pytest.mark.parametrize("arguments", [[], ["-q"], ["-n2"]], ids=["in full", "in brief", "xdist"])
def test_a_report_that_cannot_be_written_is_told_on_a_line_of_its_own(
    arguments: list[str], tmp_path: Path
) -> None:
    (tmp_path / "results.json").mkdir()
    run = audit("-k", "HOST-LIVE-01", *arguments, report_dir=tmp_path)
    assert run.code == 4
    assert f"\nERROR: {tmp_path}/results.json cannot be written (Is a directory)" in run.output


def test_a_file_outside_the_repository_that_cannot_be_collected_is_named(tmp_path: Path) -> None:
    (tmp_path / "test_broken.py").write_text("import nonsense_that_is_not_there")
    run = audit("checks", tmp_path / "test_broken.py", "-q", report_dir=tmp_path / "out")
    assert run.code == 2
    told = "".join(run.output.partition("Checks that raised an error: 1\n")[2].split())
    assert f"{tmp_path}/test_broken.pyEModuleNotFoundError:" in told
