"""results.json: the whole of it or the file that was there before, whatever names hold."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fixtures.verdict import Results
from reports.results import write

from .given import hostile_names, pool, results, verdict, verdicts


def read(path: Path) -> Results:
    return msgspec.convert(json.loads(path.read_bytes()), Results)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param([], id="nothing judged"),
        pytest.param([verdict()], id="one"),
        pytest.param(verdicts([("pass", 2), ("fail", 2), ("unknown", 1)]), id="several"),
        pytest.param(
            [verdict(uuid=None, name=None, evidence={"a": None, "b": [], "c": {}})], id="nothing known"
        ),
    ],
)
def test_what_is_read_is_what_was_written(tmp_path: Path, said: list[Any]) -> None:
    write(results(said), tmp_path / "results.json")
    assert read(tmp_path / "results.json") == results(said)


@pytest.mark.parametrize("name", hostile_names())
def test_hostile_names_survive_as_ascii(tmp_path: Path, name: str) -> None:
    given = results([verdict("fail", name=name, evidence={"name_label": name})], pools=(pool(name=name),))
    write(given, tmp_path / "results.json")
    assert (tmp_path / "results.json").read_bytes().isascii()
    assert read(tmp_path / "results.json") == given


@pytest.mark.parametrize(
    ("number", "shown"), [(1.5, 1.5), (float("nan"), "NaN"), (float("inf"), "Infinity"), (10**30, 10**30)]
)
def test_numbers_that_json_lacks_become_text(tmp_path: Path, number: float, shown: Any) -> None:
    write(results([verdict(evidence={"value": number})]), tmp_path / "results.json")
    assert read(tmp_path / "results.json").verdicts[0].evidence == {"value": shown}


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    write(results([verdict()]), tmp_path / "results.json")
    with pytest.raises(TypeError):
        write(results([verdict(evidence={"value": object()})]), tmp_path / "results.json")
    assert read(tmp_path / "results.json") == results([verdict()])
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def test_the_folder_is_made(tmp_path: Path) -> None:
    write(results([]), tmp_path / "new" / "folder" / "results.json")
    assert read(tmp_path / "new" / "folder" / "results.json") == results([])
