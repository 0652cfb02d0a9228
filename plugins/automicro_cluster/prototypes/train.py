"""From prepared rows to prototypes: one training, several numbers of columns and several roundings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from automicro_cluster.prototypes.maps import LN2, Parameters, Rounding, discriminants
from automicro_cluster.prototypes.refining import Schedule, quality, refine, with_fitted_kernels
from automicro_cluster.prototypes.rows import Rows, rows_of
from automicro_cluster.prototypes.seeding import class_centres, k_means, medoids

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from numpy.typing import NDArray

    from automicro.plugin import TrainingData

__all__ = ["Setting", "Stage", "Trained", "train"]

STEPS, STEPS_OF_RUNGS = 1500, 300
STEPS_OF_ROUNDING = {"nearest": 250, "projected": 800}  # large models need them: 500 lost half a point on letters
MANY_ROWS, LEAST_SHARE = 1500, 0.35  # of fewer rows training takes fewer steps, down to this share
BATCH = (64, 500)
RUNGS = (1.0, 0.6, 0.35, 0.2)  # shares of the columns that are kept, one after the other
GRIDS = {"nearest": (0.25, 0.5, 1.0, 2.0), "projected": (0.5, 1.0)}
WORSE = 0.06  # of accuracy on training rows, or of explained variance, that the path gives up before it ends
MOST_PROJECTED = 1000  # columns of a projection: discriminants take time with their cube
RANKING = 300  # steps of the training that ranks columns where a projection may not read all


@dataclass(frozen=True)
class Setting:
    """The parameters of the family, those that do not exist in a kind at their neutral value."""

    kind: str
    prototypes: int
    noise: float
    shrink: float = 0.0
    medoids: bool = False
    dimensions: int = 0
    density: float = 1.0
    mantissa: int = 2

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Setting:
        """Read the parameters of a candidate."""
        return cls(**parameters)


@dataclass(frozen=True, eq=False)
class Stage:
    """Parameters at one point of the path; `rows` without the rows themselves define their unit, `rounding` what they are rounded to."""

    key: str
    rows: Rows
    parameters: Parameters
    rounding: Rounding | None = None


@dataclass(frozen=True, eq=False)
class Trained:
    """What `Cluster.fit` returns: stages of one training, the first the most exact."""

    setting: Setting
    classes: int
    stages: tuple[Stage, ...]


def train(data: TrainingData, setting: Setting) -> Trained:
    """Return prototypes on a path of fewer columns and coarser numbers.

    Raises
    ------
    Declined
        If no feature varies.
    """
    rows = rows_of(data)
    sources = np.array([data.features[j].column for j in rows.used.tolist()], dtype=np.int64)
    path = _projected if setting.kind == "projected" else _related
    stages = path(rows, setting, data, sources)
    return Trained(setting, data.classes, tuple(map(_without_rows, stages)))


def _without_rows(stage: Stage) -> Stage:
    rows = replace(stage.rows, Z=stage.rows.Z[:0], target=stage.rows.target[:0], weights=stage.rows.weights[:0])
    return replace(stage, rows=rows)


def _schedule(rows: Rows, setting: Setting, steps: int) -> Schedule:
    batch = min(max(len(rows.Z) // 30, BATCH[0]), BATCH[1], len(rows.Z))
    share = min(max(len(rows.Z) / MANY_ROWS, LEAST_SHARE), 1.0)
    return Schedule(round(share * steps), batch, setting.noise, setting.shrink, (False, setting.medoids))


def _start(rows: Rows, setting: Setting, data: TrainingData) -> Parameters:
    """Return class-wise centres (or the rows nearest to them) under equal relevances; for numbers, centres of all rows."""
    rng = np.random.default_rng(data.seed)
    metric = np.full(len(rows.used), np.log(min(0.6, 8.0 / len(rows.used))), dtype=np.float32)
    if rows.are_numbers:
        points = k_means(rows.Z, setting.prototypes, rng)
        return with_fitted_kernels(
            Parameters(metric + np.log(0.5), points, np.zeros(setting.prototypes + 1, np.float32)), rows
        )
    points = class_centres(rows.Z, rows.codes, data.classes, setting.prototypes, rng)
    if setting.medoids:
        owners = np.repeat(np.arange(data.classes), setting.prototypes)
        points = medoids(rows.Z, owners, rows.codes, points)
    return Parameters(metric, points, np.zeros(0, dtype=np.float32))


def _related(rows: Rows, setting: Setting, data: TrainingData, sources: NDArray[np.int64]) -> Iterator[Stage]:
    """Yield prototypes under relevances of columns, with ever fewer of these until too many rows go wrong."""
    own = refine(rows, _start(rows, setting, data), _schedule(rows, setting, STEPS), data.seed)
    columns, first = len(rows.used), quality(own, rows)
    for share in RUNGS:
        kept = _best_columns(own, sources, max(int(np.ceil(share * columns)), 1), data.max_columns)
        if len(kept) < len(rows.used):
            rows, sources = _subset(rows, kept), sources[kept]
            own = Parameters(own.metric[kept], own.points[:, kept], own.head)
            own = refine(rows, own, _schedule(rows, setting, STEPS_OF_RUNGS), data.seed + 1)
        elif share < RUNGS[0]:
            continue
        yield Stage(f"columns={share}", rows, own)
        yield from _rounded(rows, setting, own, data, f"columns={share},")
        if quality(own, rows) < first - WORSE:
            return


def _rounded(rows: Rows, setting: Setting, own: Parameters, data: TrainingData, key: str) -> Iterator[Stage]:
    """Yield prototypes trained on with ever coarser grids; not those that are rows of the data, nor those of kernels."""
    if setting.medoids or rows.are_numbers:
        return
    schedule = _schedule(rows, setting, STEPS_OF_ROUNDING[setting.kind])
    if own.projects:
        schedule = replace(schedule, kept=own.metric != 0)
    else:
        own = replace_metric(own, np.rint(own.metric / LN2) * LN2)
        schedule = replace(schedule, fixed=(True, False))
    for step in GRIDS[setting.kind]:
        rounding = Rounding(step, rows.centre, setting.mantissa)
        own = refine(rows, own, schedule, data.seed + 2, rounding)
        yield Stage(f"{key}step={step}", rows, rounding.of(own), rounding)


def replace_metric(given: Parameters, metric: NDArray[np.float32]) -> Parameters:
    """Return parameters with another metric."""
    return Parameters(metric.astype(np.float32), given.points, given.head)


def _best_columns(own: Parameters, sources: NDArray[np.int64], count: int, most: int | None) -> NDArray[np.int64]:
    """Return the columns that distances depend on most, ascending, from at most so many source columns."""
    weight = np.exp(own.metric.astype(np.float64)) * own.points.var(axis=0, dtype=np.float64)
    order = np.argsort(-weight, kind="stable")
    if most is not None:
        allowed = list(dict.fromkeys(sources[order].tolist()))[:most]
        order = order[np.isin(sources[order], allowed)]
    return np.sort(order[:count])


def _subset(rows: Rows, kept: NDArray[np.int64]) -> Rows:
    return replace(
        rows,
        Z=np.ascontiguousarray(rows.Z[:, kept]),
        used=rows.used[kept],
        scale=rows.scale[kept],
        centre=rows.centre[kept],
    )


def _projected(rows: Rows, setting: Setting, data: TrainingData, sources: NDArray[np.int64]) -> Iterator[Stage]:
    """Yield prototypes in a projection, dense or sparse.

    The sparse one keeps its largest weights after training and goes on with these, as ProtoNN does after every step (Gupta et al.,
    "ProtoNN: compressed and accurate kNN for resource-scarce devices", ICML 2017).
    """
    too_many = data.max_columns is not None and len(np.unique(sources)) > data.max_columns
    if too_many or len(rows.used) > MOST_PROJECTED:
        ranking = replace(setting, kind="nearest", prototypes=min(setting.prototypes, 3))
        own = refine(rows, _start(rows, ranking, data), _schedule(rows, ranking, RANKING), data.seed)
        rows = _subset(rows, _best_columns(own, sources, MOST_PROJECTED, data.max_columns))
    dimensions = min(setting.dimensions, len(rows.used))
    metric = discriminants(rows.Z, rows.codes, data.classes, dimensions)
    rng = np.random.default_rng(data.seed)
    points = class_centres(rows.Z @ metric.T, rows.codes, data.classes, setting.prototypes, rng)
    own = Parameters(metric, points, np.zeros(0, dtype=np.float32))
    own = refine(rows, own, _schedule(rows, setting, STEPS), data.seed)
    if setting.density < 1:
        size = np.abs(own.metric)
        kept = size >= np.quantile(size, 1 - setting.density)
        schedule = replace(_schedule(rows, setting, STEPS // 2), kept=kept)
        own = refine(rows, replace_metric(own, own.metric * kept), schedule, data.seed + 1)
    yield Stage("exact", rows, own)
    yield from _rounded(rows, setting, own, data, "")
