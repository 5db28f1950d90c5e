"""What a compliant Linux guest answers from within, and what breaks it."""

from typing import Any, Final

SERVICE: Final = (
    "unit|xe-linux-distribution|LoadState=loaded\n"
    "unit|xe-linux-distribution|ActiveState=active\n"
    "unit|xe-linux-distribution|SubState=running\n"
    "unit|xe-linux-distribution|UnitFileState=enabled\n"
    "unit|xe-linux-distribution|Result=success\n"
)
AGENT: Final = (
    f"manager|dpkg-query\npackage|xe-guest-utilities|8.4.0-1\n{SERVICE}"
    "binary|/usr/sbin/xe-daemon\ninit|systemd\nprocess|xe-daemon\n"
)
KERNEL: Final = (
    "release|6.1.0-30-amd64\ndriver|vbd\ndriver|vif\nlisted|builtin\nlisted|dep\nmodule|xen-blkfront\n"
    "module|xen-netfront\nsysfs|\nballoon|\ninstalled|6.1.0-29-amd64\ninstalled|6.1.0-30-amd64\n"
    "memory|2013392 kB\n"
)
DEBIAN: Final = (
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n'
)
LINUX: Final = {
    "identity": "{uuid}\n",
    "hypervisor": "xen\nHVM\n",
    "disks": "disk|xvda|vbd|41943040|0|\non|xvda/xvda1\non|xvda/xvda2\ndisk|dm-0||8388608|0|\n"
    "below|dm-0|xvda2\nused|/dev/dm-0\nused|/dev/xvda1\n",
    "interfaces": "eth0|vif|up||device/vif/0|02:00:00:00:10:01\n",
    "addresses": "lo UNKNOWN 127.0.0.1/8 ::1/128\neth0 UP 192.0.2.101/24 fe80::1/64\n",
    "agent": AGENT,
    "kernel": KERNEL,
    "release": DEBIAN,
    "repositories": "manager|apt\nlists|\noffered|xe-guest-utilities\n",
}

BREAKS_OF_LINUX: Final[dict[str, dict[str, Any]]] = {
    "INSIDE-CLAIM-TYPE-01": {"inside.VM.hypervisor": "xen\nPV\n"},
    "INSIDE-CLAIM-TOOLS-01": {"inside.VM.agent": AGENT.replace("8.4.0-1", "10.0.0-1")},
    "INSIDE-CLAIM-OS-01": {"inside.VM.release": DEBIAN.replace("12", "13")},
    "INSIDE-CLAIM-KERNEL-01": {"inside.VM.kernel": KERNEL.replace("-30-amd64", "-31-amd64")},
    "INSIDE-CLAIM-ADDRESS-01": {"inside.VM.addresses": "eth0 UP 192.0.2.102/24\n"},
    "INSIDE-CLAIM-MEMORY-01": {"inside.VM.kernel": KERNEL.replace("2013392", "402653")},
    "INSIDE-CLAIM-DISKS-01": {"inside.VM.disks": LINUX["disks"].replace("41943040", "20971520")},
    "INSIDE-CLAIM-MAC-01": {"inside.VM.interfaces": LINUX["interfaces"].replace(":10:01", ":10:99")},
    "INSIDE-LINUX-XEN-01": {"inside.VM.hypervisor": "none\n"},
    "INSIDE-LINUX-DISKS-01 INSIDE-CLAIM-DRIVERS-01": {
        "inside.VM.disks": LINUX["disks"] + "disk|sda|sd|41943040|0|QEMU HARDDISK\nused|/dev/sda\n"
    },
    "INSIDE-LINUX-NICS-01 INSIDE-CLAIM-DRIVERS-01": {
        "inside.VM.interfaces": LINUX["interfaces"] + "eth1|8139cp|up|0x5853||02:00:00:00:10:02\n"
    },
    "INSIDE-LINUX-DRIVERS-01": {
        "inside.VM.kernel": KERNEL.replace("driver|vif\n", "").replace("module|xen-netfront\n", "")
    },
    "INSIDE-LINUX-BALLOON-01": {"inside.VM.kernel": KERNEL.replace("balloon|\n", "")},
    "INSIDE-LINUX-REBOOT-01": {"inside.VM.kernel": KERNEL + "installed|6.1.0-31-amd64\n"},
    "INSIDE-LINUX-EOL-01": {
        "inside.VM.release": DEBIAN.replace("12", "10"),
        "VM_guest_metrics.os_version": {"name": "Another", "distro": "another", "uname": "6.1.0-30-amd64"},
    },
    "INSIDE-LINUX-AGENT-01 INSIDE-CLAIM-AGENT-01": {
        "inside.VM.agent": AGENT.replace("process|xe-daemon\n", "")
        .replace("=active", "=inactive")
        .replace("=running", "=dead")
    },
    "INSIDE-LINUX-AGENT-02": {"inside.VM.agent": AGENT.replace("=enabled", "=disabled")},
    "INSIDE-LINUX-AGENT-03": {"inside.VM.agent": AGENT + "process|xen-guest-agent\n"},
    "INSIDE-LINUX-AGENT-04 INSIDE-CLAIM-TOOLS-01": {
        "inside.VM.agent": AGENT.replace("8.4.0-1", "7.10.0-0ubuntu1")
    },
    "INSIDE-LINUX-REPOSITORY-01": {"inside.VM.repositories": "manager|apt\nlists|\n"},
}
"""Controls (blanks between them) → what turns them, and no others, red."""
