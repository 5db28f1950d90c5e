"""Virtual hardware: a mode that lasts, and platform settings that fit the guest."""

from fixtures.controls import control
from fixtures.facts.enlightenments import (
    HAS_DEVICE_ID,
    SIGNS_OF_WINDOWS,
    WINDOWS_DEVICE,
    missing_enlightenments,
    runs_windows,
)
from fixtures.facts.judging import NotApplicable, Unknown
from fixtures.facts.subject import required
from fixtures.facts.vm import VM
from fixtures.policy import Policy
from fixtures.printable import printable


@control(
    "VM-MODE-01",
    severity="high",
    evidence=("power_state", "domain_type", "metrics.current_domain_type", "HVM_boot_policy"),
    gates=("upgrade",),
)
def test_no_pv_mode(vm: VM) -> str:
    """The VM does not run in PV mode.

    Why: PV mode is removed: XenServer 8 and XCP-ng 8.3 start no such VM. XenCenter stops an upgrade for it.
    Pass: The domain type is hvm or pvh.
    Fail: It is pv, or pv_in_pvh, which only bridges the time until the guest is converted.
    Unknown: The domain type cannot be found out, or is unspecified.
    Verify: xe vm-param-get uuid={uuid} param-name=domain-type
    Fix: Install a kernel and boot loader for HVM in the guest, then xe vm-param-set uuid={uuid}
    domain-type=hvm HVM-boot-policy="BIOS order" (window: VM off, after a snapshot).
    Sources: XenCenter, PVGuestsCheck.cs; XenServer and XCP-ng documentation, upgrade; xen-api,
    datamodel_vm.ml (domain_type).
    """
    domain_type = vm.domain_type
    if domain_type not in {"hvm", "pvh", "pv", "pv_in_pvh"}:
        raise Unknown(f"the domain type is {printable(domain_type or 'not known', 40)}")
    assert domain_type in {"hvm", "pvh"}, f"domain type: expected hvm, actual {domain_type}"
    return f"domain type {domain_type}"


@control("VM-NET-01", severity="medium", evidence=("VIFs", "interfaces.device"))
def test_interfaces_are_within_the_limit(vm: VM, policy: Policy) -> None:
    """The VM has no more interfaces than its hosts carry.

    Why: Interfaces beyond the limit are untested: they may not appear in the guest, or keep it from starting.
    Pass: The number of its interfaces is within the limit (policy: hardware.interfaces).
    Fail: It is beyond.
    Unknown: Its interfaces cannot be read.
    Verify: xe vif-list vm-uuid={uuid}
    Fix: xe vif-destroy uuid=<vif>; take several networks to the guest in one interface with VLANs instead
    (window: live, or VM off without PV drivers).
    Sources: XenServer documentation, configuration limits (7); xcp-ng-tests, test_vif_limit.py (16).
    """
    found, limit = len(vm.interfaces), policy.hardware.interfaces
    assert found <= limit, f"interfaces: expected at most {limit}, actual {found}"


@control(
    "VM-WINDOWS-01",
    severity="medium",
    evidence=(
        *SIGNS_OF_WINDOWS,
        "platform.viridian_time_ref_count",
        "platform.viridian_reference_tsc",
        "platform.viridian_apic_assist",
        "platform.viridian_crash_ctl",
        "platform.viridian_stimer",
        "pool.product_version",
    ),
)
def test_windows_has_its_enlightenments(vm: VM) -> None:
    """Windows has its viridian enlightenments.

    Why: Without them Windows does not know that it is a guest: it loses time and performance, and stops with
    a blue screen when its vCPUs are not scheduled as evenly as it expects.
    Pass: platform has viridian and the enlightenments that the vendors set: viridian_time_ref_count and
    viridian_reference_tsc (since 7.0), viridian_apic_assist, viridian_crash_ctl and viridian_stimer (since
    8.2).
    Fail: One of them is missing or not "true".
    Unknown: The platform, the guest's report or the pool's release cannot be read; or the guest reports no
    operating system, and viridian and device_id do not agree on Windows.
    Not applicable: It does not run Windows.
    Verify: xe vm-param-get uuid={uuid} param-name=platform
    Fix: xe vm-param-set uuid={uuid} platform:viridian=true platform:viridian_time_ref_count=true … (window:
    VM off, after a snapshot).
    Sources: XCP-ng documentation, Windows VMs; xenserver/guest-templates-json, base-windows.json.
    """
    if not runs_windows(vm):
        raise NotApplicable("the VM does not run Windows")
    missing = missing_enlightenments(vm)
    assert not missing, f'platform: expected "true", missing {", ".join(missing)}'


@control("VM-WINDOWS-02", severity="medium", evidence=SIGNS_OF_WINDOWS)
def test_the_device_id_fits_the_guest(vm: VM) -> None:
    """The platform's device_id fits the guest.

    Why: Windows' drivers look for device 0002, and Linux's for 0001 only: with the wrong one a guest may stay
    on emulated disks and interfaces.
    Pass: Windows has device_id 0002; any other guest has not.
    Fail: Windows has another one or none, or another guest has 0002.
    Unknown: The platform or the guest's report cannot be read; or it reports no operating system, and
    viridian and device_id do not agree on Windows.
    Not applicable: Releases before 6.1 have no device_id.
    Verify: xe vm-param-get uuid={uuid} param-name=platform param-key=device_id
    Fix: xe vm-param-set uuid={uuid} platform:device_id=0002 for Windows, 0001 for others (window: VM off,
    after a snapshot; with old PV drivers in Windows leave it, and waive this: they may not start after it).
    Sources: XCP-ng documentation, Windows VMs; xenserver/guest-templates-json, base-windows.json and
    base-hvmlinux.json; Xen, xen-pci-device-reservations.
    """
    if vm.pool.product_version and not vm.pool.has_release(HAS_DEVICE_ID):
        raise NotApplicable(f"releases before {HAS_DEVICE_ID} have no device_id")
    actual = required(vm.record.platform, "VM.platform", vm.pool).get("device_id", "")
    shown = printable(actual, 20) or "none"
    if runs_windows(vm):
        assert actual == WINDOWS_DEVICE, f"device_id for Windows: expected {WINDOWS_DEVICE}, actual {shown}"
    else:
        assert actual != WINDOWS_DEVICE, (
            f"device_id: expected none or 0001, actual {shown}, which is Windows'"
        )
