"""Each call leaves a line that says how it went, and nothing of what was said."""

import json
import os
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from fixtures.errors import PoolproofError
from fixtures.pools import SAMPLE
from fixtures.secret import Secret
from fixtures.simulator import Fault, Simulator
from fixtures.sources.live import read_live
from fixtures.xapi.connection import Connection
from fixtures.xapi.trace import Call, tracing
from tests.e2e.commands import audit
from tests.full_disk import full_after
from tests.xapi.servers import RawServer, answering, certificate, ok, xml_failure
from tests.xapi.trusting import trusting

LOGIN = "session.login_with_password"


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("ascii").splitlines()]


def calls_with(*faults: Fault, **changes: Any) -> tuple[list[Call], Simulator]:
    """The calls of a reading of the sample pool, whatever comes of it."""
    calls: list[Call] = []
    with Simulator(SAMPLE, faults=faults) as simulator:
        connection = Connection(
            user="root",
            password=Secret(simulator.password),
            ca_file=simulator.certificate,
            read_timeout=0.3,
            trace=calls.append,
        )
        with suppress(PoolproofError):
            read_live(simulator.url, connection)
    return calls, simulator


def test_every_call_is_told_in_order() -> None:
    calls, simulator = calls_with()
    assert [call.method for call in calls] == simulator.calls
    assert {call.host for call in calls} == {simulator.url}
    # Of one host of the sample nobody knows whether it is live: it is asked for its clock and certificate.
    assert Counter(call.outcome for call in calls) == {"ok": len(calls) - 2, "HOST_OFFLINE": 2}
    assert all(
        call.protocol == ("json-rpc" if call.method.endswith(".get_all_records") else "xml-rpc")
        for call in calls
    )
    assert all(call.ms > 0 and call.sent > 100 and call.received > 100 for call in calls)


@pytest.mark.parametrize(
    ("fault", "method", "outcomes"),
    [
        (Fault("internal-error", cls="VBD"), "VBD", ["INTERNAL_ERROR"] * 3),
        (Fault("internal-error", cls="VBD", times=1), "VBD", ["INTERNAL_ERROR", "ok"]),
        (Fault("permission-denied", cls="VBD"), "VBD", ["RBAC_PERMISSION_DENIED"]),
        (Fault("no-json-rpc", cls="VBD"), "VBD", ["HTTP status 404", "ok"]),
        (Fault("garbage", cls="VBD", times=1), "VBD", ["unreadable answer", "ok"]),
        (Fault("length-too-short", cls="VBD", times=1), "VBD", ["unreadable answer", "ok"]),
        (Fault("session-invalid", cls="VBD", times=1), "VBD", ["SESSION_INVALID", "ok"]),
        (Fault("session-invalid", cls="VBD", times=1), "login", ["ok", "ok"]),
        (Fault("stall", cls="VBD", times=1), "VBD", ["no answer within 0.3 s", "ok"]),
        (Fault("truncate", cls="VBD", times=1), "VBD", ["the host ended the connection before", "ok"]),
        (Fault("internal-error", method="session.logout"), "logout", ["INTERNAL_ERROR"] * 3),
        (Fault("refuse", times=1), "login", ["", "ok"]),
    ],
    ids=str,
)
def test_the_outcome_tells_each_try(fault: Fault, method: str, outcomes: list[str]) -> None:
    calls, _ = calls_with(fault)
    told = [call.outcome for call in calls if method in call.method]
    assert len(told) == len(outcomes)
    assert all(said.startswith(words) for said, words in zip(told, outcomes, strict=True))


def test_bytes_are_those_of_http_of_whole_and_half_answers() -> None:
    answers = [ok(xml_failure("SESSION_AUTHENTICATION_FAILED", "root", "x")), ok(b"x" * 100)[:-50]]
    calls: list[Call] = []
    for answer in answers:
        with RawServer(answering(answer), certificate()) as server, pytest.raises(PoolproofError):
            read_live(server.url, trusting(trace=calls.append))
    assert [call.received for call in calls] == [len(answer) for answer in answers]
    assert calls[0].sent == calls[1].sent > 400
    assert [call.outcome[:30] for call in calls] == [
        "SESSION_AUTHENTICATION_FAILED",
        "the host ended the connection ",
    ]


def test_a_file_is_its_owners_alone_and_starts_anew(tmp_path: Path) -> None:
    file = tmp_path / "calls"
    file.write_text("something old")
    file.chmod(0o644)
    call = Call("https://xen1.example", "VM.get_all_records", "json-rpc", 1.5, 200, 300, "o\u202ek")
    with tracing(file) as trace:
        assert trace
        trace(call)
        assert lines(file) == [call._asdict()]  # whatever may happen next
        trace(call)
    assert lines(file) == [call._asdict()] * 2
    assert file.stat().st_mode & 0o777 == 0o600


def test_nobody_is_told_without_a_file() -> None:
    with tracing(None) as trace:
        assert trace is None


@pytest.mark.parametrize(
    ("place", "reason"),
    [(".", "not a regular file"), ("pipe", "not a regular file"), ("pipe/x", "Not a d")],
)
def test_a_file_that_cannot_be_opened_is_one_line(tmp_path: Path, place: str, reason: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    file = tmp_path / place
    with pytest.raises(PoolproofError, match=f"^--trace-calls {file} cannot be .*{reason}"), tracing(file):
        pass


def tell_three(file: Path, size: int, told: list[Call]) -> None:
    with tracing(file) as trace, full_after(size):
        assert trace
        for _ in range(3):
            told.append(Call("https://xen1.example", "VM.get_all_records", "json-rpc", 1.5, 200, 300, "ok"))
            trace(told[-1])


@pytest.mark.parametrize("size", [0, 100, 250])
def test_a_disk_that_is_full_is_one_line_once_all_calls_are_made(tmp_path: Path, size: int) -> None:
    file, told = tmp_path / "calls", list[Call]()
    with pytest.raises(PoolproofError, match=f"^--trace-calls {file} cannot be written: "):
        tell_three(file, size, told)
    assert len(told) == 3
    assert file.stat().st_size == size


def test_a_full_disk_is_no_failure_of_a_pool_and_hides_none(tmp_path: Path) -> None:
    with (
        pytest.raises(PoolproofError, match="refuses the password"),
        RawServer(answering(ok(xml_failure("SESSION_AUTHENTICATION_FAILED", "x"))), certificate()) as server,
        tracing(tmp_path / "calls") as trace,
        full_after(0),
    ):
        read_live(server.url, trusting(trace=trace))


def test_a_host_that_is_not_trusted_was_not_asked_anything() -> None:
    calls, simulator = calls_with(Fault("certificate-expired"))
    assert [(call.outcome, call.sent) for call in calls] == [("not trusted", 0)]
    assert simulator.calls == []


def test_a_run_leaves_its_calls_even_when_it_ends_with_an_error(tmp_path: Path) -> None:
    file = tmp_path / "calls"
    with Simulator(SAMPLE) as simulator:
        options: list[str | Path] = ["--pool", simulator.url, "--ca-file", str(simulator.certificate)]
        options += ["--trace-calls", file, "-k", "POOL-READ-01"]
        good = audit(*options, report_dir=tmp_path, POOLPROOF_PASSWORD=simulator.password)
        assert good.code == 0, good.output
        assert [line["method"] for line in lines(file)] == simulator.calls
        wrong = audit(*options, report_dir=tmp_path, POOLPROOF_PASSWORD="wrong")
    assert wrong.code == 4, wrong.output
    assert [(line["method"], line["outcome"]) for line in lines(file)] == [
        (LOGIN, "SESSION_AUTHENTICATION_FAILED")
    ]
