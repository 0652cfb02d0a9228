"""Distances to points, and the nearest of them, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automicro.words.numbers import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.words.features import FeatureText

__all__ = ["distance_lines", "nearest_lines"]


def distance_lines(entry: dict[str, Any], inputs: Sequence[FeatureText], outputs: Sequence[str]) -> list[str]:
    """Return for each point how the distance to it is computed."""
    lines = []
    for name, point in zip(outputs, entry["points"], strict=True):
        terms = [
            f"{number(t['times'])} * ({inputs[t['input']].name} - {_bracketed(t['at'], inputs[t['input']].offset)})^2"
            for t in point
        ]
        lines.append(f"{name} = {' + '.join(terms) or '0'}")
    return lines


def _bracketed(value: float, offset: float) -> str:
    text = number(value, offset)
    return f"({text})" if text.startswith("-") else text


def nearest_lines(entry: dict[str, Any], inputs: Sequence[FeatureText], outputs: Sequence[str]) -> list[str]:
    """Return for each score which distances compete for it."""
    start, lines = entry["start"], []
    for output, name in enumerate(outputs):
        owned = [i for i, owner in enumerate(entry["owners"]) if owner == output]
        terms = [f"{number(start[i]) if start[i] else ''} - {inputs[i].name}".strip() for i in owned]
        if not owned:
            lines.append(f"{name} = {number(entry['otherwise'] or 0.0)}")
        else:
            lines.append(f"{name} = {'the greatest of: ' if len(terms) > 1 else ''}{', '.join(terms)}")
    return lines
