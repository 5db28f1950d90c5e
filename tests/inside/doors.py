"""Where a machine is asked over ssh, with which key, and what is known of its own key."""

import socket
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True)
class Door:
    """All that a client of ssh needs to get in."""

    address: str
    port: int
    user: str
    key: Path
    """Private key of the user; readable by its owner only, as ssh wants it."""
    known_hosts: Path


def make_key(path: Path) -> str:
    """Write a new private key; return the public one as authorized_keys and known_hosts have it."""
    key = Ed25519PrivateKey.generate()
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        )
    )
    public = key.public_key()
    return public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()


def known(address: str, port: int, public: str) -> str:
    """The line of known_hosts that makes a server at a port other than 22 known."""
    return f"[{address}]:{port} {public}\n"


def all_known(doors: Iterable[Door], path: Path) -> Path:
    """One known_hosts for many machines."""
    path.write_text("".join(sorted({door.known_hosts.read_text() for door in doors})))
    return path


def door_to(port: int, folder: Path, address: str = "127.0.0.1") -> Door:
    """The door of somebody who knows nobody: to a port where no machine of ours listens."""
    key = folder / "stranger"
    make_key(key)
    nobody = folder / "nobody"
    nobody.touch()
    return Door(address, port, "root", key, nobody)


def with_wrong_key(door: Door) -> Door:
    """Permission is denied."""
    wrong = door.key.with_name("wrong_key")
    make_key(wrong)
    return replace(door, key=wrong)


def with_unknown_host(door: Door) -> Door:
    """Nothing is known of the host's key."""
    empty = door.known_hosts.with_name("known_nobody")
    empty.touch()
    return replace(door, known_hosts=empty)


def with_changed_host(door: Door) -> Door:
    """Another key is known of this host."""
    changed = door.known_hosts.with_name("known_before")
    changed.write_text(known(door.address, door.port, make_key(door.key.with_name("host_key_before"))))
    return replace(door, known_hosts=changed)


@contextmanager
def closed_port() -> Iterator[int]:
    """A port of 127.0.0.1 that refuses connections and that nobody else gets meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def ssh(door: Door, command: str, *options: str) -> subprocess.CompletedProcess[bytes]:
    """What plain ssh makes of a command there; `options` as `-o` has them, before ours."""
    given = (
        *options,
        "BatchMode=yes",
        "ConnectTimeout=5",
        "IdentitiesOnly=yes",
        "StrictHostKeyChecking=yes",
        f"UserKnownHostsFile={door.known_hosts}",
        "GlobalKnownHostsFile=none",
    )
    flags = [part for option in given for part in ("-o", option)]
    target = ["-i", str(door.key), "-p", str(door.port), f"{door.user}@{door.address}"]
    return subprocess.run(
        ["ssh", "-F", "none", *flags, *target, command], capture_output=True, stdin=subprocess.DEVNULL
    )
