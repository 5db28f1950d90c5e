"""Pending: does something wait on the VM that people have forgotten?"""

from fixtures.controls import control
from fixtures.facts.pending import blocked_operations, pending_restarts
from fixtures.facts.vm import VM
from fixtures.policy import Policy
from fixtures.printable import printable


@control(
    "VM-PENDING-01",
    severity="medium",
    evidence=(
        "requires_reboot",
        "pending_guidances",
        "pending_guidances_recommended",
        "pending_guidances_full",
    ),
)
def test_no_restart_is_pending(vm: VM) -> None:
    """No restart or other guidance is pending.

    Why: The hosts were updated, but this VM still runs on what was there before: with its faults, and
    without its fixes for vulnerabilities.
    Pass: requires_reboot is false, and there is no guidance.
    Fail: requires_reboot is true, or there is guidance: mandatory, recommended, or for full effect.
    Unknown: One of the fields is missing or unreadable, and no other one says that something is pending.
    Not applicable: Releases before 7.1 tell nothing of the kind.
    Verify: xe vm-param-list uuid={uuid} | grep -E 'requires-reboot|guidances'
    Fix: xe vm-reboot uuid={uuid} (window: guest reboot). Where it asks for restart_device_model only,
    XenCenter does that alone (in the API: VM.restart_device_models; window: live).
    Sources: xen-api, datamodel_vm.ml; XenServer documentation, apply updates.
    """
    found = pending_restarts(vm)
    named = ", ".join(printable(each, 80) for each in found)
    assert not found, f"pending: expected nothing, actual {named}"


@control(
    "VM-BLOCKED-01",
    severity="high",
    evidence=("blocked_operations", "other_config.xo:backup:sr"),
    gates=("migration", "upgrade"),
)
def test_no_operation_is_left_blocked(vm: VM, policy: Policy) -> None:
    """No operation is left blocked.

    Why: A job that was interrupted, or somebody long gone, blocked operations of this VM: it cannot be moved
    or shut down when its host must be emptied, and nobody knows why.
    Pass: No operation is blocked but those that protect a VM (policy: hardware.harmless_blocks; by default:
    destroy); and on replicas that Xen Orchestra made, start.
    Fail: Another operation is blocked. The reason says what hinders migration or shutdown.
    Unknown: blocked_operations is missing or unreadable.
    Verify: xe vm-param-get uuid={uuid} param-name=blocked-operations
    Fix: xe vm-param-remove uuid={uuid} param-name=blocked-operations param-key=<operation>, after asking who
    set it (window: live).
    Sources: xen-api, datamodel_vm.ml (blocked_operations); Xen Orchestra, backups (start is blocked on
    replicas).
    """
    found = blocked_operations(vm, policy.hardware.harmless_blocks)
    assert not found, f"blocked: expected nothing, actual {', '.join(found)}"
