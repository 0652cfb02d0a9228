"""The family `linear`: one training gives a path of sparse models, each in several roundings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from automicro.plugin import Choice, Family, Float, Lowered, Needs, SizeBudget, Space, Variant
from automicro_linear.design import Design, standardise
from automicro_linear.ladder import BANDS, sizes
from automicro_linear.lowering import affine
from automicro_linear.newton import Fit
from automicro_linear.paths import forward
from automicro_linear.targets import Target, balanced, target_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automicro.plugin import Profile, TrainingData
    from automicro.plugin.family import Parameters
    from automicro.plugin.profile import Task

__all__ = ["Linear", "Path"]


@dataclass(frozen=True, eq=False)
class Path:
    """What `Linear.fit` returns: fits of rising size on one design."""

    design: Design
    target: Target
    sizes: tuple[int, ...]
    fits: tuple[Fit, ...]


class Linear(Family):
    """Generalised linear models with few and coarse weights."""

    name: ClassVar[str] = "linear"
    tasks: ClassVar[frozenset[Task]] = frozenset({"classification", "regression"})

    def space(self, profile: Profile) -> Space:
        """Return penalties, sizes and, for regression, links."""
        ridge = Float("ridge", 1e-5, 1.0, log=True)
        band = Choice("terms", tuple(BANDS))
        links = Choice("link", ("identity", "exp"))
        extra: tuple[Choice, ...] = (links,) if profile.task == "regression" else ()
        first: dict[str, Any] = {"link": "identity"} if profile.task == "regression" else {}
        portfolio = tuple({"ridge": r, "terms": b, **first} for r in (3e-3,) for b in BANDS)
        return Space((ridge, band, *extra), portfolio)

    def needs(self, parameters: Parameters) -> Needs:  # noqa: ARG002 - every setting needs the same
        """Return: missing values filled, categories one-hot, unscaled."""
        return Needs()

    def size_budget(self, parameters: Parameters, profile: Profile) -> SizeBudget:
        """Return bytes between one bit a term and float32 with its index and bias."""
        terms = profile.features_at_most * profile.outputs
        return SizeBudget(2, 64 + 12 * (terms + profile.outputs) + 4 * profile.outputs)

    def fit(self, parameters: Parameters, data: TrainingData) -> Path:
        """Train a path of sparse ridge fits."""
        data = balanced(data)
        design = standardise(data.X, data.weights)
        target = target_of(data, str(parameters.get("link", "identity")))
        usable = np.flatnonzero(np.tile(design.usable, data.outputs))
        ladder = sizes(str(parameters["terms"]), max(1, len(usable)))
        fits = forward(design, target.loss, float(parameters["ridge"]), ladder, usable)
        return Path(design, target, ladder, tuple(fits))

    def lower(self, model: Path) -> Lowered:
        """Return the largest model of the path."""
        return affine(model.design, model.target, model.fits[-1])

    def variants(self, model: Path, data: TrainingData) -> Iterable[Variant]:  # noqa: ARG002 - the path knows its rows
        """Return all models of the path."""
        for size, fit in zip(model.sizes, model.fits, strict=True):
            yield Variant(f"k={size}", affine(model.design, model.target, fit))

    def strongest(self, profile: Profile) -> Parameters | None:
        """Return the longest path."""
        return self.space(profile).portfolio[-1]
