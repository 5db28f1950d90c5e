"""What a browser would make of markup: its elements and its text, apart."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any


class _Reader(HTMLParser):
    def __init__(self, markup: str) -> None:
        super().__init__()
        self.shape: list[tuple[str, ...]] = []
        self.texts: list[str] = []
        self.values: list[tuple[str, str]] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.shape.append((tag, *(name for name, _ in attrs)))
        self.values += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        self.shape.append((f"/{tag}",))

    def handle_comment(self, data: str) -> None:
        self.shape.append(("comment", data))

    def handle_decl(self, decl: str) -> None:
        self.shape.append(("declaration", decl))

    def handle_pi(self, data: str) -> None:
        self.shape.append(("instruction",))

    def unknown_decl(self, data: str) -> None:
        self.shape.append(("declaration",))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def shape(markup: str) -> list[tuple[str, ...]]:
    """Elements with their attributes' names, comments and declarations: what data must not change."""
    return _Reader(markup).shape


def text(markup: str) -> str:
    """What people read, without the blanks between elements."""
    return " ".join(" ".join(_Reader(markup).texts).split())


def attributes(markup: str, name: str) -> list[str]:
    """The values of all attributes of a name."""
    return [value for attribute, value in _Reader(markup).values if attribute == name]


class Page:
    """A page that pytest-html has written."""

    def __init__(self, path: Path) -> None:
        self.markup = path.read_text(encoding="utf-8")
        (blob,) = attributes(self.markup, "data-jsonblob")
        self._data: dict[str, Any] = json.loads(blob)

    @property
    def text(self) -> str:
        """What people read above the table."""
        return text(self.markup)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The table's rows, as the page's script gets them."""
        return [row for rows in self._data["tests"].values() for row in rows]

    @property
    def environment(self) -> dict[str, Any]:
        """The Environment table."""
        found: dict[str, Any] = self._data["environment"]
        return found

    @property
    def shape(self) -> list[list[tuple[str, ...]]]:
        """The shapes of the page and of each piece of markup that its script will insert."""
        pieces = [piece for row in self.rows for piece in (*row["resultsTableRow"], row["log"])]
        return [shape(piece) for piece in (self.markup, *pieces, *map(str, self.environment.values()))]
