"""results.json: the contract for every consumer (fixtures.verdict.Results)."""

import json
import os
from pathlib import Path
from typing import Any

import msgspec

from fixtures.errors import PoolproofError
from fixtures.printable import printable
from fixtures.verdict import Results


def write(results: Results, path: Path) -> None:
    """Write results.json so that a reader finds the old file or the whole new one, never a part.

    ASCII throughout: names may hold NUL and lone surrogates, which survive as escapes. One verdict a
    line. Raises OSError where the file cannot be written; the old file is then untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("w", encoding="ascii") as file:
            # `verdicts` is the last field: the opening of its list is where the head is cut.
            head = _json(msgspec.to_builtins(msgspec.structs.replace(results, verdicts=[])))
            file.write(head.removesuffix("]}"))
            for index, verdict in enumerate(results.verdicts):
                file.write((",\n" if index else "\n") + _json(msgspec.to_builtins(verdict)))
            file.write("\n]}\n")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _json(value: Any) -> str:
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError:  # JSON has no NaN and no infinity: such evidence becomes text
        return json.dumps(json.loads(json.dumps(value), parse_constant=str))


def read(path: Path) -> Results:
    """The results in a results.json. Raises PoolproofError where it cannot be read or is something else."""
    try:
        # json keeps lone surrogates, which names can hold and which msgspec's own parser refuses.
        return msgspec.convert(json.loads(path.read_bytes()), Results)
    except OSError as error:
        raise PoolproofError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise PoolproofError(
            f"{path}: is no results.json that this version reads ({printable(str(error), 120)})"
        ) from None
