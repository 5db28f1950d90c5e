"""The filter language of get_all_records_where."""

import pytest

from fixtures.simulator.filters import matching
from fixtures.simulator.wire import Failure

RECORDS = {
    "a": {"name_label": "web 1", "is_a_template": False, "power_state": "Running", "memory_target": 5},
    "b": {"name_label": "web 2", "is_a_template": False, "power_state": "Halted", "memory_target": 7},
    "c": {"name_label": "tmpl", "is_a_template": True, "power_state": "Halted", "memory_target": 5},
}
RUNNING = 'field "power_state" = "Running"'
TEMPLATE = 'field "is_a_template"="true"'
WEB2 = 'field "name__label" = "web 2"'


@pytest.mark.parametrize(
    ("expression", "selected"),
    [
        ("true", "abc"),
        ("false", ""),
        (" ( true )\n", "abc"),
        (RUNNING, "a"),
        (TEMPLATE, "c"),
        (WEB2, "b"),
        ('field "memory__target" = "5"', "ac"),
        ('"Halted" = field "power_state"', "bc"),
        ('"x" = "x"', "abc"),
        (f"not {TEMPLATE}", "ab"),
        (f"not not {TEMPLATE}", "c"),
        (f"({RUNNING}) and ({TEMPLATE})", ""),
        (f"{RUNNING} or {TEMPLATE}", "ac"),
        (f"{RUNNING} or {TEMPLATE} and false", ""),
        (f"{RUNNING} or ({TEMPLATE} and false)", "a"),
        (f"not {RUNNING} or {WEB2}", "c"),
        (f"(not {RUNNING}) or {WEB2}", "bc"),
    ],
)
def test_what_an_expression_selects(expression: str, selected: str) -> None:
    assert "".join(matching("VM", RECORDS, expression)) == selected


LEXING = 'Failure("lexing: empty token")'
PARSING = "Xapi_database.Db_filter_parse.MenhirBasics.Error"


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("rubbish (", LEXING),
        ("field 'power_state' = 'Running'", LEXING),
        ("", PARSING),
        ("(true", PARSING),
        ("true true", PARSING),
        ('field "power_state"', PARSING),
        ('field = "x"', PARSING),
        ("not", PARSING),
    ],
)
def test_what_cannot_be_understood(expression: str, why: str) -> None:
    with pytest.raises(Failure) as caught:
        matching("VM", RECORDS, expression)
    assert caught.value.description == ["INVALID_VALUE", expression, why]


@pytest.mark.parametrize("column", ["name_label", "power__state", "nosuch", "resident_on"])
def test_a_column_that_is_not_there(column: str) -> None:
    with pytest.raises(Failure) as caught:
        matching("VM", RECORDS, f'field "{column}" = "x"')
    assert caught.value.description == ["INTERNAL_ERROR", "missing field", column, ""]
