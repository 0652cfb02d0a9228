"""No packed program is larger than its bound, whatever its numbers are."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import drawn
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automicro.program import (
    PRECISIONS,
    Affine,
    Lookup,
    Missing,
    Numeric,
    OneHot,
    Program,
    Weights,
    bounds,
    offsets_of,
    pack,
    quantise,
    simplify,
    size_by_part,
)

SEEDS = st.integers(0, 2**32 - 1)
thorough = settings(max_examples=60, deadline=None, derandomize=True)


@dataclass(frozen=True)
class Column:
    kind: str
    levels: tuple[str, ...] = ()


def wild(shape, rng):
    """Weights of any float32 pattern."""
    patterns = rng.integers(0, 2**32, size=shape, dtype=np.uint32).view(np.float32)
    return Weights(np.where(np.isfinite(patterns), patterns, np.float32(1.5)).astype(np.float32))


def body_bytes(program):
    parts = size_by_part(program)
    return parts["body"] + parts["labels"]


def forms(program):
    yield program
    canonical = simplify(program)
    yield canonical
    for precision in PRECISIONS[1::3]:
        yield quantise(canonical, precision)


def labelled(columns, body, outputs):
    labels = None if outputs == 1 else tuple(10**6 * k for k in range(outputs))
    return Program(
        columns, tuple(map(Numeric, range(columns))), body, "identity" if outputs == 1 else "softmax", labels
    )


@thorough
@given(SEEDS)
def test_affine_maps(seed):
    rng = np.random.default_rng(seed)
    inputs, outputs = int(rng.integers(1, 40)), int(rng.integers(1, 5))
    program = labelled(inputs, Affine(wild((outputs, inputs), rng), wild(outputs, rng)), outputs)
    _, most = bounds.affine_bytes(inputs, outputs, 0 if outputs == 1 else outputs)
    assert all(body_bytes(form) <= most for form in forms(program))
    assert most <= 4.3 * (inputs + 1) * outputs + 20 + 12 * outputs


@thorough
@given(SEEDS)
def test_step_tables(seed):
    rng = np.random.default_rng(seed)
    inputs, outputs = int(rng.integers(1, 8)), int(rng.integers(1, 4))
    node = drawn.tables(rng, inputs, outputs)
    distinct = len(set(zip(node.features, node.outputs, strict=True)))
    pieces = sum(node.pieces) * (1 if distinct == len(node.features) else 2)  # joined, tables may have more pieces
    node = replace(node, values=wild(node.values.values.shape, rng), bias=wild(outputs, rng))
    program = labelled(inputs, node, outputs)
    _, most = bounds.tables_bytes(inputs, pieces, outputs, 0 if outputs == 1 else outputs)
    assert all(body_bytes(form) <= most for form in forms(program))


@thorough
@given(SEEDS)
def test_forests(seed):
    rng = np.random.default_rng(seed)
    inputs, outputs = int(rng.integers(1, 8)), int(rng.integers(1, 4))
    node = drawn.forest(rng, inputs, outputs)
    node = replace(node, leaves=wild(node.leaves.values.shape, rng), bias=wild(outputs, rng))
    leaves = max((int((tree.feature < 0).sum()) for tree in node.trees), default=0)
    program = labelled(inputs, node, outputs)
    _, most = bounds.forest_bytes(len(node.trees), leaves, inputs, outputs, 0 if outputs == 1 else outputs)
    assert all(body_bytes(form) <= most for form in forms(program))


@thorough
@given(SEEDS, st.lists(st.text(max_size=12), min_size=2, max_size=4, unique=True))
def test_decoders(seed, labels):
    rng = np.random.default_rng(seed)
    columns, decoders = [], []
    for column in range(int(rng.integers(1, 12))):
        levels = tuple(str(rng.choice(["A", "b", "long level ", "é"])) + str(i) for i in range(rng.integers(1, 9)))
        kind = rng.integers(4)
        columns.append(Column("numeric" if kind < 2 else "category", () if kind < 2 else levels))
        if kind == 1:
            offset = float(rng.choice([0.0, 0.0, -(2.0**48 - 1), (2.0**48 - 1) * 2.0**79, (2.0**47 + 1) * 2.0**-79]))
            decoders.append(Numeric(column, float(wild(1, rng).values[0]), offset))
        elif kind == 2:
            decoders.append(OneHot(column, (*levels, None)))
        elif kind == 3:
            decoders.append(Lookup(column, levels, wild(len(levels), rng), float(wild(1, rng).values[0])))
        if rng.integers(2):
            decoders.append(Missing(column))
    width = sum(len(d.levels) if isinstance(d, OneHot) else 1 for d in decoders)
    body = Affine(wild((len(labels), width), rng), wild(len(labels), rng))
    program = Program(len(columns), tuple(decoders), body, "softmax", tuple(labels))
    _, most = bounds.decoder_bytes(columns, labels, offsets=len(offsets_of(decoders)))
    _, body_most = bounds.affine_bytes(width, len(labels))
    for form in forms(program):
        assert len(pack(form)) <= most + body_most
        parts = size_by_part(form)
        assert len(pack(form)) - parts["body"] <= most + 1


@pytest.mark.parametrize("labels", [(0, 1, 2), (-5, 10**9), (False, True), (0.1, 1e300), ("no", "yes"), ("ä" * 40, "")])
def test_labels(labels):
    body = Affine(Weights.of(np.zeros((len(labels), 0))), Weights.of(np.arange(len(labels))))
    parts = size_by_part(Program(1, (), body, "softmax", labels))
    assert parts["labels"] + parts["vocabulary"] <= bounds.labels_bytes(labels)[1]


@pytest.mark.parametrize("limits", [(0.0, 20480.0), (-math.pi, 1e-300), (-0.1, 2.0**-1022), (1 / 3, 1.7e308)])
@pytest.mark.parametrize("link", ["identity", "exp"])
@pytest.mark.parametrize("offset", [0.0, -(2.0**48 - 1)])
def test_limits(limits, offset, link):
    body = Affine(Weights.of([[1.5]]), Weights.of([0.1]))
    program = Program(1, (Numeric(0, None, offset),), body, link, None, limits)
    _, most = bounds.decoder_bytes([Column("numeric")], offsets=int(offset != 0), bounded=True)
    parts = size_by_part(program)
    assert sum(parts[name] for name in ("header", "limits", "columns")) + parts.get("offsets", 0.0) <= most
    assert len(pack(program)) <= most + bounds.affine_bytes(1)[1]
    free, bounded = (bounds.decoder_bytes([Column("numeric")], bounded=bounded)[1] for bounded in (False, True))
    assert parts["limits"] <= bounded - free


def test_no_program_is_smaller_than_the_least():
    least = bounds.decoder_bytes([Column("numeric")])[0] + bounds.forest_bytes(1, 4, 1)[0]
    nothing = Program(1, (), Affine(Weights.of(np.zeros((1, 0))), Weights.of([0])), "identity")
    assert len(pack(nothing)) >= least
