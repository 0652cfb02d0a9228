"""What every node means, on cases small enough to work out by hand."""

from __future__ import annotations

import drawn
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automicro.errors import DataError
from automicro.program import (
    Activation,
    Affine,
    Categories,
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
    body_scores,
    columns_of,
    decode,
    evaluate,
)
from automicro.program.evaluate.reference import _merge_upwards, _send_downwards, apply_link
from automicro.program.evaluate.row import row_scores

NAN = np.nan
LARGEST = np.finfo(np.float32).max


def numbers(*values):
    return np.array(values, dtype=np.float32)


def stump(default_left=False):
    return Tree(
        np.array([0, -1, -1], np.int32), numbers(1.5, 0, 0), np.array([default_left, False, False]),
        np.array([0, 0, 1], np.int32),
    )  # fmt: skip


def test_a_scale_multiplies_and_a_factor_of_zero_reads_nothing():
    X = np.array([[3, np.nan, np.nan], [np.float32(1e30), 1, 2]], dtype=np.float32)
    node = Scale(Weights.of([0.5, 0, 1e30]))
    result = body_scores(node, X)
    assert result.tolist()[1] == [0.5 * float(np.float32(1e30)), 0, 2 * float(np.float32(1e30))]
    assert result[0, :2].tolist() == [1.5, 0]
    assert np.isnan(result[0, 2])
    assert [row_scores(node)(row) for row in X[1:].tolist()] == result[1:].tolist()


def test_numeric_features_are_clipped_and_filled():
    columns = [numbers(1, NAN, np.inf, -np.inf)]
    assert decode((Numeric(0),), columns)[:, 0].tolist()[2:] == [LARGEST, -LARGEST]
    assert np.isnan(decode((Numeric(0),), columns)[1, 0])
    assert decode((Numeric(0, 7.0),), columns)[:, 0].tolist() == [1, 7, LARGEST, -LARGEST]
    assert decode((Missing(0),), columns)[:, 0].tolist() == [0, 1, 0, 0]


def test_levels_become_features():
    column = Categories(np.array([0, 1, 2, -1], np.int32), ("a", "b", "new"))
    assert decode((OneHot(0, ("b", None, "gone")),), [column]).tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 0], [0, 1, 0]]
    known = Lookup(0, ("a", "b"), Weights.of([5, 6]), 0.5)
    assert decode((known,), [column])[:, 0].tolist() == [5, 6, 0.5, 0.5]
    missing = Lookup(0, ("a", None), Weights.of([5, 9]), 0.5)
    assert decode((missing, Missing(0)), [column]).tolist() == [[5, 0], [0.5, 0], [0.5, 0], [9, 1]]


def test_a_column_must_be_there_and_of_the_right_kind():
    with pytest.raises(DataError, match="column 1 is read by the model, but was not given"):
        decode((Numeric(1),), [numbers(1), None])
    with pytest.raises(DataError, match="column 0 must hold numbers"):
        decode((Numeric(0),), [Categories(np.array([0], np.int32), ("a",))])
    with pytest.raises(DataError, match="column 0 must hold levels"):
        decode((OneHot(0, ("a",)),), [numbers(1)])


def test_an_affine_map_does_not_read_features_of_weight_zero():
    node = Affine(Weights.of([[2, 0], [0, 3]]), Weights.of([1, -1]))
    result = body_scores(node, numbers(4, NAN).reshape(1, 2))
    assert result[0, 0] == 9
    assert np.isnan(result[0, 1])


def test_a_split_sends_equal_values_left_and_nan_where_it_says():
    X = numbers(1.5, np.nextafter(np.float32(1.5), np.float32(2)), NAN).reshape(-1, 1)
    leaves, bias = Weights.of([[10], [20]]), Weights.of([0.5])
    assert body_scores(Forest((stump(),), leaves, bias), X)[:, 0].tolist() == [10.5, 20.5, 20.5]
    assert body_scores(Forest((stump(default_left=True),), leaves, bias), X)[:, 0].tolist() == [10.5, 20.5, 10.5]


def test_wide_leaves_add_to_all_outputs():
    forest = Forest((stump(), stump()), Weights.of([[1, 2], [3, 4]]), Weights.of([0, 100]))
    assert body_scores(forest, numbers(0, 9).reshape(2, 1)).tolist() == [[2, 104], [6, 108]]


def test_step_tables_count_the_cuts_below():
    cuts, values = Weights.of([1, 3]), Weights.of([10, 20, 30])
    X = numbers(1, 1.1, 3, 4, NAN).reshape(-1, 1)
    known = StepTables((0,), (0,), (3,), cuts, values, Weights.of([0]), Weights.of([99]))
    assert body_scores(known, X)[:, 0].tolist() == [10, 20, 20, 30, 99]
    unknown = StepTables((0,), (0,), (3,), cuts, values, Weights.of([0]))
    assert body_scores(unknown, X)[:, 0].tolist() == [10, 20, 20, 30, 10]


def test_chains_and_sums():
    double, add = Affine(Weights.of([[2]]), Weights.of([0])), Affine(Weights.of([[1]]), Weights.of([-3]))
    X = numbers(1, 4).reshape(-1, 1)
    assert body_scores(Chain((double, add, Activation("relu"))), X)[:, 0].tolist() == [0, 5]
    assert body_scores(Sum((double, add)), X)[:, 0].tolist() == [0, 9]


def test_links():
    def linked(link, scores, limits=None):
        return apply_link(
            Program(1, (), Affine(Weights.of([[]]), Weights.of([0])), link, None, limits), np.array(scores)
        )

    assert linked("identity", [[1.5], [2]]).tolist() == [1.5, 2]
    assert linked("exp", [[0.0], [1000.0]]).tolist() == [1, np.inf]
    assert linked("exp", [[0.0], [1000.0], [np.nan], [np.inf]], (0.0, 8.0)).tolist() == pytest.approx(
        [1, 8, np.nan, 8], nan_ok=True
    )
    assert linked("exp", [[0.0, 7.0]], (0.0, 8.0)).tolist() == [[1, 8]]
    assert linked("identity", [[-2.0], [7.0], [np.nan]], (0.0, 5.0)).tolist() == pytest.approx(
        [0, 5, np.nan], nan_ok=True
    )
    extreme = linked("sigmoid", [[0.0], [-1e4], [1e4]])
    assert extreme.tolist() == [[0.5, 0.5], [1, 0], [0, 1]]
    shares = linked("softmax", [[1e4, 0, 1e4]])
    assert shares.tolist() == [[0.5, 0, 0.5]]


def test_a_program_that_reads_nothing_still_knows_how_many_rows_there_are():
    program = Program(2, (), Affine(Weights.of(np.zeros((1, 0))), Weights.of([3])), "identity")
    assert evaluate(program, columns_of(program, np.zeros((4, 2)))).tolist() == [3, 3, 3, 3]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1))
def test_both_ways_through_a_tree_end_in_the_same_leaf(seed):
    rng = np.random.default_rng(seed)
    tree = drawn.tree(rng, 3, 9, 0, 6)
    X = rng.choice(np.array([NAN, *np.linspace(-2, 4, 13)], np.float32), (50, 3))
    assert np.array_equal(np.broadcast_to(_merge_upwards(tree, X), len(X)), _send_downwards(tree, X))
