"""One field: `%` protection, s-expressions, scalars, each by its type."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fixtures.sources.database import DecodeError, decode, decode_row, unprotect
from fixtures.sources.database_writer import encode
from fixtures.xapi.datamodel import FIELDS

TYPES = sorted({kind for fields in FIELDS.values() for kind in fields.values()})


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        pytest.param("plain", "plain", id="nothing"),
        pytest.param("", "", id="empty"),
        pytest.param("a%.b", "a b", id="one-blank"),
        pytest.param("a%_b", "a  b", id="two-blanks"),
        pytest.param("a%.%.%.b", "a   b", id="since-7.3-every-blank"),
        pytest.param("a%_%_ b", "a     b", id="before-7.3-pairs-and-a-bare-one"),
        pytest.param("a%tb%nc%rd", "a\tb\nc\rd", id="tab-newline-return"),
        pytest.param("100%%", "100%", id="percent"),
        pytest.param("%%.", "%.", id="left-to-right"),
        pytest.param("%%%.", "% ", id="left-to-right-twice"),
        pytest.param("%%%%n", "%%n", id="no-rescanning"),
        pytest.param("%x%T%é", "%x%T%é", id="other-pairs-stand-for-themselves"),
        pytest.param("%x%.", "%x ", id="after-another-pair"),
        pytest.param("50%", "50%", id="lone-at-the-end"),
        pytest.param("%\n%.", "%\n ", id="pair-with-a-newline"),
    ],
)
def test_protection(raw: str, text: str) -> None:
    assert unprotect(raw) == text


@pytest.mark.parametrize(
    ("raw", "members"),
    [
        pytest.param("()", [], id="empty"),
        pytest.param("( )", [], id="empty-with-a-blank"),
        pytest.param(" () ", [], id="blanks-around"),
        pytest.param("('a' 'b')", ["a", "b"], id="two"),
        pytest.param("('a'%.'b')", ["a", "b"], id="protected-blank-between"),
        pytest.param("('a''b')", ["a", "b"], id="nothing-between"),
        pytest.param("( 'a'%n\t'b' )", ["a", "b"], id="any-blanks-between"),
        pytest.param("""("a" 'b')""", ["a", "b"], id="double-quotes"),
        pytest.param("""("it's")""", ["it's"], id="single-quote-in-double"),
        pytest.param("""('say "a"')""", ['say "a"'], id="double-quote-in-single"),
        pytest.param(r"('it\'s')", ["it's"], id="escaped-quote"),
        pytest.param(r"('C:\\Windows')", [r"C:\Windows"], id="escaped-backslash"),
        pytest.param(r"('\n\x')", ["nx"], id="any-escaped-character-stands-for-itself"),
        pytest.param("('a%.b')", ["a b"], id="protected-blank-inside"),
        pytest.param("('(' ')')", ["(", ")"], id="parentheses-inside"),
        pytest.param("('')", [""], id="empty-string"),
        pytest.param("('a' 'a')", ["a", "a"], id="twice"),
    ],
)
def test_sets(raw: str, members: list[str]) -> None:
    assert decode("set(string)", raw) == members


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        pytest.param("()", {}, id="empty"),
        pytest.param("(('a' '1') ('b' '2'))", {"a": "1", "b": "2"}, id="two"),
        pytest.param("(('a'%.'1')%.('b'%.'2'))", {"a": "1", "b": "2"}, id="as-today"),
        pytest.param("(('a' '1') ('b' '2') ('a' '3'))", {"a": "1", "b": "2"}, id="first-of-equal-keys"),
        pytest.param("(('' ''))", {"": ""}, id="empty-key"),
        pytest.param("""(("a" "1"))""", {"a": "1"}, id="double-quotes"),
    ],
)
def test_maps(raw: str, value: dict[str, str]) -> None:
    assert decode("map(string,string)", raw) == value


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("string", "(C)%.2008", "(C) 2008"),
        ("string", "('looks' 'like' 'a' 'set')", "('looks' 'like' 'a' 'set')"),
        ("string", "true", "true"),
        ("string", "42", "42"),
        ("enum", "Running", "Running"),
        ("ref", "OpaqueRef:NULL", "OpaqueRef:NULL"),
        ("ref", "", ""),
        ("bool", "true", True),
        ("bool", "false", False),
        ("int", "0", 0),
        ("int", "-1", -1),
        ("int", "9223372036854775807", 2**63 - 1),
        ("int", "-9223372036854775808", -(2**63)),
        ("float", "0.", 0.0),
        ("float", "1", 1.0),
        ("float", "-2.5e-05", -2.5e-05),
        ("datetime", "19700101T00:00:00Z", "19700101T00:00:00Z"),
        ("datetime", "20260228T23:59:59Z", "20260228T23:59:59Z"),
        ("set(int)", "('0' '2')", [0, 2]),
        ("set(ref)", "('OpaqueRef:1')", ["OpaqueRef:1"]),
        ("map(int,float)", "(('0' '0.5'))", {"0": 0.5}),
        ("map(ref,int)", "(('OpaqueRef:1' '7'))", {"OpaqueRef:1": 7}),
        ("map(int,set(string))", r"(('0' '(\'running\' \'online\')'))", {"0": ["running", "online"]}),
    ],
)
def test_types_decide(kind: str, raw: str, value: Any) -> None:
    decoded = decode(kind, raw)
    assert decoded == value
    assert type(decoded) is type(value)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        *(("bool", raw) for raw in ("", "True", "1", "yes", "true ")),
        *(
            ("int", raw)
            for raw in ("", "1.", "1 GiB", "0x10", "+1", "1_000", "٣", "--1", "9" * 19, "1" * 5000)
        ),
        *(("float", raw) for raw in ("", ".", ".5", "nan", "inf", "1e999", "1,5", "٣.", "1._0")),
        *(("datetime", raw) for raw in ("", "never", "20261301T00:00:00Z", "20260230T00:00:00Z")),
        *(("datetime", raw) for raw in ("2026-11-23T04:33:34Z", "20261123T04:33:34", "20261123T25:00:00Z")),
        *(
            ("set(string)", raw)
            for raw in ("", "a", "'a'", "('a'", "'a')", "('a'))", "(a)", "('a)", "('a\\')")
        ),
        *(("set(string)", raw) for raw in ("()()", "() x", "(('a'))", "('a' ('b'))", "(1 2)")),
        *(
            ("map(string,string)", raw)
            for raw in ("('a' '1')", "(('a'))", "(('a' '1' '2'))", "(('a' ('b')))")
        ),
        *(("map(string,string)", raw) for raw in ("(('a' '1') ('b' '2')", "(('a' '1'", "((('a' '1')))", "")),
        ("set(int)", "('1' 'two')"),
        ("map(int,int)", "(('one' '1'))"),
        ("map(int,int)", "(('1' 'one'))"),
        ("map(int,set(string))", "(('0' 'running'))"),
    ],
)
def test_what_breaks_the_type_is_refused(kind: str, raw: str) -> None:
    with pytest.raises(DecodeError):
        decode(kind, raw)


def test_a_bad_field_costs_itself_alone() -> None:
    row = {"memory_static_max": "1 GiB", "platform": "(('a' '1')", "name_label": "a%.b", "not_a_field": "1"}
    assert decode_row("VM", row) == ({"name_label": "a b"}, ("memory_static_max", "platform"))


TEXT = st.text(
    st.characters(
        exclude_categories=["Cs", "Cc"], include_characters="\t\n\r", exclude_characters="\ufffe\uffff"
    ),
    max_size=20,
)
"""What XML can hold."""

DATES = st.datetimes(datetime(1000, 1, 1)).map(lambda time: f"{time:%Y%m%dT%H:%M:%SZ}")  # noqa: DTZ001  # text
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "string": TEXT,
    "enum": TEXT,
    "ref": TEXT,
    "int": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "bool": st.booleans(),
    "datetime": DATES,
}


def values_of(kind: str) -> st.SearchStrategy[Any]:
    """Values of a type expression; keys of maps are text, as in JSON."""
    outer, _, rest = kind.partition("(")
    inner = rest[:-1]
    if outer == "set":
        return st.lists(values_of(inner), max_size=4)
    if outer == "map":
        key, _, value = inner.partition(",")
        keys = st.integers(0, 64).map(str) if key == "int" else TEXT
        return st.dictionaries(keys, values_of(value), max_size=4)
    return VALUES[outer]


@given(st.sampled_from(TYPES).flatmap(lambda kind: st.tuples(st.just(kind), values_of(kind))))
@example(("string", "%.%_%t%%n 100% \t\r\n"))
@example(("map(string,string)", {"it's": 'a \\ "b"'}))
def test_what_is_written_reads_back(typed: tuple[str, Any]) -> None:
    kind, value = typed
    assert decode(kind, encode(kind, value)) == value


@given(st.sampled_from(TYPES), st.text("()'\"\\ %._tna1-", max_size=30) | st.text(max_size=30))
def test_garbage_is_refused_or_means_one_thing(kind: str, raw: str) -> None:
    try:
        value = decode(kind, raw)
    except DecodeError:
        return
    assert decode(kind, encode(kind, value)) == value
