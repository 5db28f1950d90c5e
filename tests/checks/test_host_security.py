"""Security of hosts: certificates, what is open, who gets in, where it is logged."""

from typing import Any, Literal

import pytest

from fixtures.policy import Policy
from fixtures.policy.sections import Hosts
from fixtures.verdict import Word
from tests.building import ABSENT, COMPLIANT, a_pool, verdict

ONE_HOST = {"host:2": ABSENT}
SOFTWARE: dict[str, str] = COMPLIANT["host"]["software_version"]


def xapi(version: str) -> dict[str, Any]:
    """A pool whose xapi is this one."""
    return {"host.software_version": SOFTWARE | {"xapi": version, "xapi_build": version}}


def product(version: str) -> dict[str, Any]:
    """A pool of this release."""
    return {"host.software_version": {"product_version": version, "xapi": "1.3"}}


def internal(not_after: str) -> dict[str, Any]:
    """The host's other certificate, between hosts."""
    return {
        "Certificate:3.host": "OpaqueRef:host",
        "Certificate:3.type": "host_internal",
        "Certificate:3.not_after": not_after,
    }


AUTHORITY = {
    "Certificate:3.host": "OpaqueRef:host",
    "Certificate:3.type": "ca",
    "Certificate:3.not_after": "20200101T00:00:00Z",
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"Certificate.not_after": "20261101T00:00:00Z"}, "fail"),
        ({"Certificate.not_after": "20261223T00:00:00Z"}, "fail"),
        ({"Certificate.not_after": "20261224T00:00:00Z"}, "pass"),
        (internal("20261201T00:00:00Z"), "fail"),
        (internal("20300101T00:00:00Z"), "pass"),
        (AUTHORITY, "pass"),
        ({"Certificate.not_after": "soon"}, "unknown"),
        ({"Certificate.not_after": ABSENT}, "unknown"),
        (internal("soon"), "unknown"),
        ({"Certificate.type": "ca"}, "unknown"),
        ({"Certificate": ABSENT}, "unknown"),
        ({"Certificate": ABSENT} | product("8.1.0"), "not_applicable"),
        ({"Certificate": ABSENT, "host.software_version": ABSENT}, "unknown"),
    ],
)
def test_certificates_are_valid(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("HOST-TLS-01", a_pool(changes))[0] == expected


@pytest.mark.parametrize(("days", "expected"), [(5, "pass"), (30, "fail")])
def test_days_left_of_a_certificate_are_the_policy_s(days: int, expected: Word) -> None:
    pool = a_pool({"Certificate.not_after": "20261201T00:00:00Z"})
    assert verdict("HOST-TLS-01", pool, Policy(hosts=Hosts(certificate_days=days)))[0] == expected


@pytest.mark.parametrize(("clock", "expected"), [("2026-11-23T02:00:00Z", "pass"), (None, "pass")])
def test_certificates_of_a_file_are_judged_by_when_it_was_read(clock: str | None, expected: Word) -> None:
    assert verdict("HOST-TLS-01", a_pool(clock=clock))[0] == expected
    expired = {"Certificate.not_after": "20261122T00:00:00Z"}
    assert verdict("HOST-TLS-01", a_pool(expired, clock=clock))[0] == "fail"


def key(kind: str, bits: int) -> dict[str, Any]:
    """A host that serves a certificate with this key."""
    return {"answers.host": {"certificate": {"key_type": kind, "key_bits": bits}}}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (key("RSA", 2048), "pass"),
        (key("RSA", 2047), "fail"),
        (key("EC", 256), "pass"),
        (key("EC", 224), "fail"),
        (key("ED25519", 0), "pass"),
        (key("DSA", 4096), "unknown"),
        ({"answers.host": {"unanswered": {"certificate": "the host is not live"}}}, "unknown"),
        ({"answers.host": ABSENT}, "unknown"),
    ],
)
def test_certificate_key_is_long_enough(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("HOST-TLS-02", a_pool(changes))[0] == expected


@pytest.mark.parametrize(
    ("control", "field", "red", "before"),
    [
        ("HOST-TLS-03", "ssl_legacy", True, product("6.5.0")),
        ("HOST-TLS-04", "https_only", False, xapi("22.26.0")),
        ("HOST-TLS-05", "tls_verification_enabled", False, xapi("1.249.3")),
        ("HOST-SSH-01", "ssh_enabled", True, xapi("25.20.0")),
        ("HOST-SSH-02", "console_idle_timeout", 0, xapi("25.20.0")),
    ],
)
def test_switches(control: str, field: str, red: object, before: dict[str, Any]) -> None:
    assert verdict(control, a_pool())[0] == "pass"
    assert verdict(control, a_pool({f"host.{field}": red}))[0] == "fail"
    assert verdict(control, a_pool({f"host.{field}": ABSENT}))[0] == "unknown"
    assert verdict(control, a_pool({f"host.{field}": ABSENT} | before))[0] == "not_applicable"


def ssh(enabled: bool, timeout: object = 0) -> dict[str, Any]:
    """A host with SSH so."""
    return {"host.ssh_enabled": enabled, "host.ssh_enabled_timeout": timeout}


@pytest.mark.parametrize(
    ("asked", "changes", "expected"),
    [
        ("limited", ssh(True, 3600), "pass"),
        ("limited", ssh(True, ABSENT), "unknown"),
        ("off", ssh(False), "pass"),
        ("off", ssh(True, 3600), "fail"),
        ("any", ssh(True), "not_applicable"),
    ],
)
def test_ssh_is_as_the_policy_wants(
    asked: Literal["off", "limited", "any"], changes: dict[str, Any], expected: Word
) -> None:
    assert verdict("HOST-SSH-01", a_pool(changes), Policy(hosts=Hosts(ssh=asked)))[0] == expected


def domain(host: str, kind: object, name: object = "") -> dict[str, Any]:
    """A host whose users come from here."""
    return {f"{host}.external_auth_type": kind, f"{host}.external_auth_service_name": name}


@pytest.mark.parametrize(
    ("changes", "expected", "said"),
    [
        ({}, "pass", ""),
        (
            domain("host", "AD", "ad.example") | domain("host:2", ""),
            "fail",
            "actual AD ad.example; 'xen2' has none",
        ),
        (domain("host", "AD", "ad.example") | domain("host:2", "AD", "ad.example"), "pass", ""),
        (domain("host", "AD", "ad.example") | domain("host:2", "AD", "other.example"), "fail", "other"),
        (domain("host", ABSENT), "unknown", "external_auth_type"),
        (domain("host", "AD", ABSENT), "unknown", "service_name"),
        (domain("host:2", ABSENT), "unknown", "other hosts"),
        (domain("host", ABSENT) | product("5.0.0"), "not_applicable", "before 5.5"),
        (ONE_HOST, "not_applicable", "one host"),
    ],
)
def test_external_authentication_is_the_pool_s(changes: dict[str, Any], expected: Word, said: str) -> None:
    word, reason = verdict("HOST-AUTH-01", a_pool(changes))
    assert word == expected
    assert said in reason


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"host.logging": {}}, "fail"),
        ({"host.logging": {"syslog_destination": " "}}, "fail"),
        *[
            ({"host.logging": {"syslog_destination": own}, "host.address": "192.0.2.1"}, "fail")
            for own in ("127.0.0.1", "127.1.2.3", "::1", "LocalHost", "192.0.2.1")
        ],
        ({"host.logging": ABSENT}, "unknown"),
    ],
)
def test_logs_go_to_another_machine(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("HOST-SYSLOG-01", a_pool(changes))[0] == expected
