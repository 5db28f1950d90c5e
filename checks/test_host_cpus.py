"""CPUs of hosts: can VMs move between them, and reach devices directly?"""

from fixtures.controls import control
from fixtures.facts.agreement import dissent, spelled
from fixtures.facts.host import Host
from fixtures.facts.judging import Unknown
from fixtures.facts.subject import quoted, required, several


@control(
    "HOST-CPU-02",
    severity="high",
    evidence=("pool.hosts.cpu_info.vendor", "cpus.vendor"),
    gates=("migration", "upgrade"),
)
def test_cpu_vendor_is_the_pool_s(host: Host) -> str:
    """The CPUs are of the same vendor as those of most hosts in the pool.

    Why: A running VM cannot move between CPUs of Intel and of AMD: neither live, nor suspended there and
    resumed here. A rolling upgrade of such a pool gets stuck.
    Pass: Most hosts of the pool have CPUs of this vendor.
    Fail: No more than half of them have.
    Unknown: The vendor is not told, or by too few of the other hosts.
    Not applicable: The pool has one host.
    Verify: xe host-list params=name-label,cpu_info
    Fix: Put hosts with CPUs of the other vendor into a pool of their own (window: host evacuation; VMs move
    there switched off).
    Sources: xen-api, cpuid_helpers.ml (assert_vm_is_compatible); XenCenter, AssertCanEvacuateUpgradeCheck.cs.
    """
    others = dissent(host, lambda each: each.cpu_vendor)
    assert not others, f"expected one vendor in the pool, actual {host.cpu_vendor}; {spelled(others)}"
    return host.cpu_vendor


@control(
    "HOST-CPU-03",
    severity="medium",
    evidence=("pool.hosts.cpu_info.features_hvm", "pool.hosts.cpu_info.features"),
)
def test_cpu_features_are_the_pool_s(host: Host) -> None:
    """The CPUs have the same features as those of most hosts in the pool.

    Why: xapi gives VMs only what all hosts of the pool have. One older host, or one with another BIOS
    setting, takes features away from all VMs that start; VMs that started before it came cannot move to it.
    Pass: Most hosts offer the same features to HVM guests (before 7.0: have the same features).
    Fail: No more than half of them do.
    Unknown: The features are not told, or by too few of the other hosts.
    Not applicable: The pool has one host; releases before 5.6, which do not tell features.
    Verify: xe host-list params=name-label,cpu_info
    Fix: Compare BIOS versions and settings, and microcode; else keep hosts of one CPU generation in a pool
    (window: host evacuation). Start VMs again that should lose or gain features (window: guest reboot).
    Sources: xen-api, cpuid_helpers.ml; XenCenter, PoolJoinRules.cs (CompatibleCPUs).
    """
    others = dissent(host, lambda each: each.cpu_features)
    assert not others, (
        f"expected the features of most hosts, actual others than {several(quoted(o.name) for o in others)}"
    )


@control("HOST-IOMMU-01", severity="low", evidence=("chipset_info.iommu",))
def test_iommu_is_on(host: Host) -> None:
    """The IOMMU is on.

    Why: Without it (Intel VT-d, AMD-Vi) no PCI device, GPU or SR-IOV function can be given to a VM.
    Pass: chipset_info.iommu is true.
    Fail: It is false: switched off in the BIOS, or not there.
    Unknown: The host does not tell.
    Not applicable: Releases before 6.0.
    Verify: xe host-param-get uuid={uuid} param-name=chipset-info
    Fix: Switch on VT-d or AMD-Vi (IOMMU) in the BIOS set-up and start the host again (window: host
    evacuation).
    Sources: xen-api, datamodel of host (chipset_info); Xen, iommu.
    """
    iommu = required(host.record.chipset_info, "host.chipset_info", host.pool, since="6.0").get("iommu")
    if iommu not in {"true", "false"}:
        raise Unknown("host.chipset_info tells no iommu")
    assert iommu == "true", "expected an IOMMU, actual none that Xen uses"
