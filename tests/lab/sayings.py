"""What a dom0 says of its hypervisor, as far as the hardware decides it; a recording says the same."""

import re
from pathlib import Path
from typing import Final, NamedTuple

from tests.inside.doors import Door

from .asking import ask
from .machine import Hardware

_TELLING: Final = re.compile(r"HVM|SVM|AMD-Vi|I/O virtualisation|Interrupt remapping")
"""Lines of Xen's boot that depend on virtualization or the IOMMU."""


class Said(NamedTuple):
    """Xen's own words."""

    virt_caps: str
    """Of `xl info`: what guests can be given."""
    xen_caps: str
    """Of `xl info`: the kinds of guests."""
    capabilities: str
    """What the kernel of dom0 makes of the same: /sys/hypervisor/properties/capabilities."""
    boot: tuple[str, ...]
    """Lines of `xl dmesg`."""


def said(dom0: Door) -> Said:
    """What a dom0 says now. Raises CalledProcessError or KeyError where it does not."""
    info = _fields(ask(dom0, "xl info"))
    capabilities = ask(dom0, "cat /sys/hypervisor/properties/capabilities").strip()
    return Said(info["virt_caps"], info["xen_caps"], capabilities, _boot(ask(dom0, "xl dmesg")))


def recorded(host: Path) -> Said:
    """What a recording says: a folder with a file for each command.

    Raises OSError or KeyError where it lacks something.
    """
    info = _fields((host / "xl-info.txt").read_text())
    hypervisor = _fields((host / "sys-hypervisor.txt").read_text(errors="replace"))
    return Said(
        info["virt_caps"],
        info["xen_caps"],
        hypervisor["/sys/hypervisor/properties/capabilities"],
        _boot((host / "xl-dmesg.txt").read_text()),
    )


def contradictions(hardware: Hardware, told: Said) -> list[str]:
    """Where dom0 says other than what the machine was given, a line each."""
    return [
        f"{field} is {getattr(told, field)!r}, with {what} {'on' if given else 'off'}"
        for field, word, what, given in (
            ("virt_caps", "hvm", "SVM", hardware.svm),
            ("xen_caps", "hvm-3.0-x86_64", "SVM", hardware.svm),
            ("capabilities", "hvm-3.0-x86_64", "SVM", hardware.svm),
            ("virt_caps", "pv_directio", "the IOMMU", hardware.iommu),
        )
        if (word in getattr(told, field).split()) != given
    ]


def differences(recording: Said, told: Said) -> list[str]:
    """How a dom0 differs from a recording, a line each."""
    found = [
        f"{field}: recorded {getattr(recording, field)!r}, here {getattr(told, field)!r}"
        for field in ("virt_caps", "xen_caps", "capabilities")
        if getattr(recording, field) != getattr(told, field)
    ]
    found += [f"xl dmesg: recorded, not here: {line}" for line in recording.boot if line not in told.boot]
    found += [f"xl dmesg: here, not recorded: {line}" for line in told.boot if line not in recording.boot]
    return found


def _fields(text: str) -> dict[str, str]:
    return {
        name.strip(): value.strip()
        for name, colon, value in (line.partition(":") for line in text.splitlines())
        if colon
    }


def _boot(text: str) -> tuple[str, ...]:
    lines = (line.removeprefix("(XEN)").strip() for line in text.splitlines())
    return tuple(line for line in lines if _TELLING.search(line))
