"""How values, replies and malformed requests look on either wire."""

import json
import xmlrpc.client
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.simulator import json_rpc, xml_rpc
from fixtures.simulator.wire import Call, Failure, MalformedRequest, rpc_text, string_of

STRUCT = "<struct><member><name>{}</name><value>{}</value></member></struct>"


@pytest.mark.parametrize(
    ("type_expression", "value", "xml", "in_json"),
    [
        ("string", "", "", '""'),
        ("string", """a <b> & "c" 'd' é 中\t\n""", "a &lt;b&gt; &amp; &quot;c&quot; 'd' é 中\t\n", None),
        ("string", "a\ud800b", "a?b", '"a\\ud800b"'),
        ("enum", "Running", "Running", '"Running"'),
        ("ref", "OpaqueRef:NULL", "OpaqueRef:NULL", '"OpaqueRef:NULL"'),
        ("int", 268435456, "268435456", "268435456"),
        ("int", -1, "-1", "-1"),
        ("bool", True, "<boolean>1</boolean>", "true"),
        ("bool", False, "<boolean>0</boolean>", "false"),
        ("float", 1.0, "<double>1</double>", "1.0"),
        ("float", 1.5, "<double>1.5</double>", "1.5"),
        ("datetime", "19700101T00:00:00Z", "<dateTime.iso8601>19700101T00:00:00Z</dateTime.iso8601>", None),
        ("void", None, "", '""'),
        ("set(string)", [], "<array><data></data></array>", "[]"),
        ("set(int)", [1, 2], "<array><data><value>1</value><value>2</value></data></array>", "[1,2]"),
        ("map(string,string)", {}, "<struct></struct>", "{}"),
        ("map(string,string)", {"a&b": "<"}, STRUCT.format("a&amp;b", "&lt;"), '{"a&b":"<"}'),
        ("map(int,float)", {"0": 0.5}, STRUCT.format("0", "<double>0.5</double>"), '{"0":0.5}'),
        (
            "map(ref,set(string))",
            {"r": ["x"]},
            STRUCT.format("r", "<array><data><value>x</value></data></array>"),
            '{"r":["x"]}',
        ),
        (
            "map(ref,record(VM))",
            {"r": {"is_a_template": False}},
            STRUCT.format("r", STRUCT.format("is_a_template", "<boolean>0</boolean>")),
            '{"r":{"is_a_template":false}}',
        ),
    ],
)
def test_a_value_is_marshalled_by_its_type(
    type_expression: str, value: Any, xml: str, in_json: str | None
) -> None:
    assert xml_rpc.encode(type_expression, value).decode() == xml
    encoded = json_rpc.encode(type_expression, value).decode()
    if in_json is None:
        assert json.loads(encoded) == value
    else:
        assert encoded == in_json


def test_an_unknown_type_is_an_error_here_not_on_the_wire() -> None:
    with pytest.raises(ValueError, match="no such type: list"):
        xml_rpc.encode("list(int)", [1])


@pytest.mark.parametrize(
    ("version", "result", "error"),
    [
        ("1.0", b'{"result":1,"error":null,"id":7}', b'{"result":null,"error":["CODE","a"],"id":7}'),
        (
            "2.0",
            b'{"jsonrpc":"2.0","result":1,"id":7}',
            b'{"jsonrpc":"2.0","error":{"code":1,"message":"CODE","data":["a"]},"id":7}',
        ),
    ],
)
def test_json_envelopes_differ_by_version(version: str, result: bytes, error: bytes) -> None:
    call = Call("VM.get_all", [], 7, version)
    assert b"".join(json_rpc.success(call, b"1")) == result
    assert b"".join(json_rpc.failure(call, ["CODE", "a"])) == error


def test_xml_replies_are_structs_with_a_status() -> None:
    call = Call("VM.get_all", [])
    success, _ = xmlrpc.client.loads(b"".join(xml_rpc.success(call, b"1")))
    failure, _ = xmlrpc.client.loads(b"".join(xml_rpc.failure(call, ["CODE", "<a>"])))
    assert success == ({"Status": "Success", "Value": "1"},)
    assert failure == ({"Status": "Failure", "ErrorDescription": ["CODE", "<a>"]},)


def test_the_list_of_methods_is_a_reply_of_its_own_on_xml_only() -> None:
    call = Call("system.listMethods", [], 1, "1.0")
    for_xml, _ = xmlrpc.client.loads(b"".join(xml_rpc.success(call, xml_rpc.encode("set(string)", ["a.b"]))))
    for_json = b"".join(json_rpc.success(call, json_rpc.encode("set(string)", ["a.b"])))
    assert (for_xml, for_json) == ((["a.b"],), b'{"result":["a.b"],"error":null,"id":1}')


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ('{"method":"a.b","params":["s",1],"id":1}', Call("a.b", ["s", 1], 1, "1.0")),
        ('{"jsonrpc":"2.0","method":"a.b","params":[],"id":"x"}', Call("a.b", [], "x", "2.0")),
        ('{"jsonrpc":"2.0","method":"a.b","params":{"s":1},"id":1}', Call("a.b", [{"s": 1}], 1, "2.0")),
    ],
)
def test_json_calls(body: str, call: Call) -> None:
    assert json_rpc.parse(body.encode()) == call


@pytest.mark.parametrize(
    "params", [(), ("s", 5, 1.5, True, ["x"], {"k": "v"}), ("<&>",)], ids=["none", "every type", "markup"]
)
def test_xml_calls(params: tuple[Any, ...]) -> None:
    assert xml_rpc.parse(xmlrpc.client.dumps(params, "a.b").encode()) == Call("a.b", list(params))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"method":', "Yojson.Json_error("),
        ("", "Yojson.Json_error("),
        ("[]", "Invalid request body"),
        ('[{"method":"a.b","params":[],"id":1}]', "Invalid request body"),
        ('{"method":"a.b","params":[],"id":null}', "Invalid field 'id'"),
        ('{"method":"a.b","params":[]}', "Invalid field 'id'"),
        ('{"method":"a.b","id":1}', "Invalid field 'params'"),
        ('{"method":5,"params":[],"id":1}', "Invalid field 'method'"),
    ],
)
def test_malformed_json(body: str, message: str) -> None:
    with pytest.raises(MalformedRequest, match=message.replace("(", r"\(")):
        json_rpc.parse(body.encode())


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "Xmlm.Error(1:1"),
        ("<methodCall><methodName>VM.get_all</methodName>", "Xmlm.Error(1:48"),
        ('{"method":"a.b","params":[],"id":1}', "Xmlm.Error(1:1"),
        ("<html></html>", "Xmlrpc.Parse_error("),
        ("<methodCall><params></params></methodCall>", "Xmlrpc.Parse_error("),
        (
            "<methodCall><methodName>a</methodName><params><param><value><int>x</int></value></param></params>"
            "</methodCall>",
            "Xmlrpc.Parse_error(",
        ),
    ],
)
def test_malformed_xml(body: str, message: str) -> None:
    with pytest.raises(MalformedRequest) as caught:
        xml_rpc.parse(body.encode())
    assert message in str(caught.value)


ELEMENTS = (
    "methodCall",
    "methodName",
    "params",
    "param",
    "value",
    "array",
    "data",
    "struct",
    "member",
    "name",
)


@given(
    st.lists(st.sampled_from([f"<{slash}{name}>" for slash in ("", "/") for name in ELEMENTS] + ["1", "&x;"]))
)
def test_whatever_arrives_is_a_call_or_malformed(pieces: list[str]) -> None:
    for parse in (xml_rpc.parse, json_rpc.parse):
        with suppress(MalformedRequest):
            assert isinstance(parse("".join(pieces).encode()), Call)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "S(x)"),
        (5, "I(5)"),
        (True, "B(true)"),
        (1.5, "F(1.5)"),
        (None, "N"),
        (["a", 1], "[S(a);I(1)]"),
        ({"a": "b", "c": []}, "{a:S(b);c:[]}"),
        (xmlrpc.client.DateTime("20261123T04:33:34Z"), "D(20261123T04:33:34Z)"),
    ],
)
def test_an_argument_that_is_no_text_is_refused_in_xapis_words(value: Any, text: str) -> None:
    assert rpc_text(value) == text
    if not isinstance(value, str):
        with pytest.raises(Failure) as caught:
            string_of(value)
        assert caught.value.description == [
            "INTERNAL_ERROR",
            f"Failure(\"Expected string, got '{text}'\")",
        ]
