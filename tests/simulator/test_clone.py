"""A large pool is made of clones that are whole, distinct and the same at every run."""

import re
from collections.abc import Iterator

import pytest

from fixtures.errors import PoolproofError
from fixtures.simulator.clone import clone_vms
from fixtures.simulator.objects import Objects, load
from fixtures.simulator.relations import RELATIONS
from tests.simulator.small_pool import database, tables


def cloned(count: int) -> Objects:
    objects = load(database())
    clone_vms(objects, count)
    return objects


def test_only_real_vms_are_cloned_with_what_is_theirs() -> None:
    sizes = {cls: len(records) for cls, records in cloned(10).items() if len(records) != len(tables()[cls])}
    assert sizes == {"VM": 11, "VM_metrics": 10, "VBD": 20, "VIF": 10, "VDI": 11}


def test_the_original_stays_as_it_is() -> None:
    assert cloned(3)["VM"]["OpaqueRef:vm"] == tables()["VM"]["OpaqueRef:vm"]


def test_as_many_as_there_are_is_no_clone_at_all() -> None:
    assert cloned(1) == tables()


def test_a_clone_differs_only_in_name_identity_and_references() -> None:
    *_, clone = cloned(2)["VM"].values()
    original = tables()["VM"]["OpaqueRef:vm"]
    assert clone["name_label"] == "dbase & <more> 1"
    changed = {"uuid", "name_label", "metrics", "VBDs", "VIFs"}
    assert {field for field, value in clone.items() if value != original[field]} == changed


def test_clones_are_the_same_at_every_run() -> None:
    assert cloned(20) == cloned(20)


def test_uuids_and_macs_are_unique() -> None:
    objects = cloned(50)
    for cls, field in [*((cls, "uuid") for cls in objects), ("VIF", "MAC")]:
        values = [record[field] for record in objects[cls].values()]
        assert len(set(values)) == len(values)
    assert all(re.fullmatch("[0-9a-f]{2}(:[0-9a-f]{2}){5}", vif["MAC"]) for vif in objects["VIF"].values())


def _broken(objects: Objects) -> Iterator[tuple[str, str, str]]:
    """Sets that do not hold exactly what refers back to them."""
    for (cls, field), (many, back) in RELATIONS.items():
        for ref, record in objects.get(cls, {}).items():
            if field in record:
                implied = [other for other, row in objects[many].items() if row.get(back) == ref]
                if sorted(record[field]) != sorted(implied):
                    yield cls, ref, field


def test_sets_and_references_agree() -> None:
    assert list(_broken(cloned(30))) == []


def test_a_cd_image_is_shared_and_a_disk_is_not() -> None:
    objects = cloned(5)
    assert len(objects["VDI"]["OpaqueRef:iso"]["VBDs"]) == 5
    assert objects["VDI"]["OpaqueRef:vdi"]["VBDs"] == ["OpaqueRef:disk"]


def test_a_reference_to_nothing_stays_one() -> None:
    content = tables()
    content["VM"]["OpaqueRef:vm"] |= {"metrics": "OpaqueRef:gone", "guest_metrics": "OpaqueRef:gone too"}
    content["VBD"]["OpaqueRef:disk"]["VDI"] = "OpaqueRef:gone as well"
    objects = load(database(content))
    clone_vms(objects, 2)
    *_, clone = objects["VM"].values()
    assert (clone["metrics"], clone["guest_metrics"]) == ("OpaqueRef:gone", "OpaqueRef:gone too")
    assert len(objects["VDI"]) == 2


@pytest.mark.parametrize(
    ("content", "count", "message"),
    [
        (tables(), 0, "the pool has 1 VMs: they cannot be cloned to 0"),
        ({"VM": {}}, 5, "the pool has 0 VMs: they cannot be cloned to 5"),
    ],
)
def test_a_number_that_cannot_be_reached(
    content: dict[str, dict[str, dict[str, object]]], count: int, message: str
) -> None:
    with pytest.raises(PoolproofError, match=message):
        clone_vms(load(database(content)), count)
