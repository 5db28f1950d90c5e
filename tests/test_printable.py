"""Text from outside is safe to print."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("web01", "web01"),
        ("", ""),
        ("two words", "two words"),
        ("dbase-recién-instalada", "dbase-recién-instalada"),
        ("測試 шеф العربية", "測試 шеф العربية"),
        ("e\u0301", "e\u0301"),
        ("C:\\x1b", "C:\\x1b"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("a\x00b\x7f\x9b", "a\\x00b\\x7f\\x9b"),
        ("line1\r\nline2\ttab", "line1\\x0d\\x0aline2\\x09tab"),
        ("web\u202egnp.exe", "web\\u202egnp.exe"),
        ("\u2066a\u2069", "\\u2066a\\u2069"),
        ("we\u200bb\u200d01\ufeff", "we\\u200bb\\u200d01\\ufeff"),
        ("a\u2028b\u2029", "a\\u2028b\\u2029"),
        ("soft\u00adhyphen", "soft\\xadhyphen"),
        ("\ud800", "\\ud800"),
        ("\ue000", "\\ue000"),
        ("\u0378", "\\u0378"),
        ("\U000e0041", "\\U000e0041"),
        ("\u3164\ufe0f", "\\u3164\\ufe0f"),
    ],
)
def test_what_a_terminal_obeys_or_hides_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("é" * 10, 4, "ééé…"),
        ("\x1b" * 3, 6, "\\x1b\\…"),
        ("abc", 1, "…"),
    ],
)
def test_long_text_is_cut_and_says_so(text: str, limit: int, shown: str) -> None:
    assert printable(text, limit) == shown


@given(st.text(alphabet=st.characters(exclude_categories=())), st.integers(1, 50))
def test_any_text_becomes_one_bounded_encodable_line(text: str, limit: int) -> None:
    shown = printable(text, limit)
    assert len(shown) <= limit
    assert len(shown.splitlines()) <= 1
    shown.encode("utf-8")
