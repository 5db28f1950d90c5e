"""A dom0 made from Debian's packages: hypervisor, kernel, initrd, disk and keys, kept from run to run."""

import gzip
import hashlib
import io
import os
import shlex
import shutil
import signal
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.inside.doors import make_key

SUITE: Final = "bookworm"
"""Debian's release: the one that has Xen 4.17, as XCP-ng 8.3."""

PACKAGES: Final = (
    "dbus",
    "initramfs-tools",
    "iproute2",
    "linux-image-amd64",
    "openssh-server",
    "systemd-sysv",
    "xen-hypervisor-4.17-amd64",
    "xen-utils-4.17",
)
"""What is installed beside Debian's minimal system."""

LEFT_OUT: Final = (
    "/usr/share/doc/*",
    "/usr/share/locale/*",
    "/usr/share/man/*",
    "/lib/modules/*/kernel/drivers/*",
    "/lib/modules/*/kernel/net/*",
    "/lib/modules/*/kernel/sound/*",
)
"""Of the packages' files. Without the kernel's drivers the image is half as large."""

KEPT: Final = (
    "/lib/modules/*/kernel/drivers/ata/*",
    "/lib/modules/*/kernel/drivers/net/ethernet/intel/e1000/*",
    "/lib/modules/*/kernel/drivers/scsi/*",
    "/lib/modules/*/kernel/drivers/xen/*",
)
"""Of what is left out: drivers of the hardware that `machine` emulates, and Xen's."""

UNWANTED: Final = ("e2scrub_reap.service", "timers.target")
"""Units that would only make the boot longer."""

CONFIGURATION: Final = Path(__file__).parent / "dom0"
"""Files of dom0 that are no package's, as from its root."""


HYPERVISOR: Final = "xen"
KERNEL: Final = "vmlinuz"
INITRD: Final = "initrd.img"
DISK: Final = "dom0.ext2"
"""dom0's root file system, alone on a disk without partitions."""
SIZE: Final = "600M"
"""Of that file system: the packages fill it by half."""
USER_KEY: Final = "user_key"
"""The private key that root logs in with; nothing else opens dom0."""
HOST_KEY: Final = "host_key"
HOST_KEY_PUBLIC: Final = "host_key.pub"
"""By what dom0 is known, before it has ever run."""


def image(cache: Path) -> Path:
    """The folder of an image in `cache`, built where there is none of today's recipe; that takes minutes.

    Raises FileNotFoundError without mmdebstrap, SystemExit when the building fails.
    """
    folder = cache / f"dom0-{_recipe()}"
    if not folder.exists():
        cache.mkdir(exist_ok=True)
        with TemporaryDirectory(dir=cache, prefix="unfinished-") as place:
            made = Path(place) / "image"
            made.mkdir()
            _build(made)
            for old in cache.glob("dom0-*"):
                shutil.rmtree(old)
            made.rename(folder)
    return folder


def arguments(folder: Path, configuration: Path) -> list[str]:
    """The command that builds an image in `folder`; `configuration` is a tar archive of dom0's own files."""
    hooks = (
        # Before packages are configured: the initrd is made small, and no host key is made.
        ("essential", f"tar-in {_quoted(configuration)} /"),
        ("customize", 'chroot "$1" systemctl enable lab-network.service'),
        ("customize", f'chroot "$1" systemctl mask {" ".join(UNWANTED)}'),
        ("customize", f"download /boot/xen-4.17-amd64.gz {_quoted(folder / HYPERVISOR)}.gz"),
        ("customize", f"download /vmlinuz {_quoted(folder / KERNEL)}"),
        ("customize", f"download /initrd.img {_quoted(folder / INITRD)}"),
    )
    return [
        "mmdebstrap",
        "--variant=minbase",
        f"--include={','.join(PACKAGES)}",
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT),
        *(f"--dpkgopt=path-include={pattern}" for pattern in KEPT),
        *(f"--{when}-hook={command}" for when, command in hooks),
        SUITE,
        str(folder / DISK),
    ]


def _recipe() -> str:
    """Tells one way of building from another: an image is used as long as it would be built the same."""
    told = hashlib.sha256("\0".join([*arguments(Path(), Path()), SIZE]).encode())
    for name, content in _configuration():
        told.update(f"\0{name}\0".encode() + content)
    return told.hexdigest()[:12]


def _configuration() -> Iterator[tuple[str, bytes]]:
    for path in sorted(CONFIGURATION.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(CONFIGURATION)), path.read_bytes()


def _build(folder: Path) -> None:
    configuration, log = folder / "dom0.tar", folder / "build.log"
    pack(folder, configuration)
    with log.open("w") as stream:
        # A process group of its own: where it fails, it ends its whole group.
        process = subprocess.Popen(
            arguments(folder, configuration), stdout=stream, stderr=stream, process_group=0
        )
        try:
            process.wait()
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            raise
    if process.returncode:
        raise SystemExit(f"mmdebstrap failed:\n{log.read_text()[-2000:]}")
    # mmdebstrap leaves no room in it.
    subprocess.run(["resize2fs", "-f", str(folder / DISK), SIZE], check=True, capture_output=True)
    (folder / HYPERVISOR).write_bytes(gzip.decompress((folder / f"{HYPERVISOR}.gz").read_bytes()))


def pack(folder: Path, target: Path) -> None:
    """Write dom0's configuration and new keys, all of them root's, to a tar archive."""
    with tarfile.open(target, "w") as archive:
        for name, content in _configuration():
            _add(archive, name, content)
        host, user = make_key(folder / HOST_KEY), make_key(folder / USER_KEY)
        (folder / HOST_KEY_PUBLIC).write_text(host)
        _add(archive, "etc/ssh/ssh_host_ed25519_key", (folder / HOST_KEY).read_bytes(), 0o600)
        _add(archive, "root/.ssh/authorized_keys", user.encode())


def _add(archive: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), mode
    archive.addfile(member, io.BytesIO(content))


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
