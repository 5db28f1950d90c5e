"""Upkeep of the pool: alarms, backups of its own data, updates, licences, and what was left behind."""

from datetime import timedelta

from fixtures.controls import control
from fixtures.facts.alarms import recent_alarms
from fixtures.facts.judging import NotApplicable, Unknown
from fixtures.facts.licence import restricted_hosts
from fixtures.facts.pool import Pool
from fixtures.facts.subject import quoted, required, several
from fixtures.facts.update_sync import repositories, sync_age
from fixtures.policy import Policy


@control("POOL-ALARM-01", severity="high", evidence=("alarms.name", "alarms.priority", "alarms.timestamp"))
def test_no_alarm_is_standing(pool: Pool, policy: Policy) -> None:
    """No urgent alarm waits for somebody.

    Why: xapi has said that data or a service is about to be lost, and nobody has answered.
    Pass: No message of priority 1 or 2 (policy: pool.alarm_priority) is there from the last days (policy:
    pool.alarm_days). A message that is dismissed is deleted.
    Fail: There are such messages; the reason names them.
    Unknown: Messages could not be read, as from a database, which keeps none; or one does not tell its
    priority or its time.
    Verify: xe message-list params=uuid,name,priority,timestamp,body
    Fix: Do what the message asks for, then xe message-destroy uuid=<message> (window: live).
    Sources: xen-api, api_messages.ml (names and priorities).
    """
    standing = recent_alarms(pool, priority=policy.pool.alarm_priority, days=policy.pool.alarm_days)
    told = several(dict.fromkeys(quoted(each.name) for each in standing))
    assert not standing, f"{len(standing)} messages of priority {policy.pool.alarm_priority} or worse: {told}"


@control(
    "POOL-BACKUP-01",
    severity="medium",
    evidence=(
        "metadata_copies.type",
        "metadata_copies.metadata_of_pool",
        "metadata_copies.other_config.ctxs-pool-backup",
        "metadata_copies.missing",
    ),
)
def test_metadata_are_backed_up(pool: Pool, policy: Policy) -> str:
    """The pool's metadata are backed up.

    Why: Which disk belongs to which VM stands in the pool's database alone, on the disks of its hosts. Disks
    survive the loss of the hosts, but nobody knows whose they are.
    Pass: A virtual disk for backups of the metadata is there (xe-backup-metadata, which xsconsole schedules),
    or one to which disaster recovery replicates them. How recent the copy is stands in that disk, not in
    XAPI.
    Fail: There is neither.
    Unknown: Virtual disks could not be read, or do not tell what they are for.
    Not applicable: The policy says that they are backed up elsewhere, as by Xen Orchestra, which leaves no
    trace in the pool (policy: pool.metadata_backup).
    Verify: xe vdi-list other-config:ctxs-pool-backup=true; xe vdi-list type=Metadata
    Fix: On the master: xe-backup-metadata -c -u <SR's uuid>, and a schedule in xsconsole, Backup, Restore and
    Update (window: live). Or let Xen Orchestra back up pool metadata, and say so in the policy.
    Sources: xen-api, scripts/xe-backup-metadata and xapi_sr.ml (enable_database_replication).
    """
    if policy.pool.metadata_backup == "elsewhere":
        raise NotApplicable("the policy says that they are backed up elsewhere")
    copies = pool.metadata_copies
    assert copies, "no virtual disk holds a backup of the pool's metadata"
    return f"in {several(quoted(each.name_label) for each in copies)}"


@control(
    "POOL-UPDATES-01",
    severity="medium",
    evidence=("product_brand", "repositories", "last_update_sync", "update_sync_enabled"),
    gates=("upgrade",),
)
def test_updates_are_synchronised(pool: Pool, policy: Policy) -> str:
    """The pool has synchronised its updates lately.

    Why: A pool that does not synchronise knows of no update, security fixes included, and calls itself
    current.
    Pass: A repository is configured, and it was synchronised within so many days before the pool was read
    (policy: pool.update_sync_days).
    Fail: No repository is configured, or it was never synchronised, or longer ago.
    Unknown: A field is missing or unreadable, or the source has no clock, as a database.
    Not applicable: XCP-ng, whose hosts take updates themselves; releases before XenServer 8.
    Verify: xe pool-param-list uuid={uuid} | grep -E "repositories|last-update-sync|update-sync"
    Fix: xe pool-sync-updates uuid={uuid}; by itself: xe pool-configure-update-sync uuid={uuid}
    update-sync-frequency=weekly update-sync-day=<0-6> and xe pool-set-update-sync-enabled uuid={uuid}
    value=true (window: live).
    Sources: XenServer 8 documentation, apply updates; XenCenter, OutOfSyncWithCdnCheck.cs (seven days).
    """
    assert repositories(pool), "expected a repository of updates, actual none"
    age = sync_age(pool)
    assert age is not None, "updates were never synchronised"
    if age < timedelta():
        raise Unknown("the last synchronisation is later than the pool's clock says it is")
    told = f"synchronised {age.days} days ago"
    by_itself = "" if pool.record.update_sync_enabled is True else "; the pool does not do it by itself"
    assert age <= timedelta(days=policy.pool.update_sync_days), (
        f"expected at most {policy.pool.update_sync_days:g} days, actual {told}{by_itself}"
    )
    return f"{told}{by_itself}"


@control("POOL-LICENCE-01", severity="medium", evidence=("hosts.license_params.restrict_dmc",))
def test_licence_gives_what_the_policy_wants(pool: Pool, policy: Policy) -> None:
    """The licence withholds nothing that the policy relies on.

    Why: Where the licence withholds dynamic memory, xapi pins every VM to its maximum: ranges that the policy
    asks for are a dead letter, and hosts cannot make room.
    Pass: No host's licence withholds it (license_params.restrict_dmc is "false").
    Fail: A host's does, or does not say that it does not, which xapi takes for the same.
    Unknown: A host's licence is missing or unreadable.
    Not applicable: The policy does not ask for dynamic memory (policy: memory.dynamic_memory); releases
    before 5.6, which have none.
    Verify: xe host-list params=name-label,edition,license-params
    Fix: Apply a licence that includes it (xe host-apply-edition), or set memory.dynamic_memory in the policy
    to "disabled" or "any" (window: live).
    Sources: xen-api, features.ml and xapi_vm_helpers.ml; XenServer documentation, licensing overview.
    """
    if policy.memory.dynamic_memory != "enabled":
        raise NotApplicable("the policy asks for no dynamic memory")
    if pool.product_version and not pool.has_release("5.6"):
        raise NotApplicable("releases before 5.6 have no dynamic memory")
    restricted = restricted_hosts(pool, "dmc")
    assert not restricted, f"dynamic memory is withheld on {pool.host_names(restricted)}"


@control("POOL-VSWITCH-01", severity="medium", evidence=("vswitch_controller",), gates=("upgrade",))
def test_no_vswitch_controller(pool: Pool) -> None:
    """No vSwitch controller is set.

    Why: The distributed vSwitch controller is gone since 8.2: upgrades refuse a pool that still has one, and
    hosts that cannot reach it may drop the traffic of VMs.
    Pass: pool.vswitch_controller is empty.
    Fail: It names a controller.
    Unknown: The field is missing or unreadable.
    Not applicable: Releases before 5.6, which have none.
    Verify: xe pool-param-get uuid={uuid} param-name=vswitch-controller
    Fix: Move its rules elsewhere, then xe pool-param-set uuid={uuid} vswitch-controller="" (window: live;
    networks across hosts that it made are gone).
    Sources: XenCenter, VSwitchControllerCheck.cs; Citrix Hypervisor 8.2 release notes.
    """
    controller = required(pool.record.vswitch_controller, "pool.vswitch_controller", pool, since="5.6")
    assert not controller, f"expected none, actual {quoted(controller)}"


@control("POOL-HEALTHCHECK-01", severity="low", evidence=("health_check_config",), gates=("upgrade",))
def test_health_check_is_off(pool: Pool) -> None:
    """The pool is not enrolled in Health Check.

    Why: The service that took the pool's status reports is gone; XenCenter refuses to upgrade a pool that
    still sends them.
    Pass: pool.health_check_config does not say that it is enrolled.
    Fail: It says so.
    Unknown: The field is missing or unreadable.
    Not applicable: Releases before 7.0, which have none.
    Verify: xe pool-param-get uuid={uuid} param-name=health-check-config
    Fix: xe pool-param-set uuid={uuid} health-check-config:Enrollment=false (window: live).
    Sources: XenCenter, HealthCheckServiceCheck.cs and HealthCheckSettings.cs.
    """
    config = required(pool.record.health_check_config, "pool.health_check_config", pool, since="7.0")
    enrolled = config.get("Enrollment", "")
    assert enrolled.lower() != "true", "the pool is enrolled"
