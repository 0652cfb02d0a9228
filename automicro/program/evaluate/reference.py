"""The reference evaluator: defines, in numpy and over many rows at once, what a program means."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.program.evaluate.attention import attend, make_tokens
from automicro.program.evaluate.message_passing import pooled, propagated
from automicro.program.evaluate.prototypes import distances, nearest
from automicro.program.inputs.decode import decode
from automicro.program.inputs.rows import batch_of
from automicro.program.limits import within_limits
from automicro.program.nodes import (
    Activation,
    Affine,
    Attention,
    Chain,
    Distances,
    Forest,
    Nearest,
    Pool,
    Propagate,
    Scale,
    StepTables,
    Sum,
    Tokens,
)
from automicro.program.trees import right_children

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from automicro.program.inputs.rows import Batch, Column
    from automicro.program.inputs.topology import Topology
    from automicro.program.nodes import Node, Program, Tree

    Floats = NDArray[np.float64]
    Features = NDArray[np.float32] | NDArray[np.float64]

__all__ = ["apply_activation", "apply_link", "body_scores", "decode", "evaluate", "scores"]

SMALL_TREE = 127  # nodes up to which comparing all rows at every split is faster than sending rows down the tree


def evaluate(program: Program, columns: Batch | Sequence[Column | None]) -> Floats:
    """Return the predictions of a program.

    Parameters
    ----------
    program : Program
    columns : Batch, or sequence of Column or None
        One entry for each source column, as `columns_of` makes them.

    Returns
    -------
    array of float64
        (rows,) for one score under the links identity and exp, else (rows, classes): probabilities under sigmoid and softmax.

    Raises
    ------
    DataError
        If a column that the program reads is not there or of the wrong kind.
    """
    return apply_link(program, scores(program, columns))


def scores(program: Program, columns: Batch | Sequence[Column | None]) -> Floats:
    """Return the scores before the link, (rows, outputs)."""
    batch = batch_of(columns)
    result: Floats = batch.kept(body_scores(program.body, decode(program.decoders, batch), batch.topology))
    return result


def body_scores(node: Node, X: Features, topology: Topology | None = None) -> Floats:
    """Return what a node makes of features, (rows, outputs) in float64; `topology` shows how rows that are nodes are connected.

    Sums are taken in the order of the terms: first the bias, then one term after the other. A zero weight does not
    read its feature.
    """
    if isinstance(node, Propagate):
        return propagated(node, X, topology).astype(np.float64)
    if isinstance(node, Pool):
        return pooled(node, X, topology).astype(np.float64)
    if isinstance(node, Chain):
        result: Any = X
        for part in node.nodes:
            result = body_scores(part, result, topology)
        return np.asarray(result, dtype=np.float64)
    if not isinstance(node, Sum):
        return _MEANINGS[type(node)](node, X)
    total = body_scores(node.nodes[0], X, topology)
    for part in node.nodes[1:]:
        total += body_scores(part, X, topology)
    return total


def _start(bias: NDArray[np.float32], rows: int) -> Floats:
    result = np.empty((rows, len(bias)), dtype=np.float64, order="F")
    result[:] = bias
    return result


def _affine(node: Affine, X: Features) -> Floats:
    total = _start(node.bias.values, len(X))
    weights = node.weights.values.astype(np.float64)
    for feature in np.flatnonzero(weights.any(axis=0)):
        x = X[:, feature].astype(np.float64)
        for output in np.flatnonzero(weights[:, feature]):
            total[:, output] += weights[output, feature] * x
    return total


def _scale(node: Scale, X: Features) -> Floats:
    total = np.zeros(X.shape, dtype=np.float64, order="F")
    factors = node.factors.values.astype(np.float64)
    read = np.flatnonzero(factors)
    total[:, read] = X[:, read].astype(np.float64) * factors[read]
    return total


def apply_activation(kind: str, X: Features) -> Floats:
    """Return an elementwise function of features in float64."""
    x = np.asarray(X, dtype=np.float64)
    if kind == "relu":
        positive: Floats = np.where(x <= 0, 0.0, x)
        return positive
    if kind == "tanh":
        return np.tanh(x)
    if kind == "decay":
        with np.errstate(over="ignore"):
            return np.exp(-x)
    return _sigmoid(x)


def _tables(node: StepTables, X: Features) -> Floats:
    total = _start(node.bias.values, len(X))
    cuts, values = node.cuts.values, node.values.values.astype(np.float64)
    ends = np.concatenate(([0], np.cumsum(node.pieces)))
    for table, (start, stop) in enumerate(pairwise(ends)):
        x = X[:, node.features[table]]
        piece = np.searchsorted(cuts[start - table : stop - table - 1], x, side="left")
        absent = np.isnan(x)
        if absent.any():
            piece[absent] = 0
        term = values[start:stop][piece]
        if node.missing is not None and absent.any():
            term[absent] = node.missing.values[table]
        total[:, node.outputs[table]] += term
    return total


def _forest(node: Forest, X: Features) -> Floats:
    total = _start(node.bias.values, len(X))
    leaves = node.leaves.values.astype(np.float64)
    for tree in node.trees:
        reached = _reached(tree, X)
        if leaves.shape[1] == 1:
            total[:, tree.output] += leaves[reached, 0]
        else:
            total += leaves[reached]
    return total


def _reached(tree: Tree, X: Features) -> NDArray[np.int32]:
    """Return the row of the forest's leaves that each row reaches."""
    if len(tree.feature) == 1:
        return np.full(len(X), tree.leaf[0], dtype=np.int32)
    return _merge_upwards(tree, X) if len(tree.feature) <= SMALL_TREE else _send_downwards(tree, X)


def _goes_left(x: Features, threshold: np.float32, default_left: bool) -> NDArray[np.bool_]:
    return ~(x > threshold) if default_left else x <= threshold


def _merge_upwards(tree: Tree, X: Features) -> NDArray[np.int32]:
    stack: list[Any] = []
    for i in range(len(tree.feature) - 1, -1, -1):
        if tree.feature[i] < 0:
            stack.append(tree.leaf[i])
        else:
            left, right = stack.pop(), stack.pop()
            goes_left = _goes_left(X[:, tree.feature[i]], tree.threshold[i], bool(tree.default_left[i]))
            stack.append(np.where(goes_left, left, right))
    return np.asarray(stack[0], dtype=np.int32)


def _send_downwards(tree: Tree, X: Features) -> NDArray[np.int32]:
    right = right_children(tree.feature)
    reached = np.empty(len(X), dtype=np.int32)
    todo = [(0, np.arange(len(X)))]
    while todo:
        i, rows = todo.pop()
        if tree.feature[i] < 0:
            reached[rows] = tree.leaf[i]
        elif len(rows):
            left = _goes_left(X[rows, tree.feature[i]], tree.threshold[i], bool(tree.default_left[i]))
            todo.append((int(right[i]), rows[~left]))
            todo.append((i + 1, rows[left]))
    return reached


_MEANINGS: dict[type[Node], Callable[[Any, Features], Floats]] = {
    Affine: _affine,
    Activation: lambda node, X: apply_activation(node.kind, X),
    StepTables: _tables,
    Forest: _forest,
    Distances: distances,
    Nearest: nearest,
    Scale: _scale,
    Tokens: make_tokens,
    Attention: attend,
}


def _sigmoid(x: Floats) -> Floats:
    small = np.exp(-np.abs(x))
    result: Floats = np.where(x >= 0, 1.0, small) / (1.0 + small)
    return result


def apply_link(program: Program, scores: Floats) -> Floats:
    """Return what a program predicts from scores (rows, outputs).

    Identity and exp return (rows,) where there is one output; sigmoid returns the probabilities of two classes, softmax one a score.
    Under identity and exp predictions are within ``program.limits``, if there are any.
    """
    link = program.link
    if link == "sigmoid":
        p = _sigmoid(scores[:, 0])
        return np.stack([1.0 - p, p], axis=1)
    if link == "softmax":
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        total = np.zeros(len(scores))
        for output in range(scores.shape[1]):
            total += shares[:, output]
        result: Floats = shares / total[:, None]
        return result
    if link == "exp":
        with np.errstate(over="ignore"):
            scores = np.exp(scores)
    scores = within_limits(scores, program.limits)
    return scores[:, 0] if scores.shape[1] == 1 else scores
