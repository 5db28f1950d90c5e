"""JUnit's XML as pytest writes it, but packed case by case: the tree of a large pool would need gigabytes."""

import re
import tempfile
import zlib
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO, Final
from xml.etree import ElementTree

import pytest
from _pytest.junitxml import LogXML, xml_key

from fixtures.audit import auditing

PLACE: Final = ElementTree.Element("cases")
"""Stands for all packed cases while pytest writes what is around them."""

OURS: Final = re.compile(rb' hostname="[^"]*"')
"""The name of the machine that runs the checks."""

PIECE: Final = 1 << 20
"""Bytes of XML that are unpacked at a time."""


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """In an audit take the place of pytest's own log."""
    log = config.stash.get(xml_key, None)
    if log is None or not auditing(config):
        return
    config.pluginmanager.unregister(log)
    config.stash[xml_key] = PackedLog(
        log.logfile,
        log.prefix,
        log.suite_name,
        log.logging,
        log.report_duration,
        log.family,
        log.log_passing_tests,
        redacts=config.getoption("redact", False),
    )
    config.pluginmanager.register(config.stash[xml_key])


class PackedLog(LogXML):
    """pytest's log, which keeps a case that has ended as a few packed bytes."""

    def __init__(self, *settings: Any, redacts: bool) -> None:
        super().__init__(*settings)
        self._redacts = redacts
        self._packer = zlib.compressobj(zlib.Z_BEST_SPEED)
        self._packed = BytesIO()

    def finalize(self, report: pytest.TestReport) -> None:
        """Pack a case that has ended."""
        case = self.node_reporter(report)
        super().finalize(report)
        self.node_reporters_ordered.remove(case)
        text = ElementTree.tostring(case.to_xml(), encoding="utf-8")
        self._packed.write(self._packer.compress(text))

    def pytest_sessionfinish(self) -> None:
        """Write the file. Raises OSError."""
        self.node_reporters_ordered.insert(0, SimpleNamespace(to_xml=lambda: PLACE))  # type: ignore[arg-type] # all that is asked
        path = self.logfile
        with tempfile.TemporaryDirectory() as folder:
            self.logfile = f"{folder}/around.xml"
            super().pytest_sessionfinish()
            around = Path(self.logfile).read_bytes()
        self.logfile = path
        begin, end = around.split(ElementTree.tostring(PLACE))
        if self._redacts:
            begin = OURS.sub(b"", begin)
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with Path(path).open("wb") as file:
            file.write(begin)
            self._unpack(file)
            file.write(end)

    def _unpack(self, file: BinaryIO) -> None:
        self._packed.write(self._packer.flush())
        rest, unpacker = self._packed.getvalue(), zlib.decompressobj()
        while rest:
            file.write(unpacker.decompress(rest, PIECE))
            rest = unpacker.unconsumed_tail
