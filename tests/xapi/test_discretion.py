"""Whatever goes wrong, and however much pytest shows of it: no password and no session in any output."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import sleep
from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

import pytest

from fixtures.simulator import Fault, Simulator, methods
from fixtures.simulator.faults import KINDS
from tests.e2e.commands import ROOT, TIMEOUT, Run, audit
from tests.simulator.small_pool import database, tables
from tests.xapi.servers import (
    certificate,
    failure,
    fingerprint,
    front,
)

PASSWORD: Final = "planted-s3cret&<\"'>"
LOUD: Final = (
    *("-vv", "--showlocals", "--tb=long", "--log-level=DEBUG", "-rA", "--full-trace", "-o", "log_cli=true"),
    *("--unknown", "fail"),
    # Each failure's traceback shows the same pool: one control of each kind shows all there is.
    *("-k", "POOL-READ-01 or VM-TOOLS-01 or HOST-LIVE-01"),
)
POLICY: Final = "[connection]\nconnect_timeout = 5\nread_timeout = 0.3\ntotal_timeout = 3\n"


@pytest.fixture
def handed_out(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Everything unguessable that simulators make for their sessions: references and uuids."""
    made: list[str] = []

    def record() -> UUID:
        made.append(str(uuid4()))
        return UUID(made[-1])

    monkeypatch.setattr(methods, "uuid", SimpleNamespace(uuid4=record, uuid5=uuid5, UUID=UUID))
    return made


@contextmanager
def simulators(*faults: Fault, password: str = PASSWORD) -> Iterator[list[Simulator]]:
    """One simulator for each fault, each of a pool of its own."""
    with ExitStack() as stack:
        running = []
        for number, fault in enumerate(faults):
            pool = tables()
            pool["pool"]["OpaqueRef:pool"]["uuid"] = f"uuid-pool-{number}"
            simulator = Simulator(database(pool), faults=[fault])
            simulator.password = password
            running.append(stack.enter_context(simulator))
        yield running


def loud_audit(directory: Path, pools: dict[str, str | None], password: str = PASSWORD) -> Run:
    """Audit pools (URL → fingerprint), and have all shown and written that pytest and we can."""
    policy = directory / "policy.toml"
    policy.write_text(POLICY)
    options: list[str | Path] = ["--policy", policy]
    for url, pin in pools.items():
        options += ["--pool", url, "--fingerprint", str(pin)]
    options += ["--trace-calls", directory / "calls", "--save-snapshot", directory / "facts"]
    options += [f"--junitxml={directory / 'junit.xml'}", f"--html={directory / 'page.html'}"]
    return audit(*LOUD, *options, report_dir=directory / "out", POOLPROOF_PASSWORD=password)


def assert_discreet(run: Run, directory: Path, secrets: list[str]) -> None:
    """Neither the output nor any file in the directory holds a secret, and nothing has crashed."""
    texts = {path: path.read_text("utf-8", "replace") for path in directory.rglob("*") if path.is_file()}
    assert directory / "calls" in texts
    assert "INTERNALERROR" not in run.output
    assert "Traceback" not in run.output
    for where, text in [("output", run.output), *texts.items()]:
        assert [secret for secret in secrets if secret in text] == [], where


def strike(name: str, **where: Any) -> Fault:
    """A fault at one method, where that kind can be told to."""
    kind = KINDS[name]
    if kind.at == "start":
        return Fault(name)
    return Fault(name, after=1) if kind.at == "connection" else Fault(name, **where)


def test_pools_that_fail_in_the_reading(tmp_path: Path, handed_out: list[str]) -> None:
    faults = [strike(name, method="VM_guest_metrics.get_all_records") for name in KINDS]
    with simulators(*faults) as running:
        run = loud_audit(tmp_path, {each.url: each.fingerprint for each in running})
    assert run.code == 1, run.output
    assert len(run.results["pools"]) == len(KINDS)
    assert sum(
        "VM_guest_metrics could not be read" in " ".join(pool["notes"]) for pool in run.results["pools"]
    )
    assert len(handed_out) >= 2 * len(KINDS)
    assert_discreet(run, tmp_path, ["planted-s3cret", *handed_out])


def test_pools_that_fail_at_the_login(tmp_path: Path, handed_out: list[str]) -> None:
    faults = [strike(name, method="session.login_with_password") for name in KINDS]
    with simulators(*faults) as running:
        run = loud_audit(tmp_path, {each.url: each.fingerprint for each in running})
    assert run.code == 1, run.output
    assert handed_out
    assert_discreet(run, tmp_path, ["planted-s3cret", *handed_out])


def test_a_wrong_password(tmp_path: Path, handed_out: list[str]) -> None:
    with simulators(Fault("clock"), password="another") as [simulator]:
        run = loud_audit(tmp_path, {simulator.url: simulator.fingerprint})
    assert run.code == 4
    assert "the host refuses the password or the account root" in run.output
    assert_discreet(run, tmp_path, ["planted-s3cret"])
    assert simulator.calls == ["session.login_with_password"]


@pytest.mark.parametrize("cls", ["VM", "VBD"])
def test_a_host_that_quotes_the_call_in_its_errors(tmp_path: Path, cls: str, handed_out: list[str]) -> None:
    def quote(path: str, method: str, answer: bytes) -> tuple[int, bytes]:
        if method != f"{cls}.get_all_records":
            return 200, answer
        (session,) = pool.simulator._objects["session"]
        return 200, failure(path, "INTERNAL_ERROR", f"in a call of session {session}", session)

    with front(database(), quote) as pool:
        run = loud_audit(tmp_path, {pool.url: fingerprint(certificate())}, pool.simulator.password)
        secrets = [pool.simulator.password, *handed_out]
    assert run.code == (4 if cls == "VM" else 1), run.output
    assert "INTERNAL_ERROR (…, …)" in run.output
    assert_discreet(run, tmp_path, secrets)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("at", ["session.get_record", "VM.get_all_records", "VBD.get_all_records"])
def test_signals_log_out_and_show_nothing(
    tmp_path: Path, number: signal.Signals, at: str, handed_out: list[str]
) -> None:
    with simulators(Fault("stall", method=at)) as [simulator]:
        command = [sys.executable, "-m", "pytest", *LOUD, "--pool", simulator.url]
        command += ["--fingerprint", str(simulator.fingerprint), "--trace-calls", str(tmp_path / "calls")]
        command += [f"--report-dir={tmp_path}", "-o", f"cache_dir={tmp_path / 'cache'}"]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={"POOLPROOF_PASSWORD": PASSWORD, "PATH": "/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        while at not in simulator.calls and process.poll() is None:
            sleep(0.01)
        process.send_signal(number)
        output, _ = process.communicate(timeout=TIMEOUT)
        assert simulator._objects["session"] == {}
    assert simulator.calls[-1] == "session.logout"
    assert process.returncode == 2
    assert_discreet(Run(process.returncode, output, tmp_path), tmp_path, ["planted-s3cret", *handed_out])
