"""PV drivers: does the guest use fast devices, or emulated ones?"""

from fixtures.controls import control
from fixtures.facts.drivers import DECIDED_BY
from fixtures.facts.vm import VM


@control(
    "VM-DRIVERS-01",
    severity="high",
    evidence=DECIDED_BY,
    gates=("migration", "upgrade"),
)
def test_pv_drivers_are_active(vm: VM) -> str:
    """PV drivers are active.

    Why: Without them a guest runs on slow emulated disks and network cards, sees four disk positions
    only, and cannot be migrated or suspended.
    Pass: The guest is PV, PVH or PV-in-PVH; or it is HVM, runs, and a device of it is connected through a
    PV driver.
    Fail: The guest is HVM, runs, and reports no PV driver.
    Unknown: The domain type is not known; the HVM guest is not running; its report cannot be read; or it
    started so recently that it may not have reported yet (policy: tools.grace_minutes).
    Verify: xe vm-param-get uuid={uuid} param-name=PV-drivers-detected
    Fix: Windows: where VM-TOOLS-01 fails, repair that first: the tools bring the drivers; else install them
    anew (window: in guest, one reboot or two). Linux: the drivers are in the kernel; see that xen-blkfront
    and xen-netfront are there and that the kernel command line does not say xen_nopv (window: guest
    reboot).
    Sources: xenopsd (PV_drivers_detected); xen-api, xapi_pv_driver_version.ml.
    """
    drivers = vm.drivers
    assert drivers.active, drivers.sign
    return drivers.sign
