"""Mutations: compliant pools, broken field by field, and what every control says of it.

`make mutation` runs all of it and prints what it found: controls that stay green whatever breaks, and
controls that turn red by a field that their evidence does not show.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from fixtures.controls import Control, control_of
from fixtures.facts.pool import Pool
from fixtures.facts.reading import HostAnswers, Reading
from fixtures.facts.records import CLASSES, NULL
from fixtures.facts.subject import evidence
from fixtures.policy import Policy
from fixtures.verdict import Word
from fixtures.xapi.datamodel import FIELDS

from . import building

DANGLING: Final = "OpaqueRef:gone"

GENERIC: Final[dict[str, tuple[Any, ...]]] = {
    "string": ("", "Bröken \u202e", "9999"),
    "enum": ("",),
    "bool": (True, False),
    "int": (0, -1, 1, 64, 10**15),
    "float": (0.0, 10.0**9),
    "datetime": ("19700101T00:00:00Z", "20200101T00:00:00Z", "20261124T00:00:00Z", "21000101T00:00:00Z"),
    "ref": (NULL, DANGLING),
    "set(ref)": ([], [DANGLING]),
    "set(string)": ([], ["broken"]),
    "set(enum)": ([], ["broken"]),
    "set(int)": ([], [99]),
}
"""Type → values that a field of it may wrongly have. Maps lose keys, and have values changed."""


class Mutation(NamedTuple):
    """One field of one row, and what it becomes."""

    row: str
    """As `a_reading` names it: `VM`, `host:2`."""
    field: str
    value: Any

    @property
    def changes(self) -> dict[str, Any]:
        """As `a_reading` takes it."""
        return {f"{self.row}.{self.field}": self.value}

    def __str__(self) -> str:
        value = "taken away" if self.value is building.ABSENT else repr(self.value)[:60]
        return f"{self.row}.{self.field} = {value}"
