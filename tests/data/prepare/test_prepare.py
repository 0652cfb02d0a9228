"""Prepared features are what the program computes, learnt on training rows only, and never see their own target."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automicro.data import Preparation, PreparationSettings, features_at_most, load_problem, load_table, rank_columns
from automicro.errors import DataError
from automicro.program import Chain, Lookup, Missing, Numeric, OneHot, Program, body_scores, columns_of, decode
from automicro.program.nodes import Affine
from automicro.program.weights import Weights

ROWS = 120


def mixed(task="classification", classes=2, seed=0):
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=ROWS)
    columns = {
        "x": np.where(rng.random(ROWS) < 0.2, np.nan, signal + rng.normal(size=ROWS)),
        "whole": rng.integers(0, 9, ROWS),
        "flag": [None if v < 0.1 else bool(v < 0.5) for v in rng.random(ROWS)],
        "colour": [None if rng.random() < 0.1 else "abcdefgh"[min(7, int(abs(v) * 4))] for v in signal],
        "sex": list(np.where(signal + rng.normal(size=ROWS) > 0, "m", "f")),
        "same": [5] * ROWS,
        "none": [None] * ROWS,
        "id": [f"row {i}" for i in range(ROWS)],
    }
    target = signal if task == "regression" else np.argsort(np.argsort(signal)) * classes // ROWS
    return load_problem(columns, target, task=task, weights=rng.random(ROWS))


ALL_SETTINGS = st.builds(
    PreparationSettings,
    missing=st.sampled_from(["fill", "keep"]),
    categories=st.sampled_from(["onehot", "ordinal", "target"]),
    scaled=st.booleans(),
    rare=st.sampled_from([0.0, 0.01, 0.05, 0.3]),
    guarded=st.booleans(),
)
TASKS = st.sampled_from([("regression", 0), ("classification", 2), ("classification", 4)])


@given(chosen=ALL_SETTINGS, task=TASKS, seed=st.integers(0, 20))
@settings(max_examples=60, deadline=None)
def test_features_are_those_of_the_program(chosen, task, seed):
    problem = mixed(*task, seed=seed)
    rows = np.sort(np.random.default_rng(seed).permutation(ROWS)[:90])
    made = Preparation.fit(problem, rows, chosen, seed=seed)
    columns = problem.table.columns
    X = made.transform(columns)
    np.testing.assert_array_equal(X, decode(made.decoders, list(columns)))
    np.testing.assert_array_equal(made.transform(columns, rows), X[rows])
    assert X.shape == (ROWS, len(made.features))
    assert X.dtype == made.fit_matrix.dtype == np.float32
    assert made.fit_matrix.shape == (90, len(made.features))
    assert len(made.features) <= features_at_most(problem.table.profiles, chosen)
    assert not np.isinf(X).any()
    if chosen.missing == "fill":
        assert not np.isnan(X).any()
    assert {f.column for f in made.features} == {d.column for d in made.decoders}
    assert {problem.table.names[f.column] for f in made.features} <= {"x", "whole", "flag", "colour", "sex", "id"}
    if chosen.categories != "target":
        trained = X[rows] if not made.lead else body_scores(Chain(made.lead), X[rows])
        np.testing.assert_array_equal(made.fit_matrix, trained.astype(np.float32))
    assert bool(made.lead) == chosen.scaled


@given(chosen=ALL_SETTINGS, task=TASKS)
@settings(max_examples=30, deadline=None)
def test_only_training_rows_are_learnt_from(chosen, task):
    problem, other = mixed(*task, seed=1), mixed(*task, seed=2)
    rows = np.arange(0, ROWS, 2)
    parts = list(problem.batch(np.arange(ROWS)).columns)
    for j, column in enumerate(other.table.columns):
        if not hasattr(column, "codes"):
            parts[j] = np.where(np.arange(ROWS) % 2 == 0, parts[j], column).astype(np.float32)
    target = np.where(np.arange(ROWS) % 2 == 0, problem.target, other.target)
    changed = type(problem)(
        type(problem.table)(problem.table.names, tuple(parts), problem.table.profiles),
        target, problem.task, problem.labels, problem.weights,
    )  # fmt: skip
    first, second = Preparation.fit(problem, rows, chosen), Preparation.fit(changed, rows, chosen)
    assert first.decoders == second.decoders
    np.testing.assert_array_equal(first.fit_matrix, second.fit_matrix)


@pytest.mark.parametrize("categories", ["onehot", "ordinal", "target"])
def test_raw_rows_decode_to_the_same_features(categories):
    problem = mixed()
    made = Preparation.fit(problem, np.arange(ROWS), PreparationSettings(categories=categories))
    body = Affine(Weights.of(np.zeros((1, len(made.features)))), Weights.of([0]))
    program = Program(8, made.decoders, body, "sigmoid", (0, 1))
    raw = [
        np.array([1.5, np.nan]), np.array([3, 4]), np.array([True, None], dtype=object), np.array(["a", "never seen"]),
        np.array(["m", None], dtype=object), np.array([5, 6]), np.array([None, 1], dtype=object), np.array(["u", "v"]),
    ]  # fmt: skip
    X = decode(program.decoders, columns_of(program, raw))
    assert X.shape == (2, len(made.features))
    assert not np.isnan(X).any()


def fit(column, target, **chosen):
    problem = load_problem({"c": column, "z": np.arange(len(target)) % 2}, target)
    return Preparation.fit(problem, np.arange(len(target)), PreparationSettings(**chosen))


def test_scaled_features_have_mean_0_and_variance_1():
    made = Preparation.fit(mixed(), np.arange(ROWS), PreparationSettings(scaled=True))
    np.testing.assert_allclose(made.fit_matrix.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(made.fit_matrix.std(axis=0), 1, atol=1e-5)
    both = Chain((*made.lead, Affine(Weights.of(np.ones((1, len(made.features)))), Weights.of([0]))))
    X = made.transform(mixed().table.columns)
    np.testing.assert_allclose(body_scores(both, X)[:, 0], made.fit_matrix.sum(axis=1), rtol=1e-4, atol=1e-4)


def test_one_feature_a_level_and_rare_ones_are_left_out():
    made = fit(["a"] * 50 + ["b"] * 30 + ["c"] * 18 + ["d", "e"], HALF, rare=0.05)
    assert made.decoders[0] == OneHot(0, ("a", "b", "c"))
    assert [f.name for f in made.features] == ["c=a", "c=b", "c=c", "z"]
    assert made.transform(load_table({"c": ["b", "d", "new", None], "z": [0] * 4}).columns)[:, :3].tolist() == [
        [0, 1, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0],
    ]  # fmt: skip


HALF = [0, 1] * 50


@pytest.mark.parametrize(
    ("cells", "levels"),
    [
        (["m"] * 60 + ["f"] * 40, ("f",)),
        (["m"] * 59 + ["f"] * 40 + ["x"], ("f",)),
        (["m"] * 50 + ["f"] * 40 + [None] * 10, ("f", None)),
        (["m"] * 60 + [None] * 40, (None,)),
        (["m"] * 98 + ["f", "g"], ("m",)),
        (["m"] * 50 + ["f"] * 30 + ["x"] * 20, ("m", "f", "x")),
    ],
)
def test_two_kinds_of_rows_take_one_feature(cells, levels):
    assert fit(cells, HALF, rare=0.015).decoders[0] == OneHot(0, levels)


def test_ranks_follow_the_target():
    target = [1] * 18 + [0] * 2 + [1] * 10 + [0] * 10 + [0] * 20
    made = fit(["b"] * 20 + ["a"] * 20 + ["c"] * 20, target, categories="ordinal")
    lookup = made.decoders[0]
    value = {**dict(zip(lookup.levels, lookup.values.values.tolist(), strict=True))}
    assert isinstance(lookup, Lookup)
    assert {**value, "a": value.get("a", lookup.default)} == {"c": 0.0, "a": 1.0, "b": 2.0}
    assert len(lookup.levels) == 2, "the most frequent level has the default and needs no listing"


def test_missing_and_pooled_levels_have_ranks_of_their_own():
    cells = ["a"] * 40 + ["b"] * 30 + [None] * 20 + [f"r{i}" for i in range(10)]
    made = fit(cells, [0] * 35 + [1] * 65, categories="ordinal", rare=0.05)
    lookup = made.decoders[0]
    assert set(lookup.levels) == {"a", "b", None}
    assert sorted([*lookup.values.values.tolist(), lookup.default]) == [0, 1, 2, 3]


def test_levels_of_many_classes_lie_on_one_axis():
    cells = list("aaaabbbbccccdddd") * 10
    target = [0, 0, 0, 1, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2] * 10
    made = fit(cells, target, categories="target")
    X = made.transform(load_table({"c": list("abcd"), "z": [0] * 4}).columns)[:, 0]
    assert (np.diff(X) > 0).all() or (np.diff(X) < 0).all()
    assert len(made.features) == 2


def test_a_target_encoding_does_not_leak():
    rng = np.random.default_rng(0)
    target = rng.normal(size=400)
    problem = load_problem({"id": [f"id{i % 100}" for i in range(400)], "z": np.arange(400) % 2}, target)
    made = Preparation.fit(problem, np.arange(400), PreparationSettings(categories="target", rare=0.0))
    honest = np.corrcoef(made.fit_matrix[:, 0], target)[0, 1]
    naive = np.corrcoef(made.transform(problem.table.columns)[:, 0], target)[0, 1]
    assert naive > 0.3
    assert abs(honest) < 0.15


def test_target_means_are_smoothed_and_short():
    rng = np.random.default_rng(0)
    cells = ["big"] * 300 + ["mid"] * 100 + ["tiny"] * 4
    target = np.concatenate([rng.normal(0, 1, 300), rng.normal(1, 1, 100), np.full(4, 8.0)])
    made = fit(cells, target, categories="target", rare=0.0)
    big, mid, tiny = made.transform(load_table({"c": ["big", "mid", "tiny"], "z": [0] * 3}).columns)[:, 0]
    assert big == pytest.approx(0, abs=0.2)
    assert mid == pytest.approx(1, abs=0.2)
    assert 1 < tiny < 8
    steps = np.array([big, mid, tiny], dtype=np.float64) / 2.0**-7
    np.testing.assert_array_equal(steps, np.round(steps))


@pytest.mark.parametrize(
    ("cells", "fill"),
    [
        ([1000.0, 1004.0, 996.0, None] * 25, 1000.0),
        ([0.01, -0.01, 0.02, None] * 25, 0.0),
        ([True, True, False, None] * 25, 1.0),
        ([36.4, 44.9, 50.1, None] * 25, 44.0),
    ],
)
def test_fills_are_short_numbers_near_the_median(cells, fill):
    made = fit(cells, HALF)
    assert made.decoders[0].fill == pytest.approx(fill, abs=1.5)


def test_complete_columns_are_filled_where_guarded():
    assert fit(np.arange(100) % 7, HALF).decoders[0] == Numeric(0, 4.0)
    assert fit(np.arange(100) % 7, HALF, guarded=False).decoders[0] == Numeric(0, None)
    assert fit([None, *range(99)], HALF, guarded=False).decoders[0].fill is not None


def test_missing_values_are_flagged_where_they_tell_something():
    told = [None if y and i % 3 else i % 5 for i, y in enumerate(HALF)]
    chance = [None if i % 10 < 2 else i % 7 for i in range(100)]
    assert Missing(0) in fit(told, HALF).decoders
    assert Missing(0) not in fit(chance, HALF).decoders
    assert [f.name for f in fit(told, HALF).features] == ["c", "c missing", "z"]
    assert fit(told, HALF, missing="keep").decoders[0] == Numeric(0)


def test_ten_thousand_levels_take_few_features():
    cells = [f"level {i % 10_000}" for i in range(10_000)] + ["common"] * 500
    target = np.r_[np.zeros(5000), np.ones(5500)]
    problem = load_problem({"id": cells, "z": np.arange(10_500) % 2}, target)
    for categories, width in (("onehot", 1), ("ordinal", 1), ("target", 1)):
        made = Preparation.fit(problem, np.arange(10_500), PreparationSettings(categories=categories))
        assert sum(f.column == 0 for f in made.features) == width
    every = Preparation.fit(problem, np.arange(10_500), PreparationSettings(rare=0.0))
    assert len(every.features) <= 129


def test_columns_that_do_not_vary_in_training_are_left_out():
    problem = load_problem({"a": [1] * 50 + [2] * 50, "b": [3] * 99 + [4], "c": ["x"] * 50 + ["y"] * 50}, HALF)
    with pytest.raises(DataError, match="some column must vary within the training rows"):
        Preparation.fit(problem, np.arange(50), PreparationSettings())
    made = Preparation.fit(problem, np.arange(25, 75), PreparationSettings())
    assert [f.column for f in made.features] == [0, 2]


def test_as_many_columns_are_used_as_asked_for():
    problem = mixed()
    made = Preparation.fit(problem, np.arange(ROWS), PreparationSettings(columns=2), ranking=(4, 1, 0))
    assert {f.column for f in made.features} == {1, 4}
    ranking = rank_columns(problem, np.arange(ROWS))
    ranked = Preparation.fit(problem, np.arange(ROWS), PreparationSettings(columns=2), ranking=ranking)
    assert len({f.column for f in ranked.features}) == 2
    with pytest.raises(ValueError, match="ranking must be given"):
        Preparation.fit(problem, np.arange(ROWS), PreparationSettings(columns=2))


def test_rows_without_weight_do_not_count_in_means():
    weights = [1] * 50 + [0] * 50
    target = np.r_[np.zeros(25), np.ones(25), np.ones(25), np.zeros(25)]
    cells = ["a"] * 25 + ["b"] * 25 + ["a"] * 25 + ["b"] * 25
    problem = load_problem({"c": cells, "z": np.arange(100) % 2}, target, weights=weights)
    made = Preparation.fit(problem, np.arange(problem.rows), PreparationSettings(categories="target"))
    a, b = made.transform(load_table({"c": ["a", "b"], "z": [0, 0]}).columns)[:, 0]
    assert a < 0.1
    assert b > 0.9
