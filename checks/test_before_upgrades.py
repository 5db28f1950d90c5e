"""Before guest tools are upgraded: is there a way back?"""

from datetime import timedelta

from fixtures.controls import control
from fixtures.facts.backups import youngest
from fixtures.facts.judging import NotApplicable
from fixtures.facts.tools_age import currency
from fixtures.facts.vm import VM
from fixtures.policy import Policy


@control(
    "VM-BACKUP-01",
    severity="medium",
    evidence=(
        "power_state",
        "guest_metrics.PV_drivers_version",
        "guest_metrics.PV_drivers_detected",
        "guest_metrics.PV_drivers_up_to_date",
        "guest_metrics.os_version.distro",
        "pool.product_version",
        "pool.product_brand",
        "snapshots.snapshot_time",
        "copies.other_config",
        "pool.reading.clock",
    ),
)
def test_tools_are_upgraded_with_a_way_back(vm: VM, policy: Policy) -> str:
    """There is a recent snapshot or backup to go back to, before guest tools are upgraded.

    Why: Drivers of disks and network are replaced under a running system. Where that fails, above all on
    Windows, the guest does not start any more.
    Pass: A snapshot of the VM is at most tools.backup_days of the policy old (7); or what Xen Orchestra's
    backup left of it is: a complete replica in this pool, or a disk's snapshot that was emptied after export.
    Fail: VM-TOOLS-02 fails, so that an upgrade is due, and none of these is young enough. A backup by other
    tools, or a replica in another pool, leaves no trace in this one: waive the control for VMs that have it.
    Unknown: VM-TOOLS-02 is unknown; or a snapshot's or copy's time, or the list of them, cannot be read.
    Not applicable: No upgrade is due (VM-TOOLS-02 passes or is not applicable).
    Verify: xe snapshot-list snapshot-of={uuid} params=uuid,name-label,snapshot-time
    Fix: xe vm-snapshot uuid={uuid} new-name-label="before upgrading tools", and delete it when the upgrade
    has proved good (window: live).
    Sources: XCP-ng documentation, Windows guest tools; XenServer documentation, VM snapshots; Xen
    Orchestra, @xen-orchestra/backups (xo:backup:…).
    """
    tools = vm.guest_tools
    if not tools.installed:
        raise NotApplicable(f"{tools.absence}: see VM-TOOLS-01")
    age = currency(vm, policy.tools.minimum, accept_unknown_age=policy.tools.accept_unknown_age)
    if age.current:
        raise NotApplicable(f"no upgrade is due: {age.reason}")
    limit = timedelta(days=policy.tools.backup_days)
    last = youngest(vm, limit)
    assert last is not None, f"an upgrade is due ({age.reason}), and the pool knows no snapshot or backup"
    told = f"{last}, age in days: {last.age.days}"
    assert last.age <= limit, f"an upgrade is due ({age.reason}), and the last way back is old: {told}"
    return told
