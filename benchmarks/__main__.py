"""Print what reading a pool and a whole run cost, beside what others cost here and now: `make bench`.

Ratios are what counts: times differ from machine to machine, and on a busy one from minute to minute.
Nothing fails when an aim is missed.
"""

import argparse
from collections.abc import Mapping
from typing import Final

from . import auditing, reading
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

_HEADS: Final = f"{'CPU seconds':^22}  {'peak MB':^17}  aim"


def main() -> None:
    """Compare, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"nothing larger than {QUICK:,} VMs")
    quick = parser.parse_args().quick
    compare({vms: rounds for vms, rounds in ROUNDS.items() if vms <= QUICK or not quick})


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


def _costs(ours: Cost, other: Cost, aim: float | None) -> str:
    cpu = _ratio(ours.cpu, other.cpu, ".3f")
    memory = _ratio(ours.memory / 1e6, other.memory / 1e6, ".0f")
    verdict = "-" if aim is None else "met" if ours.cpu <= aim * other.cpu else "missed"
    return f"{cpu:>22}  {memory:>17}  {verdict}"


def _ratio(ours: float, other: float, form: str) -> str:
    return f"{ours:{form}} : {other:{form}} = {ours / other:.2f}"


if __name__ == "__main__":
    main()
