"""The pool that is read: a simulator in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from .process import ROOT, environment


class Server(NamedTuple):
    """Where a simulator listens."""

    url: str
    user: str
    password: str
    certificate: str
    """Path of its authority's certificate."""


@contextmanager
def simulator(vms: int) -> Iterator[Server]:
    """Serve the sample pool with so many VMs, over TLS. Ends the benchmark where that is not possible."""
    module = [sys.executable, "-m", "fixtures.simulator"]
    arguments = ["--pool", "fixtures/pools/sample-pool.xml", "--tls", "--clone", str(vms)]
    with subprocess.Popen(
        [*module, *arguments], cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                raise SystemExit(f"the simulator does not serve {vms} VMs; its message stands above")
            ready = json.loads(line)
            yield Server(**{name: ready[name] for name in Server._fields})
        finally:
            process.terminate()
