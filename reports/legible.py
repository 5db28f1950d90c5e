"""Names from outside, made safe to print and to read: they stay in their line and within their row."""

import unicodedata
from typing import Final

from fixtures.printable import printable

MARKS: Final = 3
"""Marks that one letter may carry; Hebrew has letters with three. More of them draw over other lines."""


def legible(text: str, limit: int | None = None) -> str:
    r"""Return `printable(text, limit)` with the marks escaped (`\u0301`) that a letter has beyond `MARKS`.

    The result, too, has at most `limit` characters, the last one `…` where something was cut.
    """
    shown = printable(text, limit)
    if shown.isascii():
        return shown
    tame: list[str] = []
    marks = 0
    for character in shown:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        tame.append(character if marks <= MARKS else character.encode("unicode_escape").decode("ascii"))
    return printable("".join(tame), limit)
