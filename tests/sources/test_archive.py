"""Status reports: found by content, read in place, bounded, trusted in nothing."""

import bz2
import gzip
import io
import tarfile
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.errors import PoolproofError
from fixtures.facts.reading import Reading
from fixtures.sources import archive, database
from fixtures.sources.archive import is_archive, read_archive

from .packing import PACKS, Pack, pool, tar, zipped

REPORT = {
    "bug-report-1/xapi.log": b"log" * 1000,
    "bug-report-1/xapi-db.xml": pool("lab"),
    "bug-report-1/z": b"",
}


def read(packed: bytes) -> list[Reading]:
    """The readings of an archive's bytes."""
    assert is_archive(packed[:512])
    return read_archive(BytesIO(packed), "report")


def refusal(packed: bytes) -> str:
    """Why these bytes are refused."""
    with pytest.raises(PoolproofError) as error:
        read(packed)
    message = str(error.value)
    assert message.startswith("report")
    assert message.isprintable()
    return message


@pytest.mark.parametrize("pack", PACKS.values(), ids=list(PACKS))
@pytest.mark.parametrize(
    "path",
    [
        "xapi-db.xml",
        "bug-report-20261123/xapi-db.xml",
        "/xapi-db.xml",
        "../../xapi-db.xml",
        "a/b/c/xapi-db.xml",
    ],
)
def test_the_database_is_found_wherever_it_is(pack: Pack, path: str) -> None:
    [reading] = read(pack({"first": b"x" * 5000, path: pool("lab"), "last": b"<database>"}))
    assert [record.name_label for record in reading.records.pool.values()] == ["lab"]
    assert (reading.source, reading.location, reading.clock) == ("database", "report", None)
    assert reading.notes == (f"read from {path}",)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress])
def test_a_database_that_is_merely_compressed(compress: type[bytes]) -> None:
    [reading] = read(compress(pool("lab")))
    assert reading.notes == ("read from its uncompressed content",)


@pytest.mark.parametrize("pack", PACKS.values(), ids=list(PACKS))
def test_each_pool_counts_once(pack: Pack) -> None:
    hosts = {f"{n}/{host}/xapi-db.xml": pool(n) for host in ("host1", "host2") for n in ("lab", "office")}
    readings = read(pack(hosts))
    assert [reading.notes for reading in readings] == [
        ("read from lab/host1/xapi-db.xml",),
        ("read from office/host1/xapi-db.xml",),
    ]


@pytest.mark.parametrize("pack", PACKS.values(), ids=list(PACKS))
@pytest.mark.parametrize(
    "files", [{}, {"a/xapi-db.xml.bak": pool("lab")}, {"xapi-db.xml/state": pool("lab")}]
)
def test_an_archive_without_a_database(pack: Pack, files: dict[str, bytes]) -> None:
    assert "is an archive without xapi-db.xml" in refusal(pack({"other": b"", **files}))


@pytest.mark.parametrize("pack", PACKS.values(), ids=list(PACKS))
def test_a_bad_database_is_named(pack: Pack) -> None:
    message = refusal(pack({"a\x1b[31m/xapi-db.xml": b"<database><table"}))
    assert message.startswith(r"report (a\x1b[31m/xapi-db.xml) is damaged or cut short")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_only_files_are_databases(kind: bytes) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as made:
        member = tarfile.TarInfo("xapi-db.xml")
        member.type, member.linkname = kind, "/etc/passwd"
        made.addfile(member)
    assert "is an archive without" in refusal(packed.getvalue())


def test_an_encrypted_zip() -> None:
    packed = bytearray(zipped(REPORT))
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := packed.find(header, at + 1)) >= 0:
            packed[at + flags] |= 1
    assert "cannot be unpacked" in refusal(bytes(packed))


@pytest.mark.parametrize("pack", PACKS.values(), ids=list(PACKS))
def test_an_archive_cut_short(pack: Pack) -> None:
    packed = pack(REPORT)
    assert "cannot be unpacked" in refusal(packed[: len(packed) // 3])


BLANKS = b" " * (4 << 20)


@pytest.mark.parametrize("pack", PACKS.values(), ids=list(PACKS))
def test_a_database_that_unpacks_to_too_much(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "MAX_BYTES", 1 << 20)
    assert "is larger than 1 MiB" in refusal(pack({"xapi-db.xml": b"<database>" + BLANKS}))


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress])
def test_a_tar_that_unpacks_to_too_much(compress: type[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_BYTES", 1 << 20)
    assert "take xapi-db.xml out of it" in refusal(compress(tar({"log": BLANKS, **REPORT})))


def test_a_tar_whose_header_is_endless() -> None:
    header = tarfile.TarInfo("header")
    header.type, header.size = tarfile.XHDTYPE, 1 << 30
    assert "cannot be unpacked (a header of " in refusal(header.tobuf())


def test_a_tar_of_endlessly_many_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_MAX_MEMBERS", 10)
    assert "more than 10 files" in refusal(tar({str(n): b"" for n in range(11)}))


PACKED = {name: pack(REPORT) for name, pack in PACKS.items()}
WHOLE = {name: read_archive(BytesIO(packed), "report")[0].records for name, packed in PACKED.items()}


@given(st.sampled_from(sorted(PACKS)), st.floats(0, 1), st.binary(min_size=1, max_size=4))
def test_damage_anywhere_is_refused_or_harmless(kind: str, where: float, garbage: bytes) -> None:
    whole = PACKED[kind]
    at = int(where * len(whole))
    damaged = whole[:at] + garbage + whole[at + len(garbage) :]
    with suppress(PoolproofError):
        [reading] = read_archive(BytesIO(damaged), "report")
        # A tar has no checksum of its files' content.
        assert kind == "tar" or reading.records == WHOLE[kind]


@given(
    st.sampled_from([b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh9", b"x" * 257 + b"ustar"]), st.binary()
)
def test_garbage_that_looks_like_an_archive(magic: bytes, garbage: bytes) -> None:
    with pytest.raises(PoolproofError):
        read_archive(BytesIO(magic + garbage), "report")
