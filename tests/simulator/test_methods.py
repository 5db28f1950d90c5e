"""Which calls are answered, how, and in which order their mistakes are told."""

from typing import Any, Final

import msgspec
import pytest

from fixtures.simulator import json_rpc, xml_rpc
from fixtures.simulator.dispatch import Dispatcher
from fixtures.simulator.faults import Faults
from fixtures.simulator.methods import methods
from fixtures.simulator.objects import load
from fixtures.simulator.wire import Call
from fixtures.xapi.datamodel import FIELDS
from tests.simulator.small_pool import PASSWORD, USER, Tables, database, tables

UNKNOWN: Final = "OpaqueRef:deadbeef"
TEMPLATE: Final = "OpaqueRef:template"
CERTIFICATE: Final = "-----BEGIN CERTIFICATE-----"


class Client:
    """Calls a dispatcher through JSON-RPC 1.0: the result, or the error's description."""

    def __init__(self, content: Tables) -> None:
        self.calls: list[str] = []
        objects = load(database(content))
        table = methods(objects, PASSWORD, CERTIFICATE)
        self.dispatcher = Dispatcher(objects, table, self.calls, Faults())
        self.session = self.call("session.login_with_password", USER, PASSWORD, "1.0", "tests")

    def call(self, method: str, *params: Any, master: str | None = None) -> Any:
        call = Call(method, list(params), 1, "1.0")
        reply = msgspec.json.decode(b"".join(self.dispatcher.answer(json_rpc, call, master).body))
        return reply["result"] if reply["error"] is None else reply["error"]


@pytest.fixture
def client() -> Client:
    return Client(tables())


@pytest.mark.parametrize(
    ("method", "arguments", "expected"),
    [
        ("VM.get_all", [], ["OpaqueRef:vm", TEMPLATE]),
        ("VM_guest_metrics.get_all", [], []),
        ("VM_guest_metrics.get_all_records", [], {}),
        ("SR.get_all_records", [], tables()["SR"]),
        ("SR.get_all_records_where", ["true"], tables()["SR"]),
        ("SR.get_all_where", ['field "name__label" = "Local storage"'], ["OpaqueRef:sr"]),
        ("SR.get_all_where", ["false"], []),
        ("SR.get_record", ["OpaqueRef:sr"], tables()["SR"]["OpaqueRef:sr"]),
        ("SR.get_record", [UNKNOWN], ["HANDLE_INVALID", "SR", UNKNOWN]),
        ("SR.get_record", ["OpaqueRef:NULL"], ["HANDLE_INVALID", "SR", "OpaqueRef:NULL"]),
        ("SR.get_record", [17], ["INTERNAL_ERROR", "Failure(\"Expected string, got 'I(17)'\")"]),
        ("SR.get_by_uuid", ["uuid-sr"], "OpaqueRef:sr"),
        ("SR.get_by_uuid", ["x"], ["UUID_INVALID", "SR", "x"]),
        ("SR.get_by_name_label", ["Local storage"], ["OpaqueRef:sr"]),
        ("SR.get_by_name_label", ["local storage"], []),
        ("pool.get_by_name_label", ["Pool"], ["MESSAGE_METHOD_UNKNOWN", "pool.get_by_name_label"]),
        ("VM.get_memory_static_max", ["OpaqueRef:vm"], 8589934592),
        ("VM.get_HVM_shadow_multiplier", ["OpaqueRef:vm"], 1.5),
        ("VM.get_is_a_template", [TEMPLATE], True),
        ("VM.get_tags", ["OpaqueRef:vm"], ["x", ""]),
        ("VM.get_other_config", ["OpaqueRef:vm"], {"a key": "<1>"}),
        ("VM.get_name_label", [UNKNOWN], ["HANDLE_INVALID", "VM", UNKNOWN]),
        ("VM.get_tags", [TEMPLATE], ["INTERNAL_ERROR", "missing field", "tags", ""]),
        ("VM_guest_metrics.get_other", [UNKNOWN], ["HANDLE_INVALID", "VM_guest_metrics", UNKNOWN]),
        ("VM.get_domain_type", ["OpaqueRef:vm"], ["MESSAGE_METHOD_UNKNOWN", "VM.get_domain_type"]),
        ("VUSB.get_all_records", [], ["MESSAGE_METHOD_UNKNOWN", "VUSB.get_all_records"]),
        ("VBD_metrics.get_all_records", [], ["MESSAGE_REMOVED"]),
        ("VBD_metrics.get_record", [UNKNOWN], ["MESSAGE_REMOVED"]),
        ("VM.assert_operation_valid", ["OpaqueRef:vm", "pause"], ""),
        ("VM.assert_operation_valid", ["OpaqueRef:vm", "suspend"], ["VM_LACKS_FEATURE", "OpaqueRef:vm"]),
        ("VM.assert_operation_valid", [UNKNOWN, "pause"], ["HANDLE_INVALID", "VM", UNKNOWN]),
        (
            "VM.assert_operation_valid",
            ["OpaqueRef:vm", "nonsense"],
            ["INTERNAL_ERROR", 'Failure("Unknown tag/contents")'],
        ),
        ("VM.assert_can_boot_here", ["OpaqueRef:vm", "OpaqueRef:host"], ["HOST_NOT_LIVE"]),
        ("VM.assert_can_boot_here", [UNKNOWN, "OpaqueRef:host"], ["HANDLE_INVALID", "VM", UNKNOWN]),
        ("VM.assert_can_boot_here", ["OpaqueRef:vm", UNKNOWN], ["HANDLE_INVALID", "host", UNKNOWN]),
        ("VM.get_possible_hosts", ["OpaqueRef:vm"], []),
        (
            "VM.assert_agile",
            ["OpaqueRef:vm"],
            ["HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED", "OpaqueRef:sr"],
        ),
        (
            "host.get_vms_which_prevent_evacuation",
            ["OpaqueRef:host"],
            {"OpaqueRef:vm": ["NO_HOSTS_AVAILABLE", "OpaqueRef:vm"]},
        ),
        (
            "host.assert_can_evacuate",
            ["OpaqueRef:host"],
            ["CANNOT_EVACUATE_HOST", "NO_HOSTS_AVAILABLE,OpaqueRef:vm"],
        ),
        ("host.get_servertime", [UNKNOWN], ["HANDLE_INVALID", "host", UNKNOWN]),
        ("VM.start", ["OpaqueRef:vm", False, False], ["MESSAGE_METHOD_UNKNOWN", "VM.start"]),
        ("VM.set_name_label", ["OpaqueRef:vm", "x"], ["MESSAGE_METHOD_UNKNOWN", "VM.set_name_label"]),
        ("Async.VM.get_all", [], ["MESSAGE_METHOD_UNKNOWN", "Async.VM.get_all"]),
        ("session.get_all", [], ["MESSAGE_METHOD_UNKNOWN", "session.get_all"]),
        ("VM.get_all", ["x"], ["MESSAGE_PARAMETER_COUNT_MISMATCH", "VM.get_all", "0", "1"]),
        ("VM.get_record", [], ["MESSAGE_PARAMETER_COUNT_MISMATCH", "VM.get_record", "1", "0"]),
    ],
)
def test_a_method_with_a_session(client: Client, method: str, arguments: list[Any], expected: Any) -> None:
    assert client.call(method, client.session, *arguments) == expected


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("VM.get_all", [], ["MESSAGE_PARAMETER_COUNT_MISMATCH", "VM.get_all", "0", "-1"]),
        ("VM.get_all", ["garbage"], ["SESSION_INVALID", "garbage"]),
        ("VM.get_all", [""], ["SESSION_INVALID", ""]),
        ("VM.get_all", [{"session_id": "x"}], "Expected string, got '{session_id:S(x)}'"),
        ("VM.get_record", ["garbage"], ["MESSAGE_PARAMETER_COUNT_MISMATCH", "VM.get_record", "1", "0"]),
        ("VM.get_record", ["garbage", UNKNOWN], ["SESSION_INVALID", "garbage"]),
        ("VM.get_record", ["garbage", 5], "Expected string, got 'I(5)'"),
        ("foo", [], ["MESSAGE_METHOD_UNKNOWN", "foo"]),
        ("foo", ["garbage"], ["SESSION_INVALID", "garbage"]),
        ("foo", [["x"]], "Expected string, got '[S(x)]'"),
        ("session.logout", ["garbage"], ["SESSION_INVALID", "garbage"]),
    ],
)
def test_the_first_mistake_of_a_call_is_told(
    client: Client, method: str, arguments: list[Any], error: list[str] | str
) -> None:
    if isinstance(error, str):
        error = ["INTERNAL_ERROR", f'Failure("{error}")']
    assert client.call(method, *arguments) == error


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ([USER], ["MESSAGE_PARAMETER_COUNT_MISMATCH", "session.login_with_password", "2", "1"]),
        ([USER, "wrong"], ["SESSION_AUTHENTICATION_FAILED", USER, "Authentication failure"]),
        ([USER, "é"], ["SESSION_AUTHENTICATION_FAILED", USER, "Authentication failure"]),
        (
            ["x", PASSWORD],
            [
                "SESSION_AUTHENTICATION_FAILED",
                "x",
                "User not known to the underlying authentication module",
            ],
        ),
        ([USER, None], ["INTERNAL_ERROR", "Failure(\"Expected string, got 'N'\")"]),
    ],
)
def test_a_refused_login(client: Client, arguments: list[Any], error: list[str]) -> None:
    assert client.call("session.login_with_password", *arguments) == error


@pytest.mark.parametrize("extra", [[], ["1.0"], ["1.0", "tests"], ["1.0", "tests", "more"]])
def test_login_takes_two_arguments_or_more(client: Client, extra: list[str]) -> None:
    session = client.call("session.login_with_password", USER, PASSWORD, *extra)
    assert session.startswith("OpaqueRef:")
    assert client.call("VM_guest_metrics.get_all", session) == []


def test_a_session_tells_who_logged_in(client: Client) -> None:
    record = client.call("session.get_record", client.session, client.session)
    assert {
        "auth_user_name": USER,
        "is_local_superuser": True,
        "originator": "tests",
        "this_host": "OpaqueRef:host",
        "subject": "OpaqueRef:NULL",
        "rbac_permissions": [],
    }.items() <= record.items()
    for field, value in record.items():
        assert client.call(f"session.get_{field}", client.session, client.session) == value
    assert client.call("session.get_by_uuid", client.session, record["uuid"]) == client.session


def test_a_session_ends_with_logout(client: Client) -> None:
    other = client.call("session.login_with_password", USER, PASSWORD)
    assert client.call("session.logout", other) == ""
    assert client.call("session.logout", other) == ["SESSION_INVALID", other]
    assert client.call("session.get_record", client.session, other) == ["HANDLE_INVALID", "session", other]
    assert client.call("VM_guest_metrics.get_all", client.session) == []


@pytest.mark.parametrize(
    ("method", "arguments", "expected"),
    [
        ("session.login_with_password", [USER, PASSWORD], ["HOST_IS_SLAVE", "192.0.2.1"]),
        ("session.login_with_password", [USER, "wrong"], ["HOST_IS_SLAVE", "192.0.2.1"]),
        ("VM.get_all", ["garbage"], ["SESSION_INVALID", "garbage"]),
        ("VM.get_all", [], ["MESSAGE_PARAMETER_COUNT_MISMATCH", "VM.get_all", "0", "-1"]),
        ("foo", [], ["MESSAGE_METHOD_UNKNOWN", "foo"]),
    ],
)
def test_a_member_names_its_master(
    client: Client, method: str, arguments: list[Any], expected: list[str]
) -> None:
    assert client.call(method, *arguments, master="192.0.2.1") == expected


def test_a_member_names_its_master_to_a_session_of_the_pool(client: Client) -> None:
    assert client.call("VM.get_all", client.session, master="192.0.2.1") == ["HOST_IS_SLAVE", "192.0.2.1"]


def test_removed_classes_of_today_are_classes_of_older_pools() -> None:
    older = tables()
    older["VBD_metrics"] = {"OpaqueRef:io": {"uuid": "uuid-io"}}
    client = Client(older)
    assert client.call("VBD_metrics.get_all", client.session) == ["OpaqueRef:io"]


def test_every_call_is_counted_answered_or_not(client: Client) -> None:
    client.call("VM.destroy", client.session, "OpaqueRef:vm")
    client.call("VM.get_all")
    client.call("VM.get_all", client.session, master="192.0.2.1")
    assert client.calls == ["session.login_with_password", "VM.destroy", "VM.get_all", "VM.get_all"]


def test_the_pool_sets_the_time() -> None:
    content = tables()
    content["pool"]["OpaqueRef:pool"]["other_config"] = {"simulator_clock": "20261123T04:33:34Z"}
    client = Client(content)
    assert client.call("host.get_servertime", client.session, "OpaqueRef:host") == "20261123T04:33:34Z"


def three_hosts() -> Tables:
    """A master, a live member and one that is gone."""
    content = tables()
    master = content["host"]["OpaqueRef:host"]
    content["host"] |= {
        "OpaqueRef:member": master | {"uuid": "uuid-member", "metrics": "OpaqueRef:live"},
        "OpaqueRef:gone": master | {"uuid": "uuid-gone", "metrics": "OpaqueRef:dead"},
        "OpaqueRef:lost": master | {"uuid": "uuid-lost", "metrics": "OpaqueRef:nowhere"},
    }
    content["host_metrics"] = {"OpaqueRef:live": {"live": True}, "OpaqueRef:dead": {"live": False}}
    return content


@pytest.mark.parametrize(
    ("offset", "told"),
    [("90", "20261123T04:35:04Z"), ("-4.5", "20261123T04:33:29Z"), (None, "20261123T04:33:34Z")],
)
def test_a_host_may_have_a_clock_of_its_own(offset: str | None, told: str) -> None:
    content = three_hosts()
    content["pool"]["OpaqueRef:pool"]["other_config"] = {"simulator_clock": "20261123T04:33:34Z"}
    if offset:
        content["host"]["OpaqueRef:member"]["other_config"] = {"simulator_clock_offset": offset}
    client = Client(content)
    assert client.call("host.get_servertime", client.session, "OpaqueRef:member") == told
    assert client.call("host.get_servertime", client.session, "OpaqueRef:host") == "20261123T04:33:34Z"


@pytest.mark.parametrize("method", ["host.get_servertime", "host.get_server_certificate"])
def test_a_host_that_is_not_live_answers_nothing(method: str) -> None:
    client = Client(three_hosts())
    for host in ("OpaqueRef:gone", "OpaqueRef:lost"):
        assert client.call(method, client.session, host) == ["HOST_OFFLINE", host]
    assert client.call(method, client.session, UNKNOWN) == ["HANDLE_INVALID", "host", UNKNOWN]
    for host in ("OpaqueRef:host", "OpaqueRef:member"):
        assert isinstance(client.call(method, client.session, host), str)


def test_a_host_may_have_a_certificate_of_its_own() -> None:
    content = three_hosts()
    content["host"]["OpaqueRef:member"]["other_config"] = {"simulator_certificate": "its own"}
    client = Client(content)
    assert client.call("host.get_server_certificate", client.session, "OpaqueRef:member") == "its own"
    assert client.call("host.get_server_certificate", client.session, "OpaqueRef:host") == CERTIFICATE


def test_every_class_is_listed_by_both_protocols() -> None:
    """But for those that a real xapi does not list, and those of which today's has only the name."""
    client = Client({cls: {} for cls in FIELDS} | tables())
    unlisted = {"session": "MESSAGE_METHOD_UNKNOWN", "user": "MESSAGE_METHOD_UNKNOWN"}
    unlisted |= {"LVHD": "MESSAGE_METHOD_UNKNOWN"}
    unlisted |= dict.fromkeys(("VBD_metrics", "VIF_metrics", "VMPP"), "MESSAGE_REMOVED")
    for cls in FIELDS:
        method = f"{cls}.get_all_records"
        told = client.call(method, client.session)
        assert (told[0] if cls in unlisted else told.keys()) == unlisted.get(
            cls, tables().get(cls, {}).keys()
        )
        body = b"".join(client.dispatcher.answer(xml_rpc, Call(method, [client.session])).body)
        assert (b"<value>Success</value>" in body) == (cls not in unlisted)


def test_what_does_not_change_is_encoded_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    call = Call("VM.get_all_records", [client.session], 1, "1.0")
    first = {p: client.dispatcher.answer(p, call) for p in (json_rpc, xml_rpc)}
    monkeypatch.setattr(json_rpc, "encode", None)
    monkeypatch.setattr(xml_rpc, "encode", None)
    for protocol, reply in first.items():
        assert client.dispatcher.answer(protocol, call) == reply
