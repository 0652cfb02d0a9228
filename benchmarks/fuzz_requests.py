"""Reads search files drawn from the schema and mutated: each must give a request or a `RequestError`, in little time and memory.

Run with ``python benchmarks/fuzz_requests.py --cases 10000``; ends with status 1 if any file did anything else.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from automicro.errors import RequestError
from automicro.request.files import dumps, loads, read_request
from automicro.request.search_request import SearchRequest

SLOW_SECONDS, ROOM_MB = 5.0, 300
FORMS = ("toml", "yaml", "json")
BASE = {"data": {"source": "a.csv", "target": "y"}, "constraints": {"metric": "accuracy", "score": 0.9}}
# fmt: off
ODD = (
    None, True, -1, 0, 2**70, 1.5, float("nan"), float("inf"), "", " ", "x\x1b[2J", "1e999", "0:30", "é" * 50, [], {}, [[]], [None],
    {"a": {"b": [1]}}, ["a", "a"], "2KB", "-1", "9" * 400, "sklearn:iris", "os:system", "../../etc/passwd", "\u202e", {"": ""}, [0] * 500,
)
PIECES = (
    "[", "]", "{", "}", '"', "'", "=", ":", "\n", "&a ", "*a", "<<: *a", "!!python/name:os.system ", "!include x", "\x00", "\ufeff", "#",
    "- ", "|", "9" * 30, "\t", "a.",
)
WORDS = ("accuracy", "r2", "a", "b", "2KB", "1ms", "2min", "auto", "y", "5")
# fmt: on


def drawn(rng: np.random.Generator, schema: dict[str, Any], defs: dict[str, Any]) -> Any:
    """Return a value that a schema allows, or, of one in a hundred, another."""
    if rng.random() < 0.01:
        return ODD[rng.integers(len(ODD))]
    if "$ref" in schema:
        return drawn(rng, defs[schema["$ref"].rpartition("/")[2]], defs)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return drawn(rng, schema[key][rng.integers(len(schema[key]))], defs)
    choices = schema.get("enum") or [schema["const"]] if "const" in schema or "enum" in schema else []
    if choices:
        return choices[rng.integers(len(choices))]
    return of_type(rng, schema, defs)


def of_type(rng: np.random.Generator, schema: dict[str, Any], defs: dict[str, Any]) -> Any:
    """Return a value of the type that a schema names; text if it names none."""
    match schema.get("type"):
        case "object":
            return drawn_object(rng, schema, defs)
        case "array":
            items = schema.get("items", {"type": "string"})
            return [drawn(rng, items, defs) for _ in range(rng.integers(1, 4))]
        case "integer":
            return int(rng.integers(1, 100))
        case "number":
            return round(float(rng.random()), 3)
        case "boolean":
            return bool(rng.integers(2))
        case _:
            return WORDS[rng.integers(len(WORDS))]


def drawn_object(rng: np.random.Generator, schema: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    """Return an object with some of its properties, and sometimes one that is unknown or misspelt."""
    required, known = schema.get("required", ()), schema.get("properties", {})
    made = {key: drawn(rng, each, defs) for key, each in known.items() if key in required or rng.random() < 0.07}
    if not known and isinstance(schema.get("additionalProperties"), dict):
        made = {str(rng.choice(["a", "b", "r2"])): drawn(rng, schema["additionalProperties"], defs)}
    if rng.random() < 0.02 and known:
        made[str(rng.choice(list(known)))[:-1]] = ODD[rng.integers(len(ODD))]
    return made


def written(rng: np.random.Generator, document: dict[str, Any]) -> tuple[str, str]:
    """Return the text of a document in one of the formats, and the format."""
    form = FORMS[rng.integers(3)]
    if form == "json":
        return json.dumps(document), form
    if form == "yaml":
        return yaml.safe_dump(document, allow_unicode=True), form
    lines = []
    for name, table in document.items():
        if isinstance(table, dict):
            lines.append(f"[{name}]")
            lines += [f"{json.dumps(str(key))} = {inline(value)}" for key, value in table.items() if value is not None]
        else:
            lines.insert(0, f"{json.dumps(str(name))} = {inline(table)}")
    return "\n".join(lines) + "\n", form


def inline(value: Any) -> str:
    """Return a value as TOML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(key))} = {inline(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(inline, value))}]"
    return json.dumps("" if value is None else value).replace("NaN", "nan").replace("Infinity", "inf")


def mutated(rng: np.random.Generator, text: str) -> str:
    """Return a text with some pieces put in, cut out, repeated or cut off."""
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(len(text) + 1))
        kind = rng.integers(5)
        if kind == 0:
            text = text[:at] + PIECES[rng.integers(len(PIECES))] + text[at:]
        elif kind == 1:
            text = text[:at] + text[at + int(rng.integers(1, 9)) :]
        elif kind == 2:
            text = text[:at]
        elif kind == 3:
            text = text[:at] + PIECES[rng.integers(len(PIECES))] * int(rng.integers(2, 3000)) + text[at:]
        else:
            text = text[:at] + text[int(rng.integers(len(text) + 1)) :]
    return text


class Drawn:
    """Search files one after the other, of one seed."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._schema = SearchRequest.model_json_schema()

    def next(self) -> tuple[str, str]:
        """Return a text and its format; a third are as drawn, the others mutated."""
        document = drawn_object(self._rng, self._schema, self._schema["$defs"])
        if self._rng.random() < 0.7:
            own = {name: table for name, table in document.items() if isinstance(table, dict)}
            document = own | {name: {**own.get(name, {}), **table} for name, table in BASE.items()}
        text, form = written(self._rng, document)
        return (mutated(self._rng, text) if self._rng.random() < 0.67 else text), form


def outcome(text: str, form: str, folder: Path) -> bool:
    """Whether a text is a request: read from a file, written and read again; `RequestError` is the one way to refuse it."""
    path = folder / f"search.{form}"
    path.write_bytes(text.encode(errors="surrogatepass"))
    try:
        request = read_request(path)
    except RequestError as error:
        str(error)
        return False
    again = loads(dumps(request, "json"), "json")
    if again != request:
        raise AssertionError(f"written and read again it is another request: {again}")
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    files, failures, accepted, slowest = Drawn(options.seed), [], 0, 0.0
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.cases):
            text, form = files.next()
            begin = time.perf_counter()
            try:
                accepted += outcome(text, form, Path(folder))
            except Exception as error:
                failures.append(f"{type(error).__name__}: {str(error)[:300]}: {form} {text[:300]!r}")
            took = time.perf_counter() - begin
            slowest = max(slowest, took)
            if took > SLOW_SECONDS:
                failures.append(f"{took:.2f} s: {form} {text[:300]!r}")
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    if grown > ROOM_MB:
        failures.append(f"memory grew by {grown:.0f} MB")
    print(
        f"{options.cases} search files in {time.perf_counter() - started:.0f} s: {accepted} requests, the others refused"
    )
    print(f"slowest: {slowest:.2f} s; memory grew by {grown:.0f} MB")
    for failure in failures[:20]:
        print(f"FAILED {failure}")
    print(f"{len(failures)} failed")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
