"""Pools hold secrets. None of them is kept, whatever the pool was read from, and none is in any report."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from fixtures.facts.reading import Reading
from fixtures.facts.records import CLASSES, KEPT_KEYS
from fixtures.secret import Secret
from fixtures.simulator import Fault, Simulator
from fixtures.sources import read_file
from fixtures.sources.database import decode_row
from fixtures.sources.database_writer import write_database
from fixtures.sources.live import read_live
from fixtures.sources.snapshot import FORMAT, write_snapshot
from fixtures.xapi.answers import records_of, records_of_json
from fixtures.xapi.datamodel import FIELDS
from tests.building import a_document
from tests.e2e.commands import audit
from tests.simulator.small_pool import Tables, whole_tables
from tests.xapi.trusting import trusting

SECRET: Final = "planted-s3cret"


def near_misses(cls: str, field: str) -> dict[str, str]:
    """Keys that are almost kept of a map, and others, with a secret each."""
    kept = KEPT_KEYS[cls][field]
    almost = [key.removesuffix("*")[:-1] if key.endswith("*") else f"{key}-password" for key in kept]
    return dict.fromkeys([*almost, *(f"x{key}" for key in kept), "password", "", SECRET], SECRET)


def pool_of_secrets() -> Tables:
    """A compliant pool with a row of every class, and a secret wherever nobody reads."""
    rows: Tables = whole_tables() | a_document()["records"]
    rows["secret"] = {"OpaqueRef:secret": {"uuid": "uuid-secret"}}
    rows["VTPM"] = {"OpaqueRef:VTPM": {"uuid": "uuid-VTPM"}}
    return {cls: {ref: row | _secrets(cls, row) for ref, row in found.items()} for cls, found in rows.items()}


def _secrets(cls: str, row: dict[str, Any]) -> dict[str, Any]:
    read = CLASSES[cls].__struct_fields__ if cls in CLASSES else ("uuid",)
    planted = {
        "string": SECRET,
        "set(string)": [SECRET],
        "map(string,string)": {"password": SECRET, SECRET: SECRET},
    }
    unread = {
        field: planted[kind] for field, kind in FIELDS[cls].items() if field not in read and kind in planted
    }
    trimmed = {field: row.get(field, {}) | near_misses(cls, field) for field in KEPT_KEYS.get(cls, {})}
    return unread | trimmed


def in_a_database(tmp_path: Path) -> Path:
    path = tmp_path / "pool.xml"
    path.write_bytes(write_database({"pool_token": SECRET}, pool_of_secrets()))
    return path


def in_a_snapshot(tmp_path: Path) -> Path:
    """One that somebody else wrote: our own have none to begin with."""
    path = tmp_path / "pool.snapshot"
    reading = a_document() | {"records": pool_of_secrets()}
    path.write_text(json.dumps({"format": FORMAT, "readings": [reading]}))
    return path


def by_file(path: Path) -> Reading:
    (reading,) = read_file(path)
    return reading


def live(tmp_path: Path, *faults: Fault) -> Reading:
    with Simulator(in_a_database(tmp_path), faults=faults) as simulator:
        connection = trusting(password=Secret(simulator.password), fingerprints=(simulator.fingerprint,))
        return read_live(simulator.url, connection)


SOURCES: Final[dict[str, Callable[[Path], Reading]]] = {
    "database": lambda tmp_path: by_file(in_a_database(tmp_path)),
    "snapshot": lambda tmp_path: by_file(in_a_snapshot(tmp_path)),
    "JSON-RPC": live,
    "XML-RPC": lambda tmp_path: live(tmp_path, Fault("no-json-rpc")),
}


def test_there_is_something_to_leak(tmp_path: Path) -> None:
    pool = pool_of_secrets()
    places = {f"{cls}.{field}" for cls, rows in pool.items() for row in rows.values() for field in row}
    assert places > {
        *("PBD.device_config", "VM.NVRAM", "VM.last_booted_record", "VM.xenstore_data", "message.body"),
        *("host.external_auth_configuration", "secret.value", "VM.other_config", "subject.other_config"),
    }
    assert {f"{cls}.{field}" for cls, maps in KEPT_KEYS.items() for field in maps} < places
    assert in_a_database(tmp_path).read_bytes().count(SECRET.encode()) > 100
    assert in_a_snapshot(tmp_path).read_bytes().count(SECRET.encode()) > 100


@pytest.mark.parametrize("source", SOURCES)
def test_no_secret_is_kept(source: str, tmp_path: Path) -> None:
    reading = SOURCES[source](tmp_path)
    assert reading.unread == {}
    assert all(getattr(reading.records, name) for name in CLASSES if name != "message" or "RPC" in source)
    saved = tmp_path / "saved"
    write_snapshot(saved, [reading])
    assert SECRET not in saved.read_text("ascii")
    assert SECRET not in repr(reading)


@pytest.mark.parametrize("source", SOURCES)
def test_keys_that_are_asked_for_are_kept(source: str, tmp_path: Path) -> None:
    reading = SOURCES[source](tmp_path)
    vm = reading.records.VM["OpaqueRef:VM"]
    assert vm.other_config == {"base_template_name": "Debian Bookworm 12"}
    host = reading.records.host["OpaqueRef:host"]
    assert host.license_params == {"restrict_dmc": "false", "sku_type": "xcp-ng"}


DAMAGED: Final = {"password": SECRET, "number": 7}


@pytest.mark.parametrize(
    ("cls", "field"), [(cls, field) for cls, maps in KEPT_KEYS.items() for field in maps], ids="{}".format
)
def test_a_damaged_map_tells_nothing(cls: str, field: str) -> None:
    row = {"uuid": "u", field: DAMAGED}
    by_json = records_of_json(cls, json.dumps({"result": {"r": row}}).encode())["r"]
    by_xml = records_of(cls, {"r": row}, ints_are_text=True)["r"]
    values, malformed = decode_row(cls, {"uuid": "u", field: f"(('password' '{SECRET}')"})
    for record in (by_json, by_xml, CLASSES[cls](malformed=malformed, **values)):
        assert msgspec.to_builtins(record) == {"malformed": (field,), "uuid": "u"}


@pytest.mark.parametrize("source", ["database", "snapshot", "JSON-RPC", "XML-RPC"])
def test_no_secret_is_in_a_report(source: str, tmp_path: Path) -> None:
    inputs, out = tmp_path / "in", tmp_path / "out"
    inputs.mkdir()
    out.mkdir()
    options: list[str | Path] = ["--save-snapshot", out / "saved", "--trace-calls", out / "calls"]
    options += [f"--junitxml={out / 'junit.xml'}", f"--html={out / 'page.html'}"]
    options += ["-vv", "--showlocals", "--tb=long", "-rA", "--pool"]
    if source == "database":
        run = audit(*options, in_a_database(inputs), report_dir=out)
    elif source == "snapshot":
        run = audit(*options, in_a_snapshot(inputs), report_dir=out)
    else:
        faults = [Fault("no-json-rpc")] if source == "XML-RPC" else []
        with Simulator(in_a_database(inputs), faults=faults) as simulator:
            options += [simulator.url, "--fingerprint", str(simulator.fingerprint)]
            run = audit(*options, report_dir=out, POOLPROOF_PASSWORD=simulator.password)
    assert len(run.results["pools"]) == 1, run.output
    texts = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert {path.name for path in texts} >= {"results.json", "saved", "junit.xml", "page.html"}
    assert [path for path, text in texts.items() if SECRET.encode() in text] == []
    assert SECRET not in run.output
