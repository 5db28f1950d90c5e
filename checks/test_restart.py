"""Restart: do VMs come back by themselves, as somebody decided?"""

from fixtures.controls import control
from fixtures.facts.availability import BEST_EFFORT
from fixtures.facts.judging import NotApplicable, Unknown
from fixtures.facts.vm import NOT_RUNNING, VM
from fixtures.policy import Policy
from fixtures.printable import printable

HA = ("pool.ha_enabled", "ha_restart_priority")


@control("VM-HA-01", severity="high", evidence=(*HA, "VGPUs", "VUSBs", "storage.shared", "tie"))
def test_vm_under_ha_is_agile(vm: VM) -> None:
    """A VM that HA protects can start on every host.

    Why: HA restarts a VM on whichever host is left. One that needs a disk, a network or a device of one host
    stays down when that host fails.
    Pass: HA is on, the VM has a restart priority, and it is agile: the SR of each disk and inserted CD is
    shared and plugged on all enabled hosts, each network has an interface there, and it has no virtual GPU,
    no USB device and no interface of SR-IOV.
    Fail: It has a restart priority, and something ties it to some hosts; the reason names the first.
    Unknown: A field that this needs is missing, a disk, SR or network does not resolve, or no host is
    enabled.
    Not applicable: HA is off; the VM has no restart priority, or best-effort, which promises nothing.
    Verify: xe vm-param-get uuid={uuid} param-name=ha-restart-priority; xe diagnostic-vm-status uuid={uuid}
    Fix: Move the disk to shared storage, eject the CD, connect SR and network on all hosts (window: live);
    take the device away (window: VM off); or give up the promise: xe vm-param-set uuid={uuid}
    ha-restart-priority=best-effort (window: live).
    Sources: xen-api, agility.ml (VM.assert_agile); XenServer documentation, High availability.
    """
    if not vm.pool.ha_enabled:
        raise NotApplicable("HA is off")
    if not vm.protected:
        raise NotApplicable("HA promises no restart of this VM")
    tie = vm.tie
    assert tie is None, f"HA could not start it everywhere: {tie}"


@control("VM-HA-02", severity="medium", evidence=("power_state", *HA))
def test_running_vm_is_protected(vm: VM, policy: Policy) -> None:
    """A running VM is protected where HA is on.

    Why: HA leaves a VM without restart priority down when its host fails; and while HA is on, xapi lets no
    unprotected VM leave a host that is to be evacuated: it has to be shut down or suspended.
    Pass: HA is on, and the running VM has a restart priority; policy availability.accept_best_effort: or
    best-effort.
    Fail: HA is on, and the running VM has none, or best-effort.
    Unknown: pool.ha_enabled, the priority or the power state is missing, or the power state is none that is
    known.
    Not applicable: HA is off, or the VM is not running.
    Verify: xe vm-param-get uuid={uuid} param-name=ha-restart-priority
    Fix: xe vm-param-set uuid={uuid} ha-restart-priority=restart order=1, once it is agile (VM-HA-01; window:
    live).
    Sources: xen-api, xapi_host.ml (compute_evacuation_plan_no_wlb); XenServer documentation, High
    availability.
    """
    if not vm.pool.ha_enabled:
        raise NotApplicable("HA is off")
    if vm.power_state in NOT_RUNNING:
        raise NotApplicable(f"the VM is {vm.power_state}")
    if not vm.running:
        raise Unknown(f"the power state is {printable(vm.power_state or 'not told', 40)}")
    priority = vm.ha_priority
    accepted = policy.availability.accept_best_effort and priority == BEST_EFFORT
    told = printable(priority or "none", 40)
    assert vm.protected or accepted, f"HA restart priority: expected restart, actual {told}"


@control(
    "VM-POWERON-01",
    severity="medium",
    evidence=("other_config.auto_poweron", "pool.other_config.auto_poweron", "pool.ha_enabled"),
    gates=("upgrade",),
)
def test_auto_power_on_is_as_the_policy_asks(vm: VM, policy: Policy) -> str:
    """Auto power-on is as the policy asks (by default: consistent).

    Why: A host starts VMs with auto_poweron only where the pool has it too (since 6.0): with the VM's alone
    it stays down after a power cut, against what somebody decided. Where HA is on as well, two mechanisms
    start the same VM. And during an upgrade VMs start that were shut down on purpose: set
    availability.auto_poweron in the policy to "off" before one.
    Pass: The VM has no auto_poweron; or it and the pool have it, and HA is off.
    Fail: The VM has it, and the pool has not, or HA is on. Policy "off": the VM has it.
    Unknown: The VM's other_config is missing; or the VM has auto_poweron, and the pool does not tell.
    Verify: xe vm-param-get uuid={uuid} param-name=other-config param-key=auto_poweron
    Fix: xe pool-param-set uuid=<pool> other-config:auto_poweron=true, or xe vm-param-remove uuid={uuid}
    param-name=other-config param-key=auto_poweron (window: live).
    Sources: xen-api, scripts/xapi-autostart-vms; XenCenter, AssertCanEvacuateCheck.cs (AutoStartEnabled).
    """
    if not vm.starts_with_host:
        return "it does not start with its host"
    assert policy.availability.auto_poweron != "off", "it has auto_poweron: it may start during an upgrade"
    assert vm.pool.lets_vms_start, "it has auto_poweron, but the pool has not: it stays down"
    assert not vm.pool.ha_enabled, "it has auto_poweron, and HA is on: two mechanisms start it"
    return "it and the pool have auto_poweron, and HA is off"
