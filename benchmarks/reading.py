"""Reading a live pool: Poolproof beside the XenAPI package, over the same server."""

import json
from functools import partial

from .process import Cost, alternate, environment, run
from .simulator import simulator


def compare(vms: int, rounds: int) -> tuple[Cost, Cost]:
    """What reading so many VMs costs Poolproof, and what it costs XenAPI. CPU is without imports."""

    def read(module: str) -> Cost:
        arguments = ("-m", module, server.url, server.user, server.certificate)
        ended = run(arguments, environment(POOLPROOF_PASSWORD=server.password))
        told = json.loads(ended.output)
        return Cost(told["cpu"], ended.cost.memory, told["calls"], told["received"])

    with simulator(vms) as server:
        return alternate(
            rounds, partial(read, "benchmarks.by_poolproof"), partial(read, "benchmarks.by_xenapi")
        )
