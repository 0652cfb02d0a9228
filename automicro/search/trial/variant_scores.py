"""The programs of one candidate, fold by fold, and how they score at each precision."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from automicro.errors import PluginError
from automicro.measure import score
from automicro.program import PRECISIONS, evaluate, pack, quantise
from automicro.request import metric
from automicro.search.context import QuantisedVariant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.data import Fold, Problem
    from automicro.program import Batch, Precision, Program
    from automicro.search.context import Context

__all__ = ["UNTOUCHED", "Scored", "VariantScores", "check_finite", "mean_utility", "undominated", "utility_of"]

Scored: TypeAlias = tuple[QuantisedVariant, tuple[float, ...]]  # with its utility on each fold

SCREENING_ROWS = 4000
UNBEATEN = 12  # forms of one trial that are trained on all rows though they are below the margin
UNTOUCHED = "as trained"


def utility_of(context: Context, rows: NDArray[np.int64], prediction: NDArray[np.float64]) -> float:
    """Return the metric on some rows, its sign turned where smaller is better."""
    problem = context.problem
    weights = None if problem.weights is None else problem.weights[rows]
    check_finite(prediction)
    value = score(context.metric, problem.target[rows], prediction, weights)
    return value if metric(context.metric).greater_is_better else -value


def check_finite(prediction: NDArray[np.float64]) -> None:
    """Raise `PluginError` unless predictions are finite."""
    if not np.isfinite(prediction).all():
        raise PluginError("predictions must be finite, but got NaN or infinity")


def mean_utility(utilities: Sequence[float]) -> float:
    """Return the mean over the folds on which the metric is defined; minus infinity if there is none."""
    known = [utility for utility in utilities if not np.isnan(utility)]
    return float(np.mean(known)) if known else -np.inf


def undominated(scored: Sequence[Scored], known: Sequence[tuple[int, float]]) -> list[Scored]:
    """Return forms that no other, and no artifact of known bytes and utility, surely beats in both; a few, smallest first.

    The bytes are those of one fold's artifact; trained on all rows a form may take somewhat more or fewer.
    """
    kept: list[Scored] = []
    for form, utilities in sorted(scored, key=lambda pair: (pair[0].size_bytes, -pair[0].utility)):
        surely = [
            size + max(2, size // 16)
            for size, utility in ((f.size_bytes, f.utility) for f, _ in kept)
            if utility >= form.utility
        ]
        beaten = any(size <= form.size_bytes and utility >= form.utility for size, utility in known)
        if not beaten and all(size > form.size_bytes for size in surely):
            kept.append((form, utilities))
    places = sorted({round(place) for place in np.linspace(0, len(kept) - 1, min(UNBEATEN, len(kept)))})
    return [kept[place] for place in places]


class VariantScores:
    """What is known of each (variant, precision) of a candidate on the folds trained so far.

    In time: `add_fold` after every training; then `screen` (unquantised scores of all variants), then `evaluate` for single forms.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._folds: list[Fold] = []
        self._programs: list[dict[str, Program]] = []
        self._batches: list[Batch] = []
        self._screened: list[dict[str, float]] = []
        self._quantised: dict[tuple[int, str, str], Program] = {}
        self._predicted: dict[tuple[int, str, str], NDArray[np.float64]] = {}

    @cached_property
    def precisions(self) -> dict[str, Precision]:
        """The precisions by name."""
        return {precision.name: precision for precision in PRECISIONS}

    @property
    def folds(self) -> int:
        """Folds trained so far."""
        return len(self._folds)

    @property
    def screened_rows(self) -> int:
        """Validation rows that `screen` scores in the folds trained so far."""
        return sum(len(_thinned(fold.validation)) for fold in self._folds)

    @property
    def keys(self) -> tuple[str, ...]:
        """Variants that every fold has."""
        return tuple(key for key in self._programs[0] if all(key in programs for programs in self._programs))

    def add_fold(self, fold: Fold, programs: dict[str, Program]) -> None:
        """Take up the programs of one more fold."""
        self._folds.append(fold)
        self._programs.append(programs)
        self._batches.append(self._context.problem.batch(fold.validation))

    def add_predicted(self, fold: Fold, key: str, program: Program, prediction: NDArray[np.float64]) -> None:
        """Take up the only program of one more fold, with what it predicts as trained for the validation rows."""
        self._predicted[self.folds, key, UNTOUCHED] = prediction
        self.add_fold(fold, {key: program})

    def program(self, key: str, precision: str, fold: int = 0) -> Program:
        """Return the program of a fold at a precision (`UNTOUCHED` for the family's own)."""
        program = self._programs[fold][key]
        if precision == UNTOUCHED:
            return program
        identity = (fold, key, precision)
        if identity not in self._quantised:
            self._quantised[identity] = quantise(program, self.precisions[precision])
        return self._quantised[identity]

    def size_bytes(self, key: str, precision: str) -> int:
        """Return the bytes of the first fold's artifact."""
        return len(pack(self.program(key, precision)))

    def screen(self, keys: list[str]) -> dict[str, float]:
        """Return each variant's mean utility as trained, on at most `SCREENING_ROWS` validation rows of a fold."""
        while len(self._screened) < self.folds:
            self._screened.append({})
        for fold, known in enumerate(self._screened):
            rows = _thinned(self._folds[fold].validation)
            batch = None
            for key in keys:
                if key not in known:
                    batch = batch or self._context.problem.batch(rows)
                    known[key] = utility_of(self._context, rows, evaluate(self._programs[fold][key], batch))
        return {key: mean_utility([known[key] for known in self._screened]) for key in keys}

    @property
    def metric(self) -> str:
        """Name of the metric."""
        return self._context.metric

    def held_out(self, fold: int, most: int) -> Problem:
        """Return validation rows of a fold, spread over all of them, with their target."""
        rows = self._folds[fold].validation
        return self._context.problem.only(rows[:: -(-len(rows) // most)])

    def predictions(self, key: str, precision: str, fold: int) -> NDArray[np.float64]:
        """Return what a form predicts for the validation rows of a fold."""
        if (known := self._predicted.get((fold, key, precision))) is not None:
            return known
        return evaluate(self.program(key, precision, fold), self._batches[fold])

    def fold_utility(self, key: str, precision: str, fold: int) -> float:
        """Return a form's utility on one fold."""
        return utility_of(self._context, self._folds[fold].validation, self.predictions(key, precision, fold))

    def utilities_of(self, form: QuantisedVariant, metric_name: str) -> tuple[float, ...]:
        """Return a form's utility by another metric on each fold."""
        other = replace(self._context, metric=metric_name)
        return tuple(
            utility_of(other, fold.validation, self.predictions(form.key, form.precision, number))
            for number, fold in enumerate(self._folds)
        )

    def utilities(self, key: str, precision: str, at_least: float = -np.inf) -> tuple[float, ...]:
        """Return a form's utility on each fold; stops at the fold after which the mean can hardly reach `at_least`."""
        utilities: list[float] = []
        screened = [known.get(key, np.nan) for known in self._screened]
        for fold in range(self.folds):
            utilities.append(self.fold_utility(key, precision, fold))
            lost = [g - s for g, s in zip(utilities, screened, strict=False)]
            expected = mean_utility(screened) + mean_utility(lost)
            if np.isfinite(expected) and expected < at_least - _slack(lost, self.folds, at_least):
                break  # it is infinite where the metric is not defined on these rows
        return tuple(utilities)

    def by_size(self, keys: Sequence[str], limit: int | None) -> list[tuple[int, str, str]]:
        """Return the distinct forms of some variants by their bytes, about `limit` at most; equal bytes go to the finer precision."""
        forms: dict[tuple[str, bytes], tuple[int, int, str, str]] = {}
        for key in keys:
            for rank, name in enumerate(self.precisions):
                payload = pack(self.program(key, name))
                if limit is None or len(payload) < limit + max(2, limit // 16):
                    forms.setdefault((key, payload), (len(payload), rank, key, name))
        return [(size, key, name) for size, _, key, name in sorted(forms.values())]

    def form(self, key: str, precision: str, utilities: tuple[float, ...]) -> QuantisedVariant:
        """Return the record of a form that was scored on every fold."""
        return QuantisedVariant(key, precision, mean_utility(utilities), self.size_bytes(key, precision), utilities)

    def out_of_fold(self, form: QuantisedVariant) -> NDArray[np.float64]:
        """Return predictions for held-out rows, (repeats, rows) or (repeats, rows, classes)."""
        rows = len(self._context.problem.target)
        repeats = 1 + max(fold.repeat for fold in self._folds)
        first = self.predictions(form.key, form.precision, 0)
        result = np.full((repeats, rows, *first.shape[1:]), np.nan)
        for number, fold in enumerate(self._folds):
            result[fold.repeat, fold.validation] = self.predictions(form.key, form.precision, number)
        return result


def _slack(lost: Sequence[float], folds: int, at_least: float) -> float:
    """Return by how much a mean may still rise over what is expected of it: rounding takes much of one fold and little of another."""
    done = len(lost)
    usual = math.sqrt(float(np.mean(np.square(lost))))
    slack = 0.004 * abs(at_least) * math.sqrt(folds / done) + 2 * usual * math.sqrt(1 / done - 1 / folds)
    return slack if math.isfinite(slack) else math.inf


def _thinned(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    step = -(-len(rows) // SCREENING_ROWS)
    return rows[::step]
