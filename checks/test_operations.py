"""Operations: can the VM be shut down, rebooted, suspended and moved?"""

from fixtures.controls import control
from fixtures.facts.operations import (
    DECIDED_BY,
    MOVING_DECIDED_BY,
    refusal,
    refusal_to_migrate,
    refused_by_guest,
)
from fixtures.facts.vm import VM


@control("VM-SHUTDOWN-01", severity="high", evidence=DECIDED_BY, gates=("upgrade",))
def test_clean_shutdown_is_possible(vm: VM) -> None:
    """A clean shutdown is possible.

    Why: A VM that cannot be asked to shut down can only be switched off: its file systems and databases are
    left as after a power cut. Upgrades, HA and power management of hosts all ask.
    Pass: xapi allows clean_shutdown.
    Fail: It does not; the reason is xapi's own: the guest has no PV drivers and offers neither
    feature-shutdown nor feature-poweroff, or an administrator has blocked it.
    Unknown: The VM is not running or has just started; allowed_operations is missing or unreadable; another
    operation is running; or the VM's host is not live.
    Verify: xe vm-param-get uuid={uuid} param-name=allowed-operations
    Fix: Where VM-TOOLS-01 fails, repair that first. Else start the service of the tools, or update them
    (window: in guest; Windows: guest reboot). A block is lifted by xe vm-param-remove uuid={uuid}
    param-name=blocked-operations param-key=clean_shutdown (window: live).
    Sources: xen-api, xapi_vm_lifecycle.ml (check_operation_error).
    """
    refused = refusal(vm, "clean_shutdown")
    assert refused is None, str(refused)


@control("VM-REBOOT-01", severity="medium", evidence=DECIDED_BY)
def test_clean_reboot_is_possible(vm: VM) -> None:
    """A clean reboot is possible.

    Why: A VM that cannot be asked to reboot has to be reset, as by a power cut, or rebooted by somebody who
    logs in to it.
    Pass: xapi allows clean_reboot.
    Fail: It does not; the reason is xapi's own: the guest has no PV drivers and offers neither
    feature-shutdown nor feature-reboot, or an administrator has blocked it.
    Unknown: As for VM-SHUTDOWN-01.
    Verify: xe vm-param-get uuid={uuid} param-name=allowed-operations
    Fix: As for VM-SHUTDOWN-01 (window: in guest; a block: live).
    Sources: xen-api, xapi_vm_lifecycle.ml (check_operation_error).
    """
    refused = refusal(vm, "clean_reboot")
    assert refused is None, str(refused)


@control("VM-SUSPEND-01", severity="medium", evidence=MOVING_DECIDED_BY)
def test_suspending_is_possible(vm: VM) -> None:
    """Suspending is possible.

    Why: Suspending keeps a VM's work when its host must go down and there is no room for it elsewhere;
    checkpoints need it too.
    Pass: xapi allows suspend.
    Fail: It does not; the reason is xapi's own: the guest has no PV drivers and does not offer
    feature-suspend, or refuses; nested virtualization or nomigrate; a PCI, USB or GPU device of the host; a
    disk that every start resets; or an administrator has blocked it.
    Unknown: As for VM-SHUTDOWN-01.
    Verify: xe vm-param-get uuid={uuid} param-name=allowed-operations
    Fix: Where VM-TOOLS-01 fails, repair that first. Else update the tools (window: in guest; Windows: guest
    reboot), or detach what ties the VM to its host (window: VM off). A block: xe vm-param-remove
    uuid={uuid} param-name=blocked-operations param-key=suspend (window: live).
    Sources: xen-api, xapi_vm_lifecycle.ml (check_operation_error).
    """
    refused = refusal(vm, "suspend")
    assert refused is None, str(refused)


@control(
    "VM-SUSPEND-02",
    severity="high",
    evidence=(
        "power_state",
        "guest_metrics.other.data-cant-suspend-reason",
        "guest_metrics.PV_drivers_version",
    ),
    gates=("migration", "upgrade"),
)
def test_guest_does_not_refuse_to_be_suspended(vm: VM) -> None:
    """The guest does not refuse to be suspended.

    Why: A guest may say that it cannot be suspended, for instance because of a device that its drivers do
    not master. Then it can neither be suspended nor migrated, whatever tools it has, and an evacuation of its
    host stops at it.
    Pass: The guest reports and gives no data-cant-suspend-reason.
    Fail: It gives one.
    Unknown: The VM is not running or has just started, or its report cannot be read.
    Not applicable: No guest tools are installed that could refuse (VM-TOOLS-01 fails).
    Verify: xe vm-param-get uuid={uuid} param-name=other param-key=data-cant-suspend-reason
    Fix: Remove in the guest what the reason names, or update the tools (window: guest reboot).
    Sources: xen-api, xapi_guest_agent.ml (data/cant_suspend_reason) and xapi_vm_lifecycle.ml
    (VM_NON_SUSPENDABLE).
    """
    reason = refused_by_guest(vm)
    assert reason is None, f"the guest refuses to be suspended or migrated: {reason}"


@control("VM-MIGRATE-01", severity="high", evidence=MOVING_DECIDED_BY, gates=("migration", "upgrade"))
def test_live_migration_is_possible(vm: VM) -> None:
    """Live migration is possible.

    Why: A VM that cannot be moved while it runs has to be shut down whenever its host is maintained, upgraded
    or evacuated.
    Pass: xapi allows pool_migrate and, since 6.1, migrate_send (to another pool or with its disks).
    Fail: It does not allow one; the reason is xapi's own: the guest has no PV drivers and does not offer
    feature-suspend, or refuses; nested virtualization or nomigrate; a PCI, USB or GPU device of the host; a
    disk that every start resets; or an administrator has blocked it. Storage and networks are not looked at.
    Unknown: As for VM-SHUTDOWN-01; or a rolling upgrade of the pool is in progress.
    Verify: xe vm-param-get uuid={uuid} param-name=allowed-operations
    Fix: Where VM-TOOLS-01 fails, repair that first. Else update the tools (window: in guest; Windows: guest
    reboot), or detach what ties the VM to its host (window: VM off). A block: xe vm-param-remove
    uuid={uuid} param-name=blocked-operations param-key=pool_migrate (window: live).
    Sources: xen-api, xapi_vm_lifecycle.ml (check_operation_error); XenServer documentation, migrate VMs.
    """
    refused = refusal_to_migrate(vm)
    assert refused is None, str(refused)
