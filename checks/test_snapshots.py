"""Snapshots: are they few, young and without memory?"""

from datetime import timedelta

from fixtures.controls import control
from fixtures.facts.subject import several
from fixtures.facts.vm import VM
from fixtures.policy import Policy


@control(
    "VM-SNAPSHOT-01",
    severity="medium",
    evidence=(
        "snapshots.snapshot_time",
        "snapshots.other_config",
        "snapshots.is_a_snapshot",
        "snapshots.snapshot_of",
        "pool.reading.clock",
    ),
)
def test_no_snapshot_is_old(vm: VM, policy: Policy) -> None:
    """No snapshot is old.

    Why: A snapshot keeps every block that has changed since: it grows until the storage is full, slows the
    disk down, and going back to it after weeks helps nobody.
    Pass: No snapshot is older than snapshots.max_age_days of the policy (30). Those of Xen Orchestra's backup
    (other_config xo:backup:…) do not count: the backup looks after them.
    Fail: One is.
    Unknown: A snapshot's time is missing, unreadable or in the future, or the list of snapshots cannot be
    read. The age of one in a database file is taken at the moment when the file is read.
    Verify: xe snapshot-list snapshot-of={uuid} params=uuid,name-label,snapshot-time
    Fix: xe snapshot-uninstall snapshot-uuid=<uuid>, or export it first (window: live).
    Sources: XenServer documentation, VM snapshots; Xen Orchestra, dashboard Health and @xen-orchestra/backups
    (xo:backup:…).
    """
    limit = timedelta(days=policy.snapshots.max_age_days)
    old = [each for each in vm.snapshots if each.age > limit and not each.by_backup]
    ages = several(f"{each} ({each.age.days} days)" for each in old)
    assert not old, f"older than {limit.days} days: {ages}"


@control("VM-SNAPSHOT-02", severity="medium", evidence=("snapshots.uuid",), gates=("migration",))
def test_snapshots_are_few(vm: VM, policy: Policy) -> str:
    """Snapshots are few.

    Why: Each snapshot makes the chain of each disk longer: reading gets slower, merging takes longer, and a
    chain has a limit (30 for VHD). xapi moves no disk of a running VM that has more than one to another
    storage.
    Pass: There are at most snapshots.most of the policy (5). All count: a chain does not ask who made it.
    Fail: There are more.
    Unknown: The list of snapshots cannot be read.
    Verify: xe snapshot-list snapshot-of={uuid} params=uuid,name-label,snapshot-time
    Fix: xe snapshot-uninstall snapshot-uuid=<uuid> for those nobody needs (window: live).
    Sources: Xen Orchestra, dashboard Health (5) and backup documentation (30); xen-api, xapi_vm_migrate.ml
    (VM_HAS_TOO_MANY_SNAPSHOTS).
    """
    count, most = len(vm.snapshots), policy.snapshots.most
    assert count <= most, f"expected at most {most} snapshots, actual {count}"
    return f"{count} snapshots" if count else "no snapshot"


@control(
    "VM-SNAPSHOT-03",
    severity="high",
    evidence=("snapshots.power_state", "snapshots.suspend_VDI"),
    gates=("migration", "upgrade"),
)
def test_no_snapshot_holds_memory(vm: VM) -> None:
    """No snapshot holds memory.

    Why: A checkpoint holds the memory of a running guest: it takes as much space, resumes only on a CPU and a
    release like those that it was taken on, and xapi moves no disk of such a VM to another storage.
    Pass: No snapshot is a checkpoint.
    Fail: One is: it is Suspended, or has a suspend VDI.
    Unknown: A snapshot lacks one of these fields, or the list of snapshots cannot be read.
    Verify: xe snapshot-list snapshot-of={uuid} params=uuid,name-label,power-state,suspend-VDI-uuid
    Fix: Go back to it or delete it: xe snapshot-uninstall snapshot-uuid=<uuid> (window: live).
    Sources: xen-api, xapi_vm_clone.ml (what a checkpoint is) and xapi_vm_migrate.ml (VM_HAS_CHECKPOINT);
    XenCenter, VM snapshots of disks and memory.
    """
    held = [each for each in vm.snapshots if each.with_memory]
    assert not held, f"with memory: {several(str(each) for each in held)}"
