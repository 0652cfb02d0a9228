"""Constraints on structure: bad input is named, programs are judged, and what cannot be had says what would be enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes

import automicro
from automicro import ConstraintError, Constraints, Infeasible, Search
from automicro.data import load_problem
from automicro.measure import interpretability
from automicro.program import Affine, Forest, Numeric, Program, StepTables, Tree, Weights, columns_read
from automicro.search.requirements.columns import limited
from automicro.search.requirements.requirement import Examined
from automicro.search.requirements.requirements import Requirements
from automicro.search.requirements.structure import Monotone

if TYPE_CHECKING:
    from automicro.data import Problem

LINEAR = Search(trials=3, families=["linear"], progress=False, workers=0)


@pytest.fixture(scope="module")
def table() -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(300, 3)), columns=["age", "price", "noise"])
    X["colour"] = np.where(rng.random(300) < 0.5, "red", "blue")
    return X, (X["age"] - X["price"] + 0.3 * rng.normal(size=300)).to_numpy()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            {"must_not_use": "pric"},
            "must_not_use: must name columns of the table, but 'pric' is none: did you mean 'price'",
        ),
        ({"must_use": "Age"}, "must_use: must name columns of the table, but 'Age' is none: did you mean 'age'"),
        ({"monotone": {"old": "+"}}, "monotone: must name columns of the table, but 'old' is none: choose among age,"),
        (
            {"monotone": {"colour": "+"}},
            "monotone: must name columns of numbers, but 'colour' is a category, which has no",
        ),
        ({"must_not_use": "age,price,noise,colour"}, "must_not_use: must leave a column to learn from, but names all"),
    ],
)
def test_what_cannot_be_asked_of_columns(table: Any, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(ConstraintError) as caught:
        automicro.select(*table, Constraints(metric="r2", score=0.5, **asked), search=LINEAR)
    assert str(caught.value).startswith(said)


def test_several_classes_have_no_one_direction(table: Any) -> None:
    X, y = table
    with pytest.raises(ConstraintError, match="monotone: is of one score, but the target has 3 classes"):
        automicro.select(X, np.digitize(y, [-1, 1]), metric="accuracy", score=0.5, monotone={"age": "+"})


def checked(table: Any, body: Any, **asked: Any) -> tuple[dict[str, float], str]:
    constraints = Constraints(metric="r2", score=0, allow_constant=True, **asked)
    problem = limited(load_problem(*table), constraints)
    program = Program(4, tuple(Numeric(j, 0.0) for j in range(3)), body, "identity")
    return missed(problem, constraints, program)


def missed(problem: Problem, constraints: Constraints, program: Program) -> tuple[dict[str, float], str]:
    """Return the violations of a program, and in words what shows that a direction is wrong."""
    required, monotone = Requirements.of(problem, constraints), Monotone.of(problem, constraints)
    values = required.measured(Examined(problem, "r2", program, interpretability))
    return required.violations(values), monotone[0].shown_against(problem, program) if monotone else ""


def linear(*weights: float) -> Affine:
    return Affine(Weights.of([list(weights)]), Weights.of([0.0]))


def crossing() -> Forest:
    feature = np.array([0, 1, -1, -1, -1], np.int32)
    tree = Tree(feature, np.float32([1, 2, 0, 0, 0]), feature > 0, np.array([0, 0, 0, 1, 0], np.int32))
    return Forest((tree,), Weights.of([[0.0], [1.0]]), Weights.of([0.0]))


def test_a_program_is_judged_on_its_structure(table: Any) -> None:
    assert checked(table, linear(1, -1, 0), monotone="age=+,price=-,noise=+", must_use=["age"]) == ({}, "")
    assert checked(table, linear(1, 0, 2), must_use=["age", "price"])[0] == {"must_use": 0.5}
    assert checked(table, linear(1, 0, 2), must_not_use=["noise"])[0] == {"must_not_use": 1.0}
    assert checked(table, linear(1, 1, 2), max_operations=5)[0] == {"max_operations": pytest.approx(0.4)}
    assert checked(table, linear(1, 1, 2), max_interactions=0)[0] == {}
    assert checked(table, crossing(), max_interactions=0)[0] == {"max_interactions": 1.0}


def test_a_wrong_direction_is_told_with_the_values_that_show_it(table: Any) -> None:
    violations, said = checked(table, crossing(), monotone="age=+,noise=-")
    assert violations == {"monotone": 0.5}
    assert said == "with age the score falls from 1 to 1.00000012 (price 2.00000024)"


def test_a_wrong_direction_is_told_in_the_numbers_of_the_data() -> None:
    seconds = 1_700_000_000 + np.random.default_rng(0).integers(0, 3600, 200)
    constraints = Constraints(metric="r2", score=0.0, monotone="t=-", allow_constant=True)
    problem = load_problem({"t": seconds, "b": np.arange(200.0) % 7}, seconds * 1.0)
    offset = problem.table.profiles[0].offset
    assert offset
    table = StepTables((0,), (0,), (2,), Weights.of([1_700_001_000 - offset]), Weights.of([0, 1]), Weights.of([0]))
    program = Program(2, (Numeric(0, 0.0, offset),), table, "identity")
    violations, said = missed(problem, constraints, program)
    assert violations == {"monotone": 1.0}
    assert said.startswith("with t the score rises from 1700001000 to 1700001000.0"), said


def test_what_must_not_be_read_is_not_prepared_and_what_must_be_is_judged(table: Any) -> None:
    wanted = Constraints(metric="r2", score=0.2, must_not_use=["price"], must_use=["age"], certify=False)
    found = automicro.select(*table, wanted, search=LINEAR)
    read = columns_read(found.model.program)
    assert 0 in read
    assert 1 not in read
    taken = next(record for record in found.trace if record.status == "taken")
    assert taken.margins["must_use"] == taken.margins["must_not_use"] == 0.0


def test_an_impossible_direction_binds_and_says_what_giving_it_up_gives(table: Any) -> None:
    wanted = Constraints(metric="r2", score=0.7, monotone={"price": "+"}, certify=False)
    with pytest.raises(Infeasible) as caught:
        automicro.select(*table, wanted, search=LINEAR)
    assert {"monotone", "score"} & set(caught.value.binding)
    assert all(record.margins.get("monotone", 0) <= 0 for record in caught.value.trace if hasattr(record, "margins"))


def test_a_cap_on_operations_has_a_price_that_is_kept(table: Any) -> None:
    wanted = {"metric": "r2", "score": 0.8, "certify": False}
    with pytest.raises(Infeasible) as caught:
        automicro.select(*table, Constraints(**wanted, max_operations=3), search=LINEAR)
    assert caught.value.binding == ("max_operations",)
    assert "max_operations: at most 3 are allowed, the nearest (linear) has 5" in str(caught.value)
    price = next(price for price in caught.value.prices if price.constraint == "max_operations")
    found = automicro.select(*table, Constraints(**wanted, max_operations=int(price.instead)), search=LINEAR)
    assert found.size_bytes <= price.size_instead
    assert found.structure.operations <= price.instead


def test_a_limit_on_columns_that_the_answer_meets_changes_nothing() -> None:
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    asked = {"metric": "r2", "score": 0.36, "certify": False, "search": LINEAR}
    found = automicro.select(X, y, **asked)
    assert len(found.structure.columns) < 4
    again = automicro.select(X, y, max_columns=len(found.structure.columns), **asked)
    assert again.model.payload == found.model.payload


def test_a_limit_that_binds_is_kept_by_a_second_training() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 4)) + rng.normal(size=(200, 1))
    y = X.sum(axis=1) + rng.normal(size=200)
    search = Search(trials=1, families=["linear"], progress=False, workers=0)
    found = automicro.select(X, y, metric="r2", score=0.7, max_columns=2, certify=False, search=search)
    assert len(found.structure.columns) <= 2
