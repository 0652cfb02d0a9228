"""How many bytes a network can take, known before training."""

from __future__ import annotations

from math import ceil, log2
from typing import TYPE_CHECKING

from automicro.plugin import SizeBudget
from automicro.program import bounds
from automicro_gnn.setting import GRIDS, Setting

if TYPE_CHECKING:
    from automicro.plugin import Profile
    from automicro.plugin.family import Parameters

__all__ = ["budget_of"]

OF_MAP = 24  # bytes that messages, a pool, a scale and the kinds of nodes of a map take at most beside its numbers


def budget_of(parameters: Parameters, profile: Profile) -> SizeBudget:
    """Return bytes between a constant and all weights at the largest codes."""
    setting = Setting.of(parameters)
    return SizeBudget(1, _most_bytes(setting, profile), _usual_bytes(setting, profile))


def _shapes(setting: Setting, profile: Profile) -> tuple[list[tuple[int, int]], int]:
    """Return (units, inputs) of every map, and the messages of a layer."""
    graph = profile.graph
    attributes = 0 if graph is None else graph.attributes
    pooled = graph is not None and graph.pooled
    shapes = setting.shapes(profile.features_at_most, profile.outputs, attributes, pooled=pooled)
    return shapes, len(setting.messages(attributes))


def _most_bytes(setting: Setting, profile: Profile) -> int:
    """Return the most bytes of body, link and numeric labels: every number as float32, in blocks of their own for each message."""
    shapes, messages = _shapes(setting, profile)
    own = bounds.affine_bytes(profile.features_at_most, 1)[1]  # the factors of features
    for units, inputs in shapes:
        own += messages * (bounds.affine_bytes(ceil(inputs / messages), units)[1] + OF_MAP) + 8 * units + 2 * inputs
    return own + bounds.affine_bytes(0, 1, profile.classes)[1]


def _usual_bytes(setting: Setting, profile: Profile) -> int:
    """Return what the coarsest network of a path takes as a rule."""
    shapes, _ = _shapes(setting, profile)
    bits = min(0.4 * log2(2 * grid.most + 1) for grid in GRIDS[setting.grids])
    return 1 + int(sum(bits * units * inputs + 12 * units for units, inputs in shapes) / 8)
