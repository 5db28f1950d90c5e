"""Child processes: what one costs, alone, from its start to its end."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parent.parent

_CHANGING: Final = ("PYTHON", "PYTEST")


class Cost(NamedTuple):
    """What a job needed."""

    cpu: float
    """Seconds, user and system."""
    memory: int
    """Peak of the process's resident memory, in bytes."""
    calls: int = 0
    """Answers over HTTP."""
    received: int = 0
    """Bytes of the bodies of those answers."""


class Ended(NamedTuple):
    """A process that has ended, what it cost, and what it printed."""

    cost: Cost
    output: str


def environment(**more: str) -> dict[str, str]:
    """This process's environment, but for what makes Python or pytest work otherwise than by default."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_CHANGING)} | more


def run(arguments: Sequence[str], env: dict[str, str], directory: Path = ROOT, status: int = 0) -> Ended:
    """Run Python with `arguments`.

    Ends the benchmark, with the process's last words, where its exit status is not `status`.
    """
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=directory,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        # Popen.wait does not tell what the process cost.
        _, ended, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(ended)
    if process.returncode != status:
        raise SystemExit(f"{' '.join(arguments)}: exit status {process.returncode}\n{output[-2000:]}")
    # Linux counts from the size of who started the process: this one must stay smaller than its children.
    return Ended(Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024), output)


def alternate(rounds: int, ours: Callable[[], Cost], other: Callable[[], Cost]) -> tuple[Cost, Cost]:
    """The cheapest run of each. They take turns in who comes first; in the first round it is `ours`."""
    costs: tuple[list[Cost], list[Cost]] = ([], [])
    for number in range(rounds):
        for which in (1, 0) if number % 2 else (0, 1):
            costs[which].append((ours, other)[which]())
    return min(costs[0]), min(costs[1])
