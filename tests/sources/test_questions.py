"""What a live pool is asked about its hosts: what is not answered is told, and costs nothing else."""

import warnings
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from fixtures.facts.reading import HostAnswers, Reading, ServerCertificate
from fixtures.secret import Secret
from fixtures.simulator import Fault, Simulator
from fixtures.sources.live import read_live
from fixtures.sources.questions import UNREADABLE, key_of
from tests.simulator.small_pool import Tables, database, whole_tables
from tests.xapi.servers import front, nested, xml_failure, xml_success
from tests.xapi.trusting import trusting

TIME, CERTIFICATE, EVACUATION = QUESTIONS = (
    *("host.get_servertime", "host.get_server_certificate", "host.get_vms_which_prevent_evacuation"),
)
FIELD: Final = {TIME: "clock_offset", CERTIFICATE: "certificate", EVACUATION: "evacuation"}
HOST: Final = "OpaqueRef:host"
SILENT: Final = "it took longer than 0.3 s, its share of the time that was left"


def pool_of(hosts: int) -> Tables:
    """The small pool with so many live hosts."""
    pool = whole_tables()
    pool["host"][HOST]["metrics"] = "OpaqueRef:live"
    for number in range(2, hosts + 1):
        pool["host"][f"{HOST}{number}"] = pool["host"][HOST] | {"uuid": f"uuid-host{number}"}
    return pool


def read(pool: Tables, *faults: Fault, members: int = 0, **changes: Any) -> tuple[Reading, list[str]]:
    """The reading of a simulated pool, and which questions were asked."""
    with Simulator(database(pool), faults=faults, members=members) as simulator:
        defaults = {"password": Secret(simulator.password), "ca_file": simulator.certificate}
        reading = read_live(simulator.url, trusting(**defaults | {"fingerprints": ()} | changes))
    first, *asked = [method for method in simulator.calls if method in QUESTIONS]
    assert first == TIME  # the pool's own clock
    return reading, asked


def test_a_live_host_is_asked() -> None:
    reading, asked = read(pool_of(1))
    assert sorted(asked) == sorted(QUESTIONS)
    answers = reading.answers[HOST]
    assert answers.unanswered == {}
    assert answers.clock_offset is not None
    assert abs(answers.clock_offset) <= answers.clock_doubt
    assert answers.certificate == ServerCertificate(key_type="EC", key_bits=256)
    assert answers.evacuation == {"OpaqueRef:vm": ["NO_HOSTS_AVAILABLE", "OpaqueRef:vm"]}


def test_each_host_tells_its_own_clock() -> None:
    reading, _ = read(pool_of(2), Fault("host-clock", value=3600.0))
    offsets = [answers.clock_offset for answers in reading.answers.values()]
    assert [round((offset or 0) / 3600) for offset in offsets] == [0, 1]


@pytest.mark.parametrize(
    ("metrics", "asked"),
    [
        ({"OpaqueRef:live": {"uuid": "u", "live": True}}, True),
        ({"OpaqueRef:live": {"uuid": "u", "live": False}}, False),
        ({"OpaqueRef:live": {"uuid": "u"}}, True),
        ({}, True),
    ],
    ids=["live", "not live", "not told", "dangling"],
)
def test_a_host_that_is_not_live_is_not_asked(metrics: dict[str, Any], asked: bool) -> None:
    reading, calls = read(pool_of(1) | {"host_metrics": metrics})
    assert sorted(calls) == (sorted(QUESTIONS) if asked else [])
    assert ("the host is not live" in reading.answers[HOST].unanswered.values()) is not asked


def answered(method: str, answer: bytes) -> HostAnswers:
    """What is kept of a host about which one question is answered so."""
    times = iter(range(99))

    def change(_path: str, called: str, true: bytes) -> tuple[int, bytes]:
        spoilt = called == method and (method != TIME or next(times))  # the first is the pool's own clock
        return 200, answer if spoilt else true

    with front(database(pool_of(1)), change) as pool:
        reading = read_live(pool.url, trusting(password=Secret(pool.simulator.password)))
        assert pool.methods[-1] == "session.logout"
    assert reading.unread == {}
    assert reading.notes == ()
    return reading.answers[HOST]


@cache
def certificate(make: Callable[[], Any] = ed25519.Ed25519PrivateKey.generate) -> bytes:
    """A certificate (DER) with such a key."""
    key = make()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "xen1")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(0x4D).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    algorithm = None if hasattr(key, "private_bytes_raw") else SHA256()
    return builder.sign(key, algorithm).public_bytes(Encoding.DER)


def pem(der: bytes) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{b64encode(der).decode()}\n-----END CERTIFICATE-----\n"


def an_rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def an_ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP384R1())


def a_dsa_key() -> dsa.DSAPrivateKey:
    return dsa.generate_private_key(1024)


@pytest.mark.parametrize(
    ("make", "kind", "bits"),
    [
        (an_rsa_key, "RSA", 2048),
        (an_ec_key, "EC", 384),
        (a_dsa_key, "DSA", 1024),
        (ed25519.Ed25519PrivateKey.generate, "Ed25519", 256),
        (ed448.Ed448PrivateKey.generate, "Ed448", 456),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_certificates_have_keys_of_many_kinds(make: Callable[[], Any], kind: str, bits: int) -> None:
    answers = answered(CERTIFICATE, xml_success(pem(certificate(make))))
    assert answers.certificate == ServerCertificate(key_type=kind, key_bits=bits)
    assert answers.unanswered == {}


SERIAL: Final = b"\x02\x01\x4d"
VERSION: Final = b"\xa0\x03\x02\x01\x02"
ED25519: Final = b"\x06\x03\x2b\x65\x70"


def test_an_odd_serial_number_is_nobodys_business(recwarn: pytest.WarningsRecorder) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert key_of(pem(certificate().replace(SERIAL, b"\x02\x01\x00"))).key_type == "Ed25519"


@given(st.lists(st.tuples(st.integers(0, len(certificate()) - 1), st.integers(0, 255)), max_size=3))
def test_a_damaged_certificate_is_read_or_is_unreadable(damage: list[tuple[int, int]]) -> None:
    der = bytearray(certificate())
    for place, value in damage:
        der[place] = value
    with suppress(*UNREADABLE):
        assert key_of(pem(bytes(der))).key_bits > 0


ODD: Final[dict[str, list[Any]]] = {
    CERTIFICATE: [
        "",
        "hidden",
        "-----BEGIN CERTIFICATE-----\nhidden\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nhidd\u00e9n\u202e\n-----END CERTIFICATE-----\n",
        pem(certificate()[:-1]),
        pem(certificate().replace(VERSION, b"\xa0\x03\x02\x01\x07")),
        pem(certificate().replace(ED25519, b"\x06\x03\x2b\x65\x07")),
        ["hidden"],
    ],
    TIME: ["", "hidden", "20261399T04:33:34Z", ["20261123T04:33:34Z"], True],
    EVACUATION: ["hidden", ["hidden"], {"OpaqueRef:vm": "hidden"}, {"OpaqueRef:vm": [["hidden"]]}, 7],
}
"""Answers of another kind than was asked for."""


@pytest.mark.parametrize(
    ("method", "answer", "why"),
    [
        *(
            (method, xml_success(answer), "the answer cannot be read (")
            for method, odd in ODD.items()
            for answer in odd
        ),
        *((method, nested(5_000), "the answer cannot be read (") for method in QUESTIONS),
        *((method, b"hidden", "not XML-RPC") for method in QUESTIONS),
        *(
            (method, xml_failure(code, "\x9b2J\u202e"), f"{code} (\\x9b2J\\u202e)")
            for method in QUESTIONS
            for code in ("HOST_OFFLINE", "RBAC_PERMISSION_DENIED", "MESSAGE_METHOD_UNKNOWN", "INTERNAL_ERROR")
        ),
    ],
)
def test_an_answer_that_is_none_costs_that_answer(method: str, answer: bytes, why: str) -> None:
    answers = answered(method, answer)
    assert list(answers.unanswered) == [FIELD[method]]
    reason = answers.unanswered[FIELD[method]]
    assert reason.startswith(why)
    assert reason.isprintable()
    assert "hidden" not in str(msgspec.to_builtins(answers))
    assert {field: getattr(answers, field) is None for field in FIELD.values()} == {
        field: field == FIELD[method] for field in FIELD.values()
    }


@pytest.mark.parametrize("fault", ["stall", "length-too-long"])
def test_a_host_that_is_silent_is_not_asked_again(fault: str) -> None:
    reading, asked = read(pool_of(3), Fault(fault, method=TIME, after=1, times=1), read_timeout=0.3)
    assert [list(answers.unanswered) for answers in reading.answers.values()] == [
        ["clock_offset", "certificate"],
        [],
        [],
    ]
    assert set(reading.answers[HOST].unanswered.values()) == {SILENT}
    assert reading.answers[HOST].evacuation is not None
    assert asked.count(CERTIFICATE) == 2


def test_many_hosts_that_are_silent_take_no_more_time_than_there_is() -> None:
    hosts, total = 40, 2.5
    stall = Fault("stall", method=TIME, after=1)
    reading, asked = read(pool_of(hosts), stall, read_timeout=0.25, total_timeout=total)
    assert reading.unread == {}
    assert len(reading.records.VM) == 2
    assert len(reading.answers) == hosts
    assert all("clock_offset" in answers.unanswered for answers in reading.answers.values())
    assert asked.count(TIME) <= total / 0.25
    last = list(reading.answers.values())[-1]
    assert set(last.unanswered.values()) == {
        "the reading took longer than 2.5 s in all, and was given up",
    }


@pytest.mark.parametrize("fault", ["reset", "truncate", "garbage", "internal-error"])
@pytest.mark.parametrize("method", QUESTIONS)
def test_a_question_that_fails_once_is_asked_again(fault: str, method: str) -> None:
    reading, asked = read(pool_of(1), Fault(fault, method=method, after=int(method == TIME), times=1))
    assert reading.answers[HOST].unanswered == {}
    assert asked.count(method) == 2


@pytest.mark.parametrize("method", QUESTIONS)
def test_a_master_that_changes_between_questions_has_all_of_it_read_anew(method: str) -> None:
    change = Fault("master-change", method=method, after=int(method == TIME))
    reading, asked = read(pool_of(2), change, members=1)
    (note,) = reading.notes
    assert note.endswith("all of it was read anew")
    assert all(answers.unanswered == {} for answers in reading.answers.values())
    assert asked.count(EVACUATION) > 2


def test_a_session_that_ends_between_questions_is_renewed() -> None:
    reading, _ = read(pool_of(2), Fault("session-invalid", method=CERTIFICATE, times=1))
    assert "logged in again" in reading.notes[0]
    assert all(answers.unanswered == {} for answers in reading.answers.values())
