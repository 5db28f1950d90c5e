"""Identity: is a VM taken for another one?"""

from fnmatch import fnmatchcase

from fixtures.controls import control
from fixtures.facts.judging import NotApplicable
from fixtures.facts.subject import quoted, required, several
from fixtures.facts.vm import VM
from fixtures.policy import Policy


@control(
    "VM-MAC-01",
    severity="high",
    evidence=("interfaces.MAC", "address_twins.MAC", "address_twins.VM", "blocked_operations"),
)
def test_mac_addresses_are_unique(vm: VM) -> str | None:
    """Its MAC addresses are unique in the pool.

    Why: Two machines with one MAC address take each other's packets: both lose connections at random, and
    nobody looks for the cause there. It comes from imports and copies that keep the address.
    Pass: No other interface of a VM of the pool has one of its addresses, in upper or lower case.
    Fail: One has, or two interfaces of its own have the same. Templates and snapshots do not count, nor VMs
    of which every start is blocked: Xen Orchestra's replicas.
    Unknown: An address is missing, or the VM's interfaces cannot be read.
    Not applicable: Every start of the VM is blocked (blocked_operations start and start_on).
    Verify: xe vif-list vm-uuid={uuid} params=uuid,device,MAC; xe vif-list MAC=<address> params=vm-name-label
    Fix: xe vif-destroy uuid=<uuid>, then xe vif-create vm-uuid={uuid} network-uuid=<uuid> device=<n>
    mac=random on the copy (window: VM off, or live with PV drivers).
    Sources: Xen Orchestra, dashboard Health (duplicated MAC addresses); IEEE 802.
    """
    if vm.start_is_blocked:
        raise NotApplicable("every start of this VM is blocked")
    twins = vm.address_twins
    assert not twins, several((str(twin) for twin in twins), 3)
    return None if vm.interfaces else "it has no interface"


@control("VM-NAME-02", severity="low", evidence=("name_label", "namesakes.uuid"))
def test_name_is_unique(vm: VM) -> None:
    """No other VM of the pool has its name.

    Why: Scripts, backups and people that go by the name (xe vm-shutdown vm=…) take the wrong machine, or
    both.
    Pass: No other VM of the pool has this name. Templates and snapshots do not count.
    Fail: Another one has.
    Unknown: The name is missing.
    Verify: xe vm-list name-label=<name> params=uuid,name-label,power-state
    Fix: xe vm-param-set uuid={uuid} name-label=<name> (window: live).
    Sources: XenServer documentation, Command-line interface (VM selectors).
    """
    others = len(vm.namesakes) - 1
    assert not others, f"VMs of this name: expected 1, actual {others + 1}"


@control("VM-OWNER-01", severity="low", evidence=("name_description",))
def test_vm_is_described(vm: VM, policy: Policy) -> None:
    """The VM has a description, if the policy asks for one.

    Why: Years later a name does not tell what a VM is for, and whether it may be switched off.
    Pass: name_description has text.
    Fail: It is empty or blank.
    Unknown: It is missing.
    Not applicable: The policy does not ask for it (ownership.description, off by default).
    Verify: xe vm-param-get uuid={uuid} param-name=name-description
    Fix: xe vm-param-set uuid={uuid} name-description=<text> (window: live).
    Sources: the operator's policy.
    """
    if not policy.ownership.description:
        raise NotApplicable("the policy asks for no description")
    assert required(vm.record.name_description, "VM.name_description", vm.pool).strip(), "no description"


@control("VM-OWNER-02", severity="low", evidence=("tags",))
def test_vm_has_an_owner(vm: VM, policy: Policy) -> str:
    """The VM has an owner, if the policy asks for one.

    Why: A VM that belongs to nobody is patched by nobody, and nobody can be asked.
    Pass: The VM has a tag like ownership.tag of the policy.
    Fail: It has none.
    Unknown: The tags are missing.
    Not applicable: The policy does not ask for it (ownership.tag, empty by default).
    Verify: xe vm-param-get uuid={uuid} param-name=tags
    Fix: xe vm-param-add uuid={uuid} param-name=tags param-key=owner:<who> (window: live).
    Sources: the operator's policy.
    """
    wanted = policy.ownership.tag
    if not wanted:
        raise NotApplicable("the policy asks for no tag of an owner")
    owners = [tag for tag in required(vm.record.tags, "VM.tags", vm.pool) if fnmatchcase(tag, wanted)]
    assert owners, f"no tag like {quoted(wanted)}"
    return several(quoted(tag) for tag in owners)
