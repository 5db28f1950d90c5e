"""Whatever goes wrong in a pool, a reading is whole, honest about its gaps, or one line; and logged out."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import pytest

from fixtures.errors import PoolproofError
from fixtures.facts.reading import Reading
from fixtures.facts.records import CLASSES
from fixtures.secret import Secret
from fixtures.simulator import Fault, Simulator
from fixtures.simulator.faults import KINDS, UNKNOWN_ENUM
from fixtures.sources.live import read_live
from fixtures.xapi.connection import Connection
from tests.simulator.small_pool import Tables, database, whole_tables

LOGIN, LOGOUT = "session.login_with_password", "session.logout"
READS: Final = "*.get_all_records"
HASTE: Final = {
    "stall": {"read_timeout": 0.3},
    "length-too-long": {"read_timeout": 0.3},
    "drip": {"read_timeout": 0.3, "total_timeout": 4.0},
}
"""How long to wait for what never comes; other faults are as patient as their tests allow."""


@dataclass(frozen=True)
class Row:
    """A fault, and what becomes of a reading: whole, unless something else is said."""

    fault: Fault
    unread: Mapping[str, str] = field(default_factory=dict)
    """Class → what its cause says."""
    absent: Collection[str] = ()
    """Classes that the pool does not have."""
    error: str | None = None
    """What the one line says that stands in place of a reading."""
    notes: str = ""
    """What the only note says."""
    changed: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the VM that are others than without the fault."""
    left: int = 0
    """Sessions that nobody can log out of: the answer that told of them was lost."""

    def __str__(self) -> str:
        given = {key: value for key, value in vars(self.fault).items() if value not in (None, "", "*", 0, 1)}
        return ",".join(f"{key}={value}" if key != "name" else str(value) for key, value in given.items())


def broken(name: str, words: str, at_login: str, left: int = 1) -> list[Row]:
    """A fault that spoils answers: once, of a class for good, of what is essential, of login and logout."""
    return [
        Row(Fault(name, method=READS, times=1)),
        Row(Fault(name, method=READS, times=2, after=3)),
        Row(Fault(name, method="host.get_servertime", times=1)),
        Row(Fault(name, method=LOGOUT, times=1)),
        Row(Fault(name, cls="VBD"), unread={"VBD": words}),
        Row(Fault(name, cls="VM_guest_metrics"), unread={"VM_guest_metrics": words}),
        Row(Fault(name, cls="VM"), error=words),
        Row(Fault(name, cls="host", method=READS), error=words),
        Row(Fault(name, method=LOGIN), error=at_login, left=left),
    ]


HERE: Final = "measured by this machine's clock"
LOST: Final = "ended the connection before its answer was whole"
SILENT: Final = "no answer within 0.3 s"
ODD: Final = "not JSON"

ROWS: Final[dict[str, list[Row]]] = {
    "refuse": [
        Row(Fault("refuse", times=2)),
        Row(Fault("refuse"), error="Connection reset by peer"),
    ],
    "certificate-expired": [Row(Fault("certificate-expired"), error="certificate has expired")],
    "certificate-self-signed": [Row(Fault("certificate-self-signed"), error="self-signed certificate")],
    "certificate-changed": [Row(Fault("certificate-changed"), error="unable to get local issuer")],
    "master-change": [
        Row(Fault("master-change", method=LOGIN), notes="is not the master; followed to"),
        *(
            Row(Fault("master-change", after=after), notes="the master changed during the reading")
            for after in range(1, len(CLASSES) + 6)
        ),
        Row(Fault("master-change", method=LOGOUT), left=1),
    ],
    "no-json-rpc": [
        Row(Fault("no-json-rpc")),
        Row(Fault("no-json-rpc", after=3)),
        Row(Fault("no-json-rpc", rate=0.5)),
    ],
    "http-500": [
        *broken("http-500", "HTTP status 500", "does not answer as XAPI does", left=0),
        Row(Fault("http-500", method=READS, rate=0.3)),
    ],
    "garbage": broken("garbage", ODD, "does not answer as XAPI does"),
    "stall": [
        *broken("stall", SILENT, SILENT),
        Row(Fault("stall", cls="SR", value=0.5), unread={"SR": SILENT}),
    ],
    "reset": broken("reset", LOST, LOST),
    "truncate": [
        *broken("truncate", LOST, LOST),
        Row(Fault("truncate", cls="SR", value=0.0), unread={"SR": LOST}),
    ],
    "drip": [
        Row(Fault("drip", value=0.0)),
        Row(Fault("drip", cls="VBD"), unread={"VBD": "its share of the time that was left"}),
        Row(Fault("drip", cls="VM"), error="its share of the time that was left"),
    ],
    "length-too-long": broken("length-too-long", SILENT, SILENT),
    "length-too-short": broken("length-too-short", ODD, "does not answer as XAPI does"),
    "session-invalid": [
        *(
            Row(Fault("session-invalid", times=1, after=after), notes="ended the session during the reading")
            for after in range(len(CLASSES) + 5)
        ),
        Row(Fault("session-invalid", method=READS, times=2, after=3), error="ended the session twice"),
        Row(Fault("session-invalid", method=LOGOUT)),
    ],
    "internal-error": [
        Row(Fault("internal-error", method=READS, times=2)),
        Row(Fault("internal-error", method="host.get_servertime"), notes=HERE),
        Row(Fault("internal-error", method="session.get_record"), notes=HERE),
        *(
            Row(Fault("internal-error", method=READS, cls=name), unread={name: "INTERNAL_ERROR"})
            for name in CLASSES
            if name not in ("VM", "host")
        ),
        Row(Fault("internal-error", cls="VM"), error="VM cannot be read: INTERNAL_ERROR (Not_found)"),
        Row(Fault("internal-error"), error="VM cannot be read: INTERNAL_ERROR (Not_found)", left=1),
    ],
    "permission-denied": [
        Row(Fault("permission-denied", cls="VDI"), unread={"VDI": "RBAC_PERMISSION_DENIED"}),
        Row(Fault("permission-denied", cls="VM"), error="give the account the role read-only"),
        Row(Fault("permission-denied", method=LOGOUT, times=1), left=1),
    ],
    "vanish": [Row(Fault("vanish")), Row(Fault("vanish", cls="VBD", after=4))],
    "clock": [Row(Fault("clock"))],
    "host-clock": [Row(Fault("host-clock"))],
    "release": [
        Row(
            Fault("release", value="5.6"),
            absent=("pool_update", "Certificate"),
            changed={"domain_type": msgspec.UNSET, "VGPUs": msgspec.UNSET},
        )
    ],
    "unknown-fields": [Row(Fault("unknown-fields"))],
    "unknown-enums": [
        Row(Fault("unknown-enums"), changed={"power_state": UNKNOWN_ENUM, "domain_type": UNKNOWN_ENUM})
    ],
    "odd-names": [Row(Fault("odd-names"), changed={"name_label": "dbase & <more>\ud800\0"})],
}


def whole_pool() -> Tables:
    """The small pool, with every class that is read and what releases differ in."""
    pool = whole_tables()
    pool["VM"]["OpaqueRef:vm"] |= {"domain_type": "hvm", "VGPUs": []}
    return pool


def connection_to(simulator: Simulator, **changes: Any) -> Connection:
    defaults: dict[str, Any] = {
        "user": simulator.user,
        "password": Secret(simulator.password),
        "ca_file": simulator.certificate,
        "connect_timeout": 5.0,
        "read_timeout": 10.0,
        "total_timeout": 60.0,
    }
    return Connection(**defaults | changes)


@pytest.fixture(scope="module")
def plain() -> Reading:
    with Simulator(database(whole_pool())) as simulator:
        return read_live(simulator.url, connection_to(simulator))


def test_every_fault_has_an_expectation() -> None:
    assert ROWS.keys() == KINDS.keys()
    assert all({row.fault.name for row in rows} == {name} for name, rows in ROWS.items())


@pytest.mark.parametrize("row", [row for rows in ROWS.values() for row in rows], ids=str)
def test_a_fault_leaves_a_reading_or_one_line(row: Row, plain: Reading) -> None:
    with Simulator(database(whole_pool()), faults=[row.fault]) as simulator:
        connection = connection_to(simulator, **HASTE.get(row.fault.name, {}))
        if row.error is None:
            judge(row, read_live(simulator.url, connection), plain)
        else:
            with pytest.raises(PoolproofError, match=re.escape(row.error)) as caught:
                read_live(simulator.url, connection)
            assert str(caught.value).startswith(simulator.url)
            assert str(caught.value).isprintable()
            assert caught.value.__context__ is None
        assert len(simulator._objects["session"]) == row.left


def judge(row: Row, reading: Reading, plain: Reading) -> None:
    assert reading.unread.keys() == row.unread.keys()
    assert all(words in reading.unread[name] for name, words in row.unread.items())
    assert sorted(reading.absent) == sorted(row.absent)
    assert len(reading.notes) == bool(row.notes)
    assert all(row.notes in note for note in reading.notes)
    for name in CLASSES:
        rows = getattr(reading.records, name)
        if name in row.unread or name in row.absent:
            assert rows == {}
        elif not KINDS[row.fault.name].shares:
            assert rows.keys() == getattr(plain.records, name).keys()
    vm = plain.records.VM["OpaqueRef:vm"]
    assert reading.records.VM["OpaqueRef:vm"] == msgspec.structs.replace(vm, **row.changed)


def test_a_connection_that_dies_may_find_another_master_when_it_is_opened_again() -> None:
    faults = [Fault("reset", cls="VBD", times=1), Fault("master-change", cls="VBD", after=1)]
    with Simulator(database(whole_pool()), faults=faults) as simulator:
        reading = read_live(simulator.url, connection_to(simulator))
        assert simulator._objects["session"] == {}
    (note,) = reading.notes
    assert note.startswith(f"the master changed during the reading, from {simulator.url} to")
    assert simulator.calls.count("VM.get_all_records") == 2
    assert len(reading.records.VBD) == 2


@pytest.mark.parametrize("name", ["certificate-expired", "certificate-self-signed", "certificate-changed"])
def test_somebody_in_between_from_now_on_ends_the_reading(name: str) -> None:
    """A class that is unread would be a gap; a host that is not trusted any more is an end."""
    faults = [Fault("truncate", cls="VBD", times=1), Fault(name, after=1)]
    with (
        Simulator(database(whole_pool()), faults=faults) as simulator,
        pytest.raises(PoolproofError, match="the certificate is not trusted"),
    ):
        read_live(simulator.url, connection_to(simulator))
    assert simulator.calls.count(LOGIN) == 1
    assert simulator.calls[-1] == "VBD.get_all_records"


def test_a_pool_that_fails_often_is_read_all_the_same(plain: Reading) -> None:
    often = [Fault(name, method=READS, rate=0.1) for name in ("internal-error", "reset", "garbage")]
    with Simulator(database(whole_pool()), faults=[*often, Fault("refuse", rate=0.1)], seed=3) as simulator:
        reading = read_live(simulator.url, connection_to(simulator))
        assert simulator._objects["session"] == {}
    assert (reading.records, reading.unread) == (plain.records, {})
    assert len(simulator.calls) > len(CLASSES) + 4
