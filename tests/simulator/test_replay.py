"""Recorded calls to a real xapi, asked of a simulator over the database of the same pool.

Needs POOLPROOF_CORPUS: the folder with `xapi/wire` (recordings) and `xapi/pools`. What must be equal:
HTTP status and headers, envelopes, errors with their parameters, records with all their fields, types and
values. What need not be stands in the tables below.
"""

import http.client
import json
import os
import re
import xmlrpc.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from fixtures.simulator import Simulator
from fixtures.xapi.datamodel import FIELDS

CORPUS: Final = Path(os.environ.get("POOLPROOF_CORPUS") or "/nonexistent")
WIRE: Final = CORPUS / "xapi" / "wire"
DATABASE: Final = CORPUS / "xapi" / "pools" / "TampaTwoHostPoolSelectioniSCSI" / "state.db.xml"

pytestmark = pytest.mark.skipif(not DATABASE.exists(), reason="POOLPROOF_CORPUS does not name the corpus")

NOT_SIMULATED: Final = re.compile(
    r"\d+-(json\d\.\d-)?(event\.(get_current_id|next|register|unregister)|Async\."
    r"|event\.from-(after-change|timeout-0)"  # nothing changes, so no token is ever outdated
    r"|wrong-type-arg$|VM\.(add_to|remove_from|set_|start|get_allowed_VBD))"
)
"""Methods that change a pool, or that only a running xapi has: unknown to the simulator."""

OF_ANOTHER_RUN: Final = re.compile(r"\d+-(role|secret|VGPU_type)\.get_")
"""Rows that xapi makes anew at each start, so that the database has others than the recording."""

CLOCK: Final = re.compile(r"\d+-host\.get_servertime")
"""The only reply that is another at each call."""

LISTED: Final = re.compile(r"\d+-(slave-)?system\.listMethods")
"""The simulator has fewer methods than a real xapi, and hardly another."""

OF_NO_XAPI: Final = {
    *("Rate_limit.get_client_id", "Repository.get_certificates", "system.listMethods"),
    *("host_crashdump.get_filename", "host_patch.get_filename", "pool_patch.get_filename"),
}
"""Getters of fields that are columns only, or that other releases have."""

HELD: Final = re.compile(r"00[5-9]-slave")
"""What a member holds until it reaches its master, and its emergency logins."""

SCRUBBED: Final = {
    *("IP", "MAC", "address", "bios_strings", "configuration", "device_config", "location"),
    *("name_description", "other_config", "sm_config"),
}
COMPUTED: Final = {
    *("role", "secret", "session"),
    *("API_version_major", "API_version_minor", "allowed_operations", "enabled_VGPU_types"),
    *("last_active", "license_params", "restrictions", "supported_VGPU_types"),
    *("telemetry_next_collection", "telemetry_uuid", "validation_time"),
}
"""Fields whose values were replaced in the database, or that a run of xapi computes: only types are equal."""

MAPS: Final = frozenset(
    field for fields in FIELDS.values() for field, kind in fields.items() if kind.startswith("map(")
)


MADE_BY: Final = {
    "session.login_with_password": re.compile(rb"(OpaqueRef:[0-9a-f-]{36})"),
    "session.get_uuid": re.compile(rb">([0-9a-f-]{36})<"),
    "session.get_record": re.compile(rb">([0-9a-f-]{36})<"),
}
"""Method → where its reply has what each login makes anew."""


UNTIMED: Final = {f"<double>{seconds}</double>": "<double>0.0</double>" for seconds in ("2.0", "3.0")}
"""Nobody waits for the time-outs of event.from here."""


def stems(folder: str) -> list[str]:
    return sorted(p.name.removesuffix(".request.headers") for p in (WIRE / folder).glob("*.request.headers"))


class Recording:
    """One recorded exchange."""

    def __init__(self, folder: str, stem: str) -> None:
        base = WIRE / folder / stem
        self.kind = "json" if base.with_name(f"{stem}.request.json").exists() else "xml"
        self.method, self.path, _ = base.with_name(f"{stem}.request.headers").read_text().split(maxsplit=2)
        self.request = base.with_name(f"{stem}.request.{self.kind}").read_text()
        status, *headers = base.with_name(f"{stem}.response.headers").read_text().strip().splitlines()
        self.status = status
        self.headers = {line for line in headers if not line.startswith("content-length")}
        self.response = base.with_name(f"{stem}.response.{self.kind}").read_bytes()


class Replay:
    """Sends recorded requests with the simulator's password and sessions in place of the recorded ones."""

    def __init__(self, simulator: Simulator, url: str) -> None:
        self.translations = {"xenroot": simulator.password} | UNTIMED
        self.port = int(url.rpartition(":")[2])

    def translate(self, text: str) -> str:
        for recorded, ours in self.translations.items():
            text = text.replace(recorded, ours)
        return text

    def send(self, recording: Recording) -> tuple[str, set[str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        body = self.translate(recording.request).encode() if recording.method == "POST" else None
        connection.request(recording.method, recording.path, body)
        response = connection.getresponse()
        received = response.read()
        connection.close()
        headers = {f"{name}: {value}" for name, value in response.getheaders() if name != "content-length"}
        return f"HTTP/1.1 {response.status} {response.reason}", headers, received

    def learn(self, recording: Recording, received: bytes) -> None:
        """Recorded sessions and their uuids are ours from now on."""
        for method, made in MADE_BY.items():
            if method in recording.request:
                recorded, ours = made.search(recording.response), made.search(received)
                if recorded and ours:
                    self.translations[recorded[1].decode()] = ours[1].decode()


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(DATABASE, tls=False, members=1) as running:
        yield running


def decoded(kind: str, body: bytes) -> Any:
    reply: Any = json.loads(body) if kind == "json" else xmlrpc.client.loads(body)[0][0]
    result = reply.get("Value", reply.get("result")) if isinstance(reply, dict) else None
    if isinstance(result, dict) and "valid_ref_counts" in result:
        # Ids and tokens count the changes of a run, and events of one change have no order.
        result["events"] = {
            f"{event['class']} {event['ref']}": event | {"id": type(event["id"])}
            for event in result["events"]
            if event["class"] != "vgpu_type"
        }
        result["token"] = re.fullmatch(r"\d{20},\d{20}", result["token"]) is not None
    return reply


def differences(recorded: Any, received: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where two replies differ. Sets have no order."""
    if type(recorded) is not type(received):
        yield (*path, f"{type(recorded).__name__} became {type(received).__name__}")
    elif isinstance(recorded, dict):
        if not MAPS & set(path):
            yield from ((*path, f"{key} is in one only") for key in recorded.keys() ^ received.keys())
        for key in recorded.keys() & received.keys():
            yield from differences(recorded[key], received[key], (*path, key))
    elif isinstance(recorded, list) and recorded and received:
        if type(recorded[0]) is not type(received[0]):
            yield (*path, "elements have another type")
        elif not _may_differ(path) and sorted(recorded) != sorted(received):
            yield (*path, f"{recorded} became {received}")
    elif recorded != received and not _may_differ(path):
        yield (*path, f"{recorded} became {received}")


def _may_differ(path: tuple[str, ...]) -> bool:
    return not (SCRUBBED | COMPUTED).isdisjoint(path)


def test_recordings_are_found() -> None:
    assert len(stems("tampa")) == 396
    assert len(stems("slave")) == 10


def test_the_master_answers_as_recorded(simulator: Simulator) -> None:
    replay = Replay(simulator, simulator.url)
    compared = 0
    for stem in stems("tampa"):
        if NOT_SIMULATED.match(stem):
            continue
        recording = Recording("tampa", stem)
        status, headers, received = replay.send(recording)
        assert (stem, status, headers) == (stem, recording.status, recording.headers)
        replay.learn(recording, received)
        if status.startswith("HTTP/1.1 500"):
            # The parser's own words follow the page's last heading.
            page = recording.response.partition(b"</h1>Xmlm.Error(")[0].partition(b"</h1>Yojson")[0]
            assert received.startswith(page), stem
        elif status.startswith("HTTP/1.1 200"):
            _compare(
                stem,
                decoded(recording.kind, replay.translate(recording.response.decode()).encode()),
                decoded(recording.kind, received),
            )
        else:
            assert received == recording.response, stem
        compared += 1
    assert compared > 370


def _compare(stem: str, recorded: Any, received: Any) -> None:
    if CLOCK.match(stem):
        assert received.keys() == recorded.keys()
        assert type(received["Value"]) is type(recorded["Value"])
    elif LISTED.match(stem):
        assert set(received) - set(recorded) == OF_NO_XAPI
    elif not OF_ANOTHER_RUN.match(stem):
        assert (stem, list(differences(recorded, received))) == (stem, [])


def test_a_member_answers_as_recorded(simulator: Simulator) -> None:
    replay = Replay(simulator, simulator.members[0])
    replay.translations["192.0.2.10"] = simulator.url.partition("://")[2]
    for stem in stems("slave"):
        if NOT_SIMULATED.match(stem.replace("slave-", "")) or HELD.match(stem):
            continue
        recording = Recording("slave", stem)
        status, headers, received = replay.send(recording)
        assert (stem, status, headers) == (stem, recording.status, recording.headers)
        recorded = replay.translate(recording.response.decode()).encode()
        _compare(stem, decoded(recording.kind, recorded), decoded(recording.kind, received))
