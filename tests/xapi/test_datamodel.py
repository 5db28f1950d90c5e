"""The type table agrees with what stands on it."""

from typing import Any, get_args, get_type_hints

import pytest
from msgspec import UnsetType

from fixtures.facts.records import CLASSES, Record
from fixtures.sources.database import decode
from fixtures.xapi.datamodel import FIELDS, INTERNAL, column_of

EMPTY = {
    "set": "()",
    "map": "()",
    "int": "0",
    "float": "0.",
    "bool": "false",
    "datetime": "19700101T00:00:00Z",
}
PYTHON = {
    **dict.fromkeys(("string", "enum", "ref", "datetime"), str),
    "int": int,
    "float": float,
    "bool": bool,
    "set(string)": list[str],
    "set(enum)": list[str],
    "set(int)": list[int],
    "set(ref)": list[str],
    "map(string,string)": dict[str, str],
    "map(enum,string)": dict[str, str],
    "map(string,enum)": dict[str, str],
}


@pytest.mark.parametrize("cls", CLASSES.values(), ids=list(CLASSES))
def test_records_are_typed_as_xapi_types_them(cls: type[Record]) -> None:
    hints: dict[str, Any] = get_type_hints(cls)
    del hints["malformed"]
    assert {name: set(get_args(hint)) - {UnsetType} for name, hint in hints.items()} == {
        name: {PYTHON[FIELDS[cls.__name__][name]]} for name in hints
    }


@pytest.mark.parametrize("kind", sorted({kind for fields in FIELDS.values() for kind in fields.values()}))
def test_every_type_can_be_decoded(kind: str) -> None:
    decode(kind, EMPTY.get(kind.partition("(")[0], ""))


def test_every_class_has_a_uuid() -> None:
    assert [cls for cls, fields in FIELDS.items() if fields.get("uuid") != "string"] == []


def test_internal_fields_are_fields() -> None:
    assert {cls: fields - FIELDS[cls].keys() for cls, fields in INTERNAL.items()} == dict.fromkeys(
        INTERNAL, frozenset()
    )


@pytest.mark.parametrize(
    ("cls", "field", "column"),
    [
        ("VM", "memory_static_max", "memory__static_max"),
        ("VM", "PV_args", "PV__args"),
        ("VM", "uuid", "uuid"),
        ("VM_guest_metrics", "PV_drivers_version", "PV_drivers_version"),
        ("host", "API_version_vendor_implementation", "API_version__vendor_implementation"),
        ("host", "guest_VCPUs_params", "guest_VCPUs_params"),
        ("pool", "name_label", "name__label"),
    ],
)
def test_columns_of_the_database(cls: str, field: str, column: str) -> None:
    assert column_of(cls, field) == column


def test_the_way_back_needs_no_table() -> None:
    for cls, fields in FIELDS.items():
        for field in fields:
            assert column_of(cls, field).replace("__", "_") == field
