"""Costs as people write them, and the matrix that they are for the labels of a target."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import numpy as np
import pytest

from automicro.data import label_word
from automicro.errors import ConstraintError, RequestError
from automicro.request import MEAN_COST, Constraints, MeanCost, SearchRequest, matrix_of
from automicro.request.files import dumps, loads
from automicro.request.schemas import schema_text

BY_LABEL = {"fraud": {"legit": 100.0}, "legit": {"fraud": 1.0}}


@pytest.mark.parametrize(
    "given",
    [
        {("fraud", "legit"): 100, ("legit", "fraud"): 1},
        {"fraud": {"legit": 100}, "legit": {"fraud": "1"}},
        "fraud>legit=100, legit>fraud=1",
    ],
)
def test_costs_by_label(given: Any) -> None:
    asked = Constraints(costs=given, score=2.0)
    assert asked.costs == BY_LABEL
    assert asked.metric == MEAN_COST
    assert (asked.measured.sign, asked.measured.low, asked.measured.high) == (-1, 0.0, 100.0)
    assert matrix_of(asked.costs, ("legit", "fraud"), label_word) == ((0.0, 1.0), (100.0, 0.0))


@pytest.mark.parametrize("given", [[[0, 100], [1, 0]], np.array([[0, 100], [1, 0]])])
def test_a_matrix_is_in_ascending_order(given: Any) -> None:
    asked = Constraints(costs=given, score=2.0)
    assert matrix_of(asked.costs, ("fraud", "legit"), label_word) == ((0.0, 100.0), (1.0, 0.0))
    assert matrix_of(asked.costs, ("legit", "fraud"), label_word) == ((0.0, 1.0), (100.0, 0.0))


def test_labels_are_numbers_and_booleans_as_well() -> None:
    asked = Constraints(costs={(1, 0): 5, (0, 1): 1}, score=1)
    assert matrix_of(asked.costs, (0, 1), label_word) == ((0.0, 1.0), (5.0, 0.0))
    asked = Constraints(costs="true>false=5,false>true=1", score=1)
    assert matrix_of(asked.costs, (False, True), label_word) == ((0.0, 1.0), (5.0, 0.0))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "must be a square matrix"),
        ({"fraud": 3}, "must be a square matrix"),
        ({("fraud", "legit", "x"): 3}, "must be a square matrix"),
        ({("fraud", "legit"): "dear"}, "but got 'dear'"),
        ({("fraud", "legit"): float("nan")}, "must be a square matrix"),
        ({("fraud", "legit"): 0.0}, "must be above 0 for some error"),
        ([[0, 1]], "must be a square matrix"),
        ([[0, 1, 2], [1, 0, 2]], "must be a square matrix"),
        ([[3, 1], [1, 0]], "must not be higher for a right prediction"),
        ({("a", "b"): 1, ("b", "a"): 1, ("a", "a"): 2}, "must not be higher for a right prediction"),
        ({("a", "b"): 1, ("b", "a"): -1}, "must not be higher for a right prediction"),
        ("fraud=3", "must be a square matrix"),
        (5, "must be a square matrix"),
    ],
)
def test_what_are_no_costs_is_refused(given: Any, said: str) -> None:
    with pytest.raises(ConstraintError, match=f"costs: .*{said}"):
        Constraints(costs=given, score=1)


def test_costs_are_the_metric() -> None:
    for wrong in ({"metric": "accuracy", "costs": BY_LABEL, "score": 0.5}, {"metric": "mean_cost", "score": 0.5}):
        with pytest.raises(ConstraintError, match="metric: 'mean_cost' must be given with costs"):
            Constraints(**wrong)
    with pytest.raises(ConstraintError, match=r"score: must lie in \[0, 100\] for 'mean_cost'"):
        Constraints(costs=BY_LABEL, score=101)
    assert Constraints(costs=BY_LABEL, within=0.1, scores={"recall": 0.5}).metric == MEAN_COST
    assert Constraints(metric="mean_cost", costs=BY_LABEL, score=1) == Constraints(costs=BY_LABEL, score=1)


@pytest.mark.parametrize(
    ("costs", "labels", "said"),
    [
        (BY_LABEL, ("fraud", "ok"), "'legit' is none"),
        (BY_LABEL, ("fraud", "legit", "unsure"), "predicting 'unsure' for 'fraud' has no cost"),
        (((0.0, 1.0), (1.0, 0.0)), ("a", "b", "c"), "a row and a column for each of 3 labels, but have 2"),
    ],
)
def test_costs_fit_the_labels(costs: Any, labels: Any, said: str) -> None:
    with pytest.raises(ConstraintError, match=said):
        matrix_of(costs, labels, label_word)


def test_classes_weigh_what_their_errors_cost() -> None:
    assert MeanCost(((0.0, 1.0), (100.0, 0.0))).weights == (1.0, 100.0)
    assert MeanCost(((-1.0, 1.0), (100.0, 0.0))).weights == (2.0, 100.0)
    assert MeanCost(((0.0, 2.0, 4.0), (1.0, 0.0, 1.0), (0.0, 0.0, 0.0))).weights == (3.0, 1.0, 0.003)


@pytest.mark.parametrize("form", ["toml", "yaml", "json"])
@pytest.mark.parametrize("costs", [BY_LABEL, [[0, 100], [1, 0]]], ids=["labels", "matrix"])
def test_files_hold_costs(form: str, costs: Any) -> None:
    request = SearchRequest(constraints={"costs": costs, "score": 2}, search={"trials": 1})
    assert loads(dumps(request, form), form) == request
    jsonschema.validate(request.document(), json.loads(schema_text("search")))
    with pytest.raises(RequestError, match="cost: unknown key"):
        SearchRequest(constraints={"cost": costs, "score": 2})
