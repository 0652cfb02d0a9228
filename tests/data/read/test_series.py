"""Series from arrays and long tables."""

from __future__ import annotations

import numpy as np
import pytest

from automicro.data import Preparation, PreparationSettings, SummarySettings, load_problem, series_of
from automicro.errors import DataError
from automicro.rows.series import holds_series, series_rows

LONG = {"id": list("babacd"), "t": [2, 1, 1, 3, 1, 1], "x": [5.0, 1.0, 4.0, None, 6.0, 8.0], "y": list("nmnmnm")}


def test_a_long_table_becomes_series_in_order_of_appearance():
    series = series_of(LONG, id="id", time="t", labels=["y"])
    assert series.names == ("x",)
    assert series.labels["y"].tolist() == ["n", "m", "n", "m"]
    assert np.array_equal(series.values[:, 0], [[4, 5], [1, np.nan], [6, np.nan], [8, np.nan]], equal_nan=True)
    problem = load_problem(series, "y")
    assert (problem.kind, problem.labels, problem.rows) == ("series", ("m", "n"), 4)
    assert problem.table.profiles[0].kind == "series"


@pytest.mark.parametrize(
    ("table", "arguments", "sentence"),
    [
        (LONG, {"id": "who", "time": "t"}, "column 'who' must be in the long table"),
        (LONG, {"id": "id", "time": "t"}, "channel 'y' must hold numbers, but holds category values"),
        (LONG, {"id": "id", "time": "t", "labels": ["x", "y"]}, "must have a channel"),
        ({**LONG, "y": list("nmnnnm")}, {"id": "id", "time": "t", "labels": ["y"]}, "label 'y' must have one value"),
        (
            {**LONG, "t": [1, 2, None, 1, 1, 1]},
            {"id": "id", "time": "t", "labels": ["y"]},
            "time of a step must be known",
        ),
        ({**LONG, "id": [1, "a", 2, 3, 4, 5]}, {"id": "id", "time": "t", "labels": ["y"]}, "values of one type"),
        ({"id": [], "t": [], "x": []}, {"id": "id", "time": "t"}, "must have rows"),
        (LONG, {"id": "id", "time": "t", "labels": "y"}, "labels must be a list of names of columns, but got 'y'"),
    ],
)
def test_what_makes_no_series_is_refused(table, arguments, sentence):
    with pytest.raises(DataError, match=sentence):
        series_of(table, **arguments)


def test_series_may_differ_in_length():
    lists = [np.ones((2, 3)), np.ones((2, 5))]
    assert holds_series(lists)
    assert not holds_series([[1.0, 2.0]])
    assert series_rows(lists).shape == (2, 2, 5)
    assert series_rows(np.ones((2, 4)), 2).shape == (1, 2, 4)
    with pytest.raises(DataError, match="must hold numbers"):
        series_rows(np.array([[["a"]]], dtype=object))
    with pytest.raises(DataError, match="text must name columns of a table"):
        load_problem(np.ones((4, 1, 3)), [0, 1, 0, 1], text=["x"])


def test_summaries_are_chosen_on_the_training_rows_and_are_few():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 50)
    X = rng.normal(size=(100, 3, 16))
    X[:, 1, :4] += 3 * y[:, None]
    problem = load_problem(X, y)
    settings = PreparationSettings(summaries=SummarySettings("mean", 2, 4))
    prepared = Preparation.fit(problem, np.arange(100), settings)
    assert len(prepared.decoders) == 4
    assert "mean of channel 1, quarter 1" in [feature.name for feature in prepared.features]
    assert {feature.kind for feature in prepared.features} == {"summary"}
    assert np.array_equal(prepared.fit_matrix, prepared.transform(problem.table.columns))
