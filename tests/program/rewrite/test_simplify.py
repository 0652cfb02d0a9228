"""The canonical form: the same predictions, fewer parts, and nothing left to simplify."""

from __future__ import annotations

import drawn
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automicro.program import (
    PRECISIONS,
    Activation,
    Affine,
    Chain,
    Forest,
    Lookup,
    Missing,
    Numeric,
    OneHot,
    Program,
    Scale,
    StepTables,
    Sum,
    Tree,
    Weights,
    columns_of,
    decode,
    pack,
    quantise,
    scores,
    simplify,
    unpack,
    validate,
)
from automicro.program.encodings import Fixed
from automicro.program.weights import round_to

SEEDS = st.integers(0, 2**32 - 1)
ZERO = Weights.of([0])


def tree(feature, threshold, leaf, default_left=None, output=0):
    default = np.zeros(len(feature), np.bool_) if default_left is None else np.array(default_left, np.bool_)
    return Tree(np.array(feature, np.int32), np.array(threshold, np.float32), default, np.array(leaf, np.int32), output)


def program(decoders, body, columns=9):
    return Program(columns, tuple(decoders), body, "identity")


def numeric(*columns):
    return tuple(Numeric(column) for column in columns)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(SEEDS)
def test_predictions_stay_and_a_second_pass_changes_nothing(seed):
    drawn_program = drawn.program(seed)
    once = simplify(drawn_program)
    validate(once)
    columns = columns_of(drawn_program, drawn.rows(drawn_program, seed))
    with np.errstate(all="ignore"):
        expected, got = scores(drawn_program, columns), scores(once, columns)
        moderate = ~(np.abs(np.nan_to_num(decode(drawn_program.decoders, columns))) > 1e4).any(axis=1)
    scale = np.abs(expected[moderate]).max(initial=1.0, where=np.isfinite(expected[moderate]))
    assert np.allclose(got[moderate], expected[moderate], rtol=1e-4, atol=1e-5 * scale, equal_nan=True)
    data = pack(once)
    assert pack(simplify(once)) == data


@settings(max_examples=60, deadline=None, derandomize=True)
@given(SEEDS, st.sampled_from(PRECISIONS))
def test_whatever_is_quantised_is_canonical_and_packs(seed, precision):
    coarse = quantise(simplify(drawn.program(seed)), precision)
    data = pack(coarse)
    assert pack(simplify(coarse)) == data
    assert pack(unpack(data)) == data


def test_scaling_is_folded_into_weights():
    scaling = Affine(Weights.of(np.diag([0.5, 2.0])), Weights.of([1, -1]))
    inner = Chain((scaling, Affine(Weights.of([[3, 0]]), Weights.of([0.25]))))
    result = simplify(program(numeric(4, 7), Sum((inner, Sum((Affine(Weights.of([[1, 0]]), Weights.of([2])),))))))
    assert result.decoders == (Numeric(4),)
    assert result.body == Affine(Weights.of([[2.5]]), Weights.of([5.25]))


def test_scaling_of_what_is_only_compared_moves_into_cuts():
    scaling = Affine(Weights.of(np.diag([0.5, 2.0])), Weights.of([1, -1]))
    stump = Forest((tree([1, -1, -1], [4, 0, 0], [0, 0, 1]),), Weights.of([[0], [1]]), ZERO)
    result = simplify(program(numeric(0, 1), Chain((scaling, stump))))
    assert isinstance(result.body, StepTables)
    assert result.body.cuts.values.tolist() == [2.5]
    assert result.decoders == (Numeric(1),)


def test_an_activation_keeps_a_chain_apart():
    layer = Affine(Weights.of([[1, 2], [3, 4]]), Weights.of([0, 0]))
    body = Chain((layer, Activation("relu"), Chain((layer, layer))))
    result = simplify(program(numeric(0, 1), body)).body
    assert [type(part) for part in result.nodes] == [Affine, Activation, Affine]


def scaled(factors, *rest):
    return Chain((Scale(Weights.of(factors)), *rest))


def test_a_scale_folds_into_open_weights_and_leaves_grids_alone():
    layer = Affine(Weights.of([[1, 2], [3, 4]]), Weights.of([1, 1]))
    gridded = Affine(round_to([[0.5, 1], [0, -0.5]], Fixed(3, 0.5, -2)), Weights.of([1, 1]))
    folded = simplify(program(numeric(0, 1), scaled([2, 0.5], layer, Scale(Weights.of([1, 10]))))).body
    assert folded == Affine(Weights.of([[2, 1], [60, 20]]), Weights.of([1, 10]))
    kept = simplify(program(numeric(0, 1), scaled([2, 0.5], Scale(Weights.of([3, 3])), gridded))).body
    assert kept == scaled([6, 1.5], gridded)


def test_what_nothing_reads_behind_a_scale_is_gone_and_equal_features_keep_their_factors():
    gridded = Affine(round_to([[0.5, 0, 1]], Fixed(2, 0.5, 0)), Weights.of([1]))
    result = simplify(program(numeric(3, 1, 3), scaled([2, 5, 0.25], gridded)))
    assert result.decoders == (Numeric(3), Numeric(3))
    assert result.body.nodes[0] == Scale(Weights.of([2, 0.25]))
    assert result.body.nodes[1].weights.values.tolist() == [[0.5, 1]]


def test_a_scale_that_is_read_by_place_keeps_its_features():
    result = simplify(program(numeric(0, 1), scaled([0, 3], Activation("relu"))))
    assert result == program(numeric(0, 1), scaled([0, 3], Activation("relu")))


def test_trees_on_one_feature_become_one_table_for_each():
    stumps = [tree([f, -1, -1], [t, 0, 0], [0, 0, 1]) for f, t in ((0, 1), (0, 2), (1, 5), (0, 1))]
    result = simplify(program(numeric(2, 3), Forest(tuple(stumps), Weights.of([[0], [1]]), Weights.of([10]))))
    assert isinstance(result.body, StepTables)
    assert result.body.features == (0, 1)
    assert result.body.pieces == (3, 2)
    assert result.body.values.values.tolist() == [0, 2, 3, 0, 1]
    assert result.body.bias.values.tolist() == [10]


def test_equal_neighbours_and_tables_without_effect_disappear():
    tables = StepTables(
        (0, 0, 1), (0, 0, 0), (3, 2, 3), Weights.of([1, 2, 2, 3, 4]), Weights.of([5, 5, 7, 1, -1, 2, 2, 2]), ZERO
    )
    result = simplify(program(numeric(0, 1), tables))
    assert result.body == Affine(Weights.of(np.zeros((1, 0))), Weights.of([8]))
    assert result.decoders == ()


def test_splits_that_no_row_reaches_are_gone():
    branch = tree([0, 0, -1, -1, 0, 1, -1, -1, -1], [3, 5, 0, 0, 2, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0, 2, 3, 2])
    result = simplify(program((Numeric(0, 0.0), Numeric(1)), Forest((branch,), Weights.of([[0], [1], [2], [3]]), ZERO)))
    (table,) = [result.body]
    assert isinstance(table, StepTables)
    assert table.cuts.values.tolist() == [3]


def test_nan_may_reach_what_numbers_do_not():
    branch = tree([0, 0, -1, -1, -1], [3, 5, 0, 0, 0], [0, 0, 0, 1, 2], [True, False, False, False, False])
    body = Forest((branch,), Weights.of([[0], [1], [2]]), ZERO)
    result = simplify(program(numeric(0), body)).body
    assert result.missing.values.tolist() == [1]
    assert simplify(program((Numeric(0, 9.0),), body)).body.missing is None


def test_equal_subtrees_collapse():
    same = tree([0, 1, -1, -1, 1, -1, -1], [1, 2, 0, 0, 2, 0, 0], [0, 0, 0, 1, 0, 2, 1])
    result = simplify(program(numeric(0, 1), Forest((same,), Weights.of([[4], [5], [4]]), ZERO))).body
    assert isinstance(result, StepTables)
    assert result.features == (0,)


def test_where_nan_goes_is_left_open_where_it_never_comes():
    split = tree([0, 1, -1, -1, -1], [1, 2, 0, 0, 0], [0, 0, 0, 1, 2], [True, True, False, False, False])
    body = Forest((split,), Weights.of([[0], [1], [2]]), ZERO)
    filled = simplify(program((Numeric(0, 0.0), Numeric(1, 0.0)), body)).body
    assert not filled.trees[0].default_left.any()
    assert simplify(program(numeric(0, 1), body)).body.trees[0].default_left.tolist() == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_fills_of_what_is_only_compared_stand_at_the_end_of_their_piece():
    split = tree([0, 1, -1, -1, -1], [1, 2, 0, 0, 0], [0, 0, 0, 1, 2])
    body = Forest((split,), Weights.of([[0], [1], [2]]), ZERO)
    result = simplify(program((Numeric(0, 0.3), Numeric(1, 17.25)), body))
    assert [decoder.fill for decoder in result.decoders] == [1.0, float(np.finfo(np.float32).max)]


def test_unused_features_and_levels_are_dropped_and_equal_ones_shared():
    decoders = (OneHot(3, ("z", "b", None)), Numeric(5), Missing(1), OneHot(3, ("b",)), Numeric(5))
    body = Affine(Weights.of([[0, 1, 2, 3, 0, 4, 5]]), ZERO)
    result = simplify(program(decoders, body))
    assert result.decoders == (OneHot(3, ("b", None)), Numeric(5))
    assert result.body.weights.values.tolist() == [[5, 2, 8]]


def test_look_ups_that_are_only_compared_hold_ranks():
    lookup = Lookup(0, ("a", "b", "c", "d"), Weights.of([0.1, 0.2, 0.7, 0.9]), 0.15)
    body = Forest((tree([0, -1, 1, -1, -1], [0.3, 0, 1, 0, 0], [0, 0, 0, 1, 2]),), Weights.of([[0], [1], [2]]), ZERO)
    result = simplify(program((lookup, Numeric(1)), body))
    assert result.decoders[0] == Lookup(0, ("c", "d"), Weights.of([1, 1]), 0.0)
    assert result.body.trees[0].threshold[0] == 0.5
    computed = simplify(program((lookup, Numeric(1)), Affine(Weights.of([[1, 1]]), ZERO)))
    assert computed.decoders[0].values.values.tolist() == pytest.approx([0.1, 0.2, 0.7, 0.9])


def test_a_constant_look_up_goes_to_the_bias():
    lookup = Lookup(0, ("a",), Weights.of([2]), 2.0)
    result = simplify(program((lookup, Numeric(1)), Affine(Weights.of([[3, 1]]), ZERO)))
    assert result.body.bias.values.tolist() == [6]
    assert result.decoders == (Numeric(1),)


def test_sums_of_multiples_of_a_scale_stay_multiples():
    grid = Fixed(4, 0.1, -8)
    parts = [
        StepTables((0,), (0,), (2,), Weights.of([cut]), round_to(values, grid), ZERO)
        for cut, values in ((1, [0.3, -0.2]), (2, [0.1, 0.7]))
    ]
    result = simplify(program(numeric(0), Sum(tuple(parts)))).body
    assert isinstance(result.values.encoding, Fixed)
    assert result.values.values.tolist() == round_to(result.values.values, Fixed(8, 0.1, -128)).values.tolist()


def test_one_tree_on_one_feature_stays_a_tree_beside_others_if_that_is_shorter():
    grid = Fixed(3, 0.5, -4)
    trees = tuple(tree([f, g, -1, -1, -1], [1, 2, 0, 0, 0], [0, 0, 0, 1, 2]) for f, g in ((0, 1), (1, 2), (2, 0)))
    stump = tree([1, -1, -1], [2, 0, 0], [0, 2, 1])
    body = Forest((*trees, stump), round_to([[0.5], [-1], [1]], grid), ZERO)
    result = simplify(program(numeric(0, 1, 2), body)).body
    assert isinstance(result, Forest)
    assert len(result.trees) == 4
