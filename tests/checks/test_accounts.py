"""POOL-RBAC and POOL-TLS: one thing changed, one verdict."""

from typing import Any

import msgspec
import pytest

from fixtures.facts.pool import Pool
from fixtures.policy import Policy
from fixtures.policy.sections import PoolWide
from fixtures.verdict import Word
from tests.building import ABSENT, POOL_ADMIN, READ_ONLY, a_pool, a_reading, verdict


def on(version: str) -> dict[str, Any]:
    """A pool of this release."""
    return {"host.software_version": {"product_version": version, "product_brand": "XenServer"}}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"subject.roles": [POOL_ADMIN]}, "fail"),
        ({"subject.roles": [READ_ONLY, POOL_ADMIN]}, "fail"),
        ({"subject.roles": []}, "pass"),
        ({"subject": ABSENT}, "not_applicable"),
        ({"subject.roles": ABSENT}, "unknown"),
        ({"subject.roles": ABSENT} | on("5.5.0"), "not_applicable"),
    ],
)
def test_few_may_do_everything(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("POOL-RBAC-01", a_pool(changes))[0] == expected


def test_those_who_may_are_named() -> None:
    named = {"subject.roles": [POOL_ADMIN], "subject.other_config": {"subject-name": "eve\u202e"}}
    reason = verdict("POOL-RBAC-01", a_pool(named))[1]
    assert reason == ("expected at most 2 with pool-admin, actual 3: eve\\u202e, virtualization, break-glass")
    nameless = {"subject.roles": [POOL_ADMIN], "subject.other_config": ABSENT}
    assert "11111111-0000-4000-8000-000000000024" in verdict("POOL-RBAC-01", a_pool(nameless))[1]


def test_how_many_may_is_the_policy_s() -> None:
    assert verdict("POOL-RBAC-01", a_pool(), Policy(pool=PoolWide(pool_admins=1)))[0] == "fail"


def test_subjects_that_could_not_be_read_are_unknown() -> None:
    reading = msgspec.structs.replace(a_reading({"subject": ABSENT}), unread={"subject": "permission denied"})
    assert verdict("POOL-RBAC-01", Pool(reading))[0] == "unknown"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"host.external_auth_type": ""}, "fail"),
        ({"host:2.external_auth_type": ""}, "fail"),
        ({"host.external_auth_type": ABSENT}, "unknown"),
        ({"host.external_auth_type": ABSENT} | on("5.0.0"), "not_applicable"),
    ],
)
def test_accounts_come_from_a_directory(changes: dict[str, Any], expected: Word) -> None:
    asked = Policy(pool=PoolWide(external_authentication=True))
    assert verdict("POOL-RBAC-02", a_pool(changes), asked)[0] == expected
    assert verdict("POOL-RBAC-02", a_pool(changes))[0] == "not_applicable"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"pool.tls_verification_enabled": False}, "fail"),
        ({"pool.tls_verification_enabled": ABSENT}, "unknown"),
        ({"pool.tls_verification_enabled": ABSENT} | on("8.2.1"), "not_applicable"),
        # a database that was written by a newer xapi has the field, whatever its hosts say
        ({"pool.tls_verification_enabled": False} | on("8.2.1"), "fail"),
    ],
)
def test_hosts_verify_each_other(changes: dict[str, Any], expected: Word) -> None:
    assert verdict("POOL-TLS-01", a_pool(changes))[0] == expected
