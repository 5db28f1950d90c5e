"""Waivers: whom they cover, until when, and the one line that says what is wrong with one."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fixtures.audit import CHECKS
from fixtures.controls import load_controls
from fixtures.errors import PoolproofError
from fixtures.facts.subject import Subject, evidence
from fixtures.waivers import DEFAULT, Waivers, load_waivers
from tests.building import a_pool

CONTROLS = load_controls([CHECKS])
UUID = "11111111-0000-4000-8000-000000000001"
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)

WAIVER = {
    "control": '"VM-MEMORY-01"',
    "uuid": f'"{UUID}"',
    "reason": '"its vendor forbids it"',
    "approved_by": '"Ana Ruiz"',
    "expires": "2027-03-31T18:00:00+01:00",
}


def load(tmp_path: Path, *changes: dict[str, str | None]) -> Waivers:
    """A file with one waiver for each set of changes to a good one."""
    path = tmp_path / "waivers.toml"
    tables = [
        "[[waiver]]\n" + "\n".join(f"{key} = {value}" for key, value in (WAIVER | each).items() if value)
        for each in changes or [{}]
    ]
    path.write_text("\n".join(tables))
    return load_waivers(path, CONTROLS)


def state(waivers: Waivers, subject: Subject, control: str = "VM-MEMORY-01", now: datetime = NOW) -> str:
    """What speaks of this subject: its number in the file and its state; empty: nothing."""
    found = waivers.find(control, subject, evidence(subject, CONTROLS[control].evidence), now)
    return f"{found.source} {found.state}" if found else ""


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "waivers.toml 1 valid"),
        ({"uuid": '"22222222-0000-4000-8000-000000000001"'}, ""),
        ({"uuid": None, "name": '"db*"'}, "waivers.toml 1 valid"),
        ({"uuid": None, "name": '"DB*"'}, ""),
        ({"uuid": None, "name": f'"{UUID}"'}, ""),
        ({"uuid": None, "tag": '"prod*"'}, "waivers.toml 1 valid"),
        ({"uuid": None, "tag": '"gold"'}, ""),
        ({"control": '"VM-NAME-01"'}, ""),
        ({"expires": "2026-11-23T02:00:00Z"}, "waivers.toml 1 expired"),
        ({"expires": "2026-11-23T02:00:00-01:00"}, "waivers.toml 1 valid"),
        ({"evidence": f"{{ memory_static_max = {2 * 1024**3} }}"}, "waivers.toml 1 valid"),
        ({"evidence": f"{{ memory_static_max = {4 * 1024**3} }}"}, "waivers.toml 1 reopened"),
    ],
)
def test_whom_a_waiver_covers(tmp_path: Path, change: dict[str, str | None], expected: str) -> None:
    assert state(load(tmp_path, change), a_pool().vms[0]) == expected


def test_one_that_counts_goes_before_one_that_does_not(tmp_path: Path) -> None:
    waivers = load(tmp_path, {"expires": "2020-01-01T00:00:00Z"}, {}, {"reason": '"another"'})
    assert state(waivers, a_pool().vms[0]) == "waivers.toml 2 valid"


def test_a_waiver_ends_at_its_moment(tmp_path: Path) -> None:
    waivers, vm = load(tmp_path), a_pool().vms[0]
    end = datetime.fromisoformat(WAIVER["expires"])
    assert state(waivers, vm, now=end - timedelta(seconds=1)).endswith("valid")
    assert state(waivers, vm, now=end).endswith("expired")


def test_evidence_that_is_cut_reopens_a_waiver_when_what_is_not_shown_changes(tmp_path: Path) -> None:
    tags = [f"tag {number:02}" for number in range(30)]
    (shown,) = evidence(a_pool({"VM.tags": tags}).vms[0], ("tags",)).values()
    change: dict[str, str | None] = {
        "control": '"VM-OWNER-02"',
        "evidence": f"{{ tags = {json.dumps(shown)} }}",
    }
    waivers = load(tmp_path, change)
    for now, expected in ((tags, "valid"), (tags[::-1], "valid"), ([*tags[:-1], "other"], "reopened")):
        assert state(waivers, a_pool({"VM.tags": now}).vms[0], "VM-OWNER-02") == f"waivers.toml 1 {expected}"


def test_hosts_are_waived_by_name_too(tmp_path: Path) -> None:
    waivers = load(tmp_path, {"control": '"HOST-NAME-01"', "uuid": None, "name": '"xen*"'})
    assert state(waivers, a_pool().hosts[0], "HOST-NAME-01") == "waivers.toml 1 valid"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"control": '"VM-MEMORY-1"'},
            "control: 'VM-MEMORY-1' is the id of no control; nearest: VM-MEMORY-01,",
        ),
        ({"control": '"POOL-READ-01"'}, "control: POOL-READ-01 cannot be waived"),
        ({"control": None}, "lacks control; every waiver says control, reason, approved_by, expires"),
        ({"reason": '""'}, "reason: write text in quotes, not empty"),
        ({"reason": "3"}, "reason: write text in quotes, not empty"),
        ({"reason": None, "expires": None}, "lacks reason, expires; every waiver says"),
        ({"evidence": "3"}, "evidence: write a table of fields and their values"),
        ({"approved_by": None}, "lacks approved_by; every waiver says control, reason, approved_by, expires"),
        ({"expires": None}, "lacks expires; every waiver says control, reason, approved_by, expires"),
        ({"expires": "2027-03-31"}, "expires: write a date with time and time zone"),
        ({"expires": "2027-03-31T18:00:00"}, "expires: write a date with time and time zone"),
        ({"expires": '"soon"'}, "expires: write a date with time and time zone"),
        ({"uuid": None}, "by one of uuid, name and tag"),
        ({"name": '"x"'}, "by one of uuid, name and tag"),
        ({"control": '"HOST-NAME-01"', "uuid": None, "tag": '"x"'}, "tag: only VMs have tags"),
        ({"evidence": "{ colour = 1 }"}, "evidence: 'colour' is no evidence of VM-MEMORY-01"),
        ({"subject": '"x"'}, "unknown key 'subject'; allowed: control, uuid, name, tag"),
    ],
)
def test_what_a_waiver_does_not_accept_is_one_clear_line(
    tmp_path: Path, change: dict[str, str | None], said: str
) -> None:
    with pytest.raises(PoolproofError) as error:
        load(tmp_path, {}, change)
    assert str(error.value).startswith(f"{tmp_path / 'waivers.toml'}: waiver 2: ")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x =", "is not TOML"),
        ("[waivers]\n", "only [[waiver]] tables are allowed here"),
        ("waiver = 3", "only [[waiver]] tables are allowed here"),
        ("waiver = [3]", "waiver 1: write a table, under [[waiver]]"),
    ],
)
def test_so_is_a_file_that_is_something_else(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text(text)
    with pytest.raises(PoolproofError) as error:
        load_waivers(path, CONTROLS)
    assert said in str(error.value)


def test_the_file_in_the_repository_waives_nothing() -> None:
    assert load_waivers(DEFAULT, CONTROLS).all == ()


def test_the_file_s_own_example_is_good(tmp_path: Path) -> None:
    path = tmp_path / "waivers.toml"
    lines = DEFAULT.read_text("utf-8").splitlines()
    path.write_text("\n".join(line[4:] for line in lines if line.startswith("#   ")))
    (waiver,) = load_waivers(path, CONTROLS).all
    assert waiver.control == "VM-MEMORY-01"
