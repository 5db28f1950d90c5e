"""Known failures: what is written down, what is recognised, and that the list only shrinks."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures import ratchet
from fixtures.errors import PoolproofError
from fixtures.verdict import Verdict, Word
from tests.reports.given import verdict

SINCE = "2026-11-23T02:00:00Z"


def said(*words: Word) -> list[Verdict]:
    """A verdict on each of some VMs."""
    return [verdict(word, uuid=f"uuid-{number}") for number, word in enumerate(words)]


def kept(path: Path) -> set[str | None]:
    """The uuids in a file."""
    return {failure.uuid for failure in ratchet.read(path).failures.values()}


def test_failures_are_written_and_known_again(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    verdicts = said("fail", "pass", "unknown", "not_applicable", "error", "fail", "waived")
    ratchet.write(ratchet.first(verdicts, SINCE), path)
    assert kept(path) == {"uuid-0", "uuid-5"}
    known = ratchet.read(path)
    waiver = known.find(verdicts[0].control, verdicts[0].subject)
    assert waiver is not None
    assert (waiver.source, waiver.reason, waiver.state) == (
        "known.json",
        f"known failure since {SINCE}",
        "valid",
    )
    assert known.find(verdicts[1].control, verdicts[1].subject) is None
    assert known.find("VM-NAME-01", verdicts[0].subject) is None


@pytest.mark.parametrize(
    ("word", "stays"),
    [
        ("fail", True),
        ("waived", True),
        ("unknown", True),
        ("error", True),
        ("not_applicable", True),
        ("pass", False),
        ("waiver_not_needed", False),
    ],
)
def test_what_is_mended_leaves_the_list(word: Word, stays: bool, tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    ratchet.write(ratchet.first(said("fail"), SINCE), path)
    ratchet.write(ratchet.shrunk(ratchet.read(path), said(word)), path)
    assert kept(path) == ({"uuid-0"} if stays else set())


def test_what_was_not_judged_stays(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    ratchet.write(ratchet.first(said("fail"), SINCE), path)
    assert len(ratchet.shrunk(ratchet.read(path), [])) == 1


def test_a_pool_that_could_not_be_read_is_no_known_failure() -> None:
    assert ratchet.first([verdict("fail", control="POOL-READ-01")], SINCE) == []


WORDS = st.lists(
    st.sampled_from(["pass", "fail", "waived", "unknown", "not_applicable", "error"]), max_size=8
)


@given(WORDS, WORDS)
def test_the_list_never_grows(before: list[Word], after: list[Word]) -> None:
    first = ratchet.first(said(*before), SINCE)
    known = ratchet.Ratchet(Path("known.json"), {failure.key: failure for failure in first})
    left = ratchet.shrunk(known, said(*after))
    assert {failure.key for failure in left} <= {failure.key for failure in first}
    assert all(failure.since == SINCE for failure in left)


def test_names_may_hold_anything(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    name = "\ud800\0\x1b[31m\u202e</script>"
    ratchet.write(ratchet.first([verdict("fail", name=name)], SINCE), path)
    assert path.read_bytes().isascii()
    assert [failure.name for failure in ratchet.read(path).failures.values()] == [name]


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", '{"failures": []', '{"format": "other/1", "failures": []}', "[" * 100_000, "\xff"],
)
def test_another_file_is_one_clear_line(tmp_path: Path, content: str) -> None:
    path = tmp_path / "known.json"
    path.write_text(content, "latin-1")
    with pytest.raises(PoolproofError, match="is no list of known failures") as error:
        ratchet.read(path)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(PoolproofError, match="--write-baseline makes it"):
        ratchet.read(tmp_path / "none.json")


def test_the_file_reads_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    ratchet.write(ratchet.first(said("fail", "fail"), SINCE), path)
    document = json.loads(path.read_text())
    assert document["format"] == "poolproof-ratchet/1"
    assert document["failures"][0]["control"] == "VM-TOOLS-01"
