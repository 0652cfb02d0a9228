"""Preparation: from columns to the features that a family trains on, learnt on training rows only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from automicro.data.encode import LevelValues, listed_levels, lookup_values
from automicro.data.relevance import rank_columns
from automicro.data.short import short_number
from automicro.errors import DataError
from automicro.plugin import ColumnProfile, Feature
from automicro.program import Affine, Categories, Lookup, Missing, Numeric, OneHot, Weights
from automicro.program.evaluate import decode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.data.problem import Problem
    from automicro.program import Column, Decoder

__all__ = ["Preparation", "PreparationSettings", "features_at_most", "take"]

FLAGGED_SHARE, FLAGGED_ROWS = 0.01, 10
MOST_LEVELS = 128
CATEGORY_NAME = {"onehot": "one-hot", "ordinal": "ordinal", "target": "target"}


@dataclass(frozen=True)
class PreparationSettings:
    """What a preparation does.

    Parameters
    ----------
    missing : {"fill", "keep"}
        Numbers: fill with a short number near the median and flag where missing values are frequent and tell something, or keep NaN.
    categories : {"onehot", "ordinal", "target"}
        One feature a level; one feature with the level's rank by its target mean; one feature with its smoothed target mean.
    scaled : bool
        Whether training features have mean 0 and variance 1.
    rare : float
        Smallest share of the training rows with which a level (or missing, of a category) is told from the others.
    columns : int or None
        Use at most this many source columns, the most relevant.
    """

    missing: Literal["fill", "keep"] = "fill"
    categories: Literal["onehot", "ordinal", "target"] = "onehot"
    scaled: bool = False
    rare: float = 0.01
    columns: int | None = None


@dataclass(frozen=True, eq=False)
class Preparation:
    """How raw columns become features, as decoders of a program.

    Parameters
    ----------
    decoders : tuple of Decoder
    features : tuple of Feature
        One for each feature that the decoders make.
    fit_matrix : array of float32, (training rows, features)
        What to train on: scaled if the settings say so, target encodings cross-fitted.
    scaling : Affine or None
        Stands between the decoders and the body of the program where features are scaled.
    """

    decoders: tuple[Decoder, ...]
    features: tuple[Feature, ...]
    fit_matrix: NDArray[np.float32]
    scaling: Affine | None = None

    @classmethod
    def fit(
        cls,
        problem: Problem,
        rows: NDArray[np.int64],
        settings: PreparationSettings,
        *,
        seed: int = 0,
        ranking: Sequence[int] | None = None,
    ) -> Preparation:
        """Learn from some rows of a problem.

        Parameters
        ----------
        problem : Problem
        rows : array of int, (training rows,)
        settings : PreparationSettings
        seed : int
            Of the cross-fitting of target encodings and of the ranking.
        ranking : sequence of int, optional
            Column numbers, the most relevant first, as `rank_columns` gives them for the same rows; used where `settings.columns` is set.

        Raises
        ------
        DataError
            If no column varies within the rows.
        """
        if settings.columns is not None and ranking is None:
            ranking = rank_columns(problem, rows, seed)
        chosen = (
            range(len(problem.table.columns))
            if settings.columns is None
            else sorted((ranking or ())[: settings.columns])
        )
        made: list[_Part] = []
        for j in chosen:
            made += _parts(problem, j, rows, settings, seed)
        if not made:
            raise DataError(
                "no column is left to learn from: each has one value, or only rare levels, in the training rows"
            )
        decoders = tuple(part.decoder for part in made)
        features = tuple(feature for part in made for feature in part.features)
        X = decode(decoders, _taken(decoders, problem.table.columns, rows))
        place = 0
        for part in made:
            if part.training is not None:
                X[:, place] = part.training
            place += len(part.features)
        scaling = None
        if settings.scaled:
            scaling, X = _scale(X)
        return cls(decoders, features, X, scaling)

    def transform(self, columns: Sequence[Column], rows: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
        """Return the features (rows, features) that a program with these decoders computes, before any scaling."""
        return decode(self.decoders, _taken(self.decoders, columns, rows))


@dataclass(frozen=True, eq=False)
class _Part:
    """A decoder and its features; `training` stands in for the single feature of a target encoding in training."""

    decoder: Decoder
    features: tuple[Feature, ...]
    training: NDArray[np.float32] | None = None


def take(column: Column, rows: NDArray[np.int64]) -> Column:
    """Return some rows of a column."""
    return Categories(column.codes[rows], column.levels) if isinstance(column, Categories) else column[rows]


def _taken(
    decoders: Sequence[Decoder], columns: Sequence[Column], rows: NDArray[np.int64] | None
) -> list[Column | None]:
    if rows is None:
        return list(columns)
    used = {decoder.column for decoder in decoders}
    return [take(column, rows) if j in used else None for j, column in enumerate(columns)]


def _parts(problem: Problem, j: int, rows: NDArray[np.int64], settings: PreparationSettings, seed: int) -> list[_Part]:
    column, profile = take(problem.table.columns[j], rows), problem.table.profiles[j]
    if not isinstance(column, Categories):
        return _numeric_parts(j, column, profile, problem.target[rows], settings)
    if settings.categories == "onehot":
        return _onehot_parts(j, column, profile.name, settings.rare)
    made = lookup_values(problem, rows, column, settings.categories, settings.rare, seed)
    return [] if made is None else [_lookup_part(j, profile.name, made)]


def _numeric_parts(
    j: int,
    x: NDArray[np.float32],
    profile: ColumnProfile,
    target: NDArray[np.int64] | NDArray[np.float64],
    settings: PreparationSettings,
) -> list[_Part]:
    missing = np.isnan(x)
    count = int(missing.sum())
    known = x[~missing] if count else x
    if not len(known):
        return []
    varies = bool(known.min() < known.max())
    feature = Feature(j, profile.name, "numeric")
    if settings.missing == "keep":
        return [_Part(Numeric(j), (feature,))] if varies or count else []
    parts = [_Part(Numeric(j, _fill(known, profile, count)), (feature,))] if varies else []
    if count >= max(FLAGGED_ROWS, FLAGGED_SHARE * len(x)) and _tells(missing, target):
        parts.append(_Part(Missing(j), (Feature(j, f"{profile.name} missing", "missing"),)))
    return parts


def _fill(known: NDArray[np.float32], profile: ColumnProfile, missing: int) -> float:
    """A short number near the median: within a tenth of a standard deviation, half of one where nothing is missing in training."""
    median = float(np.median(known))
    if profile.kind == "boolean":
        return float(round(median))
    return short_number(median, float(known.std(dtype=np.float64)) * (0.1 if missing else 0.5))


def _tells(missing: NDArray[np.bool_], target: NDArray[np.int64] | NDArray[np.float64]) -> bool:
    """Whether the target differs between rows where the column is missing and the others (two standard errors, for any class)."""
    if missing.all():
        return False
    outcomes = target[:, None] if target.dtype.kind == "f" else target[:, None] == np.unique(target)[None, :]
    there, gone = outcomes[~missing].astype(np.float64), outcomes[missing].astype(np.float64)
    error = np.sqrt(there.var(axis=0) / len(there) + gone.var(axis=0) / len(gone))
    return bool((np.abs(there.mean(axis=0) - gone.mean(axis=0)) > 2.0 * error).any())


def _onehot_parts(j: int, column: Categories, name: str, rare: float) -> list[_Part]:
    levels = listed_levels(column, rare)
    known = [level for level in levels if level is not None]
    counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.levels))
    if len(known) == 2 and np.count_nonzero(counts) == 2:
        levels.remove(known[0])  # the more frequent of two: zeros say the same
    elif len(known) == 1 and counts.max() == len(column.codes):
        return []
    if not levels:
        return []
    features = tuple(
        Feature(j, f"{name} missing" if level is None else f"{name}={level}", "level", level) for level in levels
    )
    return [_Part(OneHot(j, tuple(levels)), features)]


def _lookup_part(j: int, name: str, made: LevelValues) -> _Part:
    decoder = Lookup(j, made.levels, Weights.of(made.values), made.default)
    return _Part(decoder, (Feature(j, name, "lookup"),), made.training)


def _scale(X: NDArray[np.float32]) -> tuple[Affine, NDArray[np.float32]]:
    mean = np.nanmean(X, axis=0, dtype=np.float64)
    deviation = np.nanstd(X, axis=0, dtype=np.float64)
    scale = 1.0 / np.where(deviation > 0, deviation, 1.0)
    affine = Affine(Weights.of(np.diag(scale)), Weights.of(-mean * scale))
    scaled = (X - mean) * scale
    return affine, np.asfortranarray(scaled, dtype=np.float32)


def features_at_most(profiles: Sequence[ColumnProfile], settings: PreparationSettings) -> int:
    """Return the most features that a preparation with these settings can make of columns with these profiles."""
    counts = sorted((_features_of(profile, settings) for profile in profiles), reverse=True)
    return sum(counts[: settings.columns])


def _features_of(profile: ColumnProfile, settings: PreparationSettings) -> int:
    if not profile.distinct or (profile.distinct == 1 and not profile.missing):
        return 0
    flags = int(profile.missing > 0)
    if profile.kind != "category":
        return 1 + flags * (settings.missing == "fill")
    if settings.categories != "onehot":
        return 1
    most = min(profile.distinct, MOST_LEVELS, int(1 / settings.rare) if settings.rare > 0 else MOST_LEVELS)
    return most + flags
