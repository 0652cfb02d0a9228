"""Columns of any library are the same columns; what no model can read is refused by name."""

from __future__ import annotations

import datetime as dt
import decimal
import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from automicro.data import load_problem, load_table
from automicro.errors import DataError
from automicro.program import Categories, Missing, Numeric, OneHot, Program, columns_of
from automicro.program.nodes import Affine
from automicro.program.weights import Weights

CELLS = {
    "whole": [3, None, 1, 3],
    "real": [0.5, -1.25, None, 1e-3],
    "flag": [True, None, False, True],
    "text": ["b", "a", None, "b"],
}


def pandas_table() -> pd.DataFrame:
    frame = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in CELLS.items()})
    frame["real"] = frame["real"].astype(float)
    frame["whole"] = frame["whole"].astype("Int64")
    frame["flag"] = frame["flag"].astype("boolean")
    return frame.assign(kind=pd.Categorical(CELLS["text"]))


TABLES = {
    "pandas": pandas_table,
    "polars": lambda: pl.DataFrame(CELLS).with_columns(kind=pl.Series(CELLS["text"]).cast(pl.Enum(["b", "a"]))),
    "pyarrow": lambda: pa.table({**CELLS, "kind": pa.array(CELLS["text"]).dictionary_encode()}),
    "dict": lambda: {**CELLS, "kind": CELLS["text"]},
    "dicts": lambda: [
        dict(zip([*CELLS, "kind"], row, strict=True)) for row in zip(*CELLS.values(), CELLS["text"], strict=True)
    ],
}


@pytest.mark.parametrize("library", TABLES)
def test_every_library_gives_the_same_columns(library):
    table = load_table(TABLES[library]())
    assert table.names == ("whole", "real", "flag", "text", "kind")
    assert [p.kind for p in table.profiles] == ["numeric", "numeric", "boolean", "category", "category"]
    assert [p.missing for p in table.profiles] == [1] * 5
    assert [p.distinct for p in table.profiles] == [2, 3, 2, 2, 2]
    assert [p.integral for p in table.profiles] == [True, False, True, False, False]
    for name, column in zip(table.names[:3], table.columns, strict=False):
        expected = np.array([np.nan if v is None else v for v in CELLS[name]], dtype=np.float32)
        np.testing.assert_array_equal(column, expected)
        assert column.dtype == np.float32
    for column in table.columns[3:]:
        assert column.levels == ("b", "a")
        assert column.codes.tolist() == [0, 1, -1, 0]


@pytest.mark.parametrize(
    ("matrix", "kinds"),
    [
        (np.array([[1.5, 2], [3, np.nan]]), ["numeric", "numeric"]),
        (np.array([[1, 2], [3, 4]], dtype=np.int8), ["numeric", "numeric"]),
        (np.array([[True, False], [False, True]]), ["boolean", "boolean"]),
        (np.array([["a", "b"], ["c", "d"]]), ["category", "category"]),
        (np.array([[1, "b"], [None, "d"]], dtype=object), ["numeric", "category"]),
        ([[1, "b"], [2.5, None]], ["numeric", "category"]),
        (np.ma.masked_array([[1, 2], [3, 4]], [[0, 1], [0, 0]]), ["numeric", "numeric"]),
    ],
)
def test_arrays_and_rows(matrix, kinds):
    table = load_table(matrix)
    assert table.names == ("x0", "x1")
    assert [p.kind for p in table.profiles] == kinds
    assert table.rows == 2


def test_a_masked_cell_is_missing():
    assert [p.missing for p in load_table(np.ma.masked_array([[1, 2], [3, 4]], [[0, 1], [0, 0]])).profiles] == [0, 1]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([True, 2, None], "numeric"),
        ([decimal.Decimal("1.5"), None, 2], "numeric"),
        ([np.float64("nan"), np.float32(2), 1], "numeric"),
        ([pd.NA, 1, 2], "numeric"),
        ([np.bool_(True), None, False], "boolean"),
        ([None, None], "numeric"),
        ([np.str_("a"), None, "b"], "category"),
    ],
)
def test_objects_are_told_by_their_values(cells, kind):
    assert load_table({"a": cells}).profiles[0].kind == kind


REFUSED = {
    "numbers mixed with text": ([1, "many", 2.5], "2 numbers and 1 texts .'many'.*None for missing"),
    "infinite": ([1.0, np.inf], "infinities .1 of 2 rows.*NaN"),
    "beyond float32": ([1.0, 1e300], "beyond 32-bit floats"),
    "beyond float64": ([1, 10**400], "infinities"),
    "complex": ([1j, 2], "complex numbers"),
    "dates and durations": ([dt.date(2020, 1, 1), dt.timedelta(1)], "dates or times"),
    "list": ([[1], [2, 3]], "lists or records"),
    "dict": ([{}, {}], "lists or records"),
    "bytes": ([b"a", b"b"], "bytes.*UTF-8"),
    "object": ([object(), object()], "type object"),
    "period": ([pd.Period("2020")] * 2, "type Period"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_no_model_can_read_is_refused_by_name(case):
    cells, sentence = REFUSED[case]
    with pytest.raises(DataError, match=f"^column 'age' .*{sentence}"):
        load_table({"size": [1, 2, 3][: len(cells)], "age": cells})


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "'a' occurs twice"),
        (pd.DataFrame([[1, 2]], columns=["1", 1]), "'1' occurs twice"),
        (pa.table([[1], [2]], names=["a", "a"]), "'a' occurs twice"),
        (np.zeros((0, 2)), "rows to learn from"),
        (np.zeros((2, 0)), "at least one column"),
        (pd.DataFrame(index=range(3)), "at least one column"),
        (np.zeros(3), r"shape is \(3,\)"),
        (np.zeros((2, 2, 2)), "rows and columns"),
        (np.zeros(2, dtype=[("a", "f4")]), "structured"),
        (scipy.sparse.eye_array(3).tocsr(), "toarray"),
        (pl.LazyFrame({"a": [1]}), "collect it first"),
        (pl.DataFrame({"a": [[1, 2]]}), "'a' must hold .* lists"),
        (pl.DataFrame({"a": [{"b": 1}, {"b": 2}]}), "'a' must hold .* lists or records"),
        ([[1, 2], [3]], "equally long"),
        ([1, 2], "element 0 is 1"),
        ({"a": [1, 2], "b": [1]}, "'a' has 2 rows and 'b' has 1"),
        ({"a": 3}, "'a' must be a list or an array"),
        ("data.csv", "is the path 'data.csv': pass pandas.read_csv.* `automicro select data.csv --target NAME`"),
        (None, "but is a NoneType"),
    ],
)
def test_what_is_no_table_is_refused(data, sentence):
    with pytest.raises(DataError, match=sentence) as refusal:
        load_table(data)
    assert "\n" not in str(refusal.value)
    assert not str(refusal.value).endswith(".")


@pytest.mark.parametrize(
    ("cells", "note"),
    [
        ([None] * 30, "missing in every row and is not used"),
        ([7] * 30, "same in every row and is not used"),
        ([f"id{i}" for i in range(30)], "30 different texts in 30 rows"),
        ([str(i % 9) for i in range(29)] + ["?"], "whole numbers as text are read as levels: 'a'"),
        ([2**25 + 1, *range(29)], "32-bit floats leave gaps"),
    ],
)
def test_what_is_of_no_use_is_noted_and_kept(cells, note):
    table = load_table({"a": cells, "b": [i % 7 for i in range(30)]})
    assert table.names == ("a", "b")
    assert len(table.notes) == 1
    assert re.search(note, table.notes[0])


def test_ten_thousand_levels_are_read():
    table = load_table({"id": [f"level {i % 10_000}" for i in range(20_000)]})
    assert table.profiles[0].distinct == len(table.columns[0].levels) == 10_000


cells_of_a_kind = st.one_of(
    st.lists(st.one_of(st.none(), st.floats(-1e30, 1e30), st.integers(-(2**60), 2**60), st.booleans()), min_size=1),
    st.lists(st.one_of(st.none(), st.text(max_size=3)), min_size=1),
)


@given(cells=cells_of_a_kind)
def test_training_and_prediction_read_a_column_alike(cells):
    table = load_table({"a": cells})
    column = table.columns[0]
    body = Affine(Weights.of([[1.0]]), Weights.of([0.0]))
    category = isinstance(column, Categories)
    program = Program(1, (OneHot(0, ("a",)) if category else Numeric(0),), body, "identity")
    raw = table.readings[0].read(np.fromiter(cells, dtype=object, count=len(cells)), "a")
    again = columns_of(program, [raw])[0]
    if category:
        assert [column.levels[c] if c >= 0 else None for c in column.codes] == [
            again.levels[c] if c >= 0 else None for c in again.codes
        ]
    else:
        np.testing.assert_array_equal(column, again)
    missing = columns_of(Program(1, (Missing(0),), body, "identity"), [raw])[0]
    codes = column.codes < 0 if category else np.isnan(column)
    np.testing.assert_array_equal(np.isnan(missing), codes)


@pytest.mark.parametrize(
    ("numbers", "left"),
    [(np.repeat([1e8, 1e9], 50) + np.arange(100) % 50, 9), (1e-60 * np.arange(1, 101), 1)],
    ids=["two clusters", "below float32"],
)
def test_numbers_that_float32_merges_are_named_with_the_remedy(numbers: np.ndarray, left: int) -> None:
    table = load_table({"t": numbers, "b": np.arange(100) % 7})
    assert (table.profiles[0].distinct, table.profiles[0].merged, table.profiles[0].offset) == (left, 100 - left, 0.0)
    assert table.notes[-1] == (
        f"column 't' has 100 different numbers, but only {left} as 32-bit floats: give the digits that matter a column of "
        "their own, here and in later files"
    )


def test_a_column_that_varies_is_not_called_the_same_in_every_row() -> None:
    with pytest.raises(DataError, match=r"at least one column must vary, but column 'v' has 100 different numbers"):
        load_problem({"v": 1e-60 * np.arange(1, 101)}, np.arange(100) % 2)
    with pytest.raises(DataError, match="each is the same in every row"):
        load_problem({"v": np.full(100, 1_700_000_001)}, np.arange(100) % 2)


def test_numbers_of_many_digits_over_a_wide_range_are_not_named() -> None:
    rng = np.random.default_rng(0)
    table = load_table(
        {"a": rng.random(50_000), "b": 1e6 * rng.normal(size=50_000), "c": 293.15 + rng.normal(size=50_000).round(2)}
    )
    assert table.notes == ()
