"""policy.toml: what it accepts, and the one line in which it says what it does not."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from fixtures import knowledge
from fixtures.audit import CHECKS
from fixtures.controls import load_controls
from fixtures.errors import PoolproofError
from fixtures.facts.pool import Pool
from fixtures.policy import DEFAULT, Policy
from fixtures.policy.loading import build_policy, read_layers
from fixtures.policy.scope import Scope
from fixtures.policy.sections import Timeouts
from tests.building import ABSENT, a_pool


def load(path: Path) -> Policy:
    layers = read_layers(str(path), path.parent)
    return build_policy(layers, controls=load_controls([CHECKS]), families={"xe-guest-utilities"})


def test_the_file_in_the_repository_says_the_defaults(tmp_path: Path) -> None:
    text = re.sub(r"^# (?=[a-z_]+ = )", "", DEFAULT.read_text("utf-8"), flags=re.MULTILINE)
    path = tmp_path / "policy.toml"
    path.write_text(text)
    assert tomllib.loads(text).keys() == {field.name for field in msgspec.structs.fields(Policy)}
    (shipped,) = read_layers("baseline", tmp_path)
    expected = Policy(controls=tuple(shipped.document["controls"]))
    for each in (path, DEFAULT):
        layers = read_layers(str(each), tmp_path)
        families = knowledge.load().families
        assert build_policy(layers, controls=load_controls([CHECKS]), families=families) == expected


def test_a_full_policy_is_understood(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(
        """
        [scope]
        exclude = ["test-*"]
        power_states = ["Running"]
        [memory]
        dynamic_memory = "disabled"
        [tools]
        grace_minutes = 10
        [tools.minimum]
        xe-guest-utilities = "8.4"
        [connection]
        total_timeout = 1800
        [severity]
        VM-NAME-01 = "high"
        """
    )
    policy = load(path)
    assert policy.scope.exclude == ("test-*",)
    assert policy.grace.total_seconds() == 600
    assert policy.tools.minimum == {"xe-guest-utilities": "8.4"}
    assert policy.connection == Timeouts(total_timeout=1800)
    assert policy.severity == {"VM-NAME-01": "high"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[scop]\nx = 1",
            "unknown key 'scop'; allowed: availability, checks, connection, controls, disks, extends",
        ),
        ("[scope]\ninclud = []", "scope: unknown key 'includ'; allowed: exclude, exclude_tags, include"),
        ('[scope]\ninclude = "x"', "scope.include: 'x' is not allowed; allowed: a list of text"),
        ("[scope]\ninclude = [1]", "scope.include: [1] is not allowed; allowed: a list of text"),
        (
            '[scope]\npower_states = ["On"]',
            "scope.power_states: ['On'] is not allowed; allowed: a list of \"Running\"",
        ),
        ('[memory]\ndynamic_memory = "yes"', 'allowed: "enabled", "disabled", "any"'),
        ('[memory]\njudge_vgpu = "yes"', "memory.judge_vgpu: 'yes' is not allowed; allowed: true or false"),
        ('[tools]\ngrace_minutes = "3"', "tools.grace_minutes: '3' is not allowed; allowed: a number"),
        ("[tools]\ngrace_minutes = -1", "is not allowed; allowed: a number, 0 to 1440"),
        ("[tools]\ngrace_minutes = nan", "is not allowed; allowed: a number, 0 to 1440"),
        ("[tools]\ngrace_minutes = inf", "is not allowed; allowed: a number, 0 to 1440"),
        ("[connection]\ntimeout = 5", "connection: unknown key 'timeout'; allowed: connect_timeout, read_"),
        (
            '[connection]\nread_timeout = "5"',
            "connection.read_timeout: '5' is not allowed; allowed: a number",
        ),
        (
            "[connection]\nconnect_timeout = 0",
            "connect_timeout: 0 is not allowed; allowed: a number, 0.1 to 300",
        ),
        (
            "[connection]\nread_timeout = 3601",
            "read_timeout: 3601 is not allowed; allowed: a number, 0.1 to 3600",
        ),
        ("[connection]\ntotal_timeout = inf", "is not allowed; allowed: a number, 0.1 to 86400"),
        ("[connection]\ntotal_timeout = nan", "is not allowed; allowed: a number, 0.1 to 86400"),
        ('[tools.minimum]\nfoo = "1"', "tools.minimum: unknown key 'foo'; allowed: xe-guest-utilities"),
        (
            '[tools.minimum]\nxe-guest-utilities = "new"',
            "tools.minimum.xe-guest-utilities: 'new' is no version",
        ),
        (
            "[tools.minimum]\nxe-guest-utilities = 8",
            "tools.minimum: {'xe-guest-utilities': 8} is not allowed",
        ),
        (
            '[severity]\nVM-NAME-1 = "high"',
            "severity: unknown key 'VM-NAME-1'; nearest: VM-NAME-01, VM-NAME-02",
        ),
        ('[severity]\nvm-tools-01 = "high"', "unknown key 'vm-tools-01'; nearest: VM-TOOLS-01, VM-TOOLS-0"),
        (
            '[severity]\nsomething = "high"',
            f"unknown key 'something'; none of the {len(load_controls([CHECKS]))} that there are is near",
        ),
        ('[severity]\nVM-NAME-01 = "huge"', 'allowed: "critical", "high", "medium", "low" for each key'),
        ('[[inside.logins]]\nbackend = "winrm"', 'backend = "winrm" needs a password_file'),
        (
            '[[inside.logins]]\nbackend = "winrm"\nuser = "a"\npassword_file = "secret"\njump = "bastion"',
            "jump: WinRM goes through no jump host",
        ),
        ('[[inside.logins]]\nnetworks = ["everywhere"]', "networks: 'everywhere' is none"),
        ('[[inside.logins]]\nuser = "-oProxyCommand=x"', "is not allowed; allowed: a user's name"),
        ('[[inside.logins]]\nkey = "a\\u0000b"', "is not allowed; allowed: a path, without NUL"),
        ("tools = 3", "tools: 3 is not allowed; allowed: a table"),
        ("x =", "is not TOML"),
        ("x = '\\ud800'\x00", "is not TOML"),
    ],
)
def test_what_a_policy_does_not_accept_is_one_clear_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(text)
    with pytest.raises(PoolproofError) as error:
        load(path)
    message = str(error.value)
    assert said in message
    assert str(path) in message
    assert "\n" not in message


def test_a_policy_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(PoolproofError, match="cannot be read: No such file"):
        load(tmp_path / "none.toml")


def covered(scope: Scope, pool: Pool) -> bool:
    return scope.covers(pool.vms[0])


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope(), True),
        (Scope(include=("db*",)), True),
        (Scope(include=("DB*",)), False),
        (Scope(include=("11111111-0000-4000-8000-000000000001",)), True),
        (Scope(include=("web*",)), False),
        (Scope(exclude=("22222222-0000-4000-8000-000000000001",)), True),
        (Scope(exclude=("db*",)), False),
        (Scope(include=("dbase",), exclude=("11111111-0000-4000-8000-000000000001",)), False),
        (Scope(tags=("prod*",)), True),
        (Scope(tags=("test",)), False),
        (Scope(exclude_tags=("production",)), False),
        (Scope(power_states=("Running",)), True),
        (Scope(power_states=("Halted", "Suspended")), False),
    ],
)
def test_scope(scope: Scope, expected: bool) -> None:
    assert covered(scope, a_pool()) is expected


def test_scope_never_drops_a_vm_for_what_it_does_not_tell() -> None:
    untold = a_pool({"VM.power_state": ABSENT, "VM.name_label": ABSENT, "VM.tags": ABSENT})
    assert covered(Scope(power_states=("Running",)), untold)
    assert covered(Scope(), a_pool({"VM.power_state": "Migrating"}))
    assert covered(Scope(include=("web*",)), a_pool({"VM.name_label": ABSENT}))
    garbled = a_pool({"VM.tags": ABSENT, "VM.malformed": ["tags"]})
    assert covered(Scope(tags=("production",)), garbled)
    assert Scope(pools=("Prod*",)).covers_pool(a_pool({"pool.name_label": ABSENT}))


def test_a_name_is_no_uuid() -> None:
    uuid = "22222222-0000-4000-8000-000000000001"
    assert covered(Scope(exclude=(uuid,)), a_pool({"VM.name_label": uuid}))


def test_scope_of_pools() -> None:
    assert Scope(pools=("Lab",)).covers_pool(a_pool())
    assert not Scope(pools=("Prod*",)).covers_pool(a_pool())


def test_policies_are_immutable() -> None:
    with pytest.raises(AttributeError):
        Policy().scope = Scope()  # type: ignore[misc] # that is the point
    assert msgspec.structs.fields(Policy)
