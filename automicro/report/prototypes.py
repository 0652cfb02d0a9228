"""Distances to points, and the nearest of them, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.program import Nearest
from automicro.words.numbers import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.program import Distances
    from automicro.words.features import FeatureText

__all__ = ["prototype_lines"]


def prototype_lines(node: Distances | Nearest, features: Sequence[FeatureText], outputs: Sequence[str]) -> list[str]:
    """Return one line for each output of a node: how a distance is computed, or which distances compete for a score."""
    return _nearest(node, features, outputs) if isinstance(node, Nearest) else _distances(node, features, outputs)


def _distances(node: Distances, features: Sequence[FeatureText], outputs: Sequence[str]) -> list[str]:
    relevances = np.broadcast_to(node.relevances.values, node.points.values.shape)
    lines = []
    for name, point, relevance in zip(outputs, node.points.values, relevances, strict=True):
        terms = [
            f"{number(relevance[j])} * ({features[j].name} - {_bracketed(point[j])})^2"
            for j in np.flatnonzero(relevance).tolist()
        ]
        lines.append(f"{name} = {' + '.join(terms) or '0'}")
    return lines


def _bracketed(value: float) -> str:
    text = number(value)
    return f"({text})" if text.startswith("-") else text


def _nearest(node: Nearest, features: Sequence[FeatureText], outputs: Sequence[str]) -> list[str]:
    bias = np.zeros(len(node.owners)) if node.bias is None else node.bias.values
    lines = []
    for output, name in enumerate(outputs):
        owned = [i for i, owner in enumerate(node.owners) if owner == output]
        terms = [f"{number(bias[i]) if bias[i] else ''} - {features[i].name}".strip() for i in owned]
        if not owned:
            lines.append(f"{name} = {number(node.otherwise or 0.0)}")
        else:
            lines.append(f"{name} = {'the greatest of: ' if len(terms) > 1 else ''}{', '.join(terms)}")
    return lines
