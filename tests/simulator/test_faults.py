"""Every fault strikes where, when and as often as it is told to, and shows what its name says."""

import http.client
import json
import re
import socket
import ssl
import xmlrpc.client
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from xml.parsers.expat import ExpatError

import pytest

from fixtures.errors import PoolproofError
from fixtures.simulator import Fault, Simulator
from fixtures.simulator.faults import KINDS, UNKNOWN_ENUM, UNKNOWN_FIELD, Faults, Kind, parse_fault
from fixtures.simulator.objects import OFFSET_KEY, Objects, load, server_time
from fixtures.simulator.releases import RELEASES, introduced_after
from fixtures.sources.database import read_tables
from fixtures.xapi.datamodel import FIELDS, INTERNAL
from tests.corpus import corpus_files, needs_corpus
from tests.simulator.client import Client, client_of
from tests.simulator.small_pool import Tables, database, tables

BRIEF: Final = 0.3
"""Seconds that a client waits for what never comes."""

NAMES: Final = "VM.get_by_name_label"


def on_names(name: str, **more: Any) -> Fault:
    """A fault that leaves the login alone."""
    return Fault(name, method=NAMES, **more)


def served(*faults: Fault, content: Tables | None = None) -> Objects:
    """What of a pool is left to serve."""
    objects = load(database(content))
    Faults(faults).change_pool(objects)
    return objects


# Requests


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (on_names("stall"), TimeoutError),
        (on_names("stall", value=0.5), TimeoutError),
        (on_names("reset"), ConnectionResetError),
        (on_names("reset", value=0.0), ConnectionResetError),
        (on_names("truncate"), http.client.IncompleteRead),
        (on_names("garbage"), ValueError),
        (on_names("length-too-long"), TimeoutError),
        (on_names("length-too-short"), ValueError),
    ],
    ids=str,
)
def test_a_spoilt_answer(fault: Fault, seen: type[Exception]) -> None:
    with client_of(fault, timeout=BRIEF) as client:
        assert client.ask("VM.get_uuid", "OpaqueRef:vm") == "uuid-vm"
        with pytest.raises(seen):
            client.ask(NAMES, "x")


@pytest.mark.parametrize(
    ("name", "claimed"),
    [("length-too-long", lambda length: length + 1000), ("length-too-short", lambda length: length // 2)],
)
def test_what_a_content_length_claims(name: str, claimed: Callable[[int], int]) -> None:
    with client_of(on_names(name), timeout=BRIEF) as wrong, client_of() as right:
        length = int(right.send(NAMES, right.session, "x").getheader("content-length", ""))
        response = wrong.send(NAMES, wrong.session, "x")
        assert int(response.getheader("content-length", "")) == claimed(length)


def test_garbage_is_no_xml_either() -> None:
    with Simulator(database(), tls=False, faults=[Fault("garbage")]) as simulator:
        proxy: Any = xmlrpc.client.ServerProxy(simulator.url)
        with pytest.raises(ExpatError):
            proxy.session.login_with_password("root", "x")


def test_an_answer_that_drips_is_whole_in_the_end() -> None:
    with client_of(on_names("drip", value=0.0001)) as client:
        assert client.ask(NAMES, "dbase & <more>") == ["OpaqueRef:vm"]
        body = json.dumps({"method": NAMES, "params": [client.session, "x"], "id": 1})
        assert client.connection.sock is not None
        client.connection.sock.sendall(
            f"POST /jsonrpc HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        assert client.connection.sock.recv(1000) == b"H"


@pytest.mark.parametrize(("name", "status"), [("http-500", 500), ("no-json-rpc", 404)])
def test_a_page_in_place_of_the_call(name: str, status: int) -> None:
    with client_of(on_names(name)) as client:
        response = client.send(NAMES, client.session, "x")
        assert (response.status, response.getheader("content-type")) == (status, "text/html")
        assert response.read().startswith(b"<html>")
        assert client.ask("VM.get_uuid", "OpaqueRef:vm") == "uuid-vm"


def test_without_json_rpc_there_is_still_xml_rpc() -> None:
    with Simulator(database(), tls=False, faults=[Fault("no-json-rpc")]) as simulator:
        proxy: Any = xmlrpc.client.ServerProxy(simulator.url)
        assert proxy.session.login_with_password(simulator.user, simulator.password)["Status"] == "Success"
        with pytest.raises(ValueError, match="Expecting value"):
            Client(simulator.url).log_in(simulator)


def test_the_master_changes_in_the_middle() -> None:
    with Simulator(database(), tls=False, faults=[Fault("master-change", after=2)]) as simulator:
        first, second = Client(simulator.url), Client(simulator.members[0])
        first.log_in(simulator)
        assert second.call(NAMES, first.session, "x") == ["HOST_IS_SLAVE", simulator.url.partition("://")[2]]
        for client, address in ((first, simulator.members[0]), (first, simulator.members[0])):
            assert client.ask("VM.get_uuid", "OpaqueRef:vm") == ["HOST_IS_SLAVE", address.partition("://")[2]]
        second.log_in(simulator)
        assert second.ask("VM.get_uuid", "OpaqueRef:vm") == "uuid-vm"
        for client in (first, second):
            client.connection.close()


# Calls


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("internal-error", cls="VM"), ["INTERNAL_ERROR", "Not_found"]),
        (
            Fault("permission-denied", method="VM.get_all*"),
            [
                "RBAC_PERMISSION_DENIED",
                "vm.get_all",
                "No permission in user session. (Roles with this permission: pool-admin)",
            ],
        ),
    ],
    ids=str,
)
def test_a_call_that_fails(fault: Fault, error: list[str]) -> None:
    with client_of(fault) as client:
        assert client.ask("VM.get_all") == error
        assert client.ask("SR.get_all") == ["OpaqueRef:sr"]


def test_a_session_ends_and_a_new_login_works() -> None:
    with Simulator(database(), tls=False, faults=[Fault("session-invalid", after=1, times=1)]) as simulator:
        client = Client(simulator.url)
        with closing(client.connection):
            client.log_in(simulator)
            assert client.ask("SR.get_all") == ["OpaqueRef:sr"]
            for _ in range(2):
                assert client.ask("SR.get_all") == ["SESSION_INVALID", client.session]
            client.log_in(simulator)
            assert client.ask("SR.get_all") == ["OpaqueRef:sr"]


@pytest.mark.parametrize(
    ("cls", "ref"), [("", "VM_guest_metrics OpaqueRef:guest"), ("VDI", "VDI OpaqueRef:vdi")]
)
def test_rows_vanish_between_calls(cls: str, ref: str) -> None:
    content = tables()
    content["VM_guest_metrics"] = {"OpaqueRef:guest": {"uuid": "uuid-guest"}}
    content["VM"]["OpaqueRef:vm"]["guest_metrics"] = "OpaqueRef:guest"
    gone = ref.split()
    with client_of(Fault("vanish", cls=cls, after=2), content=content) as client:
        before = client.ask(f"{gone[0]}.get_all_records")
        assert gone[1] in before
        assert client.ask("VM.get_guest_metrics", "OpaqueRef:vm") == "OpaqueRef:guest"
        assert client.ask(f"{gone[0]}.get_record", gone[1]) == ["HANDLE_INVALID", *gone]
        assert client.ask(f"{gone[0]}.get_all_records") == {}
        assert client.ask("VM.get_guest_metrics", "OpaqueRef:vm") == "OpaqueRef:guest"


# Connections


def shake_hands(simulator: Simulator) -> None:
    context = ssl.create_default_context(cafile=str(simulator.certificate))
    address = ("127.0.0.1", int(simulator.url.rpartition(":")[2]))
    with (
        socket.create_connection(address, timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1"),
    ):
        pass


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("certificate-expired", "certificate has expired"),
        ("certificate-self-signed", "self-signed certificate"),
        ("certificate-changed", "unable to get local issuer certificate"),
    ],
)
def test_another_certificate(name: str, seen: str) -> None:
    with Simulator(database(), faults=[Fault(name, after=1, times=1)]) as simulator:
        shake_hands(simulator)
        with pytest.raises(ssl.SSLCertVerificationError, match=seen):
            shake_hands(simulator)
        shake_hands(simulator)


@pytest.mark.parametrize("tls", [False, True])
def test_a_connection_is_refused(tls: bool) -> None:
    with Simulator(database(), tls=tls, faults=[Fault("refuse", times=1)]) as simulator:
        with socket.create_connection(("127.0.0.1", int(simulator.url.rpartition(":")[2]))) as client:
            client.settimeout(10)
            with pytest.raises(ConnectionResetError):
                client.recv(1)
        if tls:
            shake_hands(simulator)


def test_a_fault_of_certificates_needs_tls() -> None:
    with pytest.raises(PoolproofError, match="leave out certificate-expired"):
        Simulator(database(), tls=False, faults=[Fault("certificate-expired")])


# From the start


@pytest.mark.parametrize(("value", "sign"), [(None, 1), (86400.0, 1), (-86400.0, -1)])
def test_the_clock_is_far_off(value: float | None, sign: int) -> None:
    with client_of() as right, client_of(Fault("clock", value=value)) as wrong:
        now, shown = (each.ask("host.get_servertime", "OpaqueRef:host") for each in (right, wrong))
    assert (shown > now) == (sign > 0)
    assert shown[:8] != now[:8]


@pytest.mark.parametrize(
    ("release", "there", "missing"),
    [
        ("5.6", ["VM.tags", "host.cpu_info"], ["VM.VGPUs", "VUSB", "VM.domain_type"]),
        ("6.5", ["VM.VGPUs", "VGPU"], ["VM_guest_metrics.PV_drivers_detected", "VM_metrics.nested_virt"]),
        ("7.0", ["VM_guest_metrics.PV_drivers_detected"], ["VM.domain_type", "pool_update"]),
        ("7.5", ["VM.domain_type", "VM_metrics.current_domain_type"], ["VM.NVRAM", "Certificate"]),
        (RELEASES[-1], ["VM.NVRAM", "VM.groups", "Observer"], []),
    ],
)
def test_what_an_older_release_lacks(release: str, there: list[str], missing: list[str]) -> None:
    younger = introduced_after(release)
    assert (younger.isdisjoint(there), younger.issuperset(missing)) == (True, True)


def test_an_older_release_has_neither_field_nor_class() -> None:
    content: Tables = {
        "VM": {"OpaqueRef:vm": {"uuid": "uuid-vm", "domain_type": "hvm"}},
        "VUSB": {"OpaqueRef:usb": {"uuid": "uuid-usb"}},
    }
    with client_of(Fault("release", value="7.0"), content=content) as client:
        assert client.ask("VM.get_all_records")["OpaqueRef:vm"].keys() == {"uuid", "allowed_operations"}
        assert client.ask("VUSB.get_all") == ["MESSAGE_METHOD_UNKNOWN", "VUSB.get_all"]
        assert client.ask("VM.get_domain_type", "OpaqueRef:vm") == [
            "MESSAGE_METHOD_UNKNOWN",
            "VM.get_domain_type",
        ]


@needs_corpus
@pytest.mark.parametrize(
    ("name", "release"),
    [
        ("state.db", "5.0"),
        ("george-xapi-db.xml", "5.5"),
        ("state1.xml", "5.5"),
        ("updatesState.xml", "5.6"),
        ("Cowley-db.xml", "5.6.1"),
        ("boston-db.xml", "6.0"),
        ("TampaTwoHostPoolSelectioniSCSI.xml", "6.1"),
        ("tampa_poolofone_40.xml", "6.1"),
    ],
)
def test_real_pools_of_a_release_have_nothing_younger(name: str, release: str) -> None:
    assert names_in(name) & introduced_after(release) == set()


@needs_corpus
def test_what_a_real_pool_lacks_is_younger() -> None:
    names = names_in("tampa_poolofone_40.xml") | names_in("TampaTwoHostPoolSelectioniSCSI.xml")
    filled = {name.partition(".")[0] for name in names if "." in name}
    lacking = {
        f"{cls}.{field}"
        for cls in filled & FIELDS.keys()
        for field in FIELDS[cls].keys() - INTERNAL.get(cls, set())
        if f"{cls}.{field}" not in names
    }
    assert lacking - introduced_after("6.1") == {"host.guest_VCPUs_params"}  # a build before the last of 6.1
    assert {cls for cls in FIELDS if cls not in names} <= introduced_after("6.1") | {"LVHD"}


def names_in(pool: str) -> set[str]:
    """Classes and fields of a real pool's database, dotted."""
    (path,) = corpus_files(f"pools/{pool}")
    with path.open("rb") as stream:
        tables = read_tables(stream).tables
    fields = {f"{cls}.{field}" for cls, rows in tables.items() for row in rows.values() for field in row}
    return fields | tables.keys()


NOT_STORED: Final = {"auth", "data_source"}


def test_releases_bring_what_the_data_model_has() -> None:
    for name in introduced_after(RELEASES[0]) - NOT_STORED:
        cls, _, field = name.partition(".")
        assert field in {"", *FIELDS[cls]}, name


def test_a_field_of_tomorrow_on_either_wire() -> None:
    with Simulator(database(), tls=False, faults=[Fault("unknown-fields", cls="SR")]) as simulator:
        client = Client(simulator.url)
        proxy: Any = xmlrpc.client.ServerProxy(simulator.url)
        with closing(client.connection):
            client.log_in(simulator)
            for records in (
                client.ask("SR.get_all_records"),
                proxy.SR.get_all_records(client.session)["Value"],
            ):
                assert records["OpaqueRef:sr"][UNKNOWN_FIELD] == "x"
            assert UNKNOWN_FIELD not in client.ask("VM.get_record", "OpaqueRef:vm")
            assert client.ask(f"SR.get_{UNKNOWN_FIELD}", "OpaqueRef:sr") == "x"
        proxy("close")()


@pytest.mark.parametrize(
    ("value", "changed"),
    [(None, {"power_state", "domain_type"}), ("power_state", {"power_state"}), ("name_label", set())],
)
def test_an_enum_of_tomorrow(value: str | None, changed: set[str]) -> None:
    content = tables()
    content["VM"]["OpaqueRef:vm"]["domain_type"] = "hvm"
    vm = served(Fault("unknown-enums", cls="VM", value=value), content=content)["VM"]["OpaqueRef:vm"]
    assert {field for field, text in vm.items() if text == UNKNOWN_ENUM} == changed


def test_clocks_of_members_are_ahead_of_the_master_s() -> None:
    content = tables()
    content["host"]["OpaqueRef:member"] = {"uuid": "uuid-member", "other_config": {"a": "b"}}
    objects = served(Fault("host-clock", value=90.0), Fault("clock"), content=content)
    ahead = [datetime.fromisoformat(server_time(objects, ref)) for ref in objects["host"]]
    assert ahead[1] - ahead[0] == timedelta(seconds=90)
    assert objects["host"]["OpaqueRef:member"]["other_config"].keys() == {"a", OFFSET_KEY}


def test_names_that_only_json_can_carry() -> None:
    with Simulator(database(), tls=False, faults=[Fault("odd-names", cls="VM")]) as simulator:
        client = Client(simulator.url)
        proxy: Any = xmlrpc.client.ServerProxy(simulator.url)
        with closing(client.connection):
            client.log_in(simulator)
            assert client.ask("VM.get_name_label", "OpaqueRef:vm") == "dbase & <more>\ud800\0"
            assert client.ask("SR.get_name_label", "OpaqueRef:sr") == "Local storage"
            assert proxy.VM.get_name_label(client.session, "OpaqueRef:vm")["Value"] == "dbase & <more>"
        proxy("close")()


# Where, when, how often


@pytest.mark.parametrize(
    ("fault", "failed"),
    [
        (Fault("internal-error"), "xxxxxx"),
        (Fault("internal-error", after=2), "..xxxx"),
        (Fault("internal-error", times=2), "xx...."),
        (Fault("internal-error", after=1, times=3), ".xxx.."),
        (Fault("internal-error", rate=0), "......"),
        (Fault("internal-error", method="*.get_all"), "x.x.x."),
        (Fault("internal-error", method="*.get_all", after=1), "..x.x."),
        (Fault("internal-error", cls="SR"), ".x.x.x"),
        (Fault("internal-error", cls="SR", method="*.get_all"), "......"),
    ],
    ids=str,
)
def test_which_calls_a_fault_strikes(fault: Fault, failed: str) -> None:
    with client_of(fault) as client:
        calls = [("VM.get_all",), ("SR.get_record", "OpaqueRef:sr")] * 3
        replies = [client.ask(*call) for call in calls]
    assert "".join("x" if reply[:1] == ["INTERNAL_ERROR"] else "." for reply in map(list, replies)) == failed


def struck(rate: float, seed: int) -> str:
    with client_of(Fault("internal-error", rate=rate), seed=seed) as client:
        return "".join(".x"[client.ask("SR.get_all")[0] == "INTERNAL_ERROR"] for _ in range(60))


def test_chance_is_the_same_at_every_run_with_a_seed() -> None:
    assert struck(0.5, seed=1) == struck(0.5, seed=1)
    assert struck(0.5, seed=1) != struck(0.5, seed=2)
    assert 0 < struck(0.25, seed=1).count("x") < struck(0.75, seed=1).count("x") < 60


def test_a_share_of_the_rows() -> None:
    content: Tables = {"SR": {f"OpaqueRef:{number}": {"uuid": str(number)} for number in range(100)}}
    rows = served(Fault("unknown-fields", rate=0.3), content=content)["SR"].values()
    assert 10 < sum(UNKNOWN_FIELD in row for row in rows) < 60


def test_faults_add_up() -> None:
    first, second = Fault("internal-error", cls="VM"), Fault("internal-error", cls="SR")
    with client_of(first, second) as client:
        assert [client.ask(f"{cls}.get_all")[0] for cls in ("VM", "SR", "network")] == [
            "INTERNAL_ERROR",
            "INTERNAL_ERROR",
            "OpaqueRef:network",
        ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("refuse", Fault("refuse")),
        ("refuse:0.5", Fault("refuse", rate=0.5)),
        ("stall,method=VM.*,after=3,times=1", Fault("stall", method="VM.*", after=3, times=1)),
        ("permission-denied:0.1,class=VM", Fault("permission-denied", rate=0.1, cls="VM")),
        ("release,value=7.0", Fault("release", value="7.0")),
        ("clock,value=-60", Fault("clock", value=-60.0)),
        ("truncate,value=1", Fault("truncate", value=1.0)),
        ("vanish:0.3,class=VBD,after=2", Fault("vanish", rate=0.3, cls="VBD", after=2)),
    ],
)
def test_faults_as_text(text: str, fault: Fault) -> None:
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense", "there is no fault 'nonsense': it is one of refuse, "),
        ("", "there is no fault ''"),
        ("stall:often", "is no fault (NAME[:RATE][,KEY=VALUE…]): could not convert"),
        ("stall:2", "the rate 2 is not within 0 and 1"),
        ("stall,when=now", "'when' is none of method=, class=, after=, times=, value="),
        ("stall,after", "'after' is none of"),
        ("stall,after=-1", "after must be 0 or more"),
        ("stall,times=0", "times 1 or more"),
        ("stall,class=Vm", "XAPI has no class 'Vm'"),
        ("stall,value=long", "could not convert"),
        ("refuse,value=1", "value=1, but it takes no value"),
        ("refuse,method=VM.*", "strikes no single calls, so it takes no method and no class"),
        ("clock,class=host", "takes no method and no class"),
        ("unknown-fields,after=1", "is there from the start: neither after, times nor rate fit"),
        ("clock:0.5", "is there from the start: neither after, times nor rate fit"),
        ("truncate,value=2", "value=2.0 is no share: write 0 to 1"),
        ("release,value=4.1", "is none of 5.0, "),
    ],
)
def test_what_is_no_fault(text: str, message: str) -> None:
    with pytest.raises(PoolproofError, match=re.escape(message)):
        parse_fault(text)


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind.value])
def test_the_default_of_a_value_is_told(kind: Kind) -> None:
    shown = f"{kind.value:.10g}" if isinstance(kind.value, float) else kind.value
    assert f"`value` ({shown})" in kind.sentence


def test_every_fault_is_injected_here() -> None:
    source = Path(__file__).read_text()
    assert [name for name in KINDS if f'"{name}"' not in source] == []
