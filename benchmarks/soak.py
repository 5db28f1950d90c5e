"""Audit a pool that fails often, many times in a row, and print what is left behind: `make soak`.

Most audits are readings in this process, some are whole runs of pytest; the simulator has a process of its
own. What is printed has to stay flat. Exit status 1: it did not.
"""

import argparse
import gc
import os
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from pathlib import Path
from time import sleep
from typing import Any, Final, NamedTuple

from fixtures.errors import PoolproofError
from fixtures.pools import SAMPLE
from fixtures.secret import Secret
from fixtures.simulator import Fault, Simulator
from fixtures.sources.live import read_live
from fixtures.xapi import retry
from fixtures.xapi.connection import Connection

from .process import ROOT, environment

AUDITS: Final = 200
WARM_UP: Final = 60
"""Audits before the first measurement: imports, caches and the allocator have settled then, and pytest has
made as many temporary folders as it keeps, those of three runs."""
INTERVAL: Final = 20
"""Audits between two measurements; one of so many is a whole run."""

GROWTH: Final = 4 << 20
"""Bytes of resident memory that may come on top: what the allocator keeps differs from time to time."""

_EXPECTED: Final = {1, 4}
"""Exit statuses of whole runs: the sample pool has findings, or this time it could not be read."""

_READS: Final = "*.get_all_records"
FAULTS: Final = (
    Fault("refuse", rate=0.05),
    Fault("master-change", method=_READS, after=900),
    *(
        Fault(name, rate=rate, method=_READS, value=value)
        for name, rate, value in (
            ("no-json-rpc", 0.05, None),
            ("http-500", 0.03, None),
            ("garbage", 0.03, None),
            ("stall", 0.01, None),
            ("reset", 0.04, None),
            ("truncate", 0.04, None),
            ("drip", 0.01, 0.0001),
            ("length-too-long", 0.01, None),
            ("length-too-short", 0.03, None),
            ("session-invalid", 0.02, None),
            ("internal-error", 0.05, None),
            ("permission-denied", 0.02, None),
        )
    ),
    # Answers to logins stay whole: nobody can log out of a session of which the answer was lost.
    *(Fault(name, rate=0.1, method="session.logout") for name in ("http-500", "garbage", "reset", "stall")),
    Fault("unknown-fields"),
    Fault("odd-names", rate=0.1),
)


class Footprint(NamedTuple):
    """What of all audits so far is still there."""

    sessions: int
    """At the simulator."""
    descriptors: int
    """Open in this process, sockets among them."""
    sockets: int
    threads: int
    files: int
    """Temporary files and folders."""
    memory: int
    """Resident, in bytes."""


class Outcomes(NamedTuple):
    """How the audits ended, and what they left."""

    ends: Mapping[str, int]
    first: Footprint
    last: Footprint

    @property
    def grown(self) -> list[str]:
        """What did not stay flat."""
        names = [name for name in Footprint._fields if name != "memory"]
        grown = [name for name in names if getattr(self.last, name) > getattr(self.first, name)]
        return grown + (["memory"] if self.last.memory > self.first.memory + GROWTH else [])


def main() -> None:
    """Audit, print, and tell by the exit status whether all stayed flat."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--audits", type=int, default=AUDITS, help=f"how many (default: {AUDITS})")
    outcomes = soak(parser.parse_args().audits, WARM_UP, INTERVAL)
    print(", ".join(f"{count} {end}" for end, count in sorted(outcomes.ends.items())))
    if outcomes.grown:
        raise SystemExit(f"grown: {', '.join(outcomes.grown)}")
    print("flat: nothing is left behind")


def soak(audits: int, warm_up: int, interval: int) -> Outcomes:
    """Run so many audits, and print a line for each measurement."""
    retry.PAUSE = 0.01  # the simulator needs no time to recover
    ends: Counter[str] = Counter()
    first = last = None
    print(f"{'audits':>6}  " + "  ".join(f"{name:>11}" for name in Footprint._fields))
    with _serving() as server, _own_folder() as temporary, tempfile.TemporaryDirectory() as reports:
        for number in range(1, audits + 1):
            whole = number % interval == 0
            ends[_run(server, temporary, Path(reports)) if whole else _read(server)] += 1
            if number >= warm_up and (whole or number == audits):
                last = _footprint(server, temporary)
                first = first or last
                print(f"{number:>6}  " + "  ".join(f"{value:>11,}" for value in last), flush=True)
    assert first
    assert last
    return Outcomes(ends, first, last)


@contextmanager
def _own_folder() -> Iterator[Path]:
    """Have temporary files in a folder where nobody else has any."""
    usual = tempfile.tempdir
    with tempfile.TemporaryDirectory() as temporary:
        tempfile.tempdir = temporary
        try:
            yield Path(temporary)
        finally:
            tempfile.tempdir = usual


class _Server(NamedTuple):
    """A simulator in a process of its own."""

    url: str
    password: str
    certificate: Path
    pipe: Any

    def sessions(self) -> int:
        self.pipe.send(None)
        return int(self.pipe.recv())


@contextmanager
def _serving() -> Iterator[_Server]:
    spawn = get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(theirs,))
    process.start()
    theirs.close()
    try:
        url, password, certificate = ours.recv()
        yield _Server(url, password, certificate, ours)
    finally:
        ours.close()
        process.join()


def _serve(pipe: Any) -> None:
    with Simulator(SAMPLE, faults=FAULTS, users=True, seed=1) as simulator:
        pipe.send((simulator.url, simulator.password, simulator.certificate))
        with suppress(EOFError):
            while True:
                pipe.recv()
                pipe.send(len(simulator._objects["session"]))


def _read(server: _Server) -> str:
    connection = Connection(
        user="read-only",
        password=Secret(server.password),
        ca_file=server.certificate,
        read_timeout=0.2,
        total_timeout=10,
    )
    try:
        reading = read_live(server.url, connection)
    except PoolproofError:
        return "not read"
    return "read with gaps" if reading.unread else "read"


def _run(server: _Server, temporary: Path, reports: Path) -> str:
    policy = reports / "policy.toml"
    policy.write_text("[connection]\nread_timeout = 0.5\ntotal_timeout = 10\n")
    arguments = [
        *("-m", "pytest", "--config-file=pytest.ini", "-q", "-n", "2"),
        *("-o", f"cache_dir={reports}/cache", "--report-dir", str(reports), "--policy", str(policy)),
        *("--pool", server.url, "--user", "read-only", "--ca-file", str(server.certificate)),
        *("--trace-calls", f"{reports}/calls", "--save-snapshot", f"{reports}/facts"),
    ]
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment(POOLPROOF_PASSWORD=server.password, TMPDIR=str(temporary)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in _EXPECTED:
        raise SystemExit(f"a whole run ended with {done.returncode}\n{(done.stdout + done.stderr)[-2000:]}")
    return f"whole run with exit status {done.returncode}"


def _footprint(server: _Server, temporary: Path) -> Footprint:
    gc.collect()
    sleep(0.5)  # the simulator's ends of the last connections close after ours
    opened = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the one that lists them
            opened.append(str(descriptor.readlink()))
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Footprint(
        sessions=server.sessions(),
        descriptors=len(opened),
        sockets=sum(target.startswith("socket:") for target in opened),
        threads=threading.active_count(),
        files=sum(1 for _ in temporary.rglob("*")),
        memory=pages * os.sysconf("SC_PAGE_SIZE"),
    )


if __name__ == "__main__":
    main()
