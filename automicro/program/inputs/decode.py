"""From columns to features: what decoders mean, over many rows at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.errors import DataError
from automicro.program.inputs.rows import Categories, Texts, batch_of, row_count
from automicro.program.inputs.series import Observed, summary_column
from automicro.program.inputs.texts import gram_matrix
from automicro.program.nodes import Grams, Missing, Numeric, OneHot, Summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.program.inputs.rows import Batch, Column
    from automicro.program.nodes import Decoder, Lookup

__all__ = ["decode"]


def decode(decoders: Sequence[Decoder], batch: Batch | Sequence[Column | None]) -> NDArray[np.float32]:
    """Return the features, float32 (rows, features), that decoders make of all rows of a batch."""
    columns = batch_of(batch).columns
    parts: list[NDArray[np.float32]] = []
    observed: dict[int, Observed] = {}
    for decoder in decoders:
        column = columns[decoder.column] if decoder.column < len(columns) else None
        if column is None:
            raise DataError(f"column {decoder.column} is read by the model, but was not given")
        if isinstance(decoder, Summary):
            if decoder.column not in observed:
                observed[decoder.column] = Observed.of(_series(decoder.column, column))
            parts.append(summary_column(decoder, observed[decoder.column]))
        else:
            parts.extend(_features(decoder, column))
    matrix = np.empty((row_count(columns), len(parts)), dtype=np.float32, order="F")
    for feature, part in enumerate(parts):
        matrix[:, feature] = part
    return matrix


def _holds(column: Column) -> str:
    if isinstance(column, Categories):
        return f"levels such as {column.levels[:1]}"
    return "texts" if isinstance(column, Texts) else "numbers" if column.ndim == 1 else "series"


def _series(index: int, column: Column) -> NDArray[np.float32]:
    if not isinstance(column, np.ndarray) or column.ndim != 2:
        raise DataError(f"column {index} must hold series, but holds {_holds(column)}")
    return column


def _features(decoder: Decoder, column: Column) -> list[NDArray[np.float32]]:
    if isinstance(decoder, Missing):
        return [_where_missing(column).astype(np.float32)]
    if isinstance(decoder, Numeric):
        if not isinstance(column, np.ndarray) or column.ndim != 1:
            raise DataError(f"column {decoder.column} must hold numbers, but holds {_holds(column)}")
        clipped = np.clip(column, -np.finfo(np.float32).max, np.finfo(np.float32).max)
        return [clipped if decoder.fill is None else np.where(np.isnan(column), np.float32(decoder.fill), clipped)]
    if isinstance(decoder, Grams):
        if not isinstance(column, Texts):
            raise DataError(f"column {decoder.column} must hold texts, but holds {_holds(column)}")
        return list(gram_matrix(decoder, column.values).T)
    if not isinstance(column, Categories):
        raise DataError(f"column {decoder.column} must hold levels, but holds {_holds(column)}")
    return _level_features(decoder, column)  # type: ignore[arg-type]  # summaries are not decoded here, all other kinds are above


def _level_features(decoder: OneHot | Lookup, column: Categories) -> list[NDArray[np.float32]]:
    position_of: dict[str | None, int] = {level: code for code, level in enumerate(column.levels)}
    position_of[None] = -1
    codes = column.codes
    if isinstance(decoder, OneHot):
        return [(codes == position_of.get(level, -2)).astype(np.float32) for level in decoder.levels]
    values = np.full(len(column.levels) + 1, decoder.default, dtype=np.float32)  # the last entry is the missing value's
    for level, value in zip(decoder.levels, decoder.values.values, strict=True):
        if level in position_of:
            values[position_of[level]] = value
    return [values[codes]]


def _where_missing(column: Column) -> NDArray[np.bool_]:
    if isinstance(column, Categories):
        return column.codes < 0
    if isinstance(column, Texts):
        return np.array([text is None for text in column.values], dtype=np.bool_)
    return np.isnan(column) if column.ndim == 1 else np.asarray(np.isnan(column).all(axis=1))
