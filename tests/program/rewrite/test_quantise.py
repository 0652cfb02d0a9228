"""Fewer bits a number: what is left open is rounded, what has an encoding stays, and cuts go down."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from automicro.program import (
    PRECISIONS,
    Affine,
    Forest,
    Lookup,
    Numeric,
    OneHot,
    Program,
    StepTables,
    Tree,
    Weights,
    columns_of,
    evaluate,
    pack,
    quantise,
    simplify,
)
from automicro.program.encodings import Fixed, Float32
from automicro.program.rewrite.quantise import Precision, round_down
from automicro.program.weights import round_to

LARGEST = float(np.finfo(np.float32).max)


def linear(seed=0, inputs=12):
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(1, inputs)) * 10.0 ** rng.integers(-3, 3, inputs)
    decoders = tuple(Numeric(j, float(np.float32(rng.normal()))) for j in range(inputs))
    return Program(inputs, decoders, Affine(Weights.of(weights), Weights.of([0.731])), "identity")


def test_the_ladder_goes_down():
    sizes = [len(pack(quantise(linear(), precision))) for precision in PRECISIONS]
    assert sizes == sorted(sizes, reverse=True)
    assert len({precision.name for precision in PRECISIONS}) == len(PRECISIONS)


def test_the_first_rung_changes_nothing():
    program = linear()
    assert quantise(program, PRECISIONS[0]) == simplify(program)


def test_weights_are_rounded_in_proportion():
    exact, coarse = linear().body, quantise(linear(), Precision("test", 3, 8, 8)).body
    assert np.allclose(coarse.weights.values, exact.weights.values, rtol=2.0**-4)
    assert np.allclose(coarse.bias.values, exact.bias.values, rtol=2.0**-7)


def test_what_has_an_encoding_stays():
    weights = round_to(linear().body.weights.values, Float32())
    program = Program(12, tuple(map(Numeric, range(12))), Affine(weights, Weights.of([0.1])), "identity")
    coarse = quantise(program, PRECISIONS[-1])
    assert coarse.body.weights.values.tolist() == weights.values.tolist()
    assert coarse.body.bias.values.tolist() != program.body.bias.values.tolist()


def forest(thresholds, leaves, features=(0, 1)):
    tree = Tree(
        np.array([features[0], features[1], -1, -1, -1], np.int32),
        np.array([*thresholds, 0, 0, 0], np.float32),
        np.zeros(5, dtype=np.bool_),
        np.array([0, 0, 0, 1, 2], np.int32),
    )
    return Forest((tree,), leaves, Weights.of([0]))


def test_thresholds_are_rounded_only_with_their_leaves():
    decoders = (Numeric(0), Numeric(1))
    left_open = Program(2, decoders, forest((3.7, 100.3), Weights.of([[1], [2], [3]])), "identity")
    assert quantise(left_open, Precision("test", 8, 8, 2)).body.trees[0].threshold[:2].tolist() == [3.5, 96]
    given_leaves = round_to([[1], [2], [3]], Fixed(8, 1.0, 0))
    decided = Program(2, decoders, forest((3.7, 100.3), given_leaves), "identity")
    assert quantise(decided, Precision("test", 8, 8, 2)).body.trees[0].threshold[:2].tolist() == [
        np.float32(3.7),
        np.float32(100.3),
    ]


def test_a_fill_stays_on_its_side_of_a_rounded_cut():
    decoders = (Numeric(0, 3.6), Numeric(1, 500.0))
    program = Program(2, decoders, forest((3.7, 100.3), Weights.of([[1], [2], [3]])), "identity")
    coarse = quantise(program, Precision("test", 8, 8, 2))
    assert [decoder.fill for decoder in coarse.decoders] == [3.5, LARGEST]
    nothing = columns_of(program, np.full((1, 2), np.nan))
    assert np.allclose(evaluate(coarse, nothing), evaluate(program, nothing), atol=0.01)


def test_cuts_of_levels_and_look_ups_stay():
    lookup = Lookup(0, tuple("abcdefghijk"), Weights.of(np.arange(11)), 0.0)
    program = Program(2, (lookup, OneHot(1, ("x",))), forest((9.5, 0.5), Weights.of([[1], [2], [3]])), "identity")
    coarse = quantise(simplify(program), PRECISIONS[-1])
    assert len(coarse.decoders[0].levels) == 1
    assert coarse.body.trees[0].threshold[:2].tolist() == [0.5, 0.5]


def test_pieces_between_cuts_that_become_equal_are_left_out():
    tables = StepTables((0,), (0,), (4,), Weights.of([10, 10.1, 80]), Weights.of([1, 5, 9, 20]), Weights.of([0]))
    coarse = quantise(Program(1, (Numeric(0),), tables, "identity"), Precision("test", 8, 8, 2)).body
    assert coarse.cuts.values.tolist() == [10, 80]
    assert np.allclose(coarse.values.values[1:] - coarse.values.values[0], [8, 19], atol=0.1)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=9), st.integers(0, 22))
def test_cuts_are_rounded_down_and_keep_their_order(values, bits):
    cuts = np.sort(np.array(values, dtype=np.float32))
    spread = float(cuts.astype(np.float64).max() - cuts.astype(np.float64).min())
    down = round_down(cuts, bits, spread)
    assert (down <= cuts).all()
    assert (np.diff(down.astype(np.float64)) >= 0).all()
    size = np.abs(cuts.astype(np.float64)) if spread == 0 else np.minimum(np.abs(cuts.astype(np.float64)), spread)
    near_largest = down <= -LARGEST
    assert ((cuts.astype(np.float64) - down <= size * 2.0**-bits + 1e-37) | near_largest).all()
