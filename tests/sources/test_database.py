"""Whole databases: their XML, their oddities, and what of them a reading keeps."""

from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from fixtures.errors import PoolproofError
from fixtures.facts.reading import Reading
from fixtures.facts.records import CLASSES, MAY_BE_ABSENT, NULL
from fixtures.sources import database
from fixtures.sources.database import decode_row, read_database, read_tables
from fixtures.sources.database_writer import write_database
from fixtures.xapi.datamodel import FIELDS

from .test_decoding import TEXT, values_of

MANIFEST = {"schema_major_vsn": "5", "schema_minor_vsn": "909", "generation_count": "7"}
POOL = '<table name="pool"><row ref="OpaqueRef:p" uuid="p" name__label="Lab"/></table>'


def read(text: str | bytes) -> Reading:
    """The reading of a database's text."""
    return read_database(BytesIO(text.encode() if isinstance(text, str) else text), "dump.xml")


def one_vm(attributes: str) -> str:
    """A database of a pool and a VM with these attributes beside its reference."""
    return f'<database>{POOL}<table name="VM"><row ref="OpaqueRef:v" {attributes}/></table></database>'


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"<database>{POOL}</database>", id="bare"),
        pytest.param(f'<?xml version="1.0" encoding="UTF-8"?>\n<database>{POOL}</database>', id="declared"),
        pytest.param(f'\ufeff<?xml version="1.0"?><database>{POOL}</database>', id="bom"),
        pytest.param(f'\r\n  <?xml version="1.0"?><database>{POOL}</database>', id="leading-blanks"),
        pytest.param(f'\ufeff\n<?xml version="1.0"?><database>{POOL}</database>', id="bom-and-blanks"),
        pytest.param(f"<database>{POOL}</database>".replace("><", ">\r\n  <"), id="crlf"),
        pytest.param(f"<database>{POOL}</database>".replace("><", ">\r<"), id="lone-cr"),
        pytest.param(f"<database>{POOL}</database>".replace('"', "'"), id="single-quotes"),
        pytest.param(f"<database><manifest/>{POOL}</database>\n\n", id="empty-manifest"),
        pytest.param(f"<database><!-- note -->{POOL}</database>", id="comment"),
        pytest.param(
            f'<?xml version="1.0" encoding="iso-8859-1"?><database>{POOL}</database>'.encode("latin-1"),
            id="other-encoding",
        ),
    ],
)
def test_any_spelling_of_the_xml(text: str | bytes) -> None:
    reading = read(text)
    assert {ref: pool.name_label for ref, pool in reading.records.pool.items()} == {"OpaqueRef:p": "Lab"}
    assert (reading.source, reading.location, reading.clock) == ("database", "dump.xml", None)


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ('name__label="ad-dc%.1"', "ad-dc 1"),
        ('name_label="ad-dc%.1"', "ad-dc 1"),
        ('name__label="b&#xFC;ro"', "büro"),
        ('name__label="büro"', "büro"),
        ('name__label="&lt;&amp;&quot;&apos;&gt;"', "<&\"'>"),
        ("name__label='\"'", '"'),
        ('name__label="a\nb"', "a b"),
        ('name__label="a&#10;b"', "a\nb"),
        ('name__label=""', ""),
        ("name__label=\"('looks' 'like a set')\"", "('looks' 'like a set')"),
        ('uuid="only"', UNSET),
    ],
)
def test_names(attributes: str, name: object) -> None:
    assert read(one_vm(attributes)).records.VM["OpaqueRef:v"].name_label == name


def test_the_key_is_ref_whatever_the_columns_say() -> None:
    vm = read(one_vm('_ref="OpaqueRef:other" __ctime="3" __mtime="4" uuid="u"')).records.VM
    assert list(vm) == ["OpaqueRef:v"]
    assert vm["OpaqueRef:v"].malformed == ()


def test_a_bad_field_is_unset_and_named() -> None:
    vm = read(
        one_vm(
            'name__label="dbase" memory__static_max="1 GiB" platform="((\'a\' \'1\')" is_a_template="false"'
        )
    ).records.VM["OpaqueRef:v"]
    assert vm.malformed == ("memory_static_max", "platform")
    assert (vm.memory_static_max, vm.platform) == (UNSET, UNSET)
    assert (vm.name_label, vm.is_a_template) == ("dbase", False)


def test_a_bad_field_that_nobody_needs_costs_nothing() -> None:
    assert read(one_vm('user_version="one" uuid="u"')).records.VM["OpaqueRef:v"].malformed == ()


def test_a_column_that_one_row_lacks_is_unset() -> None:
    rows = '<row ref="a" uuid="1" power__state="x" power_state="Running"/><row ref="b" uuid="2"/>'
    vms = read(f'<database><table name="VM">{rows}</table></database>').records.VM
    assert (vms["a"].power_state, vms["b"].power_state) == ("Running", UNSET)


def test_derived_sets_stay_unset_where_the_release_has_no_column() -> None:
    vm = read(one_vm('uuid="u"')).records.VM["OpaqueRef:v"]
    assert (vm.VBDs, vm.malformed) == (UNSET, ())


def test_a_table_that_is_missing_is_told_from_one_that_is_empty() -> None:
    reading = read(f'<database>{POOL}<table name="VM"/></database>')
    assert reading.records.VM == {}
    assert set(reading.unread) == set(CLASSES) - MAY_BE_ABSENT - {"pool", "VM"}
    assert set(reading.absent) == MAY_BE_ABSENT
    assert reading.unread["VBD"] == "the database has no table VBD"
    assert reading.absent["Certificate"] == "the database has no table Certificate"


@pytest.mark.parametrize(
    ("rows", "absent"),
    [("", True), ('<table name="message"/>', True), ('<table name="message"><row ref="m"/></table>', False)],
)
def test_messages_are_elsewhere_than_in_the_database(rows: str, absent: bool) -> None:
    reading = read(f"<database>{POOL}{rows}</database>")
    assert ("message" in reading.absent) is absent
    assert "message" not in reading.unread


def test_nobody_was_asked_about_hosts() -> None:
    assert read(f"<database>{POOL}</database>").answers == {}


def test_objects_may_share_uuids_and_metrics() -> None:
    rows = "".join(f'<row ref="OpaqueRef:{n}" uuid="same" guest_metrics="OpaqueRef:g"/>' for n in (1, 2))
    vms = read(f'<database>{POOL}<table name="VM">{rows}</table></database>').records.VM
    assert [(vm.uuid, vm.guest_metrics) for vm in vms.values()] == [("same", "OpaqueRef:g")] * 2


@pytest.mark.parametrize("row", ['<row ref="OpaqueRef:v" uuid="two"/>', '<row uuid="two"/>'])
def test_rows_without_a_reference_of_their_own_are_left_out_aloud(row: str) -> None:
    reading = read(
        f'<database>{POOL}<table name="VM"><row ref="OpaqueRef:v" uuid="one"/>{row}</table></database>'
    )
    assert [vm.uuid for vm in reading.records.VM.values()] == ["one"]
    assert reading.unread["VM"] == "rows left out because their reference is missing or used twice: 1"


@pytest.mark.parametrize(("table", "unread"), [("VM", ["VM"]), ("VBD", ["VBD"]), ("secret", [])])
def test_rows_without_a_reference_make_the_reading_partial(table: str, unread: list[str]) -> None:
    tables = "".join(f'<table name="{name}"/>' for name in CLASSES)
    reading = read(f'<database>{tables}<table name="{table}"><row uuid="u"/></table></database>')
    assert list(reading.unread) == unread


def test_tables_in_two_parts_are_one() -> None:
    parts = "".join(f'<table name="VM"><row ref="OpaqueRef:{n}" uuid="{n}"/></table>' for n in (1, 2))
    assert list(read(f"<database>{parts}</database>").records.VM) == ["OpaqueRef:1", "OpaqueRef:2"]


def test_dangling_references_are_facts_too() -> None:
    vm = read(one_vm(f'guest_metrics="OpaqueRef:gone" resident_on="{NULL}"')).records.VM["OpaqueRef:v"]
    assert (vm.guest_metrics, vm.resident_on) == ("OpaqueRef:gone", NULL)


SECRETS = """
<database>
<manifest><pair key="pool_token" value="s3cret"/><pair key="schema_major_vsn" value="5"/></manifest>
<table name="pool"><row ref="OpaqueRef:p" uuid="p" wlb__password="s3cret" wlb_password="s3cret"/></table>
<table name="VM"><row ref="OpaqueRef:v" NVRAM="(('EFI' 's3cret'))" last_booted_record="s3cret"/></table>
<table name="host"><row ref="OpaqueRef:h" external_auth_configuration="(('pass' 's3cret'))"/></table>
<table name="PBD"><row ref="OpaqueRef:b" device_config="(('password' 's3cret'))"/></table>
<table name="secret"><row ref="OpaqueRef:s" uuid="s" value="s3cret"/></table>
</database>
"""


def test_secrets_are_not_carried_on() -> None:
    assert b"s3cret" not in msgspec.json.encode(read(SECRETS))


def test_nothing_prints_a_database() -> None:
    whole = read_tables(BytesIO(SECRETS.encode()))
    assert whole.tables["secret"]["OpaqueRef:s"]["value"] == "s3cret"
    assert "s3cret" not in repr(whole)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<database>", "damaged or cut short"),
        (f'<database>{POOL}<table name="VM"><row ref="', "damaged or cut short"),
        (f"<database>{POOL}", "damaged or cut short"),
        (f"<database>{POOL}</database>more", "damaged or cut short"),
        (b"<database>\xff\xfe</database>", "damaged or cut short"),
        ('<database><table name="VM" name="VM"/></database>', "damaged or cut short"),
        ('<?xml version="1.0" encoding="x-klingon"?><database/>', "damaged or cut short"),
        ("<database>&undefined;</database>", "damaged or cut short"),
        ("", "damaged or cut short"),
        ("<html><body/></html>", "not a pool database: unexpected element html"),
        ("<database><row/></database>", "not a pool database: unexpected element database/row"),
        ("<a>" * 100_000, "not a pool database: unexpected element a"),
        ("<database/>", "holds no pool"),
        ('<database><table name="secret"/></database>', "holds no pool"),
        ('<!DOCTYPE d [<!ENTITY a "b">]><database/>', "has a document type"),
        ('<!DOCTYPE d SYSTEM "file:///etc/passwd"><database/>', "has a document type"),
    ],
)
def test_what_is_no_database_is_one_clear_line(text: str | bytes, why: str) -> None:
    with pytest.raises(PoolproofError) as error:
        read(text)
    message = str(error.value)
    assert message.startswith("dump.xml ")
    assert why in message
    assert message.isprintable()


def test_a_database_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "MAX_BYTES", 100)
    with pytest.raises(PoolproofError, match="larger than"):
        read(f"<database>{POOL}{' ' * 100}</database>")


def test_every_column_of_a_whole_database_bears_the_name_of_the_api() -> None:
    whole = read_tables(BytesIO(one_vm('memory__static_max="1" name__label="a%.b"').encode()))
    assert whole.tables["VM"]["OpaqueRef:v"] == {"memory_static_max": "1", "name_label": "a%.b"}


def rows_of(cls: str) -> st.SearchStrategy[Mapping[str, Mapping[str, Any]]]:
    """Rows of a class by reference, each with some of its fields."""
    fields = {field: values_of(kind) for field, kind in FIELDS[cls].items()}
    return st.dictionaries(TEXT, st.fixed_dictionaries({}, optional=fields), max_size=2)


TABLES = st.fixed_dictionaries({}, optional={cls: rows_of(cls) for cls in CLASSES})


@given(TABLES)
def test_what_is_written_reads_back(tables: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    whole = read_tables(BytesIO(write_database(MANIFEST, tables)))
    assert whole.manifest == MANIFEST
    assert {
        cls: {ref: decode_row(cls, row) for ref, row in rows.items()} for cls, rows in whole.tables.items()
    } == {cls: {ref: (row, ()) for ref, row in rows.items()} for cls, rows in tables.items()}


SMALL = write_database(
    MANIFEST,
    {
        "pool": {"OpaqueRef:p": {"uuid": "p", "name_label": "Lab"}},
        "VM": {
            "OpaqueRef:v": {
                "uuid": "v",
                "name_label": 'büro "1" ',
                "memory_static_max": 2**30,
                "is_a_template": False,
                "platform": {"viridian": "true", "it's": 'a "b" \\'},
                "tags": ["a b", ""],
            }
        },
    },
)


def test_a_file_cut_anywhere_is_refused() -> None:
    for length in range(len(SMALL.rstrip())):
        with pytest.raises(PoolproofError):
            read(SMALL[:length])


@given(st.integers(0, len(SMALL) - 1), st.binary(min_size=1, max_size=3))
def test_a_damaged_file_is_refused_or_read(position: int, garbage: bytes) -> None:
    with suppress(PoolproofError):
        reading = read(SMALL[:position] + garbage + SMALL[position + len(garbage) :])
        assert msgspec.convert(msgspec.to_builtins(reading), Reading) == reading


@pytest.mark.parametrize("character", ["\0", "\x1b", "\ud800", "\ufffe"])
def test_what_xml_cannot_hold_is_not_written(character: str) -> None:
    with pytest.raises(ValueError, match=f"U\\+{ord(character):04X}"):
        write_database({}, {"VM": {"OpaqueRef:v": {"name_label": character}}})


@pytest.mark.parametrize(
    ("field", "value"),
    [("name_label", 1), ("memory_static_max", "1"), ("memory_static_max", True), ("is_a_template", 0)],
)
def test_what_is_not_of_the_type_is_not_written(field: str, value: object) -> None:
    with pytest.raises(TypeError, match="is not of type"):
        write_database({}, {"VM": {"OpaqueRef:v": {field: value}}})


def test_xapi_s_spelling() -> None:
    written = write_database(
        {"generation_count": "7"},
        {"VM": {"OpaqueRef:1": {"name_label": 'a  "%"\n', "platform": {"it's": "a b"}, "tags": ["x", "y"]}}},
    )
    assert written.decode().splitlines() == [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<database>",
        "<manifest>",
        '<pair key="generation_count" value="7"/>',
        "</manifest>",
        '<table name="VM">',
        '<row ref="OpaqueRef:1" _ref="OpaqueRef:1" name__label="a%.%.&quot;%%&quot;%n"'
        r""" platform="(('it\'s'%.'a%.b'))" tags="('x'%.'y')"/>""",
        "</table>",
        "</database>",
    ]
