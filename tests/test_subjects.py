"""Node ids: ASCII-safe, unique, readable, and the same as long as the object is the same."""

import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.subjects import ids


@dataclass(frozen=True)
class Thing:
    """The least that has an id."""

    name: str | None
    uuid: str | None
    ref: str = "OpaqueRef:00000000-0000-0000-0000-000000000001"


UUID = "1a2b3c4d-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("web01", "web01-1a2b3c4d"),
        ("Web Server (old)", "Web-Server-old-1a2b3c4d"),
        ("dbase-recién-instalada", "dbase-recien-instalada-1a2b3c4d"),
        ("web\u202egnp.exe", "webgnp.exe-1a2b3c4d"),
        ("vm[0]::test[x-y]", "vm-0-test-x-y-1a2b3c4d"),
        ("../../etc/passwd", "..-..-etc-passwd-1a2b3c4d"),
        ("a\x00b\x1b[31m", "a-b-31m-1a2b3c4d"),
        ("a\ud800b", "ab-1a2b3c4d"),
        ("", "unnamed-1a2b3c4d"),
        ("   ", "unnamed-1a2b3c4d"),
        (None, "unnamed-1a2b3c4d"),
        ("x" * 10_000, f"{'x' * 40}-1a2b3c4d"),
    ],
)
def test_ids_are_readable(name: str | None, expected: str) -> None:
    assert ids([Thing(name, UUID)]) == [expected]  # type: ignore[list-item] # ids asks for no more


def test_objects_that_share_a_uuid_have_ids_of_their_own() -> None:
    twins = [Thing("web01", UUID, ref=f"OpaqueRef:{number}") for number in range(3)]
    found = ids(twins)  # type: ignore[arg-type] # ids asks for no more
    assert len(set(found)) == 3


def test_an_object_without_uuid_goes_by_its_reference() -> None:
    assert ids([Thing("web01", None)]) == ["web01-OpaqueRef-00000000"]  # type: ignore[list-item] # see above


@given(st.lists(st.tuples(st.text(max_size=60), st.uuids()), max_size=5, unique_by=lambda pair: pair[1]))
def test_any_names_give_safe_and_unique_ids(things: list[tuple[str, object]]) -> None:
    found = ids([Thing(name, str(uuid), ref=f"OpaqueRef:{uuid}") for name, uuid in things])  # type: ignore[misc] # see above
    assert len(set(found)) == len(things)
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", id_) for id_ in found)
