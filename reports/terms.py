"""Of what a run judged, and by what: where two runs differ in it, a change need not be the pool's."""

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from fixtures.verdict import Results

from .legible import legible

DIGITS: Final = 12
"""Of a SHA-256, to tell two apart."""


class Terms(Struct, frozen=True, kw_only=True):
    """What has to be equal of two runs that are compared."""

    pools: dict[str, str]
    """uuid of each pool, or where it could not be read its location → its name."""
    selection: tuple[str, ...]
    complete: bool
    inside: tuple[str, ...] = ()
    """Whose inside was looked into."""
    rules: str | None = None
    """Here and below None: it was not remembered."""
    knowledge: str | None = None
    policy: str | None = None
    """SHA-256."""
    waivers: str | None = None
    """SHA-256; empty: there were none."""


def terms(results: Results) -> Terms:
    """Those of a run."""
    conditions = results.conditions
    return Terms(
        pools={
            pool.uuid or pool.location: pool.location + " (not read)"
            if pool.source == "unread"
            else pool.name or pool.location
            for pool in results.pools
        },
        selection=tuple(sorted(conditions.selection)),
        complete=results.complete,
        inside=conditions.inside,
        rules=results.rules_version,
        knowledge=results.knowledge_version,
        policy=conditions.policy_sha256,
        waivers=conditions.waivers_sha256,
    )


def differences(before: Terms, after: Terms) -> tuple[str, ...]:
    """In what two runs are not alike, each in a few words that are safe to print."""
    return tuple(legible(each) for each in _differences(before, after))


def _differences(before: Terms, after: Terms) -> Iterator[str]:
    if before.pools.keys() != after.pools.keys():
        only = (_only(before.pools, after.pools), _only(after.pools, before.pools))
        yield f"not the same pools: only before: {only[0]}; only after: {only[1]}"
    if before.selection != after.selection:
        selected = (", ".join(each.selection) or "everything" for each in (before, after))
        yield f"not the same selection: {', then '.join(selected)}"
    if before.inside != after.inside:
        looked = (" and ".join(each.inside) or "no machine" for each in (before, after))
        yield f"not looked into the same: {', then '.join(looked)}"
    if before.rules is None or after.rules is None:
        yield "by which rules, policy and waivers one of them judged is not remembered"
    else:
        yield from _other("rules", before.rules, after.rules)
        yield from _other("knowledge", before.knowledge, after.knowledge)
        yield from _other("policy", _digest(before.policy), _digest(after.policy))
        yield from _other("waivers", _digest(before.waivers), _digest(after.waivers))
    for when, run in {"before": before, "after": after}.items():
        if not run.complete:
            yield f"the run {when} stopped early: not all was judged"


def _other(what: str, before: str | None, after: str | None) -> Iterator[str]:
    if before != after:
        yield f"not the same {what}: {before}, then {after}"


def _digest(sha256: str | None) -> str:
    return f"SHA-256 {sha256[:DIGITS]}…" if sha256 else "none"


def _only(these: Mapping[str, str], those: Mapping[str, str]) -> str:
    names = (name if key in name else f"{name} {key}" for key, name in these.items() if key not in those)
    return ", ".join(names) or "none"
