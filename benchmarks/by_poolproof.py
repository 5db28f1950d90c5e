"""Reads a pool as an audit does: `python -m benchmarks.by_poolproof URL USER CA_FILE`."""

import os
import sys
from pathlib import Path

from fixtures.secret import Secret
from fixtures.sources.live import read_live
from fixtures.xapi.connection import Connection

from .client import tell

if __name__ == "__main__":
    url, user, certificate = sys.argv[1:]
    password = Secret(os.environ["POOLPROOF_PASSWORD"])
    connection = Connection(user=user, password=password, ca_file=Path(certificate))
    tell(lambda: read_live(url, connection))
