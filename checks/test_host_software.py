"""Software of hosts: is it the same in the pool, complete, supported, licensed?"""

from datetime import timedelta

from fixtures.controls import control
from fixtures.facts.agreement import dissent, spelled
from fixtures.facts.host import Host
from fixtures.facts.judging import NotApplicable, Unknown
from fixtures.facts.release import difference, foreign_builds
from fixtures.facts.subject import required, several, told
from fixtures.policy import Policy


@control(
    "HOST-VERSION-01",
    severity="high",
    evidence=(
        "pool.hosts.software_version.product_version",
        "pool.hosts.software_version.build_number",
        "pool.master",
    ),
    gates=("migration", "upgrade"),
)
def test_version_is_the_master_s(host: Host) -> str:
    """Product version and build are those of the master.

    Why: A pool of mixed versions is half of a rolling upgrade: VMs move to newer hosts only, and xapi allows
    little else until it is finished.
    Pass: A member has the master's product version and build; the master has those of all members.
    Fail: They differ.
    Unknown: Version or build is not told, or there is no master to compare with.
    Not applicable: The pool has one host.
    Verify: xe host-list params=name-label,software-version
    Fix: Finish the upgrade: the master first, then one member after the other (window: host evacuation).
    Sources: xen-api, helpers.ml (rolling upgrade, host_versions_not_decreasing); XenCenter, PoolJoinRules.cs.
    """
    others = foreign_builds(host)
    assert not others, f"expected one version in the pool, actual {host.build}; {spelled(others)}"
    return host.build


@control(
    "HOST-VERSION-02",
    severity="medium",
    evidence=(
        "pool.hosts.updates",
        "pool.hosts.last_update_hash",
        "pool.hosts.software_version.xapi_build",
        "pool.hosts.software_version.xapi",
        "pool.hosts.software_version.xen",
        "pool.hosts.software_version.linux",
        "applied_patches.pool_patch",
    ),
    gates=("upgrade",),
)
def test_patches_are_the_pool_s(host: Host) -> None:
    """The patches are those of most hosts in the pool.

    Why: Hosts of one version with different patches behave differently, one of them with a hole that is
    thought closed; running such a pool for long is not supported.
    Pass: Most hosts have the same updates and the same versions of xapi, Xen and kernel.
    Fail: No more than half of them have.
    Unknown: Updates or versions are not told, or by too few of the other hosts.
    Not applicable: The pool has one host.
    Verify: xe host-param-get uuid={uuid} param-name=software-version; xe update-list (7.1 to 8.2); xe
    patch-list (before 7.1)
    Fix: Apply the missing updates to the hosts that lack them, the master first (window: host evacuation).
    Sources: xen-api, datamodel of host (updates, patches, last_update_hash) and create_misc.ml
    (software_version); Citrix and XCP-ng documentation on updates.
    """
    others = dissent(host, lambda each: each.patch_level)
    assert not others, f"expected the patches of most hosts, actual: {difference(host, others)}"


@control(
    "HOST-UPDATES-01",
    severity="medium",
    evidence=(
        "updates_requiring_reboot",
        "pending_guidances",
        "pending_guidances_recommended",
        "pending_guidances_full",
    ),
    gates=("upgrade",),
)
def test_no_update_waits_for_a_restart(host: Host) -> str | None:
    """No update waits for a restart.

    Why: An update that waits for a restart of the host, of its toolstack or of device models is on the disk,
    but not in effect: the hole that it closes is open, and the next update or upgrade may refuse to start.
    Pass: No update requires a reboot, no mandatory and no recommended guidance is pending. What only makes
    some updates fully effective is named, and can wait for the next maintenance.
    Fail: Something is pending.
    Unknown: It is not told. Before 7.1: a patch came after the toolstack's last start, since those releases
    do not tell what it waits for; or the patches are not to be had.
    Verify: xe host-param-get uuid={uuid} param-name=pending-guidances (and updates-requiring-reboot,
    pending-guidances-recommended)
    Fix: Do what is pending: restart the toolstack (window: live) or, after an evacuation, the host (window:
    host evacuation).
    Sources: xen-api, datamodel of host; XenCenter, RebootPendingOnMasterCheck.cs and HostNeedsRebootCheck.cs.
    """
    pending = host.pending_updates
    assert not pending, f"expected nothing pending, actual: {several(pending)}"
    full = told(host.record.pending_guidances_full)
    return f"can wait for the next maintenance: {several(full)}" if full else None


@control(
    "HOST-UPDATES-02", severity="medium", evidence=("latest_synced_updates_applied", "pool.repositories")
)
def test_synced_updates_are_applied(host: Host) -> None:
    """The updates that the pool has synchronised are applied.

    Why: The pool has fetched updates, security fixes among them, which this host does not have yet.
    Pass: latest_synced_updates_applied is yes.
    Fail: It is no.
    Unknown: It is unknown, or not told.
    Not applicable: The pool has no update repositories, as XCP-ng, which is updated by other means; a xapi
    before 23.18.
    Verify: xe host-param-get uuid={uuid} param-name=latest-synced-updates-applied
    Fix: Apply the updates with XenCenter or xe host-apply-updates, the master first (window: host
    evacuation).
    Sources: xen-api, datamodel of host; XenServer 8 documentation, Apply updates.
    """
    field = "host.latest_synced_updates_applied"
    state = required(host.record.latest_synced_updates_applied, field, host.pool, since_xapi="23.18")
    if state not in {"yes", "no"}:
        if told(host.pool.record.repositories) == []:
            raise NotApplicable("the pool has no update repositories: xapi cannot know")
        raise Unknown(f"{field} is neither yes nor no")
    assert state == "yes", "expected the synchronised updates to be applied, actual: some are not"


@control(
    "HOST-LICENCE-01",
    severity="high",
    evidence=("license_params.expiry", "edition", "software_version.product_brand"),
)
def test_licence_has_not_expired(host: Host, policy: Policy) -> str:
    """The licence has not expired, and will not soon.

    Why: With the licence go the features that it pays for, HA and live updates among them; on older releases
    no VM starts any more.
    Pass: The licence does not expire, or not within 30 days (policy: hosts.licence_days) from when the pool
    was read.
    Fail: It has expired, or will within that time.
    Unknown: The licence or its expiry is missing or unreadable.
    Not applicable: XCP-ng, which needs none.
    Verify: xe host-param-get uuid={uuid} param-name=license-params
    Fix: Renew the licence on the licence server, and assign it: xe pool-apply-edition (window: live).
    Sources: xen-api, license_check.ml (no expiry, never and the turn of 2030 or 2100 mean never).
    """
    expiry = host.licence_expiry
    if expiry is None:
        return "the licence does not expire"
    days = policy.hosts.licence_days
    assert expiry - host.pool.moment > timedelta(days=days), (
        f"expected a licence for {days} days more, actual: it ends {expiry:%Y-%m-%d}"
    )
    return f"the licence ends {expiry:%Y-%m-%d}"


@control(
    "HOST-EOL-01",
    severity="medium",
    evidence=("software_version.product_brand", "software_version.product_version"),
)
def test_release_is_supported(host: Host) -> str:
    """The release is still supported by its vendor.

    Why: A release past its end of life gets no security fixes, and nobody helps when it breaks.
    Pass: The last day of its support is not over when the pool is read.
    Fail: It is. A release that is older than all in the table counts as the oldest there.
    Unknown: Brand or version is not told, or the table of products does not know it.
    Verify: xe host-param-get uuid={uuid} param-name=software-version
    Fix: Upgrade the pool to a supported release (window: host evacuation).
    Sources: fixtures/knowledge/products.toml, with a source for each day; extended support that is paid for
    apart is not counted: waive it where you have it.
    """
    support = host.support
    older = f"{host.product_version} is older than {support.title}, whose" if support.older else support.title
    assert host.pool.moment.date() <= support.ends, (
        f"expected a supported release, actual: {older} support ended on {support.ends}"
    )
    return f"{support.title} is supported until {support.ends}"
