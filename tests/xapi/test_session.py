"""Logged in once, logged out always, and the password goes to nobody it should not go to."""

import errno
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import traceback
import xmlrpc.client
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import XenAPI

from fixtures.errors import PoolproofError
from fixtures.interruption import ENDING
from fixtures.secret import Secret
from fixtures.simulator import Fault, Simulator
from fixtures.xapi import retry
from fixtures.xapi import session as session_module
from fixtures.xapi.connection import Connection
from fixtures.xapi.deadline import Deadline
from fixtures.xapi.login import NotTheMasterError
from fixtures.xapi.session import Session, log_in
from fixtures.xapi.trace import Call
from tests.simulator.small_pool import database
from tests.xapi.servers import (
    Front,
    RawServer,
    answering,
    certificate,
    front,
    method_of,
    ok,
    read_request,
    xml_failure,
    xml_success,
)
from tests.xapi.trusting import PASSWORD, trusting

LOGIN, LOGOUT = "session.login_with_password", "session.logout"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(database(), members=2) as running:
        yield running


def sessions_of(simulator: Simulator) -> dict[str, Any]:
    return simulator._objects["session"]


def to(simulator: Simulator, **changes: Any) -> Connection:
    defaults = {"fingerprints": (simulator.fingerprint,), "password": Secret(simulator.password)}
    return trusting(**defaults | changes)


def test_a_session_logs_in_reads_and_logs_out(simulator: Simulator) -> None:
    with log_in(simulator.url, to(simulator)) as session:
        assert session.own()["auth_user_name"] == "root"
        assert session.records("VM")["OpaqueRef:vm"].uuid == "uuid-vm"
        assert session.notes == ()
    assert simulator.calls == [LOGIN, "session.get_record", "VM.get_all_records", LOGOUT]


class BugError(Exception):
    pass


@pytest.mark.parametrize("error", [BugError, PoolproofError, KeyboardInterrupt, SystemExit])
def test_it_logs_out_whatever_happens(simulator: Simulator, error: type[BaseException]) -> None:
    with pytest.raises(error), log_in(simulator.url, to(simulator)):
        raise error
    assert simulator.calls == [LOGIN, LOGOUT]


def test_ctrl_c_in_the_middle_of_an_answer_logs_out_over_a_new_connection() -> None:
    seen: list[str] = []

    def converse(connection: socket.socket) -> None:
        while True:
            method = method_of(read_request(connection))
            seen.append(method)
            if method == "VM.get_all_records":
                connection.sendall(ok(b"x" * 100)[:-50])
                main = threading.main_thread().ident
                assert main is not None
                signal.pthread_kill(main, signal.SIGINT)
            else:
                connection.sendall(ok(xml_success("OpaqueRef:session")))

    with RawServer(converse, certificate()) as server:
        with pytest.raises(KeyboardInterrupt), log_in(server.url, trusting()) as session:
            session.records("VM")
        assert server.connections == 2
    assert seen == [LOGIN, "VM.get_all_records", LOGOUT]


@pytest.mark.parametrize(
    "answer", [b"", ok(b"nonsense"), ok(xml_failure("SESSION_INVALID", "x")), b"HTTP/1.1 500 x\r\n\r\n"]
)
def test_a_logout_that_fails_is_no_failure(answer: bytes) -> None:
    with (
        RawServer(answering(ok(xml_success("OpaqueRef:session")), answer), certificate()) as server,
        log_in(server.url, trusting()),
    ):
        pass


def test_a_logout_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "_LOGOUT_SECONDS", 0.2)

    def converse(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(ok(xml_success("OpaqueRef:session")))
        connection.recv(1 << 16)
        connection.recv(1)

    with RawServer(converse, certificate()) as server, log_in(server.url, trusting()):
        pass


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            ok(xml_failure("SESSION_AUTHENTICATION_FAILED", "root", "Auth")),
            "refuses the password or the account root",
        ),
        (ok(xml_failure("SESSION_AUTHORIZATION_FAILED", "x", "y")), "has no role in this pool"),
        (ok(xml_failure("HOST_STILL_BOOTING")), "still starting"),
        (ok(xml_failure("INTERNAL_ERROR", PASSWORD)), "failed with INTERNAL_ERROR"),
        (ok(xml_failure(f"no such password: {PASSWORD}")), "failed with …"),
        (ok(xml_failure("\u202eODD\u2028" + "x" * 1000)), "failed with \\u202eODD\\u2028xxx"),
        (ok(xml_failure("{user.__class__} {x}")), "failed with {user.__class__} {x}"),
        (ok(xml_failure("SESSION_INVALID", "x")), "failed with SESSION_INVALID"),
        (ok(xml_failure("HOST_IS_SLAVE")), "names no usable address"),
        (ok(xml_failure("HOST_IS_SLAVE", "root@evil.example/")), "names no usable address"),
        (ok(b"<html><body>Welcome</body></html>"), "does not answer as XAPI does (not XML-RPC"),
        (ok(b'{"jsonrpc":"2.0"}'), "does not answer as XAPI does (not XML-RPC"),
        (ok(xml_success({"session": ""})), "does not answer as XAPI does (a login without a session)"),
        (ok(xml_success("x").replace(b"Success", b"x")), "does not answer as XAPI does (XML-RPC, but"),
        (
            b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
            "does not answer as XAPI does (HTTP status 404)",
        ),
        (b"HTTP/1.1 302 x\r\nlocation: https://evil.example/\r\n\r\n", "(HTTP status 302)"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "not HTTP"),
        (b"", "ended the connection"),
    ],
)
def test_a_failed_login_is_one_line(answer: bytes, words: str) -> None:
    with (
        RawServer(answering(answer), certificate()) as server,
        pytest.raises(PoolproofError) as caught,
        log_in(server.url, trusting()),
    ):
        pass
    message = str(caught.value)
    assert server.url in message
    assert words in message
    assert message.isprintable()
    assert len(message) < 300
    assert PASSWORD not in message


def test_a_password_is_sent_once_per_login(simulator: Simulator) -> None:
    with pytest.raises(PoolproofError), log_in(simulator.url, to(simulator, password=Secret("wrong"))):
        pass
    assert simulator.calls == [LOGIN]


@pytest.mark.parametrize("password", ["a\x00b", "a\x1bb", "a\rb", "a\udc80b", "a\ufffeb"])
def test_a_password_that_xml_cannot_carry_is_refused_at_home(password: str) -> None:
    with RawServer(leaf=certificate()) as server:
        with (
            pytest.raises(PoolproofError, match="has a control character"),
            log_in(server.url, trusting(password=Secret(password))),
        ):
            pass
        assert server.connections == 0


@pytest.mark.parametrize("password", ["", " a ", "<&>]]>", "päss wörd", "\U0001f511", "a\nb\tc"])
def test_any_other_password_arrives_as_it_is(password: str) -> None:
    requests: list[bytes] = []

    def converse(connection: socket.socket) -> None:
        requests.append(read_request(connection))
        connection.sendall(ok(xml_failure("HOST_STILL_BOOTING")))

    with (
        RawServer(converse, certificate()) as server,
        pytest.raises(PoolproofError),
        log_in(server.url, trusting(password=Secret(password))),
    ):
        pass
    params, method = xmlrpc.client.loads(requests[0].partition(b"\r\n\r\n")[2])
    assert (method, params) == (LOGIN, ("root", password, "1.0", "poolproof"))


def test_a_password_is_asked_for_only_when_a_pool_is_read(simulator: Simulator) -> None:
    asked = []

    def ask() -> Secret:
        asked.append("once")
        return Secret(simulator.password)

    connection = to(simulator, password=ask)
    with pytest.raises(PoolproofError), log_in("https://root:x@pool.example", connection):
        pass
    assert asked == []
    with log_in(simulator.url, connection):
        assert asked == ["once"]


def test_a_member_is_followed_to_the_master_and_says_so(simulator: Simulator) -> None:
    member = simulator.members[0]
    with log_in(member, to(simulator)) as session:
        assert session.records("VM")["OpaqueRef:vm"].uuid == "uuid-vm"
        assert session.notes == (f"{member} is not the master; followed to {simulator.url}",)
    assert simulator.calls == [LOGIN, LOGIN, "VM.get_all_records", LOGOUT]


def pointing_to(master: str) -> bytes:
    return ok(xml_failure("HOST_IS_SLAVE", master))


def test_a_master_that_is_not_trusted_never_sees_the_password() -> None:
    with RawServer(leaf=certificate("elsewhere.example")) as master:
        member = RawServer(answering(pointing_to(f"127.0.0.1:{master.port}")), certificate())
        with (
            member,
            pytest.raises(PoolproofError, match=f"^{master.url}: the certificate") as caught,
            log_in(member.url, trusting()),
        ):
            pass
    assert master.received == b""
    assert "--fingerprint" in str(caught.value)


def test_a_member_that_points_to_another_member_is_one_line(simulator: Simulator) -> None:
    master = simulator.members[1].removeprefix("https://")
    with RawServer(answering(pointing_to(master)), certificate()) as member:
        pins = (str(simulator.fingerprint), *trusting().fingerprints)
        with (
            pytest.raises(
                PoolproofError, match=f"{member.url} says that https://{master} is the pool's master"
            ),
            log_in(member.url, to(simulator, fingerprints=pins)),
        ):
            pass
    assert simulator.calls == [LOGIN]


def test_a_member_that_points_to_itself_is_one_line() -> None:
    logins = 0

    def converse(connection: socket.socket) -> None:
        nonlocal logins
        read_request(connection)
        logins += 1
        connection.sendall(pointing_to(f"127.0.0.1:{server.port}"))

    with (
        RawServer(converse, certificate()) as server,
        pytest.raises(PoolproofError, match="that one says it is not: write the address of the master"),
        log_in(server.url, trusting()),
    ):
        pass
    assert logins == 2


@pytest.mark.parametrize(
    ("rule", "notes"),
    [
        ({}, ()),
        ({"insecure": True}, ()),
        ({"fingerprints": (), "insecure": True}, ("TLS was not verified (--insecure)",)),
    ],
)
def test_what_was_not_verified_is_noted(
    simulator: Simulator, rule: dict[str, Any], notes: tuple[str]
) -> None:
    with log_in(simulator.url, to(simulator, **rule)) as session:
        assert session.notes == notes


def test_plain_http_is_noted() -> None:
    with Simulator(database(), tls=False) as simulator:
        connection = trusting(fingerprints=(), insecure=True, password=Secret(simulator.password))
        with log_in(simulator.url, connection) as session:
            assert session.notes == ("plain HTTP: neither encrypted nor verified (--insecure)",)


def read_by_json(session: Session) -> None:
    session.records("VM")


def read_by_xml(session: Session) -> None:
    session.call("host.get_servertime", "OpaqueRef:host")


READS = pytest.mark.parametrize("read", [read_by_json, read_by_xml])


@READS
def test_a_session_that_ends_is_renewed_once(read: Callable[[Session], None]) -> None:
    with Simulator(database(), faults=[Fault("session-invalid", times=1)]) as simulator:
        with log_in(simulator.url, to(simulator)) as session:
            read(session)
            read(session)
            assert session.notes == ("the host ended the session during the reading; logged in again",)
        assert sessions_of(simulator) == {}
    assert [call for call in simulator.calls if call.startswith("session.")] == [LOGIN, LOGIN, LOGOUT]


@READS
def test_a_session_that_ends_twice_is_one_line(read: Callable[[Session], None]) -> None:
    with Simulator(database(), faults=[Fault("session-invalid", method="[!s]*")]) as simulator:
        with (
            pytest.raises(PoolproofError, match="the host ended the session twice during") as caught,
            log_in(simulator.url, to(simulator)) as session,
        ):
            read(session)
        assert sessions_of(simulator) == {}
    assert simulator.calls.count(LOGIN) == 2
    assert "OpaqueRef" not in str(caught.value)


def test_a_password_that_changed_meanwhile_is_sent_once_more_and_no_further() -> None:
    with (
        Simulator(database(), faults=[Fault("session-invalid", times=1)]) as simulator,
        log_in(simulator.url, to(simulator)) as session,
    ):
        session._password = Secret("former")
        with pytest.raises(PoolproofError, match="refuses the password or the account"):
            read_by_json(session)
    assert simulator.calls.count(LOGIN) == 2


# What is tried again


@pytest.mark.parametrize("fault", ["internal-error", "http-500", "garbage", "reset", "truncate"])
@pytest.mark.parametrize("times", [1, 2])
@READS
def test_a_read_that_fails_is_tried_again(read: Callable[[Session], None], fault: str, times: int) -> None:
    with Simulator(database(), faults=[Fault(fault, method="[!s]*", times=times)]) as simulator:
        with log_in(simulator.url, to(simulator)) as session:
            read(session)
            assert session.notes == ()
        assert sessions_of(simulator) == {}


@pytest.mark.parametrize(("fault", "tries"), [("internal-error", retry.TRIES), ("permission-denied", 1)])
@READS
def test_but_not_for_ever_and_not_what_will_not_change(
    read: Callable[[Session], None], fault: str, tries: int
) -> None:
    with Simulator(database(), faults=[Fault(fault, method="[!s]*")]) as simulator:
        with pytest.raises(XenAPI.Failure), log_in(simulator.url, to(simulator)) as session:
            read(session)
        assert len(simulator.calls) == tries + 2
        assert sessions_of(simulator) == {}


def test_pauses_grow_and_end_with_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(retry, "PAUSE", 10.0)
    monkeypatch.setattr(retry, "sleep", slept.append)

    def fail() -> None:
        raise BugError

    def pauses(seconds: float) -> list[float]:
        slept.clear()
        with pytest.raises(BugError):
            retry.retrying(fail, lambda _: True, Deadline(seconds))
        return slept

    for _ in range(20):
        first, second = pauses(60)
        assert 5 <= first <= 15
        assert 10 <= second <= 30
    assert pauses(5) == []


@pytest.mark.parametrize("fault", ["internal-error", "http-500", "garbage", "reset", "truncate"])
def test_a_logout_that_fails_is_tried_again(fault: str) -> None:
    with Simulator(database(), faults=[Fault(fault, method=LOGOUT, times=1)]) as simulator:
        with log_in(simulator.url, to(simulator)):
            pass
        assert sessions_of(simulator) == {}


def test_a_login_is_tried_again_while_nobody_has_seen_the_password() -> None:
    with (
        Simulator(database(), faults=[Fault("refuse", times=2)]) as simulator,
        log_in(simulator.url, to(simulator)) as session,
    ):
        read_by_json(session)
    assert simulator.calls.count(LOGIN) == 1


@pytest.mark.parametrize(
    "fault", ["internal-error", "http-500", "garbage", "stall", "reset", "truncate", "length-too-long"]
)
def test_a_password_that_may_have_arrived_is_never_sent_again(fault: str) -> None:
    logins = 0

    def converse(connection: socket.socket) -> None:
        nonlocal logins
        read_request(connection)
        logins += 1
        answer = ok(xml_failure("INTERNAL_ERROR", "x") if fault == "internal-error" else xml_success("s"))
        match fault:
            case "http-500":
                answer = answer.replace(b"200 OK", b"500 x")
            case "garbage":
                answer = ok(b"<<{[")
            case "stall":
                connection.recv(1)
            case "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                answer = answer[:-9]
            case "truncate":
                answer = answer[:-9]
            case "length-too-long":
                connection.sendall(answer[:-9])
                connection.recv(1)
        connection.sendall(answer)

    with (
        RawServer(converse, certificate()) as server,
        pytest.raises(PoolproofError),
        log_in(server.url, trusting(read_timeout=0.2)),
    ):
        pass
    assert logins == 1


def test_a_renewal_does_not_use_a_connection_that_may_be_dead() -> None:
    """There a request that is not answered is sent twice, over a second connection."""
    logins = 0

    def converse(connection: socket.socket) -> None:
        nonlocal logins
        while method := method_of(read_request(connection)):
            logins += method == LOGIN
            if method == LOGIN and logins > 1:
                return
            connection.sendall(ok(xml_success("s") if method == LOGIN else xml_failure("SESSION_INVALID")))

    with (
        RawServer(converse, certificate()) as server,
        pytest.raises(PoolproofError, match="ended the connection"),
        log_in(server.url, trusting()) as session,
    ):
        read_by_xml(session)
    assert logins == 2


def test_a_renewal_has_all_the_time_that_is_left_not_just_a_share_of_it(simulator: Simulator) -> None:
    """A login that is given up after the password was sent leaves a session that nobody knows."""
    with log_in(simulator.url, to(simulator)) as session:
        session._channel.deadline = Deadline(0)
        session._renew()
    assert simulator.calls == [LOGIN, LOGIN, LOGOUT]


def test_a_password_that_looks_like_an_address_hides_no_master() -> None:
    simulator = Simulator(database(), members=1)
    simulator.password = "127.0.0.1"
    with simulator, log_in(simulator.members[0], to(simulator)) as session:
        read_by_json(session)


@pytest.mark.parametrize(
    ("error", "dials"),
    [
        (ConnectionRefusedError(), retry.TRIES),
        (OSError(errno.EHOSTUNREACH, "No route to host"), retry.TRIES),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), retry.TRIES),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), 1),
        (TimeoutError(), 1),
    ],
    ids=str,
)
def test_a_host_is_dialled_again_where_that_may_help(
    monkeypatch: pytest.MonkeyPatch, error: OSError, dials: int
) -> None:
    seen: list[object] = []

    def dial(*address: object, **_: object) -> None:
        seen.append(address)
        raise error

    step = "getaddrinfo" if isinstance(error, socket.gaierror) else "create_connection"
    monkeypatch.setattr(f"fixtures.xapi.tls.socket.{step}", dial)
    with pytest.raises(PoolproofError), log_in("https://192.0.2.1", trusting()):
        pass
    assert len(seen) == dials


@pytest.mark.parametrize(
    ("converse", "connections"),
    [(lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n"), 1), (lambda _: None, retry.TRIES)],
    ids=["not TLS", "hangs up"],
)
def test_a_handshake_is_tried_again_where_that_may_help(
    converse: Callable[[socket.socket], None], connections: int
) -> None:
    with RawServer(converse) as server:
        with pytest.raises(PoolproofError, match=r"TLS 1\.2 or later fails"), log_in(server.url, trusting()):
            pass
        assert server.connections == connections


# A new master


def follow_the_change(session: Session) -> None:
    with pytest.raises(NotTheMasterError) as change:
        read_by_xml(session)
    session.follow(change.value)


def test_a_new_master_is_followed(simulator: Simulator) -> None:
    with log_in(simulator.url, to(simulator)) as session:
        simulator._faults.master = 1
        follow_the_change(session)
        read_by_json(session)
        read_by_xml(session)
        assert session.notes == (
            f"the master changed during the reading, from {simulator.url} to {simulator.members[0]}; all of "
            "it was read anew",
        )
    assert sessions_of(simulator) == {}
    assert simulator.calls.count(LOGIN) == 2


def test_a_second_new_master_is_one_line(simulator: Simulator) -> None:
    with log_in(simulator.url, to(simulator)) as session:
        simulator._faults.master = 1
        follow_the_change(session)
        simulator._faults.master = 2
        with pytest.raises(PoolproofError, match="the pool's master changed twice during the reading"):
            follow_the_change(session)
    assert simulator.calls.count(LOGIN) == 2


def test_a_new_master_is_trusted_by_the_same_rules() -> None:
    with RawServer(leaf=certificate("elsewhere.example")) as master:
        answers = [xml_success("OpaqueRef:session"), xml_failure("HOST_IS_SLAVE", f"127.0.0.1:{master.port}")]
        with (
            RawServer(answering(*map(ok, answers)), certificate()) as member,
            pytest.raises(PoolproofError, match=f"^{master.url}: the certificate"),
            log_in(member.url, trusting()) as session,
        ):
            follow_the_change(session)
    assert master.received == b""


def test_where_no_login_at_the_new_master_succeeds_the_session_ends_there() -> None:
    faults = [Fault("master-change", method="host.get_servertime"), Fault("http-500", method=LOGIN, after=1)]
    with Simulator(database(), faults=faults) as simulator:
        with (
            pytest.raises(PoolproofError, match="does not answer as XAPI does"),
            log_in(simulator.url, to(simulator)) as session,
        ):
            follow_the_change(session)
        assert sessions_of(simulator) == {}


@pytest.mark.parametrize("told", ["", "127.0.0.1:1"])
def test_a_new_master_that_cannot_be_reached_leaves_no_session_at_the_old_one(told: str) -> None:
    answers = [
        xml_success("OpaqueRef:session"),
        *[xml_failure("HOST_IS_SLAVE", told)] * 2,
        xml_success(""),
    ]
    seen: list[str] = []

    def converse(connection: socket.socket) -> None:
        while True:
            seen.append(method_of(request := read_request(connection)))
            assert seen[-1] == LOGIN or b"OpaqueRef:session" in request
            connection.sendall(ok(answers[len(seen) - 1]))

    with (
        RawServer(converse, certificate()) as member,
        pytest.raises(PoolproofError),
        log_in(member.url, trusting()) as session,
    ):
        follow_the_change(session)
    assert (seen[0], seen[-1]) == (LOGIN, LOGOUT)
    assert seen.count(LOGOUT) == 1


def test_a_session_that_ended_on_a_host_that_is_no_master_any_more_leads_to_the_new_one() -> None:
    """What a master does that restarts as a member: it forgets its sessions."""
    faults = [Fault("session-invalid", times=1), Fault("master-change", method=LOGIN, after=1)]
    with Simulator(database(), faults=faults) as simulator:
        connection = to(simulator)
        with log_in(simulator.url, connection) as session:
            follow_the_change(session)
            read_by_json(session)
        assert sessions_of(simulator) == {}


# Signals


@pytest.fixture
def unhandled() -> Iterator[None]:
    """SIGTERM and SIGHUP do what they do by default."""
    usual = {each: signal.signal(each, signal.SIG_DFL) for each in ENDING}
    yield
    for each, handler in usual.items():
        signal.signal(each, handler)


def log_in_and_get(simulator: Simulator, *signals: signal.Signals) -> None:
    with log_in(simulator.url, to(simulator)):
        try:
            signal.raise_signal(signals[0])
        finally:
            for each in signals[1:]:
                signal.raise_signal(each)


@pytest.mark.parametrize("number", ENDING)
def test_signals_are_ctrl_c_once_while_logged_in(
    simulator: Simulator, number: signal.Signals, unhandled: None
) -> None:
    with pytest.raises(KeyboardInterrupt):
        log_in_and_get(simulator, number, number, *ENDING)
    assert simulator.calls == [LOGIN, LOGOUT]
    assert {signal.getsignal(each) for each in ENDING} == {signal.SIG_DFL}


def test_signals_that_somebody_handles_are_left_alone(simulator: Simulator, unhandled: None) -> None:
    seen: list[int] = []
    signal.signal(signal.SIGHUP, lambda number, _: seen.append(number))
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    log_in_and_get(simulator, signal.SIGHUP, signal.SIGTERM, signal.SIGHUP)
    assert seen == [signal.SIGHUP] * 2
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN


def test_signals_are_what_they_were_after_an_error(simulator: Simulator, unhandled: None) -> None:
    with pytest.raises(BugError), log_in(simulator.url, to(simulator)):
        raise BugError
    assert {signal.getsignal(each) for each in ENDING} == {signal.SIG_DFL}


def test_other_threads_log_in_too_and_leave_signals_alone(simulator: Simulator) -> None:
    seen: list[object] = []

    def read() -> None:
        with log_in(simulator.url, to(simulator)) as session:
            read_by_json(session)
            seen.append(signal.getsignal(signal.SIGTERM))

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert seen == [before]


# Errors


def test_an_error_that_quotes_the_call_repeats_no_session(simulator: Simulator) -> None:
    with log_in(simulator.url, to(simulator)) as session:
        handle = session._proxy.handle
        with pytest.raises(XenAPI.Failure) as caught:
            session.call("host.get_servertime", handle)
        assert caught.value.details == ["HANDLE_INVALID", "host", "…"]


def test_any_other_error_is_xenapis(simulator: Simulator) -> None:
    with log_in(simulator.url, to(simulator)) as session:
        with pytest.raises(XenAPI.Failure) as caught:
            session.call("host.get_servertime", "OpaqueRef:nobody")
        assert caught.value.details == ["HANDLE_INVALID", "host", "OpaqueRef:nobody"]


@pytest.mark.parametrize("status", [403, 404, 405, 500, 501])
def test_a_host_without_json_rpc_is_asked_once_and_read_by_xml_rpc(status: int) -> None:
    def without(path: str, _method: str, answer: bytes) -> tuple[int, bytes]:
        return (status, b"<html>") if path == "/jsonrpc" else (200, answer)

    def read(pool: Front) -> list[object]:
        with log_in(pool.url, trusting(password=Secret(pool.simulator.password))) as session:
            return [session.records(name) for name in ("VM", "host", "VM_metrics")]

    with front(database(), without) as pool, front(database(), lambda *call: (200, call[2])) as modern:
        assert read(pool) == read(modern)
    assert [path for path, _ in pool.calls] == ["/", "/jsonrpc", "/", "/", "/", "/"]
    assert [path for path, _ in modern.calls] == ["/", "/jsonrpc", "/jsonrpc", "/jsonrpc", "/"]


def protocols(faults: list[Fault], use: Callable[[Session], None]) -> str:
    """How classes were asked for: j, J where that worked, X by XML-RPC."""
    calls: list[Call] = []
    with Simulator(database(), faults=faults) as simulator:
        with log_in(simulator.url, to(simulator, trace=calls.append)) as session:
            use(session)
        assert sessions_of(simulator) == {}
    letters = {("json-rpc", "ok"): "J", ("json-rpc", "HTTP status 404"): "j", ("xml-rpc", "ok"): "X"}
    return "".join(
        letters[call.protocol, call.outcome] for call in calls if call.method.endswith(".get_all_records")
    )


def read_three(session: Session) -> None:
    for name in ("VM", "host", "VM_metrics"):
        session.records(name)


def test_a_host_that_has_json_rpc_is_asked_by_it_again_after_a_failure() -> None:
    assert protocols([Fault("no-json-rpc", cls="VM")], read_three) == "jXXX"
    assert protocols([Fault("no-json-rpc", cls="host")], read_three) == "JjXJ"


def test_a_new_master_may_have_json_rpc_where_the_old_one_had_none() -> None:
    def use(session: Session) -> None:
        session.records("VM")
        follow_the_change(session)
        session.records("VM")

    faults = [Fault("no-json-rpc", times=1), Fault("master-change", method="host.get_servertime")]
    assert protocols(faults, use) == "jXJ"


def shown(error: BaseException) -> str:
    """All that any tool could print of an error: every cause, every frame, every variable."""
    text, seen = "", set()
    todo: list[BaseException | None] = [error]
    while todo:
        each = todo.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        todo += [each.__cause__, each.__context__]
        text += repr(each)
        for frame, _ in traceback.walk_tb(each.__traceback__):
            # The test's own frames stand for whoever holds the Secret.
            if frame.f_globals["__name__"] != __name__:
                text += repr(frame.f_locals)
    return text


def interrupting(connection: socket.socket) -> None:
    read_request(connection)
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, signal.SIGINT)
    connection.recv(1)


@pytest.mark.parametrize(
    ("converse", "error"),
    [
        (answering(ok(xml_failure("SESSION_AUTHENTICATION_FAILED", "root", "x"))), PoolproofError),
        (answering(ok(xml_failure("INTERNAL_ERROR", PASSWORD))), PoolproofError),
        (answering(ok(b"garbage")), PoolproofError),
        (answering(b"SSH-2.0\r\n"), PoolproofError),
        (answering(b"HTTP/1.1 500 x\r\n\r\n"), PoolproofError),
        (answering(b""), PoolproofError),
        (interrupting, KeyboardInterrupt),
    ],
    ids=["refused", "echoed", "garbage", "ssh", "500", "closed", "ctrl-c"],
)
def test_no_error_carries_the_password(
    converse: Callable[[socket.socket], None], error: type[BaseException]
) -> None:
    connection = trusting()
    with (
        RawServer(converse, certificate()) as server,
        pytest.raises(error) as caught,
        log_in(server.url, connection),
    ):
        pass
    assert "<Session for" in shown(caught.value)
    assert PASSWORD not in shown(caught.value)
    assert "s3cret" not in shown(caught.value)


def test_a_bug_below_the_login_does_not_show_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(*_: object) -> None:
        raise BugError

    monkeypatch.setattr("fixtures.xapi.channel.tls.connect", bug)
    with pytest.raises(BugError) as caught, log_in("https://pool.example", trusting()):
        pass
    assert "s3cret" not in shown(caught.value)


def test_a_session_keeps_no_password(simulator: Simulator) -> None:
    with log_in(simulator.url, to(simulator)) as session:
        proxy = session._proxy
        assert simulator.password not in repr([vars(proxy), vars(session), vars(session._channel)])
        assert proxy.last_login_params is None


def test_pytest_with_all_it_can_show_shows_no_password(tmp_path: Path) -> None:
    test = tmp_path / "test_it.py"
    test.write_text(
        "from fixtures.sources.live import read_live\n"
        "from tests.xapi.servers import RawServer, answering, certificate, ok, xml_failure\n"
        "from tests.xapi.trusting import trusting\n"
        "def test_it():\n"
        "    refusal = ok(xml_failure('SESSION_AUTHENTICATION_FAILED', 'root', 'x'))\n"
        "    with RawServer(answering(refusal), certificate()) as server:\n"
        "        read_live(server.url, trusting())\n"
    )
    options = ["--showlocals", "--full-trace", "--tb=long", "-vv", "-p", "no:cacheprovider", "-c", os.devnull]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--rootdir", str(tmp_path), str(test)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "refuses the password" in done.stdout
    assert "read_live" in done.stdout
    assert "s3cret" not in done.stdout + done.stderr
