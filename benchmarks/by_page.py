"""Write the page of so many VMs by so many controls, alone in a process: `python -m benchmarks.by_page`.

Prints as JSON how far its memory grew while it wrote. Names, uuids and evidence differ as a real pool's do:
what compresses best would say nothing.
"""

import json
import random
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from fixtures.audit import CHECKS
from fixtures.controls import Control, load_controls
from fixtures.verdict import Subject, Surroundings, Verdict, Word
from tests.reports import given, written

SEED: Final = 7

WORDS: Final[tuple[Word, ...]] = ("pass", "fail", "unknown", "not_applicable")
SHARES: Final = (60, 15, 10, 15)


def controls(number: int) -> dict[str, Control]:
    """So many controls of VMs."""
    found = [(id_, each) for id_, each in load_controls((CHECKS,)).items() if each.subject == "vm"]
    return dict(found[:number])


def verdicts(vms: int, by: dict[str, Control]) -> Iterator[Verdict]:
    """Every VM's verdicts: the same ones in every process."""
    dice = random.Random(SEED)
    fields = sorted({field for control in by.values() for field in control.evidence})
    for number in range(vms):
        uuid = str(UUID(int=dice.getrandbits(128)))
        name = f"{dice.choice(('web', 'db', 'app'))}-{number:05}"
        subject = Subject(kind="vm", uuid=uuid, name=name, pool=given.POOL)
        values = {field: _value(field, dice) for field in fields}
        for control in by.values():
            (word,) = dice.choices(WORDS, SHARES)
            yield Verdict(
                control=control.id,
                verdict=word,
                severity=control.severity,
                subject=subject,
                reason=f"reason {dice.randrange(6)}" + (f": {values[fields[0]]}" if word == "fail" else ""),
                evidence={field: values[field] for field in control.evidence},
                waiver=None,
                nodeid=f"checks/test_x.py::test_x[{name}-{control.id}]",
            )


def _value(field: str, dice: random.Random) -> Any:
    """Some fields are each VM's own, as memory is; others have one of few values, as a power state."""
    if len(field) % 4 == 0:
        return dice.randrange(2**28, 2**36, 2**20)
    return dice.choice(("Running", None, True, {"major": "8", "minor": "4"}))


def main() -> None:
    """Write the page that the command line names."""
    vms, columns, path = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    by = controls(columns)
    said = list(verdicts(vms, by))
    subjects = {verdict.subject: None for verdict in said}
    around = tuple(
        Surroundings(
            subject=subject, host=f"host-{number % 16}", power_state="Running", tags=(f"tier{number % 4}",)
        )
        for number, subject in enumerate(subjects)
    )
    results = given.results(said, subjects=around)
    before = _peak()
    written.write(path, results, by)
    print(
        json.dumps({"grown": _peak() - before, "uuid": said[-1].subject.uuid, "name": said[-1].subject.name})
    )


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
