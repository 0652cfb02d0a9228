"""One training made into a path of ever smaller models."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.plugin import Declined
from automicro_boosting.bits import Bits
from automicro_boosting.eliminate import Elimination
from automicro_boosting.loss import make_loss
from automicro_boosting.lower import forest
from automicro_boosting.monotone import filled
from automicro_boosting.prune import TreeShape
from automicro_boosting.rounding import roundings
from automicro_boosting.tables import Tables, TableShape, tables_of
from automicro_boosting.thresholds import coarsened, shortened
from automicro_boosting.train import train

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automicro.plugin import TrainingData
    from automicro.plugin.family import Parameters
    from automicro.program import Lowered
    from automicro.program.encodings import Encoding
    from automicro.program.nodes import Link
    from automicro_boosting.ensemble import Ensemble
    from automicro_boosting.monotone import Order

__all__ = ["Model", "grow"]

_GROWTH = ((100, 1.12), (300, 1.25), (np.inf, 1.6))  # steps between numbers of splits, up to which number
_TWICE = range(4, 33)  # models of so many splits come with values of two precisions
_JOINT_VALUES = 900  # so many leaves an output are fitted jointly, which costs their square; later trees are left out


@dataclass(frozen=True, eq=False)
class Model:
    """A training: its largest model, and smaller ones by name."""

    full: Lowered
    path: tuple[tuple[str, Lowered], ...]


def grow(parameters: Parameters, data: TrainingData) -> Model:
    """Train, shorten thresholds, and take split after split away."""
    data, order = filled(data)
    loss = make_loss(data, _link(parameters, data))
    X = np.asfortranarray(data.X)
    bits = Bits.of(data.features, X)
    if parameters["shape"] == "large":  # LightGBM's own trees, thresholds included
        return Model(forest(train(parameters, data, loss, bits).rescaled(loss.factor, loss.shift)), ())
    coarse = coarsened(X, parameters["digits"])
    trained = shortened(train(parameters, replace(data, X=coarse), loss, bits), coarse, data.features)
    trained = trained.limited(_JOINT_VALUES)
    ensemble: Ensemble | Tables = tables_of(trained, X) if parameters["shape"] == "additive" else trained
    design = ensemble.design(X)
    shape = TableShape(ensemble, bits) if isinstance(ensemble, Tables) else TreeShape(ensemble, bits)
    elimination = Elimination(shape, design, loss, parameters["ridge"] / len(X), ensemble.coefficients())
    lower = _Lowering(shape, elimination, order)
    full = lower.exact()
    sizes = _ladder(shape.size)
    path = [
        (f"splits={size}{name}", lowered)
        for size, _ in zip(sizes, elimination.path(sizes), strict=True)
        for name, lowered in lower.rounded(finely=size in _TWICE)
    ]
    return Model(full, tuple(path))


def _link(parameters: Parameters, data: TrainingData) -> Link:
    """Return what turns scores into the prediction."""
    if data.task == "classification":
        return "sigmoid" if data.outputs == 1 else "softmax"
    if not parameters["logarithmic"]:
        return "identity"
    if not (np.min(data.y) >= 0 and np.mean(data.y) > 0):
        raise Declined("logarithmic needs a target that is never negative and not always zero")
    return "exp"


@dataclass(frozen=True, eq=False)
class _Lowering:
    """What makes programs of the present state of an elimination, in the requested order."""

    shape: TableShape | TreeShape
    elimination: Elimination
    order: Order | None

    def exact(self) -> Lowered:
        """Return the present model with values as they are."""
        loss = self.elimination.loss
        return self._lowered(self.shape.pruned(self.elimination.coefficients()).rescaled(loss.factor, loss.shift), None)

    def rounded(self, *, finely: bool) -> Iterator[tuple[str, Lowered]]:
        """Yield the present model with values as coarse as the splits are dear and, if requested, finer."""
        ways = [roundings(self.elimination, anchored=False)]
        if isinstance(self.shape, TableShape):
            ways.append(roundings(self.elimination, anchored=True))
        if not all(ways):
            yield "", self.exact()
            return
        costs = [[each.cost(self.elimination.price) for each in way] for way in ways]
        way = int(np.argmin([min(each) for each in costs]))
        best = int(np.argmin(costs[way]))
        places = {"": best, ",finer": min(best + 2, len(ways[way]) - 1)}
        for name in places if finely else ("",):
            rounded = ways[way][places[name]]
            yield name, self._lowered(self.shape.pruned(rounded.coefficients), rounded.encoding)

    def _lowered(self, ensemble: Ensemble | Tables, encoding: Encoding | None) -> Lowered:
        kept = ensemble if self.order is None else self.order.kept(ensemble, encoding)
        return kept.lowered(encoding) if isinstance(kept, Tables) else forest(kept, encoding)


def _ladder(size: int) -> list[int]:
    """Return falling numbers of splits in steps of an eighth, larger ones far up; the first two are at least `size`.

    Trainings on other rows end up with some more or fewer splits: with one step of overlap all of them have most keys.
    """
    steps = [1]
    while len(steps) < 2 or steps[-2] < size:
        growth = next(growth for most, growth in _GROWTH if steps[-1] <= most)
        steps.append(max(steps[-1] + 1, round(steps[-1] * growth)))
    return steps[::-1]
