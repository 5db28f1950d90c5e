"""Mobility: can the VM leave its host?"""

from fixtures.controls import control
from fixtures.facts.subject import several
from fixtures.facts.vm import VM
from fixtures.printable import printable
from fixtures.verdict import Gate

PLANS: tuple[Gate, ...] = ("migration", "upgrade")


@control(
    "VM-NESTED-01",
    severity="high",
    evidence=("metrics.nested_virt", "platform.nested-virt", "platform.exp-nested-hvm"),
    gates=PLANS,
)
def test_nested_virtualization_is_off(vm: VM) -> None:
    """Nested virtualization is off.

    Why: xapi neither migrates nor suspends a VM that may run a hypervisor of its own, and pins its memory;
    its host can be emptied only by shutting it down.
    Pass: Neither the running VM nor its platform has nested virtualization.
    Fail: VM_metrics.nested_virt is true, or platform nested-virt or exp-nested-hvm is.
    Unknown: The platform or VM_metrics.nested_virt is missing or unreadable.
    Verify: xe vm-param-get uuid={uuid} param-name=platform
    Fix: xe vm-param-set uuid={uuid} platform:nested-virt=false (window: VM off).
    Sources: xen-api, xapi_vm_lifecycle.ml (VM_IS_IMMOBILE) and vm_platform.ml; XenServer documentation:
    unsupported for guests.
    """
    assert not vm.mobility.nested_virtualization, "nested virtualization: expected off, actual on"


@control(
    "VM-NESTED-02",
    severity="high",
    evidence=("metrics.nomigrate", "platform.nomigrate"),
    gates=PLANS,
)
def test_nothing_marks_the_vm_immobile(vm: VM) -> None:
    """Nothing marks the VM immobile.

    Why: xapi neither migrates nor suspends a VM that is marked so; its host can be emptied only by shutting
    it down.
    Pass: Neither the running VM nor its platform has nomigrate.
    Fail: VM_metrics.nomigrate is true, or platform nomigrate is.
    Unknown: The platform or VM_metrics.nomigrate is missing or unreadable.
    Verify: xe vm-param-get uuid={uuid} param-name=platform
    Fix: xe vm-param-remove uuid={uuid} param-name=platform param-key=nomigrate, after asking who set it
    (window: guest reboot).
    Sources: xen-api, xapi_vm_lifecycle.ml (VM_IS_IMMOBILE).
    """
    assert not vm.mobility.immobile, "nomigrate: expected not set, actual true"


@control("VM-TIED-01", severity="high", evidence=("attached_PCIs", "other_config.pci"), gates=PLANS)
def test_no_pci_device_is_passed_through(vm: VM) -> None:
    """No PCI device of the host is passed through.

    Why: The VM cannot leave the host that has the device (VM_HAS_PCI_ATTACHED).
    Pass: No device is attached, and none is configured for the next start.
    Fail: attached_PCIs is not empty, or other_config pci names a device. Virtual functions of network cards
    and some vGPUs count too: see VM-TIED-03 and -04.
    Unknown: attached_PCIs or other_config is missing or unreadable.
    Verify: xe vm-param-get uuid={uuid} param-name=other-config param-key=pci
    Fix: xe vm-param-remove uuid={uuid} param-name=other-config param-key=pci (window: VM off); or plan a
    shutdown when its host is emptied.
    Sources: xen-api, xapi_vm_lifecycle.ml and pciops.ml; XCP-ng documentation, PCI passthrough.
    """
    found = vm.mobility.pci_devices
    assert not found, f"PCI devices: expected none, actual {found}"


@control("VM-TIED-02", severity="high", evidence=("VUSBs",), gates=PLANS)
def test_no_usb_device_is_passed_through(vm: VM) -> None:
    """No USB device of the host is passed through.

    Why: The VM cannot leave the host that has the device, and cannot be suspended (VM_HAS_VUSBS).
    Pass: It has no VUSB.
    Fail: It has one.
    Unknown: VUSBs is missing or unreadable.
    Not applicable: Releases before 7.3 pass no USB devices through.
    Verify: xe vusb-list vm-uuid={uuid}
    Fix: xe vusb-unplug uuid=<vusb>, then xe vusb-destroy uuid=<vusb> (window: in guest, after ejecting it).
    Sources: xen-api, xapi_vm_lifecycle.ml; XenServer documentation, USB pass-through.
    """
    found = vm.mobility.usb_devices
    assert not found, f"USB devices: expected none, actual {found}"


@control("VM-TIED-03", severity="high", evidence=("VGPUs",), gates=PLANS)
def test_no_vgpu_is_attached(vm: VM) -> None:
    """No virtual GPU is attached.

    Why: Most vGPUs cannot be moved with their VM (VM_HAS_VGPU), the others only to a host with the same
    card and driver; none restarts elsewhere under HA.
    Pass: It has no vGPU.
    Fail: It has one.
    Unknown: VGPUs is missing or unreadable.
    Not applicable: Releases before 6.0 have no vGPUs.
    Verify: xe vgpu-list vm-uuid={uuid}
    Fix: xe vgpu-destroy uuid=<vgpu> (window: VM off). Where the vGPU is what the VM is for: plan its
    shutdown when its host is emptied.
    Sources: xen-api, xapi_vm_lifecycle.ml and agility.ml; XenServer documentation, graphics.
    """
    found = vm.mobility.vgpus
    assert not found, f"vGPUs: expected none, actual {found}"


@control(
    "VM-TIED-04",
    severity="high",
    evidence=(
        "VIFs",
        "interfaces.network",
        "host_interfaces.sriov_logical_PIF_of",
        "host_interfaces.VLAN_master_of",
    ),
    gates=PLANS,
)
def test_no_interface_is_a_virtual_function(vm: VM) -> None:
    """No interface is a virtual function of a network card (SR-IOV).

    Why: The function belongs to the card of one host: the VM cannot be migrated or suspended
    (VM_HAS_SRIOV_VIF).
    Pass: None of its networks is one of SR-IOV.
    Fail: An interface is in a network with the logical PIF of a network_sriov, or with a VLAN on one.
    Unknown: Its interfaces, their networks, or the hosts' interfaces in them cannot be read.
    Not applicable: Releases before 7.5 have no SR-IOV networks.
    Verify: xe pif-list network-uuid=<network of the interface> params=sriov-logical-PIF-of
    Fix: Move the interface to an ordinary network (xe vif-create, xe vif-plug, then remove the old one;
    window: in guest).
    Sources: xen-api, xapi_network_sriov_helpers.ml (is_sriov_network); XenServer documentation, SR-IOV.
    """
    found = vm.mobility.virtual_functions
    named = ", ".join(printable(device, 20) for device in found)
    assert not found, f"SR-IOV: expected no interface, actual {named}"


@control(
    "VM-HARDWARE-01",
    severity="high",
    evidence=("hardware_platform_version", "pool.hosts.virtual_hardware_platform_versions"),
    gates=PLANS,
)
def test_all_hosts_offer_the_virtual_hardware(vm: VM) -> None:
    """All hosts offer the VM's version of virtual hardware.

    Why: xapi neither starts nor migrates a VM to a host that does not offer it: a mixed pool, or a VM from
    a newer one.
    Pass: virtual_hardware_platform_versions of each host has the VM's hardware_platform_version.
    Fail: A host lacks it.
    Unknown: The VM's version or a host's list is missing, unreadable or empty.
    Not applicable: Releases before 7.0, some of which have no such versions.
    Verify: xe vm-param-get uuid={uuid} param-name=hardware-platform-version
    Fix: Bring the hosts to the same release (window: host evacuation).
    Sources: xen-api, xapi_vm_helpers.ml (VM_HOST_INCOMPATIBLE_VIRTUAL_HARDWARE_PLATFORM_VERSION).
    """
    lacking = vm.mobility.hosts_without_platform
    named = several((printable(host.name or host.uuid or host.ref, 40) for host in lacking), 3)
    assert not lacking, (
        f"version {vm.record.hardware_platform_version}: expected on all hosts, lacking on {named}"
    )
