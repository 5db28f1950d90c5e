"""Storage: is it there for every host, is there room, and does its type have a future?"""

from fixtures.controls import control
from fixtures.facts.judging import Unknown
from fixtures.facts.links import Missing
from fixtures.facts.pool import Pool
from fixtures.facts.sizes import gib
from fixtures.facts.sr import SR
from fixtures.policy import Policy


def _serves_the_pool(pool: Pool, sr: SR | Missing) -> None:
    """An SR of the pool's is there, and for all of its hosts."""
    assert sr is not Missing.NULL, "expected an SR, actual none is set"
    if isinstance(sr, Missing):
        raise Unknown(f"the SR {sr.value}")
    assert len(pool.hosts) == 1 or sr.shared, (
        f"expected an SR that all {len(pool.hosts)} hosts share, actual a local one"
    )


@control("POOL-SR-01", severity="medium", evidence=("default_SR", "default_sr.shared"))
def test_default_sr(pool: Pool) -> None:
    """The default SR is set, and shared in a pool of several hosts.

    Why: Imports, copies and new disks go to the default SR when nobody names another. Without one they fail;
    on a local one the VM is tied to that host.
    Pass: pool.default_SR leads to an SR, which is shared where the pool has several hosts.
    Fail: It is not set, or leads to a local SR in a pool of several hosts.
    Unknown: A field is missing or unreadable, it leads nowhere, or SRs could not be read.
    Verify: xe pool-param-get uuid={uuid} param-name=default-SR
    Fix: xe pool-param-set uuid={uuid} default-SR=<uuid of a shared SR> (window: live).
    Sources: xen-api, datamodel of pool; Xen Orchestra, dashboard health (default SR missing or local).
    """
    _serves_the_pool(pool, pool.default_sr)


@control(
    "POOL-SR-02",
    severity="medium",
    evidence=("suspend_image_SR", "suspend_image_sr.shared", "hosts.suspend_image_sr"),
)
def test_suspend_image_sr(pool: Pool) -> None:
    """The SR for suspended VMs is set, and shared in a pool of several hosts.

    Why: The memory of a suspended VM, and of a snapshot with memory, is kept there. Without one the host's
    own SR takes it, if it has any: the VM resumes on that host alone, or cannot be suspended at all.
    Pass: pool.suspend_image_SR leads to an SR, which is shared where the pool has several hosts. For a single
    host its own (host.suspend_image_sr) will do.
    Fail: It is not set, or leads to a local SR in a pool of several hosts.
    Unknown: A field is missing or unreadable, it leads nowhere, or SRs could not be read.
    Verify: xe pool-param-get uuid={uuid} param-name=suspend-image-SR
    Fix: xe pool-param-set uuid={uuid} suspend-image-SR=<uuid of a shared SR> (window: live).
    Sources: xen-api, helpers.ml (choose_suspend_sr: the VM's own SR, the pool's, the host's).
    """
    _serves_the_pool(pool, pool.suspend_image_sr)


@control(
    "SR-PBD-01",
    severity="high",
    evidence=("shared", "connections.host", "connections.currently_attached", "pool.hosts.name_label"),
    gates=("migration", "upgrade"),
)
def test_sr_is_plugged(sr: SR) -> None:
    """The storage repository is plugged on every host that should see it.

    Why: A host that does not see the storage of a VM can neither start nor take it, and a shared SR that is
    missing on one host makes its VMs unfit for HA and evacuation.
    Pass: All of its connections (PBDs) are plugged; a shared one has one on every host.
    Fail: A connection is not plugged, a host of the pool has none to a shared SR, or there is no connection.
    Unknown: Whether it is shared or plugged is not told, or its connections do not resolve.
    Verify: xe pbd-list sr-uuid={uuid} params=host-name-label,currently-attached
    Fix: Repair the host's path to the storage, then xe pbd-plug uuid=<pbd>; where a host has no PBD: xe
    pbd-create host-uuid=<host> sr-uuid={uuid} device-config:… as on the others (window: live). Forget an SR
    that is gone for good: xe sr-forget uuid={uuid}.
    Sources: xen-api, agility.ml (is_sr_properly_shared); XenCenter, PBDsPluggedCheck.cs.
    """
    assert sr.connections, "no host has a connection to it"
    assert not sr.unplugged_hosts, f"not plugged on {sr.pool.host_names(sr.unplugged_hosts)}"


SPACE = ("type", "content_type", "is_tools_sr", "physical_size")


@control("SR-FILL-01", severity="high", evidence=(*SPACE, "physical_utilisation"))
def test_sr_has_room(sr: SR, policy: Policy) -> str:
    """The storage repository has room.

    Why: On a full SR writes fail and VMs are paused, snapshots fail, and chains of disks are no longer
    coalesced, which needs room itself.
    Pass: physical_utilisation is at most so many percent of physical_size (policy: storage.fill_percent).
    Fail: It is more.
    Unknown: The SR's driver has told no sizes, or they are unreadable.
    Not applicable: ISO libraries and devices of hosts.
    Verify: xe sr-param-list uuid={uuid} | grep physical-
    Fix: Delete snapshots and orphaned disks, wait for coalescing, move disks, or grow the SR (window: live).
    Sources: xen-api, datamodel of SR; XenServer documentation, manage storage repositories (reclaim space).
    """
    space = sr.space
    told = f"{space.fill:.1f} % used ({gib(space.used)} of {gib(space.size)})"
    assert space.fill <= policy.storage.fill_percent, (
        f"expected at most {policy.storage.fill_percent:g} %, actual {told}"
    )
    return told


@control("SR-ALLOCATION-01", severity="medium", evidence=(*SPACE, "virtual_allocation"))
def test_sr_is_not_overcommitted(sr: SR, policy: Policy) -> str:
    """The storage repository does not promise too much.

    Why: On thin storage disks may grow to more than there is. The more is promised, the less time remains
    between the first warning and a full SR.
    Pass: virtual_allocation is at most so many percent of physical_size (policy: storage.allocation_percent).
    Thick storage cannot exceed 100.
    Fail: It is more.
    Unknown: The SR's driver has told no sizes, or they are unreadable.
    Not applicable: ISO libraries and devices of hosts.
    Verify: xe sr-param-list uuid={uuid} | grep -E "virtual-allocation|physical-size"
    Fix: Move disks to another SR, shrink what is promised by copying to smaller disks, or grow the SR
    (window: live).
    Sources: xen-api, datamodel of SR.
    """
    space = sr.space
    told = f"{space.allocation:.1f} % allocated ({gib(space.allocated)} of {gib(space.size)})"
    assert space.allocation <= policy.storage.allocation_percent, (
        f"expected at most {policy.storage.allocation_percent:g} %, actual {told}"
    )
    return told


@control("SR-TYPE-01", severity="high", evidence=("type",), gates=("upgrade",))
def test_sr_type_has_a_future(sr: SR) -> None:
    """The storage repository's type is not deprecated or removed.

    Why: After an upgrade to a release without its driver the SR cannot be plugged, and its VMs do not start.
    Pass: Nothing is said against its type on the pool's product.
    Fail: The knowledge table calls it deprecated, removed, or in the way of an upgrade.
    Unknown: The type is missing or unreadable.
    Verify: xe sr-param-get uuid={uuid} param-name=type
    Fix: Make an SR of another type (the reason names one), move the disks there (xe vdi-pool-migrate, or xe
    vdi-copy), then forget the old one (window: live on the same pool; VM off for vdi-copy).
    Sources: fixtures/knowledge/storage.toml with a source for each type; XenCenter,
    PoolHasDeprecatedSrsCheck.cs and PoolHasGFS2SR.cs.
    """
    outdated = sr.outdated
    assert outdated is None, outdated and f"{outdated.type}: {outdated.fate}; use {outdated.instead}"
