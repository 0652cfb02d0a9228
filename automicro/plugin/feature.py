"""A prepared feature, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Feature"]


@dataclass(frozen=True)
class Feature:
    """Where a prepared feature comes from.

    Parameters
    ----------
    column : int
        Source column.
    name : str
        Name of the feature.
    kind : {"numeric", "level", "lookup", "missing", "gram", "summary"}
        How the source column was decoded. A "gram" is a bucket of hashed grams of a text, mostly 0 and never negative; a "summary" is a
        statistic of a series.
    level : str or None
        The level of a "level"; the window of a "summary": "0 of 4" is the first quarter.

    Examples
    --------
    >>> Feature(0, "island = Dream", "level", "Dream").kind
    'level'
    """

    column: int
    name: str
    kind: Literal["numeric", "level", "lookup", "missing", "gram", "summary"]
    level: str | None = None
