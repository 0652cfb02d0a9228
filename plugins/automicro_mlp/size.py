"""How many bytes a network can take, known before training."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from automicro.plugin import SizeBudget
from automicro.program import Numeric, Program, bounds, simplify, size_by_part
from automicro_mlp.setting import Setting

if TYPE_CHECKING:
    from automicro.plugin import Lowered, Profile
    from automicro.plugin.family import Parameters

__all__ = ["POINTS", "THINNED", "budget_of", "least_bytes", "size_bytes", "thinned"]

POINTS = 4  # networks of a path
WIDE = 48  # inputs beyond which more of them hardly add to what is kept of their weights
THINNED = 0.85  # of the units of a layer are left from one point to the next


def thinned(width: int) -> int:
    """Return the units of a layer that are left at the next point of a path."""
    return max(1, round(THINNED * width))


def least_bytes(setting: Setting, outputs: int) -> int:
    """Return the fewest bytes of a network that is a variant, whatever it reads: those of the layers behind the first."""
    widths = [*setting.widths]
    for _ in range(POINTS - 1):
        widths = [thinned(width) for width in widths]
    grids = setting.grids(1, outputs)[1:]
    bits = sum(a * b * grid.least_bits for (a, b), grid in zip(pairwise([*widths, outputs]), grids, strict=True))
    return 1 + int(bits / 8)


def budget_of(parameters: Parameters, profile: Profile) -> SizeBudget:
    """Return bytes between the layers behind the first at the fewest bits and all weights at the largest codes."""
    setting, inputs = Setting.of(parameters), profile.features_at_most
    most = bounds.network_bytes((inputs, *setting.widths, profile.outputs), profile.classes)[1]
    return SizeBudget(least_bytes(setting, profile.outputs), most, _usual_bytes(setting, inputs, profile.outputs))


def _usual_bytes(setting: Setting, inputs: int, outputs: int) -> int:
    """Return what the first network of a path takes as a rule: nearly the bits of its codes."""
    widths = (min(inputs, setting.inputs or inputs, WIDE), *setting.widths, outputs)
    grids = setting.grids(widths[0], outputs)
    return 1 + int(sum(a * b * grid.usual_bits for (a, b), grid in zip(pairwise(widths), grids, strict=True)) / 8)


def size_bytes(lowered: Lowered, features: int) -> float:
    """Return the bytes of a body over so many features."""
    decoders = tuple(Numeric(column, 0.0) for column in range(features))
    program = simplify(Program(features, decoders, lowered.body, "identity"))
    return size_by_part(program)["body"]
