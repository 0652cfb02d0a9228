"""Raw cells to columns: what counts as a number, as a level, as missing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from automicro.errors import DataError
from automicro.program import Affine, Categories, Missing, Numeric, OneHot, Program, Weights, columns_of, level_text
from automicro.program.inputs.rows import categories_of

LARGEST = float(np.finfo(np.float32).max)


def reading(*decoders, columns=1):
    width = sum(len(d.levels) if isinstance(d, OneHot) else 1 for d in decoders)
    return Program(columns, decoders, Affine(Weights.of(np.ones((1, width))), Weights.of([0])), "identity")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("a b", "a b"),
        (np.str_("x"), "x"),
        (True, "True"),
        (np.False_, "False"),
        (3, "3"),
        (np.int8(-3), "-3"),
        (3.0, "3"),
        (np.float32(0.1), "0.1"),
        (0.1, "0.1"),
        (1e20, "100000000000000000000"),
        (np.inf, "inf"),
        (Decimal("2.50"), "2.50"),
        (Fraction(6, 2), "3"),
        (dt.date(2020, 1, 2), "2020-01-02"),
        (None, None),
        (np.nan, None),
        (np.float32(np.nan), None),
        (pd.NA, None),
        (pd.NaT, None),
        (np.datetime64("NaT"), None),
        (Decimal("nan"), None),
    ],
)
def test_levels_in_words(cell, text):
    assert level_text(cell) == text


def test_equal_keys_of_different_types_are_different_levels():
    made = categories_of(np.array([True, 1, 1.0, "1", None, np.nan, False, 0], dtype=object))
    assert [made.levels[c] if c >= 0 else None for c in made.codes] == ["True", "1", "1", "1", None, None, "False", "0"]


def test_numbers_of_any_type():
    cells = np.array([1, 2.5, None, np.nan, pd.NA, True, np.float32(3), Decimal("4.5"), 10**400, -np.inf], dtype=object)
    (column,) = columns_of(reading(Numeric(0)), [cells])
    expected = [1, 2.5, np.nan, np.nan, np.nan, 1, 3, 4.5, LARGEST, -LARGEST]
    assert np.array_equal(column, np.array(expected, np.float32), equal_nan=True)
    (huge,) = columns_of(reading(Numeric(0)), [np.array([1e300, -1e39])])
    assert huge.tolist() == [LARGEST, -LARGEST]
    (flags,) = columns_of(reading(Numeric(0)), [np.array([True, False])])
    assert flags.tolist() == [1, 0]


@pytest.mark.parametrize("cells", [["x"], np.array(["3.5"]), np.array([1.0, "oops"], dtype=object), [1j]])
def test_text_among_numbers_is_refused(cells):
    with pytest.raises(DataError, match="column 1 must hold numbers, but got "):
        columns_of(reading(Numeric(1), columns=2), [[0] * len(cells), cells])


def test_the_cell_that_makes_a_column_text_is_told_with_its_row():
    cells = np.array(["1", None, "", "abc", "1e+30"], dtype=object)
    with pytest.raises(DataError, match="column 0 must hold numbers, but got 'abc' in row 3: give numbers"):
        columns_of(reading(Numeric(0)), [cells])


def test_categories_do_for_levels_and_missingness_but_not_for_numbers():
    given = Categories(np.array([0, -1], np.int32), ("a",))
    assert columns_of(reading(OneHot(0, ("a",))), [given])[0] is given
    assert columns_of(reading(Missing(0)), [given])[0] is given
    with pytest.raises(DataError, match="column 0 must hold numbers"):
        columns_of(reading(Numeric(0)), [given])


def test_missingness_is_told_whatever_the_type():
    for cells in (np.array([1.0, np.nan]), np.array(["a", None], dtype=object), [None, 3][::-1]):
        (column,) = columns_of(reading(Missing(0)), [cells])
        assert np.isnan(column).tolist() == [False, True]
    (whole,) = columns_of(reading(Missing(0)), [np.array([1, 2])])
    assert whole.tolist() == [0, 0]


def test_rows_must_have_the_shape_of_a_table():
    with pytest.raises(DataError, match="rows must have 1 columns, but got 2"):
        columns_of(reading(Numeric(0)), np.zeros((3, 2)))
    with pytest.raises(DataError, match=r"an array \(rows, columns\)"):
        columns_of(reading(Numeric(0)), np.zeros(3))


def test_columns_that_are_not_read_are_left_out():
    columns = columns_of(reading(Numeric(2), columns=3), np.array([["x", None, 1.5]], dtype=object))
    assert columns[:2] == [None, None]
    assert columns[2].tolist() == [1.5]
