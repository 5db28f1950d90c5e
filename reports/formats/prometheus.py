"""Prometheus' text format, for the textfile collector of node_exporter."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, TextIO

from fixtures.controls import Control
from fixtures.verdict import PoolSummary, Results

from ..legible import legible

SPECIAL: Final = re.compile(r'([\\"])')


def write(results: Results, controls: Mapping[str, Control], stream: TextIO) -> None:
    """Write the counts. There is no series for each VM: their number would grow with the pool."""
    stream.writelines(f"{line}\n" for line in _lines(results))


def _lines(results: Results) -> Iterator[str]:
    yield from _head("poolproof_verdicts", "Verdicts of the last run.")
    counts = Counter(
        (verdict.subject.pool or "", verdict.control, verdict.severity, verdict.verdict)
        for verdict in results.verdicts
    )
    for (pool, control, severity, word), count in sorted(counts.items()):
        labels = _labels(pool=pool, control=control, severity=severity, verdict=word)
        yield f"poolproof_verdicts{labels} {count}"
    yield from _head("poolproof_pool_read", "Whether the pool could be read in the last run.")
    for pool_ in results.pools:
        labels = _labels(pool=pool_.uuid or "", name=pool_.name or "", location=pool_.location)
        yield f"poolproof_pool_read{labels} {_read(pool_)}"
    yield from _head("poolproof_run_complete", "Whether the last run came to its end.")
    yield f"poolproof_run_complete {int(results.complete)}"
    yield from _head("poolproof_run_finished_timestamp_seconds", "When the last run ended.")
    finished = datetime.fromisoformat(results.finished).timestamp()
    yield f"poolproof_run_finished_timestamp_seconds {finished:.0f}"


def _read(pool: PoolSummary) -> int:
    return int(pool.source != "unread")


def _head(name: str, meaning: str) -> Iterator[str]:
    yield f"# HELP {name} {meaning}"
    yield f"# TYPE {name} gauge"


def _labels(**labels: str) -> str:
    # legible() leaves no line breaks, which would have to be escaped too.
    told = {name: SPECIAL.sub(r"\\\1", legible(value, 200)) for name, value in labels.items()}
    return "{" + ",".join(f'{name}="{value}"' for name, value in told.items()) + "}"
