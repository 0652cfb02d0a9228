"""docs/reference/format.md: a reader written from it reads what the package reads, and its examples are what the package packs.

Run as a script, this file writes the examples of the document anew.
"""

from __future__ import annotations

import re
import sys
from dataclasses import asdict
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import drawn
from format_reader import FILLED, GRAMS, LOOKUP, MISSING, ONE_HOT, PLAIN, SUMMARY, read
from format_source import DamagedError

from automicro.errors import ArtifactError
from automicro.program import (
    Activation,
    Affine,
    Attention,
    Distances,
    Forest,
    Grams,
    Lookup,
    Missing,
    Nearest,
    Numeric,
    OneHot,
    Pool,
    Program,
    Propagate,
    Scale,
    StepTables,
    Sum,
    Summary,
    Tokens,
    pack,
    unpack,
)
from automicro.program.wire import programs
from automicro.program.wire.coding import coder

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "format.md"
EXAMPLES = ("logistic", "four_leaves")
DRAWN: Any = drawn


def document() -> str:
    return DOCUMENT.read_text(encoding="utf-8")


def example(name: str) -> Program:
    """Return a program that the document describes, made by the code that stands there."""
    code = re.search(r"```python\n(.*?)```", document(), re.DOTALL)
    assert code, "docs/reference/format.md must have a block of Python that makes its examples"
    made: dict[str, Any] = {}
    exec(code.group(1), made)
    program: Program = made[name]
    return program


def shown(program: Program) -> str:
    """Return the bytes of a program, and what is read from them field by field."""
    data = pack(program)
    fields = read(data)[1].fields
    lines = [data[at : at + 16].hex(" ") for at in range(0, len(data), 16)]
    dump = "\n".join(f"{16 * number:04x}  {line}" for number, line in enumerate(lines))
    rows = []
    for (name, chances), alike in groupby(fields, key=lambda f: (f.name, f.chances)):
        own = list(alike)
        values = ", ".join(str(f.value) for f in own)
        rows.append(f"| {name} | {chances} | {values} | {sum(f.bits for f in own):.2f} |")
    total = f"{sum(f.bits for f in fields):.2f} bits and the first byte: {len(data)} bytes."
    table = ["| field | chances | value | bits |", "|---|---|---|---|", *rows]
    return "\n".join(["```text", dump, "```", "", total, "", *table, ""])


def renewed(text: str) -> str:
    for name in EXAMPLES:
        start = text.index(f"<!-- {name} -->\n") + len(f"<!-- {name} -->\n")
        text = text[:start] + shown(example(name)) + text[text.index("<!-- end -->", start) :]
    return text


def test_examples_are_what_is_packed() -> None:
    assert document() == renewed(document()), (
        "the examples of docs/reference/format.md are out of date: run `python tests/program/test_format_document.py`, "
        "and raise the first byte if programs of released versions are read differently"
    )


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_reader_written_from_the_document_reads_the_examples(name: str) -> None:
    program = example(name)
    assert read(pack(program))[0] == described(program)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1))
def test_a_reader_written_from_the_document_reads_every_program(seed: int) -> None:
    data = pack(DRAWN.program(seed))
    found, source = read(data)
    events, program = traced(data)
    assert source.events == events
    assert found == described(program)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_what_both_readers_take_from_damaged_bytes_is_the_same(seed: int, at: int) -> None:
    damaged = bytearray(pack(DRAWN.program(seed)))
    damaged[1 + at % (len(damaged) - 1)] ^= 1 << at % 8
    try:
        program, found = unpack(bytes(damaged)), read(bytes(damaged))[0]
    except (ArtifactError, DamagedError):
        return
    assert found == described(program)


def test_the_reader_refuses_other_bytes() -> None:
    with pytest.raises(DamagedError):
        read(b"\xb8\0")


def traced(data: bytes) -> tuple[list[tuple[int, int, int]], Program]:
    """Return the events that the package takes from bytes, and the program."""
    events = []

    class Tracing(coder.RangeDecoder):
        def take(self, start: int, size: int, total: int) -> None:
            events.append((start, size, total))
            super().take(start, size, total)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(programs, "RangeDecoder", Tracing)
        return events, unpack(data)


def described(program: Program) -> dict[str, Any]:
    """Return a program in the words of the second reader."""
    return {
        "columns": program.columns,
        "link": program.link,
        "limits": program.limits,
        "decoders": [described_decoder(decoder) for decoder in program.decoders],
        "body": described_node(program.body),
        "labels": None if program.labels is None else list(program.labels),
    }


def described_decoder(decoder: Any) -> dict[str, Any]:
    known: dict[str, Any] = {"column": decoder.column, "levels": list(getattr(decoder, "levels", ()))}
    if isinstance(decoder, Numeric):
        filled = {} if decoder.fill is None else {"fill": decoder.fill}
        less = {"offset": decoder.offset} if decoder.offset else {}
        return {**known, **filled, **less, "kind": FILLED if filled else PLAIN}
    if isinstance(decoder, Lookup):
        return {**known, "kind": LOOKUP, "values": decoder.values.values.tolist(), "default": decoder.default}
    if isinstance(decoder, Summary):
        return {**known, "kind": SUMMARY, "summary": (decoder.statistic, decoder.level, decoder.window)}
    if isinstance(decoder, Grams):
        settings = asdict(decoder)
        del settings["column"]
        return {**known, "kind": GRAMS, "grams": {**settings, "buckets": list(decoder.buckets)}}
    assert isinstance(decoder, Missing | OneHot)
    return {**known, "kind": MISSING if isinstance(decoder, Missing) else ONE_HOT}


def described_node(node: Any) -> dict[str, Any]:  # noqa: C901 - one branch for each kind of node
    if isinstance(node, Activation):
        return {"node": node.kind}
    if isinstance(node, Scale):
        return {"node": "scale", "factors": node.factors.values.tolist()}
    if isinstance(node, Affine):
        weights = node.weights.values.reshape(-1).tolist()
        return {"node": "affine", "weights": weights, "bias": node.bias.values.tolist()}
    if isinstance(node, StepTables):
        return described_tables(node)
    if isinstance(node, Tokens):
        blocks = {"weights": node.weights, "positions": node.positions}
        known = {name: weights.values.reshape(-1).tolist() for name, weights in blocks.items()}
        owned = {"features": list(node.features), "sizes": list(node.sizes), "sparse": node.sparse}
        return {"node": "tokens", **owned, **known}
    if isinstance(node, Attention):
        mixing = [] if node.mixing is None else node.mixing.values.reshape(-1).tolist()
        queries = node.queries.values.reshape(-1).tolist()
        return {"node": "attention", "queries": queries, "width": node.width, "mixing": mixing}
    if isinstance(node, Pool):
        return {"node": "pool", "items": list(zip(node.kinds, node.features, strict=True))}
    if isinstance(node, Propagate):
        attribute = -1 if node.attribute is None else node.attribute
        return {"node": "propagate", "kind": node.kind, "hops": node.hops, "own": node.own, "attribute": attribute}
    if isinstance(node, Forest):
        trees = [
            [
                (int(f), float(t), bool(left)) if f >= 0 else (-1, int(leaf))
                for f, t, left, leaf in zip(tree.feature, tree.threshold, tree.default_left, tree.leaf, strict=True)
            ]
            for tree in node.trees
        ]
        known = {"leaves": node.leaves.values.tolist(), "bias": node.bias.values.tolist()}
        return {"node": "forest", "trees": trees, "outputs": [tree.output for tree in node.trees], **known}
    if isinstance(node, Distances | Nearest):
        return described_prototypes(node)
    return {"node": "sum" if isinstance(node, Sum) else "chain", "nodes": [described_node(n) for n in node.nodes]}


def described_prototypes(node: Distances | Nearest) -> dict[str, Any]:
    if isinstance(node, Distances):
        points, relevances = node.points.values, node.relevances.values.reshape(-1).tolist()
        known = {"outputs of": len(points), "inputs": points.shape[1], "relevances": relevances}
        return {"node": "distances", "points": points.reshape(-1).tolist(), **known}
    bias = None if node.bias is None else node.bias.values.tolist()
    known = {"owners": list(node.owners), "bias of": bias, "otherwise": node.otherwise}
    return {"node": "nearest", "outputs of": node.outputs, **known}


def described_tables(node: StepTables) -> dict[str, Any]:
    tables = []
    for table, (start, stop) in enumerate(pairwise(np.cumsum([0, *node.pieces]).tolist())):
        cuts = node.cuts.values[start - table : stop - table - 1].tolist()
        values = node.values.values[start:stop].tolist()
        tables.append((node.features[table], node.outputs[table], cuts, values))
    missing = None if node.missing is None else node.missing.values.tolist()
    return {"node": "tables", "tables": tables, "missing": missing, "bias": node.bias.values.tolist()}


if __name__ == "__main__":
    DOCUMENT.write_text(renewed(document()), encoding="utf-8")
