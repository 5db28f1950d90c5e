"""Answers become typed records: one bad field costs one field, one bad answer one class."""

import json
import xmlrpc.client
from typing import Any

import msgspec
import pytest
import XenAPI
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from fixtures.facts.records import CLASSES, VM, Record
from fixtures.xapi.answers import AnswerError, explain, records_of, records_of_json, value_of_xml
from tests.corpus import CORPUS, needs_corpus
from tests.xapi.servers import xml_failure, xml_success

VM_ROW: dict[str, Any] = {
    "uuid": "u",
    "name_label": "web01",
    "is_a_template": False,
    "memory_static_max": 268435456,
    "platform": {"viridian": "true"},
    "tags": ["a", ""],
    "NVRAM": {"EFI-variables": "secret"},
}
VM_RECORD = VM(
    uuid="u",
    name_label="web01",
    is_a_template=False,
    memory_static_max=268435456,
    platform={"viridian": "true"},
    tags=["a", ""],
)


def json_reply(rows: object) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "result": rows, "id": 1}).encode()


def by_json(row: Any) -> Record:
    """As a host with JSON-RPC tells it, beside a good record."""
    rows = records_of_json("VM", json_reply({"OpaqueRef:1": row, "OpaqueRef:2": VM_ROW}))
    assert rows["OpaqueRef:2"] == VM_RECORD
    return rows["OpaqueRef:1"]


def by_xml(row: Any) -> Record:
    """As a host without JSON-RPC tells it: ints are text."""
    text = {key: str(value) if type(value) is int else value for key, value in row.items()}
    rows = value_of_xml(xml_success({"OpaqueRef:1": text}))
    return records_of("VM", rows, ints_are_text=True)["OpaqueRef:1"]


@pytest.mark.parametrize("read", [by_json, by_xml])
def test_a_row_becomes_a_typed_record_and_unknown_fields_are_dropped(read: Any) -> None:
    assert read(VM_ROW) == VM_RECORD
    assert read({}) == VM()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name_label", None),
        ("name_label", 7),
        ("name_label", ["web01"]),
        ("is_a_template", "false"),
        ("is_a_template", 0),
        ("memory_static_max", "268435456"),
        ("memory_static_max", 2.5),
        ("memory_static_max", True),
        ("memory_static_max", float("nan")),
        ("platform", []),
        ("platform", {"viridian": True}),
        ("tags", {}),
        ("tags", "a"),
        ("tags", ["a", None]),
        ("uuid", {}),
    ],
)
def test_one_bad_field_costs_one_field(field: str, value: object) -> None:
    record = by_json(VM_ROW | {field: value})
    assert record == msgspec.structs.replace(VM_RECORD, malformed=(field,), **{field: UNSET})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name_label", True),
        ("name_label", xmlrpc.client.Binary(b"web01")),
        ("is_a_template", "true"),
        ("memory_static_max", "much"),
        ("memory_static_max", ""),
        ("memory_static_max", True),
        ("platform", ["viridian"]),
        ("tags", "a"),
    ],
)
def test_one_bad_field_costs_one_field_by_xml_too(field: str, value: object) -> None:
    record = by_xml(VM_ROW | {field: value})
    assert record == msgspec.structs.replace(VM_RECORD, malformed=(field,), **{field: UNSET})


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (rb'"\ud800"', "\ud800"),
        (rb'"web\udfff01"', "web\udfff01"),
        (b'"\xff"', "\udcff"),
        (b'"\xed\xa0\x80"', "\udced\udca0\udc80"),
    ],
)
def test_text_that_no_encoding_carries_is_kept_for_those_who_judge_it(told: bytes, kept: str) -> None:
    body = b'{"result":{"r":{"uuid":"u","name_label":%s,"tags":[%s],"platform":{"a":%s}}}}'
    row = VM(uuid="u", name_label=kept, tags=[kept], platform={"a": kept})
    assert records_of_json("VM", body.replace(b"%s", told)) == {"r": row}


@pytest.mark.parametrize(
    "body",
    [
        b'{"result":{"r":{"uuid":"u","other":NaN}}}',
        b'{"result":{"r":{"uuid":"u","user_version":"\x01"}}}',
        b'{"result":{"r":{"uuid":"u","user_version":"\xff"}}}',
    ],
)
def test_what_json_forbids_costs_nothing_in_fields_that_nobody_reads(body: bytes) -> None:
    assert records_of_json("VM", body) == {"r": VM(uuid="u")}


def test_an_enum_value_of_tomorrow_stays_text() -> None:
    assert by_json(VM_ROW | {"power_state": "Dreaming"}) == msgspec.structs.replace(
        VM_RECORD, power_state="Dreaming"
    )


def test_control_characters_are_kept_as_the_pool_has_them() -> None:
    assert by_json(VM_ROW | {"name_label": "a\x00\x1b[2J\u202e"}) == msgspec.structs.replace(
        VM_RECORD, name_label="a\x00\x1b[2J\u202e"
    )
    raw = records_of_json("VM", b'{"result":{"r":{"name_label":"a\x01b"}}}')
    assert raw == {"r": VM(name_label="a\x01b")}


@pytest.mark.parametrize("row", [None, 7, "text", []])
def test_a_row_that_is_none_loses_all_its_fields(row: object) -> None:
    record = by_json(row)
    assert set(record.malformed) == set(VM.__struct_fields__) - {"malformed"}
    assert record.uuid is UNSET


def test_a_reference_that_no_file_can_hold_is_escaped() -> None:
    assert list(records_of_json("VM", rb'{"result":{"\ud800":{}}}')) == ["\\ud800"]


@pytest.mark.parametrize(
    ("body", "details"),
    [
        (b'{"result":null,"error":["HOST_IS_SLAVE","192.0.2.10"],"id":1}', ["HOST_IS_SLAVE", "192.0.2.10"]),
        (
            b'{"jsonrpc":"2.0","error":{"code":1,"message":"HOST_IS_SLAVE","data":["192.0.2.10"]},"id":1}',
            ["HOST_IS_SLAVE", "192.0.2.10"],
        ),
        (b'{"error":{"code":1,"message":"MESSAGE_REMOVED"}}', ["MESSAGE_REMOVED"]),
        (b'{"error":["INTERNAL_ERROR",null,1]}', ["INTERNAL_ERROR", "None", "1"]),
        (rb'{"error":["INTERNAL_ERROR","\ud800"]}', ["INTERNAL_ERROR", "\ud800"]),
    ],
)
def test_an_error_of_either_json_rpc_is_xenapis_failure(body: bytes, details: list[str]) -> None:
    with pytest.raises(XenAPI.Failure) as caught:
        records_of_json("VM", body)
    assert caught.value.details == details


def test_an_error_by_xml_is_xenapis_failure() -> None:
    with pytest.raises(XenAPI.Failure) as caught:
        value_of_xml(xml_failure("HANDLE_INVALID", "VM", "OpaqueRef:1"))
    assert caught.value.details == ["HANDLE_INVALID", "VM", "OpaqueRef:1"]


@pytest.mark.parametrize("parameter", [7, ["x"], {"x": "y"}])
def test_a_parameter_of_an_error_that_is_no_text_is_left_out(parameter: Any) -> None:
    reply = {"Status": "Failure", "ErrorDescription": ["INTERNAL_ERROR", parameter, "x"]}
    with pytest.raises(XenAPI.Failure) as caught:
        value_of_xml(xmlrpc.client.dumps((reply,), methodresponse=True).encode())
    assert caught.value.details == ["INTERNAL_ERROR", "…", "x"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>login</body></html>",
        b"[]",
        b"7",
        b"{}",
        b'{"result":null}',
        b'{"result":[]}',
        b'{"result":"x"}',
        b'{"result":{"r":{"uuid":"u"}',
        b'{"error":"no"}',
        b'{"error":[]}',
        b'{"error":{"code":1}}',
        b"[" * 100_000,
        b'{"result":{"r":{"other":' + b"[" * 100_000,
        b'{"result":{"r":{"memory_static_max":' + b"1" * 5000 + b"}}}",
        b"\xff\xfe",
    ],
)
def test_an_answer_that_is_not_json_rpc_is_an_error_to_show(body: bytes) -> None:
    with pytest.raises(AnswerError) as caught:
        records_of_json("VM", body)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>login</body></html>",
        b"<html><body><br></body></html>",
        b'{"result":{}}',
        b"\x00\xff",
        xml_success({})[:-20],
        xml_success({}).replace(b"Success", b"Perhaps"),
        xml_success({}).replace(b"Value", b"Void"),
        xml_failure(),
        xml_failure("X").replace(b"ErrorDescription", b"Error"),
        xmlrpc.client.dumps(("text",), methodresponse=True).encode(),
        xmlrpc.client.dumps(
            xmlrpc.client.Fault(1, "\x1b[2J".replace("\x1b", "?")), methodresponse=True
        ).encode(),
        xml_success("x").replace(b"string", b"int"),
        xml_success("x").replace(b"string", b"bigdecimal"),
        xml_success("x").replace(b"string", b"base64"),
        xml_success("x").replace(b"string", b"unheard_of"),
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(b'<!ENTITY %c "%s">' % (c, b"&%c;" % (c - 1) * 10) for c in range(ord("b"), ord("k")))
        + b"]><methodResponse><params><param><value>&j;</value></param></params></methodResponse>",
    ],
)
def test_an_answer_that_is_not_xapis_xml_is_an_error_to_show(body: bytes) -> None:
    with pytest.raises(AnswerError) as caught:
        value_of_xml(body)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("kind", [b"int", b"double", b"boolean"])
def test_an_error_never_quotes_the_answer(kind: bytes) -> None:
    """It may be the answer to a login, and hold a session."""
    told = b"<string>OpaqueRef:the-session</string>"
    typed = told.replace(b"string", kind)
    with pytest.raises(AnswerError) as caught:
        value_of_xml(xml_success("OpaqueRef:the-session").replace(told, typed))
    assert "the-session" not in str(caught.value)


@pytest.mark.parametrize("rows", [None, "x", [], 7])
def test_rows_that_are_none_are_an_error(rows: object) -> None:
    with pytest.raises(AnswerError):
        records_of("VM", rows)


@pytest.mark.parametrize(
    ("details", "text"),
    [
        (["MESSAGE_REMOVED"], "MESSAGE_REMOVED"),
        (
            ["RBAC_PERMISSION_DENIED", "VM.get_all_records", "no"],
            "RBAC_PERMISSION_DENIED (VM.get_all_records, no)",
        ),
        (["X\x1b[2J", "\u202e\ud800\n"], "X\\x1b[2J (\\u202e\\ud800\\x0a)"),
    ],
)
def test_a_failure_is_explained_in_printable_text(details: list[str], text: str) -> None:
    assert explain(XenAPI.Failure(details)) == text


def test_an_explanation_is_bounded() -> None:
    assert len(explain(XenAPI.Failure(["X" * 100_000, "y"]))) == 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(VM_ROW, JSON)))
def test_whatever_a_field_holds_the_record_can_be_kept(row: dict[str, Any]) -> None:
    record = records_of_json("VM", json_reply({"r": row}))["r"]
    # As snapshots keep it: with escapes for what UTF-8 cannot carry.
    kept = msgspec.convert(json.loads(json.dumps(msgspec.to_builtins(record))), type=VM)
    assert kept == record
    for field in set(row) - {"NVRAM"}:
        assert (getattr(record, field) is UNSET) == (field in record.malformed)


EMPTY = {"Bond", "Certificate", "host_patch", "pool_update", "subject", "message"}
"""Classes of which the recorded pool has no rows."""
ONLY_BY_XML = {"PIF_metrics"}
"""Classes that were not recorded by JSON-RPC."""


@needs_corpus
@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_real_xapi_says_the_same_by_all_protocols(name: str) -> None:
    assert CORPUS is not None
    answers = {
        kind: path.read_bytes()
        for kind in ("json1.0-", "json2.0-", "")
        for path in (CORPUS / "xapi/wire/tampa").glob(
            f"[0-9][0-9][0-9]-{kind}{name}.get_all_records.response.*"
        )
        if path.suffix != ".headers"
    }
    by_json = [records_of_json(name, body) for kind, body in answers.items() if kind]
    assert len(by_json) == 2 or name in EMPTY or name in ONLY_BY_XML
    by_xml = records_of(name, value_of_xml(answers[""]), ints_are_text=True)
    assert bool(by_xml) == (name not in EMPTY)
    assert all(records == by_xml for records in by_json)
    assert not any(record.malformed for record in by_xml.values())


@needs_corpus
def test_real_records_are_decoded_alike_fast_and_field_by_field() -> None:
    assert CORPUS is not None
    for path in sorted((CORPUS / "xapi/pools").glob("*/records.json")):
        pool = json.loads(path.read_bytes())
        for name in CLASSES:
            assert records_of_json(name, json_reply(pool[name])) == records_of(name, pool[name])
