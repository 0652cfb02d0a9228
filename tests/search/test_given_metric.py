"""Functions of the user and costs through the search: what families train towards, where the cut lies, and what is refused at once."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import automicro
from automicro.data import Problem, folds, load_problem
from automicro.errors import ConstraintError, NotVerified, RequestError
from automicro.program import Affine, Numeric, Program, Weights, evaluate
from automicro.request import Constraints, Metric, MetricRecord, Search, cost_metric, metric_record
from automicro.search.constant import constant_words
from automicro.search.context import Context
from automicro.search.given_metric import cost_weights, taught, with_metric
from automicro.search.search import _workers
from automicro.search.trial.class_weights import training_weights
from automicro.search.trial.cuts import with_cuts

DEAR = {("fraud", "legit"): 20.0, ("legit", "fraud"): 1.0}
FAIR = {("fraud", "legit"): 4.0, ("legit", "fraud"): 1.0}
QUICK: dict[str, Any] = {"trials": 1, "families": ["linear"], "workers": 0, "progress": False}


def rows(count: int = 400, seed: int = 0) -> tuple[pd.DataFrame, Any]:
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(count, 3)), columns=["a", "b", "c"])
    return X, np.where(X.a + X.b + rng.logistic(size=count) > 2, "fraud", "legit")


def problem_of(count: int = 400, **roles: Any) -> Problem:
    return load_problem(*rows(count), **roles)


def gain(y_true: Any, y_pred: Any) -> float:
    return float(np.mean(np.where(y_pred == "fraud", np.where(y_true == "fraud", 10.0, -1.0), 0.0)))


def tried(function: Any, problem: Problem | None = None, **facts: Any) -> tuple[Problem, Constraints]:
    given = function if isinstance(function, Metric) else Metric(function, **{"name": "own", **facts})
    return with_metric(problem or problem_of(), Constraints(metric=given, score=0.5))


def test_a_function_is_tried_before_the_search() -> None:
    _, constraints = tried(gain)
    assert isinstance(constraints.metric, Metric)
    assert constraints.metric.definition.labels == ("fraud", "legit")
    with pytest.raises(RequestError, match="'own' must return a number, but raised KeyError: 'b'"):
        tried(lambda y_true, y_pred: {"a": 1}["b"])
    with pytest.raises(RequestError, match="must be a number for perfect predictions, but is NaN"):
        tried(lambda y_true, y_pred: float("nan"))
    with pytest.raises(RequestError, match=r"must take sample_weight, since rows have weights"):
        tried(gain, problem_of(weights=np.linspace(1, 2, 400)))


def test_a_direction_that_nobody_stated_is_compared_with_shuffled_predictions() -> None:
    def misses(y_true: Any, y_pred: Any) -> float:
        return float((y_true != y_pred).mean())

    with pytest.raises(
        RequestError, match=r"is 0 for perfect .*: give automicro.Metric\(misses, greater_is_better=False\)"
    ):
        tried(misses, name="misses")
    problem, _ = tried(misses, greater_is_better=False)
    assert problem.notes == ()
    problem, _ = tried(misses, greater_is_better=True)
    assert "though greater is stated to be better" in problem.notes[-1]


def test_costs_become_the_metric_of_the_labels() -> None:
    problem = problem_of()
    _, constraints = with_metric(problem, Constraints(costs=DEAR, score=0.4))
    assert constraints.metric == cost_metric(((0.0, 20.0), (1.0, 0.0)))
    weights = cost_weights(constraints.measured.name, problem)
    assert weights is not None
    assert weights[0] == pytest.approx(20 * weights[1])
    each = training_weights(problem, np.arange(400), weights, (1.0, 3.0))
    assert each is not None
    assert each[problem.target == 0] == pytest.approx(weights[0])
    assert each[problem.target == 1] == pytest.approx(3 * weights[1])
    alone = training_weights(problem, np.arange(400), weights, None)
    assert alone is not None
    assert alone.mean() == pytest.approx(1.0)
    with pytest.raises(ConstraintError, match="'no' is none"):
        with_metric(problem, Constraints(costs={("no", "legit"): 1, ("legit", "no"): 1}, score=0.4))


def test_families_train_towards_the_nearest_metric() -> None:
    assert taught(Metric(gain), "classification") == "accuracy"
    assert taught(Metric(gain, needs="predict_proba"), "classification") == "log_loss"
    assert taught(Metric(gain), "regression") == "r2"
    assert taught("f1", "classification") == "f1"


@pytest.mark.parametrize("metric", [cost_metric(((0.0, 20.0), (1.0, 0.0))), Metric(gain)], ids=["costs", "function"])
def test_the_cut_is_where_the_metric_is_best(metric: Metric) -> None:
    problem = problem_of(4000)
    own = metric if metric == "mean_cost" else metric.changed(labels=problem.labels)
    score = Affine(
        Weights.of(np.array([[-1.0, -1.0, 0.0]])), Weights.of([2.0])
    )  # the log-odds of the second label, "legit"
    program = Program(3, tuple(Numeric(j, 0.0) for j in range(3)), score, "sigmoid", problem.labels)
    found = with_cuts(Context(problem, folds(problem), own), {"full": program}, np.arange(4000))
    cut = found["full, cut 1"]
    sure = evaluate(program, problem.batch())[:, 1]
    least = sure[evaluate(cut, problem.batch())[:, 1] > 0.5].min()
    # "legit" costs 20 (1 - p) and "fraud" costs p, so that "legit" is called from p = 20/21 on; for the function, from 10/11 on
    assert 20 / 21 - 0.03 < least < 20 / 21 + 0.02 if metric == "mean_cost" else 0.8 < least < 0.97


def test_a_label_metric_of_numbers_reads_no_labels() -> None:
    problem = load_problem(np.arange(20.0)[:, None], np.arange(20.0) / 3)
    program = Program(1, (Numeric(0, 0.0),), Affine(Weights.of([[1.0]]), Weights.of([0.0])), "identity", None)
    assert constant_words(problem, program, Metric(lambda a, b: 1.0, name="own")) == ""


def test_what_no_other_process_can_have_is_searched_here() -> None:
    lock, notes = threading.Lock(), list[str]()
    asked = Constraints(metric=Metric(lambda a, b: lock and 1.0, name="own"), score=0.5)
    assert _workers(Search(), asked, notes) == 0
    assert "own cannot be passed to other processes (TypeError: cannot pickle" in notes[0]
    with pytest.raises(RequestError, match="give workers=0, or define the function in a module"):
        _workers(Search(workers=2), asked, notes)
    assert _workers(Search(workers=2), Constraints(metric=gain, score=0.5), notes) == 2


def test_costs_are_certified_and_verified() -> None:
    X, y = rows(4000)
    found = automicro.select(X, y, costs=FAIR, score=0.75, certify=True, **QUICK)
    assert found.metric == "mean_cost"
    assert found.certificate is not None
    assert (found.certificate.method, found.certificate.exact) == ("betting martingale for bounded means", True)
    told, held = found.model.predict(X), automicro.verify(found.model, X, y)
    assert held.score == pytest.approx(found.score, rel=1e-6)
    assert (told == "fraud").mean() > 1.3 * (y == "fraud").mean()  # four times dearer to miss
    new_X, new_y = rows(3000, seed=1)
    cost = np.where(new_y == "fraud", 4.0, 1.0)[found.model.predict(new_X) != new_y].sum() / 3000
    assert cost == pytest.approx(found.score, abs=0.2)
    assert automicro.robustness(found.model, new_X, new_y).score == pytest.approx(cost, rel=1e-6)
    with pytest.raises(NotVerified):
        automicro.verify(found.model, X, np.roll(y, 1))


def test_a_function_is_certified_and_verified_with_the_function() -> None:
    X, y = rows(1200)

    def double(y_true: Any, y_pred: Any, sample_weight: Any = None) -> float:
        weights = np.ones(len(y_true)) if sample_weight is None else sample_weight
        hits, told, real = (
            weights @ (chosen == "fraud") for chosen in (np.where(y_true == y_pred, y_true, ""), y_pred, y_true)
        )
        return float(2 * hits / (told + real))

    own = Metric(double, bounds=(0, 1), greater_is_better=True)
    found = automicro.select(X, y, metric=own, score=0.4, certify=True, **QUICK)
    assert found.verdict == "certified"
    assert found.constraints.metric is own
    assert found.certificate is not None
    assert not found.certificate.exact
    assert found.certificate.function == MetricRecord(
        greater_is_better=True, needs="predict", low=0.0, high=1.0, per_row=False
    )
    assert automicro.verify(found.model, X, y, metric=own).score == pytest.approx(found.score)
    with pytest.raises(
        RequestError,
        match="must be the function 'double' that chose the model, which its file does not contain: give it as metric",
    ):
        automicro.verify(found.model, X, y)
    with pytest.raises(RequestError, match="must be the function 'double' that chose the model, but got 'gain'"):
        automicro.verify(found.model, X, y, metric=gain)
    with pytest.raises(RequestError, match="must be the function 'double' that chose the model"):
        automicro.importance(found.model, X, y)
    assert automicro.importance(found.model, X, y, metric=own)[0].column in ("a", "b")


def test_an_estimator_takes_functions_and_costs() -> None:
    X, y = rows(200)
    quick = {"trials": 1, "families": ["linear"]}
    assert automicro.MicroClassifier(costs=DEAR, target_score=1.5, **quick).fit(X, y).selection_.metric == "mean_cost"
    asked = automicro.MicroClassifier(metric=gain, target_score=0.5)._constraints()
    assert asked == Constraints(metric=gain, score=0.5)


def test_records_say_what_a_file_can_hold() -> None:
    assert metric_record("accuracy") is None
    record = metric_record(cost_metric(((0.0, 2.0), (1.0, 0.0))))
    assert record is not None
    assert (record.costs, record.high) == (((0.0, 2.0), (1.0, 0.0)), 2.0)
    assert replace(Metric(gain).definition, labels=("a",)) != Metric(gain).definition


def test_a_note_says_in_which_order_a_matrix_of_costs_is_read() -> None:
    order = ["low", "middle", "high"]
    X, y = rows()[0], pd.Series(pd.Categorical.from_codes(np.arange(400) % 3, order, ordered=True))
    matrix = [[0, 1, 9], [1, 0, 1], [9, 1, 0]]
    problem, constraints = with_metric(load_problem(X, y), Constraints(costs=matrix, score=1))
    assert problem.notes[-1] == "costs: rows and columns of the matrix are in the order 'high', 'low', 'middle'"
    codes = [(problem.labels or ()).index(label) for label in sorted(order)]
    costs = constraints.metric.definition.function  # type: ignore[attr-defined]
    assert costs(np.repeat(codes, 3), np.tile(codes, 3)).reshape(3, 3).tolist() == matrix
    numbered = load_problem(X, np.arange(400) % 3)
    assert with_metric(numbered, Constraints(costs=matrix, score=1))[0].notes == numbered.notes
