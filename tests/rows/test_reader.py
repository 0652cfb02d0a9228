"""Rows to predict are found by name or by position, and what does not fit is refused."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from automicro.data import rows_for_prediction
from automicro.errors import DataError

NAMES = ("age", "job")
CELLS = {"job": ["cook", None], "age": [31.0, 40.0], "extra": [1, 2]}


@pytest.mark.parametrize(
    "make", [pd.DataFrame, pl.DataFrame, pa.table, dict, lambda cells: pd.DataFrame(cells).to_dict("records")]
)
def test_columns_are_found_by_name(make):
    age, job = rows_for_prediction(make(CELLS), NAMES, 2)
    assert np.asarray(age, dtype=float).tolist() == [31, 40]
    assert job[0] == "cook"
    assert pd.isna(job[1])


@pytest.mark.parametrize("make", [dict, lambda row: [row], pd.Series, lambda row: pd.DataFrame([row])])
def test_a_single_row_by_name(make):
    age, job = rows_for_prediction(make({"job": "cook", "age": 31}), NAMES, 2)
    assert (age.tolist(), job.tolist()) == ([31], ["cook"])


@pytest.mark.parametrize(
    "rows",
    [np.array([[31, 7], [40, 8]]), [[31, 7], [40, 8]], ((31, 7), (40, 8)), [np.array([31, 7]), np.array([40, 8])]],
)
def test_arrays_and_lists_are_read_by_position(rows):
    assert np.asarray(rows_for_prediction(rows, NAMES, 2)).tolist() == [[31, 7], [40, 8]]


@pytest.mark.parametrize("row", [np.array([31, 7]), [31, 7], (31, 7)])
def test_a_single_row_may_be_flat(row):
    assert np.asarray(rows_for_prediction(row, NAMES, 2)).tolist() == [[31, 7]]


def test_an_array_is_not_copied():
    rows = np.zeros((1, 2))
    assert rows_for_prediction(rows, None, 2) is rows


def test_columns_that_are_not_read_need_not_be_there():
    age, job = rows_for_prediction(pd.DataFrame({"age": [31, 40]}), NAMES, 2, used=(0,))
    assert age.tolist() == [31, 40]
    assert len(job) == 2
    assert len(rows_for_prediction(pd.DataFrame({"x": [1, 2, 3]}), NAMES, 2, used=())[0]) == 3


def test_without_names_columns_are_taken_in_order():
    first, second = rows_for_prediction(pd.DataFrame({"u": [1], "v": [2]}), None, 2)
    assert (first[0], second[0]) == (1, 2)
    with pytest.raises(
        DataError, match="2 columns as in training, but have 3: the model was saved without column names"
    ):
        rows_for_prediction(pd.DataFrame(CELLS), None, 2)


def test_an_arrow_dictionary_keeps_its_missing_values():
    table = pa.table({"age": [1, 2, 3], "job": pa.array(["cook", None, "smith"]).dictionary_encode()})
    assert rows_for_prediction(table, NAMES, 2)[1].tolist() == ["cook", None, "smith"]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (pd.DataFrame({"Age": [1], "job": ["a"]}), "column 'age' must be given, but is not there: did you mean 'Age'"),
        (pd.DataFrame({"u": [1]}), "column 'age' .and 1 more. must be given, but is not there: there are 'u'"),
        (np.zeros((3, 3)), r"2 columns as in training, but their shape is \(3, 3\)"),
        (np.zeros(3), r"2 columns as in training, but their shape is \(3,\)"),
        (np.zeros((1, 1, 2)), "2 columns as in training"),
        (np.zeros(2, dtype=[("a", "f4")]), "structured"),
        ([[1, 2], [3]], r"but row 1 is \[3\]"),
        ([[1, 2], 3], "but row 1 is 3"),
        ([1, 2, 3], "2 columns"),
        ({"age": [1, 2], "job": ["a"]}, "equally long, but have from 1 to 2 rows"),
        (pl.LazyFrame(CELLS), "collect it first"),
        (pa.table([[1], [2]], names=["age", "age"]), "'age' occurs twice in rows"),
        ("rows.csv", "are the path 'rows.csv': pass pandas.read_csv.* `automicro predict MODEL rows.csv`"),
    ],
)
def test_rows_that_do_not_fit_are_refused(rows, sentence):
    with pytest.raises(DataError, match=sentence):
        rows_for_prediction(rows, NAMES, 2)


def test_predicting_is_light():
    code = (
        "import sys, numpy as np\nfrom automicro.rows.reader import rows_for_prediction\n"
        "rows_for_prediction(np.zeros((1, 2)), None, 2), rows_for_prediction([{'a': 1}], ('a',), 1)\n"
        "print({'sklearn', 'pandas', 'polars', 'pyarrow', 'lightgbm', 'optuna', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
