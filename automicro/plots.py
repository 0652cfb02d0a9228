"""Figures of effects, importance, single decisions and the frontier, by matplotlib, which the extra `plots` brings."""

from __future__ import annotations

from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro import outputs
from automicro.errors import DataError, RequestError
from automicro.escaped import escaped
from automicro.result.selection import PointStatus

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from automicro.explain import Explanation
    from automicro.measure import Effect, Effects, Importance
    from automicro.result.selection import Selection

__all__ = ["plot_effects", "plot_explanation", "plot_frontier", "plot_importance", "save"]

MOST_EFFECTS, MOST_BARS, ACROSS = 12, 12, 4
UP, DOWN, PLAIN = "#b2182b", "#2166ac", "#4d4d4d"


def plot_effects(effects: Effects, columns: Sequence[str] | None = None) -> Any:
    """Draw the effect of each column on the score before the link, on one scale.

    Parameters
    ----------
    effects : Effects
        Result of `automicro.effects`.
    columns : sequence of str, optional
        Which; by default the twelve widest.

    Returns
    -------
    matplotlib.figure.Figure
        Shown by notebooks; ``figure.savefig("effects.png")`` writes it.

    Raises
    ------
    RequestError
        If matplotlib is not installed, or a column is none of the model's.
    """
    known = {effect.column: effect for effect in effects.effects}
    if unknown := [name for name in columns or () if name not in known]:
        raise RequestError(
            f"columns: must be read by the model, but got {unknown[0]!r}: choose among {', '.join(known)}"
        )
    shown = [known[name] for name in columns] if columns else list(effects.effects[:MOST_EFFECTS])
    if not shown:
        raise DataError("effects to draw must be of one column or more, but the model reads none")
    across = min(ACROSS, len(shown))
    down = -(-len(shown) // across)
    figure = _figure(3 * across, 2.4 * down + 0.6)
    panels = figure.subplots(down, across, sharey=True, squeeze=False)
    for axes, effect in zip(panels.flat, shown, strict=False):
        _draw_effect(axes, effect, effects)
    for axes in panels.flat[len(shown) :]:
        axes.set_visible(False)
    for row in panels:
        row[0].set_ylabel("effect on the score")
    if len(effects.outputs) > 1:
        figure.legend(
            *panels.flat[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, fontsize="small"
        )
    how = "exact" if effects.exact else f"averages; interaction strength {effects.interaction_strength:.3g}"
    figure.suptitle(f"what the model associates with each column ({how})", fontsize="medium")
    return figure


def _draw_effect(axes: Any, effect: Effect, effects: Effects) -> None:
    for output, name in enumerate(effects.outputs):
        heights = effect.effect[:, output]
        colour = PLAIN if len(effects.outputs) == 1 else f"C{output}"
        if effect.kind == "levels":
            axes.plot(range(len(heights)), heights, "o", color=colour, label=_drawn(name))
        elif effect.kind == "steps":
            cuts = [float(value) for value in effect.values[:-1]]
            low, high = effect.seen or (cuts[0], cuts[-1])
            axes.stairs(
                heights,
                [min(low, cuts[0]), *cuts, max(high, cuts[-1])],
                baseline=None,
                color=colour,
                label=_drawn(name),
            )
        else:
            axes.plot(effect.values, heights, color=colour, label=_drawn(name))
        if effect.missing is not None:
            axes.axhline(effect.missing[output], color=colour, linestyle=":", linewidth=1)
    if effect.kind == "levels":
        axes.set_xticks(
            range(len(effect.values)), [_drawn(value) for value in effect.values], rotation=45, fontsize="small"
        )
    axes.axhline(0, color="0.85", linewidth=0.8, zorder=0)
    axes.set_title(
        _drawn(effect.column) + (" (dotted: missing)" if effect.missing is not None else ""), fontsize="small"
    )


def plot_importance(importance: Sequence[Importance]) -> Any:
    """Draw what the score loses without each column, with intervals.

    Parameters
    ----------
    importance : sequence of Importance
        Result of `automicro.importance`; the twelve most important are drawn.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    RequestError
        If matplotlib is not installed.
    """
    shown = list(importance[:MOST_BARS])[::-1]
    figure = _figure(6, 0.32 * len(shown) + 1.2)
    axes = figure.subplots()
    losses = np.array([each.loss for each in shown])
    ends = np.array([[each.loss - each.low, each.high - each.loss] for each in shown]).reshape(-1, 2).T
    axes.barh(range(len(shown)), losses, xerr=ends, color=PLAIN, error_kw={"elinewidth": 1})
    axes.set_yticks(range(len(shown)), [_drawn(each.column) for each in shown])
    axes.set_xlabel("score lost when the column is shuffled")
    return figure


def plot_explanation(explanation: Explanation) -> Any:
    """Draw the parts of one decision one after the other, from the constant to the score.

    Parameters
    ----------
    explanation : Explanation
        Result of `Model.explain`; parts beyond the eleven largest are drawn together.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    RequestError
        If matplotlib is not installed.
    """
    parts = [(f"{part.name} {part.because}".strip(), part.contribution) for part in explanation.parts]
    if len(parts) > MOST_BARS:
        rest = parts[MOST_BARS - 1 :]
        parts = [*parts[: MOST_BARS - 1], (f"{len(rest)} others", sum(value for _, value in rest))]
    ends = explanation.constant + np.cumsum([0.0, *(value for _, value in parts)])
    figure = _figure(7, 0.34 * len(parts) + 1.6)
    axes = figure.subplots()
    places = range(len(parts), 0, -1)
    values = [value for _, value in parts]
    axes.barh(places, values, left=ends[:-1], color=[UP if value > 0 else DOWN for value in values])
    axes.set_yticks(
        [len(parts) + 1, *places, 0],
        ["to start from", *(_drawn(name[:60]) for name, _ in parts), "score"],
        fontsize="small",
    )
    axes.plot([explanation.constant, explanation.score], [len(parts) + 1, 0], "o", color=PLAIN)
    axes.axvline(explanation.constant, color="0.85", linewidth=0.8, zorder=0)
    over = "" if explanation.against is None else f" over {_drawn(explanation.against)}"
    how = ", an approximation" if explanation.method else ""
    axes.set_title(f"predicted {_drawn(explanation.output)}{over}: what adds up to the score{how}", fontsize="medium")
    return figure


def plot_frontier(selection: Selection) -> Any:
    """Draw bytes against score of the frontier, with the target, what the search aimed at, and the model that was returned.

    Parameters
    ----------
    selection : Selection
        Result of `automicro.select`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    RequestError
        If matplotlib is not installed.
    """
    figure = _figure(6, 4)
    axes = figure.subplots()
    points = list(selection.frontier)
    for number, family in enumerate(sorted({point.family for point in points})):
        own = [point for point in points if point.family == family]
        axes.plot(
            [p.size_bytes for p in own],
            [p.score for p in own],
            "o",
            color=f"C{number}",
            label=_drawn(family),
            alpha=0.7,
        )
    own = [point for point in points if point.status == PointStatus.RETURNED]
    axes.plot(
        [p.size_bytes for p in own],
        [p.score for p in own],
        "o",
        color="black",
        fillstyle="none",
        markersize=12,
        label="returned",
    )
    axes.axhline(selection.target, color="0.5", linestyle="--", linewidth=1, label="target")
    if selection.aimed_at is not None:
        axes.axhline(selection.aimed_at, color="0.5", linestyle=":", linewidth=1, label="target and margin")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.xaxis.set_minor_formatter("{x:,.0f}")
    axes.set_xlabel("size in bytes")
    axes.set_ylabel(_drawn(selection.metric))
    axes.legend(fontsize="small")
    return figure


def save(figure: Any, path: str | PathLike[str]) -> None:
    """Write a figure to a file, whose suffix names the format.

    Raises
    ------
    RequestError
        If matplotlib does not know the format.
    OutputError
        If the file cannot be written.
    """
    drawn = BytesIO()
    try:
        figure.savefig(drawn, format=Path(path).suffix[1:] or None)
    except ValueError as error:
        raise RequestError(f"plot: {path} must be a .png, .svg or .pdf file: {error}") from error
    outputs.save("plot", path, drawn.getvalue())


def _drawn(name: object) -> str:
    """Return a name as matplotlib draws it: a dollar begins no formula, and control characters, which no font has, are escapes."""
    return escaped(str(name)).replace("$", r"\$")


def _figure(width: float, height: float) -> Any:
    try:
        figures = import_module("matplotlib.figure")
    except ImportError as error:
        raise RequestError("plots need matplotlib: pip install 'automicro[plots]'") from error
    return figures.Figure(figsize=(width, height), layout="constrained")
