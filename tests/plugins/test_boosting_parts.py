"""The parts of the boosting family: thresholds, joint fits, elimination, rounding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from automicro.errors import PluginError
from automicro.plugin import Feature, TrainingData
from automicro.program import body_scores
from automicro_boosting.bits import Bits
from automicro_boosting.eliminate import Elimination
from automicro_boosting.ensemble import Ensemble, GrownTree
from automicro_boosting.loss import Loss, make_loss
from automicro_boosting.lower import forest, read_model
from automicro_boosting.prune import TreeShape
from automicro_boosting.refit import Design, refit, with_ridge
from automicro_boosting.rounding import roundings
from automicro_boosting.tables import TableShape, tables_of
from automicro_boosting.thresholds import coarsened, shortened

NUMBERS = st.floats(-(2.0**100), 2.0**100, width=32, allow_subnormal=False)
RIDGE = 1e-3


@st.composite
def trees(draw, features=3, output=0):
    """A tree of any shape with thresholds between -2 and 2."""
    nodes = []

    def grow(depth):
        if depth == 4 or not draw(st.booleans()):
            nodes.append((-1, 0.0, False, draw(st.floats(-3, 3))))
            return
        nodes.append((draw(st.integers(0, features - 1)), draw(st.floats(-2, 2, width=32)), draw(st.booleans()), 0.0))
        grow(depth + 1)
        grow(depth + 1)

    grow(0)
    feature, threshold, default_left, value = map(np.array, zip(*nodes, strict=True))
    return GrownTree(feature.astype(np.int32), threshold.astype(np.float32), default_left, value, output)


def walked(tree, row):
    """The value that one row gets, node by node."""
    node = 0
    while tree.feature[node] >= 0:
        x = row[tree.feature[node]]
        left = tree.default_left[node] if np.isnan(x) else x <= tree.threshold[node]
        node = node + 1 if left else tree.right_children()[node]
    return tree.value[node]


def rows_of(seed, rows=200, features=3):
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(rows, features)).astype(np.float32)
    X[generator.random(X.shape) < 0.1] = np.nan
    return X


def grown(seed=0, trees=12, leaves=4, features=3, *, one_column=False):
    """An ensemble of random trees, each split somewhere inside the data."""
    generator = np.random.default_rng(seed)
    made = []
    for _ in range(trees):
        own = generator.integers(features)
        feature, threshold = [-1], [0.0]
        for _ in range(leaves - 1):
            at = generator.choice(np.flatnonzero(np.array(feature) < 0))
            feature[at : at + 1] = [own if one_column else generator.integers(features), -1, -1]
            threshold[at : at + 1] = [generator.normal(), 0.0, 0.0]
        size = len(feature)
        arrays = np.array(feature, np.int32), np.array(threshold, np.float32), generator.random(size) < 0.5
        made.append(GrownTree(*arrays, np.where(arrays[0] < 0, generator.normal(size=size), 0.0)))
    return Ensemble(tuple(made), np.zeros(1), "identity")


def squared(X, seed=0):
    """A squared loss for a target that the features tell."""
    generator = np.random.default_rng(seed)
    target = (
        np.nan_to_num(X[:, 0]) * (np.nan_to_num(X[:, 1]) > 0)
        + np.nan_to_num(X[:, 2])
        + generator.normal(size=len(X)) / 5
    )
    weights = generator.random((len(X), 1)) + 0.5
    return Loss("identity", target[:, None], weights / weights.sum(), 2.0, 7.0)


FEATURES = tuple(Feature(j, f"x{j}", "numeric") for j in range(3))


@settings(deadline=None)
@given(trees(), st.integers(0, 99))
def test_rows_reach_the_leaf_that_a_walk_ends_at(tree, seed):
    X = rows_of(seed, rows=20)
    reached = tree.value[tree.leaves][tree.reach(X)]
    np.testing.assert_array_equal(reached, [walked(tree, row) for row in X])


@settings(deadline=None)
@given(st.lists(trees(), max_size=4), st.integers(0, 99))
def test_a_forest_scores_as_the_ensemble_and_its_design_do(made, seed):
    X = rows_of(seed, rows=20)
    ensemble = Ensemble(tuple(made), np.array([0.5]), "identity")
    expected = ensemble.scores(X)
    np.testing.assert_allclose(body_scores(forest(ensemble).body, X), expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(ensemble.design(X).scores(ensemble.coefficients()), expected, rtol=1e-9, atol=1e-9)


@given(hnp.arrays(np.float32, 50, elements=NUMBERS, unique=True), st.integers(1, 8))
def test_coarse_features_are_cut_by_their_own_values_as_fine_ones_are(x, digits):
    coarse = coarsened(x[:, None], digits)[:, 0]
    assert (coarse >= x).all()
    assert (np.diff(coarse[np.argsort(x)]) >= 0).all()
    for cut in coarse[:10]:
        np.testing.assert_array_equal(x <= cut, coarse <= cut)
    spread = np.ptp(x.astype(np.float64))
    size = np.minimum(np.abs(coarse.astype(np.float64)), spread)
    assert (np.abs(coarse.astype(np.float64) - x) <= 2.0 ** (1 - digits) * np.maximum(size, np.abs(x))).all()


def test_features_of_few_values_keep_them():
    x = np.repeat(np.arange(24.0), 60).astype(np.float32)[:, None]
    np.testing.assert_array_equal(coarsened(x, 1), x)


@settings(deadline=None)
@given(st.integers(0, 30))
def test_short_thresholds_send_all_rows_the_same_way(seed):
    X, ensemble = rows_of(seed), grown(seed)
    short = shortened(ensemble, X, FEATURES)
    for before, after in zip(ensemble.design(X).members, short.design(X).members, strict=True):
        np.testing.assert_array_equal(before, after)


def test_binary_features_are_compared_with_one_half():
    X = np.float32(np.random.default_rng(0).integers(0, 2, (50, 3)))
    kinds = ("level", "missing", "numeric")
    features = tuple(Feature(j, "x", kind) for j, kind in enumerate(kinds))
    trees = [
        GrownTree(np.int32([j, -1, -1]), np.float32([0.25, 0, 0]), np.zeros(3, bool), np.zeros(3)) for j in range(3)
    ]
    short = shortened(Ensemble(tuple(trees), np.zeros(1), "identity"), X, features)
    assert [float(tree.threshold[0]) for tree in short.trees] == [0.5, 0.5, 0.0]


def test_trees_on_categories_are_refused():
    text = (
        "\nTree=0\nnum_leaves=2\nleaf_value=1 2\nsplit_feature=0\nthreshold=0\ndecision_type={}\n"
        "left_child=-1\nright_child=-2\n\nend of trees"
    )
    assert len(read_model(text.format(2), 1, "identity").trees[0].feature) == 3
    for decision in (1, 4):
        with pytest.raises(PluginError, match="must split on numbers"):
            read_model(text.format(decision), 1, "identity")


def shapes(seed):
    X = rows_of(seed)
    trees, tables = grown(seed), tables_of(grown(seed, one_column=True), X)
    bits = Bits.of(FEATURES, X)
    made = ((TreeShape(trees, bits), trees), (TableShape(tables, bits), tables))
    return X, [(shape, grown.design(X), grown.coefficients()) for shape, grown in made]


def refitted(ensemble, X, loss, ridge=RIDGE):
    """The loss with values fitted anew."""
    design = ensemble.design(X)
    return loss.value(design.scores(refit(design, loss, ridge, ensemble.coefficients())))


@pytest.mark.parametrize("seed", range(4))
def test_merged_values_are_those_of_a_new_fit(seed):
    X, made = shapes(seed)
    loss = squared(X)
    for shape, design, start in made:
        elimination = Elimination(shape, design, loss, RIDGE, start)
        for _ in elimination.path([25, 15, 8]):
            pruned = shape.pruned(elimination.coefficients())
            best = refitted(pruned, X, loss)
            assert loss.value(pruned.scores(X)) <= best * 1.02 + 1e-4
            np.testing.assert_allclose(pruned.scores(X), design.scores(elimination.coefficients()), atol=1e-8)


@pytest.mark.parametrize("seed", range(4))
def test_elimination_beats_taking_the_last_trees_away(seed):
    X = rows_of(seed)
    loss, trees = squared(X), grown(seed)
    elimination = Elimination(
        TreeShape(trees, Bits.of(FEATURES, X)), trees.design(X), loss, RIDGE, trees.coefficients()
    )
    (size,) = elimination.path([9])
    assert size == 9
    rest = refitted(Ensemble(trees.trees[:3], trees.bias, "identity"), X, loss)
    assert loss.value(trees.design(X).scores(elimination.coefficients())) < rest


def test_everything_can_be_merged():
    X, made = shapes(1)
    for shape, design, start in made:
        elimination = Elimination(shape, design, squared(X), RIDGE, start)
        (size,) = elimination.path([0])
        pruned = shape.pruned(elimination.coefficients())
        assert size == 0
        assert np.ptp(pruned.scores(X)) < 1e-9


@pytest.mark.parametrize("anchored", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_rounded_values_lie_on_their_grid_and_cost_what_is_told(seed, anchored):
    X, made = shapes(seed)
    loss = squared(X)
    for shape, design, start in made:
        elimination = Elimination(shape, design, loss, RIDGE, start)
        list(elimination.path([20]))
        exact = loss.value(design.scores(elimination.coefficients()))
        found = roundings(elimination, anchored=anchored)
        added = []
        for each in found:
            values = np.concatenate(each.coefficients.values)
            codes = values / each.encoding.scale
            assert (codes == np.rint(codes)).all()
            assert (each.encoding.round(values) == values).all()
            assert len(np.unique(values)) <= each.levels + 1
            own = (design.scores(each.coefficients) - loss.shift) / loss.factor
            added.append(loss.value(own) - exact)
        told = np.array([each.harm for each in found])
        assert (np.array(added) <= 1.5 * told + 1e-3).all()
        assert added[-1] < 0.01 * exact


def test_tables_hold_what_one_feature_trees_do():
    X, ensemble = rows_of(3), grown(3, one_column=True)
    tables = tables_of(ensemble, X)
    np.testing.assert_allclose(tables.scores(X), ensemble.scores(X), atol=1e-9)
    np.testing.assert_allclose(body_scores(tables.lowered().body, X), ensemble.scores(X), rtol=1e-5, atol=1e-5)
    assert refitted(tables, X, squared(X), 1e-6) <= refitted(ensemble, X, squared(X), 1e-6) + 1e-6


@pytest.mark.parametrize("link", ["identity", "exp", "sigmoid", "softmax"])
def test_derivatives_are_those_of_the_loss(link):
    generator = np.random.default_rng(0)
    task = "regression" if link in {"identity", "exp"} else "classification"
    classes = {"sigmoid": 2, "softmax": 3}.get(link, 0)
    y = generator.random(9) + 0.5 if task == "regression" else np.arange(9) % classes
    loss = make_loss(TrainingData(rows_of(0, 9), y, task, classes, FEATURES, "r2"), link)
    scores = generator.normal(size=(9, 3 if link == "softmax" else 1)) / 3
    slope, bend = loss.derivatives(scores)
    assert (bend > 0).all()
    for place in np.ndindex(scores.shape):
        step = np.zeros_like(scores)
        step[place] = 1e-5
        difference = (loss.value(scores + step) - loss.value(scores - step)) / 2e-5
        assert slope[place] == pytest.approx(difference, rel=1e-4, abs=1e-9)


def test_a_part_of_the_rows_tells_the_curvature_of_many(monkeypatch):
    X = rows_of(0, rows=4000)
    design = grown(0, trees=20).design(X)
    bend = np.random.default_rng(0).random(4000) + 0.5
    exact = design.curvature(0, bend)
    monkeypatch.setattr("automicro_boosting.refit._PRODUCTS", 0)
    part = Design(design.members, design.groups, design.rows).curvature(0, bend)
    np.testing.assert_allclose(np.diag(part), np.diag(exact), rtol=1e-3)
    assert np.corrcoef(part.ravel(), exact.ravel())[0, 1] > 0.98
    assert np.linalg.eigvalsh(with_ridge(part, 1e-3)).min() > 0
