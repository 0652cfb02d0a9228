"""Every row validates once a repeat; classes, groups and time are kept; the same seed gives the same folds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automicro.data import folds, hold_out, load_problem, row_subset
from automicro.errors import DataError


def problem_of(target, **roles):
    return load_problem({"a": np.arange(len(target)) % 5 + np.arange(len(target)) / 7}, target, **roles)


def check_partition(made, rows):
    for repeat in {fold.repeat for fold in made}:
        validated = np.concatenate([fold.validation for fold in made if fold.repeat == repeat])
        assert sorted(validated.tolist()) == list(range(rows))
    for fold in made:
        assert sorted([*fold.train, *fold.validation]) == list(range(rows))
        assert (np.diff(fold.train) > 0).all()
        assert (np.diff(fold.validation) > 0).all()


@pytest.mark.parametrize(("rows", "count", "repeats"), [(4, 2, 3), (100, 5, 3), (500, 5, 1), (20_000, 3, 1)])
def test_how_many_folds(rows, count, repeats):
    made = folds(problem_of(np.arange(rows) + 0.5))
    assert len(made) == count * repeats
    assert {fold.repeat for fold in made} == set(range(repeats))
    check_partition(made, rows)


def test_from_ten_thousand_rows_on_three_of_five_folds_are_used():
    made = folds(problem_of(np.arange(10_000) + 0.5))
    assert [len(fold.validation) for fold in made] == [2000, 2000, 2000]
    assert [len(fold.train) for fold in made] == [8000, 8000, 8000]
    assert len(np.unique(np.concatenate([fold.validation for fold in made]))) == 6000


@pytest.mark.parametrize(("rows", "used", "tenth"), [(1000, 10, 100), (5000, 5, 500), (10_000, 3, 1000)])
def test_texts_are_judged_by_models_of_nine_tenths(rows, used, tenth):
    table = {"a": np.array([f"a text of {i} words, number {i * i}" for i in range(rows)], dtype=object)}
    made = folds(load_problem(table, np.arange(rows) % 2))
    assert [len(fold.validation) for fold in made] == [tenth] * used
    assert [len(fold.train) for fold in made] == [rows - tenth] * used


def test_nodes_of_one_graph_are_judged_by_models_of_nine_tenths():
    nodes = 600
    ring = np.stack([np.arange(nodes), (np.arange(nodes) + 1) % nodes])
    graph = {"x": np.arange(nodes, dtype=np.float32)[:, None] % 7, "edge_index": ring, "edge_attr": None}
    made = folds(load_problem(graph, np.arange(nodes) % 2, task="classification"))
    assert [len(fold.validation) for fold in made] == [60] * 10


@given(counts=st.lists(st.integers(2, 40), min_size=2, max_size=6), seed=st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_classes_keep_their_shares(counts, seed):
    target = np.repeat(np.arange(len(counts)), counts)
    problem = problem_of([f"c{i}" for i in np.random.default_rng(1).permutation(target)])
    made = folds(problem, seed)
    check_partition(made, len(target))
    for fold in made:
        assert len(np.unique(problem.target[fold.train])) == problem.classes
        for code, count in enumerate(np.bincount(problem.target)):
            inside = int((problem.target[fold.validation] == code).sum())
            share = count / (len(made) / (1 + max(f.repeat for f in made)))
            assert abs(inside - share) < 1
        assert abs(len(fold.validation) - len(target) / (len(made) / (1 + max(f.repeat for f in made)))) < 1


def test_numbers_are_spread_evenly():
    target = np.random.default_rng(0).lognormal(0, 2, 1000)
    overall = np.median(target)
    for fold in folds(problem_of(target)):
        assert abs((target[fold.validation] > overall).mean() - 0.5) < 0.03


def test_the_seed_decides():
    problem = problem_of(np.arange(60) / 7)
    first, again, other = folds(problem, 3), folds(problem, 3), folds(problem, 4)
    assert all((a.train == b.train).all() for a, b in zip(first, again, strict=True))
    assert any((a.validation != b.validation).any() for a, b in zip(first, other, strict=True))
    assert any((a.validation != b.validation).any() for a, b in zip(first[:5], first[5:10], strict=True))


@given(sizes=st.lists(st.integers(1, 30), min_size=5, max_size=25), seed=st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_groups_stay_together(sizes, seed):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    target = np.random.default_rng(seed).normal(size=len(groups))
    problem = load_problem({"a": target * 2}, target, groups=groups)
    made = folds(problem, seed)
    check_partition(made, len(groups))
    for fold in made:
        assert not set(groups[fold.train]) & set(groups[fold.validation])
        assert len(fold.validation)


def test_groups_are_spread_by_class_and_size():
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 60, 3000)
    target = (rng.random(3000) < np.where(groups % 3 == 0, 0.5, 0.1)).astype(int)
    for fold in folds(problem_of(target, groups=groups)):
        assert abs(len(fold.validation) / 3000 - 0.2) < 0.03
        assert abs(target[fold.validation].mean() - target.mean()) < 0.03


def test_a_class_in_a_single_group_is_refused():
    with pytest.raises(DataError, match="the groups keep 'b' out: drop that class"):
        folds(problem_of(["a"] * 40 + ["b"] * 10, groups=[*range(40), *[99] * 10]))


@pytest.mark.parametrize(("copies", "roles"), [(1, {}), (5, {"groups": [*range(60), *[99] * 5]})])
def test_the_only_row_or_group_of_a_class_is_always_trained_on(copies, roles):
    problem = problem_of(["a", "b", "c"] * 20 + ["d"] * copies, **roles)
    lone = set(range(60, 60 + copies))
    for fold in folds(problem):
        assert lone <= set(fold.train)
        assert not set(fold.train) & set(fold.validation)
    validated = np.concatenate([fold.validation for fold in folds(problem) if not fold.repeat])
    assert sorted(validated) == list(range(60))
    for seed in range(10):
        searched, held = hold_out(problem, 1 / 3, seed)
        assert lone <= set(searched)
        assert sorted([*searched, *held]) == list(range(problem.rows))


def test_a_group_that_holds_the_only_rows_of_a_class_is_trained_on_whole():
    groups = np.arange(70) % 14
    target = np.where((groups == 3) & (np.arange(70) > 30), "d", np.array(["a", "b", "c"])[np.arange(70) // 7 % 3])
    for fold in folds(problem_of(target, groups=groups)):
        assert set(np.flatnonzero(groups == 3)) <= set(fold.train)
        assert not set(groups[fold.train]) & set(groups[fold.validation])


def test_later_rows_are_validated_by_earlier_ones():
    rng = np.random.default_rng(0)
    time = rng.integers(0, 50, 400)
    made = folds(problem_of(rng.normal(size=400), time=time))
    assert len(made) == 3
    for fold in made:
        assert time[fold.train].max() < time[fold.validation].min()
    assert sum(len(fold.validation) for fold in made) == pytest.approx(300, abs=20)
    assert not set(made[0].validation) & set(made[1].validation)


@pytest.mark.parametrize("groups", [np.arange(400) % 37, np.arange(400) // 10])
def test_time_and_groups_are_both_kept(groups):
    time = np.arange(400) // 2
    made = folds(problem_of(np.random.default_rng(0).normal(size=400), time=time, groups=groups))
    assert len(made) == 3
    for block, fold in enumerate(made):
        assert time[fold.train].max() < time[fold.validation].min()
        assert not set(groups[fold.train]) & set(groups[fold.validation])
        assert len(fold.train) > 0.5 * 100 * (block + 1)
        assert len(fold.validation) > 20


def test_blocks_before_which_a_class_is_unknown_are_left_out():
    made = folds(problem_of(["a"] * 30 + ["a", "b"] * 35, time=range(100)))
    assert len(made) == 2
    with pytest.raises(DataError, match="the time order keeps 'b' out"):
        folds(problem_of(["a"] * 80 + ["b"] * 20, time=range(100)))


def test_rows_of_one_time_cannot_be_split():
    with pytest.raises(DataError, match="of several times"):
        folds(problem_of(np.arange(40) / 7, time=[0] + [1] * 39))


def test_a_subset_keeps_the_shares_of_classes():
    target = np.array(["a"] * 900 + ["b"] * 98 + ["c"] * 2)
    problem = problem_of(target)
    rows = np.arange(1000)
    chosen = row_subset(problem, rows, 100, seed=1)
    assert np.bincount(problem.target[chosen]).tolist() == [90, 10, 2]
    assert (np.diff(chosen) > 0).all()
    assert (row_subset(problem, rows, 100, seed=1) == chosen).all()
    assert row_subset(problem, rows, 1000) is rows


def test_what_is_held_out_is_not_in_the_profile_of_the_rest():
    x = np.r_[np.arange(98.0), 500.0, np.nan]
    problem = load_problem({"x": x, "c": ["a", "b"] * 49 + ["z", "a"]}, np.arange(100) % 2)
    part = problem.only(np.arange(90))
    assert (part.table.profiles[0].maximum, part.table.profiles[0].missing) == (89.0, 0)
    assert part.table.profiles[1].distinct == 2
    assert problem.table.profiles[0].maximum == 500.0


def test_what_is_held_out_for_a_certificate_is_drawn_without_regard_to_classes():
    target = np.repeat(np.arange(10), 30)
    problem = problem_of(target)
    shares = [np.mean(target[hold_out(problem, 1 / 3, seed)[1]] == 0) for seed in range(200)]
    expected = np.sqrt(0.1 * 0.9 / 100 * (200 / 299))  # of the hypergeometric distribution
    assert np.std(shares) == pytest.approx(expected, rel=0.2)
    assert np.mean(shares) == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize("rows", [2, 3, 5])
def test_two_rows_of_every_class_are_left_to_be_searched(rows):
    target = np.array([0] * 60 + [1] * rows)
    for seed in range(30):
        searched, held = hold_out(problem_of(target), 1 / 3, seed)
        assert sorted([*searched, *held]) == list(range(len(target)))
        assert np.sum(target[searched] == 1) >= 2


def test_of_many_classes_only_rare_ones_are_dealt_evenly():
    target = np.concatenate([np.repeat(np.arange(11), 50), np.full(8, 11)])
    made = folds(problem_of(target), seed=1)
    check_partition(made, len(target))
    assert {int(np.sum(target[fold.validation] == 11)) for fold in made} <= {1, 2}
    assert len({int(np.sum(target[fold.validation] == 0)) for fold in made}) > 2
