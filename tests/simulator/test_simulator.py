"""The simulator as its users meet it: in-process, and as a command."""

import hashlib
import http.client
import json
import signal
import socket
import ssl
import subprocess
import sys
import xmlrpc.client
from pathlib import Path
from typing import Any

import pytest
import XenAPI
from cryptography import x509

from fixtures.errors import PoolproofError
from fixtures.pools import SAMPLE
from fixtures.simulator import Fault, Simulator
from fixtures.sources.database_writer import write_database
from tests.simulator.client import client_of
from tests.simulator.small_pool import database, tables


def xen_api(url: str, certificate: Path | None) -> Any:
    """PyPI's XenAPI, told to trust one authority."""
    context = ssl.create_default_context(cafile=str(certificate))
    return XenAPI.Session(url, transport=xmlrpc.client.SafeTransport(context=context))


def test_xenapi_logs_in_reads_and_logs_out_over_tls() -> None:
    with Simulator(database()) as simulator:
        assert simulator.url.startswith("https://127.0.0.1:")
        client = xen_api(simulator.url, simulator.certificate)
        client.xenapi.login_with_password(simulator.user, simulator.password, "1.0", "tests")
        vm = client.xenapi.VM.get_all_records()["OpaqueRef:vm"]
        assert (vm["name_label"], vm["memory_static_max"]) == ("dbase & <more>", "8589934592")
        assert (vm["is_a_template"], vm["HVM_shadow_multiplier"]) == (False, 1.5)
        assert vm["snapshot_time"] == xmlrpc.client.DateTime("19700101T00:00:00Z")
        with pytest.raises(XenAPI.Failure) as caught:
            client.xenapi.VM.hard_shutdown("OpaqueRef:vm")
        assert caught.value.details == ["MESSAGE_METHOD_UNKNOWN", "VM.hard_shutdown"]
        client.xenapi.session.logout()
        client("close")()
    assert simulator.calls == [
        "session.login_with_password",
        "VM.get_all_records",
        "VM.hard_shutdown",
        "session.logout",
    ]


def test_xenapi_judges_and_follows_events_as_a_lesser_account() -> None:
    faults = [Fault("internal-error", method="event.from", after=2)]
    with Simulator(SAMPLE, users=True, faults=faults) as simulator:
        client = xen_api(simulator.url, simulator.certificate)
        client.xenapi.login_with_password("read-only", simulator.password)
        vms = {
            ref: vm for ref, vm in client.xenapi.VM.get_all_records().items() if vm["power_state"] != "Halted"
        }
        for ref, vm in vms.items():
            assert client.xenapi.VM.get_allowed_operations(ref) == vm["allowed_operations"]
            client.xenapi.VM.assert_operation_valid(ref, vm["allowed_operations"][0])
            client.xenapi.VM.get_possible_hosts(ref)
        for host in client.xenapi.host.get_all():
            assert client.xenapi.host.get_vms_which_prevent_evacuation(host).keys() <= vms.keys()
        with pytest.raises(XenAPI.Failure) as caught:
            client.xenapi.host.assert_can_evacuate(host)
        assert caught.value.details[:2] == ["RBAC_PERMISSION_DENIED", "host.assert_can_evacuate"]
        first = client.xenapi.event_from(["vm"], "", 10.0)
        assert vms.keys() <= {event["ref"] for event in first["events"]}
        assert client.xenapi.event_from(["vm"], first["token"], 0.1)["events"] == []
        with pytest.raises(XenAPI.Failure, match="INTERNAL_ERROR"):
            client.xenapi.event_from(["vm"], first["token"], 0.1)
        client("close")()


def test_the_certificate_is_the_one_that_is_named() -> None:
    with Simulator(database()) as simulator:
        certificate = simulator.certificate
        assert certificate is not None
        context = ssl.create_default_context(cafile=str(certificate))
        address = ("127.0.0.1", int(simulator.url.rpartition(":")[2]))
        with (
            socket.create_connection(address) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
        ):
            shown = secured.getpeercert(binary_form=True)
            assert shown is not None
            assert hashlib.sha256(shown).hexdigest() == simulator.fingerprint
    assert not certificate.parent.exists()


def test_hosts_tell_the_certificate_that_they_serve() -> None:
    with Simulator(database()) as simulator:
        client = xen_api(simulator.url, simulator.certificate)
        client.xenapi.login_with_password(simulator.user, simulator.password)
        pem = client.xenapi.host.get_server_certificate("OpaqueRef:host")
        assert hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest() == simulator.fingerprint
        client("close")()


def test_without_tls_hosts_tell_a_certificate_that_nobody_serves() -> None:
    with client_of() as one, client_of() as other:
        pems = [client.ask("host.get_server_certificate", "OpaqueRef:host") for client in (one, other)]
    assert pems[0] != pems[1]
    assert all(x509.load_pem_x509_certificate(pem.encode()) for pem in pems)


def test_each_simulator_has_secrets_of_its_own() -> None:
    with Simulator(database()) as one, Simulator(database()) as other:
        assert one.password != other.password
        assert one.fingerprint != other.fingerprint
        with pytest.raises(ssl.SSLCertVerificationError):
            xen_api(other.url, one.certificate).xenapi.login_with_password("root", "x")


def test_without_tls_there_is_no_certificate() -> None:
    with Simulator(database(), tls=False) as simulator:
        assert simulator.url.startswith("http://127.0.0.1:")
        assert (simulator.certificate, simulator.fingerprint) == (None, None)


def test_members_send_on_to_the_master() -> None:
    with Simulator(database(), members=2) as simulator:
        master = simulator.url.removeprefix("https://")
        assert len({simulator.url, *simulator.members}) == 3
        for member in simulator.members:
            client = xen_api(member, simulator.certificate)
            with pytest.raises(XenAPI.Failure) as caught:
                client.xenapi.login_with_password(simulator.user, "whatever")
            assert caught.value.details == ["HOST_IS_SLAVE", master]
            client("close")()
    assert simulator.calls == ["session.login_with_password"] * 2


def test_a_taken_port_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        Simulator(database(), tls=False, port=taken.getsockname()[1]).__enter__()


@pytest.mark.parametrize("content", ["", "<html/>"])
def test_a_file_that_is_no_pool_is_an_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "pool.xml"
    path.write_text(content)
    with pytest.raises(PoolproofError, match=r"pool\.xml"):
        Simulator(path)


def command(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "fixtures.simulator", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_stopped(tmp_path: Path, signal_number: signal.Signals) -> None:
    path = tmp_path / "pool.xml"
    path.write_bytes(write_database({}, tables()))
    with command(
        "--pool", str(path), "--tls", "--clone", "5", "--members", "1", "--latency", "1ms"
    ) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            assert set(ready) == {"url", "user", "users", "password", "certificate", "fingerprint", "members"}
            client = xen_api(ready["url"], Path(ready["certificate"]))
            client.xenapi.login_with_password(ready["user"], ready["password"])
            assert len(client.xenapi.VM.get_all()) == 6
            client("close")()
            assert len(ready["members"]) == 1
            process.send_signal(signal_number)
            output = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, *output) == (0, "", "")
    assert not Path(ready["certificate"]).parent.exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--pool", "nowhere.xml"], 4, "nowhere.xml"),
        (["--clone", "1"], 4, "cannot be cloned to 1"),
        (["--latency", "fast"], 2, "'fast' is not a time: write 20ms or 1.5s"),
    ],
)
def test_what_the_command_cannot_do_is_one_line(arguments: list[str], code: int, message: str) -> None:
    with command(*arguments) as process:
        output, errors = process.communicate(timeout=30)
    assert (process.returncode, output) == (code, "")
    assert message in errors.splitlines()[-1]
    assert "Traceback" not in errors


def test_the_embedded_pool_is_served() -> None:
    with Simulator(SAMPLE, tls=False) as simulator:
        connection = http.client.HTTPConnection(simulator.url.removeprefix("http://"))
        request = {"method": "session.login_with_password", "params": [simulator.user, simulator.password]}
        for step in ("session", "VMs"):
            connection.request("POST", "/jsonrpc", json.dumps(request | {"id": step}))
            result = json.loads(connection.getresponse().read())["result"]
            request = {"method": "VM.get_all", "params": [result]}
        connection.close()
    assert len(result) > 10
