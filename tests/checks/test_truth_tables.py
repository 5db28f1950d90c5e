"""Every row of the truth tables: a compliant pool, one thing changed, one verdict."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from fixtures.facts.pool import Pool
from fixtures.policy import Policy
from fixtures.policy.sections import Memory, Tools
from fixtures.verdict import Word
from tests.building import ABSENT, CHECKS, GIB, POOL_ADMIN, a_pool, a_reading, judged, verdict, verdicts
from tests.guests import (
    DANGLING,
    GM,
    JUST_STARTED,
    NO_DRIVERS,
    NOT_RUNNING,
    OLD_RELEASE,
    PARAVIRTUAL,
    SILENT,
    XENBUS,
    domain,
    linux,
    product,
    unreadable,
    windows,
)
from tests.hosts import BREAKS_OF_HOSTS
from tests.insides import BREAKS_FROM_WITHIN
from tests.windows_insides import BREAKS_OF_WINDOWS

OF_OTHER_GUESTS = {
    "VM-BACKUP-01",
    "VM-BOOT-02",
    "VM-DISKS-02",
    "VM-TOOLS-03",
    "VM-TOOLS-04",
    "VM-TOOLS-05",
    "VM-WINDOWS-01",
    "INSIDE-CLAIM-DRIVERS-02",
    *(control for control in CHECKS if control.startswith("INSIDE-WINDOWS-")),
}
"""Controls that do not apply to the compliant VM: it has current tools and PV drivers, and runs Linux."""
NOT_ASKED_FOR = {"VM-HA-01", "VM-HA-02", "VM-OWNER-01", "VM-OWNER-02"}
"""Controls that do not apply because HA is off, and because the policy asks for no owners."""

OF_OTHER_POOLS = {"POOL-HA-01", "POOL-RBAC-02", "POOL-UPDATES-01", "HOST-LICENCE-01"}
"""Controls that do not apply to the compliant pool: HA is off, no directory is asked for, it is XCP-ng."""


def test_the_compliant_pool_is_compliant() -> None:
    words = verdicts(a_pool())
    others = {control: word for control, word in words.items() if word != "pass"}
    assert others == dict.fromkeys(OF_OTHER_GUESTS | OF_OTHER_POOLS | NOT_ASKED_FOR, "not_applicable")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        *[({"VM.power_state": state}, "unknown") for state in NOT_RUNNING],
        ({"VM.power_state": ABSENT}, "unknown"),
        (DANGLING, "unknown"),
        ({"VM.guest_metrics": ABSENT}, "unknown"),
        ({f"{GM}.PV_drivers_version": ABSENT}, "unknown"),
        ({f"{GM}.PV_drivers_version": {}, f"{GM}.other": ABSENT}, "unknown"),
        (SILENT, "fail"),
        ({f"{GM}.PV_drivers_version": {}}, "fail"),
        ({f"{GM}.PV_drivers_version": {"major": "8"}}, "fail"),
        ({f"{GM}.PV_drivers_version": {"minor": "4"}}, "fail"),
        ({f"{GM}.PV_drivers_version": {}, f"{GM}.other": {"feature-static-ip-setting": "0"}}, "fail"),
        ({f"{GM}.PV_drivers_version": {}, f"{GM}.other": {"feature-static-ip-setting": "1"}}, "pass"),
        ({f"{GM}.PV_drivers_version": {"major": "x", "minor": "y"}}, "pass"),
        (domain("pv") | SILENT, "fail"),
        (SILENT | JUST_STARTED, "unknown"),
        (NO_DRIVERS | JUST_STARTED, "unknown"),
        (JUST_STARTED, "pass"),
        (SILENT | {"VM_metrics.start_time": "20261123T01:57:00Z"}, "fail"),
        (SILENT | {"VM_metrics.start_time": "19700101T00:00:00Z"}, "fail"),
        (SILENT | {"VM_metrics.start_time": "yesterday"}, "unknown"),
        (SILENT | unreadable("VM_metrics.start_time"), "unknown"),
        (SILENT | unreadable("VM.metrics"), "unknown"),
        (unreadable("VM_metrics.start_time"), "pass"),
        (SILENT | {"VM_metrics.start_time": ABSENT}, "fail"),
        (SILENT | {"VM_metrics.start_time": "20271123T02:00:00Z"}, "unknown"),
        (SILENT | {"VM.metrics": "OpaqueRef:gone"}, "unknown"),
    ],
)
def test_guest_tools_are_installed(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-TOOLS-01", changes, expected)


def test_drivers_without_agent_are_named() -> None:
    assert "drivers only" in verdict("VM-TOOLS-01", a_pool({f"{GM}.PV_drivers_version": {}}))[1]


@pytest.mark.parametrize("start", [JUST_STARTED, unreadable("VM_metrics.start_time")])
def test_a_source_without_clock_gives_no_grace(start: dict[str, Any]) -> None:
    assert verdict("VM-TOOLS-01", a_pool(SILENT | start, clock=None))[0] == "fail"


def test_grace_is_the_policy_s() -> None:
    assert verdict("VM-TOOLS-01", Pool(a_reading(SILENT | JUST_STARTED), timedelta(minutes=1)))[0] == "fail"
    assert (
        verdict("VM-TOOLS-01", Pool(a_reading(SILENT | JUST_STARTED), timedelta(minutes=2)))[0] == "unknown"
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (SILENT, "not_applicable"),
        (NO_DRIVERS, "not_applicable"),
        (SILENT | JUST_STARTED, "unknown"),
        ({"VM.power_state": "Halted"}, "unknown"),
        (DANGLING, "unknown"),
        # before schema 5.93 xapi compared versions itself
        (OLD_RELEASE, "pass"),
        (OLD_RELEASE | {f"{GM}.PV_drivers_up_to_date": False}, "fail"),
        (OLD_RELEASE | {f"{GM}.PV_drivers_up_to_date": ABSENT}, "unknown"),
        # since then its word tells nothing
        ({f"{GM}.PV_drivers_up_to_date": False}, "pass"),
        (linux("7", "19", "9"), "fail"),
        (linux("7", "20", "0"), "pass"),
        (linux("7", "20", "-1"), "pass"),
        (linux("10", "0", "0"), "pass"),
        (linux("x", "20", "0"), "unknown"),
        (linux("6", "6", "80"), "unknown"),
        (linux("1", "0", "0", "proto-0.4.0"), "unknown"),
        # products below 8 ship tools of their own version
        (product("7.6.0") | linux("7", "6", "0"), "pass"),
        (product("7.6.0") | linux("7", "5", "9"), "fail"),
        (product("7.6.0", "XCP-ng") | linux("6", "6", "80"), "unknown"),
        ({"host.software_version": ABSENT}, "unknown"),
        ({"pool.master": "OpaqueRef:gone"}, "unknown"),
        (product("99.0"), "unknown"),
        # Windows families
        (product("8.4.0") | windows(**XENBUS), "pass"),
        (windows(xenbus="XenServer 9.1.11.114 ", xeniface="XenServer 9.1.12.94 "), "fail"),
        (windows(xenbus="Citrix 9.1.11.115 ", xeniface="Citrix 9.1.12.93 "), "fail"),
        (windows(xenbus="XenServer 9.1.11.115 "), "unknown"),
        (windows(xenbus="XCP_ng 9.0.9065.0 "), "pass"),
        (windows(xenbus="XCP_ng 9.0.9064.9 "), "fail"),
        (windows(xenvbd="XCP_ng 8.2.2.200 "), "fail"),
        (windows(xenbus="Elsewhere 1.2.3.4 "), "unknown"),
        (windows(xenbus="XCP_ng 9.1.0.0 ", xenvbd="XenServer 9.1.12.94 "), "unknown"),
        (windows(xenbus="no version"), "unknown"),
        (windows(xenbus="XCP_ng 8.2.2-beta", xenvif="XCP_ng 9.1.100.0"), "unknown"),
        (windows(xenbus="XCP_ng ٩.٠.٩"), "unknown"),
        (linux("9" * 5000, "0", "0"), "unknown"),
        (OLD_RELEASE | product("8.3.0 beta"), "unknown"),
        (windows() | {f"{GM}.os_version": {"distro": "Microsoft Windows Server 2022"}}, "unknown"),
        (windows(), "unknown"),
        (windows() | {f"{GM}.other": {"feature-static-ip-setting": "1"}}, "unknown"),
        (
            windows(major="9", minor="3", micro="3") | {f"{GM}.other": {"feature-static-ip-setting": "1"}},
            "fail",
        ),
    ],
)
def test_guest_tools_are_current(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-TOOLS-02", changes, expected)


def test_xcpng_tools_9_1_100_are_recognised_without_feature_static_ip_setting() -> None:
    changes = windows(major="9", minor="1", micro="100", xenbus="XCP_ng 9.1.100.0 ") | {f"{GM}.other": {}}
    judged("VM-TOOLS-02", changes, "pass")


def test_an_advisory_is_named() -> None:
    assert "XSA-468" in verdict("VM-TOOLS-02", a_pool(windows(xenbus="XCP_ng 9.0.9064.9 ")))[1]


def test_a_garbled_sign_of_a_modern_release_is_not_taken_for_an_old_one() -> None:
    changes = OLD_RELEASE | {f"{GM}.malformed": ["PV_drivers_detected"]}
    judged("VM-TOOLS-02", changes, "unknown")
    judged("VM-DRIVERS-01", changes, "unknown")


def test_a_missing_sign_of_a_modern_release_is_not_taken_for_an_old_one() -> None:
    changes = {f"{GM}.PV_drivers_detected": ABSENT} | product("8.3.0")
    judged("VM-TOOLS-02", changes, "unknown")
    judged("VM-DRIVERS-01", changes, "unknown")


def test_policy_decides_of_tools() -> None:
    minimum = Policy(tools=Tools(minimum={"xe-guest-utilities": "8.4.1"}))
    judged("VM-TOOLS-02", {}, "fail", minimum)
    judged("VM-TOOLS-02", linux("8", "4", "1"), "pass", minimum)
    judged("VM-TOOLS-02", linux("6", "6", "80"), "pass", Policy(tools=Tools(accept_unknown_age=True)))
    judged("VM-TOOLS-02", linux("7", "19", "0"), "fail", Policy(tools=Tools(accept_unknown_age=True)))


DRIVERS: list[tuple[dict[str, Any], Word]] = [
    ({}, "pass"),
    (SILENT, "fail"),
    (NO_DRIVERS, "fail"),
    ({f"{GM}.PV_drivers_detected": False}, "fail"),
    ({f"{GM}.PV_drivers_version": {}}, "pass"),
    *[(domain("hvm", state), "unknown") for state in NOT_RUNNING],
    (DANGLING, "unknown"),
    ({"VM.guest_metrics": ABSENT}, "unknown"),
    (OLD_RELEASE, "pass"),
    (OLD_RELEASE | {f"{GM}.PV_drivers_version": {"major": "5"}}, "fail"),
    (OLD_RELEASE | {f"{GM}.PV_drivers_version": {"major": "5", "minor": "x"}}, "fail"),
    (OLD_RELEASE | {f"{GM}.PV_drivers_version": ABSENT}, "unknown"),
    (domain("unspecified"), "unknown"),
    ({"VM.metrics": "OpaqueRef:gone"}, "unknown"),
    ({"VM.domain_type": "unspecified", "VM.power_state": "Halted"}, "unknown"),
    ({"VM.power_state": ABSENT, "VM.domain_type": ABSENT, "VM.HVM_boot_policy": ABSENT}, "unknown"),
    ({"VM_metrics.current_domain_type": ABSENT, "VM.domain_type": ABSENT} | product("7.4.0"), "pass"),
    ({"VM_metrics.current_domain_type": ABSENT, "VM.domain_type": ABSENT} | product("7.5.0"), "unknown"),
    ({f"{GM}.PV_drivers_detected": ABSENT} | product("7.0.0"), "unknown"),
    ({f"{GM}.PV_drivers_detected": ABSENT} | {"host.software_version": ABSENT}, "pass"),
    ({"VM_metrics.current_domain_type": ABSENT}, "unknown"),
    (SILENT | JUST_STARTED, "unknown"),
    (NO_DRIVERS | JUST_STARTED, "unknown"),
]


@pytest.mark.parametrize(("changes", "expected"), DRIVERS)
def test_pv_drivers_are_active(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-DRIVERS-01", changes, expected)
    judged("VM-DISKS-01", changes, expected)


BY_CONSTRUCTION = [
    *[domain(type_, state) | SILENT for type_ in PARAVIRTUAL for state in ("Running", "Halted", "Suspended")],
    # before 7.5: no domain type, HVM exactly if HVM_boot_policy is not empty
    {"VM.domain_type": ABSENT, "VM_metrics.current_domain_type": ABSENT, "VM.HVM_boot_policy": ""}
    | product("7.4.0"),
    {"VM.domain_type": ABSENT, "VM.metrics": "OpaqueRef:gone", "VM.HVM_boot_policy": ""} | product("6.1.0"),
]


@pytest.mark.parametrize("changes", BY_CONSTRUCTION)
def test_paravirtual_guests_have_drivers_by_construction(changes: dict[str, Any]) -> None:
    judged("VM-DRIVERS-01", changes, "pass")
    judged("VM-DISKS-01", changes, "not_applicable")
    judged("VM-DISKS-02", changes, "not_applicable")


def bounds(*gib: float) -> dict[str, Any]:
    """static_min, dynamic_min, dynamic_max, static_max in GiB."""
    names = ("static_min", "dynamic_min", "dynamic_max", "static_max")
    return {f"VM.memory_{name}": int(size * GIB) for name, size in zip(names, gib, strict=True)}


@pytest.mark.parametrize(
    ("changes", "enabled", "disabled", "any_"),
    [
        (bounds(1, 1, 2, 2), "pass", "fail", "pass"),
        (bounds(1, 1.5, 2, 4), "pass", "fail", "pass"),
        (bounds(1, 2, 2, 2), "fail", "pass", "pass"),
        (bounds(2, 2, 2, 2), "fail", "pass", "pass"),
        (bounds(1, 2, 2, 4), "fail", "fail", "pass"),
        (bounds(2, 1, 2, 2), "fail", "fail", "fail"),
        (bounds(1, 2, 1, 2), "fail", "fail", "fail"),
        (bounds(1, 1, 4, 2), "fail", "fail", "fail"),
        *[
            ({f"VM.memory_{name}": ABSENT}, "unknown", "unknown", "unknown")
            for name in ("static_min", "dynamic_min", "dynamic_max", "static_max")
        ],
        (bounds(1, 1, 2, 2) | {"VM.power_state": "Halted"}, "pass", "fail", "pass"),
        ({"VM.memory_static_max": 10**400}, "unknown", "unknown", "unknown"),
        *[
            (bounds(2, 1, 2, 2) | nested, "not_applicable", "not_applicable", "not_applicable")
            for nested in (
                {"VM_metrics.nested_virt": True},
                {"VM.platform": {"nested-virt": "true"}},
                {"VM.platform": {"nested-virt": "TRUE"}},
                {"VM.platform": {"exp-nested-hvm": "1"}},
            )
        ],
        (bounds(1, 1, 2, 2) | {"VM.platform": {"nested-virt": "false"}}, "pass", "fail", "pass"),
        ({"VM.VGPUs": ["OpaqueRef:vgpu"]}, "not_applicable", "not_applicable", "not_applicable"),
        ({"VM.platform": ABSENT, "VM.VGPUs": ABSENT, "VM.metrics": ABSENT}, "pass", "fail", "pass"),
        *[
            (unreadable(place) | rest, "unknown", "unknown", "unknown")
            for place in ("VM.platform", "VM.metrics", "VM.VGPUs", "VM_metrics.nested_virt")
            for rest in ({}, bounds(1, 2, 2, 2))
        ],
        *[
            (unreadable(place) | nested, "not_applicable", "not_applicable", "not_applicable")
            for place, nested in (
                ("VM.platform", {"VM_metrics.nested_virt": True}),
                ("VM_metrics.nested_virt", {"VM.platform": {"nested-virt": "true"}}),
                ("VM.metrics", {"VM.platform": {"nested-virt": "true"}}),
            )
        ],
        ({"VM.metrics": "OpaqueRef:gone"}, "unknown", "unknown", "unknown"),
        ({"VM.metrics": "OpaqueRef:gone"} | product("6.5.0"), "pass", "fail", "pass"),
    ],
)
def test_memory_is_as_the_policy_wants(
    changes: dict[str, Any], enabled: Word, disabled: Word, any_: Word
) -> None:
    for want, expected in (("enabled", enabled), ("disabled", disabled), ("any", any_)):
        judged("VM-MEMORY-01", changes, expected, Policy(memory=Memory(dynamic_memory=want)))  # type: ignore[arg-type] # a word of the policy


def test_vgpus_are_judged_where_the_policy_says_so() -> None:
    judged("VM-MEMORY-01", {"VM.VGPUs": ["OpaqueRef:vgpu"]}, "pass", Policy(memory=Memory(judge_vgpu=True)))


def test_no_range_is_told_from_broken_order() -> None:
    assert verdict("VM-MEMORY-01", a_pool(bounds(1, 2, 2, 2)))[1].startswith("no range")
    assert verdict("VM-MEMORY-01", a_pool(bounds(1, 2, 1, 2)))[1].startswith("order broken")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({f"{GM}.other": {}}, "fail"),
        ({f"{GM}.other": {"feature-balloon": "0"}}, "fail"),
        ({f"{GM}.other": ABSENT}, "unknown"),
        (SILENT, "unknown"),
        (DANGLING, "unknown"),
        ({"VM.memory_dynamic_min": ABSENT}, "unknown"),
        (bounds(1, 2, 2, 2) | SILENT, "not_applicable"),
        *[
            ({"VM.power_state": state, f"{GM}.other": {}}, "not_applicable")
            for state in ("Halted", "Suspended", "Paused")
        ],
        ({"VM.power_state": "Migrating"}, "unknown"),
        ({"VM.power_state": ABSENT}, "unknown"),
        (bounds(1, 2, 2, 2) | {"VM.power_state": "Migrating"}, "not_applicable"),
    ],
)
def test_guest_can_balloon(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-MEMORY-02", changes, expected)


def disks(*devices: str, type_: str = "Disk") -> dict[str, Any]:
    """A VM with more disks at these positions, beside the one at 0."""
    refs = [f"OpaqueRef:VBD{number}" for number in range(2, 2 + len(devices))]
    changes: dict[str, Any] = {"VM.VBDs": ["OpaqueRef:VBD", *refs]}
    for number, device in enumerate(devices, 2):
        changes |= {f"VBD:{number}.userdevice": device, f"VBD:{number}.type": type_}
    return changes


UNREADABLE = {"VBD.userdevice": ABSENT}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (NO_DRIVERS | disks("1", "2", "3"), "pass"),
        (NO_DRIVERS | disks("1", "2", "4"), "fail"),
        (NO_DRIVERS | disks("4", type_="CD"), "fail"),
        (NO_DRIVERS | disks("4", type_="Floppy"), "pass"),
        (NO_DRIVERS | disks("xvdd"), "pass"),
        (NO_DRIVERS | disks("xvde"), "fail"),
        (NO_DRIVERS | disks("hde"), "fail"),
        (NO_DRIVERS | disks("sda"), "pass"),
        (NO_DRIVERS | disks("autodetect"), "unknown"),
        (NO_DRIVERS | disks("٤"), "unknown"),
        (NO_DRIVERS | disks("9" * 5000), "unknown"),
        (NO_DRIVERS | UNREADABLE, "unknown"),
        (NO_DRIVERS | UNREADABLE | disks("4"), "fail"),
        (NO_DRIVERS | {"VM.VBDs": ["OpaqueRef:VBD", "OpaqueRef:gone"]}, "unknown"),
        (NO_DRIVERS | {"VM.VBDs": ABSENT, "VM.malformed": ["VBDs"]}, "unknown"),
        (NO_DRIVERS | {"VM.VBDs": []}, "pass"),
        (NO_DRIVERS | {"VM.VBDs": ABSENT}, "unknown"),
        (OLD_RELEASE | {f"{GM}.PV_drivers_version": {}, "VM.VBDs": ABSENT} | product("5.6.0"), "pass"),
        (SILENT | disks("4"), "fail"),
        # VM-DISKS-01 is unknown
        ({"VM.power_state": "Halted"} | disks("1"), "pass"),
        ({"VM.power_state": "Halted"} | disks("4"), "unknown"),
        (domain("unspecified") | disks("4"), "unknown"),
        (domain("unspecified") | disks("1"), "pass"),
        (SILENT | JUST_STARTED | disks("4"), "unknown"),
        # no limit
        (disks("4"), "not_applicable"),
        (domain("pv") | disks("4"), "not_applicable"),
    ],
)
def test_no_invisible_disks(changes: dict[str, Any], expected: Word) -> None:
    judged("VM-DISKS-02", changes, expected)


def test_invisible_disks_are_named() -> None:
    _, reason = verdict("VM-DISKS-02", a_pool(NO_DRIVERS | disks("4", "xvdf")))
    assert "Disk at position 4" in reason
    assert "Disk at position xvdf" in reason


def test_disks_that_could_not_be_read_are_unknown() -> None:
    reading = msgspec.structs.replace(a_reading(NO_DRIVERS), unread={"VBD": "permission denied"})
    assert verdict("VM-DISKS-02", Pool(reading))[0] == "unknown"


NAMED = {
    "VM-NAME-01": "VM",
    "HOST-NAME-01": "host",
    "POOL-NAME-01": "pool",
    "SR-NAME-01": "SR",
    "NETWORK-NAME-01": "network",
    "VDI-NAME-01": "VDI",
}


@pytest.mark.parametrize(
    ("name", "expected", "said"),
    [
        ("web01", "pass", ""),
        (" ~!\"#$%&'()*", "pass", ""),
        ("", "pass", "blank"),
        ("   ", "pass", "blank"),
        (ABSENT, "unknown", "name_label"),
        ("dbase-recién", "fail", "U+00E9 (letter); an ASCII name would be 'dbase-recien'"),
        ("e\u0301", "fail", "combining mark"),
        ("web\u202egnp.exe", "fail", "U+202E (bidi control)"),
        ("we\u200bb", "fail", "U+200B (zero-width)"),
        ("a\x00b", "fail", "U+0000 (control)"),
        ("a\x7fb", "fail", "U+007F (control)"),
        ("a\u00a0b", "fail", "U+00A0 (odd blank)"),
        ("a\u2028b", "fail", "odd blank"),
        ("a\uffffb", "fail", "unassigned"),
        ("a\ud800b", "fail", "U+D800 (lone surrogate)"),
        ("w\u0435b01", "fail", "U+0435 (letter)"),
        ("測試" * 4000, "fail", "letter"),
    ],
)
@pytest.mark.parametrize("control", NAMED)
def test_names_are_ascii_safe(control: str, name: object, expected: Word, said: str) -> None:
    word, reason = verdict(control, a_pool({f"{NAMED[control]}.name_label": name}))
    assert word == expected
    assert said in reason
    assert len(reason) < 400


@pytest.mark.parametrize(
    ("changes", "expected", "said"),
    [
        ({}, "pass", "hvm"),
        ({"host.capabilities": ["xen-3.0-x86_64", ""]}, "fail", "features to HVM guests"),
        ({"host.capabilities": ["xen-3.0-x86_64"], "host.cpu_info": {}}, "fail", "BIOS"),
        ({"host.capabilities": []}, "unknown", "empty"),
        ({"host.capabilities": ["", " "]}, "unknown", "empty"),
        ({"host.capabilities": ABSENT}, "unknown", "missing"),
        ({"host.cpu_info": {"features_hvm_host": "00000000-00000000"}}, "pass", "offers no features"),
        ({"host.cpu_info": {"flags": "fpu de"}}, "pass", "hvm"),
        ({"host.cpu_info": ABSENT}, "pass", "hvm"),
        ({"host_metrics.live": False}, "pass", "20261123T01:59:00Z"),
        ({"host_metrics.live": False, "host.capabilities": ["xen-3.0-x86_64"]}, "fail", "not live"),
    ],
)
def test_bios_virtualization_is_on(changes: dict[str, Any], expected: Word, said: str) -> None:
    word, reason = verdict("HOST-CPU-01", a_pool(changes))
    assert word == expected
    assert said in reason


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"host_metrics.live": False}, "fail"),
        ({"host_metrics.live": ABSENT}, "unknown"),
        ({"host.metrics": "OpaqueRef:gone"}, "unknown"),
        ({"host.metrics": "OpaqueRef:NULL"}, "unknown"),
        ({"host.metrics": ABSENT}, "unknown"),
    ],
)
def test_host_is_live(changes: dict[str, Any], expected: Word) -> None:
    judged("HOST-LIVE-01", changes, expected)


IDE = {"VM-DRIVERS-01", "VM-DISKS-01"}
BALLOONS = {"feature-balloon": "1"}
STILL_LINUX = {"INSIDE-CLAIM-OS-01", "INSIDE-CLAIM-TOOLS-01"}
"""What the guest contradicts where XAPI calls it Windows."""
IN_WINDOWS = windows(xenbus="XenServer 9.1.12.120 ", xeniface="XenServer 9.1.13.101 ") | {
    "VM.has_vendor_device": True,
    "inside.VM.system": "windows",
}
WINDOWS_11 = {"distro": "windows", "name": "Microsoft Windows 11 Pro", "major": "10", "minor": "0"}
BREAKS: list[tuple[dict[str, Any], set[str]]] = [
    ({f"{GM}.PV_drivers_version": {}}, {"VM-TOOLS-01", "INSIDE-CLAIM-AGENT-01"}),
    (linux("7", "19", "0"), {"VM-TOOLS-02", "INSIDE-CLAIM-TOOLS-01"}),
    (windows(**XENBUS | {"xenbus": "XenServer 9.1.9.1 "}), {"VM-TOOLS-02", "VM-TOOLS-04"} | STILL_LINUX),
    (windows(xenbus="XCP_ng 9.1.1.0", xenvbd="XCP_ng 9.2.1.0"), {"VM-TOOLS-03"} | STILL_LINUX),
    (windows(xenbus="XCP_ng 9.1.1.0") | {"VM.has_vendor_device": True}, {"VM-TOOLS-05"} | STILL_LINUX),
    ({f"{GM}.PV_drivers_detected": False}, IDE | {"INSIDE-CLAIM-DRIVERS-01"}),
    (
        SILENT,
        {"VM-TOOLS-01", "VM-HOTPLUG-01", "VM-HOTPLUG-02", "INSIDE-CLAIM-AGENT-01", "INSIDE-CLAIM-DRIVERS-01"}
        | IDE,
    ),
    (
        {f"{GM}.PV_drivers_detected": False} | disks("4"),
        {"VM-DISKS-02", "INSIDE-CLAIM-DISKS-01", "INSIDE-CLAIM-DRIVERS-01"} | IDE,
    ),
    (bounds(1, 2, 2, 2), {"VM-MEMORY-01"}),
    (bounds(2, 1, 2, 2), {"VM-MEMORY-01"}),
    ({f"{GM}.other": {}}, {"VM-MEMORY-02"}),
    *[({f"{cls}.name_label": "bré"}, {control}) for control, cls in NAMED.items()],
    ({"host.capabilities": ["xen-3.0-x86_64"]}, {"HOST-CPU-01", "INSIDE-CLAIM-VIRT-01"}),
    ({"host_metrics.live": False}, {"HOST-LIVE-01"}),
    ({f"{GM}.can_use_hotplug_vbd": "no"}, {"VM-HOTPLUG-01"}),
    ({f"{GM}.can_use_hotplug_vif": "no"}, {"VM-HOTPLUG-02"}),
    ({"VM.allowed_operations": []}, {"VM-SHUTDOWN-01", "VM-REBOOT-01", "VM-SUSPEND-01", "VM-MIGRATE-01"}),
    ({f"{GM}.other": BALLOONS | {"data-cant-suspend-reason": "nvme"}}, {"VM-SUSPEND-02"}),
    ({f"{GM}.os_version": {"uname": "6.1.0-30-amd64"}}, {"VM-GUEST-01"}),
    ({f"{GM}.os_version": {"distro": "debian", "major": "12"}}, {"VM-GUEST-02"}),
    ({f"{GM}.networks": {"0/ip": "169.254.1.2"}}, {"VM-GUEST-03"}),
    (
        {f"{GM}.os_version": {"distro": "debian", "major": "11"}},
        {"VM-GUEST-02", "VM-GUEST-04", "INSIDE-CLAIM-OS-01"},
    ),
    ({"VM.reference_label": "debian-7-64bit"}, {"VM-TEMPLATE-01"}),
    ({"VBD:2.type": "CD", "VBD:2.userdevice": "3"}, {"VM-DRIVE-01"}),
    (
        linux("7", "19", "0") | {"VM.snapshots": [], "VM:snapshot": ABSENT},
        {"VM-TOOLS-02", "VM-BACKUP-01", "INSIDE-CLAIM-TOOLS-01"},
    ),
    ({"VM.reference_label": "windows-10-64bit"}, {"VM-TEMPLATE-02"}),
    ({"VM.VCPUs_max": 17}, {"VM-CPU-01"}),
    ({"VM.VCPUs_max": 40, "VM.platform": {"cores-per-socket": "4"}}, {"VM-CPU-02"}),
    ({"VM.VCPUs_params": {"mask": "0,1"}}, {"VM-CPU-03"}),
    (bounds(1, 1, 2, 5), {"VM-MEMORY-03"}),
    (disks(*map(str, range(1, 242))), {"VM-DISKS-03", "INSIDE-CLAIM-DISKS-01"}),
    ({"VDI.virtual_size": 2041 * GIB}, {"VM-DISKS-04", "INSIDE-CLAIM-DISKS-01"}),
    (
        {f"VIF:{number}.currently_attached": False for number in range(1, 8)}
        | {f"VIF:{number}.MAC": f"02:00:00:00:10:1{number}" for number in range(1, 8)},
        {"VM-NET-01", "VM-NET-03"},
    ),
    (domain("pv_in_pvh"), {"VM-MODE-01", "VM-TEMPLATE-01", "INSIDE-CLAIM-TYPE-01"}),
    ({"VM_metrics.nested_virt": True}, {"VM-NESTED-01"}),
    ({"VM_metrics.nomigrate": True}, {"VM-NESTED-02"}),
    ({"VM.attached_PCIs": ["OpaqueRef:pci"]}, {"VM-TIED-01"}),
    ({"VM.VUSBs": ["OpaqueRef:vusb"]}, {"VM-TIED-02"}),
    ({"VM.VGPUs": ["OpaqueRef:vgpu"]}, {"VM-TIED-03"}),
    ({"PIF.sriov_logical_PIF_of": ["OpaqueRef:sriov"]}, {"VM-TIED-04"}),
    ({"host:2.virtual_hardware_platform_versions": [0, 1]}, {"VM-HARDWARE-01"}),
    (
        windows(xenbus="XCP_ng 9.0.9065.0 ") | {"VM.platform": {"device_id": "0002"}},
        {"VM-WINDOWS-01"} | STILL_LINUX,
    ),
    ({"VM.platform": {"device_id": "0002"}}, {"VM-WINDOWS-02"}),
    ({"VM.HVM_boot_params": {}}, {"VM-BOOT-01"}),
    (windows(**XENBUS) | {f"{GM}.os_version": WINDOWS_11}, {"VM-BOOT-02"} | STILL_LINUX),
    ({"VM.secureboot_certificates_state": "update_available"}, {"VM-BOOT-03"}),
    ({"VM.requires_reboot": True}, {"VM-PENDING-01"}),
    ({"VM.blocked_operations": {"pool_migrate": "by a job"}}, {"VM-BLOCKED-01"}),
    ({"pool.ha_enabled": True}, {"POOL-HA-01", "POOL-HA-02", "VM-HA-02"}),
    ({"pool.wlb_enabled": True}, {"POOL-HA-02"}),
    ({"VM.memory_overhead": 60 * GIB}, {"POOL-MEMORY-01"}),
    ({"pool.default_SR": "OpaqueRef:NULL"}, {"POOL-SR-01"}),
    ({"pool.suspend_image_SR": "OpaqueRef:NULL"}, {"POOL-SR-02"}),
    ({"PBD.currently_attached": False}, {"SR-PBD-01", "VM-STORAGE-02"}),
    ({"SR.physical_utilisation": 1000 * GIB}, {"SR-FILL-01"}),
    ({"SR.virtual_allocation": 3000 * GIB}, {"SR-ALLOCATION-01"}),
    ({"SR.type": "ext4"}, {"SR-TYPE-01"}),
    ({"PIF:2.bond_slave_of": "OpaqueRef:Bond"}, {"NETWORK-HOSTS-01", "VM-NET-02"}),
    ({"PIF:2.MTU": 9000}, {"NETWORK-MTU-01"}),
    ({"subject.roles": [POOL_ADMIN]}, {"POOL-RBAC-01"}),
    ({"pool.tls_verification_enabled": False}, {"POOL-TLS-01"}),
    ({"message.priority": 1}, {"POOL-ALARM-01"}),
    ({"VDI:metadata.type": "user"}, {"POOL-BACKUP-01"}),
    (product("8.4.0"), {"POOL-UPDATES-01"}),
    ({"host.license_params": {"restrict_dmc": "true"}}, {"POOL-LICENCE-01"}),
    ({"pool.vswitch_controller": "192.0.2.60"}, {"POOL-VSWITCH-01"}),
    ({"pool.health_check_config": {"Enrollment": "true"}}, {"POOL-HEALTHCHECK-01"}),
    *[(changes, set(controls.split())) for controls, changes in BREAKS_OF_HOSTS.items()],
    *[(changes, set(controls.split())) for controls, changes in BREAKS_FROM_WITHIN.items()],
    *[(IN_WINDOWS | changes, set(controls.split())) for controls, changes in BREAKS_OF_WINDOWS.items()],
    ({"VM:snapshot.snapshot_time": "20260101T00:00:00Z"}, {"VM-SNAPSHOT-01"}),
    ({"VM:snapshot.suspend_VDI": "OpaqueRef:VDI"}, {"VM-SNAPSHOT-03"}),
    (
        {f"VM:{number}.is_a_snapshot": True for number in range(5)}
        | {f"VM:{number}.snapshot_of": "OpaqueRef:VM" for number in range(5)}
        | {f"VM:{number}.snapshot_time": "20261121T22:00:00Z" for number in range(5)},
        {"VM-SNAPSHOT-02"},
    ),
    (
        {"pool.ha_enabled": True, "VM.ha_restart_priority": "restart", "VM.VUSBs": ["OpaqueRef:vusb"]},
        {"POOL-HA-01", "POOL-HA-02", "VM-HA-01", "VM-TIED-02"},
    ),
    ({"VM.other_config": {"auto_poweron": "true"}}, {"VM-POWERON-01"}),
    ({"VM.power_state": "Suspended"}, {"VM-STATE-01"}),
    ({"VM.power_state": "Paused"}, {"VM-STATE-02"}),
    (
        {
            "VIF:2.currently_attached": False,
            "VIF:2.VM": "OpaqueRef:VM2",
            "VM:2.VIFs": ["OpaqueRef:VIF2"],
            "VM:2.snapshots": [],
            "VM:2.name_label": "copy",
        },
        {"VM-MAC-01"},
    ),
    ({"VM:2.snapshots": [], "VM:2.VIFs": [], "VM:2.VBDs": []}, {"VM-NAME-02"}),
    ({"SR.shared": False}, {"VM-STORAGE-01", "POOL-SR-01", "POOL-SR-02"}),
    ({"VIF.currently_attached": False}, {"VM-NET-03"}),
    ({"VDI.cbt_enabled": True}, {"VDI-CBT-01"}),
    ({"VDI.on_boot": "reset"}, {"VDI-BOOT-01"}),
    ({"VDI.sharable": True}, {"VDI-SHARED-01"}),
    ({"VBD": ABSENT, "VM.VBDs": [], "VDI.VBDs": []}, {"VDI-ORPHAN-01", "INSIDE-CLAIM-DISKS-01"}),
    ({"VBD:2.VM": "OpaqueRef:VMdom0"}, {"VDI-ORPHAN-02"}),
    ({"VDI.missing": True}, {"VDI-MISSING-01"}),
]


@pytest.mark.parametrize(("changes", "red"), BREAKS)
def test_a_break_turns_exactly_its_controls_red(changes: dict[str, Any], red: set[str]) -> None:
    assert {control for control, word in verdicts(a_pool(changes)).items() if word == "fail"} == red


def test_every_control_can_be_turned_red() -> None:
    otherwise = {
        "POOL-READ-01",  # by no broken record but a pool that cannot be read: see tests/e2e
        "POOL-RBAC-02",  # by a policy that asks for it: see test_accounts
        "VM-OWNER-01",  # likewise: see test_identity
        "VM-OWNER-02",
    }
    assert set().union(*(red for _, red in BREAKS)) == CHECKS.keys() - otherwise
