"""Asking machines: what comes of good ones, and why others do not answer. Real ssh, real sshd."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fixtures.facts.reading import Answer as Told
from fixtures.facts.reading import InsideAnswers
from fixtures.policy.inside import Inside, Login
from fixtures.sources.inside import commands
from fixtures.sources.inside.asking import ask_all
from fixtures.sources.inside.machine import Machine as Asked
from tests.e2e.commands import ROOT
from tests.inside.doors import (
    Door,
    closed_port,
    door_to,
    with_changed_host,
    with_unknown_host,
    with_wrong_key,
)
from tests.inside.machines import DIE, ENDLESS, FREEZE, HANG, NO_SUDO, Answer, Machine, needs_machines
from tests.xapi.servers import RawServer

QUESTIONS = {"first": "one --now", "second": "two", "third": "three"}
MARK = "mark=${BASH_EXECUTION_STRING#*mark=}; mark=${mark%% *}"
"""In a .bashrc: what every machine can know, since it is given the script."""


@pytest.fixture(autouse=True)
def _questions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(commands.COMMANDS, "linux", QUESTIONS)


def asked(door: Door, **login: Any) -> Asked:
    given: dict[str, Any] = {
        "key": str(door.key),
        "known_hosts": str(door.known_hosts),
        "user": door.user,
        "port": door.port,
    }
    return Asked(ref="a", system="linux", address=door.address, login=Login(**given | login))


def ask(door: Door, timeout: int = 10, **login: Any) -> InsideAnswers:
    (told,) = ask_all([asked(door, **login)], Inside(connect_timeout=2, timeout=timeout))
    return told


def telling(**second: Any) -> dict[str, Answer | str | bytes]:
    return {"one --now": "1\n", "two": Answer(**second), "three": "3\n"}


@needs_machines
def test_every_question_has_its_answer_on_one_connection() -> None:
    with Machine(telling(stdout="it's\n", stderr="oh\n", status=3)) as machine:
        told = ask(machine.door)
        assert machine.logins == 1
    assert told == InsideAnswers(
        system="linux",
        address=machine.door.address,
        answers={"first": Told(0, "1\n"), "second": Told(3, "it's\noh\n"), "third": Told(0, "3\n")},
    )


@needs_machines
@pytest.mark.parametrize(
    ("changed", "why"),
    [(with_wrong_key, "login refused"), (with_unknown_host, "not known"), (with_changed_host, "not the one")],
)
def test_a_door_that_does_not_open_says_why(changed: Callable[[Door], Door], why: str) -> None:
    with Machine(telling()) as machine:
        told = ask(changed(machine.door))
        assert machine.logins == 0
    assert told.answers == {}
    assert told.failure is not None
    assert why in told.failure


def test_nobody_listens(tmp_path: Path) -> None:
    with closed_port() as port:
        assert ask(door_to(port, tmp_path)).failure == "connection refused: no SSH server listens there"


def test_the_home_of_somebody_who_is_not_there(tmp_path: Path) -> None:
    nowhere = "~nobody-there/file"
    with closed_port() as port:
        told = ask(door_to(port, tmp_path), key=nowhere, known_hosts=nowhere)
    assert told.failure == "it answers: tilde_expand: No such user nobody-there"


def test_nobody_speaks(tmp_path: Path) -> None:
    with RawServer() as server:
        assert ask(door_to(server.port, tmp_path)).failure == "it does not answer in time"


@needs_machines
def test_a_command_that_hangs_costs_its_own_answer_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fixtures.sources.inside.script.SECONDS", 1)
    with Machine(telling(then=HANG)) as machine:
        told = ask(machine.door)
    assert told.failure is None
    assert {question: each.status for question, each in told.answers.items()} == {
        "first": 0,
        "second": 124,
        "third": 0,
    }


@needs_machines
@pytest.mark.parametrize(
    ("then", "seconds", "why"),
    [
        (HANG, 2, "it took longer than 2 s in all"),
        (FREEZE, 2, "it took longer than 2 s in all"),
        (ENDLESS, 30, "it printed more than 4 MiB"),
        (DIE, 30, "it closed the connection"),
    ],
    ids=["hangs", "freezes", "babbles", "dies"],
)
def test_a_machine_that_is_lost_in_mid_answer_keeps_what_it_said(then: str, seconds: int, why: str) -> None:
    with Machine(telling(then=then)) as machine:
        told = ask(machine.door, timeout=seconds)
    assert told.failure == why
    assert told.answers.keys() <= {"first"}


@needs_machines
@pytest.mark.parametrize(
    ("printed", "told"),
    [
        ('yes "$mark ask nothing" | head -c 3000000', {"first", "second", "third"}),
        ("printf '%s end first %05000d\\n' \"$mark\" 1", {"first", "second", "third"}),
        ('printf \'%s ask first\\nx\\n%s end first %05000d\\n\' "$mark" "$mark" 9; exit', set()),
    ],
    ids=["asks itself for ever", "ends what nobody asked", "ends with no status"],
)
def test_a_machine_that_prints_our_marks_harms_itself_only(printed: str, told: set[str]) -> None:
    with Machine(telling(), files={"/root/.bashrc": f"{MARK}\n{printed}\n"}) as machine:
        assert ask(machine.door).answers.keys() == told


@needs_machines
def test_an_ssh_config_makes_nothing_weaker_and_leaves_nothing(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"StrictHostKeyChecking no\nControlMaster auto\nControlPath {tmp_path}/%C\nControlPersist 9\n"
        f"PermitLocalCommand yes\nLocalCommand touch {tmp_path}/called\n"
    )
    with Machine(telling()) as machine:
        assert ask(machine.door, ssh_config=str(config)).failure is None
        told = ask(with_unknown_host(machine.door), ssh_config=str(config))
    assert told.failure is not None
    assert "not known" in told.failure
    assert list(tmp_path.iterdir()) == [config]


def test_what_an_ssh_config_starts_is_not_waited_for(tmp_path: Path) -> None:
    """A command that leaves the process group holds the pipe open that is read."""
    config, number = tmp_path / "config", tmp_path / "number"
    config.write_text(
        f"ProxyCommand setsid sh -c 'echo $$ >{number}; exec sleep 60' & until [ -s {number} ]; do :; done\n"
    )
    told = ask(door_to(1, tmp_path), ssh_config=str(config))
    os.kill(int(number.read_text()), signal.SIGKILL)
    assert told.failure is not None
    assert told.answers == {}


ASK_WITHOUT_ROOM = """
import os, resource, sys
from fixtures.errors import PoolproofError
from fixtures.policy.inside import Inside, Login
from fixtures.room import needing_room
from fixtures.sources.inside.asking import ask_all
from fixtures.sources.inside.machine import Machine
jump = Login(port=1, jump="nobody@127.0.0.1:1")
machines = [Machine(ref="a", system="linux", address="127.0.0.1", login=jump)] * 9
os.setuid(64123)
resource.setrlimit(resource.RLIMIT_NPROC, (int(sys.argv[1]),) * 2)
try:
    with needing_room():
        print({told.failure for told in ask_all(machines, Inside(at_once=int(sys.argv[2])))})
except PoolproofError as error:
    print(error)
"""


@needs_machines
@pytest.mark.parametrize(
    ("processes", "at_once", "said"),
    [("1", "9", "no more threads are to be had"), ("2", "1", "ssh cannot be started here")],
)
def test_no_room_for_threads_or_processes(processes: str, at_once: str, said: str) -> None:
    """Only root's limits do not hold, so that this takes another user."""
    command = [sys.executable, "-c", ASK_WITHOUT_ROOM, processes, at_once]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert said in run.stdout, run.stderr


@needs_machines
@pytest.mark.parametrize(
    ("sudo", "why"),
    [
        ("", None),
        (NO_SUDO, "sudo asks for a password there: allow its commands without (NOPASSWD)"),
        (None, "it has no sudo: its login says that commands need it"),
    ],
    ids=["without-a-password", "with-a-password", "absent"],
)
def test_commands_that_need_sudo(sudo: str | None, why: str | None) -> None:
    with Machine(telling(), user="auditor", only_root=["one", "two", "three"], sudo=sudo) as machine:
        told = ask(machine.door, sudo=True)
        alone = ask(machine.door)
    assert told.failure == why
    assert [each.status for each in told.answers.values()] == ([] if why else [0, 0, 0])
    assert {each.output for each in alone.answers.values()} == {
        f"{name}: Permission denied\n" for name in ("one", "two", "three")
    }


@needs_machines
def test_a_missing_command_and_one_whose_output_is_no_text() -> None:
    with Machine({"one --now": b"\xff\xfe", "three": "3\n"}) as machine:
        told = ask(machine.door)
    assert told.failure is None
    assert told.unanswered == {"first": "its output is no UTF-8"}
    assert told.answers["second"].status == 127
    assert told.answers["third"] == Told(0, "3\n")


@needs_machines
def test_noise_around_the_answers_is_none_of_them(tmp_path: Path) -> None:
    (tmp_path / "banner").write_text("Trespassers will be audited.\n")
    noisy = {"/root/.bashrc": "echo Welcome\n"}
    with Machine(telling(), noisy, settings=f"Banner {tmp_path}/banner\n") as machine:
        told = ask(machine.door)
    assert told.failure is None
    assert told.answers["first"] == Told(0, "1\n")


@needs_machines
def test_a_slow_machine_is_waited_for_and_a_dead_one_costs_the_others_nothing() -> None:
    with Machine(telling(delay=1.5)) as slow, Machine(telling(then=HANG)) as hung, Machine(telling()) as good:
        machines = [asked(each.door) for each in (hung, slow, good)]
        lost, *others = ask_all(machines, Inside(connect_timeout=2, timeout=4))
    assert lost.failure == "it took longer than 4 s in all"
    assert [each.failure for each in others] == [None, None]


@needs_machines
def test_paths_of_a_login_may_have_blanks_and_percents(tmp_path: Path) -> None:
    with Machine(telling()) as machine:
        key, known_hosts = tmp_path / "a %h key", tmp_path / "known %h hosts"
        key.write_bytes(machine.door.key.read_bytes())
        key.chmod(0o600)
        known_hosts.write_bytes(machine.door.known_hosts.read_bytes())
        told = ask(machine.door, key=str(key), known_hosts=str(known_hosts))
    assert told.failure is None
