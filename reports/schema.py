"""docs/results.schema.json, made from the types of results.json: `python -m reports.schema` prints it."""

import ast
import inspect
import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, get_args

import msgspec

from fixtures import verdict
from fixtures.verdict import Results, Word


def schema() -> dict[str, Any]:
    """What results.json looks like, as JSON Schema (draft 2020-12).

    Consumers must let fields pass that they do not know: there will be more of them.
    """
    made = msgspec.json.schema(Results)
    for name, definition in made["$defs"].items():
        struct = getattr(verdict, name)
        if not struct.__struct_config__.omit_defaults:  # then all fields are always written
            definition["required"] = list(definition["properties"])
        for field, text in _documented(struct):
            definition["properties"][field]["description"] = text
    made["$defs"]["Results"]["properties"]["summary"]["propertyNames"] = {"enum": list(get_args(Word))}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "results.json of Poolproof",
        **made,
    }


def _documented(struct: type) -> Iterator[tuple[str, str]]:
    """The fields of a type that say something of themselves: their names, and the text below them."""
    (definition,) = ast.parse(inspect.getsource(struct)).body
    for field, text in pairwise(definition.body):  # type: ignore[attr-defined] # a class has a body
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(told))):
                yield name, " ".join(told.split())


def page() -> str:
    """docs/results.schema.json."""
    return json.dumps(schema(), indent=2, ensure_ascii=False)


if __name__ == "__main__":
    print(page())
