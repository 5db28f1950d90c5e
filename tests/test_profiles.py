"""The shipped profiles: each is whole, and picks what its name says."""

from pathlib import Path

import pytest

from fixtures import knowledge
from fixtures.audit import CHECKS
from fixtures.controls import load_controls
from fixtures.errors import PoolproofError
from fixtures.policy import Policy
from fixtures.policy.loading import build_policy, check_folders, digest, profiles, read_layers
from tests.e2e.commands import audit

CONTROLS = load_controls([CHECKS])


def load(name: str, folder: Path = CHECKS) -> Policy:
    return build_policy(read_layers(name, folder), controls=CONTROLS, families=knowledge.load().families)


def selected(policy: Policy) -> set[str]:
    return {id_ for id_ in CONTROLS if policy.selects(id_)}


def test_the_profiles_are_those_that_the_documentation_names() -> None:
    assert profiles() == ["baseline", "hardened", "mission", "pre-upgrade-8.3", "xcp-ng", "xenserver-8"]


@pytest.mark.parametrize("name", profiles())
def test_every_profile_is_whole(name: str) -> None:
    assert "POOL-READ-01" in selected(load(name))


def test_the_mission_is_six_subjects() -> None:
    assert {id_.rpartition("-")[0] for id_ in selected(load("mission"))} == {
        *("VM-TOOLS", "VM-DRIVERS", "VM-MEMORY", "VM-DISKS", "HOST-CPU", "HOST-LIVE", "POOL-READ"),
        *(f"{kind}-NAME" for kind in ("VM", "HOST", "POOL", "SR", "NETWORK", "VDI")),
    }
    assert len(selected(load("mission"))) == 16


def test_baseline_leaves_little_out_and_hardened_takes_it_in() -> None:
    baseline, hardened = selected(load("baseline")), selected(load("hardened"))
    assert len(baseline) > 70
    assert baseline < hardened
    assert "POOL-HA-02" not in hardened


def test_before_an_upgrade_everything_that_stops_one_is_judged() -> None:
    stopping = {id_ for id_, control in CONTROLS.items() if "upgrade" in control.gates}
    assert stopping <= selected(load("pre-upgrade-8.3"))
    assert load("pre-upgrade-8.3").availability.auto_poweron == "off"


def test_xcp_ng_prefers_fixed_memory() -> None:
    assert load("xcp-ng").memory.dynamic_memory == "disabled"
    assert load("xenserver-8").memory.dynamic_memory == "enabled"


def test_a_policy_stands_on_a_file_that_stands_on_a_profile(tmp_path: Path) -> None:
    (tmp_path / "company.toml").write_text(
        'extends = "mission"\ncontrols = ["HOST-SYSLOG-01"]\nchecks = ["own"]\n[tools]\ngrace_minutes = 9\n'
    )
    (tmp_path / "policy.toml").write_text(
        'extends = "company.toml"\ncontrols = ["!VM-NAME-01"]\nchecks = ["/etc/checks"]\n'
        '[tools]\naccept_unknown_age = true\n[severity]\nVM-TOOLS-01 = "low"\n'
    )
    layers = read_layers("policy.toml", tmp_path)
    assert [layer.path.name for layer in layers] == ["mission.toml", "company.toml", "policy.toml"]
    policy = load("policy.toml", tmp_path)
    assert selected(policy) == (selected(load("mission")) | {"HOST-SYSLOG-01"}) - {"VM-NAME-01"}
    assert (policy.tools.grace_minutes, policy.tools.accept_unknown_age) == (9, True)
    assert check_folders(layers) == [tmp_path / "own", Path("/etc/checks")]
    before = digest(layers)
    (tmp_path / "company.toml").write_text('extends = "baseline"\n')
    assert digest(read_layers("policy.toml", tmp_path)) != before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'extends = "nothing"',
            'extends: there is no \'nothing\' beside it; allowed: "baseline", "hardened"',
        ),
        ('extends = "policy.toml"', "extends: it leads back to itself"),
        ("extends = 3", "extends: 3 is not allowed; allowed: text"),
        ('controls = ["VM-NAM-*"]', "controls: 'VM-NAM-*' matches the id of no control"),
        ('controls = ["!vm-name-01"]', "controls: '!vm-name-01' matches the id of no control"),
        ('fail_on = "none"', 'fail_on: \'none\' is not allowed; allowed: "critical", "high"'),
    ],
)
def test_what_a_profile_does_not_accept_is_one_clear_line(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(text)
    with pytest.raises(PoolproofError) as error:
        load("policy.toml", tmp_path)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_wrong_below_is_told_of_the_file_below(tmp_path: Path) -> None:
    (tmp_path / "company.toml").write_text("[tools]\ngrace_minutes = -1\n")
    (tmp_path / "policy.toml").write_text('extends = "company.toml"\n')
    with pytest.raises(PoolproofError, match=r"company\.toml: tools\.grace_minutes: -1 is not allowed"):
        load("policy.toml", tmp_path)


def test_no_policy_leaves_out_whether_a_pool_was_read(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text('controls = ["!*", "!POOL-READ-01"]\n')
    assert selected(load("policy.toml", tmp_path)) == {"POOL-READ-01"}


def test_a_profile_s_name_is_a_policy(tmp_path: Path) -> None:
    run = audit("--policy", "mission", "-m", "host", report_dir=tmp_path)
    assert run.code == 1, run.output
    assert run.results["conditions"]["profiles"] == []
    assert run.results["conditions"]["policy"].endswith("profiles/mission.toml")
    assert {verdict["control"] for verdict in run.results["verdicts"]} == {
        *("HOST-CPU-01", "HOST-LIVE-01", "HOST-NAME-01"),
    }
