"""Offsets of the scores of three classes or more, for the least mean cost: chosen on training rows, part of the program's constants."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.program import Affine, Chain, Forest, StepTables, Sum, Weights, evaluate, simplify
from automicro.program.encodings import Float32
from automicro.program.weights import round_to

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from automicro.data import Problem
    from automicro.program import Node, Program

    Floats = NDArray[np.float64]

__all__ = ["best_offsets", "with_offsets"]

SWEEPS = 3  # over all classes
ROWS = 5000
SUREST = 40.0  # log-odds
STEP = 0.25  # offsets are multiples of it, which takes few bits
WORTH = (
    0.5  # standard errors of the mean cost that offsets must save: chosen on the same rows, they save some by chance
)
KEY = ", offsets"


def with_offsets(
    problem: Problem, matrix: tuple[tuple[float, ...], ...], programs: Mapping[str, Program], rows: NDArray[np.int64]
) -> dict[str, Program]:
    """Return programs with, beside each, the same one with the offsets of its scores that cost least on some training rows.

    Whether they are kept is decided like everything else, on rows that neither the model nor its offsets have seen.

    Parameters
    ----------
    problem : Problem
        Of three classes or more.
    matrix : tuple of tuple of float
        What each prediction costs, true classes in rows.
    programs : mapping of str to Program
        By the key of their variant.
    rows : array of int64
        The rows that they were trained on; at most 5,000 of them, evenly spread, decide.
    """
    chosen = rows[:: -(-len(rows) // ROWS)]
    batch, found = problem.batch(chosen), {}
    codes = problem.target[chosen].astype(np.int64)
    costs = (
        np.array(matrix)[codes] if problem.weights is None else np.array(matrix)[codes] * problem.weights[chosen, None]
    )
    for key, program in programs.items():
        found[key] = program
        if program.link != "softmax":
            continue
        with np.errstate(divide="ignore"):
            scores = np.maximum(np.log(evaluate(program, batch)), -SUREST)
        offsets = best_offsets(scores, costs)
        body = None if offsets is None else _raised(program.body, offsets)
        if body is not None:
            found[key + KEY] = simplify(replace(program, body=body))
    return found


def best_offsets(scores: Floats, costs: Floats) -> Floats | None:
    """Return what to add to the scores of each class, (classes,), so that the classes with the highest scores cost little.

    One class after the other gets the offset that is best as long as the others keep theirs, found exactly: rows are called so from
    an offset on that is the lead of the best of the others.

    Parameters
    ----------
    scores : array of float64, (rows, classes)
    costs : array of float64, (rows, classes)
        What it costs to call a row each class.

    Returns
    -------
    array or None
        None if they save less than half a standard error of the mean cost.
    """
    rows = np.arange(len(scores))
    before = costs[rows, scores.argmax(axis=1)]
    offsets = np.zeros(scores.shape[1])
    for _ in range(SWEEPS):
        last = offsets.copy()
        for code in range(scores.shape[1]):
            offsets[code] = _best(scores + offsets, costs, code) + offsets[code]
        if np.array_equal(last, offsets):
            break
    offsets -= offsets[int(np.argmin(np.abs(offsets - np.median(offsets))))]  # only differences count
    after = costs[rows, (scores + offsets).argmax(axis=1)]
    error = float(before.std()) / np.sqrt(len(rows))
    return offsets if (before - after).mean() > WORTH * error and offsets.any() else None


def _best(scores: Floats, costs: Floats, code: int) -> float:
    """Return the multiple of `STEP`, of least size among the best, that is to be added to the scores of one class."""
    rows, others = np.arange(len(scores)), scores.copy()
    others[:, code] = -np.inf
    rival = others.argmax(axis=1)
    lead = others[rows, rival] - scores[:, code]
    saved = costs[rows, rival] - costs[:, code]  # by calling the row so
    tried = np.arange(np.floor(lead.min() / STEP), np.ceil(lead.max() / STEP) + 1) * STEP
    tried = np.unique(np.append(tried[np.abs(tried) <= SUREST], 0.0))
    order = np.argsort(lead, kind="stable")
    total = np.append(0.0, np.cumsum(saved[order]))[np.searchsorted(lead[order], tried, side="left")]
    best = tried[total >= total.max() - 1e-12 * np.abs(saved).sum()]
    return float(best[np.abs(best).argmin()])


def _raised(node: Node, offsets: Floats) -> Node | None:
    """Return a body with offsets added to its scores; None if it has no constants for them."""
    if isinstance(node, Chain):
        last = _raised(node.nodes[-1], offsets)
        return None if last is None else Chain((*node.nodes[:-1], last))
    if isinstance(node, Sum):
        for at, part in enumerate(node.nodes):
            if (raised := _raised(part, offsets)) is not None:
                return Sum((*node.nodes[:at], raised, *node.nodes[at + 1 :]))
        return None
    if isinstance(node, Affine | StepTables | Forest) and node.bias.values.size == len(offsets):
        values = node.bias.values.astype(np.float64) + offsets.reshape(node.bias.values.shape)
        return replace(node, bias=Weights.of(values) if node.bias.encoding is None else round_to(values, Float32()))
    return None
