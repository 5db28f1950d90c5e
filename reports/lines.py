"""Lines of a terminal: broken or cut to its columns, whatever letters they hold."""

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

WIDTH: Final = 80


class Line(NamedTuple):
    """One line and how it looks where the terminal has colours."""

    text: str = ""
    markup: Mapping[str, bool] = {}


def wrapped(text: str, indent: int = 0, hanging: int | None = None, **markup: bool) -> Iterator[Line]:
    """Break a text into lines, at blanks where there are any; `hanging`: the margin of all but the first."""
    margin = " " * indent
    while text:
        head = _head(text, WIDTH - len(margin))
        if text[len(head) :].lstrip() == text[len(head) :] and len(head) < len(text):
            blank = head.rfind(" ")
            head = head[:blank] if blank > 0 else head
        yield Line(f"{margin}{head.rstrip()}", markup)
        text = text[len(head) :].lstrip()
        margin = " " * (indent + 2 if hanging is None else hanging)


def fit(text: str, columns: int) -> str:
    """Cut a text that takes more columns of a terminal than there are; its last letter is then `…`."""
    head = _head(text, columns)
    return text if head == text else f"{_head(text, columns - 1)}…"


def width_of(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    # Some letters take two columns, some marks none.
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 1 + (unicodedata.east_asian_width(character) in "WF")


def _head(text: str, columns: int) -> str:
    if text.isascii():
        return text[: max(columns, 0)]
    for index, character in enumerate(text):
        columns -= _columns(character)
        if columns < 0:
            return text[:index]
    return text
