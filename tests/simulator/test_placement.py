"""Where a VM can run, and what keeps it there: one thing changed at a time, and a real xapi's answers."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from fixtures.simulator.objects import Objects, load
from fixtures.simulator.placement import agility_error, boot_error, evacuation_errors, possible_hosts
from fixtures.sources.database import read_tables
from tests.corpus import corpus_files, needs_corpus

VM: Final = "OpaqueRef:vm"
HERE: Final = "OpaqueRef:here"
THERE: Final = "OpaqueRef:there"
GONE: Final = "OpaqueRef:gone"
MIB: Final = 1 << 20
GIB: Final = 1 << 30

Change = Callable[[Objects], None]


def host(metrics: str) -> dict[str, Any]:
    return {
        "enabled": True,
        "metrics": metrics,
        "cpu_info": {
            "vendor": "GenuineIntel",
            "features_hvm": "ff-0f",
            "features_pv": "ff",
            "cpu_count": "8",
        },
        "capabilities": ["xen-3.0-x86_64", "hvm-3.0-x86_64"],
        "virtual_hardware_platform_versions": [0, 1, 2],
        "software_version": {"platform_version": "3.2.1"},
        "memory_overhead": GIB,
    }


def pool(change: Change | None = None) -> Objects:
    """Two hosts with all that a running HVM guest of 2 GiB needs; it runs on the first."""
    objects: Objects = {
        "VM": {
            VM: {
                "power_state": "Running",
                "domain_type": "hvm",
                "resident_on": HERE,
                "metrics": "OpaqueRef:vm metrics",
                "guest_metrics": "OpaqueRef:guest",
                "VCPUs_max": 2,
                "VCPUs_at_startup": 2,
                "memory_static_min": GIB,
                "memory_dynamic_min": GIB,
                "memory_static_max": 2 * GIB,
                "hardware_platform_version": 2,
                "last_boot_CPU_flags": {"vendor": "GenuineIntel", "features": "0f-0f"},
                "VBDs": ["OpaqueRef:disk", "OpaqueRef:empty drive"],
                "VIFs": ["OpaqueRef:vif"],
            }
        },
        "VM_metrics": {"OpaqueRef:vm metrics": {"current_domain_type": "hvm"}},
        "VM_guest_metrics": {"OpaqueRef:guest": {"PV_drivers_version": {"major": "9", "minor": "4"}}},
        "host": {HERE: host("OpaqueRef:metrics here"), THERE: host("OpaqueRef:metrics there")},
        "host_metrics": {
            "OpaqueRef:metrics here": {"live": True, "memory_total": 16 * GIB},
            "OpaqueRef:metrics there": {"live": True, "memory_total": 16 * GIB},
        },
        "VBD": {
            "OpaqueRef:disk": {"VDI": "OpaqueRef:vdi", "empty": False},
            "OpaqueRef:empty drive": {"VDI": "OpaqueRef:NULL", "empty": True},
        },
        "VDI": {"OpaqueRef:vdi": {"SR": "OpaqueRef:sr"}, "OpaqueRef:image": {"SR": "OpaqueRef:other sr"}},
        "SR": {"OpaqueRef:sr": {"shared": True}},
        "PBD": {
            "OpaqueRef:plug here": {"SR": "OpaqueRef:sr", "host": HERE, "currently_attached": True},
            "OpaqueRef:plug there": {"SR": "OpaqueRef:sr", "host": THERE, "currently_attached": True},
        },
        "VIF": {"OpaqueRef:vif": {"network": "OpaqueRef:network", "VM": VM}},
        "network": {"OpaqueRef:network": {"other_config": {}}},
        "PIF": {
            "OpaqueRef:pif here": {"network": "OpaqueRef:network", "host": HERE},
            "OpaqueRef:pif there": {"network": "OpaqueRef:network", "host": THERE},
        },
        "pool": {"OpaqueRef:pool": {"ha_enabled": False}},
    }
    if change:
        change(objects)
    return objects


def put(cls: str, ref: str, **fields: Any) -> Change:
    """Change, or add, a row."""
    return lambda objects: objects.setdefault(cls, {}).setdefault(ref, {}).update(fields)


def drop(cls: str, *refs: str) -> Change:
    def change(objects: Objects) -> None:
        for ref in refs:
            del objects[cls][ref]

    return change


def both(*changes: Change) -> Change:
    def change(objects: Objects) -> None:
        for each in changes:
            each(objects)

    return change


def vm(**fields: Any) -> Change:
    return put("VM", VM, **fields)


def there(**fields: Any) -> Change:
    return put("host", THERE, **fields)


def with_memory(free: int) -> Change:
    """As many bytes free on the other host."""
    return put("host_metrics", "OpaqueRef:metrics there", memory_total=GIB + free)


def cpu(**keys: str) -> Change:
    return there(cpu_info=keys)


OTHER_FEATURES: Final = "VM last booted on a CPU with features this host's CPU does not have."
NO_FEATURES: Final = "Host does not have new leveling feature keys - not comparing VM's flags"
OTHER_VENDOR: Final = "VM last booted on a host which had a CPU from a different vendor."
UNPIFFED: Final = drop("PIF", "OpaqueRef:pif here", "OpaqueRef:pif there")
FULL: Final = with_memory(GIB)
NEEDED: Final = str(GIB + (2 + 2 + 16 + 1) * MIB)
"""Bytes: dynamic minimum, 1 MiB per vCPU, 2 MiB, 8 KiB per MiB of static maximum, a vCPU's extra."""


def incompatible(reason: str) -> list[str]:
    return ["VM_INCOMPATIBLE_WITH_THIS_HOST", VM, THERE, reason]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (None, None),
        # Settings.
        (vm(VCPUs_max=0), ["INVALID_VALUE", "VCPUs_max", "0"]),
        (vm(VCPUs_at_startup=0), ["INVALID_VALUE", "VCPUs-at-startup", "0"]),
        (
            vm(VCPUs_at_startup=3),
            ["VALUE_NOT_SUPPORTED", "VCPUs-at-startup", "3", "value greater than VCPUs-max"],
        ),
        (vm(memory_static_min=3 * GIB), ["MEMORY_CONSTRAINT_VIOLATION"]),
        (vm(HVM_shadow_multiplier=0.5), ["INVALID_VALUE", "HVM_shadow_multiplier", "0.5"]),
        (
            vm(actions_after_crash="rename_restart"),
            [
                "VALUE_NOT_SUPPORTED",
                "VM.actions_after_crash",
                "rename_restart",
                "option would leak a domain; VMs and not domains are managed by this API",
            ],
        ),
        (
            vm(actions_after_crash="coredump_and_destroy"),
            [
                "VALUE_NOT_SUPPORTED",
                "VM.actions_after_crash",
                "coredump_and_destroy",
                "cannot invoke a coredump of an HVM, PVH or PV-in-PVH domain",
            ],
        ),
        # The host.
        (put("host_metrics", "OpaqueRef:metrics there", live=False), ["HOST_NOT_LIVE"]),
        (there(metrics=GONE), ["HOST_NOT_LIVE"]),
        (there(enabled=False), ["HOST_DISABLED", THERE]),
        (both(there(enabled=False), vm(is_control_domain=True)), None),
        (
            vm(is_control_domain=True, affinity=HERE),
            ["OPERATION_NOT_ALLOWED", "Cannot boot a control domain on a host different from its affinity"],
        ),
        (
            vm(hardware_platform_version=3),
            ["VM_HOST_INCOMPATIBLE_VIRTUAL_HARDWARE_PLATFORM_VERSION", THERE, "[0; 1; 2]", VM, "3"],
        ),
        # Its CPUs.
        (vm(last_boot_CPU_flags={}), None),
        (vm(last_boot_CPU_flags={"features": "ff-0f-00"}), None),
        (vm(last_boot_CPU_flags={"features": "ff-1f"}), incompatible(OTHER_FEATURES)),
        (vm(last_boot_CPU_flags={"features": "ff-0f-01"}), incompatible(OTHER_FEATURES)),
        (vm(last_boot_CPU_flags={"features": "ff-1f"}, power_state="Halted"), None),
        (cpu(vendor="AuthenticAMD", features_hvm="ff-0f"), incompatible(OTHER_VENDOR)),
        (cpu(vendor="GenuineIntel", features_pv="ff-0f"), incompatible(NO_FEATURES)),
        (cpu(features_hvm="ff-0f"), incompatible(NO_FEATURES)),
        (cpu(vendor="GenuineIntel", features_hvm="what?"), incompatible(OTHER_FEATURES)),
        (vm(VCPUs_max=9), ["HOST_NOT_ENOUGH_PCPUS", "9", "8"]),
        (vm(VCPUs_max=9, platform={"vcpu-unrestricted": "true"}), None),
        (there(capabilities=["xen-3.0-x86_64"]), ["VM_HVM_REQUIRED", VM]),
        (
            put("VM_metrics", "OpaqueRef:vm metrics", current_domain_type="unspecified"),
            ["INTERNAL_ERROR", "unspecified domain type"],
        ),
        (
            both(
                put("VM_metrics", "OpaqueRef:vm metrics", current_domain_type="unspecified"),
                vm(power_state="Halted"),
            ),
            None,
        ),
        (drop("VM_metrics", "OpaqueRef:vm metrics"), None),
        (
            both(drop("VM_metrics", "OpaqueRef:vm metrics"), vm(domain_type="unspecified")),
            ["INTERNAL_ERROR", "unspecified domain type"],
        ),
        # Storage.
        (drop("PBD", "OpaqueRef:plug there"), ["VM_REQUIRES_SR", VM, "OpaqueRef:sr"]),
        (
            put("PBD", "OpaqueRef:plug there", currently_attached=False),
            ["VM_REQUIRES_SR", VM, "OpaqueRef:sr"],
        ),
        (vm(suspend_VDI="OpaqueRef:image"), None),
        (
            vm(suspend_VDI="OpaqueRef:image", power_state="Suspended"),
            ["VM_REQUIRES_SR", VM, "OpaqueRef:other sr"],
        ),
        # Networks.
        (drop("PIF", "OpaqueRef:pif there"), ["VM_REQUIRES_NET", VM, "OpaqueRef:network"]),
        (UNPIFFED, ["VM_REQUIRES_NET", VM, "OpaqueRef:network"]),
        (both(UNPIFFED, vm(power_state="Halted")), None),
        (both(UNPIFFED, vm(resident_on=THERE)), None),
        (
            both(
                UNPIFFED,
                put("network", "OpaqueRef:network", other_config={"assume_network_is_shared": "true"}),
            ),
            None,
        ),
        (both(UNPIFFED, put("network", "OpaqueRef:network", managed=False)), None),
        (
            put("PIF", "OpaqueRef:pif there", bond_slave_of="OpaqueRef:bond"),
            ["HOST_CANNOT_ATTACH_NETWORK", THERE, "OpaqueRef:network"],
        ),
        # Devices.
        (
            both(vm(VGPUs=["OpaqueRef:gpu"]), put("VGPU", "OpaqueRef:gpu", GPU_group="OpaqueRef:gpus")),
            ["VM_REQUIRES_GPU", VM, "OpaqueRef:gpus"],
        ),
        (
            both(
                vm(VGPUs=["OpaqueRef:gpu"]),
                put("VGPU", "OpaqueRef:gpu", GPU_group="OpaqueRef:gpus"),
                put("PGPU", "OpaqueRef:card", GPU_group="OpaqueRef:gpus", host=THERE),
            ),
            None,
        ),
        (
            vm(VUSBs=["OpaqueRef:stick"]),
            ["OPERATION_NOT_ALLOWED", f"VUSB OpaqueRef:stick is not available on Host {THERE}"],
        ),
        (
            both(
                vm(VUSBs=["OpaqueRef:stick"]),
                put("VUSB", "OpaqueRef:stick", USB_group="OpaqueRef:sticks"),
                put("PUSB", "OpaqueRef:port", USB_group="OpaqueRef:sticks", host=THERE),
            ),
            None,
        ),
        # Memory.
        (with_memory(int(NEEDED)), None),
        (with_memory(int(NEEDED) - 1), ["HOST_NOT_ENOUGH_FREE_MEMORY", NEEDED, str(int(NEEDED) - 1)]),
        (
            both(FULL, vm(domain_type="hvm", HVM_shadow_multiplier=4.0)),
            ["HOST_NOT_ENOUGH_FREE_MEMORY", str(GIB + (4 * (2 + 16) + 2 + 1) * MIB), str(GIB)],
        ),
        (
            both(FULL, vm(domain_type="pv", HVM_shadow_multiplier=4.0)),
            ["HOST_NOT_ENOUGH_FREE_MEMORY", str(GIB + (2 + 16 + 1 + 1) * MIB), str(GIB)],
        ),
        (
            both(FULL, vm(domain_type="pv_in_pvh")),
            [
                "HOST_NOT_ENOUGH_FREE_MEMORY",
                str(2 * GIB + (2 + 16 + 2 + 1 + 23 + 2048 // 90) * MIB),
                str(GIB),
            ],
        ),
        (FULL, ["HOST_NOT_ENOUGH_FREE_MEMORY", NEEDED, str(GIB)]),
        (
            both(FULL, vm(scheduled_to_be_resident_on=THERE)),
            ["HOST_NOT_ENOUGH_FREE_MEMORY", NEEDED, str(GIB)],
        ),
        (
            both(FULL, put("VM", "OpaqueRef:other", resident_on=THERE, memory_dynamic_min=GIB // 2)),
            ["HOST_NOT_ENOUGH_FREE_MEMORY", NEEDED, str(GIB // 2)],
        ),
        (
            both(FULL, put("VM", "OpaqueRef:other", scheduled_to_be_resident_on=THERE, memory_overhead=5)),
            ["HOST_NOT_ENOUGH_FREE_MEMORY", NEEDED, str(GIB - 5)],
        ),
    ],
)
def test_why_a_vm_cannot_boot_on_a_host(change: Change | None, error: list[str] | None) -> None:
    assert boot_error(pool(change), VM, THERE) == error


@pytest.mark.parametrize(
    ("change", "hosts"),
    [
        (None, [HERE, THERE]),
        (there(enabled=False), [HERE]),
        (put("host", HERE, enabled=False), [HERE, THERE]),
        (both(put("host", HERE, enabled=False), vm(power_state="Halted")), [THERE]),
        (cpu(), [HERE, THERE]),
        (FULL, [HERE]),
        (both(there(enabled=False), vm(scheduled_to_be_resident_on=THERE)), [THERE]),
        (drop("PBD", "OpaqueRef:plug there", "OpaqueRef:plug here"), []),
    ],
)
def test_where_a_vm_can_run(change: Change | None, hosts: list[str]) -> None:
    assert possible_hosts(pool(change), VM) == hosts


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (None, None),
        (vm(VGPUs=["OpaqueRef:gpu"]), ["VM_HAS_VGPU", VM]),
        (vm(VUSBs=["OpaqueRef:stick"]), ["VM_HAS_VUSBS", VM]),
        (put("SR", "OpaqueRef:sr", shared=False), ["HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED", "OpaqueRef:sr"]),
        (drop("PBD", "OpaqueRef:plug there"), ["HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED", "OpaqueRef:sr"]),
        (both(drop("PBD", "OpaqueRef:plug there"), there(enabled=False)), None),
        (put("VBD", "OpaqueRef:disk", empty=True), None),
        (
            put("VBD", "OpaqueRef:empty drive", empty=False),
            ["HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED", "OpaqueRef:NULL"],
        ),
        (
            drop("PIF", "OpaqueRef:pif there"),
            ["HA_CONSTRAINT_VIOLATION_NETWORK_NOT_SHARED", "OpaqueRef:network"],
        ),
        (
            put("PIF", "OpaqueRef:pif there", bond_slave_of="OpaqueRef:bond"),
            ["HA_CONSTRAINT_VIOLATION_NETWORK_NOT_SHARED", "OpaqueRef:network"],
        ),
        (
            put("PIF", "OpaqueRef:pif there", sriov_logical_PIF_of=["OpaqueRef:sriov"]),
            ["VM_HAS_SRIOV_VIF", VM],
        ),
    ],
)
def test_why_a_vm_is_not_agile(change: Change | None, error: list[str] | None) -> None:
    assert agility_error(pool(change), VM) == error


HA: Final = put("pool", "OpaqueRef:pool", ha_enabled=True)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (None, None),
        (there(enabled=False), ["NO_HOSTS_AVAILABLE", VM]),
        (there(software_version={"platform_version": "2.9"}), ["NO_HOSTS_AVAILABLE", VM]),
        (there(software_version={"platform_version": "3.10"}), None),
        (drop("PBD", "OpaqueRef:plug there"), ["VM_REQUIRES_SR", VM, "OpaqueRef:sr"]),
        (cpu(), incompatible(NO_FEATURES)),
        (vm(guest_metrics=GONE), ["VM_LACKS_FEATURE", VM]),
        (both(drop("PBD", "OpaqueRef:plug there"), vm(guest_metrics=GONE)), ["VM_LACKS_FEATURE", VM]),
        (vm(power_state="Paused"), ["VM_BAD_POWER_STATE", VM, "running", "paused"]),
        (FULL, ["HOST_NOT_ENOUGH_FREE_MEMORY", VM]),
        (with_memory(int(NEEDED)), None),
        (HA, ["HOST_NOT_ENOUGH_FREE_MEMORY", VM]),
        (both(HA, vm(ha_restart_priority="restart")), None),
    ],
)
def test_what_prevents_an_evacuation(change: Change | None, error: list[str] | None) -> None:
    assert evacuation_errors(pool(change), HERE) == ({} if error is None else {VM: error})


def test_a_control_domain_prevents_no_evacuation() -> None:
    assert evacuation_errors(pool(both(there(enabled=False), vm(is_control_domain=True))), HERE) == {}


def test_a_host_takes_no_more_vms_than_its_memory() -> None:
    objects = pool(put("host_metrics", "OpaqueRef:metrics there", memory_total=4 * GIB))
    for number in range(3):
        put("VM", f"OpaqueRef:{number}", **objects["VM"][VM])(objects)
    stay = evacuation_errors(objects, HERE)
    assert [error for error, _ in stay.values()] == ["HOST_NOT_ENOUGH_FREE_MEMORY"] * 2


# A real xapi's answers


def as_asked(path: Path) -> Iterator[tuple[str, Objects, Any]]:
    """The pool as it was, then with its hosts enabled, then with comparable CPUs; and what was answered."""
    with path.open("rb") as stream:
        objects = load(read_tables(stream))
    yield "as it was", objects, json.loads((path.parent / "answers.json").read_text())
    enabled = json.loads((path.parent / "answers-hosts-enabled.json").read_text())
    for record in objects["host"].values():
        record["enabled"] = True
        if metrics := objects["host_metrics"].get(record["metrics"]):
            metrics["live"] = True
    yield "enabled", objects, enabled["enabled"]
    for record in objects["host"].values():
        record["cpu_info"] = {"vendor": "any", "features_hvm": "", "features_pv": ""} | record["cpu_info"]
    for ref in enabled["enabled_cpu"]["VM"]:
        objects["VM"][ref]["last_boot_CPU_flags"] = {}
    yield "enabled_cpu", objects, enabled["enabled_cpu"]


@needs_corpus
@pytest.mark.parametrize("path", corpus_files("xapi/pools/*/state.db.xml"), ids=lambda path: path.parent.name)
def test_a_real_xapi_answers_the_same(path: Path) -> None:
    for state, objects, answers in as_asked(path):
        for ref, real in answers["VM"].items():
            ours: dict[str, Any] = {
                "get_possible_hosts": sorted(possible_hosts(objects, ref)),
                "assert_can_boot_here": {
                    host: boot_error(objects, ref, host) or "ok" for host in real["assert_can_boot_here"]
                },
            }
            if "assert_agile" in real:
                ours["assert_agile"] = agility_error(objects, ref) or "ok"
            real["get_possible_hosts"] = sorted(real["get_possible_hosts"])
            assert (state, ref, ours) == (state, ref, {name: real[name] for name in ours})
        for ref, real in answers["host"].items():
            assert evacuation_errors(objects, ref) == real["get_vms_which_prevent_evacuation"]
