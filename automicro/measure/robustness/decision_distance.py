"""The smallest change of numbers that changes a decision: exact where a program's structure shows it, else between bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.errors import DataError
from automicro.measure.robustness.attack import attack
from automicro.measure.robustness.extremes import additive
from automicro.measure.robustness.interval_bounds import bounded, least
from automicro.measure.robustness.leaf_boxes import boxes_of_forest
from automicro.measure.robustness.margins import Decided, column_of_feature, contrasts
from automicro.program import (
    Chain,
    Distances,
    Forest,
    Nearest,
    Numeric,
    apply_link,
    columns_read,
    offsets_of,
    reads_graphs,
    take,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from automicro.data import Problem
    from automicro.measure.robustness.margins import Contrast
    from automicro.program import Program

    Floats = NDArray[np.float64]
    Values = NDArray[np.float32]
    Rows = NDArray[np.int64]
    Broken = Callable[[Floats, Rows], NDArray[np.bool_]]

__all__ = ["Flips", "flips"]

MOST_ROWS, EVALUATIONS, FEWEST_ATTACKED = 200, 5000, 20
FARTHEST, FAR_ENOUGH = 1024.0, 64.0  # what is not broken at these distances is taken for never broken
NUDGES = (1e-6, 1e-5, 1e-4, 1e-3)
STANDARD = 0.5  # of a regression: so many standard deviations of the target are another decision


@dataclass(frozen=True, eq=False)
class Flips:
    """How far rows are from another decision: the largest move of any column in its observed range, as small as it can be.

    Parameters
    ----------
    how : str
        What makes `low` and `high` so.
    rows : array of int64, (evaluated,)
        Which rows were evaluated.
    low, high : array of float64, (evaluated,)
        No smaller move changes the decision; one of this size does, as the program itself showed. Infinite where nothing was found, or
        where nothing can.
    columns : tuple of int
        Columns of numbers, which move; all else stays, and so does what is missing.
    moved : array of float32, (evaluated, columns), or of float64 where the program subtracts offsets
        The numbers with which the decision is another one, where `high` is finite.
    tolerance : float or None
        For regression: the change that counts as another decision.
    """

    how: str
    rows: NDArray[np.int64]
    low: Floats
    high: Floats
    columns: tuple[int, ...]
    moved: Values | Floats
    tolerance: float | None

    @property
    def kind(self) -> str:
        """``"exact"``, ``"between bounds"`` or ``"upper bound"``."""
        with np.errstate(invalid="ignore"):
            close = (self.low == self.high) | (self.high - self.low <= 2e-3 * self.high + 2e-5)
        if close.all():
            return "exact"
        return "between bounds" if (self.low > 0).any() else "upper bound"

    @property
    def median(self) -> tuple[float, float]:
        """Median of the lower and of the upper bounds."""
        return _median(self.low), _median(self.high)


def _median(values: Floats) -> float:
    return float(np.sort(values)[len(values) // 2]) if len(values) else np.nan


def flips(
    program: Program, problem: Problem, tolerance: float | None = None, rows: int = MOST_ROWS, *, search: bool = True
) -> Flips:
    """Return how far some rows, spread over the problem, are from another decision.

    Parameters
    ----------
    program : Program
    problem : Problem
        Its rows also define the range of every column.
    tolerance : float, optional
        For regression: the change that counts as another decision, by default half a standard deviation of the target.
    rows : int
        At most so many; fewer where the smallest change must be searched for.
    search : bool
        Whether to search for changes where the structure shows none; else these rows have no upper bound.

    Raises
    ------
    DataError
        If the program reads graphs or no column of numbers, or predicts several numbers.

    Notes
    -----
    Exact: sums of functions of one column by their extremes, few trees by the nearest box with another decision, one prototype against
    each other by bisectors. Lower bounds elsewhere by interval arithmetic; upper bounds by search.
    """
    decided, chosen = _decided(program, problem, tolerance, rows)
    x = decided.values
    everything = np.arange(len(x))
    features = decided.features(x, everything).astype(np.float64)
    wanted = contrasts(decided, decided.scores(x, everything))
    reach = np.where(np.isfinite(x), decided.widths, 0.0)
    how, low, high, moved = _by_structure(decided, wanted, features, reach)
    open_rows = np.flatnonzero(np.isinf(high) & np.isfinite(low))
    if search and len(open_rows):
        most = max(EVALUATIONS // len(decided.movable), FEWEST_ATTACKED)
        if len(open_rows) > most and how not in EXACT:
            kept = np.sort(
                np.concatenate(
                    [np.flatnonzero(~np.isin(everything, open_rows)), open_rows[:: -(-len(open_rows) // most)]]
                )
            )
        else:
            kept = everything
        searched = np.intersect1d(open_rows, kept)
        high[searched], moved[searched] = attack(decided, wanted, reach, searched, low[searched])
        low, high, moved, chosen = low[kept], high[kept], moved[kept], chosen[kept]
    shown: Values | Floats = moved
    if offsets := offsets_of(program.decoders):
        shown = moved.astype(np.float64) + [offsets.get(column, 0.0) for column in decided.movable]
    return Flips(
        how, chosen, low, high, decided.movable, shown, None if program.labels is not None else decided.tolerance
    )


SUM, BOXES, BISECTORS = "sum of functions of one column", "boxes of trees", "bisectors of prototypes"
EXACT = (SUM, BOXES, BISECTORS)
INTERVALS, SEARCHED = "interval bound and search", "search alone"


def _decided(
    program: Program, problem: Problem, tolerance: float | None, rows: int
) -> tuple[Decided, NDArray[np.int64]]:
    if reads_graphs(program.body) or problem.topology is not None:
        raise DataError(
            "the distance to another decision is measured for rows of tables, but this model reads graphs: leave flip out"
        )
    read = set(columns_read(program))
    numeric = {decoder.column for decoder in program.decoders if isinstance(decoder, Numeric)}
    kinds = [profile.kind for profile in problem.table.profiles]
    widths = {c: _width(problem.table.columns[c]) for c in sorted(read & numeric) if kinds[c] == "numeric"}
    movable = tuple(column for column, width in widths.items() if width > 0)
    if not movable:
        raise DataError(
            "smallest changes are moves of numbers, but the model reads no column of numbers that varies in these rows"
        )
    chosen = np.unique(np.linspace(0, problem.rows - 1, min(rows, problem.rows)).round().astype(np.int64))
    if tolerance is None:
        tolerance = STANDARD * float(np.std(problem.target.astype(np.float64)))
    columns = tuple(take(column, chosen) for column in problem.table.columns)
    decided = Decided(program, columns, movable, np.array([widths[column] for column in movable]), tolerance)
    if program.labels is None and decided.scores(decided.values[:1], np.zeros(1, dtype=np.int64)).shape[1] > 1:
        raise DataError(
            "the distance to another decision needs a model of one number or of classes, but this model predicts several numbers"
        )
    return decided, chosen


def _width(column: object) -> float:
    known = np.asarray(column, dtype=np.float64)
    known = known[np.isfinite(known)]
    return float(np.ptp(known)) if known.size else 0.0


def _by_structure(
    decided: Decided, wanted: Sequence[Contrast], features: Floats, reach: Floats
) -> tuple[str, Floats, Floats, Values]:
    """Return what the structure shows: how, lower bounds, the distance of changes that were shown, and the changed numbers."""
    body, columns = decided.program.body, column_of_feature(decided)
    own = columns[columns >= 0]
    if (found := _by_extremes(decided, wanted, columns, reach)) is not None:
        return SUM, *found
    if (
        isinstance(body, Forest)
        and len(np.unique(own)) == len(own)
        and (found := _by_boxes(decided, features, columns)) is not None
    ):
        return BOXES, *found
    if (found := _by_bisectors(decided, wanted, features, columns, reach)) is not None:
        return BISECTORS, *found
    nothing = np.full(len(reach), np.inf), decided.values.copy()
    if not bounded(body):
        return SEARCHED, np.zeros(len(reach)), *nothing
    span = np.where(columns >= 0, reach[:, columns], 0.0)

    low = np.full(len(reach), np.inf)
    for contrast in wanted:

        def broken(distance: Floats, rows: Rows, contrast: Contrast = contrast) -> NDArray[np.bool_]:
            around, own = span[rows] * distance[:, None], contrast.only(rows)
            return own.broken(least(body, own.of, features[rows] - around, features[rows] + around) + own.offset)

        low = _threshold(broken, low, FAR_ENOUGH, 24)
    return INTERVALS, low, *nothing


def _threshold(broken: Broken, low: Floats, farthest: float = FARTHEST, halvings: int = 48) -> Floats:
    """Return the distance up to which a contrast is not broken either, where it is broken before `low` or `farthest`."""
    high = np.minimum(low, farthest)
    rows = np.flatnonzero(broken(high, np.arange(len(low))))
    near, far = np.zeros(len(rows)), high[rows]
    for _ in range(halvings if len(rows) else 0):
        middle = (near + far) / 2
        done = broken(middle, rows)
        near, far = np.where(done, near, middle), np.where(done, middle, far)
    result = low.copy()
    result[rows] = near
    return result


def _by_extremes(
    decided: Decided, wanted: Sequence[Contrast], columns: NDArray[np.int64], reach: Floats
) -> tuple[Floats, Floats, Values] | None:
    x, everything = decided.values.astype(np.float64), np.arange(len(reach))
    scores = decided.scores(decided.values, everything)
    whole = additive(decided.program.body, columns, scores.shape[1], len(decided.movable))
    if whole is None:
        return None
    low, best = np.full(len(x), np.inf), np.zeros(len(x), dtype=np.int64)
    for number, contrast in enumerate(wanted):
        start = contrast.values(scores)

        def broken(
            distance: Floats, rows: Rows, contrast: Contrast = contrast, start: Floats = start
        ) -> NDArray[np.bool_]:
            own = contrast.only(rows)
            return own.broken(start[rows] + whole.least(own.of, x[rows], reach[rows] * distance[:, None])[0])

        if whole.linear:
            fall = (np.abs(contrast.of @ whole.slopes.T) * reach).sum(axis=1)
            with np.errstate(divide="ignore", invalid="ignore"):
                distance = np.minimum(low, np.where(fall > 0, np.maximum(start, 0.0) / fall, np.inf))
        else:
            distance = _threshold(broken, low)
        best = np.where(distance < low, number, best)
        low = distance
    of = np.stack([contrast.of for contrast in wanted])[best, everything]

    def move(distance: Floats) -> Values:
        return whole.least(of, x, reach * distance[:, None])[1].astype(np.float32)

    return low, *_shown(decided, low, move)


def _shown(decided: Decided, low: Floats, move: Callable[[Floats], Values]) -> tuple[Floats, Values]:
    """Return the distance and the numbers of a change just beyond `low` that the program itself answers with another decision."""
    high, moved, rows = np.full(len(low), np.inf), decided.values.copy(), np.arange(len(low))
    for nudge in NUDGES:
        tried = move(np.where(np.isfinite(low), low * (1 + nudge) + nudge * 1e-2, 0.0))
        shown = decided.changed(tried, rows) & np.isinf(high) & np.isfinite(low)
        high[shown], moved[shown] = decided.distance(tried, rows)[shown], tried[shown]
    return high, moved


def _by_boxes(decided: Decided, features: Floats, columns: NDArray[np.int64]) -> tuple[Floats, Floats, Values] | None:
    """Return the distance to the nearest box in which trees decide otherwise."""
    boxes = boxes_of_forest(decided.program.body)  # type: ignore[arg-type]  # the caller saw a forest
    if boxes is None:
        return None
    x = decided.values
    apart, free = np.zeros((len(x), len(boxes.low))), np.ones((len(x), len(boxes.low)), dtype=np.bool_)
    places = []
    for place, feature in enumerate(boxes.features):
        column, own = int(columns[feature]), features[:, feature]
        into = boxes.nearest_in(own, place)
        if column >= 0:
            moves = np.isfinite(x[:, column])
            places.append((column, into))
            apart = np.where(
                moves[:, None], np.maximum(apart, np.abs(into - own[:, None]) / decided.widths[column]), apart
            )
        fixed = np.ones(len(x), dtype=np.bool_) if column < 0 else ~np.isfinite(x[:, column])
        stays = np.where(np.isnan(own)[:, None], boxes.missing[:, place], into == own[:, None])
        holds = np.isnan(own)[:, None] | (
            boxes.low[:, place] < boxes.high[:, place]
        )  # some leaves only missing values reach
        free &= (~fixed[:, None] | stays) & holds
    before = apply_link(decided.program, decided.scores(x, np.arange(len(x))))
    after = apply_link(decided.program, boxes.scores)
    if decided.program.labels is not None:
        other = before.argmax(axis=1)[:, None] != after.argmax(axis=1)
    else:
        other = np.abs(after - before[:, None]) >= decided.tolerance
    distance = np.where(free & other, apart, np.inf)
    best, rows = distance.argmin(axis=1), np.arange(len(x))
    low, moved = distance[rows, best], x.copy()
    for column, into in places:
        moved[:, column] = np.where(np.isfinite(x[:, column]), into[rows, best], x[:, column])
    shown = np.isfinite(low) & decided.changed(moved, rows)
    return low, np.where(shown, decided.distance(moved, rows), np.inf), moved


def _by_bisectors(
    decided: Decided, wanted: Sequence[Contrast], features: Floats, columns: NDArray[np.int64], reach: Floats
) -> tuple[Floats, Floats, Values] | None:
    """Return distances to the bisectors between prototypes, whose squared distances differ by a linear function."""
    body = decided.program.body
    if not (isinstance(body, Chain) and len(body.nodes) == 2) or decided.program.labels is None:
        return None
    distances, nearest = body.nodes
    if (
        not (isinstance(distances, Distances) and isinstance(nearest, Nearest))
        or nearest.otherwise is not None
        or nearest.outputs < 2
    ):
        return None
    relevances = np.atleast_2d(distances.relevances.values.astype(np.float64))
    if (relevances != relevances[0]).any():
        return None
    points, owners = distances.points.values.astype(np.float64), np.array(nearest.owners)
    known = np.where(relevances[0] > 0, features, 0.0)
    bias = 0.0 if nearest.bias is None else nearest.bias.values.astype(np.float64)
    scores = 2 * known @ (relevances[0] * points).T - (relevances[0] * points**2).sum(axis=1) + bias
    slopes = np.zeros((len(points), len(decided.movable)))
    for feature in np.flatnonzero(columns >= 0):
        slopes[:, columns[feature]] += 2 * relevances[0][feature] * points[:, feature]
    label = wanted[0].of.argmax(axis=1)
    low, direction = np.full(len(reach), np.inf), np.zeros(reach.shape)
    for i in range(len(points)):
        worst, toward = np.zeros(len(reach)), np.zeros(reach.shape)
        for k in range(len(points)):
            slope = slopes[k] - slopes[i]
            with np.errstate(divide="ignore", invalid="ignore"):
                away = np.maximum(scores[:, k] - scores[:, i], 0.0) / (np.abs(slope) * reach).sum(axis=1)
            away = np.where(label == owners[k], np.nan_to_num(away, nan=np.inf, posinf=np.inf), 0.0)
            toward = np.where((away >= worst)[:, None] & (label == owners[k])[:, None], -np.sign(slope), toward)
            worst = np.maximum(worst, away)
        nearer = (label != owners[i]) & (worst < low)
        low, direction = np.where(nearer, worst, low), np.where(nearer[:, None], toward, direction)

    def move(distance: Floats) -> Values:
        return (decided.values + direction * reach * distance[:, None]).astype(np.float32)

    return low, *_shown(decided, low, move)
