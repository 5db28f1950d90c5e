"""Hot-plugging: can a running VM get another disk or interface?"""

from fixtures.controls import control
from fixtures.facts.hotplug import DECIDED_BY, hotplug
from fixtures.facts.vm import VM


@control("VM-HOTPLUG-01", severity="medium", evidence=(*DECIDED_BY, "guest_metrics.can_use_hotplug_vbd"))
def test_disks_can_be_hot_plugged(vm: VM) -> str:
    """Disks can be hot-plugged.

    Why: Without it a full disk, a backup that attaches disks, or a disk that must go means a shutdown.
    Pass: The drivers claim it (can_use_hotplug_vbd is yes); or they claim nothing (unspecified) and PV
    drivers are at work or report a version. PV, PVH and PV-in-PVH guests can by construction.
    Fail: The drivers claim that they cannot (no), or claim nothing and there are no PV drivers; then xapi
    refuses to plug disks.
    Unknown: The VM is not running or has just started; its domain type is not known; or its report cannot be
    read.
    Verify: xe vm-param-get uuid={uuid} param-name=can-use-hotplug-vbd
    Fix: Where VM-TOOLS-01 fails, repair that first. Else update the tools (window: in guest; Windows: guest
    reboot).
    Sources: xen-api, xapi_vbd_helpers.ml (valid_operations) and datamodel of VM_guest_metrics.
    """
    disks = hotplug(vm, "vbd")
    assert disks.possible, f"no disk can be plugged while it runs: {disks.sign}"
    return disks.sign


@control("VM-HOTPLUG-02", severity="low", evidence=(*DECIDED_BY, "guest_metrics.can_use_hotplug_vif"))
def test_interfaces_can_be_hot_plugged(vm: VM) -> str:
    """Interfaces can be hot-plugged.

    Why: Without it another network, or a move to another one, means a shutdown.
    Pass: The drivers claim it (can_use_hotplug_vif is yes); or they claim nothing (unspecified) and PV
    drivers are at work or report a version. PV, PVH and PV-in-PVH guests can by construction.
    Fail: The drivers claim that they cannot (no), or claim nothing and there are no PV drivers; then xapi
    refuses to plug interfaces.
    Unknown: As for VM-HOTPLUG-01.
    Verify: xe vm-param-get uuid={uuid} param-name=can-use-hotplug-vif
    Fix: Where VM-TOOLS-01 fails, repair that first. Else update the tools (window: in guest; Windows: guest
    reboot).
    Sources: xen-api, xapi_vif_helpers.ml (valid_operations) and datamodel of VM_guest_metrics.
    """
    interfaces = hotplug(vm, "vif")
    assert interfaces.possible, f"no interface can be plugged while it runs: {interfaces.sign}"
    return interfaces.sign
