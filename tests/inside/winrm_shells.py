"""What WS-Management's shells say to requests of Create, Command, Receive, Signal and Delete.

Shaped after pywinrm's requests and MS-WSMV; a command is whatever `powershell -EncodedCommand` is given.
"""

import base64
import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as Xml
from xml.sax.saxutils import escape

_SHELL: Final = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
_NAMES: Final = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "x": "http://schemas.xmlsoap.org/ws/2004/09/transfer",
    "rsp": _SHELL,
    "f": "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault",
}
_ENCODED: Final = re.compile(r"(?i)\s-e(?:nc\w*)?\s+([0-9a-z+/=]+)\s*$")
_SECONDS: Final = re.compile(r"PT([0-9.]+)S")

TOO_LONG: Final = 8191
"""Characters of a command line that cmd.exe takes."""
TIMED_OUT: Final = 2150858793
"""WSManFault's code where an operation has nothing to say within its time; clients ask again."""
NO_SUCH_SHELL: Final = 2150858843
_PIECE: Final = 65536
"""Bytes of output that one answer carries."""

PROGRESS: Final = (
    '#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
    '<Obj S="progress" RefId="0"><TN RefId="0"><T>System.Management.Automation.PSCustomObject</T>'
    '<T>System.Object</T></TN><MS><I64 N="SourceId">1</I64><PR N="Record">'
    "<AV>Preparing modules for first use.</AV><AI>0</AI><Nil /><PI>-1</PI><PC>-1</PC><T>Completed</T>"
    "<SR>-1</SR><SD> </SD></PR></MS></Obj></Objs>"
)
"""What PowerShell writes to stderr when it loads modules and nothing is wrong."""


@dataclass(frozen=True)
class Output:
    """What a script does when it is run."""

    stdout: str | bytes = ""
    stderr: str | bytes = ""
    status: int = 0
    delay: float = 0.0
    """Seconds before the first word; infinite: it hangs."""
    endless: bool = False
    """It says the same for ever."""


Answering = Callable[[str], Output]
"""A script, decoded → what it does."""


def table(told: Mapping[str, Output | str | bytes]) -> Answering:
    """Scripts by their text, where `*` stands for anything; others fail."""

    def answer(script: str) -> Output:
        for text, output in told.items():
            if re.fullmatch(".*".join(map(re.escape, text.split("*"))), script, re.DOTALL):
                return output if isinstance(output, Output) else Output(output)
        return Output(stderr=f"not told what to answer: {script}\r\n", status=1)

    return answer


class _FaultError(Exception):
    """A reply that is a fault: WSManFault's code, subcode, and words."""

    def __init__(self, code: int, subcode: str, words: str) -> None:
        super().__init__(words)
        self.code, self.subcode = code, subcode


class _Running:
    """A command that was started, and how much of it has been received."""

    def __init__(self, output: Output) -> None:
        self.started = time.monotonic()
        self.output = output
        self.rest = {"stdout": _bytes(output.stdout), "stderr": _bytes(output.stderr)}

    def wait(self, seconds: float, closing: threading.Event) -> bool:
        """Whether it has something to say within so many seconds."""
        due = self.started + self.output.delay - time.monotonic()
        if due > 0:
            closing.wait(min(due, seconds))
        return due <= seconds and not closing.is_set()

    def take(self) -> dict[str, bytes]:
        pieces = {name: text[:_PIECE] for name, text in self.rest.items()}
        if not self.output.endless:
            self.rest = {name: text[_PIECE:] for name, text in self.rest.items()}
        return pieces

    @property
    def done(self) -> bool:
        return not any(self.rest.values())


class Shells:
    """The shells of one Windows machine."""

    def __init__(self, answering: Answering, closing: threading.Event) -> None:
        """`closing` ends all waiting."""
        self.actions: list[str] = []
        """The last words of the actions that were asked for, in order."""
        self.scripts: list[str] = []
        """Every command that was given, decoded."""
        self._answering = answering
        self._closing = closing
        self._shells: set[str] = set()
        self._commands: dict[str, _Running] = {}

    @property
    def open(self) -> int:
        """Shells that nobody has deleted."""
        return len(self._shells)

    def reply(self, request: bytes) -> tuple[int, bytes]:
        """HTTP status and envelope. Raises ParseError, ValueError where the request is none."""
        envelope = Xml.fromstring(request)
        action = _text(envelope, ".//a:Action")
        name = action.rpartition("/")[2]
        self.actions.append(name)
        told: dict[str, Callable[[Xml.Element], str]] = {
            "Create": self._create,
            "Command": self._command,
            "Receive": self._receive,
            "Signal": self._signal,
            "Delete": self._delete,
        }
        try:
            if name != "Create" and _text(envelope, ".//w:Selector[@Name='ShellId']") not in self._shells:
                raise _FaultError(
                    NO_SUCH_SHELL, "w:InvalidSelectors", "The shell was not found on the server."
                )
            status, action, body = 200, f"{action}Response", told[name](envelope)
        except _FaultError as fault:
            status, action, body = 500, f"{_NAMES['a']}/fault", _fault(fault)
        return status, _envelope(action, _text(envelope, ".//a:MessageID"), body).encode()

    def _create(self, _: Xml.Element) -> str:
        shell = str(uuid.uuid4()).upper()
        self._shells.add(shell)
        selector = f'<w:SelectorSet><w:Selector Name="ShellId">{shell}</w:Selector></w:SelectorSet>'
        return (
            "<x:ResourceCreated><a:Address>http://127.0.0.1/wsman</a:Address><a:ReferenceParameters>"
            f"<w:ResourceURI>{_SHELL}/cmd</w:ResourceURI>{selector}</a:ReferenceParameters></x:ResourceCreated>"
        )

    def _command(self, envelope: Xml.Element) -> str:
        line = " ".join((part.text or "") for part in envelope.findall(".//rsp:CommandLine/*", _NAMES))
        encoded = _ENCODED.search(line)
        script = base64.b64decode(encoded[1]).decode("utf-16-le") if encoded else line
        self.scripts.append(script)
        plain = _text(envelope, ".//w:Option[@Name='WINRS_SKIP_CMD_SHELL']") != "TRUE"
        if plain and len(line) > TOO_LONG:
            output = Output(stderr="The command line is too long.\r\n", status=1)
        else:
            output = self._answering(script)
        command = str(uuid.uuid4()).upper()
        self._commands[command] = _Running(output)
        return f"<rsp:CommandResponse><rsp:CommandId>{command}</rsp:CommandId></rsp:CommandResponse>"

    def _receive(self, envelope: Xml.Element) -> str:
        wanted = envelope.find(".//rsp:DesiredStream", _NAMES)
        command = wanted.attrib["CommandId"] if wanted is not None else ""
        running = self._commands[command]
        seconds = _SECONDS.search(_text(envelope, ".//w:OperationTimeout"))
        if not running.wait(float(seconds[1]) if seconds else 60.0, self._closing):
            raise _FaultError(
                TIMED_OUT, "w:TimedOut", "The WS-Management service cannot complete the operation."
            )
        streams = [
            f'<rsp:Stream Name="{name}" CommandId="{command}">{base64.b64encode(piece).decode()}</rsp:Stream>'
            for name, piece in running.take().items()
            if piece
        ]
        state, code = ("Running", "")
        if running.done:
            state, code = "Done", f"<rsp:ExitCode>{running.output.status}</rsp:ExitCode>"
            streams += [
                f'<rsp:Stream Name="{name}" CommandId="{command}" End="true"></rsp:Stream>'
                for name in running.rest
            ]
        return (
            f'<rsp:ReceiveResponse>{"".join(streams)}<rsp:CommandState CommandId="{command}" '
            f'State="{_SHELL}/CommandState/{state}">{code}</rsp:CommandState></rsp:ReceiveResponse>'
        )

    def _signal(self, envelope: Xml.Element) -> str:
        signal = envelope.find(".//rsp:Signal", _NAMES)
        if signal is not None:
            self._commands.pop(signal.attrib["CommandId"], None)
        return "<rsp:SignalResponse/>"

    def _delete(self, envelope: Xml.Element) -> str:
        self._shells.remove(_text(envelope, ".//w:Selector[@Name='ShellId']"))
        return ""


def _text(envelope: Xml.Element, path: str) -> str:
    """The text there; empty where there is none."""
    return envelope.findtext(path, "", _NAMES)


def _envelope(action: str, relates_to: str, body: str) -> str:
    spaces = " ".join(f'xmlns:{name}="{uri}"' for name, uri in _NAMES.items())
    return (
        f'<s:Envelope xml:lang="en-US" {spaces}><s:Header><a:Action>{action}</a:Action>'
        f"<a:MessageID>uuid:{uuid.uuid4()}</a:MessageID>"
        f"<a:RelatesTo>{escape(relates_to)}</a:RelatesTo></s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )


def _fault(fault: _FaultError) -> str:
    return (
        f"<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>{fault.subcode}</s:Value></s:Subcode>"
        f'</s:Code><s:Reason><s:Text xml:lang="en-US">{escape(str(fault))}</s:Text></s:Reason><s:Detail>'
        f'<f:WSManFault Code="{fault.code}" Machine="127.0.0.1"><f:Message>{escape(str(fault))}</f:Message>'
        "</f:WSManFault></s:Detail></s:Fault>"
    )


def _bytes(said: str | bytes) -> bytes:
    return said if isinstance(said, bytes) else said.encode()
