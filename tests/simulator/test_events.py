"""event.from: once everything that was asked for, then silence until the timeout."""

import json
import xmlrpc.client
from typing import Any

import pytest

from fixtures.simulator import Simulator
from fixtures.simulator.events import LONGEST, events_from
from fixtures.simulator.objects import Objects
from fixtures.simulator.wire import Failure
from tests.simulator.client import Client, client_of
from tests.simulator.small_pool import database, tables

NOW = "00000000000000000001,00000000000000000000"
NEVER = "00000000000000000000,00000000000000000000"


def pool() -> Objects:
    return tables() | {"session": {"OpaqueRef:session": {}}, "user": {"OpaqueRef:user": {}}}


def rows(*classes: str) -> list[str]:
    return [ref for cls in classes for ref in tables()[cls]]


@pytest.mark.parametrize(
    ("classes", "refs"),
    [
        (["*"], rows(*tables())),
        (["vm"], rows("VM")),
        (["VM"], rows("VM")),
        (["vm", "VM_metrics"], rows("VM", "VM_metrics")),
        (["vm/OpaqueRef:template"], ["OpaqueRef:template"]),
        (["vm/OpaqueRef:gone"], []),
        (["session", "user"], []),
        (["nosuchclass"], []),
        ([], []),
    ],
)
def test_which_objects_give_events(classes: list[str], refs: list[str]) -> None:
    held = events_from(pool(), classes, "", 30.0)
    assert [event["ref"] for event in held.result["events"]] == refs
    assert (held.seconds, held.result["token"]) == ((0.0, NOW) if refs else (30.0, NEVER))


def test_an_event_holds_the_whole_record() -> None:
    (event,) = events_from(pool(), ["SR"], "", 0.0).result["events"]
    assert event == {
        "id": "1",
        "timestamp": "0.0",
        "class": "sr",
        "operation": "add",
        "ref": "OpaqueRef:sr",
        "snapshot": tables()["SR"]["OpaqueRef:sr"],
    }


def test_all_classes_are_counted() -> None:
    counts = events_from(pool(), ["SR"], "", 0.0).result["valid_ref_counts"]
    assert {"vm": 2, "sr": 1, "session": 1, "vusb": 0, "event": 0}.items() <= counts.items()


@pytest.mark.parametrize(
    ("token", "timeout", "seconds"),
    [(NOW, 2.5, 2.5), (NOW, 0.0, 0.0), (NOW, -1.0, 0.0), (NOW, 1e9, LONGEST), ("7,0", 2.0, 2.0)],
)
def test_who_knows_the_pool_is_held_and_told_nothing(token: str, timeout: float, seconds: float) -> None:
    held = events_from(pool(), ["*"], token, timeout)
    assert (held.result["events"], held.seconds) == ([], seconds)
    assert [int(part) for part in held.result["token"].split(",")] == [int(part) for part in token.split(",")]


@pytest.mark.parametrize("token", ["rubbish", "1", "1,", "1,x"])
def test_a_token_that_is_none(token: str) -> None:
    with pytest.raises(Failure) as caught:
        events_from(pool(), ["*"], token, 0.0)
    assert caught.value.description == ["EVENT_FROM_TOKEN_PARSE_FAILURE", token]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["vm", "", 0.0], "Expected array, got 'S(vm)'"),
        ([["vm", 5], "", 0.0], "Expected string, got 'I(5)'"),
        ([["vm"], "", "soon"], "Expected float, got 'S(soon)'"),
        ([["vm"], "", True], "Expected float, got 'B(true)'"),
        ([["vm"], 5, 0.0], "Expected string, got 'I(5)'"),
    ],
)
def test_arguments_of_another_type(arguments: list[Any], error: str) -> None:
    with client_of() as client:
        assert client.ask("event.from", *arguments) == ["INTERNAL_ERROR", f'Failure("{error}")']


def test_both_wires_tell_the_same() -> None:
    with Simulator(database(), tls=False) as simulator, client_of() as client:
        proxy: Any = xmlrpc.client.ServerProxy(simulator.url)
        session = proxy.session.login_with_password(simulator.user, simulator.password)["Value"]
        by_xml = getattr(proxy, "event.from")(session, ["pool", "vm_metrics"], "", 1)["Value"]
        by_json = client.ask("event.from", ["pool", "vm_metrics"], "", 1)
        proxy("close")()
    assert by_xml["valid_ref_counts"] == by_json["valid_ref_counts"]
    assert by_xml["token"] == by_json["token"]
    for batch in (by_xml, by_json):
        assert {event["snapshot"]["uuid"] for event in batch["events"]} == {"uuid-pool", "uuid-metrics"}


def test_a_held_call_holds_up_nobody_and_ends_with_the_simulator() -> None:
    with Simulator(database(), tls=False) as simulator:
        waiting, another = Client(simulator.url), Client(simulator.url)
        waiting.log_in(simulator)
        body = {"method": "event.from", "params": [waiting.session, ["*"], NOW, 50.0], "id": 1}
        waiting.connection.request("POST", "/jsonrpc", json.dumps(body))
        another.log_in(simulator)
        assert another.ask("SR.get_all") == ["OpaqueRef:sr"]
    with pytest.raises(ConnectionError):
        waiting.connection.getresponse()
    for client in (waiting, another):
        client.connection.close()
