"""Global effects of a model: the effect of every column, how much is left to interactions, how complex and how monotone effects are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.errors import DataError
from automicro.measure.effects.accumulated import differences
from automicro.measure.effects.curves import Effect, averaged_effect, exact_effect
from automicro.measure.effects.inputs import OfFunction, OfProgram
from automicro.measure.effects.interactions import Interaction, witnessed_interactions
from automicro.measure.effects.text import ENOUGH_ROWS, Effects
from automicro.program import offsets_of, reads_graphs
from automicro.program.analyse.structure import structure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from automicro.measure.effects.accumulated import Curve, Differences
    from automicro.measure.effects.inputs import Inputs
    from automicro.program import Column, Program

    Floats = NDArray[np.float64]

__all__ = ["Effects", "effects", "function_effects"]

BINS = 50
RESAMPLES = 50
MOST_ROWS, FEWEST_ROWS = 2000, 2
ROUNDING = 1e-7  # of the range of the scores


def effects(program: Program, names: Sequence[str], columns: Sequence[Column | None], *, seed: int = 0) -> Effects:
    """Measure the effects of a program over rows.

    The effects of a sum of functions of one column each are these functions; of any other program they are accumulated local effects.

    Parameters
    ----------
    program : Program
    names : sequence of str
        Names of the source columns.
    columns : sequence of Column or None
        As `automicro.program.columns_of` makes them; of more than 2,000 rows so many are drawn.
    seed : int
        Seed of rows, resamples and pairs of rows.

    Raises
    ------
    DataError
        If the program reads graphs, there are fewer than two rows, or a score is not a number.
    """
    if reads_graphs(program.body):
        raise DataError(
            "effects are of tables, texts and series, but this model reads graphs: use explain for single decisions"
        )
    found, inputs = structure(program), OfProgram(program, names, columns)
    offsets = {names[column]: offset for column, offset in offsets_of(program.decoders).items()}
    inputs = inputs.only(_drawn(len(inputs.scores({})), seed))
    outputs = (
        ("score",) if len(program.labels or ()) <= 2 else tuple(f"score of {label}" for label in program.labels or ())
    )
    measured = _Measured.of(inputs, seed)
    exact = [exact_effect(inputs, j, own) for j, own in enumerate(measured.parts)] if found.additive else None
    summarised = [effect.shifted(offsets.get(effect.column, 0.0)) for effect in exact or measured.averaged()]
    if not found.on_named_inputs:
        return measured.summarised(summarised, outputs[: measured.base.shape[1]], exact=found.additive)
    pairs = tuple(Interaction((names[i], names[j])) for i, j in found.interactions)
    return measured.summarised(summarised, outputs, exact=found.additive, certified=pairs)


def function_effects(function: Callable[[Floats], Floats], X: Floats, *, seed: int = 0) -> Effects:
    """Measure the effects of a plain function, from (rows, inputs) to (rows,), as of a program of which nothing is known.

    Examples
    --------
    >>> X = np.random.default_rng(0).random((500, 2))
    >>> found = function_effects(lambda X: X[:, 0] + 2 * X[:, 1], X)
    >>> round(found.interaction_strength, 6), found.complexity, found.interactions
    (0.0, 1.0, ())
    """
    inputs = OfFunction(function, np.asarray(X, dtype=np.float64))
    measured = _Measured.of(inputs.only(_drawn(len(inputs.X), seed)), seed)
    return measured.summarised(measured.averaged(), ("score",), exact=False)


def _drawn(rows: int, seed: int) -> NDArray[np.int64]:
    """Return the rows that are measured."""
    if rows < FEWEST_ROWS:
        raise DataError(
            f"effects need rows to average over, but got {rows}: give some hundreds, best {ENOUGH_ROWS} or more"
        )
    if rows <= MOST_ROWS:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, MOST_ROWS, replace=False))


@dataclass(frozen=True, eq=False)
class _Measured:
    """Scores of rows, and what they change by as each input changes."""

    inputs: Inputs
    base: Floats
    parts: tuple[Differences, ...]
    curves: tuple[Curve, ...]
    seed: int

    @classmethod
    def of(cls, inputs: Inputs, seed: int) -> _Measured:
        """Measure rows, all of which count the same."""
        base = inputs.scores({})
        if not np.isfinite(base).all():
            row = int(np.flatnonzero(~np.isfinite(base).all(axis=1))[0])
            raise DataError(
                f"scores must be numbers to have effects, but that of row {row} is not: leave such rows out"
            )
        parts = tuple(differences(inputs, j, base, BINS) for j in range(len(inputs.names)))
        return cls(inputs, base, parts, tuple(part.curve(np.ones(len(base))) for part in parts), seed)

    def averaged(self) -> list[Effect]:
        """Return accumulated local effects."""
        parts = zip(self.inputs.names, self.parts, self.curves, strict=True)
        return [averaged_effect(str(name), own, curve) for name, own, curve in parts]

    def summarised(
        self,
        effects: list[Effect],
        outputs: tuple[str, ...],
        *,
        exact: bool,
        certified: tuple[Interaction, ...] | None = None,
    ) -> Effects:
        """Return what was measured; without certified interactions witnesses are looked for."""
        pairs, tried = (certified, 0) if certified is not None else witnessed_interactions(self.inputs, seed=self.seed)
        strength, interval = (0.0, (0.0, 0.0)) if exact else self._strengths()
        widths = np.array([effect.variance for effect in effects])
        shapes = np.array([effect.complexity for effect in effects], dtype=np.float64)
        return Effects(
            effects=tuple(sorted(effects, key=lambda effect: (-effect.variance, effect.column))),
            outputs=outputs,
            exact=exact,
            interaction_strength=strength,
            strength_interval=interval,
            complexity=float(widths @ shapes / widths.sum()) if widths.sum() > 0 else 0.0,
            interactions=pairs,
            interactions_are="witnessed" if certified is None else "certified",
            inputs_tried=tried,
            non_monotone=self._non_monotone(),
            rows=len(self.base),
            bins=BINS,
            seed=self.seed,
        )

    def _strengths(self) -> tuple[float, tuple[float, float]]:
        """Return the interaction strength, and what resampled rows make of it."""
        rows, generator = len(self.base), np.random.default_rng(self.seed)
        found = self._strength(self.curves, np.ones(rows))
        again = []
        for _ in range(RESAMPLES):
            weights = generator.multinomial(rows, np.full(rows, 1 / rows)).astype(np.float64)
            again.append(self._strength(tuple(part.curve(weights) for part in self.parts), weights))
        low, high = 2 * found - np.quantile(
            again, [0.975, 0.025]
        )  # resamples err upwards, as noise in a bin looks like interaction
        return found, (max(0.0, min(found, float(low))), max(found, float(high)))

    def _strength(self, curves: tuple[Curve, ...], weights: Floats) -> float:
        centred = self.base - weights @ self.base / weights.sum()
        left = centred - np.sum([curve.at_rows for curve in curves], axis=0) if curves else centred
        total = float(weights @ (centred**2).sum(axis=1))
        return float(weights @ (left**2).sum(axis=1)) / total if total > 0 else 0.0

    def _non_monotone(self) -> tuple[str, ...]:
        least = ROUNDING * float(np.ptp(self.base, axis=0).max(initial=0.0))
        return tuple(
            str(name)
            for name, part in zip(self.inputs.names, self.parts, strict=True)
            if not isinstance(part.grid, tuple)
            and ((part.change > least).any(axis=0) & (part.change < -least).any(axis=0)).any()
        )
