"""Servers that do one thing wrong: raw ones, and one that changes a simulator's answers."""

import json
import re
import socket
import ssl
import threading
import xmlrpc.client
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import trustme

from fixtures.simulator import Simulator
from fixtures.sources.database import Database

Converse = Callable[[socket.socket], None]
Change = Callable[[str, str, bytes], tuple[int, bytes]]
"""Path, method and the true answer → HTTP status and body."""

AUTHORITY: Final = trustme.CA()
_METHOD: Final = re.compile(rb'<methodName>([^<]*)<|"method": ?"([^"]*)"')
_LENGTH: Final = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)


@cache
def certificate(name: str = "127.0.0.1", not_after: datetime | None = None) -> trustme.LeafCert:
    """A server certificate of AUTHORITY."""
    before = datetime(2020, 1, 1, tzinfo=UTC) if not_after else None
    return AUTHORITY.issue_cert(name, not_before=before, not_after=not_after)


def fingerprint(leaf: trustme.LeafCert) -> str:
    return sha256(ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())).hexdigest()


def context(leaf: trustme.LeafCert) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(made)
    return made


class RawServer:
    """Talks to each client as `converse` does, and keeps what they said that `converse` read."""

    def __init__(
        self, converse: Converse | None = None, leaf: trustme.LeafCert | None = None, port: int = 0
    ) -> None:
        """Without `converse` it only listens; with `leaf` it speaks TLS; with `port` 0 at any."""
        self.received = b""
        self.connections = 0
        self._converse = converse or self._listen
        self._context = context(leaf) if leaf else None
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._server = socket.create_server(("127.0.0.1", port))
        self.port: int = self._server.getsockname()[1]
        self.url = f"https://127.0.0.1:{self.port}"

    def __enter__(self) -> "RawServer":
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._server, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for each in (self._server, *self._open):
            each.close()

    def present(self, leaf: trustme.LeafCert) -> None:
        """Show another certificate from now on."""
        self._context = context(leaf)

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                self._open.append(connection)
                self.connections += 1
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            self._converse(connection)
            connection.close()

    def _listen(self, connection: socket.socket) -> None:
        while piece := connection.recv(1 << 16):
            self.received += piece


def read_request(connection: socket.socket) -> bytes:
    """One HTTP request, whole. Raises ConnectionError where the client has left."""
    request = b""
    while b"\r\n\r\n" not in request or len(request) < _length(request):
        piece = connection.recv(1 << 16)
        if not piece:
            raise ConnectionError
        request += piece
    return request


def _length(request: bytes) -> int:
    head = request.index(b"\r\n\r\n") + 4
    length = _LENGTH.search(request[:head])
    return head + (int(length[1]) if length else 0)


def method_of(request: bytes) -> str:
    match = _METHOD.search(request)
    return (match[1] or match[2]).decode() if match else ""


def answering(*answers: bytes, goodbye: bool = False) -> Converse:
    """Read a request, send the next of `answers`, hang up after the last: for TLS too if `goodbye`."""

    def converse(connection: socket.socket) -> None:
        for answer in answers:
            read_request(connection)
            connection.sendall(answer)
        if goodbye and isinstance(connection, ssl.SSLSocket):
            connection.unwrap()

    return converse


def ok(body: bytes, headers: str = "") -> bytes:
    return f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n{headers}\r\n".encode() + body


def xml_success(value: Any) -> bytes:
    return xmlrpc.client.dumps(({"Status": "Success", "Value": value},), methodresponse=True).encode()


def nested(depth: int) -> bytes:
    """A list in a list in a list: deeper than Python's own functions go."""
    text = b"<string>text</string>"
    inside = b"<array><data><value>" * depth + text + b"</value></data></array>" * depth
    return xml_success("text").replace(text, inside)


def xml_failure(*description: str) -> bytes:
    reply = {"Status": "Failure", "ErrorDescription": list(description)}
    return xmlrpc.client.dumps((reply,), methodresponse=True).encode()


def json_failure(code: str, *details: str) -> bytes:
    error = {"code": 1, "message": code, "data": list(details)}
    return json.dumps({"jsonrpc": "2.0", "error": error, "id": 1}).encode()


def failure(path: str, *description: str) -> bytes:
    return json_failure(*description) if path == "/jsonrpc" else xml_failure(*description)


class Front:
    """A simulator behind another face: HTTPS with a certificate of AUTHORITY, and some answers changed."""

    def __init__(self, url: str, simulator: Simulator, calls: list[tuple[str, str]]) -> None:
        self.url = url
        self.simulator = simulator
        self.calls = calls
        """Path and method of every call, in order."""

    @property
    def methods(self) -> list[str]:
        return [method for _, method in self.calls]


@contextmanager
def front(pool: Database, change: Change) -> Iterator[Front]:
    """Serve `pool` from a simulator, every answer as `change` returns it."""
    calls: list[tuple[str, str]] = []
    with Simulator(pool, tls=False) as simulator:

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                method = method_of(body)
                calls.append((self.path, method))
                behind = HTTPConnection(simulator.url.removeprefix("http://"))
                behind.request("POST", self.path, body)
                status, answer = change(self.path, method, behind.getresponse().read())
                behind.close()
                self.send_response(status)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Be silent."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.socket = context(certificate()).wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield Front(f"https://127.0.0.1:{server.server_port}", simulator, calls)
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
