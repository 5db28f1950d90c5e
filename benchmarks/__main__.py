"""Print what reading a pool and a whole run cost, beside what others cost here and now: `make bench`.

Ratios are what counts: times differ from machine to machine, and on a busy one from minute to minute.
Nothing fails when an aim is missed.
"""

import argparse
from collections.abc import Mapping, Sequence
from typing import Final

from tests.e2e.browser import CHROMIUM
from tests.inside.machines import WHY_NOT

from . import auditing, inside, page, reading
from .process import Cost

ROUNDS: Final = {100: 5, 1_000: 3, 5_000: 2}
"""VMs of a pool → how often each job is done; the cheapest counts."""

QUICK: Final = 1_000
"""The largest pool with --quick."""

READING_AIM: Final = 0.1
"""CPU at most so many times XenAPI's."""
READING_AIM_VMS: Final = 5_000
"""From so many VMs on."""

AUDIT_AIM: Final = 2
"""CPU at most so many times bare pytest's."""
AUDIT_AIM_VERDICTS: Final = 20_000
"""From so many verdicts on."""

PAGES: Final = (100, 1_000, 10_000)
"""VMs of pools whose pages are opened in a browser, of made-up verdicts and of real audits."""

INSIDES: Final = (20, inside.AIM_GUESTS)
"""Guests that are looked into."""
IN_TURN: Final = 20
"""Up to so many are asked one after another, too."""

_HEADS: Final = f"{'CPU seconds':^22}  {'peak MB':^17}  aim"
_PAGE_HEADS: Final = f"{'MB':^21}  {'open, s':^21}  {'filter, ms':^23}  {'object, ms':^23}  {'elements':^23}"


def main() -> None:
    """Compare, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"nothing larger than {QUICK:,} VMs")
    quick = parser.parse_args().quick
    compare({vms: rounds for vms, rounds in ROUNDS.items() if vms <= QUICK or not quick})
    print()
    pages = [vms for vms in PAGES if vms <= QUICK or not quick]
    compare_pages(pages)
    print()
    compare_audited_pages([(vms, every) for vms in pages for every in (False, True)])
    print()
    compare_insides(INSIDES[: 1 if quick else None])


def compare(rounds: Mapping[int, int]) -> None:
    """Print two tables, a line for each size of a pool (VMs → how often each job is done)."""
    print("Reading a live pool: Poolproof by JSON-RPC : XenAPI by XML-RPC, the client's process alone")
    print(f"Aim: at most {READING_AIM:g} of the CPU from {READING_AIM_VMS:,} VMs on")
    print(f"{'VMs':>6}  {'calls':^8}  {'MB received':^20}  {_HEADS}")
    for vms, times in rounds.items():
        ours, xenapi = reading.compare(vms, times)
        calls = f"{ours.calls} : {xenapi.calls}"
        received = _ratio(ours.received / 1e6, xenapi.received / 1e6, ".1f")
        costs = _costs(ours, xenapi, READING_AIM if vms >= READING_AIM_VMS else None)
        print(f"{vms:>6,}  {calls:^8}  {received:>20}  {costs}", flush=True)
    print()
    print("Whole run: an audit with results.json, HTML and JUnit : bare pytest with as many empty tests")
    print(f"Aim: at most {AUDIT_AIM:g} times the CPU from {AUDIT_AIM_VERDICTS:,} verdicts on")
    print(f"{'VMs':>6}  {'verdicts':>8}  {_HEADS}")
    for vms, times in rounds.items():
        verdicts, ours, bare = auditing.compare(vms, times)
        costs = _costs(ours, bare, AUDIT_AIM if verdicts >= AUDIT_AIM_VERDICTS else None)
        print(f"{vms:>6,}  {verdicts:>8,}  {costs}", flush=True)


def compare_pages(sizes: Sequence[int]) -> None:
    """Print a table of pages in a browser, a line for each size of a pool."""
    print(f"Page in Chromium, {page.CONTROLS} controls a VM, made-up verdicts that pack badly:")
    print("ours : pytest-html's own of as many tests")
    aims = f"{page.SIZE_AIM / 1e6:g} MB, open {page.OPEN_AIM:g} s, filter and object {page.ANSWER_AIM:g} ms"
    print(
        f"Aim for the largest: at most {aims}, {page.NODES_AIM:,} elements; writer: how far its memory grew"
    )
    print(f"{'VMs':>6}  {_PAGE_HEADS}  {'writer, MB':>10}  aim")
    if CHROMIUM is None:
        print("no chromium here: not compared")
        return
    for vms in sizes:
        grown, ours, own = page.compare(vms)
        verdict = "-" if vms < max(PAGES) else "met" if page.meets(ours) else "missed"
        print(f"{vms:>6,}  {_page(ours, own)}  {grown / 1e6:>10.0f}  {verdict}", flush=True)


def compare_audited_pages(audits: Sequence[tuple[int, bool]]) -> None:
    """Print a table of pages of real audits in a browser: of so many VMs, by all controls or by some."""
    print("The same of real audits, all reports written; memory: the audit's peak")
    print(f"{'VMs':>6}  {'controls':>8}  {'verdicts':>8}  {'peak MB':>7}  {_PAGE_HEADS}")
    if CHROMIUM is None:
        print("no chromium here: not compared")
        return
    for vms, every in audits:
        verdicts, memory, ours, own = page.compare_audited(vms, all_controls=every)
        controls = "default" if every else page.CONTROLS
        counts = f"{vms:>6,}  {controls:>8}  {verdicts:>8,}  {memory / 1e6:>7.0f}"
        print(f"{counts}  {_page(ours, own)}", flush=True)


def _page(ours: page.Cost, own: page.Cost | None) -> str:
    columns = zip(
        (21, 21, 23, 23, 23),
        (ours.size / 1e6, ours.opening, ours.filtering, ours.object, ours.nodes),
        (own.size / 1e6, own.opening, own.filtering, own.object, own.nodes) if own else (None,) * 5,
        (".2f", ".2f", ".0f", ".0f", ".0f"),
        strict=True,
    )
    return "  ".join(
        f"{_ratio(mine, other, form) if other else f'{mine:{form}} : -':>{width}}"
        for width, mine, other, form in columns
    )


def compare_insides(sizes: Sequence[int]) -> None:
    """Print a table of looks into guests, a line for each number of them."""
    print("Looking into guests that take 1 s each, with two processes: all at once : one after another")
    print(f"Aim: at most {inside.AIM} s for {inside.AIM_GUESTS} guests")
    print(f"{'guests':>6}  {'seconds':^24}  aim")
    if WHY_NOT:
        print(f"{WHY_NOT}: not compared")
        return
    for guests in sizes:
        took = inside.compare(guests, in_turn=guests <= IN_TURN)
        told = _ratio(took.at_once, took.in_turn, ".1f") if took.in_turn else f"{took.at_once:.1f} : -"
        verdict = "-" if guests < inside.AIM_GUESTS else "met" if took.at_once <= inside.AIM else "missed"
        print(f"{guests:>6}  {told:>24}  {verdict}", flush=True)


def _costs(ours: Cost, other: Cost, aim: float | None) -> str:
    cpu = _ratio(ours.cpu, other.cpu, ".3f")
    memory = _ratio(ours.memory / 1e6, other.memory / 1e6, ".0f")
    verdict = "-" if aim is None else "met" if ours.cpu <= aim * other.cpu else "missed"
    return f"{cpu:>22}  {memory:>17}  {verdict}"


def _ratio(ours: float, other: float, form: str) -> str:
    return f"{ours:{form}} : {other:{form}} = {ours / other:.2f}"


if __name__ == "__main__":
    main()
