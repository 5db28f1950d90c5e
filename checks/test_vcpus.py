"""Virtual CPUs: can the VM start with them, and may it have so many?"""

from fixtures.controls import control
from fixtures.facts.subject import required
from fixtures.facts.vcpus import most_vcpus, scheduling
from fixtures.facts.vm import VM
from fixtures.policy import Policy
from fixtures.printable import printable


@control(
    "VM-CPU-01",
    severity="high",
    evidence=("VCPUs_max", "platform.cores-per-socket"),
    gates=("migration", "upgrade"),
)
def test_vcpu_topology_is_valid(vm: VM) -> str:
    """The vCPU topology is valid.

    Why: xapi does not start a VM whose vCPUs do not fill whole sockets, and Xen has no more than 16: a VM
    that runs today stays down after its next shutdown. XenCenter stops an upgrade for it.
    Pass: VCPUs_max is a multiple of platform cores-per-socket (1 where it is not set), and not more than 16
    times as much.
    Fail: It is not, or cores-per-socket is no number.
    Unknown: VCPUs_max or the platform is missing or unreadable.
    Verify: xe vm-param-list uuid={uuid} | grep -E 'VCPUs-max|cores-per-socket'
    Fix: xe vm-param-set uuid={uuid} platform:cores-per-socket=<cores>, so that VCPUs-max is a multiple
    (window: VM off).
    Sources: xen-api, vm_platform.ml (sanity_check); XenCenter, VM.cs (ValidVCPUConfiguration) and
    AssertCanEvacuateUpgradeCheck.cs.
    """
    vcpus = vm.vcpus
    assert not vcpus.topology_fault, vcpus.topology_fault
    return str(vcpus)


@control(
    "VM-CPU-02",
    severity="medium",
    evidence=(
        "VCPUs_max",
        "guest_metrics.os_version",
        "power_state",
        "domain_type",
        "metrics.current_domain_type",
        "HVM_boot_policy",
        "platform.viridian",
    ),
)
def test_vcpus_are_within_limits(vm: VM, policy: Policy) -> str:
    """The VM has no more vCPUs than it should.

    Why: A guest with more than 32 vCPUs that somebody took over can keep a host busy enough to harm its
    other guests; beyond 64 (Windows) or 128 nobody tests.
    Pass: VCPUs_max is within the limit (policy: hardware.vcpus; Windows: never more than 64).
    Fail: It is beyond.
    Unknown: VCPUs_max is missing or unreadable.
    Verify: xe vm-param-get uuid={uuid} param-name=VCPUs-max
    Fix: xe vm-param-set uuid={uuid} VCPUs-max=<number> (window: VM off).
    Sources: XenServer and XCP-ng documentation, configuration limits; XenCenter, VM.cs
    (MAX_VCPUS_FOR_NON_TRUSTED_VMS).
    """
    limit = most_vcpus(vm, policy.hardware.vcpus)
    assert vm.vcpus.most <= limit, f"VCPUs_max: expected at most {limit}, actual {vm.vcpus.most}"
    return f"{vm.vcpus.most} vCPUs of at most {limit}"


@control("VM-CPU-03", severity="medium", evidence=("VCPUs_params",))
def test_vcpus_are_scheduled_like_all_others(vm: VM, policy: Policy) -> None:
    """vCPUs are not pinned, capped or weighted.

    Why: A mask names CPUs that the next host may not have, or that are busy there; a cap slows a guest down
    on an idle host; a weight takes from its neighbours. All of them are forgotten easily.
    Pass: VCPUs_params has no mask, no cap, and no weight other than Xen's ordinary 256, but those that the
    policy allows (policy: hardware.vcpu_settings).
    Fail: It has another one.
    Unknown: VCPUs_params is missing or unreadable.
    Verify: xe vm-param-get uuid={uuid} param-name=VCPUs-params
    Fix: xe vm-param-remove uuid={uuid} param-name=VCPUs-params param-key=mask (or cap, weight; window:
    guest reboot).
    Sources: xen-api, datamodel_vm.ml (VCPUs_params); XenServer documentation, VM CPU priority and affinity.
    """
    settings = scheduling(required(vm.record.VCPUs_params, "VM.VCPUs_params", vm.pool))
    found = {key: value for key, value in settings.items() if key not in policy.hardware.vcpu_settings}
    named = ", ".join(f"{key} {printable(value, 40)}" for key, value in found.items())
    assert not found, f"VCPUs_params: expected no mask, cap or weight, actual {named}"
