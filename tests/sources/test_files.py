"""Files as a user names them: their content tells what they are, and what is wrong is one clear line."""

import os
from pathlib import Path

import pytest

from fixtures.errors import PoolproofError
from fixtures.sources import read_file
from fixtures.sources.snapshot import write_snapshot

from .packing import PACKS, Pack, pool

ADVICE = "make one with xe pool-dump-database file-name=…"


def refusal(path: Path) -> str:
    """Why a file is refused."""
    with pytest.raises(PoolproofError) as error:
        read_file(path)
    message = str(error.value)
    assert message.isprintable()
    return message


@pytest.mark.parametrize("name", ["dump.xml", "state.db", "holiday.jpg", "facts.json", "report.zip"])
@pytest.mark.parametrize("blanks", [b"", b"\xef\xbb\xbf", b"\r\n ", b"\n" * 10_000])
def test_a_database_by_any_name(name: str, blanks: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(blanks + pool("lab"))
    [reading] = read_file(path)
    assert (reading.source, reading.location) == ("database", str(path))


@pytest.mark.parametrize("pack", PACKS.values(), ids=list(PACKS))
def test_an_archive_by_any_name(pack: Pack, tmp_path: Path) -> None:
    path = tmp_path / "report.xml"
    path.write_bytes(pack({"a/xapi-db.xml": pool("lab"), "b/xapi-db.xml": pool("office")}))
    assert [reading.location for reading in read_file(path)] == [str(path)] * 2


def test_a_snapshot_by_any_name(tmp_path: Path) -> None:
    path = tmp_path / "dump.xml"
    path.write_bytes(pool("lab"))
    write_snapshot(path, read_file(path))
    assert [reading.source for reading in read_file(path)] == ["snapshot"]


@pytest.mark.parametrize(
    "content",
    [
        b"root:x:0:0",
        b"\x7fELF",
        b"\0" * 1000,
        b"[]",
        b'{"format": "other"}',
        b'"<database/>"',
        b" \n\t",
        b"\xff",
    ],
)
def test_anything_else_is_refused_without_telling_its_content(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert refusal(path) == (
        f"{path} is not a pool database, a status report or a snapshot: it begins like none of them; {ADVICE}"
    )


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "dump.xml"
    path.touch()
    assert refusal(path) == f"{path} is empty; {ADVICE}"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "dump.xml"
    assert refusal(path) == (
        f"{path} cannot be read: No such file or directory; check the path and its permissions"
    )


def test_a_directory(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path} is not a file: give the path of a pool database; {ADVICE}"


def test_a_pipe_does_not_wait_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert "is not a file" in refusal(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "dump.xml"
    path.touch(0)
    assert "cannot be read: Permission denied" in refusal(path)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("no\0where", "no\\x00where"),
        ("no\x1b[31m\nwhere", "no\\x1b[31m\\x0awhere"),
        ("no\udcff", "no\\udcff"),
    ],
)
def test_odd_paths_are_shown_safely(name: str, shown: str) -> None:
    assert refusal(Path(name)).startswith(f"{shown} cannot be read: ")
