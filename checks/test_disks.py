"""Disks: does the guest see all that it was given?"""

from fixtures.controls import control
from fixtures.facts.disks import IDE_POSITIONS
from fixtures.facts.drivers import DECIDED_BY
from fixtures.facts.judging import NotApplicable, Unknown
from fixtures.facts.vm import VM
from fixtures.policy import Policy


@control("VM-DISKS-01", severity="high", evidence=DECIDED_BY, gates=("migration", "upgrade"))
def test_no_emulated_ide_limit(vm: VM) -> str:
    """No emulated-IDE limit.

    Why: An HVM guest without PV drivers has its disks on an emulated IDE controller with four positions,
    the CD drive among them: three disks and a CD, and the next disk added is silently invisible.
    Pass: The guest is HVM and its PV drivers are active.
    Fail: The guest is HVM, runs, and reports no PV driver.
    Unknown: VM-DRIVERS-01 is unknown.
    Not applicable: PV, PVH and PV-in-PVH guests have no emulated IDE controller.
    Verify: xe vm-param-get uuid={uuid} param-name=PV-drivers-detected
    Fix: As for VM-DRIVERS-01 (window: guest reboot).
    Sources: xen-api, xapi_vm_helpers.ml (no refusal of surplus positions since 2016); QEMU, PIIX3 IDE.
    """
    if vm.paravirtual:
        raise NotApplicable(f"a {vm.domain_type} guest has no emulated IDE controller")
    drivers = vm.drivers
    assert drivers.active, f"bound to {IDE_POSITIONS} emulated IDE positions: {drivers.sign}"
    return drivers.sign


@control("VM-DISKS-02", severity="critical", evidence=(*DECIDED_BY, "disks"), gates=("migration", "upgrade"))
def test_no_invisible_disks(vm: VM) -> None:
    """No invisible disks.

    Why: A disk beyond the emulated IDE controller's four positions does not exist for the guest: data
    that people believe to be there was never written, or cannot be reached.
    Pass: All disks and drives are at positions 0 to 3.
    Fail: The guest is bound by the emulated-IDE limit, and a disk or CD drive is at position 4 or beyond.
    Floppies do not count.
    Unknown: A position, or the list of disks, cannot be read; or there is a surplus and VM-DISKS-01 is
    unknown.
    Not applicable: VM-DISKS-01 passes or is not applicable: there is no limit.
    Verify: xe vbd-list vm-uuid={uuid} params=userdevice,type,vdi-name-label
    Fix: Where VM-DRIVERS-01 fails, repair that first. Else move the disks to positions 0 to 3 (window: VM
    off).
    Sources: xen-api, xapi_vm_helpers.ml; QEMU, PIIX3 IDE.
    """
    doubt = None
    try:
        if not vm.ide_limited:
            raise NotApplicable("there is no emulated-IDE limit")
    except Unknown as why:
        doubt = why
    surplus = vm.surplus_disks
    named = " and ".join(str(disk) for disk in surplus)
    if surplus and doubt:
        raise Unknown(f"{named} would be invisible without PV drivers, and {doubt}")
    assert not surplus, f"invisible to the guest: {named}"


@control("VM-DISKS-03", severity="medium", evidence=("VBDs", "disks.userdevice"))
def test_drives_are_within_the_limit(vm: VM, policy: Policy) -> None:
    """The VM has no more disks and drives than its hosts carry.

    Why: Drives beyond the limit are untested: they may not appear in the guest, or keep it from starting.
    Pass: The number of disks and drives, CD drives among them, is within the limit
    (policy: hardware.drives).
    Fail: It is beyond.
    Unknown: The list of disks cannot be read.
    Verify: xe vbd-list vm-uuid={uuid} params=userdevice,type
    Fix: Merge disks in the guest, then xe vbd-unplug and xe vbd-destroy (window: in guest).
    Sources: XenServer documentation, configuration limits (241 with XenServer 8, 255 before it).
    """
    found, limit = len(vm.drives), policy.hardware.drives
    assert found <= limit, f"disks and drives: expected at most {limit}, actual {found}"


@control(
    "VM-DISKS-04",
    severity="high",
    evidence=("VBDs", "images.vdi.virtual_size", "images.vdi.sm_config", "images.sr.type"),
    gates=("migration",),
)
def test_no_disk_outgrows_its_format(vm: VM) -> None:
    """No disk is larger than its image format carries.

    Why: A VHD image holds 2040 GiB: a larger disk can be neither snapshotted, backed up nor moved with its
    storage, and what is written beyond may be lost.
    Pass: Each disk is within the limit of its format: VHD 2040 GiB, QCOW2 16 TiB; raw images have none.
    Fail: A disk is larger.
    Unknown: A disk, its image or its size cannot be read; or it is larger than 2040 GiB, and neither its
    sm_config nor the type of its SR tells its format (since 8.3 an SR may hold VHD and QCOW2).
    Verify: xe vm-disk-list uuid={uuid}
    Fix: Copy the data to several smaller disks in the guest (window: in guest), or the disk to an SR with
    QCOW2 images (window: VM off).
    Sources: XenServer documentation, configuration limits; sm, qcow2util.py; xen-api, design document on
    supported image formats.
    """
    found = vm.oversized_images
    named = ", ".join(f"{image} as {image.format}" for image in found)
    assert not found, f"larger than the format carries: {named}"
