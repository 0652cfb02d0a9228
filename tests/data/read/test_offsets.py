"""Columns whose numbers differ in their last digits keep them: what is subtracted, and that all ways of handing rows over agree."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automicro.data import load_problem, load_table, read_file
from automicro.data.read.offsets import offset_of, shortest_between
from automicro.program import raw_cells
from automicro.program.inputs.numbers import is_offset

RNG = np.random.default_rng(0)
ROWS = 400
WEEK = 1_700_000_000 + RNG.integers(0, 7 * 86400, ROWS)
DIGITS = {
    "unix seconds of 100 s": 1_700_000_000 + np.arange(100),
    "unix seconds of a week": WEEK,
    "unix milliseconds of a day": 1_700_000_000_000.0 + RNG.integers(0, 86_400_000, ROWS),
    "a counter": 10**9 + RNG.integers(0, 500, ROWS),
    "below 0": -(10**9) - RNG.integers(0, 500, ROWS),
    "northing in cm": np.round(5_412_345.67 + RNG.uniform(-300, 300, ROWS), 2),
    "latitude * 1e7": 1_234_567_890 + RNG.integers(0, 60, ROWS),
    "far from 0 in float64": np.linspace(1e8, 1e8 + 3, 100),
    "fractions": 1000.5 + 1e-7 * np.arange(100),
    "nanoseconds of a millisecond": 1_700_000_000 * 10**9 + RNG.integers(0, 10**6, ROWS),
    "identifiers beyond 2**53": 2**62 + RNG.integers(0, 1000, ROWS),
    "identifiers without a sign": 2**63 + RNG.integers(0, 1000, ROWS).astype(np.uint64),
    "some are 0, for missing": np.where(np.arange(ROWS) % 20, WEEK, 0),
}
PLAIN = {
    "years": RNG.integers(1990, 2024, ROWS),
    "wide counts": RNG.integers(0, 10**9, ROWS),
    "pressure": 101_325 + RNG.normal(0, 500, ROWS),
    "the same": np.full(ROWS, 1_700_000_001),
    "two far apart": np.repeat([0.0, 1e9], ROWS // 2),
    "wide and many": 1e6 * RNG.normal(size=50_000),
}


@pytest.mark.parametrize("name", DIGITS)
def test_last_digits_are_kept(name: str) -> None:
    values = DIGITS[name]
    table = load_table({"v": values, "b": np.arange(len(values)) % 7})
    profile = table.profiles[0]
    assert profile.offset
    assert is_offset(profile.offset)
    assert (profile.distinct, profile.merged) == (len(np.unique(values)), 0)
    assert (profile.minimum, profile.maximum) == (float(values.min()), float(values.max()))
    expected = [float(np.float32(float(Fraction(v) - Fraction(profile.offset)))) for v in values.tolist()]
    assert table.columns[0].tolist() == expected  # type: ignore[union-attr]
    assert not any("same in every row" in note for note in table.notes)


@pytest.mark.parametrize("name", PLAIN)
def test_columns_that_need_none_have_no_offset(name: str) -> None:
    values = PLAIN[name]
    table = load_table({"v": values})
    assert table.profiles[0].offset == 0.0
    assert table.columns[0].tobytes() == values.astype(np.float32).tobytes()  # type: ignore[union-attr]


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**6), st.integers(0, 2**32 - 1))
def test_an_offset_never_merges_more(start: int, width: int, seed: int) -> None:
    values = start + np.random.default_rng(seed).integers(0, width, 60)
    offset = offset_of(values, values.astype(np.float64), np.unique(values.astype(np.float64)))
    assert is_offset(offset)
    left = len(np.unique((values - int(offset)).astype(np.float64).astype(np.float32)))
    assert left >= len(np.unique(values.astype(np.float32)))
    if width < 2**16 and abs(start) > 2**34:
        assert left == len(np.unique(values))


@given(st.fractions(), st.fractions(0.001, 10))
def test_the_shortest_number_between_two(low: Fraction, width: Fraction) -> None:
    found = shortest_between(low, low + width)
    assert low <= found <= low + width
    if found:
        twice = 2 * Fraction(found.numerator & -found.numerator, found.denominator)
        assert twice * ((low + width) // twice) < low, "a multiple of a larger power of two lies between them"


NULLABLE = [None, *(2**62 + np.arange(1, 200)).tolist()]


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"v": pd.array(NULLABLE, dtype="Int64")}),
        pl.DataFrame({"v": NULLABLE}),
        pl.DataFrame({"v": NULLABLE}).to_arrow(),
        {"v": NULLABLE},
    ],
    ids=["pandas", "polars", "pyarrow", "dict"],
)
def test_whole_numbers_beyond_float64_are_subtracted_exactly_where_some_are_missing(frame: Any) -> None:
    table = load_table(frame)
    profile = table.profiles[0]
    assert (profile.missing, profile.distinct, profile.merged) == (1, 199, 0)
    assert np.diff(table.columns[0][1:]).tolist() == [1.0] * 198  # type: ignore[index]


def test_a_csv_file_gives_the_same_column(tmp_path: Any) -> None:
    frame = pd.DataFrame({name: values[:100] for name, values in DIGITS.items()})
    frame.to_csv(tmp_path / "t.csv", index=False)
    file, memory = load_table(read_file(tmp_path / "t.csv")), load_table(frame)
    assert [p.offset for p in file.profiles] == [p.offset for p in memory.profiles]
    for name, one, other in zip(memory.names, file.columns, memory.columns, strict=True):
        assert one.tobytes() == other.tobytes(), name  # type: ignore[union-attr]


def test_rows_for_a_model_are_read_less_its_offsets() -> None:
    rows = {"v": DIGITS["a counter"][:50] + 10**6, "w": np.arange(50.0)}
    problem = load_problem(rows, np.arange(50) % 2, offsets={0: 1e9})
    assert [profile.offset for profile in problem.table.profiles] == [1e9, 0.0]
    assert raw_cells(problem.table.columns[0], 1e9) == rows["v"].tolist()
    assert load_problem(rows, np.arange(50) % 2, offsets={}).table.profiles[0].offset == 0.0


def test_a_column_that_equals_the_target_is_named_all_the_same() -> None:
    values = DIGITS["northing in cm"]
    problem = load_problem({"v": values, "b": RNG.normal(size=ROWS)}, values)
    assert any("column 'v' equals the target in every row" in note for note in problem.notes)


def test_parts_of_a_problem_keep_the_numbers_of_the_data() -> None:
    problem = load_problem({"v": WEEK, "b": RNG.normal(size=ROWS)}, np.arange(ROWS) % 2)
    part = problem.only(np.arange(10)).table.profiles[0]
    assert (part.minimum, part.maximum) == (float(WEEK[:10].min()), float(WEEK[:10].max()))


def test_dates_keep_their_seconds() -> None:
    """Days are counted from a day near the data, so that they need no offset."""
    moments = pd.to_datetime(WEEK, unit="s")
    table = load_table(pd.DataFrame({"t": moments}))
    assert table.profiles[0].offset == 0.0
    assert table.profiles[0].distinct == len(np.unique(WEEK))
