"""Virtual hardware: one thing changed, one verdict."""

from typing import Any

import msgspec
import pytest

from fixtures.facts.enlightenments import ENLIGHTENMENTS
from fixtures.facts.pool import Pool
from fixtures.policy import Policy
from fixtures.policy.sections import Hardware, Memory
from fixtures.verdict import Word
from tests.building import ABSENT, GIB, a_pool, a_reading, judged, verdict
from tests.checks.test_truth_tables import bounds, disks
from tests.guests import SILENT, domain, product, unreadable

NO_RELEASE: dict[str, Any] = {"host.software_version": {}}


def platform(**keys: str) -> dict[str, Any]:
    """A VM with these platform settings, `_` standing for `-` in cores_per_socket and its like."""
    return {"VM.platform": {key.replace("_", "-"): value for key, value in keys.items()}}


def system(name: str, **rest: str) -> dict[str, Any]:
    """A guest that reports this operating system."""
    return {"VM_guest_metrics.os_version": {"name": name, **rest}}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (platform(cores_per_socket="2"), "pass"),
        (platform(), "pass"),
        ({"VM.VCPUs_max": 16}, "pass"),
        ({"VM.VCPUs_max": 17}, "fail"),
        ({"VM.VCPUs_max": 32} | platform(cores_per_socket="2"), "pass"),
        ({"VM.VCPUs_max": 3} | platform(cores_per_socket="2"), "fail"),
        ({"VM.VCPUs_max": 0}, "fail"),
        *[
            (platform(cores_per_socket=cores), "fail")
            for cores in ("0", "-1", "abc", "", "٢", "9" * 5000, "0" * 5000 + "1")
        ],
        ({"VM.VCPUs_max": ABSENT}, "unknown"),
        ({"VM.platform": ABSENT}, "unknown"),
        ({"VM.power_state": "Halted"}, "pass"),
    ],
)
def test_vcpu_topology(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-CPU-01", changes, expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"VM.VCPUs_max": 32}, "pass"),
        ({"VM.VCPUs_max": 33}, "fail"),
        ({"VM.VCPUs_max": ABSENT}, "unknown"),
        ({"VM.platform": ABSENT}, "pass"),
    ],
)
def test_vcpu_limits(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-CPU-02", changes, expected)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, "pass"),
        ({"weight": "256", "cap": "0", "mask": ""}, "pass"),
        ({"weight": "512"}, "fail"),
        ({"cap": "50"}, "fail"),
        ({"mask": "0,1"}, "fail"),
        (ABSENT, "unknown"),
    ],
)
def test_vcpu_scheduling(parameters: object, expected: Word) -> None:
    judged("VM-CPU-03", {"VM.VCPUs_params": parameters}, expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (bounds(1, 1, 2, 4), "pass"),
        (bounds(1, 1, 2, 4.5), "fail"),
        (bounds(1, 1, 1, 8), "not_applicable"),
        (bounds(1, 1, 2, 8) | {"VM_metrics.nested_virt": True}, "not_applicable"),
        (bounds(1, 1, 2, 8) | unreadable("VM_metrics.nested_virt"), "unknown"),
        ({"VM.memory_static_max": ABSENT}, "unknown"),
        (bounds(1, 1, 2, 8) | {"VM.power_state": "Halted"}, "fail"),
    ],
)
def test_dynamic_minimum(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-MEMORY-03", changes, expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (disks(*map(str, range(1, 241))), "pass"),
        (disks(*map(str, range(1, 242))), "fail"),
        ({"VM.VBDs": ["OpaqueRef:gone"]}, "unknown"),
        ({"VM.VBDs": ABSENT}, "unknown"),
    ],
)
def test_drives(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-DISKS-03", changes, expected)


LARGE = {"VDI.virtual_size": 2041 * GIB}
HUGE = {"VDI.virtual_size": 16385 * GIB}
NOTHING_TOLD: dict[str, Any] = {"VDI.sm_config": {}}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"VDI.virtual_size": 2040 * GIB}, "pass"),
        (LARGE, "fail"),
        (LARGE | {"VDI.sm_config": {"vdi_type": "qcow2"}}, "pass"),
        (LARGE | {"VDI.sm_config": {"image-format": "qcow2", "vdi_type": "vhd"}}, "pass"),
        (HUGE | {"VDI.sm_config": {"image-format": "qcow2"}}, "fail"),
        (HUGE | {"VDI.sm_config": {"vdi_type": "aio"}}, "pass"),
        (HUGE | {"VDI.sm_config": {"type": "raw"}}, "pass"),
        # the kind of SR tells what its images are, until it may hold two kinds
        (LARGE | NOTHING_TOLD, "unknown"),
        (LARGE | NOTHING_TOLD | product("8.2.1"), "fail"),
        (LARGE | NOTHING_TOLD | {"SR.type": "gfs2"}, "pass"),
        (HUGE | NOTHING_TOLD | {"SR.type": "gfs2"}, "fail"),
        (LARGE | NOTHING_TOLD | {"SR.type": "lvmoiscsi"} | product("8.2.1"), "unknown"),
        (LARGE | NOTHING_TOLD | {"SR.type": ABSENT} | product("8.2.1"), "unknown"),
        (LARGE | NOTHING_TOLD | {"VDI.SR": "OpaqueRef:gone"} | product("8.2.1"), "unknown"),
        (NOTHING_TOLD, "pass"),
        (LARGE | {"VBD.type": "CD"}, "pass"),
        (LARGE | {"VBD.VDI": "OpaqueRef:NULL", "VBD.empty": True}, "pass"),
        ({"VBD.VDI": "OpaqueRef:gone"}, "unknown"),
        ({"VDI.virtual_size": ABSENT}, "unknown"),
        ({"VM.VBDs": ["OpaqueRef:gone"]}, "unknown"),
    ],
)
def test_disks_and_their_formats(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-DISKS-04", changes, expected)


def test_one_disk_that_is_too_large_counts_among_others_that_nobody_knows() -> None:
    more = {
        "VM.VBDs": ["OpaqueRef:VBD", "OpaqueRef:VBD2"],
        "VBD:2.userdevice": "1",
        "VBD:2.VDI": "OpaqueRef:VDI2",
        "VDI:2.virtual_size": ABSENT,
    }
    judged("VM-DISKS-04", more, "unknown")
    judged("VM-DISKS-04", more | LARGE, "fail")


def interfaces(number: int) -> dict[str, Any]:
    """A VM with so many interfaces."""
    refs = [f"OpaqueRef:VIF{each or ''}" for each in range(number)]
    return {"VM.VIFs": refs} | {f"VIF:{each}.device": str(each) for each in range(1, number)}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (interfaces(7), "pass"),
        (interfaces(8), "fail"),
        ({"VM.VIFs": ["OpaqueRef:gone"]}, "unknown"),
        ({"VM.VIFs": ABSENT}, "unknown"),
        ({"VM.VIFs": ABSENT} | product("5.6.0"), "pass"),
        (unreadable("VM.VIFs") | product("5.6.0"), "unknown"),
    ],
)
def test_number_of_interfaces(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-NET-01", changes, expected)


def test_an_interface_counts_that_does_not_say_whose_it_is() -> None:
    judged("VM-NET-01", interfaces(8) | {"VIF:7.VM": ABSENT}, "fail")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        *[
            (domain(type_, state), word)
            for state in ("Running", "Halted", "Suspended")
            for type_, word in (("hvm", "pass"), ("pvh", "pass"), ("pv", "fail"), ("pv_in_pvh", "fail"))
        ],
        (domain("unspecified"), "unknown"),
        ({"VM.metrics": "OpaqueRef:gone"}, "unknown"),
        ({"VM_metrics.current_domain_type": ABSENT}, "unknown"),
        # before 7.5 HVM_boot_policy decided
        (
            {"VM.domain_type": ABSENT, "VM_metrics.current_domain_type": ABSENT, "VM.HVM_boot_policy": ""}
            | product("6.1.0"),
            "fail",
        ),
    ],
)
def test_mode(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-MODE-01", changes, expected)


FLAGS = (("VM-NESTED-01", "nested_virt", "nested-virt"), ("VM-NESTED-02", "nomigrate", "nomigrate"))


@pytest.mark.parametrize(("control", "flag", "key"), FLAGS)
def test_flags_that_pin_a_vm(control: str, flag: str, key: str) -> None:
    rows: list[tuple[dict[str, Any], Word]] = [
        ({}, "pass"),
        ({f"VM_metrics.{flag}": True}, "fail"),
        ({"VM.platform": {key: "true"}}, "fail"),
        ({"VM.platform": {key: "1"}}, "fail"),
        ({"VM.platform": {key: "false"}}, "pass"),
        ({"VM.power_state": "Halted", "VM.metrics": "OpaqueRef:NULL"}, "pass"),
        ({f"VM_metrics.{flag}": ABSENT}, "unknown"),
        ({f"VM_metrics.{flag}": ABSENT} | product("6.5.0"), "pass"),
        ({"VM.metrics": "OpaqueRef:gone"}, "unknown"),
        ({"VM.platform": ABSENT}, "unknown"),
        (unreadable("VM.platform") | {f"VM_metrics.{flag}": True}, "fail"),
    ]
    for changes, expected in rows:
        judged(control, changes, expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"VM.attached_PCIs": ["OpaqueRef:pci"]}, "fail"),
        ({"VM.other_config": {"pci": "0/0000:04:00.0"}}, "fail"),
        ({"VM.other_config": {"pci": ""}}, "pass"),
        ({"VM.attached_PCIs": ABSENT}, "unknown"),
        ({"VM.attached_PCIs": ABSENT} | product("5.6.0"), "pass"),
        ({"VM.attached_PCIs": ABSENT, "VM.other_config": {"pci": "0/0000:04:00.0"}}, "fail"),
        ({"VM.other_config": ABSENT}, "unknown"),
        ({"VM.other_config": ABSENT, "VM.attached_PCIs": ["OpaqueRef:pci"]}, "fail"),
    ],
)
def test_pci_devices(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-TIED-01", changes, expected)


@pytest.mark.parametrize(
    ("control", "field", "before"), [("VM-TIED-02", "VUSBs", "7.2"), ("VM-TIED-03", "VGPUs", "5.6.1")]
)
def test_usb_devices_and_vgpus(control: str, field: str, before: str) -> None:
    judged(control, {}, "pass")
    judged(control, {f"VM.{field}": ["OpaqueRef:device"]}, "fail")
    judged(control, {f"VM.{field}": ABSENT}, "unknown")
    judged(control, {f"VM.{field}": ABSENT} | product(before), "not_applicable")
    judged(control, {f"VM.{field}": ABSENT} | NO_RELEASE, "unknown")


VLAN_ON_SRIOV = {
    "PIF.VLAN_master_of": "OpaqueRef:vlan",
    "PIF:3.network": "OpaqueRef:network3",
    "PIF:3.VLAN_slave_of": ["OpaqueRef:vlan"],
    "PIF:3.sriov_logical_PIF_of": ["OpaqueRef:sriov"],
}
NO_SRIOV = {f"PIF{number}.sriov_logical_PIF_of": ABSENT for number in ("", ":2")}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"PIF.sriov_logical_PIF_of": ["OpaqueRef:sriov"]}, "fail"),
        (VLAN_ON_SRIOV, "fail"),
        (VLAN_ON_SRIOV | {"PIF.VLAN_master_of": "OpaqueRef:other"}, "pass"),
        # the physical interface below it serves other guests as ever
        ({"PIF.sriov_physical_PIF_of": ["OpaqueRef:sriov"]}, "pass"),
        ({"PIF": ABSENT, "network.PIFs": []}, "pass"),
        ({"PIF": ABSENT}, "unknown"),
        ({"VM.VIFs": [], "VIF": ABSENT}, "pass"),
        (NO_SRIOV, "unknown"),
        (NO_SRIOV | product("7.4.0"), "not_applicable"),
        ({"VIF.network": ABSENT}, "unknown"),
        ({"VIF.network": "OpaqueRef:gone"}, "unknown"),
        ({"VM.VIFs": ["OpaqueRef:gone"]}, "unknown"),
    ],
)
def test_sriov(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-TIED-04", changes, expected)


NEEDED = {
    "VM-NET-01": ("VIF",),
    "VM-TIED-04": ("VIF", "PIF", "network"),
    "VM-DISKS-03": ("VBD",),
    "VM-DISKS-04": ("VBD", "VDI"),
    "VM-HARDWARE-01": ("host",),
    "VM-NESTED-01": ("VM_metrics",),
    "VM-NESTED-02": ("VM_metrics",),
    "VM-MODE-01": ("VM_metrics",),
}


@pytest.mark.parametrize(
    ("control", "unread"), [(control, each) for control, needed in NEEDED.items() for each in needed]
)
def test_what_could_not_be_read_is_unknown(control: str, unread: str) -> None:
    reading = a_reading({unread: ABSENT})
    assert verdict(control, Pool(msgspec.structs.replace(reading, unread={unread: "denied"})))[0] == "unknown"


OFFERED = "virtual_hardware_platform_versions"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"VM.hardware_platform_version": 0}, "pass"),
        ({"VM.hardware_platform_version": 3}, "fail"),
        ({f"host:2.{OFFERED}": [0, 1]}, "fail"),
        ({f"host:2.{OFFERED}": [0, 1], f"host.{OFFERED}": ABSENT}, "fail"),
        ({f"host.{OFFERED}": ABSENT}, "unknown"),
        ({f"host.{OFFERED}": []}, "unknown"),
        ({"VM.hardware_platform_version": ABSENT}, "unknown"),
        ({"VM.hardware_platform_version": ABSENT} | product("6.2.0"), "not_applicable"),
    ],
)
def test_virtual_hardware_platform(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-HARDWARE-01", changes, expected)


def test_hosts_without_the_platform_are_named_and_few() -> None:
    hosts = {f"host:{number}.name_label": f"xen{number}\x1b" for number in range(3, 20)}
    _, reason = verdict("VM-HARDWARE-01", a_pool(hosts | {"VM.hardware_platform_version": 3}))
    assert "xen1, xen2, xen3\\x1b and 16 more" in reason


WINDOWS = {"viridian": "true", "device_id": "0002"}
ENLIGHTENED = {"device_id": "0002", **dict.fromkeys(ENLIGHTENMENTS, "true")}
REPORTS_WINDOWS = system("Microsoft Windows Server 2022 Standard", distro="windows")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "not_applicable"),
        (domain("pv") | SILENT, "not_applicable"),
        (REPORTS_WINDOWS, "fail"),
        (REPORTS_WINDOWS | {"VM.platform": WINDOWS}, "fail"),
        (REPORTS_WINDOWS | {"VM.platform": ENLIGHTENED}, "pass"),
        (REPORTS_WINDOWS | {"VM.platform": ENLIGHTENED | {"viridian_stimer": "false"}}, "fail"),
        # releases that do not know the later ones
        (REPORTS_WINDOWS | {"VM.platform": WINDOWS} | product("6.5.0"), "pass"),
        (REPORTS_WINDOWS | {"VM.platform": WINDOWS} | product("7.6.0"), "fail"),
        # which of them it should find is not told
        (REPORTS_WINDOWS | {"VM.platform": WINDOWS, "pool": ABSENT}, "unknown"),
        (REPORTS_WINDOWS | {"VM.platform": ENLIGHTENED, "pool": ABSENT}, "pass"),
        (REPORTS_WINDOWS | {"VM.platform": {"device_id": "0002"}, "pool": ABSENT}, "fail"),
        (
            REPORTS_WINDOWS
            | {"VM.platform": WINDOWS | {"viridian_time_ref_count": "true", "viridian_reference_tsc": "true"}}
            | product("7.6.0"),
            "pass",
        ),
        (REPORTS_WINDOWS | {"VM.platform": ABSENT}, "unknown"),
        # nothing reported: what all of the platform says
        (SILENT | {"VM.platform": ENLIGHTENED}, "pass"),
        (SILENT | {"VM.platform": WINDOWS, "VM.power_state": "Halted"}, "fail"),
        (SILENT | {"VM.platform": {}}, "not_applicable"),
        (SILENT | {"VM.platform": ABSENT}, "unknown"),
        ({"VM.guest_metrics": "OpaqueRef:gone"}, "unknown"),
        ({"VM_guest_metrics.os_version": ABSENT}, "unknown"),
        ({"VM_guest_metrics.os_version": {}}, "not_applicable"),
        (SILENT | domain("unspecified") | {"VM.platform": WINDOWS}, "unknown"),
    ],
)
def test_enlightenments(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-WINDOWS-01", changes, expected)


@pytest.mark.parametrize("control", ["VM-WINDOWS-01", "VM-WINDOWS-02"])
def test_other_install_media_is_not_taken_for_windows(control: str) -> None:
    """That template sets viridian and no device_id, whatever is installed."""
    judged(control, SILENT | {"VM.platform": {"viridian": "true"}}, "unknown")


def test_policy_decides_of_limits() -> None:
    generous = Policy(memory=Memory(least_share=0.1), hardware=Hardware(vcpus=128, drives=255, interfaces=16))
    judged("VM-CPU-02", {"VM.VCPUs_max": 128}, "pass", generous)
    judged("VM-CPU-02", {"VM.VCPUs_max": 65} | REPORTS_WINDOWS, "fail", generous)
    judged("VM-CPU-02", {"VM.VCPUs_max": 64} | REPORTS_WINDOWS, "pass", generous)
    judged("VM-MEMORY-03", bounds(1, 1, 2, 8), "pass", generous)
    judged("VM-DISKS-03", disks(*map(str, range(1, 255))), "pass", generous)
    judged("VM-NET-01", interfaces(16), "pass", generous)


def test_policy_decides_of_settings_and_blocks() -> None:
    weighted = Policy(hardware=Hardware(vcpu_settings=("weight",), harmless_blocks=("destroy", "snapshot")))
    judged("VM-CPU-03", {"VM.VCPUs_params": {"weight": "512"}}, "pass", weighted)
    judged("VM-CPU-03", {"VM.VCPUs_params": {"weight": "512", "cap": "50"}}, "fail", weighted)
    judged("VM-BLOCKED-01", {"VM.blocked_operations": {"snapshot": ""}}, "pass", weighted)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"VM.platform": {}}, "fail"),
        ({"VM.platform": {"secureboot": "auto"}}, "unknown"),
        ({"VM.HVM_boot_params": {}}, "fail"),
        (domain("pv"), "not_applicable"),
    ],
)
def test_policy_may_require_secure_boot(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-BOOT-01", changes, expected, Policy(hardware=Hardware(secure_boot="required")))


def test_enlightenments_that_are_missing_are_named() -> None:
    _, reason = verdict("VM-WINDOWS-01", a_pool(REPORTS_WINDOWS | {"VM.platform": WINDOWS}))
    assert "viridian_time_ref_count, viridian_reference_tsc, viridian_apic_assist" in reason


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"VM.platform": {}}, "pass"),
        ({"VM.platform": {"device_id": "0002"}}, "fail"),
        (REPORTS_WINDOWS | {"VM.platform": WINDOWS}, "pass"),
        (REPORTS_WINDOWS | {"VM.platform": {"viridian": "true"}}, "fail"),
        (REPORTS_WINDOWS | {"VM.platform": {"viridian": "true", "device_id": "0001"}}, "fail"),
        (REPORTS_WINDOWS | {"VM.platform": {"viridian": "true"}} | product("6.0.2"), "not_applicable"),
        (SILENT | {"VM.platform": WINDOWS}, "pass"),
        (SILENT | {"VM.platform": {"device_id": "0002"}}, "unknown"),
        ({"VM.guest_metrics": "OpaqueRef:gone"}, "unknown"),
        ({"VM.platform": ABSENT}, "unknown"),
    ],
)
def test_device_id(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-WINDOWS-02", changes, expected)


BIOS = {"VM.HVM_boot_params": {"order": "cdn", "firmware": "bios"}, "VM.platform": {}}
WINDOWS_11 = system("Microsoft Windows 11 Pro|C:\\Windows", distro="windows")
SERVER_2025 = system("Microsoft Windows Server 2025 Standard", distro="windows")
HALTED_WINDOWS = SILENT | {"VM.power_state": "Halted"} | BIOS | {"VM.platform": ENLIGHTENED}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (BIOS, "pass"),
        ({"VM.HVM_boot_params": {"order": "cdn"}, "VM.platform": {}}, "pass"),
        # Secure Boot on a BIOS protects nothing
        (BIOS | {"VM.platform": {"secureboot": "true"}}, "fail"),
        (BIOS | {"VM.platform": {"secureboot": "false"}}, "pass"),
        (BIOS | {"VM.platform": {"secureboot": "auto"}}, "pass"),
        (BIOS | WINDOWS_11, "fail"),
        (BIOS | SERVER_2025, "fail"),
        (BIOS | REPORTS_WINDOWS, "pass"),
        (WINDOWS_11, "pass"),
        # nothing reported: what the template was for
        (HALTED_WINDOWS | {"VM.reference_label": "windows-11"}, "fail"),
        (HALTED_WINDOWS | {"VM.reference_label": "windows-server-2022"}, "pass"),
        (HALTED_WINDOWS | {"VM.reference_label": ""}, "unknown"),
        (HALTED_WINDOWS | {"VM.reference_label": "other-install-media"}, "unknown"),
        (SILENT | BIOS | {"VM.reference_label": ""}, "pass"),
        (BIOS | {"VM.reference_label": "windows-11"}, "pass"),
        (domain("pv"), "not_applicable"),
        (BIOS | product("7.6.0"), "not_applicable"),
        (domain("unspecified"), "unknown"),
        ({"VM.HVM_boot_params": ABSENT}, "unknown"),
        (BIOS | {"VM.platform": ABSENT}, "unknown"),
        (BIOS | {"VM.guest_metrics": "OpaqueRef:gone"}, "unknown"),
    ],
)
def test_firmware(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-BOOT-01", changes, expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "not_applicable"),
        (WINDOWS_11, "fail"),
        (WINDOWS_11 | {"VM.VTPMs": ["OpaqueRef:vtpm"]}, "pass"),
        (WINDOWS_11 | {"VM.VTPMs": ABSENT}, "unknown"),
        ({"VM.guest_metrics": "OpaqueRef:gone"}, "unknown"),
        (SERVER_2025, "not_applicable"),
        (HALTED_WINDOWS | {"VM.reference_label": "windows-11"}, "fail"),
        (HALTED_WINDOWS | {"VM.reference_label": ""}, "unknown"),
        (domain("pv"), "not_applicable"),
        (WINDOWS_11 | product("7.6.0"), "not_applicable"),
        (domain("unspecified"), "unknown"),
    ],
)
def test_vtpm(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-BOOT-02", changes, expected)


STATE = "VM.secureboot_certificates_state"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({STATE: "update_available"}, "fail"),
        ({STATE: "update_on_boot"}, "fail"),
        ({STATE: "of a later release\x1b"}, "unknown"),
        ({STATE: ABSENT}, "unknown"),
        ({STATE: ABSENT} | product("8.2.1"), "not_applicable"),
        (BIOS | {STATE: "update_available"}, "not_applicable"),
        (domain("pv"), "not_applicable"),
        ({"VM.HVM_boot_params": ABSENT}, "unknown"),
        ({STATE: "update_available", "VM.power_state": "Halted"}, "fail"),
    ],
)
def test_secure_boot_certificates(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-BOOT-03", changes, expected)


GUIDANCE = ("pending_guidances", "pending_guidances_recommended", "pending_guidances_full")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"VM.requires_reboot": True}, "fail"),
        *[({f"VM.{field}": ["restart_device_model"]}, "fail") for field in GUIDANCE],
        ({"VM.requires_reboot": ABSENT}, "unknown"),
        *[({f"VM.{field}": ABSENT}, "unknown") for field in GUIDANCE],
        ({"VM.pending_guidances": ABSENT, "VM.requires_reboot": True}, "fail"),
        (dict.fromkeys((f"VM.{field}" for field in GUIDANCE), ABSENT) | product("8.2.1"), "pass"),
        (
            dict.fromkeys((f"VM.{field}" for field in (*GUIDANCE, "requires_reboot")), ABSENT)
            | product("6.5.0"),
            "not_applicable",
        ),
    ],
)
def test_pending(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-PENDING-01", changes, expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"VM.blocked_operations": {"pool_migrate": "by a job"}}, "fail"),
        ({"VM.blocked_operations": {"start": ""}}, "fail"),
        ({"VM.blocked_operations": {"something": ""}}, "fail"),
        ({"VM.blocked_operations": ABSENT}, "unknown"),
        ({"VM.blocked_operations": {"start": ""}, "VM.other_config": ABSENT}, "fail"),
    ],
)
def test_blocked_operations(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-BLOCKED-01", changes, expected)


def test_protection_against_destroying_is_not_left_over() -> None:
    judged("VM-BLOCKED-01", {"VM.blocked_operations": {"destroy": "protected"}}, "pass")


def test_a_replica_that_must_not_start_is_not_blocked_by_mistake() -> None:
    replica = {"VM.other_config": {"xo:backup:sr": "11111111-0000-4000-8000-000000000007"}}
    blocked = {"start": "clone it if you want to use it", "start_on": "clone it if you want to use it"}
    judged("VM-BLOCKED-01", replica | {"VM.blocked_operations": blocked}, "pass")
    judged("VM-BLOCKED-01", replica | {"VM.blocked_operations": blocked | {"migrate_send": ""}}, "fail")


def test_what_blocked_operations_hinder_is_told() -> None:
    blocked = {"pool_migrate": "", "clean_shutdown": "", "snapshot": "", "\u202egnp": ""}
    _, reason = verdict("VM-BLOCKED-01", a_pool({"VM.blocked_operations": blocked}))
    assert "clean_shutdown (hinders shutdown), pool_migrate (hinders migration), snapshot" in reason
    assert "\u202e" not in reason
