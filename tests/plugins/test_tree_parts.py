"""The parts of the tree family, each against brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.tree import DecisionTreeClassifier

from automicro_tree.binning import BINS, Binned, Comparison
from automicro_tree.candidates import guess_comparisons
from automicro_tree.criteria import balancing, impurity, losses
from automicro_tree.exhaustive import best_trees, to_splits
from automicro_tree.greedy import grow
from automicro_tree.labelling import labels_of
from automicro_tree.pruning import best_subtrees
from automicro_tree.refining import Rows, refine
from automicro_tree.splits import Splits, goes_left, settle
from automicro_tree.thresholds import shared_thresholds

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
CRITERIA = ("gini", "entropy", "error", "squared")


def _no_centre(rows):
    return 0.0


def _masses(seed, rows, criterion, classes=3):
    generator = np.random.default_rng(seed)
    if criterion == "squared":
        weight = generator.integers(1, 4, rows).astype(float)
        return np.stack([weight, weight * generator.normal(size=rows)], axis=1)
    return np.eye(classes)[generator.integers(0, classes, rows)] * generator.integers(1, 4, rows)[:, None]


def _random_splits(generator, X, leaves):
    """A tree of so many leaves, its splits drawn at random."""

    def grow(count):
        if count == 1:
            return [(-1, 0.0, False)]
        left = generator.integers(1, count)
        f = int(generator.integers(X.shape[1]))
        here = (f, float(generator.choice(X[:, f][~np.isnan(X[:, f])])), bool(generator.integers(2)))
        return [here, *grow(left), *grow(count - left)]

    feature, threshold, default_left = (np.array(part) for part in zip(*grow(leaves), strict=True))
    return Splits(feature.astype(np.int32), threshold, default_left)


def _leaf_of(splits, X):
    right, leaf = splits.right(), []
    for row in X:
        node = 0
        while splits.feature[node] >= 0:
            x = np.array([row[splits.feature[node]]])
            left = goes_left(x, splits.threshold[node], bool(splits.default_left[node]))[0]
            node = node + 1 if left else right[node]
        leaf.append(node)
    return np.array(leaf)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 30), st.integers(1, 10)), min_size=1, max_size=7))
def test_thresholds_are_shared_as_far_as_can_be(intervals):
    feature, low, width = (np.array(part) for part in zip(*intervals, strict=True))
    high = low + width
    found = shared_thresholds(feature.astype(np.int32), low.astype(float), high.astype(float))
    assert ((low <= found) & (found < high)).all()
    for f in set(feature.tolist()):
        mine = feature == f
        ends = [p for p in range(45) if any(p == high_ - 1 for high_ in high[mine])]
        fewest = (
            next(
                count
                for count in range(1, 8)
                for points in product(ends, repeat=count)
                if all(any(a <= p < b for p in points) for a, b in zip(low[mine], high[mine], strict=True))
            )
            if mine.sum() <= 4
            else None
        )
        assert fewest is None or len(set(found[mine].tolist())) == fewest


@pytest.mark.parametrize("criterion", CRITERIA)
def test_the_losses_of_a_leafs_rows_add_up_to_its_impurity(criterion):
    mass = _masses(0, 5000, criterion)
    total = mass.sum(axis=0)
    expected = impurity(total[:, None], criterion)[0]
    assert losses(total, mass, criterion).sum() == pytest.approx(expected, rel=1e-3)


def test_impurities_are_those_of_their_definitions():
    mass = np.array([[3.0, 0.0], [1.0, 0.0]])
    assert impurity(mass, "gini").tolist() == [4 * (1 - 10 / 16), 0]
    assert impurity(mass, "entropy")[0] == pytest.approx(-3 * np.log(0.75) - np.log(0.25))
    assert impurity(mass, "error").tolist() == [1, 0]
    assert impurity(np.array([[2.0], [6.0]]), "squared").tolist() == [-18]


def test_balancing_makes_classes_weigh_the_same():
    mass = np.eye(3)[[0, 0, 0, 1]]
    scaled = (mass * balancing(mass)).sum(axis=0)
    assert scaled.tolist() == [2, 2, 0]


def _brute_force(holds, mass, criterion, depth, min_weight):
    """Return the least cost for every number of leaves, by trying all trees."""

    def weight(rows):
        return mass[rows, 0].sum() if criterion == "squared" else mass[rows].sum()

    def best(rows, depth):
        alone = np.inf if weight(rows) < min_weight else float(impurity(mass[rows].sum(axis=0)[:, None], criterion)[0])
        costs = {1: alone}
        if depth == 0:
            return costs
        for column in holds.T:
            left, right = best(rows[column[rows]], depth - 1), best(rows[~column[rows]], depth - 1)
            for (a, cost), (b, other) in product(left.items(), right.items()):
                costs[a + b] = min(costs.get(a + b, np.inf), cost + other)
        return costs

    return best(np.arange(len(holds)), depth)


@pytest.mark.parametrize("min_weight", [0.0, 6.0])
@pytest.mark.parametrize("depth", [2, 3])
@pytest.mark.parametrize("criterion", CRITERIA)
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_exhaustive_search_finds_what_trying_all_trees_finds(criterion, depth, min_weight, seed):
    generator = np.random.default_rng(seed)
    X = generator.integers(0, 3, (40, 4)).astype(np.float32)
    comparisons = [Comparison(f, t, False) for f in range(4) for t in (0.0, 1.0)][:6]
    mass = _masses(seed, 40, criterion)
    holds = np.stack([c.holds(X) for c in comparisons], axis=1)
    found = best_trees(holds, mass, criterion, depth, min_weight)
    expected = _brute_force(holds, mass, criterion, depth, min_weight)
    assert set(found) <= set(expected)
    for leaves, cost in expected.items():
        if not np.isfinite(cost):
            assert leaves not in found
            continue
        assert min(c for k, (c, _) in found.items() if k <= leaves) == pytest.approx(
            min(c for k, c in expected.items() if k <= leaves), rel=1e-4, abs=1e-3
        )
        if leaves in found:
            splits = to_splits(found[leaves][1], comparisons)
            assert splits.leaves == leaves
            reached = _leaf_of(splits, X)
            real = sum(
                impurity(mass[reached == leaf].sum(axis=0)[:, None], criterion)[0] for leaf in set(reached.tolist())
            )
            assert real == pytest.approx(found[leaves][0], rel=1e-4, abs=1e-3)


@pytest.mark.parametrize("criterion", CRITERIA)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), leaves=st.integers(2, 6))
def test_pruning_finds_the_best_subtree_of_every_size(criterion, seed, leaves):
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(60, 3)).astype(np.float32)
    mass = _masses(seed, 60, criterion)
    grown = settle(_random_splits(generator, X, leaves), X, mass, _no_centre)
    cost = impurity(grown.mass.T, criterion)
    right = grown.splits.right()

    def subtrees(node):
        """All pruned trees below a node as (leaves, cost)."""
        yield 1, cost[node]
        if right[node] >= 0:
            for (a, c), (b, d) in product(subtrees(node + 1), subtrees(int(right[node]))):
                yield a + b, c + d

    every = list(subtrees(0))
    found = best_subtrees(grown, cost, range(1, 8))
    for size, tree in found.items():
        assert tree.splits.leaves <= size
        ends = tree.splits.feature < 0
        assert impurity(tree.mass[ends].T, criterion).sum() == pytest.approx(min(c for k, c in every if k <= size))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), leaves=st.integers(1, 8), missing=st.sampled_from([0.0, 0.3]))
def test_settling_sends_training_rows_the_same_way(seed, leaves, missing):
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(50, 3)).astype(np.float32)
    X[generator.random(X.shape) < missing] = np.nan
    splits = _random_splits(generator, X, leaves)
    grown = settle(splits, X, np.ones((50, 1)), lambda rows: float(rows.min()))
    shape = grown.splits
    shortened = shared_thresholds(shape.feature, grown.low, grown.high)
    before = _leaf_of(splits, X)
    for after in (_leaf_of(shape, X), _leaf_of(Splits(shape.feature, shortened, shape.default_left), X)):
        same_before = before[:, None] == before
        same_after = after[:, None] == after
        np.testing.assert_array_equal(same_before, same_after)
        np.testing.assert_array_equal(grown.mass[np.unique(after), 0], np.unique(after, return_counts=True)[1])
        np.testing.assert_array_equal(grown.centre[after], [np.flatnonzero(same_after[i])[0] for i in range(50)])


@pytest.mark.parametrize("thrift", [0.0, 0.2])
@pytest.mark.parametrize("criterion", CRITERIA)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_refining_keeps_shape_and_lowers_the_loss(criterion, thrift, seed):
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(120, 4)).astype(np.float32)
    X[generator.random(X.shape) < 0.1] = np.nan
    mass = _masses(seed, 120, criterion)
    splits = _random_splits(generator, X, 6)
    refined = refine(splits, Rows(X, mass, Binned.of(X), min_leaf=5), criterion, thrift)
    np.testing.assert_array_equal(refined.feature < 0, splits.feature < 0)

    def cost(tree):
        reached = _leaf_of(tree, X)
        return sum(impurity(mass[reached == leaf].sum(axis=0)[:, None], criterion)[0] for leaf in set(reached.tolist()))

    if thrift == 0 and criterion != "entropy":  # entropy is smoothed on the way
        assert cost(refined) <= cost(splits) + 1e-6


def test_thrift_uses_fewer_thresholds():
    generator = np.random.default_rng(0)
    X = generator.normal(size=(500, 6)).astype(np.float32)
    y = X[:, 0] * X[:, 1] + 0.2 * generator.normal(size=500)
    mass = np.stack([np.ones(500), y], axis=1)
    splits = _random_splits(generator, X, 16)
    rows = Rows(X, mass, Binned.of(X), min_leaf=5)

    def thresholds(tree):
        ends = tree.feature < 0
        return len(set(zip(tree.feature[~ends].tolist(), tree.threshold[~ends].tolist(), strict=True)))

    assert thresholds(refine(splits, rows, "squared", 0.5)) < thresholds(refine(splits, rows, "squared"))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), distinct=st.sampled_from([2, 5, 200]), missing=st.sampled_from([0.0, 0.2]))
def test_a_bin_and_the_comparison_made_of_it_agree(seed, distinct, missing):
    generator = np.random.default_rng(seed)
    X = generator.integers(0, distinct, (300, 3)).astype(np.float32)
    X[generator.random(X.shape) < missing] = np.nan
    binned = Binned.of(X)
    assert binned.bins.max() <= BINS
    for column in range(binned.bins.shape[1]):
        for last in range(-1 if missing and binned.missing_first[column] else 0, len(binned.edges[column])):
            comparison = binned.comparison(column, last)
            np.testing.assert_array_equal(comparison.holds(X), binned.bins[:, column] <= last)
            assert binned.nearest(comparison)[1] == last


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    missing=st.sampled_from([0.0, 0.2]),
    drawn=hnp.arrays(np.float32, (6, 3), elements=st.floats(width=32, allow_infinity=False)),
)
def test_a_tree_read_from_scikit_learn_sends_every_row_the_same_way(seed, missing, drawn):
    generator = np.random.default_rng(seed)
    X = (generator.normal(size=(80, 3)) * 10.0 ** np.array([-6, 0, 6])).astype(np.float32)
    X[generator.random(X.shape) < missing] = np.nan
    y = generator.integers(0, 2, 80)
    fitted = DecisionTreeClassifier(max_leaf_nodes=16, random_state=0).fit(X, y)
    splits = grow(X, np.eye(2)[y], "gini", 16, 0.0, seed=0)
    rows = np.concatenate((X, drawn if missing else np.nan_to_num(drawn)))
    ours, theirs = _leaf_of(splits, rows), fitted.apply(rows)
    np.testing.assert_array_equal(ours[:, None] == ours, theirs[:, None] == theirs)


@pytest.mark.parametrize("criterion", ["gini", "squared"])
def test_the_comparisons_that_matter_are_guessed(criterion):
    generator = np.random.default_rng(0)
    X = generator.uniform(size=(1500, 20)).astype(np.float32)
    truth = (X[:, 3] <= 0.3) ^ (X[:, 7] <= 0.6)  # a greedy tree sees nothing in either alone
    mass = np.eye(2)[truth.astype(int)] if criterion == "gini" else np.stack([np.ones(1500), truth], axis=1)
    found = guess_comparisons(X, mass, criterion, 60, seed=0)
    assert len(found) == 60
    assert min(abs(c.threshold - 0.3) for c in found if c.feature == 3) < 0.03
    assert min(abs(c.threshold - 0.6) for c in found if c.feature == 7) < 0.03
    holds = np.stack([c.holds(X) for c in found], axis=1)
    reached = _leaf_of(to_splits(best_trees(holds, mass, criterion, 2)[4][1], found), X)
    wrong = sum(min(truth[reached == leaf].sum(), (~truth[reached == leaf]).sum()) for leaf in set(reached.tolist()))
    assert wrong < 0.05 * len(X)


@pytest.mark.parametrize(
    "metric", ["f1", "f1_macro", "f1_weighted", "matthews_corrcoef", "precision_macro", "recall_weighted"]
)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_labels_of_two_classes_are_cut_where_the_metric_is_best(metric, seed):
    from automicro.measure import score

    generator = np.random.default_rng(seed)
    counts = generator.integers(0, 20, (5, 2)) + np.array([[1, 0]])
    leaf = np.repeat(np.arange(5), counts.sum(axis=1))
    y = np.concatenate([np.repeat([0, 1], pair) for pair in counts])

    def value(labels):
        return score(metric, y, np.eye(2)[labels[leaf]])

    labels = labels_of(metric, counts.astype(float), np.ones(2))
    order = np.argsort(-counts[:, 1] / counts.sum(axis=1))
    best = 0.0
    for cut in range(6):
        told = np.zeros(5, dtype=int)
        told[order[:cut]] = 1
        best = max(best, value(told))
    assert value(labels) == pytest.approx(best)
