"""A live pool becomes a reading: whole, in a constant number of calls, and honest about what is missing."""

import threading
import time
import xmlrpc.client
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fixtures.errors import PoolproofError
from fixtures.facts.pool import Pool
from fixtures.facts.reading import Reading, Records
from fixtures.facts.records import CLASSES, MAY_BE_ABSENT
from fixtures.facts.source import Source
from fixtures.pools import SAMPLE
from fixtures.secret import Secret
from fixtures.simulator import Simulator
from fixtures.sources.database import Database, read_database
from fixtures.sources.live import read_live
from fixtures.xapi import channel
from tests.corpus import corpus_files, needs_corpus
from tests.e2e.commands import Run, audit
from tests.simulator.small_pool import Tables, database, whole_tables
from tests.xapi.servers import (
    Change,
    RawServer,
    answering,
    certificate,
    failure,
    front,
    json_failure,
    nested,
    ok,
    xml_failure,
    xml_success,
)
from tests.xapi.trusting import trusting

LOGIN, LOGOUT = "session.login_with_password", "session.logout"
FIRST = [LOGIN, "session.get_record", "host.get_servertime"]
ORDER = ["VM", "host", *(name for name in CLASSES if name not in ("VM", "host"))]
READS = [f"{name}.get_all_records" for name in ORDER]
ABOUT_A_HOST = [
    *("host.get_vms_which_prevent_evacuation", "host.get_servertime", "host.get_server_certificate")
]
HERE = "the pool does not tell its time; how long VMs run is measured by this machine's clock"


def read(pool: Database | Path, **changes: Any) -> tuple[Reading, list[str]]:
    """The reading of a simulated pool, and the methods that were called."""
    with Simulator(pool) as simulator:
        defaults = {"fingerprints": (simulator.fingerprint,), "password": Secret(simulator.password)}
        return read_live(simulator.url, trusting(**defaults | changes)), simulator.calls


def read_changed(change: Change, pool: Tables | None = None) -> tuple[Reading, list[str]]:
    """The reading of a pool some of whose answers are changed, and the methods that were called."""
    with front(database(pool or whole_tables()), change) as pool_front:
        connection = trusting(password=Secret(pool_front.simulator.password))
        return read_live(pool_front.url, connection), pool_front.methods


def test_a_reading_says_where_when_and_as_whom() -> None:
    with Simulator(SAMPLE) as simulator:
        connection = trusting(
            password=Secret(simulator.password), ca_file=simulator.certificate, fingerprints=()
        )
        reading = read_live(simulator.url + "/", connection)
    assert reading.source == "live"
    assert reading.location == simulator.url
    assert reading.clock == "2026-11-23T02:00:00Z"
    assert time.strptime(reading.read_at, "%Y-%m-%dT%H:%M:%SZ")
    assert reading.account == "root"
    assert reading.role == "pool-admin (local root)"
    assert reading.notes == ()
    assert reading.unread == {}


def recorded(reading: Reading) -> Records:
    """What was read, without what the simulator computes anew: what VMs can do."""
    vms = {
        ref: msgspec.structs.replace(vm, allowed_operations=msgspec.UNSET)
        for ref, vm in reading.records.VM.items()
    }
    return msgspec.structs.replace(reading.records, VM=vms)


def test_a_live_pool_and_its_database_have_the_same_records() -> None:
    reading, _ = read(SAMPLE)
    with SAMPLE.open("rb") as stream:
        assert recorded(reading) == recorded(read_database(stream, ""))


@needs_corpus
@pytest.mark.parametrize("path", corpus_files("xapi/pools/*/state.db.xml"), ids=lambda path: path.parent.name)
def test_real_pools_have_them_too(path: Path) -> None:
    reading, calls = read(path)
    with path.open("rb") as stream:
        assert recorded(reading) == recorded(read_database(stream, ""))
    hosts = [ref for ref, answers in reading.answers.items() if "clock_offset" not in answers.unanswered]
    assert calls == [*FIRST, *READS, *ABOUT_A_HOST * len(hosts), LOGOUT]


@pytest.mark.parametrize("clone", [None, 300])
def test_the_number_of_calls_does_not_depend_on_the_number_of_vms(clone: int | None) -> None:
    with Simulator(database(whole_tables()), clone=clone) as simulator:
        connection = trusting(password=Secret(simulator.password), fingerprints=(simulator.fingerprint,))
        read_live(simulator.url, connection)
    assert simulator.calls == [*FIRST, *READS, *ABOUT_A_HOST, LOGOUT]


def without_json(path: str, _method: str, answer: bytes) -> tuple[int, bytes]:
    return (404, b"<html>not here</html>") if path == "/jsonrpc" else (200, answer)


def test_a_pool_without_json_rpc_is_read_all_the_same() -> None:
    old, calls = read_changed(without_json)
    new, _ = read_changed(lambda *call: (200, call[2]))
    assert old.records == new.records
    assert calls == [*FIRST, READS[0], *READS, *ABOUT_A_HOST, LOGOUT]


UNKNOWN = ["MESSAGE_METHOD_UNKNOWN", "VBD.get_all_records"]
DENIED = ["RBAC_PERMISSION_DENIED", "VBD.get_all_records", "no"]


@pytest.mark.parametrize(
    ("error", "json_rpc", "cause"),
    [
        (UNKNOWN, True, "MESSAGE_METHOD_UNKNOWN (VBD.get_all_records)"),
        (UNKNOWN, False, "MESSAGE_METHOD_UNKNOWN (VBD.get_all_records)"),
        (["MESSAGE_REMOVED"], True, "MESSAGE_REMOVED"),
        (["MESSAGE_REMOVED"], False, "MESSAGE_REMOVED"),
        (DENIED, True, "RBAC_PERMISSION_DENIED (VBD.get_all_records, no)"),
        (DENIED, False, "RBAC_PERMISSION_DENIED (VBD.get_all_records, no)"),
        (["\x1b[2J\n", "\u202e"], True, "\\x1b[2J\\x0a (\\u202e)"),
        (["INTERNAL_ERROR", "\u202e"], False, "INTERNAL_ERROR (\\u202e)"),
    ],
)
def test_a_class_that_is_refused_is_named_with_its_cause(
    error: list[str], json_rpc: bool, cause: str
) -> None:
    def refuse(path: str, method: str, answer: bytes) -> tuple[int, bytes]:
        if path == "/jsonrpc" and not json_rpc:
            return without_json(path, method, answer)
        return 200, failure(path, *error) if method == "VBD.get_all_records" else answer

    reading, calls = read_changed(refuse)
    assert reading.unread == {"VBD": cause}
    assert reading.records.VBD == {}
    assert len(reading.records.VIF) == 1
    assert calls[-1] == LOGOUT


APART = sorted(CLASSES.keys() - {"VM", "host"})


@pytest.mark.parametrize("json_rpc", [True, False], ids=["JSON-RPC", "XML-RPC"])
@pytest.mark.parametrize("code", ["MESSAGE_METHOD_UNKNOWN", "MESSAGE_REMOVED", "RBAC_PERMISSION_DENIED"])
def test_a_class_that_some_releases_lack_is_absent_and_any_other_unread(code: str, json_rpc: bool) -> None:
    def refuse(path: str, method: str, answer: bytes) -> tuple[int, bytes]:
        if path == "/jsonrpc" and not json_rpc:
            return without_json(path, method, answer)
        refused = method.removesuffix(".get_all_records") in APART
        return 200, failure(path, code, method) if refused else answer

    reading, _ = read_changed(refuse)
    absent = MAY_BE_ABSENT if code != "RBAC_PERMISSION_DENIED" else frozenset()
    assert reading.absent == dict.fromkeys(absent, "this release has no such class")
    assert sorted(reading.unread) == sorted(set(APART) - absent)


@pytest.mark.parametrize(
    ("tables", "unread"),
    [
        (APART, ""),
        ([name for name in APART if name not in MAY_BE_ABSENT], ""),
        ([name for name in APART if name != "PBD"], "PBD: MESSAGE_METHOD_UNKNOWN (PBD.get_all_records)"),
    ],
    ids=["all", "of an old release", "without PBD"],
)
def test_only_what_every_release_has_is_missed(tables: list[str], unread: str) -> None:
    pool = {name: rows for name, rows in whole_tables().items() if name in ("VM", "host", *tables)}
    with Simulator(database(pool)) as simulator:
        connection = trusting(password=Secret(simulator.password), fingerprints=(simulator.fingerprint,))
        reading = read_live(simulator.url, connection)
    assert Source(location="here", pool=Pool(reading)).unread == unread


@pytest.mark.parametrize(
    "answer", [b"<html>oops</html>", b"[]", b'{"result":null}', b'{"result":{"r":{"uuid"', b"[" * 99_999]
)
def test_a_class_that_nobody_can_read_is_named(answer: bytes) -> None:
    reading, _ = read_changed(lambda _, method, true: (200, answer if method.startswith("VBD.") else true))
    assert list(reading.unread) == ["VBD"]
    assert reading.unread["VBD"].isprintable()
    assert len(reading.records.VM) == 2


def test_a_class_that_is_too_large_is_not_asked_for_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    def enlarge(_path: str, method: str, answer: bytes) -> tuple[int, bytes]:
        return 200, answer + b" " * 20_000 if method.startswith("VBD.") else answer

    monkeypatch.setattr(channel, "MAX_BODY", 20_000)
    reading, calls = read_changed(enlarge)
    assert reading.unread == {"VBD": "the answer has more than 20000 bytes; it was given up"}
    assert calls.count("VBD.get_all_records") == 1


@pytest.mark.parametrize("name", ["VM", "host"])
@pytest.mark.parametrize("answer", [json_failure("RBAC_PERMISSION_DENIED", "x", "y"), b"<html>oops</html>"])
def test_without_vms_or_hosts_there_is_no_reading(name: str, answer: bytes) -> None:
    with front(
        database(whole_tables()),
        lambda _, method, true: (200, answer if method == f"{name}.get_all_records" else true),
    ) as pool:
        with pytest.raises(PoolproofError, match=f"^{pool.url}: {name} cannot be read: ") as caught:
            read_live(pool.url, trusting(password=Secret(pool.simulator.password)))
        assert pool.methods[-1] == LOGOUT
    assert str(caught.value).isprintable()


def test_one_bad_field_costs_one_field() -> None:
    def spoil(path: str, method: str, answer: bytes) -> tuple[int, bytes]:
        return 200, answer.replace(b'"hvm-3.0-x86_64"', b"7").replace(b'"LAN"', rb'"\ud800"')

    reading, _ = read_changed(spoil)
    whole, _ = read_changed(lambda *call: (200, call[2]))
    assert reading.records.host["OpaqueRef:host"] == msgspec.structs.replace(
        whole.records.host["OpaqueRef:host"], capabilities=msgspec.UNSET, malformed=("capabilities",)
    )
    assert reading.records.network["OpaqueRef:network"].name_label == "\ud800"
    assert reading.records.network["OpaqueRef:network"].malformed == ()
    assert reading.records.VM["OpaqueRef:vm"].malformed == ()
    assert reading.unread == {}


def account(**changes: Any) -> Callable[[bytes], bytes]:
    """What session.get_record answers, changed."""

    def change(answer: bytes) -> bytes:
        (reply,), _ = xmlrpc.client.loads(answer)
        record: Any = reply
        return xml_success(record["Value"] | changes)

    return change


AD = account(is_local_superuser=False, subject="OpaqueRef:subject", auth_user_name="LAB\\auditor")


@pytest.mark.parametrize(
    ("record", "roles", "name", "role"),
    [
        (AD, ["OpaqueRef:role"], xml_success("read-only"), "read-only"),
        (AD, ["OpaqueRef:role"] * 2, xml_success("read-only"), "read-only, read-only"),
        (AD, ["OpaqueRef:role"] * 9, xml_success("read-only"), "read-only, read-only, …"),
        (AD, ["OpaqueRef:role"], xml_success("\u202eeno-daer"), "\\u202eeno-daer"),
        (AD, [], b"", None),
        (AD, "OpaqueRef:role", b"", None),
        (AD, ["OpaqueRef:role"], xml_failure("RBAC_PERMISSION_DENIED", "x", "y"), None),
        (AD, ["OpaqueRef:role"], b"garbage", None),
        (account(is_local_superuser=False), ["OpaqueRef:role"], xml_success("x"), None),
    ],
)
def test_an_account_of_a_directory_has_the_roles_of_its_subject(
    record: Callable[[bytes], bytes], roles: object, name: bytes, role: str | None
) -> None:
    def directory(_path: str, method: str, answer: bytes) -> tuple[int, bytes]:
        told = {"session.get_record": record(answer) if method == "session.get_record" else b""}
        told |= {"subject.get_roles": xml_success(roles), "role.get_name_label": name}
        return 200, told.get(method, answer)

    reading, calls = read_changed(directory)
    assert reading.role == role
    assert len(calls) <= len([*FIRST, *READS, *ABOUT_A_HOST, LOGOUT]) + 4


def test_the_role_read_only_is_enough_for_a_whole_audit(tmp_path: Path) -> None:
    def audited(user: str) -> Run:
        options = ["--pool", simulator.url, "--ca-file", str(simulator.certificate), "--user", user]
        return audit(*options, report_dir=tmp_path / user, POOLPROOF_PASSWORD=simulator.password)

    with Simulator(SAMPLE, users=True) as simulator:
        root, auditor = audited("root"), audited("read-only")
    assert auditor.code == 1, auditor.output
    assert auditor.verdicts == root.verdicts
    (pool,) = auditor.results["pools"]
    assert (pool["account"], pool["role"], pool["notes"]) == ("read-only", "read-only", [])


def test_the_account_is_the_one_that_the_pool_knows() -> None:
    def known_as(name: object) -> Change:
        change = account(auth_user_name=name)
        return lambda _, method, true: (200, change(true) if method == "session.get_record" else true)

    assert read_changed(known_as("LAB\\auditor"))[0].account == "LAB\\auditor"
    assert read_changed(known_as("a\u202eb"))[0].account == "a\\u202eb"
    assert read_changed(known_as(""))[0].account == "root"
    assert read_changed(known_as(["x"]))[0].account == "root"


@pytest.mark.parametrize(
    "answer",
    [xml_failure("INTERNAL_ERROR", "x"), b"garbage", xml_success("text"), nested(5_000)],
    ids=["error", "garbage", "text", "nested"],
)
def test_an_account_that_is_not_told_is_the_one_that_logged_in(answer: bytes) -> None:
    reading, _ = read_changed(
        lambda _, method, true: (200, answer if method == "session.get_record" else true)
    )
    assert (reading.account, reading.role, reading.notes) == ("root", None, (HERE,))
    assert reading.unread == {}


@pytest.mark.parametrize(
    ("answer", "clock"),
    [
        (xml_success(xmlrpc.client.DateTime("20261123T04:33:34Z")), "2026-11-23T04:33:34Z"),
        (xml_success(xmlrpc.client.DateTime("2026-11-23T04:33:34Z")), "2026-11-23T04:33:34Z"),
        (xml_success("20261123T04:33:34Z"), "2026-11-23T04:33:34Z"),
    ],
)
def test_the_clock_is_the_masters(answer: bytes, clock: str) -> None:
    reading, _ = read_changed(
        lambda _, method, true: (200, answer if method == "host.get_servertime" else true)
    )
    assert (reading.clock, reading.notes) == (clock, ())


@pytest.mark.parametrize(
    "answer",
    [
        xml_success(xmlrpc.client.DateTime("20261399T04:33:34Z")),
        xml_success(""),
        xml_success(["20261123T04:33:34Z"]),
        xml_failure("HANDLE_INVALID", "host", "x"),
        b"garbage",
        nested(5_000),
    ],
    ids=["no date", "empty", "list", "error", "garbage", "nested"],
)
def test_a_master_without_a_clock_costs_nobody_the_grace_time(answer: bytes) -> None:
    before = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    reading, _ = read_changed(
        lambda _, method, true: (200, answer if method == "host.get_servertime" else true)
    )
    assert reading.clock is not None
    assert before <= reading.clock <= reading.read_at
    assert reading.notes == (HERE,)


def test_a_member_is_followed_by_one_more_login() -> None:
    with Simulator(database(whole_tables()), members=1) as simulator:
        connection = trusting(password=Secret(simulator.password), fingerprints=(simulator.fingerprint,))
        reading = read_live(simulator.members[0], connection)
    assert reading.location == simulator.members[0]
    assert reading.notes == (f"{simulator.members[0]} is not the master; followed to {simulator.url}",)
    assert simulator.calls == [LOGIN, *FIRST, *READS, *ABOUT_A_HOST, LOGOUT]


def test_a_reading_holds_no_secret_of_the_pool_and_none_of_ours() -> None:
    pool = whole_tables()
    pool["VM"]["OpaqueRef:vm"]["NVRAM"] = {"EFI-variables": "nvram-secret"}
    with Simulator(database(pool)) as simulator:
        connection = trusting(password=Secret(simulator.password), fingerprints=(simulator.fingerprint,))
        kept = msgspec.json.encode(read_live(simulator.url, connection)).decode()
    assert "uuid-vm" in kept
    assert "nvram-secret" not in kept
    assert simulator.password not in kept


def test_an_error_comes_without_frames_that_hold_the_session() -> None:
    with (
        RawServer(
            answering(ok(xml_success("OpaqueRef:the-session")), b"SSH-2.0\r\n"), certificate()
        ) as server,
        pytest.raises(PoolproofError) as caught,
    ):
        read_live(server.url, trusting())
    assert caught.value.__context__ is None
    frames = [entry.frame for entry in caught.traceback]
    assert not any("the-session" in repr(frame.f_locals) for frame in frames[1:])


def read_slowly(total: float, seconds: float) -> tuple[Reading, list[str]]:
    """A reading with `total` seconds of time, of a pool that takes its time for each class."""

    def slow(_path: str, method: str, answer: bytes) -> tuple[int, bytes]:
        if method.endswith("get_all_records"):
            threading.Event().wait(seconds)
        return 200, answer

    with front(database(whole_tables()), slow) as pool:
        connection = trusting(password=Secret(pool.simulator.password), total_timeout=total)
        try:
            return read_live(pool.url, connection), pool.methods
        finally:
            assert pool.methods[-1] == LOGOUT


def test_what_there_was_no_time_for_is_unread_and_not_asked_for() -> None:
    reading, methods = read_slowly(total=1.6, seconds=0.15)
    assert reading.unread == dict.fromkeys(
        list(reading.unread), "the reading took longer than 1.6 s in all, and was given up"
    )
    assert list(reading.unread) == ORDER[-len(reading.unread) :]
    assert 0 < len(reading.unread) <= len(ORDER) - 2
    assert len([method for method in methods if method in READS]) <= len(ORDER) - len(reading.unread) + 1


def test_without_time_for_vms_and_hosts_there_is_no_reading() -> None:
    with pytest.raises(PoolproofError, match=r"longer than 0.5 s in all"):
        read_slowly(total=0.5, seconds=0.4)
