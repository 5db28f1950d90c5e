"""Availability: does the pool survive the failure of a host, and may it be upgraded as it is set?"""

from fixtures.controls import control
from fixtures.facts.failover import HAS_HA
from fixtures.facts.headroom import headroom
from fixtures.facts.judging import NotApplicable
from fixtures.facts.pool import Pool
from fixtures.facts.sizes import gib
from fixtures.facts.subject import required
from fixtures.policy import Policy


@control(
    "POOL-HA-01",
    severity="high",
    evidence=("ha_enabled", "ha_host_failures_to_tolerate", "ha_plan_exists_for", "ha_overcommitted"),
)
def test_ha_has_a_plan(pool: Pool, policy: Policy) -> None:
    """High availability has a plan for the failures that it is to tolerate.

    Why: HA without a plan is a promise that nobody keeps: protected VMs stay down after a host has failed.
    Pass: xapi has a plan for as many failed hosts as HA is set to tolerate, at least one, and does not call
    the pool overcommitted.
    Fail: HA is on and tolerates no failure, or there is no such plan, or the pool is overcommitted; or HA is
    off and the policy demands it (policy: pool.require_ha).
    Unknown: One of the fields is missing or unreadable.
    Not applicable: HA is off and the policy does not demand it.
    Verify: xe pool-param-list uuid={uuid} | grep ha-
    Fix: Make room: fewer protected VMs (xe vm-param-set uuid=<vm> ha-restart-priority=""), smaller ones, or
    one more host; then xe pool-param-set uuid={uuid} ha-host-failures-to-tolerate=<what xe
    pool-ha-compute-max-host-failures-to-tolerate says> (window: live).
    Sources: xen-api, datamodel of pool and xapi_ha_vm_failover.ml; XenServer documentation, high
    availability.
    """
    if not required(pool.record.ha_enabled, "pool.ha_enabled", pool, since=HAS_HA):
        assert not policy.pool.require_ha, "expected HA on, actual off"
        raise NotApplicable("HA is off")
    assert not pool.failover_plan.fault, pool.failover_plan.fault


@control("POOL-HA-02", severity="high", evidence=("ha_enabled", "wlb_enabled"), gates=("upgrade",))
def test_nothing_moves_vms_by_itself(pool: Pool) -> None:
    """High availability and workload balancing are off (before an upgrade).

    Why: HA fences hosts that are restarted for an upgrade, and both move VMs to hosts that are to be emptied.
    A pool in daily use may well have them on: this is a question for the day of an upgrade.
    Pass: Both are off.
    Fail: One of them is on.
    Unknown: A field is missing or unreadable.
    Verify: xe pool-param-list uuid={uuid} | grep -E "ha-enabled|wlb-enabled"
    Fix: xe pool-ha-disable; xe pool-param-set uuid={uuid} wlb-enabled=false; on again after the upgrade
    (window: live, and protected VMs are not protected meanwhile).
    Sources: XenCenter, HaWlbOffCheck.cs; XenServer documentation, upgrade.
    """
    assert not required(pool.record.ha_enabled, "pool.ha_enabled", pool, since=HAS_HA), "HA is on"
    assert not required(pool.record.wlb_enabled, "pool.wlb_enabled", pool, since="5.5"), (
        "workload balancing is on"
    )


@control(
    "POOL-MEMORY-01",
    severity="high",
    evidence=(
        "hosts.enabled",
        "hosts.metrics.live",
        "hosts.metrics.memory_total",
        "hosts.memory_overhead",
        "hosts.control_domain.memory_dynamic_min",
        "hosts.control_domain.memory_overhead",
        "vms_in_memory.resident_on",
        "vms_in_memory.memory_dynamic_min",
        "vms_in_memory.memory_dynamic_max",
        "vms_in_memory.memory_overhead",
    ),
    gates=("upgrade",),
)
def test_hosts_can_be_spared(pool: Pool, policy: Policy) -> str:
    """The running VMs still fit into memory when hosts fail (N+1).

    Why: What does not fit stays down after a failure, and no host can be emptied for an update.
    Pass: What all running VMs need is no more than what the other live and enabled hosts offer when the
    largest has failed (as many as policy: pool.host_failures). A host offers its memory less Xen's overhead
    and its control domain; a VM needs its dynamic minimum (policy: pool.squeeze; else its dynamic maximum)
    and its overhead. It is a sum: that one large VM finds no single host with room is not seen.
    Fail: They need more.
    Unknown: A size, a host's state, or a control domain is missing or unreadable.
    Not applicable: The pool has a single host.
    Verify: xe host-list params=name-label,enabled,memory-total,memory-free
    Fix: Shrink, stop or move VMs, or add a host or memory (window: live for dynamic memory; VM off for the
    static maximum).
    Sources: xen-api, memory_check.ml and xapi_ha_vm_failover.ml, whose sum this is.
    """
    failures = policy.pool.host_failures
    memory = headroom(pool, squeeze=policy.pool.squeeze)
    offered = memory.capacity_without(failures)
    told = f"running VMs need {gib(memory.demand)}, hosts offer {gib(offered)} with {failures} failed"
    assert memory.demand <= offered, told
    return told
