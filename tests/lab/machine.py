"""Emulated machines that boot Xen: QEMU's command line, and the machine from power-on to power-off."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from tests.inside.doors import Door, known

from .asking import UNREACHED, ask
from .image import DISK, HOST_KEY_PUBLIC, HYPERVISOR, INITRD, KERNEL, USER_KEY

ADDRESS: Final = "127.0.0.1"

HYPERVISOR_OPTIONS: Final = "dom0_mem=768M,max:768M console=com1 com1=115200,8n1 loglvl=all noreboot=1"
KERNEL_OPTIONS: Final = "root=/dev/sda ro console=hvc0 net.ifnames=0"

BOOTING: Final = 900
"""Seconds until dom0 must answer; it takes one or two minutes where nothing else is done."""


class Hardware(NamedTuple):
    """What a machine is given."""

    name: str
    svm: bool
    """AMD's virtualization (AMD-V), on or off as in a BIOS."""
    iommu: bool
    """AMD's I/O virtualization (AMD-Vi)."""


HARDWARE: Final = {
    hardware.name: hardware
    for hardware in (
        Hardware("svmon", svm=True, iommu=False),
        Hardware("svmoff", svm=False, iommu=False),
        Hardware("svmon-iommu", svm=True, iommu=True),
    )
}
"""By their names, which are those of the recordings."""


def command(hardware: Hardware, port: int) -> list[str]:
    """QEMU's command line, in the image's folder: dom0's ssh at `port` of loopback, its console on stdout.

    The image stays as it is: what dom0 writes is lost at its end. dom0 reaches no network.
    """
    # With SMAP, as it is emulated, dom0's kernel dies early; with MONITOR an idle dom0 does not wake up.
    cpu = f"EPYC,{'+' if hardware.svm else '-'}svm,-smap,-monitor"
    disk = f"if=none,id=disk,file={DISK},format=raw,snapshot=on"
    network = f"user,id=net,restrict=on,hostfwd=tcp:{ADDRESS}:{port}-10.0.2.15:22"
    return [
        *("qemu-system-x86_64", "-name", hardware.name),
        *("-machine", "q35", "-accel", "tcg", "-cpu", cpu, "-smp", "1", "-m", "1536"),
        *("-nodefaults", "-display", "none", "-serial", "stdio"),
        *("-kernel", HYPERVISOR, "-append", HYPERVISOR_OPTIONS),
        *("-initrd", f"{KERNEL} {KERNEL_OPTIONS},{INITRD}"),
        *("-drive", disk, "-device", "ide-hd,drive=disk,bus=ide.0"),
        *("-netdev", network, "-device", "e1000,netdev=net"),
        *(("-device", "amd-iommu") if hardware.iommu else ()),
    ]


@contextmanager
def booted(hardware: Hardware, image: Path, folder: Path) -> Iterator[Door]:
    """The machine's dom0, once all of its services run; the machine is off afterwards.

    `folder` gets its console, QEMU's messages and known_hosts.
    Raises FileNotFoundError without QEMU, SystemExit when the machine does not come up.
    """
    folder.mkdir(parents=True, exist_ok=True)
    dom0 = Door(ADDRESS, _free_port(), "root", image / USER_KEY, folder / "known_hosts")
    dom0.known_hosts.write_text(known(ADDRESS, dom0.port, (image / HOST_KEY_PUBLIC).read_text()))
    with (folder / "console.log").open("w") as console, (folder / "qemu.log").open("w") as log:
        process = subprocess.Popen(
            command(hardware, dom0.port), cwd=image, stdin=subprocess.DEVNULL, stdout=console, stderr=log
        )
    try:
        if why := _obstacle(dom0, process):
            raise SystemExit(f"{hardware.name}: {why}; its messages are in {folder}")
        yield dom0
    finally:
        process.terminate()
        process.wait()


def _obstacle(dom0: Door, process: subprocess.Popen[bytes]) -> str:
    """Why the machine did not come up; empty once all services of dom0 run."""
    end = time.monotonic() + BOOTING
    complaint = ""
    while time.monotonic() < end:
        if process.poll() is not None:
            return f"QEMU ended with {process.returncode}"
        try:
            ask(dom0, "systemctl is-system-running --wait")
        except subprocess.CalledProcessError as error:
            if error.returncode != UNREACHED:
                return f"dom0 is {error.stdout.decode().strip()}, not running"
            complaint = error.stderr.decode().strip()
            time.sleep(1)
        else:
            return ""
    return f"dom0 is not up after {BOOTING} seconds: {complaint}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        port: int = probe.getsockname()[1]
        return port
