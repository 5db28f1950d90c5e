"""The plugin for Nagios and Icinga: what the last run said.

`python -m reports.nagios reports/out/results.json --max-age 26` prints what that run would have written to
nagios.txt, and ends with the plugin API's code (0 ok, 1 warning, 2 critical, 3 unknown). An old or missing
results.json is unknown.
"""

import argparse
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fixtures.errors import PoolproofError

from .formats.nagios import state
from .legible import legible
from .results import read


def main(arguments: list[str] | None = None) -> int:
    """The plugin."""
    parser = argparse.ArgumentParser(description="Nagios plugin: what the last audit said")
    parser.add_argument("results", type=Path, help="results.json of the last run")
    parser.add_argument(
        "--max-age", type=float, default=26, metavar="HOURS", help="older: unknown (default: 26)"
    )
    given = parser.parse_args(arguments)
    try:
        results = read(given.results)
    except PoolproofError as error:
        print(f"POOLPROOF UNKNOWN - {legible(str(error))}")
        return 3
    age = datetime.now(UTC) - datetime.fromisoformat(results.finished)
    if age > timedelta(hours=given.max_age):
        print(f"POOLPROOF UNKNOWN - the last run ended more than {given.max_age:g} h ago: {results.finished}")
        return 3
    found = state(results)
    print(found.text)
    return found.code


if __name__ == "__main__":
    sys.exit(main())
