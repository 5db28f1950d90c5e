"""Reads the same classes with the XenAPI package alone: `python -m benchmarks.by_xenapi URL USER CA_FILE`."""

import os
import ssl
import sys
from xmlrpc.client import SafeTransport

import XenAPI

from fixtures.facts.records import CLASSES

from .client import tell


def read(url: str, user: str, password: str, certificate: str) -> dict[str, object]:
    """Read every class with get_all_records, by XML-RPC."""
    transport = SafeTransport(context=ssl.create_default_context(cafile=certificate))
    session = XenAPI.Session(url, transport=transport)
    session.login_with_password(user, password, "1.0", "benchmark")
    try:
        return {name: getattr(session.xenapi, name).get_all_records() for name in CLASSES}
    finally:
        session.xenapi.session.logout()


if __name__ == "__main__":
    url, user, certificate = sys.argv[1:]
    tell(lambda: read(url, user, os.environ["POOLPROOF_PASSWORD"], certificate))
