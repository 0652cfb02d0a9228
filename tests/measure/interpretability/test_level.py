"""Levels, operations, constants and interactions of programs made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from automicro.measure import Limits, interpretability
from automicro.program import (
    Activation,
    Affine,
    Attention,
    Chain,
    Forest,
    Lookup,
    Missing,
    Nearest,
    Numeric,
    OneHot,
    Program,
    Scale,
    StepTables,
    Sum,
    Tree,
    Weights,
)


def _numeric(count):
    return tuple(Numeric(column) for column in range(count))


def _linear(coefficients, bias=1.0):
    weights = np.atleast_2d(np.asarray(coefficients, dtype=np.float32))
    return Affine(Weights.of(weights), Weights.of(np.full(len(weights), bias)))


def _tree(feature, threshold=0.5):
    """A full tree over the preorder list of split features, -1 at leaves."""
    feature = np.array(feature, dtype=np.int32)
    leaf = np.where(feature < 0, np.cumsum(feature < 0) - 1, 0).astype(np.int32)
    count = len(feature)
    return Tree(feature, np.full(count, threshold, dtype=np.float32), np.zeros(count, dtype=bool), leaf)


def _forest(*trees):
    leaves = 1 + max(int(tree.leaf.max()) for tree in trees)
    return Forest(tuple(trees), Weights.of(np.arange(1, leaves + 1, dtype=np.float32)[:, None]), Weights.of([0.0]))


def _tables(pieces, features=None, outputs=None):
    features = tuple(range(len(pieces))) if features is None else features
    return StepTables(
        features,
        (0,) * len(pieces) if outputs is None else outputs,
        tuple(pieces),
        Weights.of(np.concatenate([np.arange(p - 1) for p in pieces])),
        Weights.of(np.arange(1, sum(pieces) + 1)),
        Weights.of([0.5]),
    )


def _program(body, columns, decoders=None):
    return Program(columns, _numeric(columns) if decoders is None else decoders, body, "identity")


@pytest.mark.parametrize(("terms", "level", "count"), [(8, "simulatable", 17), (30, "additive", 61)])
def test_linear(terms, level, count):
    found = interpretability(_program(_linear(np.ones(terms)), terms))
    assert (found.name, found.operations, found.constants) == (level, count, terms + 1)
    assert found.interactions == ()
    assert found.pieces == 1


def test_a_linear_model_of_400_columns_is_additive_and_not_simulatable():
    found = interpretability(_program(_linear(np.ones(400)), 400))
    assert (found.name, found.operations, found.additive, found.interactions) == ("additive", 801, True, ())


def test_a_zero_coefficient_reads_nothing():
    found = interpretability(_program(_linear([1.0, 0.0, 2.0], bias=0.0), 3))
    assert (found.columns, found.constants, found.operations) == ((0, 2), 2, 5)


def test_of_one_hot_levels_only_the_one_that_is_there_counts():
    decoders = (OneHot(0, ("a", "b", "c")), Numeric(1), Missing(1))
    program = _program(_linear(np.ones(5)), 2, decoders)
    worst = interpretability(program)
    assert (worst.operations, worst.columns, worst.pieces) == (7, (0, 1), 4)
    rows = np.array([[0, 0, 0, 5, 0], [0, 1, 0, 5, 0]], dtype=np.float32)
    assert interpretability(program, rows).operations_mean == 4


def test_additive_model_of_eight_terms_by_sixteen_bins():
    found = interpretability(_program(_tables([16] * 8), 8))
    assert (found.name, found.operations, found.pieces) == ("additive", 40, 16)
    assert found.comparisons_mean == 32


def test_a_function_of_too_many_pieces_is_not_additive_for_a_reader():
    assert interpretability(_program(_tables([32, 2]), 2)).name == "additive"
    assert interpretability(_program(_tables([33, 2]), 2)).name == "decomposable"


def test_tables_of_one_column_are_one_function():
    found = interpretability(_program(_tables([30, 5], features=(0, 0)), 1))
    assert found.pieces == 30  # the cuts of the second are among those of the first
    levels = (OneHot(0, tuple("abcdefgh")),)
    assert interpretability(_program(_tables([2] * 8, features=tuple(range(8))), 1, levels)).pieces == 9


def test_a_tree_of_depth_three_is_simulatable_and_its_columns_interact():
    tree = _tree([0, 1, 2, -1, -1, -1, 1, -1, -1])
    found = interpretability(_program(_forest(tree), 4))
    assert (found.name, found.operations, found.constants) == ("simulatable", 3, 9)
    assert found.interactions == ((0, 1), (0, 2), (1, 2))
    assert not found.additive


def test_the_path_of_each_row_is_counted():
    tree = _tree([0, 1, -1, -1, -1])
    rows = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [1.0, np.nan]], dtype=np.float32)
    found = interpretability(_program(_forest(tree), 2), rows)
    assert (found.operations_mean, found.operations_p95) == (1.25, 2)


def test_ten_trees_of_four_leaves_are_decomposable():
    trees = [_tree([i, i + 1, -1, -1, i + 2, -1, -1]) for i in range(10)]
    found = interpretability(_program(_forest(*trees), 12))
    assert (found.name, found.operations) == ("decomposable", 30)
    assert len(found.interactions) == 66  # chained columns are closed transitively


def test_trees_of_one_column_each_are_additive():
    found = interpretability(_program(_forest(_tree([0, -1, -1]), _tree([1, -1, -1]), _tree([0, -1, -1], 0.7)), 2))
    assert found.additive
    assert (found.interactions, found.pieces) == ((), 3)


def test_a_large_forest_is_opaque():
    trees = [_tree([0] * 60 + [-1] * 61) for _ in range(10)]
    assert interpretability(_program(_forest(*trees), 1), np.zeros((3, 1), dtype=np.float32)).operations == 610
    two = [_tree([0, 1] * 30 + [-1] * 61) for _ in range(10)]
    assert interpretability(_program(_forest(*two), 2)).name == "opaque"


def test_wide_leaves_count_what_is_not_zero():
    tree = _tree([0, -1, 1, -1, -1])
    rows = Forest((tree,), Weights.of(np.eye(3)), Weights.of(np.zeros(3)))
    assert interpretability(_program(rows, 2)).constants == 5


def test_a_network_is_opaque_however_small():
    hidden = _linear(np.ones((16, 30)))
    network = Chain((hidden, Activation("relu"), _linear(np.ones((1, 16)))))
    found = interpretability(_program(network, 30))
    assert (found.name, found.operations, found.constants) == ("opaque", 1009, 513)
    assert len(found.interactions) == 30 * 29 // 2


def test_a_network_whose_units_read_one_column_each_has_no_interactions():
    network = Chain((_linear(np.eye(3)), Activation("tanh"), _linear(np.ones((1, 3)))))
    found = interpretability(_program(network, 3))
    assert (found.interactions, found.additive, found.name) == ((), True, "opaque")


@pytest.mark.parametrize(
    "between", [_forest(_tree([0, 1, -1, -1, -1])), Nearest((0, 0)), Attention(Weights.of([[1.0]]))]
)
def test_units_of_one_column_each_interact_where_they_meet_before_the_last_sum(between):
    body = Chain((_linear(np.eye(2)), between, _linear([2.0])))
    found = interpretability(_program(body, 2))
    assert (found.interactions, found.additive) == (((0, 1),), False)


def test_heads_that_read_columns_as_they_are_tie_them_together():
    assert interpretability(_program(Attention(Weights.of([[1.0]])), 2)).interactions == ((0, 1),)


def test_a_scale_before_a_linear_sum_leaves_it_one():
    scaled = Chain((Scale(Weights.of([0.5, 2.0, 0.0])), _linear([1.0, 1.0, 0.0])))
    found = interpretability(_program(scaled, 3))
    assert (found.columns, found.interactions, found.constants, found.operations) == ((0, 1), (), 5, 2 + 5)
    assert found.name == interpretability(_program(_linear([1.0, 1.0, 0.0]), 3)).name


def test_a_sum_joins_its_parts():
    found = interpretability(_program(Sum((_linear([1.0, 1.0, 0.0]), _forest(_tree([1, 2, -1, -1, -1])))), 3))
    assert found.interactions == ((1, 2),)
    assert found.operations == 5 + 1 + 2


def test_preparation_counts():
    lookup = Lookup(0, ("a", "b", None), Weights.of([1.0, 2.0, 3.0]), 2.0)
    found = interpretability(
        _program(_linear([1.0, 2.0, 0.0]), 3, (lookup, Numeric(1, fill=4.0), Numeric(2, fill=5.0)))
    )
    assert found.constants == 3 + 4 + 1
    assert found.operations == 5 + 1
    assert found.pieces == 3


def test_limits_are_a_profile():
    program = _program(_linear(np.ones(8)), 8)
    found = interpretability(program, limits=Limits(profile="strict", simulatable_operations=10))
    assert (found.name, found.profile) == ("additive", "strict")


def test_a_constant_is_simulatable():
    found = interpretability(_program(_linear(np.zeros((1, 0))), 0, ()))
    assert (found.name, found.columns, found.operations) == ("simulatable", (), 1)
