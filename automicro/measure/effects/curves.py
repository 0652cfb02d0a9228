"""The effect of one column: a curve, steps or levels, averaged over rows or exact."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from automicro.measure.effects.complexity import level_complexity, line_complexity
from automicro.program import Missing
from automicro.program.analyse.usage import usage
from automicro.words.numbers import number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.measure.effects.accumulated import Curve, Differences
    from automicro.measure.effects.inputs import OfProgram

    Floats = NDArray[np.float64]

__all__ = ["Effect", "averaged_effect", "exact_effect"]


@dataclass(frozen=True, eq=False)
class Effect:
    """What one column adds to the score, less its mean over the rows.

    Parameters
    ----------
    column : str
    kind : {"curve", "steps", "levels"}
        Straight between the `values`; constant up to each of them and the last beyond; or one for each level.
    values : tuple of float or tuple of str
    effect : array of float64, (values, outputs)
    missing : array of float64, (outputs,), or None
        Effect of the missing value of a number; None if no row lacks it.
    variance : float
        Variance of the effect over the rows, the outputs together.
    complexity : int
        Parameters of straight pieces that follow it: 1 for a straight line, one less than levels that differ.
    seen : (float, float), or None
        The least and the greatest number in the rows; None for levels, and where all rows lack it.
    """

    column: str
    kind: Literal["curve", "steps", "levels"]
    values: tuple[float, ...] | tuple[str, ...]
    effect: Floats
    missing: Floats | None
    variance: float
    complexity: int
    seen: tuple[float, float] | None = None

    def shifted(self, offset: float) -> Effect:
        """Return the effect of a column of numbers that is read less an offset, over the numbers of the data."""
        if not offset or self.kind == "levels":
            return self
        values = tuple(float(number(float(value), offset)) for value in self.values)
        seen = self.seen and (float(number(self.seen[0], offset)), float(number(self.seen[1], offset)))
        return replace(self, values=values, seen=seen)


def averaged_effect(name: str, own: Differences, curve: Curve) -> Effect:
    """Return the accumulated local effect of an input."""
    variance = curve.at_rows.var(axis=0)
    if isinstance(own.grid, tuple):
        shape = level_complexity(curve.at_grid[:, variance.argmax()], own.weights)
        return Effect(name, "levels", own.grid, curve.at_grid, None, float(variance.sum()), shape)
    shape = line_complexity(own.grid, curve.at_grid[:, variance.argmax()], own.weights)
    values = tuple(own.grid.tolist())
    return Effect(
        name, "curve", values, curve.at_grid, curve.missing, float(variance.sum()), shape, (values[0], values[-1])
    )


def exact_effect(inputs: OfProgram, j: int, own: Differences) -> Effect:
    """Return the effect of an input of a sum of functions of one input each: what one row gets, whatever the others hold.

    Parameters
    ----------
    inputs : OfProgram
    j : int
        Which input.
    own : Differences
        Column of the input, for its values and their frequencies.
    """
    rows = len(own.position)
    at_rows = inputs.only(np.zeros(rows, dtype=np.int64)).scores({j: inputs.values(j)})
    mean, variance = at_rows.mean(axis=0), at_rows.var(axis=0)
    name, widest = str(inputs.names[j]), int(variance.argmax())
    if isinstance(own.grid, tuple):
        first = [int(np.flatnonzero(own.position == place)[0]) for place in range(len(own.grid))]
        level = at_rows[first] - mean
        return Effect(
            name,
            "levels",
            own.grid,
            level,
            None,
            float(variance.sum()),
            level_complexity(level[:, widest], own.weights),
        )
    cuts = _cuts(inputs, j)
    values = own.grid if cuts is None else np.append(cuts, np.inf)
    tried = own.grid if cuts is None else np.append(cuts, np.nextafter(np.float32(cuts[-1]), np.float32(np.inf)))
    at_grid = inputs.only(np.zeros(len(tried), dtype=np.int64)).scores({j: tried.astype(np.float64)}) - mean
    gone = np.isnan(own.position)
    missing = at_rows[gone][0] - mean if gone.any() else None
    there = np.asarray(inputs.values(j))[~gone]
    near = np.searchsorted(values if cuts is not None else (own.grid[1:] + own.grid[:-1]) / 2, there, side="left")
    weights = np.bincount(near, minlength=len(values)).astype(np.float64)
    shape = line_complexity(tried.astype(np.float64), at_grid[:, widest], weights)
    kind: Literal["curve", "steps"] = "curve" if cuts is None else "steps"
    seen = (float(there.min()), float(there.max())) if len(there) else None
    return Effect(name, kind, tuple(values.tolist()), at_grid, missing, float(variance.sum()), shape, seen)


def _cuts(inputs: OfProgram, j: int) -> Floats | None:
    """Return the values at which a number that is only compared changes its effect; None if it is computed with."""
    used = usage(inputs.program.body)
    numbers = [f for f in inputs.features(j) if not isinstance(inputs.decoder(f), Missing)]
    if not numbers or any(f in used.computed for f in numbers) or used.positional:
        return None
    found = sorted({cut for f in numbers for cut in used.compared.get(f, set())})
    return np.array(found) if found else None
