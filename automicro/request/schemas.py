"""JSON Schemas of the files that automicro reads and writes, made from the models that check them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from automicro.errors import RequestError
from automicro.request.problems import did_you_mean
from automicro.request.records import Card, TraceLine
from automicro.request.renamed import FORMER
from automicro.request.search_request import SearchRequest

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["SCHEMAS", "schema_text"]

SCHEMAS: dict[str, type[BaseModel]] = {"search": SearchRequest, "card": Card, "trace": TraceLine}


def schema_text(name: str) -> str:
    """Return the JSON Schema of a search file, of an artifact's card, or of one line of a trace.

    Raises
    ------
    RequestError
        If there is no schema of that name.
    """
    if name not in SCHEMAS:
        raise RequestError(
            f"the schema must be one of {', '.join(SCHEMAS)}, but got {name!r}: {did_you_mean(name, SCHEMAS)}"
        )
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **SCHEMAS[name].model_json_schema()}
    if name == "search":  # a file may name its schema
        schema["properties"] = {
            "$schema": {"type": "string", "description": "this schema, for editors"},
            **schema["properties"],
        }
        fields = schema["$defs"]["Constraints"]["properties"]
        fields |= {
            former: {**fields[name], "title": f"Former name of {name}", "deprecated": True}
            for former, name in FORMER.items()
        }
    return json.dumps(_first_sentences(schema), indent=2) + "\n"


def _first_sentences(part: Any) -> Any:
    """Keep the first paragraph of every description: the rest is for readers of the source."""
    if isinstance(part, dict):
        return {
            key: " ".join(value.split("\n\n")[0].split())
            if key == "description" and isinstance(value, str)
            else _first_sentences(value)
            for key, value in part.items()
        }
    return [_first_sentences(each) for each in part] if isinstance(part, list) else part
