"""What a reading in this process costs: the part that both clients share."""

import json
from collections.abc import Callable
from http.client import HTTPResponse
from time import process_time


def tell(read: Callable[[], object]) -> None:
    """Read once, and print as JSON: CPU seconds, answers over HTTP and the bytes of their bodies."""
    bodies: list[int] = []
    begin = HTTPResponse.begin

    def begin_and_count(response: HTTPResponse) -> None:
        begin(response)
        bodies.append(response.length or 0)

    HTTPResponse.begin = begin_and_count  # type: ignore[assignment, method-assign] # where both clients learn the length
    begun = process_time()
    read()
    print(json.dumps({"cpu": process_time() - begun, "calls": len(bodies), "received": sum(bodies)}))
