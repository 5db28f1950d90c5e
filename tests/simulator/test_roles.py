"""Accounts with lesser roles: who may call what, and what a session tells of its account."""

import os
import xmlrpc.client
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from fixtures.facts.records import NULL
from fixtures.simulator import json_rpc
from fixtures.simulator.dispatch import Dispatcher
from fixtures.simulator.faults import Faults
from fixtures.simulator.methods import methods
from fixtures.simulator.objects import load
from fixtures.simulator.roles import ROLES, add_users
from fixtures.simulator.wire import Call
from tests.simulator.small_pool import PASSWORD, database, tables

RECORDED: Final = (
    Path(os.environ.get("POOLPROOF_CORPUS") or "/nonexistent")
    / "xapi/wire/tampa/179-role.get_all_records.response.xml"
)


class Pool:
    """A pool with users, called through JSON-RPC 1.0."""

    def __init__(self) -> None:
        content = tables()
        content["secret"] = {"OpaqueRef:secret": {"uuid": "uuid-secret", "value": "hidden"}}
        self.objects = load(database(content))
        self.users = add_users(self.objects)
        self.methods = methods(self.objects, PASSWORD)
        self.dispatcher = Dispatcher(self.objects, self.methods, [], Faults())

    def call(self, method: str, *params: Any) -> Any:
        answer = self.dispatcher.answer(json_rpc, Call(method, list(params), 1, "1.0"))
        reply = msgspec.json.decode(b"".join(answer.body))
        return reply["result"] if reply["error"] is None else reply["error"]

    def log_in(self, user: str, password: str = PASSWORD) -> Any:
        return self.call("session.login_with_password", user, password)


@pytest.fixture
def pool() -> Pool:
    return Pool()


@pytest.mark.parametrize("user", ["root", *ROLES])
@pytest.mark.parametrize("method", ["VM.get_all_records", "host.get_all", "role.get_all", "subject.get_all"])
def test_everybody_may_read(pool: Pool, user: str, method: str) -> None:
    assert pool.call(method, pool.log_in(user))


@pytest.mark.parametrize(
    ("user", "may"),
    [
        ("root", True),
        ("pool-admin", True),
        ("pool-operator", True),
        ("vm-power-admin", False),
        ("vm-admin", False),
        ("vm-operator", False),
        ("read-only", False),
    ],
)
def test_who_may_read_secrets(pool: Pool, user: str, may: bool) -> None:
    answer = pool.call("secret.get_value", pool.log_in(user), "OpaqueRef:secret")
    assert answer == (
        "hidden"
        if may
        else [
            "RBAC_PERMISSION_DENIED",
            "secret.get_value",
            "No permission in user session. (Roles with this permission: pool-admin, pool-operator)",
        ]
    )


def test_a_session_leads_to_the_role(pool: Pool) -> None:
    session = pool.log_in("read-only")
    record = pool.call("session.get_record", session, session)
    assert {"auth_user_name": "read-only", "is_local_superuser": False}.items() <= record.items()
    subject = pool.call("subject.get_record", session, record["subject"])
    assert subject["subject_identifier"] == record["auth_user_sid"]
    assert subject["other_config"]["subject-name"] == "read-only"
    (role,) = pool.call("subject.get_roles", session, record["subject"])
    assert pool.call("role.get_name_label", session, role) == "read-only"


def test_a_session_tells_its_permissions(pool: Pool) -> None:
    granted = {}
    for user in ("root", "pool-operator", "read-only"):
        session = pool.log_in(user)
        granted[user] = set(pool.call("session.get_rbac_permissions", session, session))
    assert granted["root"] == set()
    assert granted["pool-operator"] == {name.lower() for name in pool.methods}
    assert granted["pool-operator"] - granted["read-only"] == {
        name.lower()
        for name in pool.methods
        if name.startswith("secret.") or name == "host.assert_can_evacuate"
    }


def test_root_has_neither_subject_nor_role(pool: Pool) -> None:
    session = pool.log_in("root")
    record = pool.call("session.get_record", session, session)
    assert (record["is_local_superuser"], record["subject"], record["auth_user_sid"]) == (True, NULL, "")


@pytest.mark.parametrize(
    ("user", "why"), [("read-only", "Authentication failure"), ("auditor", "User not known")]
)
def test_a_refused_login(pool: Pool, user: str, why: str) -> None:
    code, name, reason = pool.log_in(user, "wrong")
    assert (code, name, reason.startswith(why)) == ("SESSION_AUTHENTICATION_FAILED", user, True)


@pytest.mark.parametrize("spoil", ["role", "roles"])
def test_a_subject_without_a_role_cannot_log_in(pool: Pool, spoil: str) -> None:
    if spoil == "role":
        pool.objects["role"].clear()
    else:
        for subject in pool.objects["subject"].values():
            del subject["roles"]
    assert pool.log_in("read-only")[:2] == ["SESSION_AUTHORIZATION_FAILED", "read-only"]
    assert pool.call("VM.get_all", pool.log_in("root"))


@pytest.mark.skipif(not RECORDED.exists(), reason="POOLPROOF_CORPUS does not name the corpus")
def test_roles_are_those_of_a_real_xapi(pool: Pool) -> None:
    reply: Any = xmlrpc.client.loads(RECORDED.read_text())[0][0]
    names = {ref: role["name_label"] for ref, role in reply["Value"].items()}
    granted = {
        role["name_label"]: {names[ref] for ref in role["subroles"]}
        for role in reply["Value"].values()
        if role["name_label"] in ROLES
    }
    assert list(ROLES) == sorted(granted, key=lambda role: -len(granted[role]))
    ours = {
        name.lower(): method.role
        for name, method in pool.methods.items()
        if name.lower() in granted["pool-admin"]
    }
    theirs = {name: [role for role in ROLES if name in granted[role]][-1] for name in ours}
    assert ours == theirs
    assert len(ours) > 100
