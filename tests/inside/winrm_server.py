"""A Windows machine's WinRM endpoint on loopback: HTTPS or HTTP, NTLM as Windows speaks it, Basic if allowed.

NTLM is pyspnego's own: the password is checked in earnest, with the certificate that the client has seen, and
over plain HTTP messages are sealed.
"""

import base64
import hashlib
import os
import ssl
import struct
import threading
from binascii import Error as Base64Error
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import spnego
import trustme
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import SpnegoError

from tests.inside.winrm_shells import Answering, Shells
from tests.xapi.servers import certificate, context

Change = Callable[[str, int, bytes], tuple[int, bytes] | None]
"""Action, HTTP status and the true answer → what is sent instead; None: nothing, ever."""

_SEALED: Final = "application/HTTP-SPNEGO-session-encrypted"
_BOUNDARY: Final = b"--Encrypted Boundary"
_OCTETS: Final = b"Content-Type: application/octet-stream\r\n"
_ONE_AT_A_TIME: Final = threading.Lock()


class Windows:
    """One machine that listens while its block lasts."""

    def __init__(
        self,
        answering: Answering,
        *,
        user: str = "auditor",
        password: str = "Correct horse 1",
        address: str = "127.0.0.1",
        port: int = 0,
        tls: bool = True,
        leaf: trustme.LeafCert | None = None,
        basic: bool = False,
        change: Change | None = None,
    ) -> None:
        """`user` may have a domain (`CORP\\auditor`). `leaf`: the certificate; without, one of AUTHORITY for
        the address. `basic`: Basic is offered beside NTLM. `change` spoils answers.
        """
        self.user, self.password, self.address = user, password, address
        self.closing = threading.Event()
        self.shells = Shells(answering, self.closing)
        self.leaf = (leaf or certificate(address)) if tls else None
        self.basic = basic
        self.change = change
        self._server = _Server(self, (address, port))
        self.port: int = self._server.server_port
        self.url = f"http{'s' if tls else ''}://{address}:{self.port}/wsman"
        self._folder = TemporaryDirectory(prefix="windows-")

    def __enter__(self) -> "Windows":
        accounts = Path(self._folder.name, "accounts")
        domain, _, name = self.user.rpartition("\\")
        accounts.write_text(f"{domain}:{name}:{self.password}\n")
        self._accounts = str(accounts)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._folder.cleanup()

    @property
    def bindings(self) -> GssChannelBindings | None:
        """What NTLM ties a login to: the certificate, as the client must have seen it too."""
        if self.leaf is None:
            return None
        shown = ssl.PEM_cert_to_DER_cert(self.leaf.cert_chain_pems[0].bytes().decode())
        return GssChannelBindings(application_data=b"tls-server-end-point:" + hashlib.sha256(shown).digest())

    def step(self, login: spnego.ContextProxy | None, token: bytes) -> tuple[spnego.ContextProxy, bytes]:
        """One step of NTLM: the login, begun if there is none yet, and what the client is told.

        Raises SpnegoError for a wrong name or password, and for a token that is none.
        """
        with _ONE_AT_A_TIME:  # pyspnego takes the accounts from the file that the environment names
            os.environ["NTLM_USER_FILE"] = self._accounts
            try:
                login = login or spnego.server(protocol="ntlm", channel_bindings=self.bindings)
                return login, login.step(token) or b""
            finally:
                del os.environ["NTLM_USER_FILE"]


class _Server(ThreadingHTTPServer):
    """Speaks TLS in each connection's own thread: who says nothing holds up nobody."""

    def __init__(self, windows: Windows, address: tuple[str, int]) -> None:
        self.windows = windows
        super().__init__(address, _Handler)
        if windows.leaf:
            self.socket = context(windows.leaf).wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    def handle_error(self, *_: object) -> None:
        """Be silent: clients that leave, or do not like the certificate, are what tests are about."""


class _Handler(BaseHTTPRequestHandler):
    """One connection. NTLM lets in connections, not requests."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: _Server

    def setup(self) -> None:
        super().setup()
        self._login: spnego.ContextProxy | None = None

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.server.windows.closing.is_set():
            self.close_connection = True
            return
        refusal = self._refusal()
        if refusal is not None:
            self._send(401, b"", {"WWW-Authenticate": refusal})
        elif not body:  # sent to log in before there is anything to be sealed
            self._send(200, b"", {})
        else:
            self._answer(body)

    def _answer(self, body: bytes) -> None:
        windows = self.server.windows
        sealed = self.headers.get("content-type", "").startswith("multipart/encrypted")
        status, answer = windows.shells.reply(self._unseal(body) if sealed else body)
        if windows.change:
            changed = windows.change(windows.shells.actions[-1], status, answer)
            if changed is None:
                windows.closing.wait()
                self.close_connection = True
                return
            status, answer = changed
        if sealed:
            kind = f'multipart/encrypted;protocol="{_SEALED}";boundary="Encrypted Boundary"'
            self._send(status, self._seal(answer), {"Content-Type": kind})
        else:
            self._send(status, answer, {"Content-Type": "application/soap+xml;charset=UTF-8"})

    def _refusal(self) -> str | None:
        """None for who is let in, else what a login takes."""
        windows = self.server.windows
        scheme, _, given = self.headers.get("authorization", "").partition(" ")
        offer = "Negotiate" + (', Basic realm="WSMAN"' if windows.basic else "")
        if not scheme:
            return None if self._login and self._login.complete else offer
        try:
            token = base64.b64decode(given)
            if scheme == "Basic":
                right = f"{windows.user}:{windows.password}".encode()
                return None if windows.basic and token == right else offer
            if self._login and self._login.complete:
                self._login = None
            self._login, said = windows.step(self._login, token)
        except (SpnegoError, Base64Error, struct.error):
            self._login = None
            return offer
        return None if self._login.complete else f"Negotiate {base64.b64encode(said).decode()}"

    def _unseal(self, body: bytes) -> bytes:
        assert self._login is not None
        sealed = body.partition(_OCTETS)[2].removesuffix(_BOUNDARY + b"--\r\n")
        size = struct.unpack("<i", sealed[:4])[0]
        return self._login.unwrap_winrm(sealed[4 : 4 + size], sealed[4 + size :])

    def _seal(self, answer: bytes) -> bytes:
        assert self._login is not None
        sealed = self._login.wrap_winrm(answer)
        original = (
            f"OriginalContent: type=application/soap+xml;charset=UTF-8;Length={len(answer)}\r\n".encode()
        )
        return b"".join(
            [
                _BOUNDARY + b"\r\n\tContent-Type: " + _SEALED.encode() + b"\r\n\t" + original,
                _BOUNDARY + b"\r\n\t" + _OCTETS,
                struct.pack("<i", len(sealed.header)) + sealed.header + sealed.data,
                _BOUNDARY + b"--\r\n",
            ]
        )

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Be silent."""
