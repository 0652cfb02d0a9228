"""Scores of two classes are cut where the metric is best on the training rows, and the cut is a constant of the program."""

from __future__ import annotations

import numpy as np
import pytest

from automicro.data import folds, load_problem
from automicro.measure import score
from automicro.program import Affine, Chain, Distances, Forest, Nearest, Numeric, Program, Tree, Weights, evaluate, pack
from automicro.search.classes import beside_note
from automicro.search.context import Context
from automicro.search.trial.cuts import with_cuts

MAXIMISED = ["f1", "f2", "f0.5", "jaccard", "balanced_accuracy", "matthews_corrcoef", "cohen_kappa", "f1_macro"]


@pytest.fixture(scope="module")
def problem():
    generator = np.random.default_rng(0)
    x = generator.normal(size=600)
    return load_problem(x[:, None], (x + generator.normal(size=600) > 1.0).astype(int))


def linear(weight: float = 1.5, bias: float = -1.6) -> Program:
    return Program(1, (Numeric(0, 0.0),), Affine(Weights.of([[weight]]), Weights.of([bias])), "sigmoid", (0, 1))


def tree(*leaves: float) -> Program:
    """Return a tree of two cuts, at -1 and at 1."""
    one = Tree(
        np.array([0, -1, 0, -1, -1], np.int32),
        np.array([-1, 0, 1, 0, 0], np.float32),
        np.zeros(5, np.bool_),
        np.array([0, 0, 0, 1, 2], np.int32),
    )
    body = Forest((one,), Weights.of(np.array(leaves)[:, None]), Weights.of([0.0]))
    return Program(1, (Numeric(0, 0.0),), body, "sigmoid", (0, 1))


def cut(problem, program, metric, goal=None, rows=None):
    context = Context(problem, folds(problem, 0), metric, goal=goal)
    return with_cuts(context, {"full": program}, np.arange(problem.rows) if rows is None else rows)


def value(problem, program, metric):
    return score(metric, problem.target, evaluate(program, problem.batch()), problem.weights)


@pytest.mark.parametrize("metric", MAXIMISED)
def test_no_other_cut_is_much_better(problem, metric):
    found = cut(problem, linear(), metric)
    shifts = np.linspace(-6, 8, 500)
    best = max(value(problem, linear(bias=shift), metric) for shift in shifts)
    assert value(problem, found["full, cut 1"], metric) >= best - 0.01
    assert value(problem, found["full, cut 1"], metric) > value(problem, linear(), metric)
    assert found["full"] == linear()


@pytest.mark.parametrize(("metric", "cuts"), [("accuracy", 0), ("f1", 0), ("recall", 2)])
def test_weights_of_classes_are_not_undone(problem, metric, cuts):
    context = Context(problem, folds(problem, 0), metric, goal=0.6, class_weights=(1.0, 30.0))
    found = with_cuts(context, {"full": linear(bias=4.0)}, np.arange(problem.rows))
    assert len(found) == 1 + cuts
    assert (found["full"] == linear(bias=4.0)) == (cuts == 0)


@pytest.mark.parametrize("metric", ["recall", "precision"])
def test_recall_and_precision_just_reach_what_is_aimed_at(problem, metric):
    found = cut(problem, linear(), metric, 0.6)
    cuts = [found[key] for key in ("full", "full, cut 2", "full, cut 3")]
    reached = [value(problem, program, metric) for program in cuts]
    error = (0.24 / (problem.target == 1).sum()) ** 0.5
    assert reached[0] >= 0.6 + error
    assert reached[0] <= 0.6 + 4 * error
    assert reached == sorted(reached)
    other = "precision" if metric == "recall" else "recall"
    others = [value(problem, program, other) for program in cuts]
    assert others == sorted(others, reverse=True)


def test_without_a_target_there_is_a_ladder_of_recalls(problem):
    found = cut(problem, linear(), "recall")
    cuts = [found[key] for key in ("full", "full, cut 3", "full, cut 5")]
    assert [round(value(problem, program, "recall"), 1) for program in cuts] == [0.6, 0.8, 1.0]


def test_what_is_out_of_reach_of_every_cut_leaves_the_program_alone(problem):
    noise = load_problem(np.arange(600.0)[:, None], np.arange(600) % 2)
    assert cut(noise, linear(0.001, -0.3), "precision", 0.9) == {"full": linear(0.001, -0.3)}


def test_a_score_that_is_cut_well_is_left_alone(problem):
    best = cut(problem, linear(), "balanced_accuracy")["full, cut 1"]
    assert list(cut(problem, best, "balanced_accuracy")) == ["full"]


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss", "average_precision", "precision_macro"])
def test_metrics_that_no_cut_serves_have_none(problem, metric):
    assert list(cut(problem, linear(), metric)) == ["full"]


def test_a_constant_score_and_one_class_have_no_cut(problem):
    assert list(cut(problem, linear(weight=0.0), "f1")) == ["full"]
    assert list(cut(problem, linear(), "f1", rows=np.flatnonzero(problem.target == 1))) == ["full"]


def test_the_cut_takes_no_more_bytes(problem):
    plain = linear(bias=-1.6123456)
    assert len(pack(cut(problem, plain, "f1")["full, cut 1"])) <= len(pack(plain))


def test_a_tree_that_is_cut_says_labels_alone_and_loses_splits_that_do_not_matter(problem):
    program = tree(-3.0, -1.0, 0.4)
    found = cut(problem, program, "recall", 0.9)["full"]
    labels = evaluate(found, problem.batch()).argmax(axis=1)
    assert labels.tolist() == (problem.table.columns[0] > -1).astype(int).tolist()
    assert len(pack(found)) < len(pack(program))


@pytest.mark.parametrize(("points", "owners"), [((-0.5, 2.5), (0, 1)), ((-1.5, 0.5, 2.0, 3.0), (0, 0, 1, 1))])
def test_prototypes_are_cut_by_a_bias(problem, points, owners):
    body = Chain((Distances(Weights.of(np.array(points)[:, None]), Weights.of([1.0])), Nearest(owners)))
    program = Program(1, (Numeric(0, 0.0),), body, "softmax", (0, 1))
    found = cut(problem, program, "recall", 0.8)["full"]
    assert value(problem, found, "recall") >= 0.8 > value(problem, program, "recall")


def test_weights_count(problem):
    generator = np.random.default_rng(1)
    x = generator.normal(size=400)
    y = (x + generator.normal(size=400) > 0.5).astype(int)
    weighted = load_problem(x[:, None], y, weights=np.where(y == 1, 0.1, 1.0))
    found = cut(weighted, linear(1.0, 0.0), "f1")["full, cut 1"]
    best = max(value(weighted, linear(1.0, shift), "f1") for shift in np.linspace(-4, 4, 400))
    assert value(weighted, found, "f1") >= best - 0.02


def test_the_other_of_recall_and_precision_is_named(problem):
    prediction = np.stack([evaluate(linear(), problem.batch())] * 2)
    prediction[1, :300] = np.nan
    note = beside_note(problem, "recall", prediction)
    assert note.startswith("precision is 0.")
    assert "1 is predicted for" in note
    assert beside_note(problem, "f1", prediction) == ""
