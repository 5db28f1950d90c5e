"""Real pool databases, and what a real xapi answered about them. Needs POOLPROOF_CORPUS; skips without.

Every field that a real xapi shows is compared with ours: there is no difference to excuse.
"""

import json
from io import BytesIO
from pathlib import Path

import pytest

from fixtures.facts.records import CLASSES
from fixtures.sources import read_file
from fixtures.sources.archive import read_archive
from fixtures.sources.database import decode_row, read_tables
from fixtures.xapi.datamodel import FIELDS, INTERNAL, column_of
from tests.corpus import corpus_files

from .packing import PACKS, Pack

REWRITTEN = corpus_files("xapi/pools/*/state.db.xml")
RECORDED = [path.parent for path in REWRITTEN]
FILES = [*corpus_files("pools/*"), *REWRITTEN]
NAMES = ["/".join(path.parts[-2:]) for path in FILES]

GUEST = {("VM_guest_metrics", field) for field in ("os_version", "other", "networks")}
MALFORMED = {
    "cowley-db.classic.101.xml": {("VM", "memory_dynamic_max"), ("VM", "other_config")},
    "interesting-development.xml": GUEST,
    "interesting-production.xml": GUEST,
    "interesting-xenapp.xml": GUEST,
    "snapshots.xml": {("VM", "allowed_operations")},
    "tampa-two.asis.104.xml": {("VM", "other_config")},
}
"""Fields that are damaged in the file."""


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_every_real_database_is_read(path: Path) -> None:
    [reading] = read_file(path)
    assert len(reading.records.pool) == 1
    assert reading.notes == ()
    malformed = {
        (cls, field)
        for cls in CLASSES
        for record in getattr(reading.records, cls).values()
        for field in record.malformed
    }
    assert malformed == MALFORMED.get(path.name, set())


@pytest.mark.parametrize("path", FILES, ids=NAMES)
@pytest.mark.parametrize("pack", PACKS.values(), ids=list(PACKS))
def test_every_real_database_is_read_from_an_archive(path: Path, pack: Pack) -> None:
    packed = pack({"bug-report/xapi.log": b"x" * 600, "bug-report/xapi-db.xml": path.read_bytes()})
    [reading] = read_archive(BytesIO(packed), "report")
    assert reading.records == read_file(path)[0].records


@pytest.mark.parametrize("pool", RECORDED, ids=[path.name for path in RECORDED])
def test_rows_are_what_xapi_answered(pool: Path) -> None:
    answered = json.loads((pool / "records.json").read_text())
    with (pool / "state.db.xml").open("rb") as stream:
        whole = read_tables(stream)
    del answered["role"]  # only names of roles were recorded
    shown = {
        cls: {
            ref: {field: value for field, value in values.items() if field not in INTERNAL.get(cls, ())}
            for ref, row in whole.tables[cls].items()
            for values, malformed in [decode_row(cls, row)]
            if not malformed
        }
        for cls in answered
    }
    assert shown == answered
    assert json.dumps(shown, sort_keys=True) == json.dumps(answered, sort_keys=True), "ints, floats and bools"


@pytest.mark.parametrize("pool", RECORDED, ids=[path.name for path in RECORDED])
def test_the_data_model_knows_every_column(pool: Path) -> None:
    text = (pool / "state.db.xml").read_text()
    with (pool / "state.db.xml").open("rb") as stream:
        whole = read_tables(stream)
    for cls, rows in whole.tables.items():
        for field in {field for row in rows.values() for field in row}:
            assert field in FIELDS[cls]
            assert f" {column_of(cls, field)}=" in text
