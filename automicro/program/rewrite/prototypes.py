"""Distances over other features: scaling folded into points and relevances, features dropped and shared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.program.inputs.rows import FLOAT32_MAX
from automicro.program.nodes import Affine, Chain, Distances
from automicro.program.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automicro.program.nodes import Node

__all__ = ["blank", "moved", "unscaled"]


def blank(node: Distances) -> Distances:
    """Return distances whose points are 0 in every feature that they do not read."""
    unread = np.broadcast_to(node.relevances.values == 0, node.points.values.shape)
    if not node.points.values[unread].any():
        return node
    return Distances(
        Weights(np.where(unread, np.float32(0), node.points.values), node.points.encoding), node.relevances
    )


def unscaled(scaling: Affine, node: Distances) -> Distances | None:
    """Return distances over what `scaling` reads; None if a feature is not one input of its own, or if numbers are rounded already."""
    weights = scaling.weights.values.astype(np.float64)
    used = np.flatnonzero(np.atleast_2d(node.relevances.values).any(axis=0))
    source = np.argmax(weights[used] != 0, axis=1)
    if any(block.encoding is not None for block in (node.points, node.relevances)):
        return None
    if (np.count_nonzero(weights[used], axis=1) != 1).any() or len(set(source.tolist())) < len(source):
        return None
    slopes = weights[used, source]
    points = np.zeros((len(node.points.values), weights.shape[1]))
    points[:, source] = (node.points.values[:, used].astype(np.float64) - scaling.bias.values[used]) / slopes
    relevances = np.zeros((*node.relevances.values.shape[:-1], weights.shape[1]))
    relevances[..., source] = node.relevances.values[..., used].astype(np.float64) * slopes**2
    found = Distances(_float32(points), _float32(relevances))
    lost = (found.relevances.values[..., source] == 0) != (node.relevances.values[..., used] == 0)
    too_large = max(np.abs(points).max(initial=0), relevances.max(initial=0)) > FLOAT32_MAX
    return None if lost.any() or too_large else blank(found)


def _float32(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Weights:
    return Weights.of(np.clip(values, -FLOAT32_MAX, FLOAT32_MAX))


def moved(node: Distances, place: Mapping[int, int], width: int) -> Node:
    """Return a node over `width` features, of which number `place[f]` represents the former feature f; others must be unread.

    Where several become one, copies of it come first.
    """
    read = set(np.flatnonzero(np.atleast_2d(node.relevances.values).any(axis=0)).tolist())
    place = {feature: target for feature, target in place.items() if feature in read}
    if len(set(place.values())) < len(place):
        copies = np.zeros((node.points.values.shape[1], width), dtype=np.float32)
        for feature, target in place.items():
            copies[feature, target] = 1
        return Chain((Affine(Weights.of(copies), Weights.of(np.zeros(len(copies)))), node))
    former, targets = list(place), list(place.values())
    points = np.zeros((len(node.points.values), width), dtype=np.float32)
    points[:, targets] = node.points.values[:, former]
    relevances = np.zeros((*node.relevances.values.shape[:-1], width), dtype=np.float32)
    relevances[..., targets] = node.relevances.values[..., former]
    return Distances(Weights(points, node.points.encoding), Weights(relevances, node.relevances.encoding))
