"""Functions, scorers and import paths as metrics: what they become, what is refused, and how they travel."""

from __future__ import annotations

import copy
import functools
import pickle
import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest
from own_functions import HITS, absolute_error, profit
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    fbeta_score,
    get_scorer,
    make_scorer,
    mean_absolute_error,
    mean_pinball_loss,
    roc_auc_score,
)

import automicro
from automicro.errors import ConstraintError, RequestError
from automicro.request import Constraints, Metric, SearchRequest, metric, metric_named, why_not_passed_on
from automicro.request.files import dumps, loads


def test_a_function_goes_by_its_name() -> None:
    asked = Constraints(metric=profit, score=2.5)
    assert asked.metric == "profit"
    assert (asked.measured.sign, asked.measured.needs) == (1, "label")
    assert Constraints(metric=absolute_error, score=2.5).measured.sign == -1  # by the end of its name
    assert asked == Constraints(metric=profit, score=2.5)
    assert hash(asked) == hash(Constraints(metric=profit, score=2.5))
    assert asked != Constraints(metric=Metric(profit, greater_is_better=False), score=2.5)
    assert metric(asked.metric).tasks == {"classification", "regression"}
    assert automicro.Metric is Metric


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (accuracy_score, "accuracy"),
        (mean_absolute_error, "mean_absolute_error"),
        (roc_auc_score, "roc_auc"),
        (get_scorer("f1_macro"), "f1_macro"),
        (get_scorer("roc_auc"), "roc_auc"),
        (get_scorer("neg_log_loss"), "neg_log_loss"),
        (make_scorer(accuracy_score), "accuracy"),
        (make_scorer(mean_absolute_error, greater_is_better=False), "neg_mean_absolute_error"),
    ],
)
def test_what_scikit_learn_computes_is_the_metric_that_there_is(given: Any, name: str) -> None:
    assert type(metric_named(given)) is str
    assert metric_named(given) == name


def test_other_scorers_are_functions_with_a_sign() -> None:
    pinball = metric_named(make_scorer(mean_pinball_loss, alpha=0.9, greater_is_better=False))
    assert isinstance(pinball, Metric)
    assert pinball == "neg_mean_pinball_loss"
    assert (pinball.definition.sign, pinball.facts.sign) == (-1, 1)
    assert pinball.definition.takes_weights
    assert metric_named(make_scorer(fbeta_score, beta=3)) == "fbeta_score"
    assert metric_named(make_scorer(f1_score, average="micro")) == "f1_score (micro)"
    of_scores = make_scorer(fbeta_score, beta=3, response_method="predict_proba")
    assert metric_named(of_scores).definition.needs == "predict_proba"  # type: ignore[attr-defined]  # a Metric
    with pytest.raises(RequestError, match="'mean_absolute_error' is an error: give make_scorer"):
        metric_named(make_scorer(mean_absolute_error))
    with pytest.raises(RequestError, match="must use predict or predict_proba, but uses 'decision_function'"):
        metric_named(make_scorer(fbeta_score, beta=3, response_method="decision_function"))


class Callable:
    def __call__(self, y_true: Any, y_pred: Any) -> float:
        return 1.0


def test_partial_functions_and_objects_have_a_name() -> None:
    assert Metric(functools.partial(fbeta_score, beta=2)) == "fbeta_score"
    assert Metric(Callable()) == "Callable"
    assert Metric(lambda y_true, y_pred: 1.0, name="one") == "one"


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: Metric(lambda y_true, y_pred: 1.0), "a lambda has none"),
        (lambda: Metric(lambda y_true: 1.0, name="one"), r"one\(y_true, y_pred\), but too many positional"),
        (lambda: Metric(lambda a, b, c: 1.0, name="one"), "missing a required argument: 'c'"),
        (lambda: Metric(profit, name="accuracy"), "'accuracy' is the name of a built-in metric"),
        (lambda: Metric(profit, name="a=b"), "a name must have none of"),
        (lambda: Metric(profit, bounds=(1, 0)), r"bounds of 'profit' must be two numbers"),
        (lambda: Metric(profit, bounds=(1,)), r"bounds of 'profit' must be two numbers"),
        (lambda: Metric(profit, needs="proba"), "must be 'predict' or 'predict_proba'"),
        (lambda: Metric("profit"), r"must be a function of \(y_true, y_pred\)"),  # type: ignore[arg-type]  # as users may
        (lambda: metric_named(Callable), "must be a function"),
        (lambda: metric_named(3), "must be a function"),
    ],
)
def test_what_cannot_be_a_metric_is_refused(made: Any, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        made()


def test_constraints_name_the_key() -> None:
    with pytest.raises(ConstraintError, match=r"^metric: must have a name, but a lambda has none"):
        Constraints(metric=lambda y_true, y_pred: 1.0, score=1)
    with pytest.raises(ConstraintError, match=r"^score: must lie in \[0, 1\] for 'hits', but got 2"):
        Constraints(metric=HITS, score=2)
    with pytest.raises(RequestError, match=r"scores: .* a function can only be the metric"):
        Constraints(metric="accuracy", score=0.5, scores={profit: 2.0})
    assert Constraints(metric=profit, score=2.0, scores={"recall": 0.5}).scores == {"recall": 0.5}


@pytest.mark.parametrize("form", ["toml", "yaml", "json"])
@pytest.mark.parametrize("given", [profit, HITS, "own_functions:profit", "own_functions:HITS"])
def test_files_hold_import_paths(form: str, given: Any) -> None:
    request = SearchRequest(constraints={"metric": given, "score": 0.5}, search={"trials": 1})
    if given is HITS:  # the path of its function says less than the metric
        with pytest.raises(RequestError, match="a file can hold the import path"):
            dumps(request, form)
        return
    text = dumps(request, form)
    assert "own_functions:" in text
    assert loads(text, form) == request


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("own_functions:loss", "AttributeError"),
        ("no_such_module:loss", "ModuleNotFoundError"),
        ("own_functions:COSTS", "must be a function"),
        ("own_functions:__doc__", "must name a function, but names the text"),
    ],
)
def test_a_path_that_names_nothing_is_refused(path: str, said: str) -> None:
    with pytest.raises(RequestError, match=f"constraints.metric: .*{said}"):
        SearchRequest(constraints={"metric": path, "score": 0.5})


def test_a_module_of_the_working_folder_is_found(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scores_of_a_shop.py").write_text("def gain(y_true, y_pred):\n    return 1.0\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [*__import__("sys").path])
    assert metric_named("scores_of_a_shop:gain") == "gain"


def test_a_lambda_is_written_to_no_file() -> None:
    request = SearchRequest(constraints={"metric": Metric(lambda y_true, y_pred: 1.0, name="one"), "score": 0.5})
    with pytest.raises(RequestError, match=r"constraints\.metric: a file can hold the import path"):
        dumps(request, "json")


def test_functions_travel_by_name_or_by_value() -> None:
    whole = pickle.loads(pickle.dumps(Metric(profit)))
    assert whole == Metric(profit)
    assert whole.definition.function is profit
    added = 2.0
    own = Metric(lambda y_true, y_pred: added + len(y_true), name="longer")
    there = pickle.loads(pickle.dumps(own))
    assert there.definition.function(np.zeros(3), np.zeros(3)) == 5.0
    assert (there.plain, there.definition.takes_weights) == ("longer", False)
    assert copy.deepcopy(own) is own
    command = "import pickle, sys; print(pickle.loads(sys.stdin.buffer.read()).definition.function([], [1]))"
    other = subprocess.run([sys.executable, "-c", command], input=pickle.dumps(own), capture_output=True, check=True)
    assert other.stdout.strip() == b"2.0"  # in a process that has no such function
    assert why_not_passed_on(own) == ""
    lock = threading.Lock()
    assert "cannot pickle" in why_not_passed_on(Metric(lambda y_true, y_pred: lock and 1.0, name="locked"))
