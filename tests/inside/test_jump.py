"""Machines behind a jump host: one connection to it for all, none where it does not let us through."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from fixtures.policy.inside import Inside, Login
from fixtures.sources.inside import commands
from fixtures.sources.inside.asking import ask_all
from fixtures.sources.inside.machine import Machine as Asked
from tests.inside.doors import Door, all_known, with_unknown_host
from tests.inside.machines import Machine, needs_machines


@pytest.fixture(autouse=True)
def _question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(commands.COMMANDS, "linux", {"name": "hostname"})


def behind(jump: Door, door: Door, known_hosts: Any) -> Asked:
    login = Login(
        user=door.user,
        port=door.port,
        key=str(door.key),
        known_hosts=str(known_hosts),
        jump=f"{jump.user}@{jump.address}:{jump.port}",
    )
    return Asked(ref="a", system="linux", address=door.address, login=login)


@needs_machines
def test_all_machines_share_one_connection_to_the_jump_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        Machine() as bastion,
        Machine({"hostname": "behind\n"}, addresses=8) as machine,
        TemporaryDirectory(prefix="100 %h ") as odd,
    ):
        monkeypatch.setattr("tempfile.tempdir", odd)
        known = all_known([bastion.door, machine.door], tmp_path / "known hosts")
        asked = [behind(bastion.door, door, known) for door in machine.doors]
        told = ask_all(asked, Inside(connect_timeout=5, timeout=20))
        assert (bastion.logins, machine.logins) == (1, 8)
    assert {each.failure for each in told} == {None}
    assert {each.answers["name"].output for each in told} == {"behind\n"}


@needs_machines
def test_a_jump_host_that_is_not_known_is_the_reason() -> None:
    with Machine() as bastion, Machine({"hostname": "behind\n"}) as machine:
        unknown = with_unknown_host(bastion.door)
        (told,) = ask_all([behind(unknown, machine.door, machine.door.known_hosts)], Inside())
        assert machine.logins == 0
    assert told.failure is not None
    assert told.failure.startswith(
        f"the jump host root@{bastion.door.address}:{bastion.door.port}: its host key"
    )
