"""From prepared rows to a path of fits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.plugin import Lowered, row_weights
from automicro_linear.columns import within_columns
from automicro_linear.design import basis_of, softened, standardise
from automicro_linear.emphasis import emphasis
from automicro_linear.lower import body
from automicro_linear.monotone import free_terms, kept_to, signs_of
from automicro_linear.recipes import Scorer
from automicro_linear.solve.dense import tuned
from automicro_linear.solve.newton import Fit, Problem
from automicro_linear.solve.paths import ORDERS
from automicro_linear.solve.prior import PULL_ROWS, prior_of
from automicro_linear.space import BANDS
from automicro_linear.targets import target_of
from automicro_linear.unlabelled import with_unlabelled

if TYPE_CHECKING:
    from automicro.plugin import TrainingData
    from automicro.plugin.family import Parameters
    from automicro_linear.lower import RawModel

__all__ = ["Path", "Setting", "train"]

CELLS = 15_000_000  # rows x columns of a design; where there are more, rows are drawn
TEXT_CELLS = 40_000_000  # of texts, of which more rows are worth more
MOST_ROWS = 50_000


@dataclass(frozen=True)
class Setting:
    """The parameters of the family; `slopes` goes with cuts, `order` and `ridge` with a band of terms."""

    terms: str
    cuts: int
    slopes: bool
    link: str
    order: str
    ridge: float

    @classmethod
    def of(cls, parameters: Parameters) -> Setting:
        """Read the parameters of a candidate."""
        return cls(
            str(parameters["terms"]),
            int(parameters["cuts"]),
            bool(parameters.get("slopes", True)),
            str(parameters.get("link", "identity")),
            str(parameters.get("order", "forward")),
            float(parameters.get("ridge", 0.01)),
        )


@dataclass(frozen=True, eq=False)
class Path:
    """What `Linear.fit` returns: fits of rising size on one design, and what each is called."""

    scorer: Scorer
    names: tuple[str, ...]
    fits: tuple[Fit, ...]

    @property
    def stepped(self) -> bool:
        """Whether numbers are cut into steps."""
        return not self.scorer.problem.design.basis.linear.all()

    def lowered(self, model: RawModel) -> Lowered:
        """Return a raw model as a program body."""
        problem = self.scorer.problem
        return Lowered(body(model, problem.design.features), problem.loss.link)


def train(data: TrainingData, setting: Setting) -> Path:
    """Return fits with the numbers of terms of the setting's band, up to the first that takes all, or that on all."""
    nodes = data.unlabelled is not None and data.task == "classification"
    data = with_unlabelled(_drawn(data, setting.cuts))
    basis = basis_of(data.X, data.features, setting.cuts, setting.slopes)
    design = standardise(data.X, row_weights(data), basis, emphasis(data))
    design = softened(design) if nodes and not setting.cuts else design
    target = target_of(data, setting.link)
    problem = _pulled(Problem(design, target.loss, setting.ridge), data)
    terms = np.flatnonzero(np.tile(design.usable & free_terms(data, basis), problem.outputs))
    signs = signs_of(data, basis)
    if data.max_columns is not None:
        owners = np.array([data.features[j].column for j in design.basis.feature.tolist()], dtype=np.int64)
        terms = within_columns(problem, terms, owners, data.max_columns)
    if setting.terms == "all":
        fit, ridge = tuned(problem, terms)
        problem = replace(problem, ridge=ridge)
        return Path(Scorer(problem, target, data.metric, signs), ("all",), (kept_to(signs, problem, fit),))
    ladder = BANDS[setting.terms]
    ladder = ladder[: 1 + sum(k < len(terms) for k in ladder)]
    fits = ORDERS[setting.order](problem, [min(k, len(terms)) for k in ladder], terms)
    fits = [kept_to(signs, problem, fit) for fit in fits]
    return Path(Scorer(problem, target, data.metric, signs), tuple(map(str, ladder)), tuple(fits))


def _pulled(problem: Problem, data: TrainingData) -> Problem:
    """Return the problem with its ridge towards the coefficients of an earlier model, where there are some."""
    if (prior := prior_of(problem, data.start)) is None:
        return problem
    return replace(problem, prior=prior, ridge=max(problem.ridge, PULL_ROWS / len(data.y)))


def _drawn(data: TrainingData, cuts: int) -> TrainingData:
    """Return the data, or as many rows of them as make a design of bearable size, those without a label last."""
    rows, features = data.X.shape
    cells = TEXT_CELLS if any(feature.kind == "gram" for feature in data.features) else CELLS
    most = min(MOST_ROWS, max(cells // (features * max(1, cuts)), 2000))
    random = np.random.default_rng(data.seed)
    if data.unlabelled is not None and rows + len(data.unlabelled) > most:
        others = np.sort(random.permutation(len(data.unlabelled))[: max(most - rows, 0)])
        data = replace(data, unlabelled=data.unlabelled[others])
    if rows <= most:
        return data
    index = np.sort(random.permutation(rows)[:most])
    return data.at(index)
