"""What of a database is served: its release's fields, computed sets, the clock."""

from pathlib import Path
from typing import Any

import pytest

from fixtures.errors import PoolproofError
from fixtures.facts.reading import Reading
from fixtures.pools import SAMPLE
from fixtures.secret import Secret
from fixtures.simulator import Fault, Simulator
from fixtures.simulator.objects import load, server_time
from fixtures.simulator.relations import RELATIONS
from fixtures.sources.live import read_live
from fixtures.sources.snapshot import write_snapshot
from fixtures.xapi.connection import Connection
from fixtures.xapi.datamodel import FIELDS
from tests.simulator.small_pool import database, tables


def test_records_hold_exactly_the_fields_of_the_database() -> None:
    expected = tables()
    assert load(database()) == expected


def test_classes_without_a_table_do_not_exist() -> None:
    objects = load(database({"pool": {}}))
    assert objects == {"pool": {}}


def test_columns_that_the_api_does_not_show_are_not_served() -> None:
    changed = tables()
    changed["pool"]["OpaqueRef:pool"]["wlb_password"] = "secret"
    assert "wlb_password" not in load(database(changed))["pool"]["OpaqueRef:pool"]


def test_a_value_that_cannot_be_decoded_is_left_out() -> None:
    damaged = database()
    damaged.tables["VM"]["OpaqueRef:vm"]["memory_static_max"] = "many"
    vm = load(damaged)["VM"]["OpaqueRef:vm"]
    assert "memory_static_max" not in vm
    assert vm["power_state"] == "Running"


@pytest.mark.parametrize(
    ("cls", "ref", "field", "value"),
    [
        ("VM", "OpaqueRef:vm", "VBDs", ["OpaqueRef:disk", "OpaqueRef:cd"]),
        ("VM", "OpaqueRef:template", "VBDs", []),
        ("VM", "OpaqueRef:vm", "VIFs", ["OpaqueRef:vif"]),
        ("host", "OpaqueRef:host", "resident_VMs", ["OpaqueRef:vm"]),
        ("VDI", "OpaqueRef:iso", "VBDs", ["OpaqueRef:cd"]),
        ("SR", "OpaqueRef:sr", "VDIs", ["OpaqueRef:vdi", "OpaqueRef:iso"]),
        ("network", "OpaqueRef:network", "VIFs", ["OpaqueRef:vif"]),
    ],
)
def test_a_set_without_a_column_is_computed(cls: str, ref: str, field: str, value: list[str]) -> None:
    older = tables()
    for record in older[cls].values():
        record.pop(field, None)
    assert load(database(older))[cls][ref][field] == value


@pytest.mark.parametrize("kept", [[], ["OpaqueRef:gone"]])
def test_a_set_with_a_column_is_served_as_it_is(kept: list[str]) -> None:
    odd = tables()
    odd["VM"]["OpaqueRef:vm"]["VBDs"] = kept
    assert load(database(odd))["VM"]["OpaqueRef:vm"]["VBDs"] == kept


def test_a_set_of_a_class_that_the_release_lacks_stays_absent() -> None:
    vm: dict[str, Any] = load(database())["VM"]["OpaqueRef:vm"]
    assert "VUSBs" not in vm


@pytest.mark.parametrize(("one", "many"), RELATIONS.items(), ids=".".join)
def test_relations_are_those_of_the_data_model(one: tuple[str, str], many: tuple[str, str]) -> None:
    assert FIELDS[one[0]][one[1]] == "set(ref)"
    assert FIELDS[many[0]][many[1]] == "ref"


def test_the_pool_sets_the_clock() -> None:
    changed = tables()
    changed["pool"]["OpaqueRef:pool"]["other_config"] = {"simulator_clock": "20261123T04:33:34Z"}
    assert server_time(load(database(changed))) == "20261123T04:33:34Z"


def test_without_a_clock_it_is_now() -> None:
    assert server_time(load(database())) > "20261101T00:00:00Z"
    assert server_time({}) > "20261101T00:00:00Z"


@pytest.mark.parametrize(
    ("cls", "key", "value"),
    [
        ("pool", "simulator_clock", "yesterday"),
        ("host", "simulator_clock_offset", "late"),
        ("host", "simulator_clock_offset", "1e300"),
        ("host", "simulator_clock_offset", "nan"),
    ],
)
def test_a_clock_that_is_none_is_refused_at_the_start(cls: str, key: str, value: str) -> None:
    changed = tables()
    changed[cls][f"OpaqueRef:{cls}"]["other_config"] = {key: value}
    with pytest.raises(PoolproofError, match="simulator_clock is a time like"):
        Simulator(database(changed), tls=False)


@pytest.mark.parametrize(
    "faults", [[], [Fault("odd-names"), Fault("host-clock")], [Fault("release", value="7.0")]]
)
def test_a_snapshot_is_served_as_it_was_read(tmp_path: Path, faults: list[Fault]) -> None:
    path = tmp_path / "pool.snapshot"
    with Simulator(SAMPLE, faults=faults) as original:
        reading = read_live(original.url, as_root(original))
        write_snapshot(path, [reading])
    with Simulator(path) as copy:
        again = read_live(copy.url, as_root(copy))
    assert again.records == reading.records
    assert (again.clock, again.unread, again.absent) == (reading.clock, reading.unread, reading.absent)
    assert ahead(again) == ahead(reading)


def ahead(reading: Reading) -> list[int]:
    """Minutes by which the clocks of live hosts are ahead of the first one's."""
    offsets = [each.clock_offset for each in reading.answers.values() if each.clock_offset is not None]
    return [round((offset - offsets[0]) / 60) for offset in offsets]


def as_root(simulator: Simulator) -> Connection:
    return Connection(simulator.user, Secret(simulator.password), ca_file=simulator.certificate)
