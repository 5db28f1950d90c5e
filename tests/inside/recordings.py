"""Machines of the corpus: what a real Xen, its host and its guests said to each command, by folder."""

import re
from pathlib import Path
from typing import Final, NamedTuple

from tests.corpus import CORPUS
from tests.inside.machines import Answer, Contents

AGENT: Final = "xe-linux-distribution.service"
"""The guest agent's unit in the recordings."""

# Programs that read files: the files themselves are on the machine.
_READERS: Final = {"cat", "ls", "readlink"}
_IN_SHELL: Final = re.compile(r"[|;&$<>(){}*\n]")
_HEAD: Final = re.compile(rb"# (.*?)\n# rc=([0-9]+)\n(.*)", re.DOTALL)
_HYPERVISOR: Final = re.compile(r"^(/sys/hypervisor/\S+): (?!<denied>|cat: )(.*)$", re.MULTILINE)
_DRIVER: Final = re.compile(r"^(/sys/class/\S+)(?: (\S+))?$", re.MULTILINE)
_ON_A_DISK: Final = re.compile(r"^(\w+) +(?:ata +)?disk (\S.*)$", re.MULTILINE)
_STATE: Final = re.compile(r"^(eth\d+) +(\S+)", re.MULTILINE)
_SUBSYSTEM: Final = re.compile(
    r"Ethernet controller.*\n\tSubsystem: .*\[(....):....\]\n\tKernel driver in use: (\S+)"
)
_PROCESS: Final = re.compile(r"^ *([0-9]+) +\S+ +\S+ +(\S.*)$", re.MULTILINE)
_ON_THE_BUS: Final = re.compile(
    r"^(/sys/bus/xen/devices/\S+) devtype=(\S*) state=(\S*) driver=(\S*)$", re.MULTILINE
)


class _Recording(NamedTuple):
    """One command line, and what came of it."""

    command: str
    status: int
    output: bytes

    @property
    def text(self) -> str:
        return self.output.decode(errors="surrogateescape")


def recorded(folder: str) -> Contents:
    """The machine of a folder below the corpus' `xen`: svmon/host, svmoff/guest-pv, … Needs the corpus."""
    assert CORPUS
    paths = sorted((CORPUS / "xen" / folder).glob("*.txt"))
    told = {path.stem: recording for path in paths if (recording := _read(path))}
    # Of a guest's os-release there is no recording. Host and guests are the same Debian.
    if release := _read(CORPUS / "xen/svmon/host/os-release.txt"):
        told.setdefault("os-release", release)
    commands: dict[str, Answer | str | bytes] = {}
    files: dict[str, str | bytes] = {}
    links: dict[str, str] = {}
    for each in told.values():
        program, _, rest = each.command.partition(" ")
        if program == "cat" and each.status == 0 and not _IN_SHELL.search(rest):
            files[rest] = each.output
        elif program not in _READERS and not _IN_SHELL.search(each.command):
            commands[each.command] = _answer(each)
    _hypervisor(told, files)
    _devices(told, files, links)
    _details(told, files)
    _processes(told, files)
    _mounts(told, files)
    _kernel(told, commands, files)
    _agent(told, commands)
    return Contents(commands, files, links)


def _read(path: Path) -> _Recording | None:
    """None where the file names no command: it was taken on the console, or on the guest's host."""
    head = _HEAD.fullmatch(path.read_bytes())
    return _Recording(head[1].decode(), int(head[2]), head[3]) if head else None


def _answer(recording: _Recording) -> Answer:
    """Both streams were recorded as one: of a command that failed, more than a word was a complaint.

    Status 3 is systemctl's way to say that a unit is inactive.
    """
    if recording.status not in (0, 3) and len(recording.output.split()) != 1:
        return Answer(stderr=recording.output, status=recording.status)
    return Answer(recording.output, status=recording.status)


def _hypervisor(told: dict[str, _Recording], files: dict[str, str | bytes]) -> None:
    """Text below /sys/hypervisor; build ids are binary, and damaged where they were recorded."""
    for path, content in _HYPERVISOR.findall(told["sys-hypervisor"].text):
        if content.isascii():
            files[path] = content + "\n"


def _devices(told: dict[str, _Recording], files: dict[str, str | bytes], links: dict[str, str]) -> None:
    for name in ("block-driver", "net-driver"):
        for device, driver in _DRIVER.findall(told[name].text) if name in told else ():
            files[f"{device}/uevent"] = ""
            if driver:
                links[f"{device}/device/driver"] = driver
    if "block-driver" in told:
        links["/sys/block"] = "class/block"
    if "sys-bus-xen-drivers" in told:
        for device, kind, state, driver in _ON_THE_BUS.findall(told["sys-bus-xen-drivers"].text):
            files[f"{device}/devtype"], files[f"{device}/state"] = f"{kind}\n", f"{state}\n"
            if driver:
                links[f"{device}/driver"] = driver


def _details(told: dict[str, _Recording], files: dict[str, str | bytes]) -> None:
    """What lsblk, ip and lspci read of devices."""
    if "lsblk" in told:
        for disk, model in _ON_A_DISK.findall(told["lsblk"].text):
            files[f"/sys/class/block/{disk}/device/model"] = f"{model}\n"
    if "ip" in told:
        subsystems = _SUBSYSTEM.findall(told["lspci"].text) if "lspci" in told else []
        for name, state in _STATE.findall(told["ip"].text):
            files[f"/sys/class/net/{name}/operstate"] = f"{state.lower()}\n"
            for vendor, _ in subsystems:
                files[f"/sys/class/net/{name}/device/subsystem_vendor"] = f"0x{vendor}\n"


def _processes(told: dict[str, _Recording], files: dict[str, str | bytes]) -> None:
    """Of a kernel's thread or of a script its name, of others their program's, as /proc/*/comm has it."""
    if "ps" in told and "block-driver" in told:
        for number, command in _PROCESS.findall(told["ps"].text):
            program, *rest = command.split()
            name = rest[0] if program == "/bin/sh" and rest else program
            files[f"/proc/{number}/comm"] = f"{name.rpartition('/')[2].strip('[]')[:15]}\n"


def _mounts(told: dict[str, _Recording], files: dict[str, str | bytes]) -> None:
    """Of `findmnt …; cat /proc/mounts; swapon --show` the middle."""
    if "root-device" in told:
        lines = told["root-device"].text.splitlines(keepends=True)
        files["/proc/mounts"] = "".join(line for line in lines if len(line.split()) == 6)


def _kernel(
    told: dict[str, _Recording],
    commands: dict[str, Answer | str | bytes],
    files: dict[str, str | bytes],
) -> None:
    system, node, release, *_ = told["uname-a"].text.split()
    for option, word in {"": system, " -s": system, " -n": node, " -r": release, " -m": "x86_64"}.items():
        commands[f"uname{option}"] = f"{word}\n"
    commands["hostname"] = f"{node}\n"
    if "modules-builtin-xen" in told:
        listed = told["modules-builtin-xen"].text
        files[f"/lib/modules/{release}/modules.dep"] = listed.replace(".ko\n", ".ko:\n")
        files[f"/lib/modules/{release}/modules.builtin"] = ""
        files[f"/lib/modules/{release}/kernel/.there"] = ""
    if "xen:balloon: Initialising" in told["dmesg"].text:
        files["/sys/devices/system/xen_memory/xen_memory0/uevent"] = ""


def _agent(told: dict[str, _Recording], commands: dict[str, Answer | str | bytes]) -> None:
    """What is said of the agent's unit and package, whatever else is asked with it."""
    if "agent-show" in told:
        commands[f"systemctl show *{AGENT}*"] = _answer(told["agent-show"])
    if "agent-dpkg" in told:
        *status, version = told["agent-dpkg"].text.splitlines(keepends=True)
        commands["dpkg -s xe-guest-utilities"] = "".join(status)
        commands["dpkg-query *xe-guest-utilities"] = version
    if "agent-xenstore-read" in told:
        asked = told["agent-xenstore-read"].command.split("; ")
        for command, line in zip(asked, told["agent-xenstore-read"].text.splitlines(), strict=False):
            if command.startswith("xenstore-read "):
                failed = "error" in line
                commands[command] = Answer(stderr=f"{line}\n", status=1) if failed else f"{line}\n"
