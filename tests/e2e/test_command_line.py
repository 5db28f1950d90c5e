"""The command line: pytest's habits, exit codes, and errors in one line."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from junitparser.xunit2 import JUnitXml

from fixtures.policy import Policy
from fixtures.policy.loading import read_layers
from fixtures.pools import SAMPLE
from fixtures.simulator import Simulator
from tests.building import CHECKS
from tests.e2e.commands import ROOT, TIMEOUT, Run, audit
from tests.full_disk import full_after


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One audit of the embedded sample pool, over HTTPS from the simulator."""
    return audit(report_dir=tmp_path_factory.mktemp("demo"))


def test_the_demo_audits_the_sample_pool_like_a_live_one(demo: Run) -> None:
    assert demo.code == 1, demo.output
    (pool,) = demo.results["pools"]
    assert pool["source"] == "demo"
    assert pool["account"] == "root"
    assert demo.results["complete"]
    assert {word for word, count in demo.results["summary"].items() if count} == {
        "pass",
        "fail",
        "unknown",
        "not_applicable",
    }


def test_the_demo_writes_its_reports(demo: Run) -> None:
    assert {path.name for path in demo.report_dir.iterdir()} >= {
        "compliance.html",
        "results.json",
        "junit.xml",
    }
    assert str(demo.report_dir / "compliance.html") in demo.output


def test_the_demo_shows_every_verdict_of_every_control_of_the_mission(demo: Run) -> None:
    seen: dict[str, set[str]] = {}
    for (control, _), verdict in demo.verdicts.items():
        seen.setdefault(control, set()).add(verdict)
    allowed = {"pass", "fail", "unknown", "not_applicable"}
    assert seen["VM-TOOLS-01"] == seen["VM-DRIVERS-01"] == seen["VM-NAME-01"] == allowed - {"not_applicable"}
    assert seen["VM-TOOLS-02"] == seen["VM-MEMORY-01"] == seen["VM-MEMORY-02"] == allowed
    assert seen["VM-DISKS-01"] == seen["VM-DISKS-02"] == allowed
    assert seen["HOST-CPU-01"] == seen["HOST-LIVE-01"] == allowed - {"not_applicable"}


def test_summary_counts_the_verdicts(demo: Run) -> None:
    words = [verdict["verdict"] for verdict in demo.results["verdicts"]]
    assert {word: count for word, count in demo.results["summary"].items() if count} == {
        word: words.count(word) for word in set(words)
    }


def test_node_ids_are_ascii_unique_and_readable(demo: Run) -> None:
    nodeids = [verdict["nodeid"] for verdict in demo.results["verdicts"]]
    assert len(set(nodeids)) == len(nodeids)
    assert all(re.fullmatch(r"[A-Za-z0-9_./:\[\]-]+", nodeid) for nodeid in nodeids)
    assert any("[dbase-recien-instalada-" in nodeid for nodeid in nodeids)


def test_junit_carries_verdict_and_control(demo: Run) -> None:
    suites = JUnitXml.fromfile(str(demo.report_dir / "junit.xml"))
    cases: list[Any] = [case for suite in suites for case in suite]
    assert len(cases) == len(demo.results["verdicts"])
    for case in cases:
        properties = {each.name: each.value for each in case.properties()}
        assert properties.keys() >= {"control", "verdict", "severity", "subject"}
        assert bool(case.result) == (properties["verdict"] != "pass")


def test_two_runs_have_the_same_ids_and_verdicts(demo: Run, tmp_path: Path) -> None:
    assert audit(report_dir=tmp_path).verdicts == demo.verdicts


def test_workers_give_the_same_verdicts(demo: Run, tmp_path: Path) -> None:
    run = audit("-n", "2", report_dir=tmp_path)
    assert run.code == 1, run.output
    assert run.verdicts == demo.verdicts
    assert sorted(v["nodeid"] for v in run.results["verdicts"]) == sorted(
        v["nodeid"] for v in demo.results["verdicts"]
    )


(BASELINE,) = read_layers("baseline", ROOT)
SELECTED = {control for control in CHECKS if Policy(controls=BASELINE.document["controls"]).selects(control)}
"""The controls of the default profile."""

COMPUTED = {"VM-SHUTDOWN-01", "VM-REBOOT-01", "VM-SUSPEND-01", "VM-MIGRATE-01"} | {
    "HOST-CLOCK-01",
    "HOST-EVACUATION-01",
    "HOST-TLS-02",
    "POOL-ALARM-01",
}
"""Controls of allowed_operations, which xapi computes as it runs and the sample pool's file does not hold,
of messages, which no database holds, and of answers, which only a live pool gives."""

DATED = {"HOST-EOL-01", "HOST-TLS-01", "POOL-ALARM-01", "VM-BACKUP-01", "VM-GUEST-04", "VM-SNAPSHOT-01"}
"""Controls that judge what the file holds by today's date."""


def test_the_database_file_differs_from_the_live_pool_only_by_its_missing_clock(
    demo: Run, tmp_path: Path
) -> None:
    from_file = audit("--pool", SAMPLE, report_dir=tmp_path).verdicts
    differing = {
        key: (word, from_file[key])
        for key, word in demo.verdicts.items()
        if from_file[key] != word and key[0] not in COMPUTED | DATED
    }
    assert differing
    assert {change for (control, _), change in differing.items() if control == "VM-TOOLS-01"} == {
        ("unknown", "fail")
    }
    assert len({subject for _, subject in differing}) == 1


def test_a_snapshot_gives_equal_verdicts(demo: Run, tmp_path: Path) -> None:
    snapshot = tmp_path / "facts"
    saved = audit("--save-snapshot", snapshot, report_dir=tmp_path / "first")
    assert saved.code == 1, saved.output
    assert snapshot.stat().st_mode & 0o777 == 0o600
    again = audit("--pool", snapshot, report_dir=tmp_path / "second")
    assert again.verdicts == demo.verdicts == saved.verdicts
    assert again.results["pools"][0]["source"] == "snapshot"


@pytest.mark.parametrize(
    ("arguments", "controls", "subjects"),
    [
        (["-k", "VM-TOOLS-01"], {"VM-TOOLS-01"}, None),
        (["-m", "host"], {control for control in SELECTED if control.startswith("HOST-")}, None),
        (["-m", "VM-NAME-01"], {"VM-NAME-01"}, None),
        (["-m", "critical and vm"], {"VM-DISKS-02"}, None),
        (["-k", "dbase-recien"], None, {"dbase-recién-instalada"}),
        (["-k", "VM-TOOLS-01 and dbase"], {"VM-TOOLS-01"}, {"dbase", "dbase-recién-instalada"}),
        (["--vm", "dbase"], None, {"dbase", "embedded"}),
        (["checks/test_drivers.py"], {"VM-DRIVERS-01"}, None),
    ],
)
def test_selection(
    arguments: list[str], controls: set[str] | None, subjects: set[str] | None, tmp_path: Path
) -> None:
    run = audit(*arguments, report_dir=tmp_path)
    verdicts = run.results["verdicts"]
    assert verdicts
    if controls:
        assert {verdict["control"] for verdict in verdicts} == controls
    if subjects:
        vms = {verdict["subject"]["name"] for verdict in verdicts if verdict["subject"]["kind"] == "vm"}
        assert vms <= subjects


def test_a_single_compliant_vm_ends_with_0(tmp_path: Path) -> None:
    assert audit("--vm", "dbase", report_dir=tmp_path).code == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-k", "nothing-is-called-this"], " checks is selected by -k nothing-is-called-this."),
        (["-m", "vm and host", "--vm", "dbase"], " checks is selected by -m vm and host."),
        (["--vm", "nobody", "-m", "vm"], "nothing is selected by --vm nobody, -m vm."),
        (["--tag", "none"], "nothing is selected by --tag none."),
    ],
)
def test_nothing_to_check_ends_with_5(arguments: list[str], told: str, tmp_path: Path) -> None:
    run = audit(*arguments, report_dir=tmp_path)
    assert run.code == 5
    assert told in " ".join(run.output.split())


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([], 2, "Exit code 2: the audit was interrupted by {}: it cannot be collected."),
        (["-q"], 2, "Exit code 2: the audit was interrupted by {}: it cannot be collected."),
        (["-n1", "-m", "low"], 1, "raised an error; {} cannot be collected, and judged nothing."),
    ],
    ids=["in full", "in brief", "xdist"],
)
def test_a_broken_check_file_of_the_site_is_named_at_the_end(
    arguments: list[str], code: int, told: str, tmp_path: Path
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "test_site.py").write_text("def test_x(vm:\n")
    run = audit("--checks", tmp_path / "site", *arguments, report_dir=tmp_path / "out")
    assert run.code == code
    assert not run.results["complete"]
    last = "".join("".join(run.output.splitlines()[-6:]).split())
    assert "".join(told.format(tmp_path / "site" / "test_site.py").split()) in last


def test_x_stops_at_the_first_finding_and_says_so(tmp_path: Path) -> None:
    run = audit("-x", report_dir=tmp_path)
    assert run.code == 1
    assert run.results["summary"]["fail"] == 1
    assert not run.results["complete"]


def test_lf_runs_what_failed(demo: Run, tmp_path: Path) -> None:
    audit(report_dir=tmp_path)
    run = audit("--lf", report_dir=tmp_path)
    assert run.results["summary"]["fail"] == demo.results["summary"]["fail"]
    assert run.results["summary"]["pass"] == 0


@pytest.mark.parametrize(
    ("arguments", "remembered"), [((), False), (("-n2",), False), (("--new-first",), True)]
)
def test_ids_of_all_runs_are_remembered_only_for_who_asks(
    arguments: tuple[str, ...], remembered: bool, tmp_path: Path
) -> None:
    assert audit("-k", "POOL-TLS-01", *arguments, report_dir=tmp_path).code in (0, 1)
    assert (tmp_path / "cache/v/cache/nodeids").exists() == remembered


def test_collect_only_judges_nothing_and_writes_nothing(tmp_path: Path) -> None:
    run = audit("--collect-only", "-q", report_dir=tmp_path)
    assert run.code == 0, run.output
    assert "checks/test_guest_tools.py::test_guest_tools_are_installed[dbase-" in run.output
    assert not (tmp_path / "results.json").exists()
    assert not (tmp_path / "compliance.html").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--pool", "no-such-file"], "no-such-file cannot be read: No such file"),
        (["--pool", "pool.example"], "https://pool.example"),
        (["--pool", "README.md"], "is not a pool database, a status report or a snapshot"),
        (["--pool", "https://127.0.0.1:9"], "127.0.0.1"),
        (["--pool", "https://root:geheim@127.0.0.1"], "must not hold an account"),
        (["--pool", "http://127.0.0.1"], "https"),
        (["--policy", "no-such.toml"], "no-such.toml: cannot be read"),
        (["--no-such-option"], "unrecognized arguments"),
    ],
)
def test_errors_in_usage_are_one_line_and_exit_code_4(
    arguments: list[str], said: str, tmp_path: Path
) -> None:
    run = audit(*arguments, report_dir=tmp_path, POOLPROOF_PASSWORD="geheim")
    assert run.code == 4, run.output
    assert said in run.output
    assert "Traceback" not in run.output
    assert "INTERNALERROR" not in run.output
    assert "geheim" not in run.output
    assert not (tmp_path / "results.json").exists()
    assert not (tmp_path / "compliance.html").exists()


def test_a_wrong_policy_is_one_line_and_exit_code_4(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('[severity]\nVM-NAME-1 = "high"\n')
    run = audit("--policy", policy, report_dir=tmp_path)
    assert run.code == 4
    assert "unknown key 'VM-NAME-1'; nearest: VM-NAME-01, VM-NAME-02" in run.output
    assert "Traceback" not in run.output


def test_policy_changes_verdicts_scope_and_severity(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(
        '[scope]\ninclude = ["dbase"]\n'
        '[memory]\ndynamic_memory = "disabled"\n'
        '[severity]\nVM-MEMORY-01 = "critical"\n'
    )
    run = audit("--policy", policy, "-m", "vm and critical", "-k", "MEMORY", report_dir=tmp_path)
    verdicts = {verdict["subject"]["name"]: verdict for verdict in run.results["verdicts"]}
    assert verdicts.keys() == {"dbase", None}  # a VM without a name is never out of scope by name
    assert {verdict["control"] for verdict in verdicts.values()} == {"VM-MEMORY-01"}
    assert (verdicts["dbase"]["verdict"], verdicts["dbase"]["severity"]) == ("fail", "critical")
    assert "out of scope by policy" in run.results["pools"][0]["notes"][0]


@pytest.fixture
def another(tmp_path: Path) -> Path:
    """The sample pool as a pool of its own."""
    path = tmp_path / "another.xml"
    path.write_text(
        SAMPLE.read_text("utf-8").replace("ef20a991-b29f-5209-ae1b-430aaf46c753", "another"), "utf-8"
    )
    return path


def test_several_pools_are_audited_in_one_run(another: Path, tmp_path: Path) -> None:
    run = audit("--pool", another, "--pool", SAMPLE, "-k", "POOL-READ-01", report_dir=tmp_path)
    assert run.code == 0, run.output
    pools = [verdict["subject"]["uuid"] for verdict in run.results["verdicts"]]
    assert pools == ["another", "ef20a991-b29f-5209-ae1b-430aaf46c753"]


def test_a_pool_that_is_named_twice_is_read_and_judged_once(another: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(SAMPLE)
    spellings = [
        SAMPLE,
        another,
        SAMPLE.relative_to(ROOT),
        f"./{SAMPLE.relative_to(ROOT)}",
        tmp_path / "link",
    ]
    pools = [f"--pool={path}" for path in spellings]
    run = audit(*pools, "-k", "POOL-READ-01", report_dir=tmp_path)
    assert run.code == 0, run.output
    assert [pool["location"] for pool in run.results["pools"]] == [str(SAMPLE), str(another)]
    assert len(run.results["verdicts"]) == 2


def test_a_url_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    with Simulator(SAMPLE) as simulator:
        port = simulator.url.rpartition(":")[2]
        pools = ["--pool", simulator.url, "--pool", f"HTTPS://127.0.0.1:{port}/"]
        pools += ["--ca-file", str(simulator.certificate)]
        run = audit(*pools, report_dir=tmp_path, POOLPROOF_PASSWORD=simulator.password)
    assert run.code == 1, run.output
    assert simulator.calls.count("session.login_with_password") == len(run.results["pools"]) == 1


@pytest.mark.parametrize("option", ["--trace-calls", "--save-snapshot"])
def test_a_pool_s_file_is_not_written_over(option: str, tmp_path: Path) -> None:
    dump = tmp_path / "dump.xml"
    dump.write_bytes(SAMPLE.read_bytes())
    (tmp_path / "link").symlink_to(dump)
    run = audit("--pool", dump, option, tmp_path / "link", report_dir=tmp_path / "out")
    assert run.code == 4, run.output
    assert f"ERROR: {option} {tmp_path}/link would replace that pool: name another file" in run.output
    assert dump.read_bytes() == SAMPLE.read_bytes()


@pytest.mark.parametrize("place", ["copy", "member"])
def test_one_pool_by_two_names_is_one_line(place: str, tmp_path: Path) -> None:
    """Their verdicts could differ, and nobody could tell which counts."""
    copy = tmp_path / "copy.xml"
    copy.write_bytes(SAMPLE.read_bytes())
    with Simulator(SAMPLE, members=1) as simulator:
        first, second = {"copy": (SAMPLE, copy), "member": (simulator.members[0], simulator.url)}[place]
        pools = [f"--pool={first}", f"--pool={second}", f"--ca-file={simulator.certificate}"]
        run = audit(*pools, report_dir=tmp_path, POOLPROOF_PASSWORD=simulator.password)
    assert run.code == 4, run.output
    assert f"ERROR: {second} is the same pool as {first} (uuid ef20a991-" in run.output
    assert not (tmp_path / "results.json").exists()


def test_of_several_pools_an_unreadable_one_is_a_finding(tmp_path: Path) -> None:
    run = audit("--pool", SAMPLE, "--pool", "gone.xml", "-k", "POOL-READ-01", report_dir=tmp_path)
    assert run.code == 1, run.output
    by_word = {verdict["verdict"]: verdict for verdict in run.results["verdicts"]}
    assert by_word.keys() == {"pass", "fail"}
    assert "gone.xml" in by_word["fail"]["reason"]


def test_none_of_several_pools_readable_ends_with_4(tmp_path: Path) -> None:
    run = audit("--pool", "gone.xml", "--pool", "lost.xml", report_dir=tmp_path)
    assert run.code == 4
    assert not (tmp_path / "results.json").exists()


def test_a_pool_outside_the_repository_needs_no_more_words(tmp_path: Path) -> None:
    copy = tmp_path / "dump"
    copy.write_bytes(SAMPLE.read_bytes())
    assert audit("--pool", copy, "-k", "POOL-READ-01", report_dir=tmp_path).code == 0


def test_a_check_that_raises_is_an_error_and_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_site.py").write_text(
        (ROOT / "checks" / "test_hosts.py")
        .read_text()
        .replace("HOST-", "SITE-")
        .replace("assert host.live", "assert host.dead")
    )
    run = audit("checks/test_hosts.py", tmp_path / "test_site.py", report_dir=tmp_path / "out")
    assert run.code == 1, run.output
    words = {(verdict["control"], verdict["verdict"]) for verdict in run.results["verdicts"]}
    assert ("SITE-LIVE-01", "error") in words
    assert ("HOST-LIVE-01", "pass") in words
    assert "no attribute 'dead'" in run.output


def test_verbose_output_and_locals_stay_ascii_safe(tmp_path: Path) -> None:
    run = audit("-vv", "--showlocals", "--tb=long", "-k", "VM-NAME-01", report_dir=tmp_path)
    assert run.code == 1
    assert not any(character in run.output for character in "\x1b\u202e\u200b")


def test_results_hold_evidence(demo: Run) -> None:
    verdict = next(
        each
        for each in demo.results["verdicts"]
        if each["control"] == "VM-TOOLS-01" and each["subject"]["name"] == "dbase"
    )
    assert verdict["evidence"]["guest_metrics.PV_drivers_version"]["major"]
    assert verdict["reason"]
    assert json.dumps(demo.results, ensure_ascii=True)


def test_the_password_is_asked_for_on_a_terminal(tmp_path: Path) -> None:
    with Simulator(SAMPLE) as simulator:
        terminal, name = pty.openpty()
        command = [sys.executable, "-m", "pytest", "-q", "--pool", simulator.url, "-k", "POOL-READ-01"]
        command += ["--ca-file", str(simulator.certificate), f"--report-dir={tmp_path}"]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=name,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        os.close(name)
        assert process.stdout is not None
        asked = b""
        while not asked.endswith(b"account: ") and (byte := process.stdout.read(1)):
            asked += byte
        os.write(terminal, simulator.password.encode() + b"\n")  # what was typed before the prompt is dropped
        output, _ = process.communicate(timeout=TIMEOUT)
        os.close(terminal)
    assert process.returncode == 0, output
    assert simulator.password.encode() not in output


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--vm", "dbase"], 0),
        (["--vm", "dbase", "--vm", "cbb8a7e0*"], 4),
        (["--vm", "nowhere"], 5),
        (["--tag", "nowhere"], 5),
        (["--vm", "dbase", "--tag", "nowhere"], 5),
        (["--vm", "dbase", "--vm", "nowhere"], 4),
        (["--vm", "checkout"], 1),
    ],
)
def test_a_gate_fails_closed(arguments: list[str], code: int, tmp_path: Path) -> None:
    run = audit(*arguments, "-m", "migration", "--unknown", "fail", report_dir=tmp_path)
    assert run.code == code, run.output
    if code == 4:
        assert "no VM in scope has this name or uuid" in run.output


def test_what_is_unknown_passes_a_plain_audit_and_stops_a_gate(tmp_path: Path) -> None:
    arguments = ["--vm", "checkout", "-k", "VM-TOOLS-01"]
    assert audit(*arguments, report_dir=tmp_path / "plain").code == 0
    gate = audit(*arguments, "--unknown=fail", report_dir=tmp_path / "gate")
    assert gate.code == 1
    assert gate.results["summary"]["unknown"] == 1
    assert "lets none of them through" in " ".join(gate.output.split())


@pytest.mark.parametrize("place", ["file/below", "/proc/nowhere"])
def test_a_report_folder_that_cannot_be_made_is_one_line(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    run = audit(report_dir=tmp_path / place)
    assert run.code == 4, run.output
    assert "cannot be made" in run.output
    assert "Traceback" not in run.output


@pytest.mark.parametrize("selection", [["-k", "VM-TOOLS-01"], ["-m", "host"], ["checks/test_hosts.py"]])
def test_no_selection_hides_a_pool_that_could_not_be_read(selection: list[str], tmp_path: Path) -> None:
    run = audit("--pool", SAMPLE, "--pool", "gone.xml", "--vm", "dbase", *selection, report_dir=tmp_path)
    assert run.code == 1, run.output
    assert [pool["source"] for pool in run.results["pools"]] == ["database", "unread"]
    assert "gone.xml" in run.output
    assert "Exit code 1: " in run.output
    assert "Exit code 0" not in run.output


@pytest.mark.parametrize("arguments", [[], ["--pool", SAMPLE, "-n", "2"]], ids=["demo", "workers"])
def test_no_room_for_temporary_files_is_one_line(arguments: list[str | Path], tmp_path: Path) -> None:
    with full_after(512):
        run = audit(*arguments, "-p", "no:cacheprovider", report_dir=tmp_path)
    assert run.code == 4, run.output
    assert "ERROR: temporary files or sockets are not to be had (File too large): make room" in run.output
    assert "Traceback" not in run.output
    assert not (tmp_path / "results.json").exists()


def test_a_pool_out_of_scope_is_named(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('[scope]\npools = ["elsewhere"]\n')
    run = audit("--policy", policy, report_dir=tmp_path)
    assert run.code == 5
    assert "out of scope" in run.results["pools"][0]["notes"][0]


@pytest.mark.parametrize(
    "selection", [["--vm", "dbase", "-k", "VM-NAME-01"], ["checks/test_names.py", "--vm", "dbase"]]
)
def test_no_selection_lets_a_gate_pass_that_could_not_read_all(selection: list[str], tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.xml"
    damaged.write_text(
        SAMPLE.read_text("utf-8").replace(
            '<table name="VBD">', '<table name="VBD"><row uuid="no reference"/>'
        )
    )
    plain = audit("--pool", damaged, *selection, report_dir=tmp_path)
    assert plain.code == 0, plain.output
    gate = audit("--pool", damaged, *selection, "--unknown=fail", report_dir=tmp_path)
    assert gate.code == 1, gate.output
    assert "Exit code 1: " in gate.output
    assert "rows left out because their reference is missing or used twice: 1" in " ".join(
        gate.output.split()
    )


@pytest.mark.parametrize("workers", [[], ["-n2"]], ids=["alone", "workers"])
@pytest.mark.parametrize(
    "mistyped", [["-m", "nosuch"], ["-k", "VM-TOOLS-01 and"], ["checks/test_hosts.py::no"]]
)
def test_a_mistyped_selection_leaves_good_reports_alone(
    mistyped: list[str], workers: list[str], tmp_path: Path
) -> None:
    mistyped = [*mistyped, *workers]
    first = audit(*mistyped, report_dir=tmp_path)
    assert first.code == 4, first.output
    assert first.output.count("ERROR: ") == 1
    assert "INTERNALERROR" not in first.output
    assert not {path.name for path in tmp_path.iterdir()} & {"compliance.html", "junit.xml", "results.json"}
    audit("--vm", "dbase", report_dir=tmp_path)
    good = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    assert audit(*mistyped, report_dir=tmp_path).code == 4
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == good


SLOW = '''
from time import sleep
from fixtures.controls import control
from fixtures.facts.vm import VM


@control("SITE-SLOW-01", severity="low", evidence=("tags",))
def test_slow(vm: VM) -> None:
    """It takes its time.

    Why: To be interrupted.
    Pass: Always.
    Fail: Never.
    Verify: By hand.
    Fix: None.
    Sources: This test.
    """
    sleep(2)
'''


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize("workers", [[], ["-n2"]], ids=["alone", "workers"])
def test_signals_while_judging_end_the_run_in_order(
    number: signal.Signals, workers: list[str], tmp_path: Path
) -> None:
    check = tmp_path / "test_slow.py"
    check.write_text(SLOW)
    command = [sys.executable, "-m", "pytest", "-v", f"--report-dir={tmp_path}", "-p", "no:cacheprovider"]
    process = subprocess.Popen(
        [*command, *workers, "checks/test_names.py", str(check)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
    )
    assert process.stdout is not None
    judged = next(line for line in process.stdout if "test_slow" in line and "PASSED" in line)
    # To all processes at once, as terminals and systemd do; again, as those do who are in a hurry.
    os.killpg(process.pid, number)
    if number != signal.SIGINT:
        os.killpg(process.pid, number)
    output, _ = process.communicate(timeout=TIMEOUT)
    run = Run(process.returncode, output, tmp_path)
    assert judged
    assert run.code == 2, run.output
    assert not run.results["complete"]
    assert run.results["summary"]["fail"]
    assert (tmp_path / "junit.xml").exists()
    assert "The run stopped early" in run.output
    assert "Exit code 2: the run was interrupted" in run.output
    assert "INTERNALERROR" not in run.output


def test_results_say_under_which_conditions_they_were_made(tmp_path: Path) -> None:
    run = audit("--vm", "dbase", "-k", "VM-TOOLS-01", "--unknown", "fail", report_dir=tmp_path)
    conditions = run.results["conditions"]
    assert conditions["selection"] == ["--vm dbase", "-k VM-TOOLS-01"]
    assert conditions["unknown"] == "fail"
    assert conditions["policy"].endswith("policy.toml")
    assert len(conditions["policy_sha256"]) == 64


@pytest.mark.parametrize("option", ["--pool", "--vm", "--tag"])
def test_an_empty_value_is_no_selection(option: str, tmp_path: Path) -> None:
    run = audit(f"{option}=", report_dir=tmp_path)
    assert run.code == 4
    assert "has an empty value" in run.output
