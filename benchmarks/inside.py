"""Looking into guests that take their time, all at once and one after another: real ssh, real sshd."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from fixtures.sources.database_writer import write_database
from tests.inside.doors import Door, all_known
from tests.inside.machines import Answer, Machine

from .process import environment, run

AIM: Final = 20
"""Seconds for AIM_GUESTS of them."""
AIM_GUESTS: Final = 200

ADDRESSES: Final = 16
"""As how many guests one sshd can pass."""

# Which guest it is, is told by the address at which it is asked.
_UUID: Final = (
    """IFS=' .'; set -- $SSH_CONNECTION; printf 'bbbbbbbb-0000-4000-8000-%03d%03d%03d%03d\\n' $6 $7 $8 $9"""
)


class Seconds(NamedTuple):
    """How long a run took: all guests at once, and one after another."""

    at_once: float
    in_turn: float | None


def compare(guests: int, *, in_turn: bool) -> Seconds:
    """Look into so many guests that need a second each. Ends the benchmark where one does not answer."""
    with tempfile.TemporaryDirectory() as name, _guests(guests) as doors:
        folder = Path(name)
        _write(folder, doors)
        return Seconds(_look(folder, guests, 32), _look(folder, guests, 1) if in_turn else None)


@contextmanager
def _guests(count: int) -> Iterator[Sequence[Door]]:
    told: dict[str, Answer | str | bytes] = {
        "cat /sys/hypervisor/uuid": Answer(then=_UUID),
        "cat *": Answer(then='exec /bin/cat "$@"'),
    }
    files = {"/root/.bashrc": "sleep 1\n", "/sys/hypervisor/type": "xen\n"}
    with ExitStack() as stack:
        doors: list[Door] = []
        while len(doors) < count:
            port = doors[0].port if doors else 0
            addresses = min(ADDRESSES, count - len(doors))
            machine = stack.enter_context(Machine(told, files, addresses=addresses, port=port))
            doors += machine.doors
        yield doors


def _write(folder: Path, doors: Sequence[Door]) -> None:
    all_known(doors, folder / "known_hosts")
    (folder / "pool.xml").write_bytes(write_database({"schema_major_vsn": "5"}, _tables(doors)))
    for at_once in (1, 32):
        (folder / f"policy{at_once}.toml").write_text(
            f'controls = ["!*", "INSIDE-LINUX-XEN-01"]\n[inside]\nat_once = {at_once}\n[[inside.logins]]\n'
            f'key = "{doors[0].key}"\nknown_hosts = "{folder}/known_hosts"\nport = {doors[0].port}\n'
        )


def _tables(doors: Sequence[Door]) -> dict[str, dict[str, dict[str, Any]]]:
    vms: dict[str, dict[str, Any]] = {}
    reports: dict[str, dict[str, Any]] = {}
    for door in doors:
        uuid = "bbbbbbbb-0000-4000-8000-" + "".join(f"{int(part):03}" for part in door.address.split("."))
        reports[f"OpaqueRef:{uuid}-report"] = {"uuid": f"{uuid}-report", "networks": {"0/ip": door.address}}
        vms[f"OpaqueRef:{uuid}"] = {
            "uuid": uuid,
            "name_label": f"guest at {door.address}",
            "power_state": "Running",
            "is_a_template": False,
            "is_a_snapshot": False,
            "is_control_domain": False,
            "guest_metrics": f"OpaqueRef:{uuid}-report",
        }
    return {
        "pool": {"OpaqueRef:pool": {"uuid": "uuid-pool", "name_label": "Pool"}},
        "host": {"OpaqueRef:host": {"uuid": "uuid-host", "name_label": "xen1"}},
        "VM": vms,
        "VM_guest_metrics": reports,
    }


def _look(folder: Path, guests: int, at_once: int) -> float:
    begun = time.perf_counter()
    ended = run(
        [
            *("-m", "pytest", "-n2", "--inside=guests", "-kINSIDE-LINUX-XEN-01"),
            f"--pool={folder / 'pool.xml'}",
            f"--policy={folder / f'policy{at_once}.toml'}",
            f"--report-dir={folder / 'reports'}",
        ],
        environment(),
    )
    took = time.perf_counter() - begun
    if f" {guests} passed" not in ended.output:
        raise SystemExit(f"not all of {guests} guests answered\n{ended.output[-2000:]}")
    return took
