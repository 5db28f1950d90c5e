"""Power states: is a VM in one that survives what is planned?"""

from fixtures.controls import control
from fixtures.facts.judging import Unknown
from fixtures.facts.subject import required
from fixtures.facts.vm import VM
from fixtures.printable import printable


@control("VM-STATE-01", severity="high", evidence=("power_state",), gates=("upgrade",))
def test_vm_is_not_suspended(vm: VM) -> None:
    """The VM is not suspended.

    Why: A suspended VM's memory waits on a disk. It can resume only on a CPU and a release like those that it
    was suspended on: after an upgrade it may not, and what was in its memory is lost.
    Pass: The VM is in another state.
    Fail: power_state is Suspended.
    Unknown: The power state is missing, or none that is known.
    Verify: xe vm-param-get uuid={uuid} param-name=power-state
    Fix: xe vm-resume uuid={uuid}, then shut it down from within; if nobody needs its memory, xe vm-shutdown
    uuid={uuid} force=true (window: VM off).
    Sources: XenServer documentation, Upgrade; XCP-ng documentation, Upgrade (no suspended VMs).
    """
    state = required(vm.record.power_state, "VM.power_state", vm.pool)
    if state not in {"Running", "Halted", "Paused", "Suspended"}:
        raise Unknown(f"the power state is {printable(state, 40)}, which is none that is known")
    assert state != "Suspended", "the VM is suspended"


@control("VM-STATE-02", severity="high", evidence=("power_state",), gates=("migration", "upgrade"))
def test_vm_is_not_stuck(vm: VM) -> None:
    """The VM is not paused or stuck.

    Why: A paused VM holds its memory and does nothing: it cannot be migrated or shut down cleanly, and keeps
    its host from being evacuated (VM_BAD_POWER_STATE). Any other word than the four that xapi knows is the
    trace of a defect.
    Pass: power_state is Running, Halted or Suspended (VM-STATE-01).
    Fail: It is Paused, or none that is known.
    Unknown: The power state is missing.
    Verify: xe vm-param-get uuid={uuid} param-name=power-state
    Fix: xe vm-unpause uuid={uuid} (window: live); of a VM that is stuck, xe vm-reset-powerstate uuid={uuid}
    force=true, but only when it certainly runs nowhere (window: VM off).
    Sources: xen-api, datamodel of VM (vm_power_state) and xapi_vm_lifecycle.ml.
    """
    state = required(vm.record.power_state, "VM.power_state", vm.pool)
    assert state in {"Running", "Halted", "Suspended"}, f"the VM is {printable(state, 40)}"
