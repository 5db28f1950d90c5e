"""Machines of our own making, for those who have no recordings: what a healthy host and guests would say."""

from fixtures.sources.inside.commands import SERVICES
from tests.inside.machines import Answer, Contents

XL_INFO = """\
host                   : alder
release                : 4.19.0+1
version                : #1 SMP
machine                : x86_64
nr_cpus                : 8
virt_caps              : pv hvm hvm_directio pv_directio hap iommu_hap_pt_share
total_memory           : 65418
free_memory            : 40231
xen_version            : 4.17.5
xen_caps               : xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64
xen_commandline        : dom0_mem=4096M,max:4096M watchdog crashkernel=256M,below=4G
"""
XL_DMESG = """\
(XEN) Xen version 4.17.5
(XEN) Intel VT-d iommu 0 supported page sizes: 4kB, 2MB, 1GB
(XEN) I/O virtualisation enabled
(XEN) VMX: Supported advanced features:
(XEN) HVM: VMX enabled
(XEN) HVM: Hardware Assisted Paging (HAP) detected
"""
CHRONY = """\
Reference ID    : C0000201 (192.0.2.1)
Stratum         : 3
Ref time (UTC)  : Sat Nov 28 09:59:31 2026
System time     : 0.000012045 seconds slow of NTP time
Last offset     : -0.000009327 seconds
RMS offset      : 0.000021544 seconds
Frequency       : 14.211 ppm fast
Residual freq   : -0.001 ppm
Skew            : 0.019 ppm
Root delay      : 0.012406182 seconds
Root dispersion : 0.000617532 seconds
Update interval : 1031.2 seconds
Leap status     : Normal
"""
CPUINFO = """\
processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 106
model name\t: Intel(R) Xeon(R) Gold 6326 CPU @ 2.90GHz
stepping\t: 6
microcode\t: 0xd0003f5
"""
RPM = """\
filesystem 3.2-25.el7 1760000000
kernel 4.19.19-8.0.44.1.xcpng8.3 1762000000
xen-hypervisor 4.17.5-15.1.xcpng8.3 1762000000
"""
AGENT = """\
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
Result=success
ExecMainStatus=0
MainPID=612
"""


def host(uuid: str) -> Contents:
    """The control domain of a host of XCP-ng, on Intel, with all that its firmware should have on."""
    return Contents(
        {
            "xl info": XL_INFO,
            "xl dmesg": XL_DMESG,
            "chronyc -n tracking": CHRONY,
            "hostname": "alder\n",
            "rpm -q --qf *": RPM,
            "xen-livepatch list": "",
            "systemctl show *": "\n".join(
                f"Id={name}.service\nLoadState=loaded\nActiveState=active\n" for name in SERVICES
            ),
            "uname -r": "4.19.0+1\n",
            "systemctl is-system-running": "running\n",
            "systemctl list-units *--failed*": "0 loaded units listed.\n",
            "df *": "Filesystem 1024-blocks Used Available Capacity Mounted on\n"
            "/dev/sda1 18435804 3311412 14164852 19% /\n",
        },
        {
            "/etc/os-release": 'NAME="XCP-ng"\nVERSION="8.3.0"\nID="xenenterprise"\n',
            "/etc/xensource-inventory": f"INSTALLATION_UUID='{uuid}'\nPRODUCT_VERSION='8.3.0'\n",
            "/proc/cpuinfo": CPUINFO,
            "/proc/loadavg": "0.10 0.22 0.31 1/512 4711\n",
            "/proc/meminfo": "MemTotal: 4123456 kB\nMemFree: 123456 kB\nMemAvailable: 2123456 kB\n",
            "/proc/stat": "cpu 1 2 3 4\nbtime 1763000000\n",
            "/proc/sys/kernel/tainted": "4097\n",
            "/proc/xen/capabilities": "control_d\n",
            "/sys/hypervisor/type": "xen\n",
            "/sys/hypervisor/properties/capabilities": "xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_64\n",
        },
        {},
    )


def pv_guest(uuid: str) -> Contents:
    """A Linux guest on PV drivers, its agent running."""
    return _guest(uuid, "PV", {"xvda": "bus/xen/drivers/vbd"}, "bus/xen/drivers/vif", AGENT)


def emulated_guest(uuid: str) -> Contents:
    """A Linux guest that runs on the emulated disk and network card, its agent dead."""
    dead = AGENT.replace("=active", "=inactive").replace("=running", "=dead").replace("=612", "=0")
    return _guest(uuid, "HVM", {"sda": "bus/scsi/drivers/sd"}, "bus/pci/drivers/e1000", dead)


def _guest(uuid: str, kind: str, disks: dict[str, str], network: str, agent: str) -> Contents:
    drivers = {f"/sys/class/block/{disk}/device/driver": f"../../{driver}" for disk, driver in disks.items()}
    return Contents(
        {
            "systemctl show *xe-linux-distribution*": agent,
            "systemctl is-system-running": "running\n",
            "systemctl list-units *--failed*": "0 loaded units listed.\n",
            "hostname": "birch\n",
            "uname -r": "6.1.0-25-amd64\n",
        },
        {
            "/etc/os-release": 'NAME="Debian GNU/Linux"\nID=debian\nVERSION_ID="12"\n',
            "/proc/mounts": f"/dev/{next(iter(disks))} / ext4 rw,relatime 0 0\nproc /proc proc rw 0 0\n",
            "/sys/class/net/lo/uevent": "INTERFACE=lo\n",
            "/sys/hypervisor/guest_type": f"{kind}\n",
            "/sys/hypervisor/type": "xen\n",
            "/sys/hypervisor/uuid": f"{uuid}\n",
        },
        {
            **drivers,
            "/sys/block": "class/block",
            "/sys/class/net/eth0/device/driver": f"../../{network}",
        },
    )


def alpine_guest(uuid: str) -> Contents:
    """A Linux guest with busybox, OpenRC and apk, and without systemd and iproute."""
    return Contents(
        {"uname -r": "6.6.49-0-virt\n"},
        {
            "/etc/os-release": 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.3\n'
            'PRETTY_NAME="Alpine Linux v3.20"\n',
            "/etc/apk/repositories": "https://a.example/main\nhttps://a.example/community\n",
            "/lib/apk/db/installed": "P:busybox\nV:1.36-r2\n\nP:xe-guest-utilities\nV:8.4.0-r9\nA:x\n",
            "/etc/init.d/xe-guest-utilities": "#!/sbin/openrc-run\n",
            "/usr/sbin/xe-daemon": "",
            "/proc/1/comm": "init\n",
            "/proc/1711/comm": "xe-daemon\n",
            "/proc/meminfo": "MemTotal:        2013392 kB\nMemFree:          100000 kB\n",
            "/proc/mounts": "/dev/xvda3 / ext4 rw 0 0\n/dev/xvda1 /boot ext4 rw 0 0\n",
            "/proc/net/fib_trie": "Local:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 192.0.2.101\n"
            "        /32 host LOCAL\n     |-- 192.0.2.255\n        /32 link BROADCAST\n",
            "/proc/swaps": "Filename Type Size Used Priority\n/dev/xvda2 partition 1048572 0 -2\n",
            "/sys/block/xvda/removable": "0\n",
            "/sys/block/xvda/size": "41943040\n",
            **{f"/sys/block/xvda/xvda{number}/partition": f"{number}\n" for number in (1, 2, 3)},
            "/sys/class/net/eth0/address": "02:00:00:00:10:01\n",
            "/sys/class/net/eth0/device/nodename": "device/vif/0\n",
            "/sys/class/net/eth0/operstate": "up\n",
            "/sys/class/net/lo/operstate": "unknown\n",
            "/lib/modules/6.6.49-0-virt/kernel/.there": "",
            "/lib/modules/6.6.49-0-virt/modules.builtin": "kernel/drivers/xen/xenfs/xenfs.ko\n",
            "/lib/modules/6.6.49-0-virt/modules.dep": "kernel/drivers/net/xen-netfront.ko.gz:\n"
            "kernel/drivers/block/xen-blkfront.ko.gz: kernel/drivers/xen/other.ko.gz\n",
            "/sys/devices/system/xen_memory/xen_memory0/uevent": "",
            "/sys/hypervisor/guest_type": "HVM\n",
            "/sys/hypervisor/type": "xen\n",
            "/sys/hypervisor/uuid": f"{uuid}\n",
        },
        {
            "/etc/runlevels/default/xe-guest-utilities": "/etc/init.d/xe-guest-utilities",
            "/sys/block/xvda/device/driver": "../../bus/xen/drivers/vbd",
            "/sys/class/net/eth0/device/driver": "../../bus/xen/drivers/vif",
        },
    )


def redhat_guest(uuid: str) -> Contents:
    """A Linux guest with LVM, rpm and yum, whose agent an init script starts; its new kernel never ran."""
    exited = AGENT.replace("=running", "=exited").replace("=enabled", "=generated")
    package = "xe-guest-utilities-latest"
    kernels = ("3.10.0-1160.el7.x86_64", "3.10.0-1160.119.1.el7.x86_64")
    return Contents(
        {
            "uname -r": f"{kernels[0]}\n",
            "systemctl show *xe-linux-distribution*": exited,
            "systemctl show *": "LoadState=not-found\nActiveState=inactive\nSubState=dead\n",
            f"rpm -q {package}": f"{package}-7.30.0-4.el7.x86_64\n",
            "rpm *": Answer(f"package {package} is not installed\n", status=1),
        },
        {
            "/etc/os-release": 'NAME="CentOS Linux"\nID="centos"\nVERSION_ID="7"\n'
            'PRETTY_NAME="CentOS Linux 7 (Core)"\n',
            "/etc/yum.repos.d/base.repo": "[base]\nname=Base\nbaseurl=https://user:secret@mirror.example/\n",
            "/etc/yum.repos.d/epel.repo": "[epel]\nname=EPEL\nenabled=1\n\n[epel-debuginfo]\nenabled=0\n",
            "/etc/init.d/xe-linux-distribution": "#!/bin/sh\n",
            "/proc/1/comm": "systemd\n",
            "/proc/612/comm": "xe-daemon\n",
            "/proc/mounts": "/dev/mapper/centos-root / xfs rw 0 0\n/dev/xvda1 /boot xfs rw 0 0\n",
            "/dev/dm-0": "",
            "/sys/block/dm-0/size": "30000000\n",
            "/sys/block/dm-0/slaves/xvda2/partition": "2\n",
            "/sys/block/xvda/size": "41943040\n",
            "/sys/block/xvda/xvda1/partition": "1\n",
            "/sys/block/xvda/xvda2/partition": "2\n",
            "/sys/class/net/eth0/operstate": "up\n",
            **{f"/lib/modules/{each}/kernel/.there": "" for each in kernels},
            "/sys/bus/xen/drivers/vbd/uevent": "",
            "/sys/bus/xen/drivers/vif/uevent": "",
            "/sys/devices/system/xen_memory/xen_memory0/uevent": "",
            "/sys/hypervisor/type": "xen\n",
            "/sys/hypervisor/uuid": f"{uuid}\n",
        },
        {
            "/dev/mapper/centos-root": "../dm-0",
            "/etc/rc3.d/S14xe-linux-distribution": "../init.d/xe-linux-distribution",
            "/sys/block/xvda/device/driver": "../../bus/xen/drivers/vbd",
            "/sys/class/net/eth0/device/driver": "../../bus/xen/drivers/vif",
        },
    )
