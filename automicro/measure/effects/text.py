"""The effects of a model, as values and as a table in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from automicro.escaped import escaped
from automicro.words.numbers import aligned, count, rounded

if TYPE_CHECKING:
    from automicro.measure.effects.curves import Effect
    from automicro.measure.effects.interactions import Interaction

__all__ = ["BIN_ERROR", "ENOUGH_ROWS", "Effects"]

BIN_ERROR = 0.02  # of an interaction strength, that bins alone may cause
ENOUGH_ROWS = 400
MOST_COLUMNS, MOST_PAIRS = 30, 8


@dataclass(frozen=True)
class Effects:
    """What a model's score does with each column, on the scale before the link: associations in the model, not causes.

    Parameters
    ----------
    effects : tuple of Effect
        The widest first.
    outputs : tuple of str
        What the scores are of: the target, or each class.
    exact : bool
        Whether the score is the sum of these effects and a constant; else they are averages over the rows near each value.
    interaction_strength : float
        The share of the score's variance that the effects leave over, 0 if exact (IAS of Molnar, Casalicchio and Bischl, 2019). Below
        0.02 it cannot be distinguished from the error of bins; it speaks of rows like these, so that it proves no additivity.
    strength_interval : (float, float)
        From resampled rows (basic bootstrap), at 95 %.
    complexity : float
        Parameters of straight pieces that follow an effect, averaged by the variance of the effects.
    interactions : tuple of Interaction
    interactions_are : {"certified", "witnessed"}
        Certified: only these pairs can interact, by the program's structure. Witnessed: these pairs do on some rows, others may.
    inputs_tried : int
        Among how many inputs witnesses were looked for; 0 if certified.
    non_monotone : tuple of str
        Numbers in which the score was seen to rise somewhere and to fall elsewhere; the others may still do so.
    rows, bins, seed : int
    """

    effects: tuple[Effect, ...]
    outputs: tuple[str, ...]
    exact: bool
    interaction_strength: float
    strength_interval: tuple[float, float]
    complexity: float
    interactions: tuple[Interaction, ...]
    interactions_are: Literal["certified", "witnessed"]
    inputs_tried: int
    non_monotone: tuple[str, ...]
    rows: int
    bins: int
    seed: int

    def __getitem__(self, column: str) -> Effect:
        """Return the effect of a column."""
        found = next((effect for effect in self.effects if effect.column == column), None)
        if found is None:
            raise KeyError(
                f"the model reads no column {column!r}: {', '.join(effect.column for effect in self.effects)}"
            )
        return found

    def __str__(self) -> str:
        return escaped(_table(self), keep="\n")


def _table(found: Effects) -> str:
    """Return one line for each column, then how much is left to interactions."""
    how = "exact" if found.exact else f"averages over rows near each value, {found.bins} bins"
    rows = [("column", "effect", "direction", "parameters"), *(_row(effect, found) for effect in found.effects)]
    scores = found.outputs[0] if len(found.outputs) == 1 else f"scores of {len(found.outputs)} classes"
    lines = [
        f"effects of {count(len(found.effects), 'column')} on the {scores} before the link over {count(found.rows, 'row')} ({how}):",
        *aligned(rows[: MOST_COLUMNS + 1], "  "),
    ]
    if len(found.effects) > MOST_COLUMNS:
        lines.append(f"  and {count(len(found.effects) - MOST_COLUMNS, 'more column')}")
    lines += [_strength(found), _pairs(found)]
    if found.rows < ENOUGH_ROWS and not found.exact:
        lines.append(f"only {count(found.rows, 'row')}: give {ENOUGH_ROWS} or more for steady figures")
    return "\n".join([*lines, "effects are what the model associates with a column, not what the column causes"])


def _row(effect: Effect, found: Effects) -> tuple[str, str, str, str]:
    widest = effect.effect[:, int(np.ptp(effect.effect, axis=0).argmax())]
    least, most = widest.min(), widest.max()
    return effect.column, f"{least:+.4g} to {most:+.4g}", _direction(effect, widest, found), str(effect.complexity)


def _direction(effect: Effect, curve: np.ndarray[tuple[int], np.dtype[np.float64]], found: Effects) -> str:
    if effect.kind == "levels":
        return f"highest for {effect.values[int(curve.argmax())]}"
    if effect.column in found.non_monotone:
        return "rises and falls"
    if len(found.outputs) > 1:
        return f"different for each of {len(found.outputs)} scores"
    return "rises" if curve[-1] > curve[0] else "falls" if curve[-1] < curve[0] else "none"


def _strength(found: Effects) -> str:
    if found.exact:
        return "interaction strength 0: the score is the sum of these effects and a constant"
    low, high = found.strength_interval
    small = (
        f", too small to distinguish from the error of bins ({BIN_ERROR})"
        if found.interaction_strength < BIN_ERROR
        else ""
    )
    return (
        f"interaction strength {rounded(found.interaction_strength)} ({rounded(low)} to {rounded(high)} over resampled rows){small}; "
        f"main effect complexity {rounded(found.complexity)}"
    )


def _pairs(found: Effects) -> str:
    known = found.interactions_are == "certified"
    if not found.interactions:
        return (
            "interactions: none, by the structure of the model"
            if known
            else f"interactions: none was seen among {count(found.inputs_tried, 'column')}, which does not rule them out"
        )
    shown = [
        " and ".join(map(escaped, pair.columns)) + ("" if pair.strength is None else f" ({rounded(pair.strength)})")
        for pair in found.interactions[:MOST_PAIRS]
    ]
    more = f" and {len(found.interactions) - MOST_PAIRS} more" if len(found.interactions) > MOST_PAIRS else ""
    what = "only these can be, by the structure of the model" if known else "these were seen, there may be others"
    return f"interactions ({what}): {', '.join(shown)}{more}"
