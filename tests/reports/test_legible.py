"""Names that draw over their neighbours are tamed; all others are shown as they are."""

import pytest

from reports.legible import legible

ACUTE = "\u0301"


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("web01", None, "web01"),
        ("Büro", None, "Büro"),
        ("e" + ACUTE * 3 + "e" + ACUTE, None, "e" + ACUTE * 3 + "e" + ACUTE),
        ("e" + ACUTE * 5, None, "e" + ACUTE * 3 + "\\u0301\\u0301"),
        ("e" + ACUTE * 5, 8, "e" + ACUTE * 3 + "\\u0…"),
        ("e" + "\U0001d167" * 4, None, "e" + "\U0001d167" * 3 + "\\U0001d167"),
        ("שּׁ֑", None, "שּׁ֑"),
        ("a\x1bb", None, "a\\x1bb"),
        ("longer", 5, "long…"),
    ],
)
def test_marks_are_limited(text: str, limit: int | None, shown: str) -> None:
    assert legible(text, limit) == shown
