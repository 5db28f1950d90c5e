"""What could not be read is unknown: exactly where it is needed, and never a pass."""

from pathlib import Path

import msgspec
import pytest

from fixtures.controls import control_of
from fixtures.facts.pool import Pool
from fixtures.facts.source import Source
from fixtures.judge import run
from fixtures.policy import Policy
from fixtures.policy.loading import read_layers
from fixtures.verdict import Word
from tests.building import ABSENT, CHECKS, a_pool, a_reading, verdict, verdicts

CAUSE = "RBAC_PERMISSION_DENIED"

(PROFILE,) = read_layers("mission", Path())
MISSION = {control for control in CHECKS if Policy(controls=PROFILE.document["controls"]).selects(control)}
"""Of these it is said by name what they need; tests.checks.test_unread holds all to their evidence."""


def unread(*classes: str) -> Pool:
    """A compliant pool of which these classes could not be read."""
    reading = a_reading()
    records = msgspec.structs.replace(reading.records, **{name: {} for name in classes})
    return Pool(msgspec.structs.replace(reading, records=records, unread=dict.fromkeys(classes, CAUSE)))


@pytest.mark.parametrize(
    ("name", "controls"),
    [
        ("VM_guest_metrics", {"VM-TOOLS-01", "VM-TOOLS-02", "VM-DRIVERS-01", "VM-DISKS-01", "VM-MEMORY-02"}),
        ("VM_metrics", {"VM-DRIVERS-01", "VM-DISKS-01", "VM-MEMORY-01"}),
        ("host_metrics", {"HOST-LIVE-01"}),
        ("VIF", set()),
        ("host_cpu", set()),
    ],
)
def test_a_class_that_could_not_be_read_costs_the_verdicts_that_need_it(
    name: str, controls: set[str]
) -> None:
    before, after = verdicts(unread()), verdicts(unread(name))
    assert {control for control in MISSION if after[control] == "unknown"} == controls | {"POOL-READ-01"}
    untouched = MISSION - controls - {"POOL-READ-01", "VM-DISKS-02"}
    assert {control: after[control] for control in untouched} == {
        control: before[control] for control in untouched
    }


def test_a_silent_guest_is_not_condemned_where_start_times_could_not_be_read() -> None:
    reading = a_reading({"VM.guest_metrics": "OpaqueRef:NULL"})
    records = msgspec.structs.replace(reading.records, VM_metrics={})
    pool = Pool(msgspec.structs.replace(reading, records=records, unread={"VM_metrics": CAUSE}))
    assert verdict("VM-TOOLS-01", pool)[0] == "unknown"


@pytest.mark.parametrize(
    ("name", "control"),
    [("VM", "VM-NAME-01"), ("host", "HOST-LIVE-01"), ("SR", "SR-NAME-01"), ("VDI", "VDI-NAME-01")],
)
def test_objects_that_could_not_be_listed_are_unknown_together(name: str, control: str) -> None:
    described = control_of(CHECKS[control])
    assert described is not None
    (stand_in,) = unread(name).unlisted
    outcome = run(CHECKS[control], {described.parameter: stand_in}, described)
    assert (outcome.word, CAUSE in outcome.reason) == ("unknown", True)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (Source(location="here", pool=unread()), "pass"),
        (Source(location="here", pool=unread("VDI")), "unknown"),
        (Source(location="here", pool=a_pool({"host": ABSENT})), "unknown"),
        (Source(location="here", pool=a_pool({"pool": ABSENT})), "unknown"),
        (Source(location="here", pool=a_pool({"VM": ABSENT})), "unknown"),
        (Source(location="here", pool=a_pool({"SR": ABSENT})), "pass"),
    ],
)
def test_reading(source: Source, expected: Word) -> None:
    described = control_of(CHECKS["POOL-READ-01"])
    assert described is not None
    outcome = run(CHECKS["POOL-READ-01"], {"source": source}, described)
    assert outcome.word == expected


def test_a_pool_that_could_not_be_read_is_a_finding() -> None:
    described = control_of(CHECKS["POOL-READ-01"])
    assert described is not None
    with pytest.raises(AssertionError, match="no route to host"):
        run(CHECKS["POOL-READ-01"], {"source": Source(location="x", failure="no route to host")}, described)
