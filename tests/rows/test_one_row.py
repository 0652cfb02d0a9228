"""A data frame of one row is read as any table is: the same bits, the same errors."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from automicro.errors import AutomicroError
from automicro.program import Affine, Missing, Numeric, OneHot, Program, Weights
from automicro.rows.one_row import FrameRow
from automicro.runtime.model import Model

pd = pytest.importorskip("pandas")

NAMES = ("a", "b", "c", "d")
LEVELS = ("1", "0.1", "0.10000000149011612", "True", "x", None)
CELLS: dict[str, tuple[Any, ...]] = {
    "float64": (0.1, 1.0, np.nan, np.inf, 1e300),
    "float32": (0.1, 1.0, np.nan, -np.inf),
    "float16": (0.1, 1.0, np.nan),
    "int64": (0, 1, -7, 2**60),
    "uint8": (0, 1, 255),
    "bool": (True, False),
    "object": (
        0.1,
        np.float32(0.1),
        1,
        True,
        "x",
        "1",
        "no number",
        None,
        np.nan,
        Decimal("0.1"),
        (1, 2),
        b"x",
        2**2000,
    ),
    "str": ("x", "1", "y", None),
    "category": ("x", "1", None, 1, 0.1, True),
    "Int64": (1, 0, None),
    "Float32": (0.1, 1.0, None),
    "boolean": (True, False, None),
    "string": ("x", "1", None),
    "datetime64[ns]": (dt.datetime(2020, 1, 2, tzinfo=dt.UTC).replace(tzinfo=None), None),
    "float[pyarrow]": (0.1, 1.0, None),
    "double[pyarrow]": (0.1, 1.0, None),
    "int32[pyarrow]": (1, 0, None),
    "bool[pyarrow]": (True, None),
    "string[pyarrow]": ("x", "1", None),
}


def model_of(rng: np.random.Generator) -> Model:
    """Return a model that reads three of four columns, each as a number, as levels or as missing or not."""
    read = sorted(rng.choice(4, 3, replace=False).tolist())
    made: list[Any] = []
    for column in read:
        kinds = (Numeric(column, fill=0.5), Numeric(column), OneHot(column, LEVELS), Missing(column))
        made.append(kinds[rng.integers(len(kinds))])
    features = sum(len(LEVELS) if isinstance(decoder, OneHot) else 1 for decoder in made)
    body = Affine(Weights.of([rng.normal(size=features).tolist()]), Weights.of([0.25]))
    return Model(Program(4, tuple(made), body, "identity"), {"columns": [{"name": name} for name in NAMES]})


def column_of(rng: np.random.Generator) -> Any:
    dtype = str(rng.choice(list(CELLS)))
    cells = CELLS[dtype]
    if "pyarrow" in dtype:
        pytest.importorskip("pyarrow")
    value = cells[rng.integers(len(cells))]
    if dtype == "object":
        column = pd.Series([None], dtype=object)
        column.iloc[0] = value
        return column
    return pd.Series([value], dtype=dtype)


def answer(model: Model, frame: Any) -> tuple[str, bytes | str]:
    try:
        return "predicts", model.predict(frame).tobytes()
    except AutomicroError as error:
        return type(error).__name__, str(error)


def of_table(model: Model) -> Model:
    """Return the same model, which reads one row as it reads many."""
    other = Model(model.program, model.card)
    other._frame_row = None
    return other


@pytest.mark.parametrize("seed", range(8))
def test_one_row_of_pandas_is_read_as_a_table_is(seed: int) -> None:
    rng = np.random.default_rng(seed)
    quick = 0
    for _ in range(60):
        model = model_of(rng)
        names = [*rng.permutation(NAMES), "more"][: rng.integers(3, 6)]
        frame = pd.concat([column_of(rng).rename(name) for name in names], axis=1)
        assert answer(model, frame) == answer(of_table(model), frame), frame.dtypes
        assert model._frame_row is not None
        quick += model._frame_row(frame) is not None
    assert quick >= 10  # so often is nothing left to the general path


@pytest.mark.parametrize("seed", range(4))
def test_one_row_of_polars_is_read_as_a_table_is(seed: int) -> None:
    pl = pytest.importorskip("polars")
    rng = np.random.default_rng(seed)
    kinds = {
        pl.Float64: (0.1, 1.0, None, float("nan")),
        pl.Float32: (0.1, 1.0, None),
        pl.Int64: (0, 1, None),
        pl.UInt8: (1, 255),
        pl.Boolean: (True, False, None),
        pl.String: ("x", "1", None),
        pl.Categorical: ("x", "1", None),
        pl.Date: (dt.date(2020, 1, 2), None),
        pl.Null: (None,),
    }
    for _ in range(60):
        model = model_of(rng)
        columns = {}
        for name in [*rng.permutation(NAMES), "more"][: rng.integers(3, 6)]:
            kind = list(kinds)[rng.integers(len(kinds))]
            columns[str(name)] = pl.Series([kinds[kind][rng.integers(len(kinds[kind]))]], dtype=kind)
        frame = pl.DataFrame(columns)
        assert answer(model, frame) == answer(of_table(model), frame), frame.schema


def test_frames_that_differ_in_their_columns_are_read_one_after_the_other() -> None:
    model = model_of(np.random.default_rng(3))
    whole = pd.DataFrame([[0.5, 1.0, 2.0, 3.0]], columns=list(NAMES))
    for frame in (
        whole,
        whole[["d", "c", "b", "a"]],
        whole.assign(e="x"),
        whole,
        whole.rename(columns={"a": "b", "b": "a"}),
    ):
        assert answer(model, frame) == answer(of_table(model), frame)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(columns=list(NAMES), dtype=float),
        pd.DataFrame([[1.0] * 4] * 2, columns=list(NAMES)),
        pd.DataFrame([[1.0] * 3], columns=list(NAMES[:3])),
        pd.DataFrame([[1.0] * 5], columns=[*NAMES, "a"]),
        pd.DataFrame([[1.0] * 5], columns=[*NAMES, 7]),
        pd.DataFrame([[1.0] * 4], columns=pd.MultiIndex.from_product([["x", "y"], ["a", "b"]])),
        pd.Series([1.0] * 4, index=list(NAMES)),
        [[1.0] * 4],
    ],
)
def test_what_is_no_plain_frame_of_one_row_is_left_to_the_general_path(frame: Any) -> None:
    assert FrameRow(NAMES, (0, 1, 2, 3))(frame) is None


@pytest.mark.parametrize(
    "cells",
    [
        [0.5, "x", None, True],
        [np.float32(0.1), np.int8(3), np.bool_(True), np.nan],
        [dt.datetime(2020, 1, 2, tzinfo=dt.UTC).replace(tzinfo=None), 1.0, "x", Decimal("0.1")],
        [np.datetime64("2020-01-02"), np.float32(0.1), "x", [1, 2]],
    ],
)
def test_a_series_has_the_cells_of_its_dict(cells: list[Any]) -> None:
    from automicro.rows.reader import _cells_of

    series = pd.Series(cells, index=["a", 1, "c", "a"], dtype=object)
    found, expected = _cells_of(series), series.to_dict()
    assert list(found) == list(expected)
    assert [(type(value), repr(value)) for value in found.values()] == [
        (type(value), repr(value)) for value in expected.values()
    ]
