"""Small pool databases, and the archives that status reports pack them into."""

import bz2
import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from typing import Final

from fixtures.sources.database_writer import write_database

Pack = Callable[[Mapping[str, bytes]], bytes]


def pool(name: str) -> bytes:
    """A database of a pool whose uuid is its name."""
    return write_database(
        {"schema_major_vsn": "5"}, {"pool": {"OpaqueRef:p": {"uuid": name, "name_label": name}}, "VM": {}}
    )


def tar(files: Mapping[str, bytes]) -> bytes:
    """A tar of these files by path."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip of these files by path."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


PACKS: Final[dict[str, Pack]] = {
    "tar": tar,
    "tar.gz": lambda files: gzip.compress(tar(files)),
    "tar.bz2": lambda files: bz2.compress(tar(files)),
    "zip": zipped,
}
