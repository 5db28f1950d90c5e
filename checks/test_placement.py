"""Placement: can a VM run on the other hosts of its pool?"""

from fixtures.controls import control
from fixtures.facts.judging import NotApplicable, Unknown
from fixtures.facts.subject import quoted, required, several
from fixtures.facts.vm import NOT_RUNNING, VM
from fixtures.printable import printable

DISKS = ("drives.type", "drives.empty", "drives.VDI", "vdis.SR", "storage.shared")


@control("VM-STORAGE-01", severity="high", evidence=DISKS, gates=("migration", "upgrade"))
def test_disks_are_on_shared_storage(vm: VM) -> str | None:
    """Its disks are on shared storage.

    Why: A VM with a disk on the storage of one host runs there and nowhere else: it has to be shut down, or
    its disk moved, when the host is updated, and it is lost with the host.
    Pass: The SR of each disk is shared. CD drives do not count.
    Fail: A disk is on an SR that is not.
    Unknown: A disk or its SR does not resolve, or a field that decides is missing.
    Not applicable: The pool has one host.
    Verify: xe vbd-list vm-uuid={uuid} type=Disk params=vdi-uuid; xe sr-list params=uuid,name-label,shared
    Fix: xe vdi-pool-migrate uuid=<vdi> sr-uuid=<shared SR> (window: live with PV drivers).
    Sources: xen-api, agility.ml and xapi_vm_helpers.ml (VM_REQUIRES_SR); XenServer documentation, Manage
    storage repositories.
    """
    if len(vm.pool.members) == 1:
        raise NotApplicable("the pool has one host")
    local = vm.local_storage
    assert not local, f"on local storage: {several('SR ' + quoted(sr.name) for sr in local)}"
    return None if vm.disk_storage else "it has no disk"


@control("VM-STORAGE-02", severity="high", evidence=(*DISKS, "storage_gaps"), gates=("migration", "upgrade"))
def test_storage_is_plugged(vm: VM) -> str | None:
    """The storage of its disks is plugged on every host that it could run on.

    Why: A VM goes only to a host that is connected to all SRs of its disks and inserted CDs. A connection
    that is missing or broken shows when the VM must move: the worst moment.
    Pass: Each SR is plugged: a shared one on all enabled hosts, a local one on its host.
    Fail: One is not.
    Unknown: A disk, an SR or a connection (PBD) does not resolve, a field that decides is missing, or no host
    is enabled.
    Verify: xe pbd-list sr-uuid=<uuid> params=uuid,host-uuid,currently-attached
    Fix: xe pbd-plug uuid=<uuid>; where a host has no PBD of the SR, make one with xe pbd-create (window:
    live).
    Sources: XenCenter, PBDsPluggedCheck.cs; xen-api, agility.ml and xapi_vm_helpers.ml (VM_REQUIRES_SR).
    """
    gaps = vm.storage_gaps
    assert not gaps, several(gaps)
    return None if vm.storage else "it has no disk and no inserted CD"


@control(
    "VM-NET-02",
    severity="high",
    evidence=("interfaces.network", "network_gaps"),
    gates=("migration", "upgrade"),
)
def test_networks_are_on_every_host(vm: VM) -> str | None:
    """Its networks are on every host.

    Why: A VM goes only to a host that has an interface in each of its networks. A network that only one host
    has, an internal one among them, ties the VM to that host.
    Pass: Every host of the pool has an interface in each of its networks that is no member of a bond.
    Fail: A host has none.
    Unknown: An interface or a network does not resolve, or a field that decides is missing.
    Not applicable: The pool has one host.
    Verify: xe pif-list network-uuid=<uuid> params=host-name-label,device,VLAN
    Fix: Plug in the host's network card, or make the VLAN or the bond there (xe pool-vlan-create, xe
    bond-create; window: live). An internal network for several hosts: a tunnel or a VLAN.
    Sources: xen-api, agility.ml and xapi_vm_helpers.ml (VM_REQUIRES_NETWORK); XenCenter, VMCannotSeeNetwork.
    """
    if len(vm.pool.members) == 1:
        raise NotApplicable("the pool has one host")
    gaps = vm.network_gaps
    assert not gaps, several(gaps)
    return None if vm.interfaces else "it has no interface"


@control("VM-NET-03", severity="medium", evidence=("power_state", "interfaces.currently_attached"))
def test_interfaces_are_plugged(vm: VM) -> None:
    """Its interfaces are plugged while it runs.

    Why: An interface that is not plugged does not exist for the guest: the VM seems to have a network that
    nobody can reach it in.
    Pass: The VM runs, and all its interfaces are plugged.
    Fail: It runs, and one is not.
    Unknown: An interface does not tell, its list of them cannot be read, or the power state is none that is
    known.
    Not applicable: The VM is not running, or has no interface.
    Verify: xe vif-list vm-uuid={uuid} params=device,network-name-label,currently-attached
    Fix: xe vif-plug uuid=<uuid> (window: live with PV drivers, else guest reboot); or remove it with xe
    vif-destroy uuid=<uuid>.
    Sources: xen-api, datamodel of VIF (currently_attached); vCheck-vSphere, 76 (disconnected network cards).
    """
    if vm.power_state in NOT_RUNNING:
        raise NotApplicable(f"the VM is {vm.power_state}")
    if not vm.running:
        raise Unknown(f"the power state is {printable(vm.power_state or 'not told', 40)}")
    interfaces = vm.interfaces
    if not interfaces:
        raise NotApplicable("the VM has no interface")
    out = [
        quoted(each.device)
        for each in interfaces
        if not required(each.currently_attached, "VIF.currently_attached", vm.pool)
    ]
    assert not out, f"not plugged: interface {several(out)}"
