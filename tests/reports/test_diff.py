"""Two runs side by side: no name gets through raw."""

import pytest

from reports.changes import changes, nameless, state
from reports.diff import Told, html, lines
from reports.terms import terms

from .given import hostile_names, pool, results, shows, verdict
from .markup import shape


def told(word: str, name: str, **changes: str) -> Told:
    said = verdict("fail" if word == "fail" else "pass", name=name, uuid=name, control=name)
    given = results([said], pools=(pool(name=name, uuid=name + word),), **changes)
    return Told("label", state(given.verdicts), {nameless(said.subject): said.subject}, terms(given))


@pytest.mark.parametrize("name", hostile_names())
def test_names_change_nothing(name: str) -> None:
    def pages(name: str) -> tuple[list[str], str]:
        before, after = told("pass", name, rules_version=name), told("fail", name)
        found = changes(before.said, after.said, after.names, {}, whole=True)
        return list(lines(before, after, found)), html(before, after, found)

    harmless, hostile = pages("name"), pages(name)
    assert len(hostile[0]) == len(harmless[0])
    assert all(map(shows, hostile[0]))
    assert shape(hostile[1]) == shape(harmless[1])
    assert all(map(shows, hostile[1].split("\n")))
