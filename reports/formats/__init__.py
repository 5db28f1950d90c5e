"""Formats for programs: what --report can ask for, beside the page, results.json and JUnit's XML."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple, TextIO

from fixtures.controls import Control
from fixtures.verdict import Results

from . import csv, ctrf, markdown, nagios, ohdf, prometheus, sarif

Controls = Mapping[str, Control]


class Format(NamedTuple):
    """One format."""

    file: str
    """Its name in --report-dir."""
    write: Callable[[Results, Controls, TextIO], None]


FORMATS: Final[dict[str, Format]] = {
    "csv": Format("verdicts.csv", csv.write),
    "markdown": Format("summary.md", markdown.write),
    "sarif": Format("results.sarif", sarif.write),
    "ohdf": Format("ohdf.json", ohdf.write),
    "ctrf": Format("ctrf.json", ctrf.write),
    "prometheus": Format("poolproof.prom", prometheus.write),
    "nagios": Format("nagios.txt", nagios.write),
}


def write(name: str, results: Results, controls: Controls, folder: Path) -> Path:
    """Write a format into a folder: a reader finds the old file or the whole new one. Raises OSError."""
    path = folder / FORMATS[name].file
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        # What UTF-8 cannot hold, lone surrogates, is written as an escape.
        with unfinished.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            FORMATS[name].write(results, controls, stream)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path
