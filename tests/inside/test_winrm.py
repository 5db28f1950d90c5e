"""Windows machines that are asked over WinRM: what comes of good ones, and why others do not answer."""

import base64
import logging
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Any

import pytest
import trustme

from fixtures.facts.reading import Answer as Told
from fixtures.facts.reading import InsideAnswers
from fixtures.policy.inside import Inside, Login
from fixtures.sources.inside import commands
from fixtures.sources.inside.asking import ask_all
from fixtures.sources.inside.machine import Machine
from fixtures.sources.inside.marks import Marks
from fixtures.sources.inside.powershell import ROOM, command_lines
from fixtures.sources.inside.running import Running
from fixtures.sources.inside.windows_commands import WINDOWS
from tests.inside.doors import closed_port
from tests.inside.powershell import answering
from tests.inside.winrm_server import Windows
from tests.inside.winrm_shells import PROGRESS, Output
from tests.xapi.servers import AUTHORITY, RawServer, certificate, read_request
from tests.xapi.servers import answering as saying

QUESTIONS = {"first": "Get-First", "second": "Get-Second", "third": "Get-Third"}
ANSWERS: dict[str, Any] = {"first": "1\r\n", "second": "zw\u00f6lf\n", "third": (127, "no such thing\n")}
WHOLE = {"first": Told(0, "1\r"), "second": Told(0, "zw\u00f6lf"), "third": Told(127, "no such thing")}
GOOD = answering(ANSWERS)
PASSWORD = "Correct horse 1"


@pytest.fixture(autouse=True)
def _questions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(commands.COMMANDS, "windows", QUESTIONS)


Ask = Callable[..., InsideAnswers]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Ask one machine: by its endpoint, or by a port where none of ours listens."""
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    (tmp_path / "password").touch(0o600)
    (tmp_path / "password").write_text(f"{PASSWORD}\n")

    def asked(
        windows: Windows | int, *, address: str = "127.0.0.1", timeout: int = 20, **login: Any
    ) -> InsideAnswers:
        given: dict[str, Any] = {
            "backend": "winrm",
            "user": "auditor",
            "port": windows if isinstance(windows, int) else windows.port,
            "password_file": str(tmp_path / "password"),
            "ca_file": str(tmp_path / "ca.pem"),
        }
        machine = Machine(ref="a", system="windows", address=address, login=Login(**given | login))
        (told,) = ask_all([machine], Inside(connect_timeout=1, timeout=timeout))
        return told

    return asked


def why(told: InsideAnswers) -> str:
    """Why nothing was answered."""
    assert told.answers == {}
    assert told.failure is not None
    return told.failure


def test_every_question_has_its_answer_in_one_shell(ask: Ask) -> None:
    with Windows(GOOD) as windows:
        assert ask(windows) == InsideAnswers(system="windows", address="127.0.0.1", answers=WHOLE)
        assert windows.shells.actions == ["Create", "Command", "Receive", "Signal", "Delete"]
        assert windows.shells.open == 0


def test_a_user_of_a_domain(ask: Ask) -> None:
    with Windows(GOOD, user="CORP\\auditor") as windows:
        assert ask(windows, user="CORP\\auditor").answers == WHOLE


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_an_address_of_ipv6_is_one(ask: Ask) -> None:
    with closed_port() as port:
        assert "cannot be reached" not in why(ask(port, address="::1"))


def test_many_questions_take_several_command_lines_in_the_same_shell(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = {f"q{number}": f"Get-Something # {'x' * 700}" for number in range(7)}
    monkeypatch.setitem(commands.COMMANDS, "windows", long)
    with Windows(answering(dict.fromkeys(long, "yes\n"))) as windows:
        assert ask(windows).answers == dict.fromkeys(long, Told(0, "yes"))
        assert windows.shells.actions.count("Create") == 1
        assert len(windows.shells.scripts) == windows.shells.actions.count("Command") > 1


def test_noise_beside_the_answers_is_none_of_them(ask: Ask) -> None:
    def noisy(script: str) -> Output:
        output = GOOD(script).stdout
        assert isinstance(output, bytes)
        return Output(b"Welcome\r\n" + output, PROGRESS)

    with Windows(noisy) as windows:
        assert ask(windows) == InsideAnswers(system="windows", address="127.0.0.1", answers=WHOLE)


def test_output_that_is_no_utf_8_is_unanswered_alone(ask: Ask) -> None:
    with Windows(answering(ANSWERS | {"second": b"zw\x94lf\n"})) as windows:
        told = ask(windows)
    assert told.answers == {key: WHOLE[key] for key in ("first", "third")}
    assert told.unanswered == {"second": "its output is no UTF-8"}
    assert told.failure is None


@pytest.mark.parametrize("wrong", [{"user": "nobody"}, {"user": "CORP\\auditor"}], ids=["user", "domain"])
def test_who_is_not_known_is_refused(ask: Ask, wrong: dict[str, str]) -> None:
    with Windows(GOOD) as windows:
        assert why(ask(windows, **wrong)).startswith("login refused: a wrong user or password")
        assert windows.shells.actions == []


def test_a_wrong_password_is_refused_and_shown_nowhere(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Windows(GOOD, password="another") as windows:
        told = ask(windows)
    assert why(told).startswith("login refused")
    assert PASSWORD not in f"{told} {caplog.text}"


def test_a_right_password_is_logged_nowhere(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Windows(GOOD) as windows:
        assert ask(windows).answers == WHOLE
    everything = caplog.text + "".join(repr(vars(record)) for record in caplog.records)
    assert "RUN" in everything, "testinfra tells what it runs"
    for shape in (PASSWORD, base64.b64encode(PASSWORD.encode()).decode(), PASSWORD.encode("utf-16-le").hex()):
        assert shape not in everything


@pytest.mark.parametrize(
    ("content", "mode", "expected"),
    [
        (b"secret", 0o640, "others may read it; run: chmod 600"),
        (b"", 0o600, "it must hold the password, in UTF-8, and nothing else"),
        (b"\xff\xfe", 0o600, "it must hold the password"),
        (None, 0o600, "No such file or directory"),
    ],
    ids=["readable", "empty", "no-text", "absent"],
)
def test_a_password_file_that_cannot_be_used(
    ask: Ask, tmp_path: Path, content: bytes | None, mode: int, expected: str
) -> None:
    file = tmp_path / "another"
    if content is not None:
        file.write_bytes(content)
        file.chmod(mode)
    failure = why(ask(1, password_file=str(file)))
    assert failure.startswith(f"password_file {file}: ")
    assert expected in failure


@pytest.mark.parametrize(
    ("leaf", "expected"),
    [
        (
            trustme.CA().issue_cert("127.0.0.1"),
            "is not trusted: name who vouches for it in its login (ca_file)",
        ),
        (certificate("127.0.0.1", datetime(2021, 1, 1, tzinfo=UTC)), "has expired"),
        (certificate("elsewhere.example"), "is for another name"),
    ],
    ids=["unknown-authority", "expired", "another-name"],
)
def test_certificates_that_are_refused(ask: Ask, leaf: trustme.LeafCert, expected: str) -> None:
    with Windows(GOOD, leaf=leaf) as windows:
        assert expected in why(ask(windows))
        assert windows.shells.actions == []


def test_without_a_ca_file_the_usual_authorities_count(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Windows(GOOD) as windows:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
        assert "is not trusted" in why(ask(windows, ca_file="")), "only for what Python makes by itself"
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        assert ask(windows, ca_file="").answers == WHOLE


@pytest.mark.parametrize("content", [None, b"", b"no certificate"], ids=["absent", "empty", "garbage"])
def test_a_ca_file_that_cannot_be_read(ask: Ask, tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "none.pem").write_bytes(content)
    with Windows(GOOD) as windows:
        failure = why(ask(windows, ca_file=str(tmp_path / "none.pem")))
        assert failure == "the login's ca_file cannot be read: name a file of PEM certificates"
        assert windows.shells.actions == []


def test_keys_of_sessions_are_not_written(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    with Windows(GOOD) as windows:
        assert ask(windows).answers == WHOLE
    assert not (tmp_path / "keys").exists()


def test_no_tls(ask: Ask) -> None:
    with Windows(GOOD, tls=False) as windows:
        assert "speaks no TLS" in why(ask(windows))
        assert windows.shells.actions == []


def test_nobody_listens(ask: Ask) -> None:
    with closed_port() as port:
        assert why(ask(port)) == "connection refused: WinRM does not listen for HTTPS there"


def test_nobody_speaks(ask: Ask) -> None:
    with RawServer() as server:
        assert why(ask(server.port)) == "it does not answer in time"


def test_a_name_that_nobody_knows(ask: Ask) -> None:
    assert why(ask(1, address="nowhere.invalid")) == "its name cannot be resolved"


def test_a_proxy_of_the_environment_is_not_asked(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with Windows(GOOD) as windows:
        assert ask(windows).answers == WHOLE


@pytest.mark.parametrize("code", [301, 307, 308])
def test_nobody_is_led_elsewhere(ask: Ask, code: int) -> None:
    with RawServer() as elsewhere:
        answer = (
            f"HTTP/1.1 {code} Go\r\nLocation: http://127.0.0.1:{elsewhere.port}/\r\nContent-Length: 0\r\n\r\n"
        )
        with RawServer(saying(answer.encode()), certificate()) as server:
            assert why(ask(server.port)).startswith("it sends us elsewhere")
        assert elsewhere.connections == 0


Answer = tuple[int, bytes] | None


def spoiled(action: str, answer: Answer) -> Callable[[str, int, bytes], Answer]:
    return lambda asked, *true: answer if asked == action else true


def fault(code: int, words: str = "It\x1b[31m will not.") -> bytes:
    """A fault as Windows has it."""
    return (
        b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        b'xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"><s:Body><s:Fault><s:Code>'
        b"<s:Value>s:Receiver</s:Value></s:Code><s:Reason><s:Text>%b</s:Text></s:Reason>"
        b'<s:Detail><f:WSManFault Code="%d"/></s:Detail></s:Fault></s:Body></s:Envelope>'
    ) % (words.encode().replace(b"\x1b", b"&#x202e;"), code)


@pytest.mark.parametrize("action", ["Create", "Command", "Receive"])
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((503, b"busy"), "it answers with HTTP status 503: is it WinRM that listens there?"),
        ((404, b"<html><body>Nothing here</body></html>"), "it answers with HTTP status 404"),
        ((500, b"\xff\xfe"), "it does not answer as WinRM does (UnicodeDecodeError)"),
        ((500, fault(5)), "login refused: this user may not run commands over WinRM"),
        ((500, fault(2150859173)), "it has no more shells for this user"),
        ((500, fault(1)), "it refuses: It\\u202e[31m will not."),
        ((200, b"<html>It works!"), "it does not answer as WinRM does (no XML)"),
        ((200, b""), "it does not answer as WinRM does (no XML)"),
        ((200, b"\x00" * 5_000_000), "it printed more than 4 MiB"),
    ],
    ids=["busy", "absent", "no-text", "denied", "quota", "fault", "html", "empty", "huge"],
)
def test_answers_that_are_none(ask: Ask, action: str, answer: Answer, expected: str) -> None:
    with Windows(GOOD, change=spoiled(action, answer)) as windows:
        assert why(ask(windows)).startswith(expected)


@pytest.mark.parametrize("action", ["Create", "Command"])
def test_answers_of_something_else(ask: Ask, action: str) -> None:
    with Windows(GOOD, change=spoiled(action, (200, b"<a/>"))) as windows:
        assert why(ask(windows)) == "it does not answer as WinRM does (StopIteration)"


@pytest.mark.parametrize(
    "answer", [(200, b"<a/>"), (500, fault(2150858793)), None], ids=["else", "wait", "silent"]
)
@pytest.mark.parametrize("action", ["Signal", "Delete"])
def test_an_end_that_goes_wrong_takes_no_answer_away(ask: Ask, action: str, answer: Answer) -> None:
    with Windows(GOOD, change=spoiled(action, answer)) as windows:
        assert ask(windows).answers == WHOLE


@pytest.mark.parametrize("answer", [(200, b"<a/>"), (500, fault(2150858793))], ids=["else", "wait"])
def test_a_machine_that_puts_us_off_for_ever(ask: Ask, answer: Answer) -> None:
    with Windows(GOOD, change=spoiled("Receive", answer)) as windows:
        assert why(ask(windows, timeout=2)) == "it took longer than 2 s in all"
        assert windows.shells.open == 0


def test_an_answer_that_never_comes(ask: Ask) -> None:
    with Windows(GOOD, change=spoiled("Receive", None)) as windows:
        assert why(ask(windows)) == "it does not answer in time"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (Output("x", delay=inf), "it took longer than 2 s in all"),
        (Output("x" * 60_000, endless=True), "it printed more than 4 MiB"),
    ],
    ids=["hangs", "endless"],
)
def test_a_script_that_never_ends_is_ended_with_its_shell(ask: Ask, output: Output, expected: str) -> None:
    with Windows(lambda _: output) as windows:
        assert why(ask(windows, timeout=2 if output.delay else 20)) == expected
        assert windows.shells.actions[-2:] == ["Signal", "Delete"]
        assert windows.shells.open == 0


def test_a_machine_that_is_lost_in_mid_answer_keeps_what_it_said(ask: Ask) -> None:
    with Windows(answering(ANSWERS, lost="second")) as windows:
        told = ask(windows)
    assert told.answers == {"first": WHOLE["first"]}
    assert told.failure == "it does not answer what it was asked"


@pytest.mark.parametrize(
    ("stderr", "expected"),
    [
        ("", "it does not answer what it was asked"),
        (PROGRESS, "it does not answer what it was asked"),
        (
            "'powershell' is not recognized as an internal or external command,\r\noperable…",
            "it has no PowerShell",
        ),
        (
            '#< CLIXML\r\n<Objs><S S="Error">Method invocation is supported only on core types in this '
            "language mode._x000D__x000A_</S></Objs>",
            "PowerShell is locked down there",
        ),
        (
            '#< CLIXML\r\n<Objs><S S="Error">Out of \u202ememory_x000D__x000A_</S></Objs>',
            "it answers: Out of \\u202em",
        ),
        ("one\r\ntwo\r\n", "it answers: two"),
    ],
    ids=["silence", "progress", "absent", "locked", "error", "text"],
)
def test_complaints(ask: Ask, stderr: str, expected: str) -> None:
    with Windows(lambda _: Output("", stderr, status=1)) as windows:
        assert why(ask(windows)).startswith(expected)


def test_who_drips_holds_up_nobody(ask: Ask) -> None:
    over = threading.Event()

    def drip(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
        while not over.wait(0.1):
            connection.sendall(b".")

    with RawServer(drip, certificate()) as server:
        assert why(ask(server.port, timeout=2)) == "it took longer than 2 s in all"
        over.set()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"", "it closed the connection"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", "it closed the connection"),
        (
            b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n",
            "login refused: a wrong user or password, or it takes",
        ),
        (b"HTTP/1.1 401 No\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n", "it does not answer as"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "it closed the connection"),
    ],
    ids=["nothing", "short", "no-ntlm", "no-challenge", "ssh"],
)
def test_who_speaks_no_winrm(ask: Ask, answer: bytes, expected: str) -> None:
    with RawServer(saying(answer), certificate()) as server:
        assert why(ask(server.port)).startswith(expected)


def test_the_end_of_the_run_is_not_waited_for() -> None:
    waiting, never = threading.Event(), threading.Event()

    def hang() -> str:
        waiting.set()
        never.wait()
        return "too late"

    said: list[str | None] = []
    with Running() as running:
        asking = threading.Thread(target=lambda: said.append(running.outcome(hang, 3600)))
        asking.start()
        waiting.wait()
    asking.join()
    assert said == [None]
    assert running.outcome(lambda: "said", 1) is None, "nothing is begun after the end"
    never.set()


def test_all_commands_have_room() -> None:
    assert all(len(line) <= ROOM for line in command_lines(WINDOWS, Marks()))
