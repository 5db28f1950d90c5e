"""A client of the simulator that hides nothing: JSON-RPC over http.client."""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from fixtures.simulator import Fault, Simulator
from tests.simulator.small_pool import Tables, database


class Client:
    """Logs in at a simulator and calls by JSON-RPC, each call over the same connection."""

    def __init__(self, url: str, timeout: float = 10) -> None:
        self.connection = http.client.HTTPConnection(url.partition("://")[2], timeout=timeout)

    def log_in(self, simulator: Simulator) -> None:
        self.session = self.call("session.login_with_password", simulator.user, simulator.password)

    def send(self, method: str, *params: Any) -> http.client.HTTPResponse:
        body = json.dumps({"method": method, "params": params, "id": 1})
        self.connection.request("POST", "/jsonrpc", body)
        return self.connection.getresponse()

    def call(self, method: str, *params: Any) -> Any:
        reply = json.loads(self.send(method, *params).read())
        return reply["result"] if reply["error"] is None else reply["error"]

    def ask(self, method: str, *arguments: Any) -> Any:
        return self.call(method, self.session, *arguments)


@contextmanager
def client_of(
    *faults: Fault, content: Tables | None = None, timeout: float = 10, seed: int = 0
) -> Iterator[Client]:
    """A client that is logged in."""
    with Simulator(database(content), tls=False, faults=faults, seed=seed) as simulator:
        client = Client(simulator.url, timeout)
        with closing(client.connection):
            client.log_in(simulator)
            yield client
