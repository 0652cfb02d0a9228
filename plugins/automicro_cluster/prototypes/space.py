"""What can be tried: kinds of prototype models, how many prototypes, and how they are trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automicro.plugin import Choice, Declined, Float, Space

if TYPE_CHECKING:
    from automicro.plugin import Profile
    from automicro.plugin.family import Parameters

__all__ = ["prototypes_of", "space_of", "strongest_of"]

COUNTS = (1, 2, 3, 4, 6, 8, 12, 16, 20, 26, 32)
KERNELS = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48)
MANY_COLUMNS, MANY_ROWS = 40, 2000
DIMENSIONS = (2, 4, 6, 8, 10, 12, 16, 24)


def space_of(profile: Profile) -> Space:
    """Return the space for a problem, small models first in its portfolio."""
    if profile.structural.monotone:
        raise Declined("prototypes are not kept to a direction, which monotone requires")
    if profile.task == "regression":
        numbers = (Choice("kind", ("kernels",)), Choice("prototypes", KERNELS), Float("noise", 0.03, 0.5, log=True))
        shrink = Float("shrink", 1e-5, 1e-2, log=True)
        return Space((*numbers, shrink), tuple(_kernels(count) for count in (4, 8, 16, 32)))
    chosen = {"kind": ("projected",)}
    parameters = (
        Choice("kind", ("nearest", "projected")),
        Choice("prototypes", COUNTS),
        Float("noise", 0.05, 0.6, log=True),
        Float("shrink", 1e-5, 1e-2, log=True),
        Choice("medoids", (False, True), when={"kind": ("nearest",)}),
        Choice("dimensions", DIMENSIONS, when=chosen),
        Choice("density", (1.0, 0.5, 0.25, 0.12, 0.06), when=chosen),
        Choice("mantissa", (0, 1, 2), when=chosen),
    )
    return Space(parameters, _portfolio(profile))


def _kernels(count: int) -> dict[str, Any]:
    return {"kind": "kernels", "prototypes": count, "noise": 0.1, "shrink": 1e-4}


def _nearest(count: int, noise: float = 0.2) -> dict[str, Any]:
    return {"kind": "nearest", "prototypes": count, "noise": noise, "shrink": 3e-4, "medoids": False}


def _projected(
    count: int, dimensions: int, density: float = 1.0, mantissa: int = 2, noise: float = 0.15
) -> dict[str, Any]:
    given = {"kind": "projected", "prototypes": count, "noise": noise, "shrink": 1e-5}
    return {**given, "dimensions": dimensions, "density": density, "mantissa": mantissa}


def _portfolio(profile: Profile) -> tuple[dict[str, Any], ...]:
    """Return settings from small to large: of many columns a sparse projection, of many rows many prototypes."""
    sparse = (0.5, 0) if profile.features_at_most > MANY_COLUMNS else (1.0, 1)
    settings = [_nearest(1), _projected(1, 8, *sparse), _nearest(2), _projected(2, 8, *sparse), _nearest(4)]
    if profile.rows >= MANY_ROWS:
        settings += [_projected(12, 12, sparse[0]), _nearest(8), _projected(26, 16, sparse[0])]
    return tuple(settings)


def strongest_of(profile: Profile) -> Parameters:
    """Return the setting that scores best on most data, whatever its size."""
    if profile.task == "regression":
        return _kernels(48)
    return _projected(16 if profile.rows >= MANY_ROWS else 4, 16)


def prototypes_of(parameters: Parameters, profile: Profile) -> int:
    """Return how many points a model has in all."""
    return int(parameters["prototypes"]) * max(profile.classes, 1)
