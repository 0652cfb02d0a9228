"""The effects of a model as a table in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.escaped import escaped
from automicro.words.numbers import aligned, count, rounded

if TYPE_CHECKING:
    from automicro.measure.effects.curves import Effect
    from automicro.measure.effects.effects import Effects

__all__ = ["BIN_ERROR", "ENOUGH_ROWS", "effects_text"]

BIN_ERROR = 0.02  # of an interaction strength, that bins alone may cause
ENOUGH_ROWS = 400
MOST_COLUMNS, MOST_PAIRS = 30, 8


def effects_text(found: Effects) -> str:
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
