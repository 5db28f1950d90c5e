"""Machines to be asked over ssh: real sshd on loopback, a prepared file system, programs that answer as told.

A machine has namespaces of mounts and processes of its own: its sshd needs no account and no folder of this
system, whoever logs in sees nothing of this system, and with the machine's first process all others end.
"""

import atexit
import os
import random
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Final, NamedTuple

import pytest

from tests.inside.doors import Door, known, make_key

UNPACKED: Final = Path(sys.prefix) / "sshd"
"""Where `make sshd` unpacks Debian's packages."""

HANG: Final = "exec sleep 1000000"
"""Never end; sshd goes on answering for the session."""
ENDLESS: Final = "exec yes"
"""Print for ever."""
DIE: Final = "sleep 0.3; kill -KILL -1"
"""End every session of the machine, as a crash would, when sshd has had time to pass on what was said."""
FREEZE: Final = f"sleep 0.3; kill -STOP -1; {HANG}"
"""Stop every session of the machine: connections stay open and nothing is ever said on them again."""

NEEDS_ROOT: Final = "needs root"
NO_SUDO: Final = 'echo "sudo: a password is required" >&2; exit 1'

# What scripts are made of, by busybox; what would tell of this system (uname, df, …) answers only as told.
_TOOLS: Final = """
    [ awk base64 basename cat chmod cp cut date dirname du echo egrep env expr false fgrep find grep head
    hexdump id kill ln ls md5sum mkdir mktemp mv nl od printf pwd realpath rm rmdir sed seq sha256sum
    sleep sort stat strings tac tail tee test time touch tr true tty uniq wc which whoami xargs yes
"""
_ACCOUNTS: Final = {
    "passwd": "root:x:0:0::/root:/bin/bash\nsshd:x:74:74::/run/sshd:/bin/false\n"
    "auditor:x:1000:1000::/home/auditor:/bin/bash\n",
    "shadow": "root:*:19000::::::\nsshd:*:19000::::::\nauditor:*:19000::::::\n",
    "group": "root:x:0:\nsshd:x:74:\nauditor:x:1000:\n",
}
# The key exchange is the one before last: the newest costs the client seven times as much CPU.
_SETTINGS: Final = """
KexAlgorithms curve25519-sha256
Port {port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
ChrootDirectory /run/machine
PidFile none
UsePAM no
UseDNS no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxStartups 1000
"""
# $1: the machine's folder, $2: the unpacked packages, $3: what is lent of this system. The tree is mounted
# below folders of root's alone, which ChrootDirectory insists on.
_START: Final = """
mount -t tmpfs -o mode=755 none /run
mkdir -p /run/sshd /run/machine
for each in passwd shadow group; do mount --bind "$1/tree/etc/$each" "/etc/$each"; done
mount --bind "$1/tree" /run/machine
mount --bind /dev/null /run/machine/dev/null
mount --bind "$2/bin/busybox" /run/machine/bin/busybox
mount --bind "$2/bin/bash-static" /run/machine/bin/bash
for each in $3; do mount --bind "$each" "/run/machine$each"; done
LD_LIBRARY_PATH="$2/usr/lib/$(uname -m)-linux-gnu" exec "$2/usr/sbin/sshd" -D -e -f "$1/sshd_config"
"""
_ALONE: Final = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
_PATIENCE: Final = 10.0
"""Seconds that a machine may take to start."""


def _why_not() -> str:
    """Why there can be no machines here; empty where there can."""
    if os.getuid() != 0:
        return "only root can start machines"
    if not (UNPACKED / "usr/sbin/sshd").exists():
        return f"no sshd in {UNPACKED}: `make sshd` has not been run, or could not have it"
    if subprocess.run([*_ALONE, "true"], capture_output=True).returncode != 0:
        return "no namespaces can be made here"
    return ""


WHY_NOT: Final = _why_not()
"""Why there can be no machines here; empty where there can."""
needs_machines: Final = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)


@dataclass(frozen=True)
class Answer:
    """What a program does when it is called."""

    stdout: str | bytes = ""
    stderr: str | bytes = ""
    status: int = 0
    delay: float = 0.0
    """Seconds before the first word."""
    then: str = ""
    """A line of shell after the last word: HANG, ENDLESS, DIE, FREEZE."""


class Contents(NamedTuple):
    """What there is on a machine."""

    commands: Mapping[str, Answer | str | bytes]
    """Command line → what it answers. `*` stands for anything. A program without a path is in /usr/bin."""
    files: Mapping[str, str | bytes]
    links: Mapping[str, str]


class Machine:
    """One sshd, and what whoever logs in finds. Use it with `with`."""

    def __init__(
        self,
        commands: Mapping[str, Answer | str | bytes] | None = None,
        files: Mapping[str, str | bytes] | None = None,
        links: Mapping[str, str] | None = None,
        *,
        user: str = "root",
        only_root: Collection[str] = (),
        sudo: str | None = None,
        addresses: int = 1,
        port: int = 0,
        settings: str = "",
    ) -> None:
        """`user`: root or auditor. `only_root`: programs that nobody else may call. `sudo`: None for none,
        else what it does first, in shell (NO_SUDO: want a password). `addresses`: as how many machines it
        passes, at most 16 (sshd's limit). `port`: for machines that share one; 0 for any. `settings`: more
        lines of sshd_config.
        """
        self._folder = TemporaryDirectory(prefix="machine-")
        self._place = Path(self._folder.name)
        self._place.chmod(0o755)  # sshd reads authorized_keys as the user who knocks
        self._only_root = frozenset(only_root)
        self._numbers = count()
        self.root = self._place / "tree"
        """The machine's file system."""
        places = [
            f"127.{random.randrange(1, 255)}.{random.randrange(1, 255)}.{n + 1}" for n in range(addresses)
        ]
        port = port or _free_port(places[0])
        key, self._visitor = _visitor()
        known_hosts = self._place / "known_hosts"
        self.doors = [Door(address, port, user, key, known_hosts) for address in places]
        self.door = self.doors[0]
        self._settings = settings
        self._plant(files or {}, links or {})
        self._teach(commands or {})
        if sudo is not None:
            self._write_program("/usr/bin/sudo", f"{sudo}\n{_SUDO}")

    def __enter__(self) -> "Machine":
        door, place = self.door, self._place
        (place / "authorized_keys").write_text(self._visitor)
        host_key = make_key(place / "host_key")
        door.known_hosts.write_text("".join(known(each.address, each.port, host_key) for each in self.doors))
        settings = _SETTINGS.format(port=door.port, folder=place)
        listen = "".join(f"ListenAddress {each.address}\n" for each in self.doors)
        (place / "sshd_config").write_text(settings + listen + self._settings)
        with (place / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [*_ALONE, "sh", "-ec", _START, "sh", str(place), str(UNPACKED), " ".join(_lent())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._await()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()

    @property
    def log(self) -> str:
        """What sshd has said."""
        return (self._place / "log").read_text(errors="replace")

    @property
    def logins(self) -> int:
        """How often somebody was let in."""
        return self.log.count("Accepted publickey for ")

    @property
    def calls(self) -> list[str]:
        """Every call of a program that answers as told, in order."""
        return (self.root / ".calls").read_text(errors="replace").splitlines()

    def _await(self) -> None:
        """Return when sshd listens. Raises RuntimeError with its own words where it does not."""
        until = time.monotonic() + _PATIENCE
        while self.log.count("Server listening on") < len(self.doors):
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"no machine: {self.log}")
            time.sleep(0.002)

    def _plant(self, files: Mapping[str, str | bytes], links: Mapping[str, str]) -> None:
        for folder in ("bin", "dev", "proc", "sys", "tmp", "root", "home/auditor", "usr/bin", ".answers"):
            (self.root / folder).mkdir(parents=True)
        (self.root / "tmp").chmod(0o1777)
        for mounted in ("/dev/null", "/bin/busybox", "/bin/bash", "/.calls", *_lent()):
            self._below(mounted).touch()
        (self.root / ".calls").chmod(0o666)
        (self.root / "bin/sh").symlink_to("dash")
        for tool in _TOOLS.split():
            (self.root / "bin" / tool).symlink_to("busybox")
        accounts = {f"/etc/{name}": text for name, text in _ACCOUNTS.items()}
        for path, content in {**accounts, **files}.items():
            self._below(path).write_bytes(_bytes(content))
        for path, target in links.items():
            self._below(path).symlink_to(target)

    def _teach(self, commands: Mapping[str, Answer | str | bytes]) -> None:
        """Write a program for all that is told of each; what is told exactly goes before patterns."""
        cases: dict[str, list[str]] = {}
        for line in sorted(commands, key=lambda line: "*" in line):
            program, _, arguments = line.partition(" ")
            cases.setdefault(program, []).append(f"{_pattern(arguments)})\n{self._act(commands[line])};;")
        for program, told in cases.items():
            path = program if program.startswith("/") else f"/usr/bin/{program}"
            name = Path(program).name
            guard = _GUARD.replace("NAME", name) if name in self._only_root else ""
            told.append(f'*) echo "{name}: not told what to answer: $*" >&2; exit 64;;')
            self._write_program(path, f"{guard}case $* in\n" + "\n".join(told) + "\nesac")

    def _act(self, told: Answer | str | bytes) -> str:
        answer = told if isinstance(told, Answer) else Answer(told)
        lines = [f"sleep {answer.delay}"] if answer.delay else []
        for said, where in ((answer.stdout, ""), (answer.stderr, " >&2")):
            if said:
                path = f"/.answers/{next(self._numbers)}"
                self._below(path).write_bytes(_bytes(said))
                lines.append(f"cat {path}{where}")
        return "\n".join([*lines, answer.then, f"exit {answer.status}"])

    def _write_program(self, path: str, script: str) -> None:
        program = self._below(path)
        program.write_text(f'#!/bin/sh\nprintf "%s\\n" "{Path(path).name} $*" >> /.calls\n{script}\n')
        program.chmod(0o755)

    def _below(self, path: str) -> Path:
        """The path in the machine's tree, with the folders above it made."""
        there = self.root / path.lstrip("/")
        there.parent.mkdir(parents=True, exist_ok=True)
        return there


# sudo lets its program know who it is by AS_ROOT: nothing in the tree can really change users.
_GUARD: Final = '[ "$USER$AS_ROOT" = root ] || { echo "NAME: Permission denied" >&2; exit 1; }\n'
_SUDO: Final = """while :; do case $1 in --) shift; break;; -*) shift;; *) break;; esac; done
AS_ROOT=root USER= exec "$@"
"""


@cache
def _visitor() -> tuple[Path, str]:
    """The key that every machine of this process lets in: its file, and its public half."""
    folder = Path(mkdtemp(prefix="visitor-"))
    atexit.register(shutil.rmtree, folder)
    return folder / "key", make_key(folder / "key")


@cache
def _lent() -> list[str]:
    """Programs of this system with their libraries, where busybox's differ from those of most guests: a sh
    that knows no more than POSIX, a readlink that takes several links, a timeout that says so with 124.
    """
    libraries = subprocess.run(["ldd", "/bin/dash"], check=True, capture_output=True, text=True).stdout
    return ["/bin/dash", "/bin/readlink", "/usr/bin/timeout", *re.findall(r"/\S+", libraries)]


def _pattern(arguments: str) -> str:
    """Of shell: these arguments, `*` being any."""
    return "*".join(shlex.quote(part) for part in arguments.split("*"))


def _bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()


def _free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port
