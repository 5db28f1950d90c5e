"""Nothing but the allow-list leaves this machine, by either protocol, however it is asked for."""

import socket
import xmlrpc.client
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from xml.parsers.expat import ExpatError

import pytest
import XenAPI

from fixtures.facts.records import CLASSES
from fixtures.secret import Secret
from fixtures.simulator import Simulator
from fixtures.xapi.caller import Caller
from fixtures.xapi.channel import Channel
from fixtures.xapi.connection import parse_url
from fixtures.xapi.deadline import Deadline
from fixtures.xapi.login import Transport
from fixtures.xapi.readonly import READ_ONLY_METHODS, WriteRefusedError
from fixtures.xapi.session import Session
from tests.corpus import CORPUS, needs_corpus
from tests.simulator.small_pool import database
from tests.xapi.servers import RawServer, certificate, ok, read_request, xml_success
from tests.xapi.trusting import trusting

WRITES = [
    "VM.start",
    "VM.hard_shutdown",
    "VM.destroy",
    "VM.set_name_label",
    "host.call_plugin",
    "host.set_enabled",
    "pool.eject",
    "event.from",
    "system.multicall",
    "system.listMethods",
    "session.create_from_db_file",
    "Async.VM.start",
    "VM.get_all_records_where",
    "vm.get_all_records",
    "VM.get_all_records ",
    "",
]


def by_magic(channel: Channel, method: str) -> object:
    """As XenAPI's users write it: session.VM.start(...)."""
    call: Any = XenAPI.Session(str(channel.address), transport=Transport(Caller(channel, None)))
    for part in method.split("."):
        call = getattr(call, part)
    return call("OpaqueRef:session", "OpaqueRef:vm")


def by_dispatcher(channel: Channel, method: str) -> object:
    """As XenAPI's users write it: session.xenapi.VM.start(...)."""
    call: Any = XenAPI.Session(str(channel.address), transport=Transport(Caller(channel, None)))
    return call.xenapi_request(method, ("OpaqueRef:vm",))


def by_session(channel: Channel, method: str) -> object:
    return Session(channel.address, trusting(), Secret("x")).call(method, "OpaqueRef:vm")


def by_caller(channel: Channel, method: str) -> object:
    return Caller(channel, None).by_xml(method, ("OpaqueRef:session",))


def by_transport(channel: Channel, method: str) -> object:
    body = xmlrpc.client.dumps(("OpaqueRef:session",), method).encode()
    return Transport(Caller(channel, None)).request("", "/", body, verbose=False)


def by_xml(channel: Channel, method: str) -> object:
    return channel.post("/", method, ("OpaqueRef:session",))


def by_json(channel: Channel, method: str) -> object:
    return channel.post("/jsonrpc", method, ("OpaqueRef:session",))


WAYS: list[Callable[[Channel, str], object]] = [
    *(by_magic, by_dispatcher, by_session, by_caller, by_transport, by_xml, by_json)
]


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("way", WAYS)
def test_what_is_not_on_the_list_never_reaches_the_wire(
    way: Callable[[Channel, str], object], method: str
) -> None:
    with RawServer() as server:
        channel = Channel(parse_url(server.url), trusting(), Deadline(30))
        with pytest.raises(WriteRefusedError):
            way(channel, method)
    assert (server.connections, server.received) == (0, b"")


@pytest.mark.parametrize("way", WAYS)
def test_nor_does_it_reach_a_pool_that_would_obey(way: Callable[[Channel, str], object]) -> None:
    with Simulator(database()) as simulator:
        connection = trusting(fingerprints=(simulator.fingerprint,))
        channel = Channel(parse_url(simulator.url), connection, Deadline(30))
        with pytest.raises(WriteRefusedError):
            way(channel, "VM.start")
        channel.post("/", "VM.get_all_records", ("OpaqueRef:session",))
        channel.close()
    assert simulator.calls == ["VM.get_all_records"]


@pytest.mark.parametrize(
    "method",
    [
        "VM.get_all_records</methodName><methodName>VM.start",
        "VM.start</methodName><methodName>VM.get_all_records",
        "VM.get_all_records</methodName></methodCall><methodCall><methodName>VM.start",
        "VM.get_all_records<!-- -->",
        'VM.get_all_records","method":"VM.start',
    ],
)
@pytest.mark.parametrize("way", [by_dispatcher, by_session, by_transport, by_xml, by_json])
def test_no_wording_smuggles_a_second_method(way: Callable[[Channel, str], object], method: str) -> None:
    received = bytearray()

    def converse(connection: socket.socket) -> None:
        received.extend(read_request(connection))
        connection.sendall(ok(xml_success({})))

    with RawServer(converse, certificate()) as server:
        channel = Channel(parse_url(server.url), trusting(), Deadline(30))
        with suppress(WriteRefusedError, ExpatError):
            way(channel, method)
        channel.close()
    # What is sent is made anew from the one method that was checked.
    assert b"start" not in received
    assert received.count(b"methodName>") in (0, 2)


def test_the_list_has_what_a_reading_needs_and_no_more() -> None:
    assert {
        *(f"{name}.get_all_records" for name in CLASSES),
        *("session.login_with_password", "session.get_record", "session.logout"),
        *("subject.get_roles", "role.get_name_label", "host.get_servertime"),
        *("host.get_server_certificate", "host.get_vms_which_prevent_evacuation"),
    } == READ_ONLY_METHODS


@needs_corpus
def test_xapis_role_read_only_has_every_method_of_the_list() -> None:
    assert CORPUS is not None
    answer = (CORPUS / "xapi/wire/tampa/179-role.get_all_records.response.xml").read_bytes()
    (reply,), _ = xmlrpc.client.loads(answer)
    roles: Any = reply
    roles = roles["Value"]
    (role,) = (each for each in roles.values() if each["name_label"] == "read-only")
    granted = {roles[ref]["name_label"] for ref in role["subroles"]}
    assert {method.lower() for method in READ_ONLY_METHODS} <= {name.lower() for name in granted}
