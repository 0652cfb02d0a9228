"""What predicts the same for every row is returned only where that is permitted."""

from __future__ import annotations

import numpy as np
import pytest

import automicro
from automicro.data import load_problem
from automicro.program import Affine, Numeric, Program, Weights
from automicro.search.constant import constant_words

SEARCH = automicro.Search(trials=1, seed=0, families=["tree"], workers=0)


def rows():
    """Return a column that says nothing of a rare class, so that the likeliest label is the same everywhere."""
    column = np.arange(200) % 2 == 0
    return [{"a": bool(value)} for value in column], np.where(np.arange(200) % 20 < 2, "yes", "no")


def test_only_a_constant_meets_the_score_and_is_refused():
    with pytest.raises(automicro.Infeasible, match=r"'no' for every row: only allow_constant=True permits that"):
        automicro.select(*rows(), metric="accuracy", score=0.8, search=SEARCH)


def test_a_constant_that_is_permitted_is_called_one_first():
    selection = automicro.select(*rows(), metric="accuracy", score=0.8, allow_constant=True, search=SEARCH)
    assert set(selection.model.predict(rows()[0])) == {"no"}
    assert str(selection).splitlines()[0] == selection.notes[0] == "a constant: predicts 'no' for every row"


def linear(weight: float, bias: float, link: str, labels: tuple[str, str] | None) -> Program:
    body = Affine(Weights.of([[weight]]), Weights.of([bias]))
    return Program(1, (Numeric(0, 0.0),), body, link, labels)


@pytest.mark.parametrize(
    ("weight", "metric", "words"),
    [
        (0.0, "accuracy", "predicts 'no' for every row"),
        (0.1, "accuracy", "predicts 'no' for every row"),
        (0.1, "log_loss", ""),
        (0.0, "log_loss", "predicts the same probabilities for every row"),
        (1.0, "accuracy", ""),
    ],
)
def test_of_labels_the_label_counts_and_of_probabilities_they_do(weight, metric, words):
    problem = load_problem([[float(i)] for i in range(5000)], ["no", "yes"] * 2500)
    program = linear(weight, -600.0 if weight < 1 else -4998.5, "sigmoid", ("no", "yes"))
    assert constant_words(problem, program, metric) == words  # with weight 1 the last row alone is of the other class


def test_the_same_value_is_a_constant():
    problem = load_problem([[float(i)] for i in range(20)], np.linspace(0, 1, 20))
    assert constant_words(problem, linear(0.0, 0.5, "identity", None), "r2") == "predicts 0.5 for every row"
    assert not constant_words(problem, linear(0.5, 0.5, "identity", None), "r2")
