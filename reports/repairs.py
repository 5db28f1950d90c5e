"""What repairs a finding, as data: the Fix section of a control, and the windows that it names."""

import re
from typing import Final, NamedTuple

WINDOWS: Final = ("live", "in guest", "guest reboot", "VM off", "host evacuation", "not stated")
"""What a repair interrupts, least first."""

_SYSTEM: Final = re.compile(r"(?:^|(?<=\. ))(Linux|Windows): ")
_WINDOW: Final = re.compile(r"window:\s+([^()]+)\)")
_FIRST: Final = re.compile(r"; | or |, else ")
_ROOT: Final = re.compile(r"\b[Ww]here ([A-Z][A-Z0-9-]*-\d\d) fails, repair that first\b")
_LIKE: Final = re.compile(r"As for ([A-Z0-9-]+-\d\d)\b")


class Way(NamedTuple):
    """One way to repair: for all objects, or for guests of one system."""

    system: str
    """Linux or Windows; empty: any."""
    text: str
    window: str
    """The first window that the text names, as it names it; empty: none."""
    interrupts: str
    """One of WINDOWS."""
    root: str = ""
    """The id of the control that has to be repaired first where it fails too; empty: none."""


def ways(fix: str) -> list[Way]:
    """The ways that a Fix section names: `Linux: … (window: in guest). Windows: … (window: guest reboot).`

    Systems that share one window share the last one named.
    """
    start, *rest = _SYSTEM.split(fix)
    sections = [*([("", start.strip())] if start.strip() else []), *zip(rest[::2], rest[1::2], strict=True)]
    found: list[Way] = []
    window = ""
    for system, text in reversed(sections):
        named = _WINDOW.search(text)
        window = named[1] if named else window
        root = _ROOT.search(text)
        found.append(Way(system, text.strip(), window, interrupts(window), root[1] if root else ""))
    return found[::-1]


def like(fix: str) -> str | None:
    """The id of the control whose repair repairs this too (`As for VM-DRIVERS-01`)."""
    named = _LIKE.match(fix)
    return named[1] if named else None


def interrupts(window: str) -> str:
    """Which of WINDOWS a window is, by its first choice: `VM off, or live with PV drivers` is VM off."""
    first = _FIRST.split(window)[0]
    if "reboot" in first and "no reboot" not in first:
        return "guest reboot"
    places = {name: first.find(name) for name in ("host evacuation", "VM off", "in guest", "live")}
    there = [name for name, place in places.items() if place >= 0]
    return min(there, key=places.__getitem__, default="not stated")
