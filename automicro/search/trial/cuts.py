"""The decision threshold (cut) of two classes, for metrics of labels: chosen on training rows, part of the program's constant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.measure import row_values, scores
from automicro.program import Affine, Chain, Forest, Nearest, StepTables, Sum, Weights, evaluate, simplify
from automicro.program.encodings import Float32, round_mantissa
from automicro.program.weights import round_to
from automicro.request import MeanCost, Metric, is_black_box, metric
from automicro.search.requirements.scores import OtherScore
from automicro.search.trial.offsets import with_offsets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from automicro.data import Problem
    from automicro.program import Node, Program
    from automicro.search.context import Context

    Floats = NDArray[np.float64]

__all__ = ["with_cuts"]

TRADED = frozenset({"precision", "recall"})
"""Metrics that a cut can raise to 1 at the cost of the other: the cut is where an aim is just reached."""
AIMS = (1.0, 3.0, 6.0)  # standard errors above the target, since scores on training rows are too high
AIMS_WITHOUT_TARGET = (0.6, 0.7, 0.8, 0.9, 0.95)
LEFT_ALONE = frozenset(
    {"precision_macro", "precision_weighted"}
)  # best if only one row is in a class, which means nothing
AS_GOOD, FLAT = 0.25, 0.1  # standard errors below the best: no cut of its own, and the range of the cut
FEWEST = 10  # rows called positive: the precision of fewer is too uncertain
ROWS = 20_000
FEWEST_CUTS, CALLS = (
    4,
    120,
)  # of a function of the user, which may take milliseconds: at each program, and in a training
SUREST = 40.0  # log-odds
LABEL_SCORE = 2.0  # of a tree that returns labels only
CELLS = (np.array([0, 0, 1, 1]), np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]))  # of a confusion matrix
MOST_BITS = 23


@dataclass(frozen=True, eq=False)
class _Cuts:
    """All cuts of some rows: the scores on both sides of each, and the weights of its confusion matrix, (cuts, 4)."""

    below: Floats
    above: Floats
    cells: Floats
    positive: float
    negative: float

    def values(self, name: str) -> Floats:
        """Return a metric at each cut."""
        return scores(name, CELLS[0], CELLS[1], self.cells)


def with_cuts(context: Context, programs: Mapping[str, Program], rows: NDArray[np.int64]) -> dict[str, Program]:
    """Return programs of two classes with, beside each, the same one cut where the metric is best on some training rows.

    Of recall and precision there are several: each just reaches the target and some standard errors, and is then best for the other of the
    two. The first of them takes the place of the program. Whether a cut is kept is decided like everything else, on rows that neither the
    model nor its cut has seen. A cut that leaves all rows on one side is none. Where classes are weighted only recall and precision, whose
    target says where to cut, move it: another cut would undo the weights.

    Parameters
    ----------
    context : Context
    programs : mapping of str to Program
        By the key of their variant.
    rows : array of int64
        The rows that they were trained on; at most 20,000 of them, evenly spread, decide.
    """
    of_scores = metric(context.metric).needs != "label"  # which labels alone would spoil
    context = _of_labels(context)
    problem, name = context.problem, context.metric
    label = metric(name).needs == "label" and name not in LEFT_ALONE
    if context.class_weights is not None and name not in TRADED:
        return dict(programs)  # the cut of weighted classes is where their weights put it
    if problem.classes > 2 and isinstance(name, Metric) and isinstance(name.definition.function, MeanCost):
        return with_offsets(problem, name.definition.function.matrix, programs, rows)
    if problem.task != "classification" or problem.classes != 2 or not label:
        return dict(programs)
    most = max(FEWEST_CUTS, CALLS // max(len(programs), 1)) if is_black_box(name) else None
    chosen = rows[:: -(-len(rows) // ROWS)]
    batch, found = problem.batch(chosen), {}
    for key, program in programs.items():
        found[key] = program
        cuts = _cuts(problem, chosen, evaluate(program, batch), most)
        if cuts is None:
            continue
        for place, shift in enumerate(_shifts(context, cuts)):
            moved = None if shift is None else _moved(program, *shift, labels_only=not of_scores)
            if moved is not None:
                found[key if name in TRADED and not place else f"{key}, cut {place + 1}"] = moved
    return found


def _of_labels(context: Context) -> Context:
    """Return the context about the metric that cuts are made for: the first recall or precision, else the first metric of labels."""
    others = context.requirements.of_kind(OtherScore)
    wanted = ((context.metric, context.goal), *((each.metric, each.limit) for each in others))
    traded = [pair for pair in wanted if pair[0] in TRADED]
    of_labels = [pair for pair in wanted if metric(pair[0]).needs == "label"]
    name, goal = next(iter((*traded, *of_labels, *wanted)))
    return replace(context, metric=name, goal=goal)


def _cuts(problem: Problem, rows: NDArray[np.int64], prediction: Floats, most: int | None = None) -> _Cuts | None:
    """Return the cuts between distinct scores, or about so many of them; None where all are alike or of one class."""
    with np.errstate(divide="ignore"):
        odds = np.clip(np.log(prediction[:, 1]) - np.log(prediction[:, 0]), -SUREST, SUREST)
    positive = problem.target[rows] == 1
    mass = np.ones(len(rows)) if problem.weights is None else problem.weights[rows]
    order = np.argsort(odds, kind="stable")
    ordered, hits, misses = odds[order], (mass * positive)[order], (mass * ~positive)[order]
    ends = np.flatnonzero(ordered[1:] > ordered[:-1])
    if not len(ends) or not hits.any() or not misses.any():
        return None
    lost, right = np.cumsum(hits)[ends], np.cumsum(misses)[ends]
    if most is not None and len(ends) > most:
        ends = ends[np.linspace(0, len(ends) - 1, most).astype(np.int64)]
        lost, right = np.cumsum(hits)[ends], np.cumsum(misses)[ends]
    cells = np.stack([right, misses.sum() - right, lost, hits.sum() - lost], axis=1)
    return _Cuts(
        ordered[ends], ordered[ends + 1], np.maximum(cells, 0.0), float(positive.sum()), float((~positive).sum())
    )


def _shifts(context: Context, cuts: _Cuts) -> list[tuple[float, float] | None]:
    """Return for each cut that is wanted the least and the greatest number that may be added to the score; None for one there is not."""
    values = metric(context.metric).sign * cuts.values(context.metric)
    if context.metric in TRADED:
        runs = [_reached(context.metric, cuts, values, aim) for aim in _aims(context, cuts)]
        return [None if run is None else _range(cuts, run) for run in runs]
    best = int(np.nanargmax(values))
    error = _error(context.metric, cuts, values, best)
    zero = int(np.searchsorted(cuts.below, 0.0, side="right")) - 1
    if zero >= 0 and cuts.above[zero] > 0 and values[zero] >= values[best] - AS_GOOD * error:
        return []
    return [_range(cuts, _run(values >= values[best] - FLAT * error, best))]


def _error(name: str, cuts: _Cuts, values: Floats, best: int) -> float:
    """Return about the standard error of a score at the best cut."""
    if isinstance(name, Metric) and name.definition.per_row:
        of_cells, masses = row_values(name, *CELLS), cuts.cells[best] / cuts.cells[best].sum()
        variance = float(masses @ of_cells**2 - (masses @ of_cells) ** 2)
        return float(np.sqrt(max(variance, 0.0) / (cuts.positive + cuts.negative)))
    spread = float(np.nanmax(values) - np.nanmin(values)) if isinstance(name, Metric) else 1.0
    return 0.5 * spread / float(np.sqrt(max(min(cuts.positive, cuts.negative), 1.0)))


def _aims(context: Context, cuts: _Cuts) -> tuple[float, ...]:
    """Return the values of recall or precision to reach."""
    goal = context.goal
    if goal is None:
        return AIMS_WITHOUT_TARGET
    rows = cuts.positive if context.metric == "recall" else 0.5 * cuts.positive
    error = float(np.sqrt(max(goal * (1 - goal), 0.01) / max(rows, 1.0)))
    return tuple(dict.fromkeys(min(goal + steps * error, 1.0) for steps in AIMS))


def _reached(name: str, cuts: _Cuts, values: Floats, aim: float) -> tuple[int, int] | None:
    """Return the cut that reaches the aim: of recall with the fewest rows called positive, of precision with the highest recall."""
    called = cuts.cells[:, 1] + cuts.cells[:, 3]
    enough = FEWEST / (cuts.positive + cuts.negative) * cuts.cells[0].sum()
    reached = (values >= aim) & (called >= enough)
    if not reached.any():
        return None
    other = cuts.values("recall") if name == "precision" else -called
    best = int(np.argmax(np.where(reached, other, -np.inf)))
    return best, best


def _run(good: NDArray[np.bool_], place: int) -> tuple[int, int]:
    """Return the first and the last of the cuts around one that are as good."""
    worse = np.flatnonzero(~good)
    before, after = worse[worse < place], worse[worse > place]
    return (int(before[-1]) + 1 if len(before) else 0), (int(after[0]) - 1 if len(after) else len(good) - 1)


def _range(cuts: _Cuts, run: tuple[int, int]) -> tuple[float, float]:
    """Return the shifts that put 0 well between the scores on both sides of a run of cuts."""
    low, high = -float(cuts.above[run[1]]), -float(cuts.below[run[0]])
    edge = 0.1 * (high - low)
    return low + edge, high - edge


def _moved(program: Program, low: float, high: float, *, labels_only: bool) -> Program | None:
    """Return a program whose score is shifted by a number in [low, high]; None where it has no constant to move."""
    place = -1 if program.link == "softmax" else 0
    body = _shifted(program.body, low, high, place)
    if body is None:
        return None
    return simplify(replace(program, body=_labels_only(body) if program.link == "sigmoid" and labels_only else body))


def _shifted(node: Node, low: float, high: float, place: int) -> Node | None:
    if isinstance(node, Chain):
        last = _shifted(node.nodes[-1], low, high, place)
        return None if last is None else Chain((*node.nodes[:-1], last))
    if isinstance(node, Sum):
        for at in sorted(range(len(node.nodes)), key=lambda at: not _has_bias(node.nodes[at])):
            part = _shifted(node.nodes[at], low, high, place)
            if part is not None:
                return Sum((*node.nodes[:at], part, *node.nodes[at + 1 :]))
        return None
    if isinstance(node, Affine | StepTables | Forest):
        return replace(node, bias=_short(node.bias, low, high, place))
    if isinstance(node, Nearest) and node.otherwise is None and node.bias is None and max(node.owners) == 1:
        shift = _short(Weights.of([0.0]), low, high, 0).values[0]  # of every prototype of the second class
        return replace(node, bias=Weights.of(np.where(np.array(node.owners) == 1, shift, 0.0)))
    return None


def _has_bias(node: Node) -> bool:
    return isinstance(node, Affine | StepTables | Forest) and bool(node.bias.values.any())


def _short(bias: Weights, low: float, high: float, place: int) -> Weights:
    """Return a bias one number of which is moved by low to high, to the shortest number that there is."""
    values = bias.values.astype(np.float64).reshape(-1)
    first, last = values[place] + low, values[place] + high
    middle = np.array([0.5 * (first + last)])
    short = next(
        (each for bits in range(MOST_BITS + 1) if first <= (each := round_mantissa(middle, bits)[0]) <= last), middle[0]
    )
    values[place] = 0.0 if first <= 0.0 <= last else short
    moved = values.reshape(bias.values.shape)
    return Weights.of(moved) if bias.encoding is None else round_to(moved, Float32())


def _labels_only(body: Node) -> Node:
    """Return a single tree that returns labels only, which takes fewer bytes; other bodies as they are."""
    if not isinstance(body, Forest) or len(body.trees) != 1:
        return body
    positive = body.leaves.values.astype(np.float64) + body.bias.values.astype(np.float64) > 0
    return replace(body, leaves=Weights.of(np.where(positive, LABEL_SCORE, -LABEL_SCORE)), bias=Weights.of(np.zeros(1)))
