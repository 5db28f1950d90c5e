"""Evidence: bounded whatever the pool holds, the same in any order, and never silent about a change."""

import json
import random
from typing import Any

import pytest

from fixtures.facts.bounds import MOST, NAME, SHOWN, bounded, bounded_text
from fixtures.facts.subject import evidence
from fixtures.facts.vm import VM
from fixtures.surroundings import identity, surroundings
from tests.building import a_pool

INTERFACES = 25


def vm(**changes: Any) -> VM:
    return a_pool({f"VM.{field}": value for field, value in changes.items()}).vms[0]


def with_interfaces(order: list[int], **changes: Any) -> VM:
    """A VM with so many interfaces, which the pool lists in this order; one of them changed."""
    rows = {
        f"VIF:{number}.{field}": value
        for number in order
        for field, value in {
            "uuid": f"vif-{number:02}",
            "MAC": f"02:00:00:00:00:{number:02x}",
            "device": str(number),
        }.items()
    }
    listed = [f"OpaqueRef:VIF{number}" for number in order]
    return a_pool(
        rows | {"VIF": {}, "VM.VIFs": listed} | {f"VIF:{key}": value for key, value in changes.items()}
    ).vms[0]


@pytest.mark.parametrize(
    "value",
    [None, True, 7, 1.5, "", "x" * MOST, [], ["a"] * SHOWN, {}, {"key": "value"}, {"key": "a\ud800b"}],
    ids=repr,
)
def test_what_is_not_large_is_shown_as_it_is(value: Any) -> None:
    assert bounded(value) == value


@pytest.mark.parametrize(
    "value",
    [
        "x" * 10_000,
        "\ud800" * 10_000,
        {f"key {number}": "value" for number in range(10_000)},
        {"k" * 10_000: "value"},
        {"key": "v" * 10_000},
        {"key": "\ud800" * 10_000},
        ["x" * 10_000] * SHOWN,
        [f"value {number}" for number in range(10_000)],
        [{"key": "x" * 1000}] * 10_000,
        [["deep"] * 10_000],
    ],
    ids=["text", "surrogates", "keys", "key", "value", "hidden value", "texts", "list", "maps", "lists"],
)
def test_what_is_large_is_cut_and_says_so(value: Any) -> None:
    told = bounded(value)
    shown = told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)
    assert len(shown) <= MOST + 100
    assert " more" in shown
    assert ", sha256 " in shown


@pytest.mark.parametrize(
    ("value", "other"),
    [
        ("x" * 10_000, "x" * 9_999 + "y"),
        (["a"] * 21, ["a"] * 20 + ["b"]),
        (["a"] * 10_000, ["a"] * 9_999 + ["b"]),
        ({str(number): "" for number in range(10_000)}, {str(number + 1): "" for number in range(10_000)}),
    ],
    ids=["text", "short list", "long list", "map"],
)
def test_a_change_of_what_is_cut_off_is_seen(value: Any, other: Any) -> None:
    assert bounded(value) != bounded(other)


def test_a_map_is_the_same_in_any_order() -> None:
    pairs = [(f"key {number}", "value") for number in range(1_000)]
    assert bounded(dict(pairs)) == bounded(dict(reversed(pairs)))


def test_a_set_is_the_same_in_any_order() -> None:
    paths = ("tags",)
    tags = [f"tag {number}" for number in range(30)]
    assert evidence(vm(tags=tags), paths) == evidence(vm(tags=tags[::-1]), paths)
    assert evidence(vm(tags=["b", "a"]), paths) == {"tags": ["a", "b"]}
    assert evidence(vm(tags=tags), paths) != evidence(vm(tags=[*tags[:-1], "other"]), paths)


def test_many_objects_are_the_same_in_any_order_and_fields_stand_side_by_side() -> None:
    paths = ("interfaces.device", "interfaces.MAC")
    order = list(range(INTERFACES))
    told = evidence(with_interfaces(order), paths)
    random.Random(7).shuffle(order)
    assert evidence(with_interfaces(order), paths) == told
    devices, addresses = told.values()
    assert devices[:SHOWN] == [str(number) for number in range(SHOWN)]
    assert addresses[:SHOWN] == [f"02:00:00:00:00:{number:02x}" for number in range(SHOWN)]
    assert devices[SHOWN:] == [f"(and {INTERFACES - SHOWN} more, sha256 {devices[-1][-13:-1]})"]


@pytest.mark.parametrize("number", [0, SHOWN, INTERFACES - 1])
def test_a_change_of_any_object_is_seen(number: int) -> None:
    order = list(range(INTERFACES))
    told = evidence(with_interfaces(order), ("interfaces.MAC",))
    changed = with_interfaces(order, **{f"{number}.MAC": "02:00:00:00:ff:ff"})
    assert evidence(changed, ("interfaces.MAC",)) != told


def test_a_waived_disk_is_told_in_json_s_types() -> None:
    assert evidence(vm(), ("disks",)) == {"disks": [{"userdevice": "0", "type": "Disk"}]}


@pytest.mark.parametrize("name", ["n" * 10_000, "\u202e" * 10_000, "測" * 10_000])
def test_a_name_is_bounded_in_every_verdict(name: str) -> None:
    told = identity(vm(name_label=name)).name
    assert told == bounded_text(name)
    assert told[:NAME] == name[:NAME]
    assert f"… (and {10_000 - NAME} more characters, sha256 " in told
    assert identity(vm(name_label="n" * NAME)).name == "n" * NAME


def test_what_else_is_told_of_a_vm_is_bounded_too() -> None:
    found = vm(tags=["t" * 10_000] * 10_000, reference_label="l" * 10_000)
    assert found.pool
    (told,) = [each for each in surroundings([found.pool], {identity(found)}) if each.subject.kind == "vm"]
    assert len(told.tags) == SHOWN + 1
    assert told.tags[-1] == f"(and {10_000 - SHOWN} more)"
    assert max(map(len, [*told.tags, told.template or ""])) < NAME + 100
