"""Networks: are they there for every host, and does everything on them speak of the same frames?"""

from fixtures.controls import control
from fixtures.facts.judging import NotApplicable
from fixtures.facts.network import Network
from fixtures.facts.subject import required, several
from fixtures.printable import printable


@control(
    "NETWORK-HOSTS-01",
    severity="high",
    evidence=("interfaces.host", "interfaces.bond_slave_of", "users.VM", "pool.hosts.name_label"),
    gates=("migration", "upgrade"),
)
def test_every_host_is_on_the_network(network: Network) -> None:
    """A network that VMs use has an interface on every host.

    Why: A VM cannot start on, or move to, a host that is not on its network: such hosts cannot be emptied,
    and HA does not protect the VM.
    Pass: Every host of the pool has a PIF in it that is no slave of a bond.
    Fail: Hosts have none.
    Unknown: Interfaces do not resolve, or do not tell their host; or no VM is known to use it, and the
    network of a VM's interface does not resolve.
    Not applicable: No VM uses it, no host has an interface in it (an internal network), or the pool has a
    single host.
    Verify: xe pif-list network-uuid={uuid} params=host-name-label,device,VLAN
    Fix: Cable the missing hosts, or for a VLAN: xe pool-vlan-create network-uuid={uuid} pif-uuid=<pif>
    vlan=<number>, or xe vlan-create on the missing hosts (window: live).
    Sources: xen-api, agility.ml (is_network_properly_shared) and xapi_network_attach_helpers.ml.
    """
    if len(network.pool.hosts) == 1:
        raise NotApplicable("the pool has a single host")
    if not network.users:
        raise NotApplicable("no VM uses it")
    if not network.interfaces:
        raise NotApplicable("an internal network: no host has an interface in it")
    assert not network.missing_hosts, f"no interface on {network.pool.host_names(network.missing_hosts)}"


@control(
    "NETWORK-MTU-01",
    severity="medium",
    evidence=("MTU", "interfaces.MTU", "interfaces.currently_attached", "interfaces.managed"),
)
def test_mtu_is_the_same_everywhere(network: Network) -> None:
    """The network and the hosts' interfaces in it have the same MTU.

    Why: A frame that is larger than an interface takes is dropped without a word: connections that are set up
    hang as soon as they carry data, and storage that speaks in jumbo frames stalls.
    Pass: Every interface that is attached has the network's MTU.
    Fail: One has another: the network's was changed and the interface not plugged since, or it lies on a
    device that is set to less.
    Unknown: An MTU is missing or unreadable, or interfaces do not resolve.
    Not applicable: No interface of a host is attached to it; releases before 5.6, which have no MTU.
    Verify: xe network-param-get uuid={uuid} param-name=MTU; xe pif-list network-uuid={uuid}
    params=host-name-label,device,MTU
    Fix: xe network-param-set uuid={uuid} MTU=<as the switches have it>, then xe pif-unplug and xe pif-plug on
    each host, or restart the hosts one by one; for a VLAN or a bond the network below it first (window: host
    evacuation).
    Sources: xen-api, nm.ml (bring_pif_up writes into PIF.MTU what the bridge came to have).
    """
    attached = network.attached_interfaces
    if not attached:
        raise NotApplicable("no interface of a host is attached to it")
    odd = [
        f"{printable(str(each.device), 20)} of {network.pool.host_names([str(each.host)])} {each.MTU}"
        for each in attached
        if required(each.MTU, "PIF.MTU", network.pool) != network.mtu
    ]
    assert not odd, f"expected MTU {network.mtu}, actual {several(odd)}"
