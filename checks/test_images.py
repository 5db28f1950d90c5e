"""Virtual disk images: is each of them a disk of one VM that keeps what is written to it?"""

from fixtures.controls import control
from fixtures.facts.judging import NotApplicable
from fixtures.facts.subject import quoted, required, several
from fixtures.facts.vdi import VDI
from fixtures.policy import Policy

KIND = ("type", "other_config.ctxs-pool-backup", "sr.type", "sr.content_type")
USES = ("uses.VM", "users.is_a_template", "users.is_a_snapshot", "users.is_control_domain")


@control("VDI-CBT-01", severity="medium", evidence=("cbt_enabled", *KIND), gates=("migration",))
def test_changed_block_tracking_is_as_the_policy_wants(vdi: VDI, policy: Policy) -> None:
    """Changed block tracking is as the policy asks (by default: off).

    Why: xapi moves no disk with changed block tracking to another storage (VDI_CBT_ENABLED); incremental
    backups by NBD need it. Set disks.changed_block_tracking in policy.toml to "on" where your backup does, to
    "any" where it sees to that itself.
    Pass: cbt_enabled is false. Policy "on": it is true.
    Fail: cbt_enabled is true; policy "on": it is false.
    Unknown: cbt_enabled, the type or the SR of the image cannot be read.
    Not applicable: Policy "any"; an image that is no disk of VMs, or lies in an ISO library; releases before
    7.3, which have no changed block tracking.
    Verify: xe vdi-param-get uuid={uuid} param-name=cbt-enabled
    Fix: xe vdi-disable-cbt uuid={uuid} before the disk is moved, then xe vdi-enable-cbt (window: live; the
    next backup is a full one).
    Sources: xen-api, xapi_vdi.ml and xapi_vm_lifecycle.ml (VDI_CBT_ENABLED); XenServer documentation, Changed
    block tracking.
    """
    wanted = policy.disks.changed_block_tracking
    if wanted == "any":
        raise NotApplicable("the policy leaves changed block tracking to the backup")
    vdi.require_disk()
    tracked = required(vdi.record.cbt_enabled, "VDI.cbt_enabled", vdi.pool, since="7.3")
    actual = "on" if tracked else "off"
    assert actual == wanted, f"changed block tracking: expected {wanted}, actual {actual}"


@control("VDI-BOOT-01", severity="high", evidence=("on_boot", *KIND), gates=("migration",))
def test_disk_keeps_what_is_written(vdi: VDI) -> None:
    """The disk does not reset when its VM boots.

    Why: With on_boot=reset everything that was written to the disk is gone at the next start of its VM. Meant
    for desktops from one image, it destroys a server; and xapi neither snapshots such a VM with its memory
    nor moves the disk.
    Pass: on_boot is persist.
    Fail: on_boot is reset, or another word.
    Unknown: on_boot, the type or the SR of the image cannot be read.
    Not applicable: An image that is no disk of VMs, or lies in an ISO library; releases before 5.6.100, which
    have no on_boot.
    Verify: xe vdi-param-get uuid={uuid} param-name=on-boot
    Fix: xe vdi-param-set uuid={uuid} on-boot=persist (window: VM off).
    Sources: xen-api, datamodel of VDI (on_boot) and xapi_vdi.ml
    (VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION); XenServer documentation, IntelliCache.
    """
    vdi.require_disk()
    on_boot = required(vdi.record.on_boot, "VDI.on_boot", vdi.pool, since="5.6.100")
    assert on_boot == "persist", f"on_boot: expected persist, actual {quoted(on_boot)}"


@control("VDI-SHARED-01", severity="high", evidence=("sharable", *USES, *KIND), gates=("migration",))
def test_disk_belongs_to_one_vm(vdi: VDI) -> None:
    """The disk belongs to one VM.

    Why: Two guests that write to one disk destroy its file system, unless both run a cluster file system; and
    a disk that several VMs have cannot be moved with one of them.
    Pass: At most one VM has the disk, and it is not marked sharable. Templates and snapshots do not count.
    Fail: Several VMs have it, or it is marked sharable.
    Unknown: A field that decides is missing, or a VM that uses it does not resolve.
    Not applicable: An image that is no disk of VMs (HA's state file is sharable by design), or lies in an ISO
    library.
    Verify: xe vbd-list vdi-uuid={uuid} params=vm-name-label,mode,currently-attached
    Fix: Take it from all VMs but one with xe vbd-destroy uuid=<uuid> (window: VM off); xe vdi-param-set
    uuid={uuid} sharable=false (window: live).
    Sources: xen-api, datamodel of VDI (sharable) and xapi_vbd_helpers.ml; forklift, validation rule on shared
    disks.
    """
    vdi.require_disk()
    guests = vdi.guests
    assert len(guests) <= 1, f"shared by VMs {several(quoted(vm.name_label) for vm in guests)}"
    assert not required(vdi.record.sharable, "VDI.sharable", vdi.pool), "it is marked sharable"


@control("VDI-ORPHAN-01", severity="low", evidence=("uses.VM", *KIND))
def test_disk_is_used(vdi: VDI) -> None:
    """The disk is used by a VM.

    Why: A disk that no VM has takes space for nothing, and nobody knows whether it may go: it is what deleted
    VMs, failed imports and broken backups leave behind.
    Pass: A VM, a template, a snapshot or a control domain uses it.
    Fail: Nobody does.
    Unknown: A VBD or a VM that uses it does not resolve, or the type or the SR of the image cannot be read.
    Not applicable: An image that is no disk of VMs: memory of suspended VMs, crash dumps, HA's state file,
    redo logs, pool metadata and their backups; one in an ISO library, or on a device that is plugged into a
    host. Base copies and snapshots are not judged at all.
    Verify: xe vbd-list vdi-uuid={uuid}
    Fix: Attach it to a VM and look what it is; xe vdi-destroy uuid={uuid} deletes it for ever (window: live).
    Sources: Xen Orchestra, dashboard Health (orphan VDIs).
    """
    vdi.require_disk()
    assert vdi.users, "no VM, template or snapshot uses it"


@control(
    "VDI-ORPHAN-02",
    severity="medium",
    evidence=("uses.VM", "users.is_control_domain", *KIND),
    gates=("migration",),
)
def test_disk_is_not_left_in_a_control_domain(vdi: VDI) -> None:
    """The disk is not attached to a control domain.

    Why: A backup, an import or a copy that breaks off leaves its disk plugged into the control domain: the VM
    cannot start or move, and the storage cannot merge the disk's chain.
    Pass: No control domain uses it.
    Fail: One does. While a backup or an import runs that is as it should be: look again afterwards.
    Unknown: A VBD or a VM that uses it does not resolve, or the type or the SR of the image cannot be read.
    Not applicable: An image that is no disk of VMs: xapi itself keeps redo logs and replicas of its metadata
    plugged there, and xe-backup-metadata its backups while it runs; one in an ISO library.
    Verify: xe vbd-list vdi-uuid={uuid} params=uuid,vm-name-label,currently-attached
    Fix: When no task works on it (xe task-list): xe vbd-unplug uuid=<uuid>, then xe vbd-destroy uuid=<uuid>
    (window: live).
    Sources: Xen Orchestra, dashboard Health (VDIs attached to control domains).
    """
    vdi.require_disk()
    found = vdi.control_domains
    assert not found, f"attached to {several(quoted(each.name_label) for each in found)}"


@control("VDI-MISSING-01", severity="critical", evidence=("missing",), gates=("migration", "upgrade"))
def test_image_is_on_its_storage(vdi: VDI) -> None:
    """The image is on its storage.

    Why: xapi knows the disk, and its storage has it not: what was on it is lost or out of reach, and its VM
    does not start.
    Pass: missing is false.
    Fail: missing is true: the last scan of the SR did not find it.
    Unknown: missing cannot be read.
    Verify: xe vdi-param-get uuid={uuid} param-name=missing
    Fix: Find out what happened to the storage, scan it again (xe sr-scan uuid=<SR>), and restore the disk
    from a backup if it stays away; xe vdi-forget uuid={uuid} when nobody needs it (window: VM off).
    Sources: xen-api, datamodel of VDI (missing) and xapi_sr.ml.
    """
    assert not required(vdi.record.missing, "VDI.missing", vdi.pool), "its storage does not have it"
