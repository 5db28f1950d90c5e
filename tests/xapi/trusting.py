"""A connection that trusts the tests' servers: what tests change one thing of."""

from typing import Any

from fixtures.secret import Secret
from fixtures.xapi.connection import Connection
from tests.xapi.servers import certificate, fingerprint

PASSWORD = "s3cret & <password>"


def trusting(**changes: Any) -> Connection:
    """The tests' own certificate is pinned; times are short enough to wait for and long enough to work."""
    defaults: dict[str, Any] = {
        "user": "root",
        "password": Secret(PASSWORD),
        "fingerprints": (fingerprint(certificate()),),
        "connect_timeout": 5.0,
        "read_timeout": 5.0,
        "total_timeout": 30.0,
    }
    return Connection(**defaults | changes)
