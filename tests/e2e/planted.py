"""A pool in which every text is one that must not leave the house."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, Final

import msgspec

from fixtures.facts.accounts import POOL_ADMIN
from fixtures.facts.media import TOOLS
from fixtures.facts.reading import Reading, System
from fixtures.facts.records import NULL
from fixtures.redaction.harmless import messages
from fixtures.redaction.twin import CODED, TEMPLATES
from fixtures.sources.inside.commands import COMMANDS
from fixtures.xapi.datamodel import FIELDS

CHECKED: Final = frozenset({"enum", "set(enum)", "datetime", "ref", "set(ref)"})
"""Types of which a reading is only what it is with real values."""


class Planting:
    """Puts a text of its own into every field of a reading, and remembers them."""

    def __init__(self, *, everything: bool) -> None:
        """`everything`: also into fields that only XAPI, hosts and agents fill in, as enumerations are."""
        self._everything = everything
        self._numbers = count(1)
        self.planted: set[str] = set()

    def marker(self, what: str) -> str:
        """A text that stands nowhere else. Every third one is not ASCII."""
        number = next(self._numbers)
        text = (
            f"{what.title().replace('_', '')[:12]} Müßig-{number:05}"
            if number % 3 == 0
            else f"plnt{number:05}x"
        )
        self.planted.add(text)
        return text

    def reading(self, reading: Reading, location: str) -> Reading:
        """The same pool, told of by nothing but markers."""
        told = msgspec.to_builtins(reading)
        for name, rows in told["records"].items():
            for row in rows.values():
                for field, value in row.items():
                    row[field] = self._value(name, field, value)
        told |= {
            "location": location,
            "source": "snapshot",
            "account": self.marker("account"),
            "role": self.marker("role"),
            "notes": [f"{self.marker('note')}.example is not the master; followed to 10.98.76.54"],
            "absent": {"host_patch": f"said {self.marker('cause')}"},
        }
        told["inside"] = {
            **{ref: self._inside("dom0") for ref in told["records"]["host"]},
            **{ref: self._inside("linux") for ref in told["records"]["VM"]},
        }
        self.planted |= {"10.98.76.54"} | set(_identities(told["records"]))
        return msgspec.convert(told, Reading)

    def _inside(self, system: System) -> dict[str, Any]:
        """What a machine tells from within: nothing that anybody understands."""
        return {
            "system": system,
            "address": self.marker("address"),
            "answers": {
                question: {"status": 0, "output": f"{self.marker('output')}\n{self.marker('line')}=1\n"}
                for question in COMMANDS[system]
            },
            "unanswered": {self.marker("question"): self.marker("cause")},
        }

    def _value(self, name: str, field: str, value: Any) -> Any:
        type_ = FIELDS.get(name, {}).get(field, "")
        if field in ("uuid", "malformed") or type_ in ("ref", "set(ref)", "map(ref,string)"):
            return value
        if not self._everything and (type_ in CHECKED or f"{name}.{field}" in CODED):
            return value
        return _replaced(value, lambda: self.marker(field))


def _replaced(value: Any, marker: Callable[[], str]) -> Any:
    match value:
        case "" | None | bool() | int() | float():
            return value
        case str():
            return marker()
        case list():
            return [_replaced(each, marker) for each in value]
        case dict():
            return {key: _replaced(each, marker) for key, each in value.items()} | {marker(): marker()}
    raise TypeError(value)


def _identities(records: dict[str, Any]) -> Iterator[str]:
    """References and uuids, and addresses that were not replaced."""
    for rows in records.values():
        for ref, row in rows.items():
            yield from (ref, row.get("uuid") or ref)


def texts_of(reading: Reading) -> set[str]:
    """Everything in a real reading that is a name, an address or an identity, but for the product's own."""
    told = msgspec.to_builtins(reading)["records"]
    found = set(_identities(told))
    for name, rows in told.items():
        for row in rows.values():
            for field, value in row.items():
                type_ = FIELDS.get(name, {}).get(field, "")
                if type_ not in CHECKED and f"{name}.{field}" not in CODED | TEMPLATES | {
                    f"{name}.malformed"
                }:
                    found |= set(_strings(value))
    return found - {NULL, POOL_ADMIN, ""} - TOOLS - messages()


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for each in value:
                yield from _strings(each)
        case dict():
            for each in value.values():
                yield from _strings(each)


def save(path: Path, reading: Reading) -> Path:
    """The reading as a file that --pool reads."""
    snapshot = {"format": "poolproof-facts/1", "readings": [msgspec.to_builtins(reading)]}
    path.write_text(json.dumps(snapshot), "ascii")
    return path
