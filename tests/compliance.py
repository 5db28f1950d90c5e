"""Compliant pools that mutations start from, and the wrong values that no type tells."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from fixtures.facts.enlightenments import ENLIGHTENMENTS
from fixtures.facts.records import NULL
from fixtures.policy import Policy
from fixtures.policy.sections import Hardware, Ownership, PoolWide, Snapshots

from .building import COMPLIANT, GIB, POOL_ADMIN
from .insides import DOM0
from .windows_insides import ADAPTERS, DEVICES, DISKS, DRIVERS, E1000, EXCLUDED, IDE, RELEASE, SERVICES


class Base(NamedTuple):
    """A compliant pool, as changes of the common one, and the policy that judges it."""

    changes: Mapping[str, Any]
    policy: Policy = Policy()


XENSERVER: Final = {"product_version": "8.4.0", "product_brand": "XenServer"}

BASES: Final[dict[str, Base]] = {
    "Linux on XCP-ng 8.3": Base({}),
    "Windows on XenServer 8": Base(
        {
            "host.software_version": COMPLIANT["host"]["software_version"] | XENSERVER,
            "host:2.software_version": COMPLIANT["host"]["software_version"] | XENSERVER,
            "pool.repositories": ["OpaqueRef:repository"],
            "pool.last_update_sync": "20261122T00:00:00Z",
            "pool.update_sync_enabled": True,
            "VM.reference_label": "windows-server-2022-64bit",
            "VM.other_config": {"base_template_name": "Windows Server 2022 (64-bit)"},
            "VM.has_vendor_device": True,
            "VM.VBDs": [*COMPLIANT["VM"]["VBDs"], "OpaqueRef:VBDcd"],
            "VBD:cd.type": "CD",
            "VBD:cd.mode": "RO",
            "VBD:cd.userdevice": "3",
            "VBD:cd.empty": True,
            "VBD:cd.VDI": NULL,
            "VM.platform": COMPLIANT["VM"]["platform"]
            | {"device_id": "0002", **dict.fromkeys(ENLIGHTENMENTS, "true")},
            "VM_guest_metrics.os_version": {
                "distro": "windows",
                "name": "Microsoft Windows Server 2022 Standard",
                "major": "10",
                "minor": "0",
            },
            "VM_guest_metrics.PV_drivers_version": {
                "major": "9",
                "minor": "4",
                "micro": "1",
                "build": "146",
                "xenbus": "XenServer 9.1.12.120 ",
                "xeniface": "XenServer 9.1.13.101 ",
            },
            "inside.VM.system": "windows",
        },
        Policy(pool=PoolWide(external_authentication=True)),
    ),
    "HVM guest without PV drivers": Base(
        {
            "VM_guest_metrics.PV_drivers_detected": False,
            "VM_guest_metrics.PV_drivers_version": {},
        },
        # one more of each is too many
        Policy(hardware=Hardware(drives=1, interfaces=1)),
    ),
    "Linux with tools whose upgrade is due": Base(
        {
            "VM_guest_metrics.PV_drivers_version": {"major": "7", "minor": "19", "micro": "0", "build": "1"},
            "VDI:emptied.type": "cbt_metadata",
            "VDI:emptied.is_a_snapshot": True,
            "VDI:emptied.VBDs": [],
            "VDI:emptied.other_config": {
                "xo:backup:vm": COMPLIANT["VM"]["uuid"],
                "xo:backup:datetime": "20261010T02:00:00Z",
            },
        },
    ),
    "VM under HA, with an owner": Base(
        {
            "pool.ha_enabled": True,
            "VM.ha_restart_priority": "restart",
            "VM.tags": ["production", "owner:shop"],
            "VDI:memory.type": "suspend",
            "VDI:memory.VBDs": [],
        },
        Policy(ownership=Ownership(description=True, tag="owner:*"), snapshots=Snapshots(most=1)),
    ),
}
"""Between them every control passes on a subject, so that there is something to break."""

WRONG: Final[dict[str, dict[str, tuple[Any, ...]]]] = {
    "VM": {
        "power_state": ("Halted", "Paused", "Suspended"),
        "domain_type": ("pv", "pvh", "pv_in_pvh"),
        "platform": ({"nested-virt": "true"}, {"nomigrate": "true"}),
        "memory_static_max": (GIB // 2, 64 * GIB),
        "VCPUs_params": ({"mask": "0,1"}, {"cap": "50"}, {"weight": "1024"}),
        "blocked_operations": ({"pool_migrate": "by a job"},),
        "secureboot_certificates_state": ("update_available", "update_on_boot"),
        "other_config": ({"auto_poweron": "true"},),
    },
    "VDI": {"type": ("user",)},
    "VM_metrics": {"current_domain_type": ("pv", "pvh", "pv_in_pvh")},
    "VM_guest_metrics": {
        "other": ({"data-cant-suspend-reason": "a driver says no"},),
        "PV_drivers_version": ({"xenbus": "XenServer 9.1.9.105 "}, {"xenbus": "XCP_ng 9.1.100.0 "}),
        "os_version": (
            {"major": "10"},
            {"distro": "windows"},
            {"distro": "windows", "name": "Microsoft Windows 11 Pro"},
            {"distro": "debian", "name": "Debian"},
        ),
    },
    "SR": {"type": ("lvmofcoe",)},
    # What machines tell from within: question → outputs, or exit status and output.
    "dom0": {
        "xl_info": (
            "",
            "virt_caps : pv gnttab-v1",
            "xen_version : 4.17.4-1\nversion : #1 SMP 2025\nrelease : 4.19.0+0\n",
            [127, "sh: xl: not found"],
        ),
        "xen_caps": ("", "xen-3.0-x86_64 \n"),
        "xl_dmesg": ("", "(XEN) I/O virtualisation disabled\n", "(XEN) CPU0: VMX disabled by BIOS.\n"),
        "cpu": ("", DOM0["cpu"].replace("0xa101148", "0xa101111"), DOM0["cpu"].replace("17", "18")),
        "services": ("", DOM0["services"].replace("=active", "=failed", 1)),
        "failed_units": ("", "* xapi.service loaded failed failed XenAPI\n1 loaded units listed.\n"),
        "room": (
            "",
            DOM0["room"].replace("14164852 ", "1416 "),
            DOM0["room"].replace("6012345", "12345"),
            DOM0["room"].replace("0.42", "64.42"),
        ),
        "clock": ("", "Leap status     : Not synchronised\n", [1, "System clock synchronized: no\n"]),
        "installed": ("", DOM0["installed"].replace("1762", "1764")),
        "taint": ("", "4224\n"),
        "rsyslog": ("", "@198.51.100.1\n"),
        "sshd": (
            "",
            DOM0["sshd"].replace("ciphers ", "ciphers aes128-cbc,"),
            DOM0["sshd"].replace("x11forwarding no", "x11forwarding yes"),
            DOM0["sshd"].replace("prohibit-password", "yes"),
        ),
        "stunnel": ("", "sslVersion = all\nciphers = RC4-SHA\n", [2, "grep: Permission denied\n"]),
    },
    "linux": {
        "hypervisor": ("", "none\n"),
        "disks": (
            "",
            "disk|sda|sd|41943040|0|QEMU HARDDISK\nused|/dev/sda\n",
            "disk|sda|sd|1||\nused|/dev/sda1\n",
        ),
        "interfaces": ("", "eth0|e1000|up|0x1af4||02:00:00:00:10:01\n", "eth0|e1000|up|||\n"),
        "addresses": ("", "eth0 UP 198.51.100.7/24\n"),
        "agent": (
            "",
            "init|systemd\n",
            "init|systemd\nmanager|rpm\npackage|xe-guest-utilities|7.10.0-1\nprocess|xe-daemon\n",
            "init|init\nscript|xe-guest-utilities\nprocess|xe-daemon\nprocess|xen-guest-agent\n",
        ),
        "kernel": (
            "",
            "release|2.6.32-5-amd64\nsysfs|\nlisted|dep\nlisted|builtin\nmemory|99999999 kB\n"
            "installed|2.6.32-9-amd64\n",
        ),
        "release": ("", "ID=debian\nVERSION_ID=9\n", "ID=fedora\nVERSION_ID=43\n"),
        "repositories": ("", "manager|apt\nlists|\n"),
    },
    "windows": {
        "devices": ("", DEVICES.replace("0\txennet", "31\txennet"), "0\txenbus\tPCI\\VEN_5853&DEV_0001\r\n"),
        "drivers": ("", DRIVERS.replace("9.1.12.120", "9.1.11.115"), DRIVERS.replace("9.1.12.120", "new")),
        "disks": ("", IDE, DISKS + IDE),
        "adapters": ("", E1000, ADAPTERS + E1000.replace("2", "7", 1), ADAPTERS.replace(":01\t", ":09\t")),
        "addresses": ("", "198.51.100.7\r\n"),
        "release": ("", RELEASE.replace("2022", "2025"), RELEASE.replace("2096180", "4193332")),
        "services": (
            "",
            "Running\tAuto\tWinmgmt\r\n",
            SERVICES.replace("Running\tAuto\tXen", "Stopped\tAuto\tXen"),
            SERVICES.replace("Auto\tXen", "Manual\tXen"),
            [1, "Access denied\r\n"],
        ),
        "updates": ("", EXCLUDED, "Policies\\Microsoft\\Windows\\WindowsUpdate\\AU\\UseWUServer\t1\r\n"),
        "dotnet": ("",),
        "restarts": ("driver\txenvbd\r\n", "Windows\tWindowsUpdate\\Auto Update\\RebootRequired\r\n"),
    },
    "pool": {"health_check_config": ({"Enrollment": "true"},)},
    "subject": {"roles": ([POOL_ADMIN],)},
    "PBD": {"other_config": ({"mpath-3600a098038303973": "[1, 2]"},)},
    "host": {
        "latest_synced_updates_applied": ("no",),
        "license_params": ({"expiry": "20200101T00:00:00Z"},),
        "ntp_mode": ("Disabled",),
        "power_on_mode": ("iLO",),
    },
    "answers": {
        "clock_offset": (-3600.0, 3600.0),
        "certificate": ({"key_type": "RSA", "key_bits": 1024}, {"key_type": "EC", "key_bits": 160}),
        "evacuation": ({"OpaqueRef:VM": ["VM_REQUIRES_SR", "OpaqueRef:VM", "OpaqueRef:SR"]},),
    },
}
"""Class → field → values (of a map: keys with values) that break it and that its type does not tell."""
