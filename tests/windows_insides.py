"""What a compliant Windows guest answers from within, and what breaks it."""

from typing import Any, Final

DEVICES: Final = (
    "0\txenbus\tPCI\\VEN_5853&DEV_C000&SUBSYS_C0005853&REV_01\\3&267A616A&1&28\r\n"
    "28\t\tPCI\\VEN_5853&DEV_0002&SUBSYS_00025853&REV_02\\3&267A616A&1&10\r\n"
    "0\txeniface\tXENBUS\\VEN_XSC000&DEV_IFACE&REV_09000007\\_\r\n"
    "0\txenvbd\tXENBUS\\VEN_XSC000&DEV_VBD&REV_09000004\\_\r\n"
    "0\txenvif\tXENBUS\\VEN_XSC000&DEV_VIF&REV_09000005\\_\r\n"
    "0\txennet\tXENVIF\\VEN_XSC000&DEV_NET&REV_0900000A\\0\r\n"
    "28\t\tXENBUS\\VEN_XSC000&DEV_VKBD&REV_09000001\\_\r\n"
)
DRIVERS: Final = (
    "9.1.12.120\tPCI\\VEN_5853&DEV_C000&SUBSYS_C0005853&REV_01\\3&267A616A&1&28\r\n"
    "\tPCI\\VEN_5853&DEV_0002&SUBSYS_00025853&REV_02\\3&267A616A&1&10\r\n"
    "9.1.13.101\tXENBUS\\VEN_XSC000&DEV_IFACE&REV_09000007\\_\r\n"
    "9.1.9.90\tXENBUS\\VEN_XSC000&DEV_VBD&REV_09000004\\_\r\n"
    "9.1.14.99\tXENBUS\\VEN_XSC000&DEV_VIF&REV_09000005\\_\r\n"
    "9.1.7.70\tXENVIF\\VEN_XSC000&DEV_NET&REV_0900000A\\0\r\n"
)
DISKS: Final = "21467980800\tXENSRC PVDISK SCSI Disk Device\tSCSI\\DISK&VEN_XENSRC&PROD_PVDISK\\000000\r\n"
IDE: Final = (
    "21467980800\tQEMU HARDDISK ATA Device\tIDE\\DISKQEMU_HARDDISK___2.5+____\\5&3A2A5854&0&0.0.0\r\n"
)
ADAPTERS: Final = (
    "2\t02:00:00:00:10:01\tXenServer PV Network Device #0\tXENVIF\\VEN_XSC000&DEV_NET&REV_0900000A\\0\r\n"
)
E1000: Final = (
    "2\t02:00:00:00:10:02\tIntel(R) PRO/1000 MT Network Connection\t"
    "PCI\\VEN_8086&DEV_100E&SUBSYS_00015853&REV_03\\3&1&20\r\n"
)
SERVICES: Final = "Running\tAuto\tWinmgmt\r\nRunning\tAuto\tXenSvc\r\n"
ADDRESSES: Final = "192.0.2.101 fe80::94e3:1b2c:8a5f:1d02\r\n"
RELEASE: Final = "Microsoft Windows Server 2022 Standard\t10.0.20348\t2096180\r\n"
OLD: Final = "Microsoft Windows Server 2008 R2 Standard\t6.1.7601\t2096180\r\n"
EXCLUDED: Final = "Policies\\Microsoft\\Windows\\WindowsUpdate\\ExcludeWUDriversInQualityUpdate\t1\r\n"

WINDOWS: Final = {
    "identity": "{uuid}\r\n",
    "devices": DEVICES,
    "drivers": DRIVERS,
    "disks": DISKS,
    "adapters": ADAPTERS,
    "addresses": ADDRESSES,
    "release": RELEASE,
    "services": SERVICES,
    "updates": "Policies\\Microsoft\\Windows\\DriverSearching\\SearchOrderConfig\t1\r\n",
    "restarts": "",
    "dotnet": "Full\r\n",
}

BREAKS_OF_WINDOWS: Final[dict[str, dict[str, Any]]] = {
    "INSIDE-WINDOWS-DRIVERS-01": {"inside.VM.devices": DEVICES.replace("0\txennet", "31\txennet")},
    "INSIDE-WINDOWS-DISKS-01 INSIDE-CLAIM-DRIVERS-01": {"inside.VM.disks": DISKS + IDE},
    "INSIDE-WINDOWS-NICS-01 INSIDE-CLAIM-DRIVERS-01": {"inside.VM.adapters": ADAPTERS + E1000},
    "INSIDE-WINDOWS-AGENT-01 INSIDE-CLAIM-AGENT-01": {
        "inside.VM.services": SERVICES.replace("Running\tAuto\tXen", "Stopped\tAuto\tXen")
    },
    "INSIDE-WINDOWS-AGENT-02": {"inside.VM.services": SERVICES.replace("Auto\tXen", "Manual\tXen")},
    "INSIDE-WINDOWS-DOTNET-01 INSIDE-CLAIM-OS-01": {"inside.VM.dotnet": "", "inside.VM.release": OLD},
    "INSIDE-WINDOWS-REBOOT-01": {"inside.VM.restarts": "driver\txenvbd\r\n"},
    "INSIDE-WINDOWS-UPDATE-01": {"inside.VM.updates": EXCLUDED},
    "INSIDE-CLAIM-DRIVERS-02": {"inside.VM.drivers": DRIVERS.replace("9.1.12.120", "9.1.11.115")},
    "INSIDE-CLAIM-OS-01": {"inside.VM.release": RELEASE.replace("2022", "2025")},
    "INSIDE-CLAIM-ADDRESS-01": {"inside.VM.addresses": "198.51.100.7\r\n"},
    "INSIDE-CLAIM-MEMORY-01": {"inside.VM.release": RELEASE.replace("2096180", "4193332")},
    "INSIDE-CLAIM-DISKS-01": {"inside.VM.disks": DISKS * 2},
    "INSIDE-CLAIM-MAC-01": {"inside.VM.adapters": ADAPTERS.replace(":01\t", ":09\t")},
}
"""Controls (blanks between them) → what turns them, and no others, red, in a VM that runs Windows."""
