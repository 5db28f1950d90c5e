"""HTTP with servers that do it badly: one line each, no hanging, nothing left over for the next call."""

import socket
import threading

import pytest

from fixtures.errors import PoolproofError
from fixtures.xapi import channel as channel_module
from fixtures.xapi.channel import Answer, Channel
from fixtures.xapi.connection import parse_url
from fixtures.xapi.deadline import Deadline
from tests.xapi.servers import Converse, RawServer, answering, certificate, method_of, ok, read_request
from tests.xapi.trusting import trusting

SESSION = ("OpaqueRef:session",)


def channel_to(server: RawServer, total: float = 30.0, **changes: object) -> Channel:
    return Channel(parse_url(server.url), trusting(**changes), Deadline(total))


def hanging(connection: socket.socket) -> None:
    read_request(connection)
    connection.recv(1)


def dripping(head: bytes, drop: bytes) -> Converse:
    def converse(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(head)
        while True:
            connection.sendall(drop)
            threading.Event().wait(0.01)

    return converse


def echoing(connection: socket.socket) -> None:
    """Says what it heard as if it were HTTP's first line."""
    heard = read_request(connection).partition(b"\r\n\r\n")[2]
    connection.sendall(heard.replace(b"\n", b" ") + b"\r\n\r\n")


@pytest.mark.parametrize(
    ("converse", "words"),
    [
        (answering(b"SSH-2.0-OpenSSH_9.6\r\n"), "the answer is not HTTP (BadStatusLine)"),
        (answering(b"\x1b[2J\x00\r\n\r\n"), "the answer is not HTTP (BadStatusLine)"),
        (answering(b"HTTP/7.0 200 OK\r\n\r\n"), "the answer is not HTTP (UnknownProtocol)"),
        (answering(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000), "the answer is not HTTP (LineTooLong"),
        (answering(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200), "the answer is not HTTP (HTTPException"),
        (answering(b""), "before its answer was whole"),
        (answering(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"), "before its answer was whole"),
        (
            answering(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", goodbye=True),
            "before its answer was whole",
        ),
        (answering(b"HTTP/1.1 200 OK\r\n\r\nno length"), "before its answer was whole"),
        (
            answering(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhalf"),
            "before its answer was whole",
        ),
        (
            answering(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnonsense\r\nhalf"),
            "before its answer was whole",
        ),
        (
            answering(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-5\r\nhalf"),
            "the answer is not HTTP (ValueError)",
        ),
        (
            echoing,
            "the answer is not HTTP (BadStatusLine)",
        ),
    ],
)
@pytest.mark.parametrize("path", ["/", "/jsonrpc"])
def test_a_bad_answer_is_one_line(converse: Converse, words: str, path: str) -> None:
    with RawServer(converse, certificate()) as server, pytest.raises(PoolproofError) as caught:
        channel_to(server).post("/" if path == "/" else "/jsonrpc", "VM.get_all_records", SESSION)
    message = str(caught.value)
    assert message.startswith(f"{server.url}: VM.get_all_records: ")
    assert words in message
    assert message.isprintable()
    assert SESSION[0] not in message


def test_a_silent_host_is_given_up() -> None:
    with RawServer(hanging, certificate()) as server:
        channel = channel_to(server, read_timeout=0.2)
        with pytest.raises(PoolproofError, match=r"no answer within 0.2 s.*master"):
            channel.post("/", "VM.get_all_records", SESSION)


@pytest.mark.parametrize(
    "converse",
    [
        dripping(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n", b"x"),
        dripping(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        dripping(b"HTTP/1.1 200 OK\r\n", b"x"),
        dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        hanging,
    ],
    ids=["body", "chunks", "header", "continue", "nothing"],
)
def test_the_total_budget_ends_a_host_that_drips(converse: Converse) -> None:
    with RawServer(converse, certificate()) as server:
        channel = channel_to(server, total=0.3)
        with pytest.raises(PoolproofError, match=r"longer than 0.3 s in all"):
            channel.post("/", "VM.get_all_records", SESSION)


def test_a_spent_budget_connects_to_nobody() -> None:
    with RawServer(leaf=certificate()) as server:
        with pytest.raises(PoolproofError, match="longer than 0 s in all"):
            channel_to(server, total=0).post("/", "VM.get_all_records", SESSION)
        assert server.connections == 0


@pytest.mark.parametrize("chunked", [True, False])
def test_an_endless_body_is_given_up(monkeypatch: pytest.MonkeyPatch, chunked: bool) -> None:
    monkeypatch.setattr(channel_module, "MAX_BODY", 10_000)
    if chunked:
        converse = dripping(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"ffff\r\n" + b"x" * 65535 + b"\r\n"
        )
    else:
        converse = dripping(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n", b"x" * 65536)
    with (
        RawServer(converse, certificate()) as server,
        pytest.raises(PoolproofError, match="more than 10000 bytes"),
    ):
        channel_to(server).post("/", "VM.get_all_records", SESSION)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 401, 403, 404, 405, 500, 503])
def test_any_other_status_is_told_and_never_followed(status: int) -> None:
    with RawServer() as elsewhere:
        answer = (
            f"HTTP/1.1 {status} x\r\nlocation: {elsewhere.url}/\r\ncontent-length: 4\r\n\r\nbody".encode()
        )
        with RawServer(answering(answer), certificate()) as server:
            assert channel_to(server).post("/", "VM.get_all_records", SESSION) == Answer(status, bytearray())
    assert elsewhere.connections == 0


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"])
def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    with RawServer() as proxy, RawServer(answering(ok(b"direct")), certificate()) as server:
        monkeypatch.setenv(variable, proxy.url.replace("https", "http"))
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert channel_to(server).post("/", "VM.get_all_records", SESSION).body == b"direct"
    assert proxy.connections == 0


@pytest.mark.parametrize(
    ("converse", "connections"),
    [
        (answering(ok(b"1"), ok(b"2"), ok(b"3")), 1),
        (answering(ok(b"1", "connection: close\r\n"), ok(b"?")), 3),
        (answering(b"HTTP/1.1 200 OK\r\n\r\n1", goodbye=True), 3),
        (answering(ok(b"1")), 3),
        (answering(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n"), 3),
    ],
    ids=["kept", "closed and said so", "no length", "closed in silence", "chunked"],
)
def test_a_connection_is_kept_while_the_host_keeps_it(converse: Converse, connections: int) -> None:
    with RawServer(converse, certificate()) as server:
        channel = channel_to(server)
        bodies = [channel.post("/jsonrpc", "VM.get_all_records", SESSION).body for _ in range(3)]
        channel.close()
    assert bodies in ([b"1"] * 3, [b"1", b"2", b"3"])
    assert server.connections == connections


def test_every_new_connection_is_verified_again() -> None:
    leaves = [certificate(), certificate("elsewhere.example")]
    with RawServer(answering(ok(b"1", "connection: close\r\n")), leaves[0]) as server:
        channel = channel_to(server)
        channel.post("/", "VM.get_all_records", SESSION)
        server.present(leaves[1])
        with pytest.raises(PoolproofError, match="none of those given with --fingerprint"):
            channel.post("/", "VM.get_all_records", SESSION)


def test_half_an_answer_is_no_beginning_of_the_next() -> None:
    seen: list[str] = []

    def converse(connection: socket.socket) -> None:
        while True:
            seen.append(method_of(read_request(connection)))
            if len(seen) == 1:
                connection.sendall(ok(b"x" * 100)[:-50])
            else:
                connection.sendall(ok(b"second"))

    with RawServer(converse, certificate()) as server:
        channel = channel_to(server, read_timeout=0.2)
        with pytest.raises(PoolproofError, match="no answer within"):
            channel.post("/", "VM.get_all_records", SESSION)
        assert channel.post("/", "host.get_all_records", SESSION).body == b"second"
        channel.close()
    assert seen == ["VM.get_all_records", "host.get_all_records"]
    assert server.connections == 2


@pytest.mark.parametrize(
    ("path", "request_line", "body"),
    [
        (
            "/",
            b"POST / HTTP/1.1\r\n",
            b"<?xml version='1.0'?>\n<methodCall>\n<methodName>VM.get_all_records</methodName>\n<params>\n"
            b"<param>\n<value><string>&lt;&amp;\xc3\xa9</string></value>\n</param>\n</params>\n</methodCall>\n",
        ),
        (
            "/jsonrpc",
            b"POST /jsonrpc HTTP/1.1\r\n",
            '{"jsonrpc":"2.0","method":"VM.get_all_records","params":["<&é"],"id":1}'.encode(),
        ),
    ],
)
def test_a_request_is_what_xapi_expects(path: str, request_line: bytes, body: bytes) -> None:
    requests: list[bytes] = []

    def converse(connection: socket.socket) -> None:
        requests.append(read_request(connection))
        connection.sendall(ok(b"fine"))

    with RawServer(converse, certificate()) as server:
        channel_to(server).post("/" if path == "/" else "/jsonrpc", "VM.get_all_records", ("<&é",))
    head, _, sent = requests[0].partition(b"\r\n\r\n")
    assert head.startswith(request_line)
    assert f"\r\nHost: 127.0.0.1:{server.port}\r\n".encode() in head + b"\r\n"
    assert sent == body
