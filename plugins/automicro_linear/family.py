"""The family `linear`: one training returns a path of sparse models, each in several roundings."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from automicro.plugin import Family, Needs, Variant
from automicro_linear.recipes import as_minifloats, as_points, exact
from automicro_linear.size import budget_of
from automicro_linear.space import space_of, strongest_of
from automicro_linear.train import Setting, train

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automicro.plugin import Lowered, Profile, SizeBudget, Space, TrainingData
    from automicro.plugin.family import Parameters
    from automicro.plugin.profile import Task
    from automicro_linear.train import Path

__all__ = ["Linear"]

MANTISSAS = (0, 1, 2, 4)
POINTS = (1, 2, 4, 8)
GRAM_POINTS = (2, 3, 5, 8)  # of texts
MOST_GRAMS = 3000  # terms of texts that are rounded together
MOST_ROUNDED = 800  # terms that are rounded together; of more there is only the model as it is


class Linear(Family):
    """Generalised linear models, over numbers or over binned numbers, with few and coarse weights.

    Its parameters: `terms`, the band of numbers of terms that the path covers ("all": every term, for the best score);
    `cuts`, the most steps that a number is cut into, and `slopes`, whether it counts as it is besides (without cuts: always);
    `order`, how terms are chosen; `ridge`, the penalty of squared standardised coefficients; for regression `link`, what
    makes scores predictions.
    """

    name: ClassVar[str] = "linear"
    tasks: ClassVar[frozenset[Task]] = frozenset({"classification", "regression"})
    in_every_reference: ClassVar[bool] = True

    def space(self, profile: Profile) -> Space:
        """Return bands of sizes, cuts, orders of selection, penalties and, for regression, links."""
        return space_of(profile)

    def needs(self, parameters: Parameters) -> Needs:
        """Return: categories one-hot, unscaled; missing values filled where there are slopes, else kept."""
        return Needs(missing="fill" if parameters.get("slopes", True) else "keep")

    def size_budget(self, parameters: Parameters, profile: Profile) -> SizeBudget:
        """Return bytes between a constant and float32 for every term."""
        return budget_of(parameters, profile)

    def fit(self, parameters: Parameters, data: TrainingData) -> Path:
        """Train a path of sparse ridge fits, or the fit on all terms."""
        return train(data, Setting.of(parameters))

    def lower(self, model: Path) -> Lowered:
        """Return the largest model of the path."""
        return model.lowered(exact(model.scorer, model.fits[-1]))

    def variants(self, model: Path, data: TrainingData) -> Iterable[Variant]:
        """Return all models of the path in several roundings, and the largest as it is."""
        reads_grams = any(feature.kind == "gram" for feature in data.features)
        for name, fit in zip(model.names, model.fits, strict=True):
            in_points = model.stepped or reads_grams
            if len(fit.terms) > (MOST_GRAMS if reads_grams else MOST_ROUNDED):
                continue
            if in_points:
                grains = GRAM_POINTS if reads_grams else POINTS
                for grain, raw in zip(grains, as_points(model.scorer, fit, grains), strict=True):
                    yield Variant(f"k={name},points={grain}", model.lowered(raw))
            if not model.stepped and len(fit.terms) <= MOST_ROUNDED:
                for grain, raw in zip(MANTISSAS, as_minifloats(model.scorer, fit, MANTISSAS), strict=True):
                    yield Variant(f"k={name},bits={grain}", model.lowered(raw))
        yield Variant("full", self.lower(model))

    def reused(self, model: Path) -> str:
        """Return how many coefficients of an earlier model the ridge pulled to."""
        prior = model.scorer.problem.prior
        return "" if prior is None else f"weights of {(prior != 0).sum()} terms"

    def strongest(self, profile: Profile) -> Parameters | None:
        """Return the fit on all terms, its penalty chosen on held-out rows."""
        return strongest_of(profile)
