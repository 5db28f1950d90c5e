"""What was accepted, by the real command line: waivers, known failures, and weights below `fail_on`."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from fixtures.pools import SAMPLE, generate
from tests.e2e.commands import Run, audit

REGISTRY = generate.uuid_of("VM", "registry")
"""A VM whose guest tools are missing."""
DBASE = generate.uuid_of("VM", "dbase")
"""A VM whose guest tools are installed."""
TOOLS: list[str | Path] = ["--pool", SAMPLE, "-k", "VM-TOOLS-01"]


def waiver(uuid: str, expires: str = "2099-01-01T00:00:00Z", more: str = "") -> str:
    return (
        f'[[waiver]]\ncontrol = "VM-TOOLS-01"\nuuid = "{uuid}"\nreason = "an appliance"\n'
        f'approved_by = "Ana Ruiz"\nexpires = {expires}\n{more}\n'
    )


def said(run: Run, uuid: str) -> tuple[str, str | None]:
    """The verdict on a VM, and the state of the waiver that speaks of it."""
    (verdict,) = [each for each in run.results["verdicts"] if each["subject"]["uuid"] == uuid]
    return verdict["verdict"], verdict["waiver"] and verdict["waiver"]["state"]


def outcomes(run: Run) -> dict[str, str]:
    """Names of JUnit's test cases → what became of them."""
    cases = ElementTree.parse(run.report_dir / "junit.xml").iter("testcase")
    return {
        case.get("name", ""): next((child.tag for child in case if child.tag != "properties"), "passed")
        for case in cases
    }


@pytest.mark.parametrize("arguments", [[], ["-n", "2"], ["--tb=short"], ["--setup-show"]], ids=str)
def test_waivers_are_in_every_report(arguments: list[str], tmp_path: Path) -> None:
    waivers = tmp_path / "waivers.toml"
    waivers.write_text(
        waiver(REGISTRY)
        + waiver(DBASE)
        + waiver(generate.uuid_of("VM", "router"), "2020-01-01T00:00:00Z")
        + waiver(generate.uuid_of("VM", "kiosk"))
        + waiver(generate.uuid_of("VM", "nas-import"), more='evidence = { power_state = "Halted" }')
        + waiver("00000000-0000-4000-8000-000000000000")
    )
    run = audit(*TOOLS, "--waivers", waivers, *arguments, report_dir=tmp_path)
    assert run.code == 1, run.output
    assert said(run, REGISTRY) == ("waived", "valid")
    assert said(run, DBASE) == ("waiver_not_needed", "valid")
    assert said(run, generate.uuid_of("VM", "router")) == ("fail", "expired")
    assert said(run, generate.uuid_of("VM", "kiosk")) == ("unknown", "valid")
    assert said(run, generate.uuid_of("VM", "nas-import")) == ("fail", "reopened")
    states = [each["state"] for each in run.results["waivers"]]
    assert states == ["used", "not_needed", "expired", "used", "reopened", "unused"]
    assert [each["covers"] for each in run.results["waivers"]] == [1, 1, 1, 1, 1, 0]
    assert "waivers.toml 3: VM-TOOLS-01" in run.output
    assert "waivers.toml 1" not in run.output.partition("compliance")[2]
    assert "1 waived" in run.output
    assert "1 waiver not needed" in run.output
    found = outcomes(run)
    assert next(tag for name, tag in found.items() if REGISTRY[:8] in name) == "skipped"
    assert next(tag for name, tag in found.items() if DBASE[:8] in name) == "passed"


def test_a_run_in_which_all_findings_are_waived_is_green(tmp_path: Path) -> None:
    waivers = tmp_path / "waivers.toml"
    waivers.write_text(waiver(REGISTRY))
    run = audit(*TOOLS, "--vm", REGISTRY, "--waivers", waivers, report_dir=tmp_path)
    assert run.code == 0, run.output
    assert said(run, REGISTRY) == ("waived", "valid")


def test_no_waiver_makes_a_gate_green_for_what_is_unknown(tmp_path: Path) -> None:
    waivers = tmp_path / "waivers.toml"
    kiosk = generate.uuid_of("VM", "kiosk")
    waivers.write_text(waiver(kiosk))
    gate: list[str | Path] = [*TOOLS, "--vm", kiosk, "--unknown", "fail", "--waivers", waivers]
    assert audit(*gate, report_dir=tmp_path).code == 1


def test_a_wrong_waiver_ends_the_run_in_one_line(tmp_path: Path) -> None:
    waivers = tmp_path / "waivers.toml"
    waivers.write_text(waiver(REGISTRY, "2099-01-01"))
    run = audit(*TOOLS, "--waivers", waivers, report_dir=tmp_path)
    assert run.code == 4
    assert f"ERROR: {waivers}: waiver 1: expires: write a date" in run.output
    assert not (tmp_path / "results.json").exists()


def test_known_failures_only_shrink(tmp_path: Path) -> None:
    known = tmp_path / "known.json"
    first = audit(*TOOLS, "--ratchet", known, "--write-baseline", report_dir=tmp_path)
    assert first.code == 1, first.output
    failing = first.results["summary"]["fail"]
    assert failing > 3
    second = audit(*TOOLS, "--ratchet", known, report_dir=tmp_path)
    assert second.code == 0, second.output
    assert second.results["summary"]["waived"] == failing
    assert said(second, REGISTRY) == ("waived", "valid")
    # A new failure fails, and is not written down.
    text = known.read_text()
    known.write_text(text.replace(REGISTRY, DBASE))
    third = audit(*TOOLS, "--ratchet", known, "--write-baseline", report_dir=tmp_path)
    assert third.code == 1, third.output
    assert said(third, REGISTRY) == ("fail", None)
    assert said(third, DBASE) == ("waiver_not_needed", "valid")
    assert REGISTRY not in known.read_text()
    assert DBASE not in known.read_text()


def test_a_stopped_run_writes_no_baseline(tmp_path: Path) -> None:
    known = tmp_path / "known.json"
    run = audit(*TOOLS, "-x", "--ratchet", known, "--write-baseline", report_dir=tmp_path)
    assert run.code == 1, run.output
    assert not known.exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--write-baseline"], "--write-baseline: name the file of known failures with --ratchet"),
        (["--ratchet", "none.json"], "--write-baseline makes it"),
    ],
)
def test_usage_of_known_failures(arguments: list[str], told: str, tmp_path: Path) -> None:
    run = audit(*TOOLS, *arguments, report_dir=tmp_path)
    assert run.code == 4
    assert told in run.output
    assert "Traceback" not in run.output


@pytest.mark.parametrize("arguments", [[], ["--tb=short"], ["-n", "2"]], ids=str)
def test_weaker_findings_are_reported_only(arguments: list[str], tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('fail_on = "medium"\n')
    names: list[str | Path] = ["--pool", SAMPLE, "-k", "VM-NAME-01", "--policy", policy]
    run = audit(*names, *arguments, report_dir=tmp_path)
    assert run.code == 0, run.output
    assert run.results["summary"]["fail"] == 5
    assert run.results["conditions"]["fail_on"] == "medium"
    assert "5 reported only" in run.output
    assert "Nothing of severity medium or above failed, but weaker things did" in " ".join(run.output.split())
    assert audit(*names, "--unknown", "fail", report_dir=tmp_path).code == 0
    policy.write_text('fail_on = "medium"\n[severity]\nVM-NAME-01 = "high"\n')
    assert audit(*names, report_dir=tmp_path).code == 1


def test_weak_findings_do_not_stop_a_run_that_stops_at_the_first(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('fail_on = "medium"\n')
    run = audit("--pool", SAMPLE, "-k", "VM-NAME-01", "--policy", policy, "-x", report_dir=tmp_path)
    assert (run.code, run.results["complete"]) == (0, True)
