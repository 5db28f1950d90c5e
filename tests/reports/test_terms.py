"""In what two runs are not alike: without that a change would be taken for the pool's."""

from typing import Any

import pytest

from reports.terms import Terms, differences, terms

from .given import POOL, conditions, pool, results, unread

A, B = "a" * 64, "b" * 64


def of(**changes: Any) -> Terms:
    return terms(results([], **changes))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, {}, []),
        (
            {},
            {"pools": (pool(uuid="u2", name="Bureau"),)},
            [f"not the same pools: only before: Atelier {POOL}; only after: Bureau u2"],
        ),
        (
            {"pools": (pool(), pool(uuid="u2", name="Bureau"))},
            {},
            ["not the same pools: only before: Bureau u2; only after: none"],
        ),
        (
            {},
            {"pools": (unread(),)},
            [f"not the same pools: only before: Atelier {POOL}; only after: gone.xml (not read)"],
        ),
        ({}, {"pools": (pool(name="renamed", location="dump.xml"),)}, []),
        (
            {"conditions": conditions(selection=("-m host", "-k x"))},
            {},
            ["not the same selection: -k x, -m host, then everything"],
        ),
        (
            {"conditions": conditions(selection=("-m host", "-k x"))},
            {"conditions": conditions(selection=("-k x", "-m host"))},
            [],
        ),
        (
            {"conditions": conditions(inside=("guests", "hosts"))},
            {},
            ["not looked into the same: guests and hosts, then no machine"],
        ),
        ({}, {"rules_version": "2"}, ["not the same rules: 1, then 2"]),
        ({"knowledge_version": "2025"}, {}, ["not the same knowledge: 2025, then 2026-11-01"]),
        (
            {"conditions": conditions(policy_sha256=A)},
            {"conditions": conditions(policy_sha256=B)},
            [f"not the same policy: SHA-256 {'a' * 12}…, then SHA-256 {'b' * 12}…"],
        ),
        (
            {"conditions": conditions(waivers_sha256="")},
            {"conditions": conditions(waivers_sha256=B)},
            [f"not the same waivers: none, then SHA-256 {'b' * 12}…"],
        ),
        ({}, {"complete": False}, ["the run after stopped early: not all was judged"]),
        (
            {"pools": (pool(uuid="u\x1b[31m", name="\u202e"),)},
            {},
            [f"not the same pools: only before: \\u202e u\\x1b[31m; only after: Atelier {POOL}"],
        ),
    ],
)
def test_differences(before: dict[str, Any], after: dict[str, Any], told: list[str]) -> None:
    assert list(differences(of(**before), of(**after))) == told


def test_what_is_not_remembered_is_said_to_be_so() -> None:
    old = Terms(pools={POOL: POOL}, selection=(), complete=True)
    for pair in ((old, of()), (of(), old)):
        assert differences(*pair) == (
            "by which rules, policy and waivers one of them judged is not remembered",
        )
