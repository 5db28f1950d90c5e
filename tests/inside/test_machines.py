"""Machines are what tests take them for: plain ssh says so."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.inside.doors import (
    Door,
    all_known,
    closed_port,
    door_to,
    ssh,
    with_changed_host,
    with_unknown_host,
    with_wrong_key,
)
from tests.inside.machines import (
    DIE,
    ENDLESS,
    FREEZE,
    HANG,
    NO_SUDO,
    Answer,
    Machine,
    needs_machines,
)
from tests.xapi.servers import RawServer

SOON = ("ServerAliveInterval=1", "ServerAliveCountMax=1")


@needs_machines
def test_a_machine_has_what_it_was_given_and_nothing_of_this_system() -> None:
    with Machine(
        files={"/sys/hypervisor/type": "xen\n", "/etc/motto": b"na\xefve\n"},
        links={"/sys/class/net/eth0/device/driver": "../../bus/xen/drivers/vif"},
    ) as machine:
        told = ssh(
            machine.door,
            "cat /sys/hypervisor/type /etc/motto; readlink /sys/class/net/*/device/driver; ls -x /; uname",
        )
    assert told.stdout == (
        b"xen\nna\xefve\n../../bus/xen/drivers/vif\n"
        b"bin    dev    etc    home   lib    lib64  proc   root   sys    tmp    usr\n"
    )
    assert b"uname: command not found" in told.stderr
    assert told.returncode == 127


@needs_machines
def test_programs_answer_as_told_and_are_counted() -> None:
    commands: dict[str, Answer | str | bytes] = {
        "xl info": "virt_caps : pv hvm\n",
        "systemctl show * xe-daemon.service": "ActiveState=active\n",
        "df": Answer("full\n", "df: /gone: it's away\n", status=1),
        "/opt/xensource/bin/xe host-list": b"\xff\xfe",
    }
    with Machine(commands) as machine:
        good = ssh(machine.door, "xl info; systemctl show -p ActiveState xe-daemon.service; df")
        raw = ssh(machine.door, "/opt/xensource/bin/xe host-list")
        untold = ssh(machine.door, "xl dmesg")
        assert machine.logins == 3
        assert machine.calls == [
            "xl info",
            "systemctl show -p ActiveState xe-daemon.service",
            "df ",
            "xe host-list",
            "xl dmesg",
        ]
    assert (good.stdout, good.stderr, good.returncode) == (
        b"virt_caps : pv hvm\nActiveState=active\nfull\n",
        b"df: /gone: it's away\n",
        1,
    )
    assert raw.stdout == b"\xff\xfe"
    assert (untold.stderr, untold.returncode) == (b"xl: not told what to answer: dmesg\n", 64)


@needs_machines
def test_shell_and_timeout_are_those_of_most_guests() -> None:
    with Machine({"xl info": Answer("late", delay=600)}) as machine:
        told = ssh(machine.door, "timeout 0.1 xl info; echo $?; echo $BASH; sh -c 'echo $BASH; [[ a ]]'")
    assert told.stdout == b"124\n/bin/bash\n\n"
    assert b"not found" in told.stderr


@needs_machines
def test_doors_that_do_not_open() -> None:
    with Machine() as machine:
        assert b"Permission denied (publickey)" in _refused(with_wrong_key(machine.door))
        assert b"No ED25519 host key is known" in _refused(with_unknown_host(machine.door))
        assert b"IDENTIFICATION HAS CHANGED" in _refused(with_changed_host(machine.door))
        assert machine.logins == 0


def test_nobody_behind_the_door(tmp_path: Path) -> None:
    with closed_port() as port:
        assert b"Connection refused" in _refused(door_to(port, tmp_path))


def test_nothing_said_behind_the_door(tmp_path: Path) -> None:
    with RawServer() as server:
        (tmp_path / "silent").mkdir()
        assert b"timed out" in _refused(door_to(server.port, tmp_path / "silent"), "ConnectTimeout=1")


@needs_machines
@pytest.mark.parametrize(
    ("then", "words"), [(DIE, b"closed by remote host"), (FREEZE, b"not responding")], ids=["dies", "freezes"]
)
def test_a_machine_that_is_lost_in_mid_answer(then: str, words: bytes) -> None:
    with Machine({"xl info": Answer("virt_", then=then)}) as machine:
        told = ssh(machine.door, "xl info; echo after", *SOON)
        again = ssh(machine.door, "echo again")
    assert told.stdout in (b"virt_", b"")  # as far as sshd has come
    assert told.returncode == 255
    assert words in told.stderr
    assert again.stdout == b"again\n"


@needs_machines
@pytest.mark.parametrize(("then", "said"), [(HANG, b"virt_"), (ENDLESS, b"virt_y\ny\n")])
def test_a_program_that_never_ends(then: str, said: bytes) -> None:
    with Machine({"xl info": Answer("virt_", then=then)}) as machine:
        told = ssh(machine.door, "timeout 3 xl info | head -c 9; echo; kill -0 $$ && echo alive", *SOON)
    assert told.stdout.startswith(said)
    assert told.stdout.endswith(b"\nalive\n")
    assert told.returncode == 0


@needs_machines
@pytest.mark.parametrize(
    ("sudo", "said"),
    [
        ("", b"virt_caps\n"),
        (NO_SUDO, b"sudo: a password is required\n"),
        (None, b"bash: line 1: sudo: command not found\n"),
    ],
    ids=["without-a-password", "with-a-password", "absent"],
)
def test_a_program_that_only_root_may_call(sudo: str | None, said: bytes) -> None:
    with Machine({"xl info": "virt_caps\n"}, user="auditor", only_root=["xl"], sudo=sudo) as machine:
        alone = ssh(machine.door, "id -un; xl info")
        helped = ssh(machine.door, "sudo -n xl info")
        within = ssh(machine.door, "sudo -n sh -c 'xl info'")
    assert (alone.stdout, alone.stderr) == (b"auditor\n", b"xl: Permission denied\n")
    assert helped.stdout + helped.stderr == said
    assert within.stdout + within.stderr == said


@needs_machines
def test_noise_of_the_shell_and_a_banner(tmp_path: Path) -> None:
    (tmp_path / "banner").write_text("Trespassers will be audited.\n")
    files = {"/root/.bashrc": "echo Welcome\n"}
    with Machine(files=files, settings=f"Banner {tmp_path}/banner\n") as machine:
        told = ssh(machine.door, "echo hello")
    assert told.stdout == b"Welcome\nhello\n"
    assert told.stderr == b"Trespassers will be audited.\n"


@needs_machines
def test_one_machine_passes_as_many() -> None:
    with Machine({"hostname": "guest\n"}, addresses=16) as machine:
        assert len({door.address for door in machine.doors}) == 16
        assert [ssh(door, "hostname").stdout for door in (machine.doors[0], machine.doors[-1])] == [
            b"guest\n"
        ] * 2


@needs_machines
def test_one_key_and_one_known_hosts_for_all(tmp_path: Path) -> None:
    with Machine({"hostname": "one\n"}) as one, Machine({"hostname": "other\n"}) as other:
        both = all_known([one.door, other.door], tmp_path / "known_hosts")
        doors = [replace(each.door, key=one.door.key, known_hosts=both) for each in (one, other)]
        assert [ssh(door, "hostname").stdout for door in doors] == [b"one\n", b"other\n"]


@needs_machines
def test_nothing_is_left_of_a_machine() -> None:
    with Machine({"xl info": Answer("virt_", then=HANG)}) as machine:
        hung = _start(machine.door, "xl info")
        assert hung.stdout
        assert hung.stdout.read(5) == b"virt_"
        place = machine.root.parent
    assert hung.wait() == 255
    assert not place.exists()
    assert not [path for path in Path("/proc").glob("[0-9]*/cmdline") if str(place) in _read(path)]


def _refused(door: Door, *options: str) -> bytes:
    """ssh's words when it does not get in."""
    told = ssh(door, "true", *options)
    assert told.returncode == 255
    return told.stderr


def _read(path: Path) -> str:
    """A file's text; none where the process has ended meanwhile."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _start(door: Door, command: str) -> subprocess.Popen[bytes]:
    options = ["-oBatchMode=yes", f"-oUserKnownHostsFile={door.known_hosts}"]
    target = ["-i", str(door.key), "-p", str(door.port), f"{door.user}@{door.address}"]
    return subprocess.Popen(
        ["ssh", "-F", "none", *options, *target, command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
