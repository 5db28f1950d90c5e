"""Links of hosts to networks and storage: are all of them up, and enough for one to fail?"""

from fixtures.controls import control
from fixtures.facts.agreement import dissent, spelled
from fixtures.facts.host import Host
from fixtures.facts.host_links import device, redundant_management
from fixtures.facts.judging import NotApplicable, Unknown
from fixtures.facts.subject import several


@control("HOST-BOND-01", severity="medium", evidence=("bonds.links_up", "bonds.slaves"))
def test_bonds_are_complete(host: Host) -> str:
    """All links of the bonds are up.

    Why: A bond with a dead link works on, and nobody notices until the next link fails.
    Pass: Each bond has as many links up as it has interfaces.
    Fail: A bond has fewer.
    Unknown: Bonds or interfaces could not be read, their state is not told, or the host is not live.
    Not applicable: The host has no bond.
    Verify: xe bond-list params=uuid,links-up,slaves
    Fix: Look at cable, switch port and LACP settings of the dead link (window: live).
    Sources: xen-api, datamodel of Bond (links_up).
    """
    bonds = host.bonds
    if not bonds:
        raise NotApplicable("the host has no bond")
    broken = [str(bond) for bond in bonds if bond.up < bond.links]
    assert not broken, f"expected all links up, actual {several(broken)}"
    return several(map(str, bonds))


@control(
    "HOST-LINK-01",
    severity="high",
    evidence=("links.device", "links.used", "links.carrier"),
    gates=("migration",),
)
def test_used_interfaces_have_a_carrier(host: Host) -> str:
    """Every physical interface that is used has a carrier.

    Why: VMs whose network has no link on this host lose their connection when they start here or move here.
    Pass: Each plugged physical interface has a carrier that the host has an address on, or a VM of the pool
    an interface in its network or in a VLAN on it. Parts of bonds are judged by HOST-BOND-01; an interface
    that nothing uses needs no cable.
    Fail: One has none.
    Unknown: Interfaces or their metrics could not be read, or the host is not live.
    Not applicable: No physical interface of the host is used but in bonds.
    Verify: xe pif-list host-uuid={uuid} params=device,carrier,network-name-label,currently-attached
    Fix: Look at cable and switch port; unplug the interface if nothing needs it (window: live).
    Sources: xen-api, datamodel of PIF_metrics (carrier); xapi_pif.ml (plugs all at start).
    """
    used = [link for link in host.links if link.used]
    if not used:
        raise NotApplicable("no physical interface is used but in bonds")
    dark = [str(link) for link in used if link.carrier is False]
    assert not dark, f"expected a carrier on each used interface, actual none on {several(dark)}"
    untold = [str(link) for link in used if link.carrier is None]
    if untold:
        raise Unknown(f"the carrier of {several(untold)} is not told")
    return f"carrier on {several(map(str, used))}"


@control(
    "HOST-LINK-02",
    severity="low",
    evidence=(
        "management_interfaces.device",
        "management_interfaces.VLAN",
        "management_interfaces.bond_master_of",
    ),
)
def test_management_is_redundant(host: Host) -> None:
    """The management interface is a bond.

    Why: With one cable, card or switch the pool loses the host: its VMs run on, but nobody controls them,
    and HA may fence it.
    Pass: The management interface is a bond, or a VLAN on one.
    Fail: It is not.
    Unknown: Interfaces could not be read, or none is told to be for management.
    Verify: xe pif-list host-uuid={uuid} management=true params=device,bond-master-of
    Fix: Bond it with a second interface, best on another card and switch (xe bond-create; window: host
    evacuation).
    Sources: XenServer documentation, Networking (NIC bonds on the management interface); XCP-ng
    documentation, Networking.
    """
    assert redundant_management(host), (
        f"expected a bond, actual {several(device(pif) for pif in host.management_interfaces)} alone"
    )


@control(
    "HOST-MULTIPATH-01",
    severity="high",
    evidence=("multipathed_connections.other_config", "other_config.mpath-boot"),
)
def test_storage_paths_are_up(host: Host) -> str:
    """Every path to multipathed storage is up.

    Why: Multipathing hides the loss of a path until the last one goes; then all VMs on that storage stop,
    with what they had not written.
    Pass: To each device as many paths are up as were ever seen, and more than one.
    Fail: A path is lost, or there is but one.
    Unknown: The connections could not be read, the counts are unreadable, or the host is not live.
    Not applicable: The host has no storage over several paths.
    Verify: multipath -ll on the host; xe pbd-list host-uuid={uuid} params=sr-name-label,other-config
    Fix: Look at cables, switches, zoning and storage controllers of the lost path; the counts follow by
    themselves (window: live).
    Sources: sm, mpathcount.py; XenCenter, PBD.cs (ParsePathCounts).
    """
    paths = host.paths
    if not paths:
        raise NotApplicable("the host has no storage over several paths")
    broken = [str(path) for path in paths if not path.safe]
    assert not broken, f"expected all paths up and more than one, actual {several(broken)}"
    return several(map(str, paths))


@control(
    "HOST-MULTIPATH-02",
    severity="medium",
    evidence=("pool.hosts.multipathing", "pool.hosts.other_config.multipathing"),
)
def test_multipathing_is_the_pool_s(host: Host) -> None:
    """Multipathing is switched as on most hosts of the pool.

    Why: Where one host has it off, the VMs that move there hang on one path without anybody knowing.
    Pass: Most hosts have it on, or most have it off, as this one.
    Fail: No more than half of them have it as this one.
    Unknown: It is not told, here or by too many of the other hosts.
    Not applicable: The pool has one host.
    Verify: xe host-list params=name-label,multipathing
    Fix: Put the host into maintenance mode, then xe host-param-set uuid={uuid} multipathing=true (window:
    host evacuation).
    Sources: XenServer documentation, Storage multipathing (the same on all hosts of a pool).
    """
    others = dissent(host, lambda each: "multipathing" if each.multipathing else "no multipathing")
    assert not others, f"expected the same on all hosts, actual another here: {spelled(others)}"
