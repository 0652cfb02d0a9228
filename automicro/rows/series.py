"""Series as `select` and `Model.predict` take them, as one array."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Series", "holds_series", "series_rows"]


@dataclass(frozen=True, eq=False)
class Series:
    """Series of equally many channels, as `select` and `Model.predict` take them.

    Parameters
    ----------
    values : array of float, (series, channels, steps)
        Shorter series end in NaN.
    names : tuple of str
        Names of the channels.
    labels : dict of str to array, each (series,)
        Columns with one value for each series, such as the target.
    ids : array, (series,), or None
        What identifies each series: a pandas target with these labels as its index is taken by label.
    """

    values: NDArray[np.floating[Any]]
    names: tuple[str, ...]
    labels: dict[str, NDArray[Any]] = field(default_factory=dict)
    ids: NDArray[Any] | None = None

    def __len__(self) -> int:
        return len(self.values)


def holds_series(X: Any) -> bool:
    """Whether X is series rather than a table: a `Series`, an array (series, channels, steps), or a list of arrays (channels, steps)."""
    if isinstance(X, Series):
        return True
    if isinstance(X, list | tuple):
        return bool(X) and all(isinstance(one, np.ndarray) and one.ndim == 2 for one in X)
    return isinstance(X, np.ndarray) and X.ndim == 3


def series_rows(X: Any, channels: int | None = None) -> NDArray[np.float64]:
    """Return series as one array (series, channels, steps), shorter ones ending in NaN; one series may be given alone.

    Raises
    ------
    DataError
        If series differ in channels or have others than `channels`, or do not hold numbers.
    """
    if isinstance(X, Series):
        X = X.values
    if isinstance(X, np.ndarray) and X.ndim == 2 and channels is not None:
        X = X[None]
    if not holds_series(X):
        shape = f"their shape is {X.shape}" if isinstance(X, np.ndarray) else f"they are a {type(X).__name__}"
        raise DataError(
            "series must be an array (series, channels, steps), a list of arrays (channels, steps) or what "
            f"automicro.series_of makes of a long table, but {shape}"
        )
    widths = {one.shape[0] for one in X}
    expected = {channels} if channels is not None else widths if len(widths) == 1 else set()
    if len(X) and widths != expected:
        wanted = f"{channels}" if channels is not None else "equally many"
        raise DataError(f"series must have {wanted} channels, but have {', '.join(map(str, sorted(widths)))}")
    if not isinstance(X, np.ndarray):
        padded = np.full((len(X), widths.pop(), max(one.shape[1] for one in X)), np.nan)
        for row, one in zip(padded, X, strict=True):
            row[:, : one.shape[1]] = _floats(one)
        return padded
    return _floats(X)


def _floats(values: NDArray[Any]) -> NDArray[np.float64]:
    if isinstance(values, np.ma.MaskedArray):
        values = np.ma.filled(values.astype(np.float64), np.nan)
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"series must hold numbers, but hold {values.reshape(-1)[:1].tolist()!r}") from None
