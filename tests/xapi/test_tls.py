"""Who is trusted, and that nothing is said to anybody else."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from fixtures.errors import PoolproofError
from fixtures.xapi import tls
from fixtures.xapi.connection import Connection, parse_url
from fixtures.xapi.deadline import Deadline
from tests.xapi.servers import AUTHORITY, RawServer, certificate, fingerprint
from tests.xapi.trusting import trusting

GOOD = certificate()
EXPIRED = certificate(not_after=datetime(2021, 1, 1, tzinfo=UTC))
OF_ANOTHER_NAME = certificate("elsewhere.example")
PIN = fingerprint(GOOD)
COLONS = ":".join(PIN[i : i + 2] for i in range(0, 64, 2)).upper()
OTHER_PIN = "ab" * 32


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("tls") / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(str(file))
    return file


@pytest.fixture(scope="module")
def another_authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("tls") / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(file))
    return file


def connect(server: RawServer, connection: Connection) -> None:
    """Connect, and say something if that is allowed."""
    with tls.connect(parse_url(server.url), connection, Deadline(30)) as trusted:
        trusted.sendall(b"password")
        trusted.shutdown(socket.SHUT_WR)
        trusted.recv(1)


def trust(request: pytest.FixtureRequest, rule: dict[str, Any]) -> Connection:
    """A connection with `rule`; ca_file names a fixture."""
    ca_file = request.getfixturevalue(rule["ca_file"]) if "ca_file" in rule else None
    return trusting(**{"fingerprints": ()} | rule | {"ca_file": ca_file})


@pytest.mark.parametrize(
    ("leaf", "rule"),
    [
        (GOOD, {"ca_file": "authority"}),
        (GOOD, {"fingerprints": (PIN,)}),
        (GOOD, {"fingerprints": (COLONS,)}),
        (GOOD, {"fingerprints": (OTHER_PIN, PIN)}),
        (GOOD, {"fingerprints": (PIN,), "ca_file": "another_authority"}),
        (EXPIRED, {"fingerprints": (fingerprint(EXPIRED),)}),
        (OF_ANOTHER_NAME, {"fingerprints": (fingerprint(OF_ANOTHER_NAME),)}),
        (GOOD, {"insecure": True}),
        (EXPIRED, {"insecure": True}),
        (OF_ANOTHER_NAME, {"insecure": True}),
    ],
)
def test_a_trusted_server_hears(
    request: pytest.FixtureRequest, leaf: trustme.LeafCert, rule: dict[str, Any]
) -> None:
    with RawServer(leaf=leaf) as server:
        connect(server, trust(request, rule))
    assert server.received == b"password"


@pytest.mark.parametrize(
    ("leaf", "rule", "words"),
    [
        (GOOD, {}, ["not trusted", f"--fingerprint {PIN}", "--ca-file"]),
        (GOOD, {"ca_file": "another_authority"}, ["not trusted", f"--fingerprint {PIN}"]),
        (
            EXPIRED,
            {"ca_file": "authority"},
            ["certificate has expired", f"--fingerprint {fingerprint(EXPIRED)}"],
        ),
        (
            OF_ANOTHER_NAME,
            {"ca_file": "authority"},
            ["not valid for '127.0.0.1'", "a name of the certificate"],
        ),
        (GOOD, {"fingerprints": (OTHER_PIN,)}, [f"fingerprint {PIN}", "none of those given"]),
        (GOOD, {"fingerprints": (OTHER_PIN,), "ca_file": "authority"}, [f"fingerprint {PIN}"]),
        (GOOD, {"fingerprints": (OTHER_PIN,), "insecure": True}, [f"fingerprint {PIN}"]),
    ],
)
def test_any_other_server_hears_nothing(
    request: pytest.FixtureRequest, leaf: trustme.LeafCert, rule: dict[str, Any], words: list[str]
) -> None:
    with RawServer(leaf=leaf) as server, pytest.raises(PoolproofError) as caught:
        connect(server, trust(request, rule))
    assert server.received == b""
    message = str(caught.value)
    assert message.startswith(server.url)
    assert message.isprintable()
    assert [word for word in words if word not in message] == []


@pytest.mark.parametrize("pin", ["", "ab", "ab" * 31, "ab" * 33, "xy" * 32, "\x1b" * 64])
def test_what_is_no_fingerprint_is_refused_before_anybody_is_called(pin: str) -> None:
    with (
        RawServer(leaf=GOOD) as server,
        pytest.raises(PoolproofError, match="not a SHA-256 fingerprint") as caught,
    ):
        connect(server, trusting(fingerprints=(PIN, pin)))
    assert server.connections == 0
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        ({"fingerprints": (), "insecure": False}, False),
        ({"fingerprints": (PIN,), "insecure": False}, False),
        ({"fingerprints": (PIN,), "insecure": True}, False),
        ({"fingerprints": (), "insecure": True}, True),
    ],
)
def test_plain_http_needs_insecure_alone(rule: dict[str, Any], allowed: bool) -> None:
    with RawServer() as server:
        server.url = server.url.replace("https", "http")
        if allowed:
            connect(server, trusting(**rule))
        else:
            with pytest.raises(PoolproofError, match="--insecure"):
                connect(server, trusting(**rule))
    assert server.received == (b"password" if allowed else b"")
    assert server.connections == allowed


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_ca_file_without_certificates_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with RawServer(leaf=GOOD) as server, pytest.raises(PoolproofError, match=f"--ca-file {file}: .*PEM"):
        connect(server, trusting(fingerprints=(), ca_file=file))
    assert server.connections == 0


def says(words: bytes) -> Any:
    def converse(connection: socket.socket) -> None:
        connection.sendall(words)
        connection.recv(1 << 16)

    return converse


@pytest.mark.parametrize(
    "words",
    [b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00" * 64, b""],
    ids=["ssh", "http", "zeros", "closed"],
)
def test_a_server_without_tls_is_one_line(words: bytes) -> None:
    with RawServer(says(words)) as server, pytest.raises(PoolproofError, match="HTTPS port") as caught:
        connect(server, trusting())
    assert str(caught.value).isprintable()


def test_a_silent_server_is_given_up() -> None:
    with RawServer() as server, pytest.raises(PoolproofError, match=r"no TLS handshake within 0.2 s"):
        connect(server, trusting(connect_timeout=0.2))


def test_a_closed_port_is_one_line() -> None:
    with RawServer() as server:
        pass
    with pytest.raises(PoolproofError, match="refused; is xapi running"):
        connect(server, trusting())


def test_an_unknown_name_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(PoolproofError, match=r"nobody here knows a host pool.example"):
        tls.connect(parse_url("https://pool.example"), trusting(), Deadline(30))


def test_an_unreachable_host_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", silent)
    with pytest.raises(PoolproofError, match="no connection within 5 s"):
        tls.connect(parse_url("https://192.0.2.1"), trusting(), Deadline(30))


# A name with several addresses


@pytest.fixture
def silent() -> Iterator[int]:
    """A port of 127.0.0.2 where connections are not answered, for too many of them wait already."""
    with socket.create_server(("127.0.0.2", 0), backlog=0) as server:
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            with suppress(BlockingIOError):
                each.connect(server.getsockname())
        yield server.getsockname()[1]
        for each in waiting:
            each.close()


def name(monkeypatch: pytest.MonkeyPatch, *hosts: str) -> None:
    """Let every name have these addresses."""
    resolve = socket.getaddrinfo

    def resolved(host: str, *more: Any, **options: Any) -> list[Any]:
        of = hosts if host == "pool.example" else (host,)
        return [found for each in of for found in resolve(each, *more, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)


def test_silent_addresses_of_a_name_share_one_time_out(silent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    name(monkeypatch, *["127.0.0.2"] * 8)
    with pytest.raises(PoolproofError, match=r"no connection within 0\.5 s"):
        tls.connect(parse_url(f"https://pool.example:{silent}"), trusting(connect_timeout=0.5), Deadline(2))


@pytest.mark.parametrize("hosts", [("127.0.0.2", "127.0.0.1"), ("127.0.0.3", "127.0.0.1", "127.0.0.2")])
def test_an_address_that_answers_is_found_among_others(
    silent: int, monkeypatch: pytest.MonkeyPatch, hosts: tuple[str, ...]
) -> None:
    name(monkeypatch, *hosts)
    with RawServer(leaf=GOOD, port=silent) as server:
        server.url = server.url.replace("127.0.0.1", "pool.example")
        connect(server, trusting(fingerprints=(PIN,), connect_timeout=4))
    assert server.received == b"password"
