"""history.sqlite: what earlier runs said. One transaction a run, which no crash and no other run breaks."""

import json
import sqlite3
import zlib
from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from fixtures.errors import PoolproofError
from fixtures.verdict import Results, Subject, Word

from .changes import MENDED, Key, changes, nameless, state
from .history import History, LastKnown, Point
from .terms import Terms, differences, terms
from .words import FINDINGS, LOOKS

FORMAT: Final = 2
"""PRAGMA user_version of the file. Files of format 1 did not remember by what a run judged."""

PATIENCE: Final = 60
"""Seconds to wait for another run that writes."""

SHOWN_RUNS: Final = 400
"""Runs that the course of time is drawn from, and that are searched for what was last known."""

WORDS: Final[tuple[Word, ...]] = tuple(LOOKS)
"""A verdict is kept as its place here."""

SCHEMA: Final = """
CREATE TABLE run(
    id INTEGER PRIMARY KEY, scope TEXT NOT NULL, started TEXT NOT NULL, complete INTEGER NOT NULL,
    counts TEXT NOT NULL, terms TEXT NOT NULL DEFAULT '');
CREATE TABLE subject(
    id INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE, name TEXT NOT NULL);
CREATE TABLE verdicts(
    run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, control TEXT NOT NULL,
    subjects BLOB NOT NULL, words BLOB NOT NULL, PRIMARY KEY(run, control)) WITHOUT ROWID;
CREATE TABLE failing(
    scope TEXT NOT NULL, control TEXT NOT NULL, subject INTEGER NOT NULL, since TEXT NOT NULL,
    PRIMARY KEY(scope, control, subject)) WITHOUT ROWID;
"""
"""Verdicts of a run and a control are two packed lists: ids of subjects, and words as places in WORDS."""


@contextmanager
def _opened(path: Path, *, lasting: bool = True) -> Iterator[sqlite3.Connection]:
    """The database, made if it is not there; in one transaction that ends well or leaves no trace.

    What is not `lasting` leaves none in any case. Raises PoolproofError where the file is something else, or
    cannot be read or written.
    """
    try:
        with closing(sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)) as database:
            database.execute("PRAGMA foreign_keys = ON")
            database.execute("BEGIN IMMEDIATE")
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if version == 0 and not database.execute("SELECT 1 FROM sqlite_master").fetchone():
                for statement in SCHEMA.split(";"):
                    database.execute(statement)
                database.execute(f"PRAGMA user_version = {FORMAT}")
            elif version == 1:
                database.execute("ALTER TABLE run ADD COLUMN terms TEXT NOT NULL DEFAULT ''")
                database.execute(f"PRAGMA user_version = {FORMAT}")
            elif version != FORMAT:
                raise PoolproofError(f"{path}: is a history of another version: name another --history")
            yield database
            database.execute("COMMIT" if lasting else "ROLLBACK")
    except sqlite3.Error as error:
        raise PoolproofError(
            f"{path}: the history cannot be used ({error}): name another --history, or --no-history"
        ) from None


def remember(path: Path, results: Results, keep_days: int) -> History:
    """Append a run, and tell what earlier ones say of it. Runs older than `keep_days` are dropped.

    Raises PoolproofError where the file cannot be used.
    """
    with _opened(path) as database:
        scope = _scope(results)
        ids = _subject_ids(database, results)
        history = _recall(database, scope, results, ids)
        _append(database, scope, results, ids)
        _prune(database, results, keep_days)
    return history


def look_back(path: Path, results: Results) -> History:
    """Tell what earlier runs say of this one, which is not remembered. Raises PoolproofError likewise."""
    if not path.is_file():
        return History(compared_with=None, changes=(), series=())
    with _opened(path, lasting=False) as database:
        return _recall(database, _scope(results), results, _subject_ids(database, results))


def runs(path: Path) -> list[tuple[int, str]]:
    """The runs that are kept, oldest first: number, and when it was started."""
    with _opened(path) as database:
        return database.execute("SELECT id, started FROM run ORDER BY started, id").fetchall()


class Run(NamedTuple):
    """What is remembered of a run."""

    said: dict[Key, Word]
    names: dict[Subject, Subject]
    """Subjects without → with the name that they had last."""
    terms: Terms


def recall(path: Path, run: int) -> Run:
    """What a run said."""
    with _opened(path) as database:
        known = _subjects(database)
        said = {
            (control, known[id_][0]): word
            for control, words in _verdicts(database, run).items()
            for id_, word in words.items()
        }
        return Run(said, dict(known.values()), _terms(database, run))


def _terms(database: sqlite3.Connection, run: int) -> Terms:
    query = "SELECT scope, complete, terms FROM run WHERE id = ?"
    scope, complete, told = database.execute(query, (run,)).fetchone()
    if told:
        return msgspec.convert(json.loads(told), Terms)
    pools, selection, *_ = json.loads(scope)
    return Terms(pools={pool: pool for pool in pools}, selection=tuple(selection), complete=bool(complete))


def _scope(results: Results) -> str:
    """What a run judged: only runs of the same scope are compared."""
    pools = sorted(pool.uuid or pool.location for pool in results.pools)
    return json.dumps([pools, sorted(results.conditions.selection), *results.conditions.inside])


def _identity(subject: Subject) -> str:
    # JSON keeps what text in SQLite cannot: lone surrogates.
    return json.dumps([subject.kind, subject.pool, subject.uuid, subject.ref])


def _subject_ids(database: sqlite3.Connection, results: Results) -> dict[Subject, int]:
    """Nameless subject → its number in the file; names are brought up to date."""
    names = {nameless(verdict.subject): verdict.subject.name for verdict in results.verdicts}
    database.executemany(
        "INSERT INTO subject(identity, name) VALUES (?, ?) "
        "ON CONFLICT(identity) DO UPDATE SET name = excluded.name WHERE name != excluded.name",
        [(_identity(subject), json.dumps(name)) for subject, name in names.items()],
    )
    ids = dict(database.execute("SELECT identity, id FROM subject"))
    return {subject: ids[_identity(subject)] for subject in names}


def _subjects(database: sqlite3.Connection) -> dict[int, tuple[Subject, Subject]]:
    """Number → the subject without and with its name."""
    found = {}
    for id_, identity, name in database.execute("SELECT id, identity, name FROM subject"):
        kind, pool, uuid, ref = json.loads(identity)
        subject = Subject(kind=kind, pool=pool, uuid=uuid, ref=ref, name=None)
        found[id_] = (subject, Subject(kind=kind, pool=pool, uuid=uuid, ref=ref, name=json.loads(name)))
    return found


def _append(database: sqlite3.Connection, scope: str, results: Results, ids: Mapping[Subject, int]) -> None:
    cursor = database.execute(
        "INSERT INTO run(scope, started, complete, counts, terms) VALUES (?, ?, ?, ?, ?)",
        (
            scope,
            results.started,
            results.complete,
            json.dumps(results.summary),
            json.dumps(msgspec.to_builtins(terms(results))),  # keeps lone surrogates
        ),
    )
    said: defaultdict[str, tuple[array[int], bytearray]] = defaultdict(lambda: (array("I"), bytearray()))
    failing: set[tuple[str, int]] = set()
    mended: set[tuple[str, int]] = set()
    for (control, subject), word in state(results.verdicts).items():
        subjects, words = said[control]
        subjects.append(ids[subject])
        words.append(WORDS.index(word))
        if word in FINDINGS:
            failing.add((control, ids[subject]))
        elif word in MENDED:
            mended.add((control, ids[subject]))
    begun = set(database.execute("SELECT control, subject FROM failing WHERE scope = ?", (scope,)))
    database.executemany(
        "INSERT INTO failing VALUES (?, ?, ?, ?)",
        [(scope, *each, results.started) for each in failing - begun],
    )
    database.executemany(
        "DELETE FROM failing WHERE scope = ? AND control = ? AND subject = ?",
        [(scope, *each) for each in mended & begun],
    )
    database.executemany(
        "INSERT INTO verdicts VALUES (?, ?, ?, ?)",
        [
            (cursor.lastrowid, control, zlib.compress(subjects.tobytes()), zlib.compress(bytes(words)))
            for control, (subjects, words) in said.items()
        ],
    )


def _verdicts(
    database: sqlite3.Connection, run: int, control: str | None = None
) -> dict[str, dict[int, Word]]:
    """Control → number of the subject → word; of one control only where it is named."""
    rows = database.execute(
        "SELECT control, subjects, words FROM verdicts WHERE run = ? AND control = coalesce(?, control)",
        (run, control),
    )
    found: dict[str, dict[int, Word]] = {}
    for id_, subjects, words in rows:
        numbers = array("I", zlib.decompress(subjects))
        found[id_] = dict(zip(numbers, (WORDS[place] for place in zlib.decompress(words)), strict=True))
    return found


def _recall(
    database: sqlite3.Connection, scope: str, results: Results, ids: Mapping[Subject, int]
) -> History:
    earlier = database.execute(
        "SELECT id, started, counts FROM run WHERE scope = ? AND complete AND started < ? "
        "ORDER BY started DESC, id DESC LIMIT ?",
        (scope, results.started, SHOWN_RUNS),
    ).fetchall()
    series = [Point(at=started, counts=json.loads(counts)) for _, started, counts in reversed(earlier)]
    series.append(Point(at=results.started, counts=results.summary))
    if not earlier:
        return History(compared_with=None, changes=(), series=tuple(series), last_known=())
    known = _subjects(database)
    before = {
        (control, known[id_][0]): word
        for control, words in _verdicts(database, earlier[0][0]).items()
        for id_, word in words.items()
    }
    since = {
        (control, known[id_][0]): started
        for control, id_, started in database.execute(
            "SELECT control, subject, since FROM failing WHERE scope = ?", (scope,)
        )
    }
    now = state(results.verdicts)
    return History(
        compared_with=earlier[0][1],
        changes=changes(
            before, now, dict(known.values()), since, whole=results.complete and not _unread(results)
        ),
        series=tuple(series),
        last_known=_last_known(database, now, earlier, ids, known),
        differences=differences(_terms(database, earlier[0][0]), terms(results)),
    )


def _unread(results: Results) -> bool:
    return any(pool.source == "unread" for pool in results.pools)


def _last_known(
    database: sqlite3.Connection,
    now: Mapping[Key, Word],
    earlier: list[tuple[int, str, str]],
    ids: Mapping[Subject, int],
    known: Mapping[int, tuple[Subject, Subject]],
) -> tuple[LastKnown, ...]:
    """What was last known of what is unknown now."""
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    for (control, subject), word in now.items():
        if word == "unknown":
            wanted[control].add(ids[subject])
    found: list[LastKnown] = []
    for run, started, _ in earlier:
        for control, open_ in wanted.items():
            said = _verdicts(database, run, control).get(control, {}) if open_ else {}
            told = {id_: said[id_] for id_ in open_ if said.get(id_, "unknown") != "unknown"}
            found += [
                LastKnown(control=control, subject=known[id_][1], verdict=word, at=started)
                for id_, word in told.items()
            ]
            open_.difference_update(told)
    return tuple(found)


def _prune(database: sqlite3.Connection, results: Results, keep_days: int) -> None:
    limit = datetime.fromisoformat(results.started) - timedelta(days=keep_days)
    database.execute("DELETE FROM run WHERE started < ?", (limit.strftime("%Y-%m-%dT%H:%M:%SZ"),))
