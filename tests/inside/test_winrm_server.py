"""The WinRM endpoint, asked by testinfra's own backend: by pywinrm, with NTLM."""

import base64
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from math import inf
from pathlib import Path

import pytest
import requests
import trustme
from testinfra.backend.winrm import WinRMBackend
from testinfra.host import Host
from winrm.exceptions import InvalidCredentialsError, WinRMTransportError, WSManFaultError
from winrm.protocol import Protocol

from tests.inside.winrm_server import Windows
from tests.inside.winrm_shells import PROGRESS, TOO_LONG, Answering, Output, table
from tests.xapi.servers import AUTHORITY, certificate

SCRIPT = "Get-Service | Where-Object Status -eq 'Running'"
Backend = Callable[[Windows], WinRMBackend]
RUNNING: Answering = table({SCRIPT: Output("xenagent\r\n", PROGRESS)})


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file with the certificate that vouches for the endpoints."""
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def backend(authority: Path) -> Backend:
    """testinfra's backend to an endpoint, with what its constructor takes no argument for."""

    def made(windows: Windows) -> WinRMBackend:
        backend = WinRMBackend(f"{windows.address}:{windows.port}", no_ssl=windows.leaf is None)
        backend.conn_args.update(
            username=windows.user,
            password=windows.password,
            ca_trust_path=str(authority),
            proxy=None,
            read_timeout_sec=3,
            operation_timeout_sec=1,
        )
        return backend

    return made


def encoded(script: str) -> str:
    return f"powershell -NoProfile -EncodedCommand {base64.b64encode(script.encode('utf-16-le')).decode()}"


@pytest.mark.parametrize("user", ["auditor", "CORP\\auditor"])
@pytest.mark.parametrize("tls", [True, False], ids=["https", "http-sealed"])
def test_a_script_is_run(backend: Backend, user: str, tls: bool) -> None:
    with Windows(RUNNING, user=user, tls=tls) as windows:
        told = Host(backend(windows)).run(encoded(SCRIPT))
        assert (told.stdout_bytes, told.rc) == (b"xenagent\r\n", 0)
        assert told.stderr_bytes == PROGRESS.encode()
        assert windows.shells.scripts == [SCRIPT]
        assert windows.shells.actions == ["Create", "Command", "Receive", "Signal", "Delete"]
        assert windows.shells.open == 0


def test_another_address(backend: Backend) -> None:
    with Windows(RUNNING, address="127.3.2.1") as windows:
        assert Host(backend(windows)).run(encoded(SCRIPT)).rc == 0


@pytest.mark.parametrize(
    "output",
    [
        Output(b"\xff\xfe\x00", b"\x81", status=3),
        Output("long " * 60_000, "bad " * 30_000),
        Output("late", delay=1.5),
        Output(),
    ],
    ids=["bytes", "long", "slow", "silent"],
)
def test_output_comes_as_it_is(backend: Backend, output: Output) -> None:
    with Windows(lambda _: output) as windows:
        told = Host(backend(windows)).run("whoami")
        assert windows.shells.scripts == ["whoami"]
    expected = [each if isinstance(each, bytes) else each.encode() for each in (output.stdout, output.stderr)]
    assert [told.stdout_bytes, told.stderr_bytes] == expected
    assert told.rc == output.status


def test_tables_tell_scripts_apart() -> None:
    told = table({"Get-Date": "noon", "Get-*": Output("thing", status=2)})
    assert told("Get-Date").stdout == "noon"
    assert told("Get-\nThing").status == 2
    assert told("Set-Date").status == 1


def test_a_command_line_may_be_too_long(backend: Backend) -> None:
    with Windows(table({"*": "fine"})) as windows:
        told = Host(backend(windows)).run(encoded("#" * TOO_LONG))
    assert (told.rc, told.stderr) == (1, "The command line is too long.\r\n")


@pytest.mark.parametrize("tls", [True, False], ids=["https", "http"])
@pytest.mark.parametrize("wrong", [{"password": "guess"}, {"username": "nobody"}], ids=["password", "name"])
@pytest.mark.parametrize("basic", [True, False], ids=["basic", "ntlm"])
def test_others_are_not_let_in(backend: Backend, wrong: dict[str, str], tls: bool, basic: bool) -> None:
    with Windows(RUNNING, tls=tls, basic=basic) as windows:
        asking = backend(windows)
        asking.conn_args.update(wrong, transport="basic" if basic else "ntlm")
        with pytest.raises(InvalidCredentialsError):
            Host(asking).run(encoded(SCRIPT))
        assert windows.shells.actions == []


@pytest.mark.parametrize("offered", [True, False], ids=["offered", "not-offered"])
def test_basic(backend: Backend, offered: bool) -> None:
    with Windows(RUNNING, basic=offered) as windows:
        asking = backend(windows)
        asking.conn_args["transport"] = "basic"
        if offered:
            assert Host(asking).run(encoded(SCRIPT)).rc == 0
        else:
            with pytest.raises(InvalidCredentialsError):
                Host(asking).run(encoded(SCRIPT))


@pytest.mark.parametrize(
    "leaf",
    [
        trustme.CA().issue_cert("127.0.0.1"),
        certificate("127.0.0.1", datetime(2021, 1, 1, tzinfo=UTC)),
        certificate("elsewhere.example"),
    ],
    ids=["unknown-authority", "expired", "another-name"],
)
def test_certificates_that_are_refused(backend: Backend, leaf: trustme.LeafCert) -> None:
    with Windows(RUNNING, leaf=leaf) as windows:
        with pytest.raises(requests.exceptions.SSLError, match="certificate verify failed"):
            Host(backend(windows)).run(encoded(SCRIPT))
        assert windows.shells.actions == []


@pytest.mark.parametrize(
    "output", [Output("x", delay=inf), Output("x", endless=True)], ids=["hangs", "endless"]
)
def test_a_script_that_never_ends(backend: Backend, output: Output) -> None:
    with Windows(lambda _: output) as windows:
        asking = threading.Thread(target=_quietly, args=(backend(windows),), daemon=True)
        asking.start()
        asking.join(2.5)
        assert asking.is_alive()
        assert windows.shells.actions.count("Receive") > 1
    asking.join()


def test_an_answer_that_never_comes(backend: Backend) -> None:
    with Windows(RUNNING, change=lambda *true: None if true[0] == "Receive" else true[1:]) as windows:
        with pytest.raises(requests.exceptions.ReadTimeout):
            Host(backend(windows)).run(encoded(SCRIPT))
        assert windows.shells.open == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((200, b"<html>It works!"), SyntaxError),
        ((503, b"busy"), WinRMTransportError),
    ],
)
def test_answers_can_be_spoiled(backend: Backend, answer: tuple[int, bytes], error: type[Exception]) -> None:
    with Windows(RUNNING, change=lambda *_: answer) as windows, pytest.raises(error):
        Host(backend(windows)).run(encoded(SCRIPT))


def test_a_shell_that_is_not_there(backend: Backend) -> None:
    with Windows(RUNNING) as windows, pytest.raises(WSManFaultError, match="shell was not found"):
        Protocol(**backend(windows).conn_args).run_command("gone", "whoami")


def _quietly(backend: WinRMBackend) -> None:
    """Ask until the endpoint goes away."""
    with pytest.raises(requests.exceptions.RequestException):
        Host(backend).run("whoami")
