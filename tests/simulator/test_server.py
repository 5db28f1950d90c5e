"""HTTP: what xapi says besides its replies, and clients that are slow, rude or gone."""

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from fixtures.simulator import Simulator
from tests.simulator.small_pool import database


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(database(), tls=False) as running:
        yield running


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def connect(simulator: Simulator) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port_of(simulator.url), timeout=10)


def ask(connection: http.client.HTTPConnection, method: str, *params: Any) -> Any:
    connection.request("POST", "/jsonrpc", json.dumps({"method": method, "params": params, "id": 1}))
    return json.loads(connection.getresponse().read())["result"]


ERROR_HEADERS = {
    "connection": "close",
    "cache-control": "no-cache, no-store",
    "content-type": "text/html",
}
FORBIDDEN = "<h1>HTTP 403 forbidden</h1>Access to the requested resource is forbidden."


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "reason", "page"),
    [
        ("GET", "/", "", 403, "Forbidden", FORBIDDEN),
        ("GET", "/nothing_here", "", 403, "Forbidden", FORBIDDEN),
        ("PUT", "/", "", 403, "Forbidden", FORBIDDEN),
        ("POST", "nothing_here", "", 403, "Forbidden", FORBIDDEN),
        ("POST", "/nothing_here", "", 500, "Internal Error", "Xmlm.Error(1:1, &quot;"),
        ("POST", "/", "", 500, "Internal Error", "Xmlm.Error(1:1, &quot;"),
        ("POST", "/RPC2", "<methodCall>", 500, "Internal Error", "Xmlm.Error(1:13, &quot;"),
        ("POST", "/", '{"method":"a.b","params":[],"id":1}', 500, "Internal Error", "Xmlm.Error(1:1, &quot;"),
        ("POST", "/jsonrpc", "<methodCall/>", 500, "Internal Error", "Yojson.Json_error(&quot;"),
        ("POST", "/jsonrpc", "[]", 500, "Internal Error", "(&quot;Invalid request body&quot;)"),
        ("POST", "/jsonrpc", "{}", 500, "Internal Error", "(&quot;Invalid field &apos;method&apos;"),
        ("POST", "/jsonrpc", "[" * 100_000, 500, "Internal Error", "HTTP 500 internal server error"),
    ],
)
def test_what_is_no_call_is_answered_with_a_page(
    simulator: Simulator, method: str, path: str, body: str, status: int, reason: str, page: str
) -> None:
    connection = connect(simulator)
    connection.request(method, path, body)
    response = connection.getresponse()
    headers = {name.lower(): value for name, value in response.getheaders()}
    text = response.read().decode()
    assert (response.status, response.reason) == (status, reason)
    assert headers == {"content-length": str(len(text)), **ERROR_HEADERS}
    assert page in text
    connection.close()


@pytest.mark.parametrize(
    ("path", "body", "content_type"),
    [
        ("/", "<methodCall><methodName>foo</methodName></methodCall>", "text/xml"),
        ("/RPC2", "<methodCall><methodName>foo</methodName></methodCall>", "text/xml"),
        ("/xmlrpc", "<methodCall><methodName>foo</methodName></methodCall>", "text/xml"),
        ("/jsonrpc", '{"method":"foo","params":[],"id":1}', "application/json"),
        ("/jsonrpc?x=y", '{"method":"foo","params":[],"id":1}', "application/json"),
    ],
)
def test_a_failed_call_is_200_and_the_connection_stays(
    simulator: Simulator, path: str, body: str, content_type: str
) -> None:
    connection = connect(simulator)
    for _ in range(2):
        connection.request("POST", path, body, {"Accept-Encoding": "gzip"})
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        assert b"MESSAGE_METHOD_UNKNOWN" in response.read()
        assert (response.status, response.reason) == (200, "OK")
        assert headers == {
            "content-length": headers["content-length"],
            "connection": "keep-alive",
            "cache-control": "no-cache, no-store",
            "content-type": content_type,
            "access-control-allow-origin": "*",
            "access-control-allow-headers": "X-Requested-With",
        }
    assert connection.sock is not None
    connection.close()


@pytest.mark.parametrize(
    ("version", "header", "stays"),
    [
        ("HTTP/1.1", "", True),
        ("HTTP/1.1", "Connection: close\r\n", False),
        ("HTTP/1.0", "", False),
        ("HTTP/1.0", "Connection: Keep-Alive\r\n", True),
    ],
)
def test_the_client_may_ask_to_close(simulator: Simulator, version: str, header: str, stays: bool) -> None:
    body = '{"method":"foo","params":[],"id":1}'
    request = f"POST /jsonrpc {version}\r\n{header}Content-Length: {len(body)}\r\n\r\n{body}"
    received = b""
    with socket.create_connection(("127.0.0.1", port_of(simulator.url)), timeout=10) as client:
        client.sendall(request.encode() * 2)
        while received.count(b'"id":1}') < 1 + stays and (more := client.recv(4096)):
            received += more
        assert stays or client.recv(1) == b""
    assert received.count(b"HTTP/1.1 200 OK") == 1 + stays
    assert received.count(b"connection: keep-alive" if stays else b"connection: close") == 1 + stays


@pytest.mark.parametrize(
    "sent",
    [
        b"hello\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"GET /" + b"x" * 200_000,
    ],
    ids=["no HTTP", "no number", "negative", "huge body", "endless head"],
)
def test_what_is_no_http_ends_the_connection(simulator: Simulator, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port_of(simulator.url)), timeout=10) as client:
        try:
            client.sendall(sent)
            assert client.recv(1) == b""
        except ConnectionError:
            pass
    with closing(connect(simulator)) as another:
        assert ask(another, "session.login_with_password", simulator.user, simulator.password)


def test_an_answer_is_held_back_by_the_latency(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("fixtures.simulator.server.asyncio.sleep", sleep)
    with Simulator(database(), tls=False, latency=0.25) as slow, closing(connect(slow)) as client:
        ask(client, "foo")
    assert 0.25 in slept


@pytest.mark.parametrize("tls", [False, True])
def test_rude_clients_hold_up_nobody(tls: bool, capfd: pytest.CaptureFixture[str]) -> None:
    """Silent, half, unread and broken-off connections: others are answered, and closing is prompt."""
    threads = threading.active_count()
    with Simulator(database(), tls=tls, clone=2000) as simulator:
        context = ssl.create_default_context(cafile=str(simulator.certificate)) if tls else None
        polite = (
            http.client.HTTPSConnection("127.0.0.1", port_of(simulator.url), timeout=30, context=context)
            if context
            else connect(simulator)
        )
        session = ask(polite, "session.login_with_password", simulator.user, simulator.password)
        body = json.dumps({"method": "VM.get_all_records", "params": [session], "id": 1})
        request = f"POST /jsonrpc HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()

        def rude(sent: bytes) -> socket.socket:
            plain = socket.create_connection(("127.0.0.1", port_of(simulator.url)))
            client = context.wrap_socket(plain, server_hostname="127.0.0.1") if context else plain
            client.sendall(sent)
            return client

        silent = socket.create_connection(("127.0.0.1", port_of(simulator.url)))
        others = [rude(b""), rude(b"POST / HT"), rude(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab")]
        unread = [rude(request) for _ in range(3)]
        for client in [rude(request), rude(request), rude(b"")]:
            client.close()
        assert len(ask(polite, "VM.get_all", session)) == 2001
        polite.close()
    assert threading.active_count() == threads
    for client in [silent, *others, *unread]:
        client.close()
    assert capfd.readouterr() == ("", "")
