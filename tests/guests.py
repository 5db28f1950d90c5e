"""Changes of the compliant pool (tests.building) that make its VM another guest, or let it tell otherwise."""

from typing import Any

from fixtures.facts.enlightenments import ENLIGHTENMENTS
from tests.building import ABSENT

NOT_RUNNING = ("Halted", "Suspended", "Paused", "Crashed")
PARAVIRTUAL = ("pv", "pvh", "pv_in_pvh")
GM = "VM_guest_metrics"
SILENT = {"VM.guest_metrics": "OpaqueRef:NULL"}
DANGLING = {"VM.guest_metrics": "OpaqueRef:gone"}
JUST_STARTED = {"VM_metrics.start_time": "20261123T01:59:00Z"}
NO_DRIVERS = {f"{GM}.PV_drivers_detected": False, f"{GM}.PV_drivers_version": {}}


def windows(**drivers: str) -> dict[str, Any]:
    """A Windows guest whose agent reports 9.4.1 and these drivers."""
    package = {"major": "9", "minor": "4", "micro": "1", "build": "5"}
    return {
        "VM.platform": {"device_id": "0002", **dict.fromkeys(ENLIGHTENMENTS, "true")},
        "VM.reference_label": "windows-server-2022-64bit",
        f"{GM}.os_version": {
            "distro": "windows",
            "name": "Microsoft Windows Server 2022",
            "major": "10",
            "minor": "0",
        },
        f"{GM}.PV_drivers_version": package | drivers,
    }


def linux(major: str, minor: str, micro: str, build: str = "1") -> dict[str, Any]:
    """A Linux guest whose agent reports this version."""
    return {f"{GM}.PV_drivers_version": {"major": major, "minor": minor, "micro": micro, "build": build}}


def unreadable(place: str) -> dict[str, Any]:
    """A field that the source had, but nobody could decode."""
    name, _, field = place.partition(".")
    return {place: ABSENT, f"{name}.malformed": [field]}


def product(version: str, brand: str = "XenServer") -> dict[str, Any]:
    """A pool of this product."""
    return {"host.software_version": {"product_version": version, "product_brand": brand}}


def domain(type_: str, state: str = "Running") -> dict[str, Any]:
    """A VM of this domain type in this power state."""
    return {"VM.power_state": state, "VM.domain_type": type_, "VM_metrics.current_domain_type": type_}


OLD_RELEASE = {f"{GM}.PV_drivers_detected": ABSENT} | product("6.5.0")
XENBUS = {"xenbus": "XenServer 9.1.11.115 ", "xeniface": "XenServer 9.1.12.94 "}
