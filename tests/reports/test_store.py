"""The history: what is remembered, what changed, and that nothing is lost."""

import sqlite3
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fixtures.errors import PoolproofError
from fixtures.verdict import Results, Word
from reports import store
from reports.history import History
from reports.terms import Terms
from tests.reports.given import POOL, conditions, results, verdict

HOSTILE = "\ud800\0\x1b[31m\u202e</script>' OR 1=1"


def night(day: int, said: Mapping[str, Word], **changes: Any) -> Results:
    """The results of a night: VM → what VM-TOOLS-01 says of it."""
    verdicts = [verdict(word, uuid=vm, name=f"name of {vm}") for vm, word in said.items()]
    return results(verdicts, **{"started": f"2026-11-{day:02}T02:00:00Z"} | changes)


def told(history: History) -> set[tuple[str, str | None, str | None]]:
    """Change, VM, since."""
    return {(each.change, each.subject.uuid, each.since) for each in history.changes}


def test_the_first_night_has_nothing_to_compare_with(tmp_path: Path) -> None:
    history = store.remember(tmp_path / "h", night(1, {"a": "fail"}), 400)
    assert (history.compared_with, history.changes) == (None, ())
    assert [point.at for point in history.series] == ["2026-11-01T02:00:00Z"]


@pytest.mark.parametrize(
    ("before", "now", "change"),
    [
        ("pass", "fail", "new"),
        ("unknown", "fail", "new"),
        ("waived", "fail", "no_longer_waived"),
        ("waived", "error", "no_longer_waived"),
        ("waived", "pass", "fixed"),
        ("waived", "waiver_not_needed", "fixed"),
        ("waived", "unknown", "newly_unknown"),
        ("waived", "waived", None),
        ("pass", "waived", "newly_waived"),
        ("unknown", "waived", "newly_waived"),
        (None, "waived", "newly_waived"),
        (None, "fail", "new"),
        ("pass", "error", "new"),
        ("fail", "fail", "still_failing"),
        ("error", "fail", "still_failing"),
        ("fail", "pass", "fixed"),
        ("fail", "not_applicable", "fixed"),
        ("fail", "waiver_not_needed", "fixed"),
        ("fail", "waived", "newly_waived"),
        ("fail", "unknown", "newly_unknown"),
        ("pass", "unknown", "newly_unknown"),
        ("unknown", "unknown", None),
        (None, "unknown", None),
        ("pass", "pass", None),
        ("pass", None, "left_scope"),
        ("fail", None, "left_scope"),
    ],
)
def test_changes(before: Word | None, now: Word | None, change: str | None, tmp_path: Path) -> None:
    def said(word: Word | None) -> dict[str, Word]:
        return {"other": "pass"} if word is None else {"other": "pass", "a": word}

    store.remember(tmp_path / "h", night(1, said(before)), 400)
    history = store.remember(tmp_path / "h", night(2, said(now)), 400)
    assert {each.change for each in history.changes} == ({change} if change else set())
    assert all(each.subject.name == "name of a" for each in history.changes)


def test_a_finding_keeps_its_beginning_while_nobody_can_judge_it(tmp_path: Path) -> None:
    words: list[Word] = ["pass", "fail", "unknown", "fail", "fail", "pass", "fail", "fail"]
    since = [
        {each.since for each in store.remember(tmp_path / "h", night(day, {"a": word}), 400).changes}
        for day, word in enumerate(words, 1)
    ]
    second, seventh = "2026-11-02T02:00:00Z", "2026-11-07T02:00:00Z"
    assert since[4] == {second}
    assert since[7] == {seventh}


def test_a_selection_is_compared_with_the_same_selection_only(tmp_path: Path) -> None:
    store.remember(tmp_path / "h", night(1, {"a": "pass", "b": "pass"}), 400)
    narrowed = {"conditions": conditions(selection=("--vm a",))}
    assert store.remember(tmp_path / "h", night(2, {"a": "pass"}, **narrowed), 400).compared_with is None
    history = store.remember(tmp_path / "h", night(3, {"a": "pass", "b": "pass"}), 400)
    assert history.compared_with == "2026-11-01T02:00:00Z"
    assert told(history) == set()


def test_so_is_what_was_looked_into(tmp_path: Path) -> None:
    store.remember(tmp_path / "h", night(1, {"a": "fail"}), 400)
    looked = night(2, {"a": "pass"}, conditions=conditions(inside=("hosts",)))
    assert store.remember(tmp_path / "h", looked, 400).compared_with is None
    history = store.remember(tmp_path / "h", night(3, {"a": "pass"}), 400)
    assert history.compared_with == "2026-11-01T02:00:00Z"


def test_a_run_that_stopped_is_no_measure_and_loses_nobody(tmp_path: Path) -> None:
    store.remember(tmp_path / "h", night(1, {"a": "pass", "b": "fail"}), 400)
    stopped = store.remember(tmp_path / "h", night(2, {"a": "pass"}, complete=False), 400)
    assert told(stopped) == set()
    history = store.remember(tmp_path / "h", night(3, {"a": "pass", "b": "fail"}), 400)
    assert history.compared_with == "2026-11-01T02:00:00Z"
    assert told(history) == {("still_failing", "b", "2026-11-01T02:00:00Z")}


def test_what_was_last_known_of_what_is_unknown(tmp_path: Path) -> None:
    for day, word in enumerate(("pass", "fail", "unknown"), 1):
        store.remember(tmp_path / "h", night(day, {"a": word, "b": "unknown"}), 400)  # type: ignore[dict-item]
    (known,) = store.remember(tmp_path / "h", night(4, {"a": "unknown", "b": "unknown"}), 400).last_known
    assert (known.subject.name, known.verdict, known.at) == ("name of a", "fail", "2026-11-02T02:00:00Z")


def test_old_runs_are_dropped(tmp_path: Path) -> None:
    for day in (1, 2, 20):
        store.remember(tmp_path / "h", night(day, {"a": "pass"}), 10)
    assert [started for _, started in store.runs(tmp_path / "h")] == ["2026-11-20T02:00:00Z"]
    with sqlite3.connect(tmp_path / "h") as database:
        assert database.execute("SELECT count(*) FROM verdicts").fetchone() == (1,)


def test_names_may_hold_anything(tmp_path: Path) -> None:
    plain = verdict("fail", name=HOSTILE)
    nobody = msgspec.structs.replace(plain.subject, uuid=None, ref=HOSTILE)
    given = results([msgspec.structs.replace(plain, subject=nobody)])
    store.remember(tmp_path / "h", given, 400)
    ((number, _),) = store.runs(tmp_path / "h")
    said, names, _ = store.recall(tmp_path / "h", number)
    ((control, subject),) = said
    assert (control, names[subject].name, subject.ref) == ("VM-TOOLS-01", HOSTILE, HOSTILE)


def test_runs_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(lambda day: store.remember(tmp_path / "h", night(day, {"a": "fail"}), 400), range(1, 25))
        )
    assert len(store.runs(tmp_path / "h")) == 24


def test_a_crash_in_mid_write_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.remember(tmp_path / "h", night(1, {"a": "pass"}), 400)
    monkeypatch.setattr(store, "_prune", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        store.remember(tmp_path / "h", night(2, {"a": "fail"}), 400)
    monkeypatch.undo()
    history = store.remember(tmp_path / "h", night(3, {"a": "pass"}), 400)
    assert history.compared_with == "2026-11-01T02:00:00Z"


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to be one", b"\0" * 5000])
def test_another_file_is_one_clear_line_and_stays(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "h"
    path.write_bytes(content)
    with pytest.raises(PoolproofError, match="the history cannot be used"):
        store.remember(path, night(1, {"a": "pass"}), 400)
    assert path.read_bytes() == content


def test_what_is_not_alike_is_told(tmp_path: Path) -> None:
    store.remember(tmp_path / "h", night(1, {"a": "fail"}), 400)
    alike = store.remember(tmp_path / "h", night(2, {"a": "fail"}), 400)
    assert alike.differences == ()
    other = store.remember(
        tmp_path / "h",
        night(3, {"a": "fail"}, rules_version="2", conditions=conditions(policy_sha256="f" * 64)),
        400,
    )
    assert other.differences == (
        "not the same rules: 1, then 2",
        f"not the same policy: SHA-256 {'0' * 12}…, then SHA-256 {'f' * 12}…",
    )


def test_a_history_of_the_first_format_is_kept_and_says_what_it_does_not_remember(tmp_path: Path) -> None:
    path = tmp_path / "h"
    store.remember(path, night(1, {"a": "fail"}), 400)
    with sqlite3.connect(path) as database:
        database.execute("ALTER TABLE run DROP COLUMN terms")
        database.execute("PRAGMA user_version = 1")
    history = store.remember(path, night(2, {"a": "pass"}), 400)
    assert told(history) == {("fixed", "a", "2026-11-01T02:00:00Z")}
    assert history.differences == ("by which rules, policy and waivers one of them judged is not remembered",)
    (first, _), (second, _) = store.runs(path)
    assert store.recall(path, first).terms == Terms(pools={POOL: POOL}, selection=(), complete=True)
    assert store.recall(path, second).terms.rules == "1"


def test_another_version_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "h"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(PoolproofError, match="of another version"):
        store.remember(path, night(1, {"a": "pass"}), 400)
