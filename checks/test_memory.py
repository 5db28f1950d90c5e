"""Dynamic memory: is there a range, and can the guest follow it?"""

from fixtures.controls import control
from fixtures.facts.judging import NotApplicable, Unknown
from fixtures.facts.memory import BOUNDS, MIB
from fixtures.facts.vm import NOT_RUNNING, VM
from fixtures.policy import Policy
from fixtures.printable import printable

RANGE = tuple(BOUNDS)


@control(
    "VM-MEMORY-01",
    severity="medium",
    evidence=(*RANGE, "metrics.nested_virt", "platform.nested-virt", "platform.exp-nested-hvm", "VGPUs"),
)
def test_memory_is_as_the_policy_wants(vm: VM, policy: Policy) -> str:
    """Dynamic memory is as the policy asks (by default: enabled).

    Why: A range between dynamic minimum and maximum lets a host make room for VMs that must move to it.
    XCP-ng advises against dynamic memory, and it is unsupported with vGPUs and on RHEL-like 8 and 9: set
    memory.dynamic_memory in policy.toml to "disabled" or "any" where that is your case.
    Pass: static_min ≤ dynamic_min < dynamic_max ≤ static_max. Policy "disabled": dynamic_min, dynamic_max
    and static_max are equal. Policy "any": the bounds are in order.
    Fail: There is no range (or, for "disabled", there is one), or the order is broken. Judged on halted
    VMs too: the range is configuration.
    Unknown: A bound is missing or is not a number.
    Not applicable: Nested virtualization, for which xapi pins the memory; a vGPU (policy:
    memory.judge_vgpu).
    Verify: xe vm-param-list uuid={uuid} | grep memory-
    Fix: xe vm-memory-dynamic-range-set uuid={uuid} min=<bytes> max=<bytes>. For a range: min at least a
    quarter of the static maximum; for fixed memory (policy "disabled"): both equal to the static maximum
    (window: live, within the static range; static bounds: VM off).
    Sources: xen-api, xapi_vm_helpers.ml and xapi_vm_lifecycle.ml; XenServer and XCP-ng documentation on
    dynamic memory control.
    """
    if vm.nested_virtualization:
        raise NotApplicable("nested virtualization: xapi pins the memory")
    if vm.has_vgpu and not policy.memory.judge_vgpu:
        raise NotApplicable("a vGPU needs fixed memory")
    memory = vm.memory
    assert memory.ordered, f"order broken: {memory}"
    match policy.memory.dynamic_memory:
        case "enabled":
            assert memory.dynamic, f"no range: {memory}"
        case "disabled":
            assert memory.fixed, f"memory is not fixed: {memory}"
    return str(memory)


@control(
    "VM-MEMORY-02",
    severity="medium",
    evidence=("power_state", *RANGE, "guest_metrics.other.feature-balloon"),
)
def test_guest_can_balloon(vm: VM) -> None:
    """The guest can balloon.

    Why: A dynamic range is a dead letter when the guest has no balloon driver: the host cannot take
    memory back when it must make room.
    Pass: The guest says feature-balloon.
    Fail: The VM runs with a range, and its guest reports but does not say feature-balloon.
    Unknown: The guest has reported nothing, its report cannot be read, a memory bound is missing, or the
    power state is none that is known.
    Not applicable: The VM has no dynamic range, or is not running.
    Verify: xe vm-param-get uuid={uuid} param-name=other param-key=feature-balloon
    Fix: Linux: load the kernel's balloon driver and start the agent. Windows: install current tools
    (window: in guest). Or give the VM fixed memory.
    Sources: xenopsd (feature-balloon); XenCenter, SupportsBallooning.
    """
    if vm.power_state in NOT_RUNNING:
        raise NotApplicable(f"the VM is {vm.power_state}")
    if not vm.memory.dynamic:
        raise NotApplicable("the VM has no dynamic range")
    if not vm.running:
        raise Unknown(f"the power state is {printable(vm.power_state or 'not told', 40)}")
    assert vm.can_balloon, "the guest reports no feature-balloon: the range is a dead letter"


@control(
    "VM-MEMORY-03",
    severity="medium",
    evidence=(*RANGE, "metrics.nested_virt", "platform.nested-virt", "platform.exp-nested-hvm"),
)
def test_the_dynamic_minimum_is_enough(vm: VM, policy: Policy) -> str:
    """The dynamic minimum is at least a share of the static maximum (by default: a quarter).

    Why: A migration squeezes the guest to its dynamic minimum, and so does a full host. A guest sizes its
    tables for its static maximum: with less than a quarter of that it swaps, kills processes or hangs.
    Pass: dynamic_min is at least that share of static_max (policy: memory.least_share).
    Fail: It is less.
    Unknown: A bound is missing or is not a number; or whether the VM uses nested virtualization cannot be
    read.
    Not applicable: The VM has no dynamic range; nested virtualization, for which xapi pins the memory.
    Verify: xe vm-param-list uuid={uuid} | grep memory-
    Fix: xe vm-memory-dynamic-range-set uuid={uuid} min=<bytes> max=<bytes> (window: live); or lower the
    static maximum (window: VM off).
    Sources: XenServer documentation, dynamic memory control (dynamic minimum at least ¼ of the static maximum
    for all supported operating systems).
    """
    memory = vm.memory
    if not memory.dynamic:
        raise NotApplicable("the VM has no dynamic range")
    if vm.nested_virtualization:
        raise NotApplicable("nested virtualization: xapi pins the memory")
    least = policy.memory.least_share * memory.static_max
    assert memory.dynamic_min >= least, f"dynamic_min: expected at least {least / MIB:g} MiB, actual {memory}"
    return str(memory)
