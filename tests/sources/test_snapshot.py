"""Snapshots: what is saved reads back equal, whatever the names hold."""

import json
import os
import stat
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, structs

from fixtures.errors import PoolproofError
from fixtures.facts import records
from fixtures.facts.reading import HostAnswers, Reading, Records, ServerCertificate
from fixtures.sources import read_file, snapshot
from fixtures.sources.snapshot import FORMAT, is_snapshot, read_snapshot, write_snapshot

READING = Reading(
    source="live",
    location="https://pool.example",
    read_at="2026-11-23T04:33:34Z",
    clock="2026-11-23T04:33:30Z",
    account="auditor",
    role="read-only",
    notes=("followed the slave to its master",),
    unread={"VDI": "RBAC_PERMISSION_DENIED"},
    absent={"host_patch": "this release has no such class"},
    answers={
        "OpaqueRef:h": HostAnswers(
            clock_offset=-0.25,
            clock_doubt=1.0,
            certificate=ServerCertificate(key_type="RSA", key_bits=2048),
            evacuation={"OpaqueRef:v": ["VM_REQUIRES_SR", "OpaqueRef:v", "OpaqueRef:s"]},
        ),
        "OpaqueRef:i": HostAnswers(unanswered={"clock_offset": "the host is not live"}),
    },
    records=Records(
        VM={
            "OpaqueRef:v": records.VM(
                malformed=("platform",),
                uuid="v",
                name_label="ad-dc-1",
                is_a_template=False,
                memory_static_max=2**40,
                tags=[],
            )
        },
        VM_guest_metrics={"OpaqueRef:g": records.VM_guest_metrics(other={})},
    ),
)

HOSTILE = [
    "\ud800",
    "a\udfffb",
    "\udc00\ud800",
    "\0",
    "\x1b[31m",
    "\u202eexe.doc",
    "\U0001f600",
    "\u2028",
    "</script>",
    '"\\',
    "\ufeff",
    "ä" * 1000,
]


def restored(reading: Reading, location: str) -> Reading:
    """What reading it back should give."""
    note = f"snapshot of {reading.source} {reading.location} at {reading.read_at}"
    return structs.replace(reading, source="snapshot", location=location, notes=(*reading.notes, note))


def saved(readings: list[Reading], path: Path) -> bytes:
    """The bytes of a snapshot that is written to `path`."""
    write_snapshot(path, readings)
    return path.read_bytes()


def test_what_is_saved_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    write_snapshot(path, [READING])
    assert read_file(path) == [restored(READING, str(path))]


def test_what_is_unset_stays_unset(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    write_snapshot(path, [READING])
    vm = read_file(path)[0].records.VM["OpaqueRef:v"]
    assert (vm.tags, vm.platform, vm.malformed) == ([], UNSET, ("platform",))


def test_several_pools_of_one_run(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    other = structs.replace(READING, location="https://other.example", clock=None)
    write_snapshot(path, [READING, other])
    assert read_file(path) == [restored(READING, str(path)), restored(other, str(path))]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_names_survive(text: str, tmp_path: Path) -> None:
    vm = records.VM(name_label=text, tags=[text], platform={text: text})
    reading = structs.replace(READING, records=Records(VM={text: vm}))
    path = tmp_path / "facts.json"
    assert saved([reading], path).isascii()
    assert read_file(path) == [restored(reading, str(path))]


ANY_TEXT = st.text(max_size=10)


@given(
    st.builds(records.VM, name_label=ANY_TEXT, platform=st.dictionaries(ANY_TEXT, ANY_TEXT), uuid=ANY_TEXT)
)
def test_any_record_survives(tmp_path_factory: pytest.TempPathFactory, vm: records.VM) -> None:
    reading = structs.replace(READING, records=Records(VM={"OpaqueRef:v": vm}))
    path = tmp_path_factory.getbasetemp() / "facts.json"
    content = saved([reading], path)
    assert is_snapshot(content[:100])
    assert read_snapshot(BytesIO(content), "there") == [restored(reading, "there")]


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_only_the_owner_may_read_it(mask: int, tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.touch(0o644)
    before = os.umask(mask)
    try:
        write_snapshot(path, [READING])
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_failed_write_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "facts.json"
    path.write_text("before")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(PoolproofError, match="No space left on device; name another file"):
        write_snapshot(path, [READING])
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "why"), [("", "not a regular file"), ("missing/facts.json", "No such file or directory")]
)
def test_where_no_snapshot_can_be_written(name: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(PoolproofError, match=why):
        write_snapshot(tmp_path / name, [READING])


def test_devices_are_not_replaced() -> None:
    with pytest.raises(PoolproofError, match="not a regular file"):
        write_snapshot(Path("/dev/null"), [READING])


def changed(**changes: Any) -> bytes:
    """A snapshot with some of its members replaced."""
    whole = {"format": FORMAT, "readings": [msgspec.to_builtins(READING)], **changes}
    return json.dumps(whole).encode()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(changed(format="poolproof-facts/2"), "poolproof-facts/2", id="newer"),
        pytest.param(changed(readings=[{}]), "missing required field", id="field-missing"),
        pytest.param(changed(readings=[]), "snapshot of no pool", id="no-pool"),
        pytest.param(changed(readings="x"), "Expected `array`", id="not-a-list"),
        pytest.param(
            changed(readings=[{**msgspec.to_builtins(READING), "source": "rumour"}]), "rumour", id="source"
        ),
        pytest.param(changed()[:-1], "is not a snapshot that this version reads", id="cut"),
        pytest.param(changed() + b"}", "is not a snapshot that this version reads", id="more"),
        pytest.param(b'{"poolproof-facts":' + b"[" * 100_000, "is not a snapshot", id="deep"),
        pytest.param(b'{"poolproof-facts": "\xff"}', "is not a snapshot", id="not-utf-8"),
        pytest.param(b'{"poolproof-facts": ' + b"9" * 5000 + b"}", "is not a snapshot", id="huge-number"),
    ],
)
def test_what_is_no_snapshot_of_this_version(content: bytes, why: str) -> None:
    assert is_snapshot(content)
    with pytest.raises(PoolproofError) as error:
        read_snapshot(BytesIO(content), "facts.json")
    message = str(error.value)
    assert message.startswith("facts.json ")
    assert why in message
    assert message.isprintable()


def test_a_snapshot_cut_anywhere_is_refused() -> None:
    whole = changed()
    for length in range(len(whole)):
        with pytest.raises(PoolproofError):
            read_snapshot(BytesIO(whole[:length]), "facts.json")


def test_a_snapshot_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "MAX_BYTES", 100)
    with pytest.raises(PoolproofError, match="larger than"):
        read_snapshot(BytesIO(changed()), "facts.json")


def test_fields_that_are_not_ours_are_dropped() -> None:
    reading = msgspec.to_builtins(READING)
    reading["records"]["VM"]["OpaqueRef:v"]["NVRAM"] = {"EFI": "s3cret"}
    reading["records"]["secret"] = {"OpaqueRef:s": {"value": "s3cret"}}
    [back] = read_snapshot(BytesIO(changed(readings=[reading])), "facts.json")
    assert back == restored(READING, "facts.json")
