"""A class that could not be read: what needs it is unknown, nothing fails for it, POOL-READ-01 says so."""

from collections.abc import Collection
from datetime import timedelta
from typing import Final

import pytest
from msgspec import structs

from fixtures.controls import Control, control_of
from fixtures.facts.pool import Pool
from fixtures.facts.reading import Reading
from fixtures.facts.records import CLASSES, MAY_BE_ABSENT
from tests.building import CHECKS, a_reading, subjects
from tests.compliance import BASES, Base
from tests.mutation import Judged, judge

COMPLIANT: Final = Base({})
APART: Final = sorted(CLASSES.keys() - {"VM", "host"})
"""All classes but those without which there is no reading."""

SEEN_ONLY: Final[dict[str, Collection[str]]] = {
    # With PV drivers it does not matter where disks are.
    "VM-DISKS-02": ("VBD", "VM_guest_metrics", "VM_metrics"),
    # Only a guest that has reported nothing is asked how long it runs.
    "VM-TOOLS-01": ("VM_metrics",),
    # xapi says itself what it allows; only why it does not is told by the guest and its flags.
    "VM-SHUTDOWN-01": ("VM_guest_metrics",),
    "VM-REBOOT-01": ("VM_guest_metrics",),
    "VM-SUSPEND-01": ("VM_guest_metrics", "VM_metrics"),
    "VM-MIGRATE-01": ("VM_guest_metrics", "VM_metrics"),
    # Where Windows Update offers no drivers it does not matter whose there are.
    "VM-TOOLS-05": ("VM_guest_metrics",),
    # Only where an upgrade of the tools is due it matters what backups left.
    "VM-BACKUP-01": ("VDI",),
    # Up to 64 vCPUs it does not matter whether it runs Windows.
    "VM-CPU-02": ("VM_guest_metrics", "VM_metrics"),
    # What sm_config tells of an image needs no SR.
    "VM-DISKS-04": ("SR",),
    # Only a guest that has reported no operating system is known by its platform, which PV guests have not.
    "VM-WINDOWS-01": ("VM_metrics", "pool"),
    "VM-WINDOWS-02": ("VM_metrics",),
    # UEFI is enough for every guest.
    "VM-BOOT-01": ("VM_guest_metrics",),
    # Whether a host is live tells how old the fact is.
    "HOST-CPU-01": ("host_metrics",),
    # Only where cpu_info does not tell the vendor, before 5.6, do the CPUs.
    "HOST-CPU-02": ("host_cpu",),
    # Only before 7.1 are there patches.
    "HOST-VERSION-02": ("host_patch",),
    # Only where xapi cannot tell does it matter whether the pool has repositories.
    "HOST-UPDATES-02": ("pool",),
    # Only where xapi finds no room for a VM does it matter whether HA is on.
    "HOST-EVACUATION-01": ("pool",),
    # Where HA is off nobody promises to start a VM everywhere.
    "VM-HA-01": ("PBD", "PIF", "SR", "VBD", "VDI", "VIF", "network"),
    # The compliant VM runs Linux.
    "INSIDE-WINDOWS-DRIVERS-01": ("VBD", "VIF"),
    "INSIDE-WINDOWS-UPDATE-01": ("VM_guest_metrics",),
    "INSIDE-CLAIM-DRIVERS-02": ("VM_guest_metrics",),
    # The pool is asked only about a VM that starts with its host.
    "VM-POWERON-01": ("pool",),
}
"""Control → classes that its evidence shows, and without which it judges a compliant pool all the same.

Whatever else its evidence shows, a control needs; and what it needs, its evidence shows.
"""

Verdicts = dict[str, list[Judged]]


def judged(reading: Reading, base: Base = COMPLIANT) -> Verdicts:
    """Control → what it says of its subjects."""
    pool = Pool(reading, timedelta(minutes=3))
    found: list[Control] = [control for check in CHECKS.values() if (control := control_of(check))]
    return {
        control.id: [
            judge(control, subject, base.policy)
            for subject in (
                *subjects(control, pool),
                *(each for each in pool.unlisted if each.kind == control.parameter),
            )
        ]
        for control in found
    }


def without(name: str, base: Base = COMPLIANT, **why: dict[str, str]) -> Reading:
    """The reading of a compliant pool, without rows of one class."""
    whole = a_reading(base.changes)
    return structs.replace(whole, records=structs.replace(whole.records, **{name: {}}), **why)


def saying(word: str, verdicts: Verdicts) -> set[str]:
    """The controls that say so of a subject."""
    return {id_ for id_, found in verdicts.items() if any(each.word == word for each in found)}


def showing(name: str, verdicts: Verdicts) -> set[str]:
    """The controls whose evidence shows rows of a class: without them it is other than on the whole pool."""
    whole = judged(a_reading())
    shows = {
        id_
        for id_, found in verdicts.items()
        if [each.evidence for each in found] != [each.evidence for each in whole[id_]]
    }
    exempt = {id_ for id_, classes in SEEN_ONLY.items() if name in classes}
    assert exempt <= shows, "exceptions that are none"
    return shows - exempt


@pytest.mark.parametrize("name", APART)
def test_unknown_is_what_needs_a_class_that_is_unread_and_nothing_else(name: str) -> None:
    verdicts = judged(without(name, unread={name: "RBAC_PERMISSION_DENIED"}))
    assert saying("unknown", verdicts) == showing(name, verdicts)
    assert "POOL-READ-01" in saying("unknown", verdicts)
    assert saying("fail", verdicts) == set()


@pytest.mark.parametrize("name", sorted(MAY_BE_ABSENT))
def test_a_class_that_the_pool_does_not_have_leaves_no_gap_in_the_reading(name: str) -> None:
    verdicts = judged(without(name, absent={name: "this release has no such class"}))
    assert saying("unknown", verdicts) | saying("not_applicable", verdicts) >= showing(name, verdicts)
    assert "POOL-READ-01" in saying("pass", verdicts)
    assert saying("fail", verdicts) == set()


@pytest.mark.parametrize("name", APART)
@pytest.mark.parametrize("base", BASES)
def test_nothing_fails_for_want_of_rows(base: str, name: str) -> None:
    """Whether they could not be read, or vanished between two reads."""
    before = saying("fail", judged(a_reading(BASES[base].changes), BASES[base]))
    for why in ({}, {"unread": {name: "RBAC_PERMISSION_DENIED"}}):
        verdicts = judged(without(name, BASES[base], **why), BASES[base])
        assert saying("fail", verdicts) <= before
