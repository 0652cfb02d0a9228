"""What a score loses when the rows are not as clean as in training: noise, gaps, wrong units, categories never seen, a column gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.measure.metrics.score import score
from automicro.program import Batch, Categories, Texts, columns_read, evaluate, offsets_of
from automicro.request import STRESSES, metric

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from automicro.data import Problem
    from automicro.program import Column, Program

    Floats = NDArray[np.float64]

__all__ = ["Stress", "stresses"]

DIGITS = 12  # of a loss: what averaging rounds away is none
UNSEEN = "\ue000 never seen"  # a private character, which no data hold


@dataclass(frozen=True)
class Stress:
    """The score under one stress.

    Parameters
    ----------
    name : str
        A key of `automicro.request.STRESSES`, which says how strong it is.
    loss : float
        What is lost of the score, whatever its direction: above 0 is worse.
    score : float
    column : str or None
        The column that it was worst for, where columns are stressed one at a time.
    """

    name: str
    loss: float
    score: float
    column: str | None = None


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows to be stressed: their columns, which of them are read, the spread and range of numbers, and what these are read less."""

    columns: tuple[Column | None, ...]
    read: tuple[int, ...]
    numbers: tuple[int, ...]
    generator: np.random.Generator
    offsets: Mapping[int, float]

    def spread(self, column: int) -> float:
        """Return the standard deviation of a column of numbers."""
        known = self._known(column)
        return float(np.std(known)) if known.size else 0.0

    def width(self, column: int) -> float:
        """Return the observed range of a column of numbers."""
        known = self._known(column)
        return float(np.ptp(known)) if known.size else 0.0

    def _known(self, column: int) -> Floats:
        values = np.asarray(self.columns[column], dtype=np.float64)
        return values[np.isfinite(values)]

    def with_columns(self, changed: dict[int, Column]) -> tuple[Column | None, ...]:
        """Return the columns with some others in their place."""
        return tuple(changed.get(place, column) for place, column in enumerate(self.columns))


def stresses(
    program: Program,
    problem: Problem,
    metric_name: str,
    *,
    names: Collection[str] | None = None,
    repeats: int = 5,
    seed: int = 0,
) -> tuple[Stress, ...]:
    """Return what each stress takes from the score.

    Parameters
    ----------
    program : Program
    problem : Problem
        Rows that the model was not trained on, with their target.
    metric_name : str
    names : collection of str, optional
        Keys of `automicro.request.STRESSES`; all that touch a column that the program reads, if not given.
    repeats : int
        Draws of what is random, over which the score is averaged.
    seed : int

    Notes
    -----
    Noise and shifts are measured in the spread and the range of the columns of these rows. Only columns that the program reads are
    stressed; yes-or-no columns get no noise and no wrong unit. A model that predicts no number under a stress loses everything it could.
    """
    batch, facts = problem.batch(), metric(metric_name)

    def value(columns: tuple[Column | None, ...]) -> float:
        prediction = evaluate(program, Batch(columns, batch.topology, batch.keep))
        if not np.isfinite(prediction).all():
            return -np.inf * facts.sign
        return score(metric_name, problem.target, prediction, problem.weights)

    whole, found, read = value(batch.columns), [], columns_read(program)
    numbers = _numbers(problem, read)
    untouched = set()
    if not numbers:
        untouched |= {"noise", "gain", "shift"}
    if not any(isinstance(batch.columns[column], Categories) for column in read):
        untouched.add("drift")
    for name in STRESSES if names is None else names:
        if names is None and name.partition("_")[0] in untouched:
            continue
        rows = _Rows(batch.columns, read, numbers, np.random.default_rng(seed), offsets_of(program.decoders))
        found.append(_worst(name, rows, (whole, facts.sign), value, (problem.table.names, repeats)))
    return tuple(found)


def _numbers(problem: Problem, read: Iterable[int]) -> tuple[int, ...]:
    kinds = [profile.kind for profile in problem.table.profiles]
    return tuple(column for column in read if kinds[column] in ("numeric", "series"))


def _worst(
    name: str,
    rows: _Rows,
    whole: tuple[float, float],
    value: Callable[[tuple[Column | None, ...]], float],
    names_and_repeats: tuple[tuple[str, ...], int],
) -> Stress:
    kind, _, percent = name.partition("_")
    share = float(percent) / 100 if percent.isdigit() else 1.0
    clean, sign = whole
    names, repeats = names_and_repeats
    if kind in SPREAD:
        drawn = [value(rows.with_columns(SPREAD[kind](rows, share))) for _ in range(repeats)]
        mean = float(np.mean(drawn))
        return Stress(name, round(sign * (clean - mean), DIGITS), mean)
    worst = Stress(name, 0.0, clean)
    for column, changed in SINGLE[kind](rows, share):
        stressed = value(rows.with_columns({column: changed}))
        if (loss := sign * (clean - stressed)) > worst.loss:
            worst = Stress(name, loss, stressed, names[column])
    return worst


def _noise(rows: _Rows, share: float) -> dict[int, Column]:
    """Add normal noise to every number."""
    changed: dict[int, Column] = {}
    for column in rows.numbers:
        values = np.asarray(rows.columns[column], dtype=np.float32)
        noise = rows.generator.normal(0.0, share * rows.spread(column), values.shape)
        changed[column] = (values + noise).astype(np.float32)
    return changed


def _missing(rows: _Rows, share: float) -> dict[int, Column]:
    """Take cells away."""
    return {column: _without(own, rows.generator, share) for column, own in _own(rows)}


def _drift(rows: _Rows, share: float) -> dict[int, Column]:
    """Put a category that was never seen in some cells of categories."""
    changed: dict[int, Column] = {}
    for column, own in _own(rows):
        if isinstance(own, Categories):
            gone = rows.generator.random(len(own.codes)) < share
            codes = np.where(gone, np.int32(len(own.levels)), own.codes).astype(np.int32)
            changed[column] = Categories(codes, (*own.levels, UNSEEN))
    return changed


def _gain(rows: _Rows, share: float) -> Iterator[tuple[int, Column]]:
    for column in rows.numbers:
        values, offset = np.asarray(rows.columns[column], dtype=np.float32), rows.offsets.get(column, 0.0)
        for factor in (1 - share, 1 + share):
            beside = offset * (factor - 1)  # what the factor does to the number that was subtracted
            yield column, (values * np.float32(factor) + beside).astype(np.float32)


def _shift(rows: _Rows, share: float) -> Iterator[tuple[int, Column]]:
    for column in rows.numbers:
        values, step = np.asarray(rows.columns[column], dtype=np.float32), share * rows.width(column)
        yield column, (values - np.float32(step)).astype(np.float32)
        yield column, (values + np.float32(step)).astype(np.float32)


def _lost(rows: _Rows, share: float) -> Iterator[tuple[int, Column]]:
    for column, own in _own(rows):
        yield column, _without(own, rows.generator, share)


SPREAD: dict[str, Callable[[_Rows, float], dict[int, Column]]] = {"noise": _noise, "missing": _missing, "drift": _drift}
SINGLE: dict[str, Callable[[_Rows, float], Iterator[tuple[int, Column]]]] = {
    "gain": _gain,
    "shift": _shift,
    "column": _lost,
}


def _own(rows: _Rows) -> Iterator[tuple[int, Column]]:
    for column in rows.read:
        own = rows.columns[column]
        if own is not None:
            yield column, own


def _without(own: Column, generator: np.random.Generator, share: float) -> Column:
    """Return a column with a share of its cells missing; of a series, of its steps."""
    if isinstance(own, Categories):
        gone = generator.random(len(own.codes)) < share
        return Categories(np.where(gone, np.int32(-1), own.codes).astype(np.int32), own.levels)
    if isinstance(own, Texts):
        gone = generator.random(len(own.values)) < share
        values = own.values.copy()
        values[gone] = None
        return Texts(values)
    gone = generator.random(own.shape) < share
    return np.where(gone, np.float32(np.nan), own).astype(np.float32)
