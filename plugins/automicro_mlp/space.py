"""What can be tried: widths, depths, grids and ways of training; the portfolio tries what usually passes before what is tiny."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automicro.plugin import Choice, Declined, Float, Integer, Space
from automicro_mlp.setting import GRIDS

if TYPE_CHECKING:
    from automicro.plugin import Profile

__all__ = ["space_of"]

INPUTS = (8, 32, 128)
FEW_OUTPUTS = 4


def space_of(profile: Profile) -> Space:
    """Return the space for a problem."""
    if profile.structural.monotone:
        raise Declined("a network is not kept to a direction, which monotone requires")
    return Space(
        (
            Integer("width", 2, 192, log=True),
            Choice("depth", (1, 2, 3)),
            Float("narrowing", 0.4, 1.0, when={"depth": (2, 3)}),
            Choice("bits", tuple(GRIDS)),
            Float("rate", 0.003, 2.0, log=True),
            Choice("scales", ("channel", "layer")),
            Choice("inputs", ("all", *(count for count in INPUTS if count < profile.features_at_most))),
            Choice("noise", (0.0, 0.1, 0.2, 0.3, 0.5)),
            Choice("steps", (1000, 2000, 4000, 8000)),
            Choice("teacher", ("none", "wide")),
        ),
        tuple(_portfolio(profile)),
    )


def _portfolio(profile: Profile) -> list[dict[str, Any]]:
    def setting(width: int, depth: int, bits: str, rate: float, steps: int, noise: float = 0.2) -> dict[str, Any]:
        known: dict[str, Any] = {"width": width, "depth": depth, "bits": bits, "rate": rate, "steps": steps}
        if depth > 1:
            known["narrowing"] = 1.0
        return {**known, "scales": "channel", "inputs": "all", "noise": noise, "teacher": "none"}

    if profile.outputs < FEW_OUTPUTS:
        return [
            setting(3, 1, "4-bit", 0.3, 1000),
            setting(6, 1, "4-bit", 0.3, 1000),
            setting(12, 1, "4-bit", 0.2, 2000),
            setting(16, 2, "4-bit", 0.2, 2000),
            setting(32, 2, "4-bit", 0.1, 4000),
        ]
    return [
        setting(16, 1, "ternary", 0.5, 2000, 0.3),
        setting(64, 1, "ternary", 0.05, 2000, 0.5),
        setting(48, 2, "4-bit", 0.2, 4000),
        setting(104, 2, "4-bit", 0.1, 4000),
        setting(24, 2, "4-bit", 0.3, 2000),
        setting(8, 1, "3-bit", 0.5, 1000),
        setting(32, 1, "ternary", 0.5, 2000, 0.3),
        setting(72, 2, "4-bit", 0.2, 4000),
        setting(96, 2, "4-bit", 0.2, 4000),
        setting(128, 2, "4-bit", 0.1, 4000),
    ]
