"""Bodies of programs, drawn at random: every kind of node that needs no graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.program import (
    Activation,
    Affine,
    Attention,
    Chain,
    Distances,
    Forest,
    Nearest,
    Scale,
    StepTables,
    Sum,
    Tokens,
    Tree,
    Weights,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from automicro.program.nodes import Node

__all__ = ["BODIES", "READ_MISSING"]

ACTIVATIONS = ("relu", "tanh", "sigmoid", "decay")
Random = np.random.Generator


def _weights(rng: Random, *shape: int) -> Weights:
    """Return weights of which some are 0."""
    return Weights.of(np.where(rng.random(shape) < 0.2, 0.0, rng.normal(size=shape)))


def _cuts(rng: Random, count: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    known = np.concatenate([np.arange(-4, 8) / 2, rng.normal(size=2 * count + 4)]).astype(np.float32)
    return np.sort(rng.choice(np.unique(known), count, replace=False))


def _affine(rng: Random, inputs: int, outputs: int) -> Node:
    return Affine(_weights(rng, outputs, inputs), _weights(rng, outputs))


def _tables(rng: Random, inputs: int, outputs: int) -> Node:
    count = int(rng.integers(1, 5))
    pieces = rng.integers(1, 6, count).tolist()
    cuts = np.concatenate([_cuts(rng, each - 1) for each in pieces])
    return StepTables(
        tuple(rng.integers(0, inputs, count).tolist()),
        tuple(rng.integers(0, outputs, count).tolist()),
        tuple(pieces),
        Weights.of(cuts),
        _weights(rng, sum(pieces)),
        _weights(rng, outputs),
        _weights(rng, count),
    )


def _tree(rng: Random, inputs: int, leaves: int, output: int) -> Tree:
    nodes: list[tuple[int, float, bool, int]] = []
    depths = [0]
    while depths:
        depth = depths.pop()
        if depth < 4 and rng.random() < 0.8:
            nodes.append((int(rng.integers(inputs)), float(_cuts(rng, 1)[0]), bool(rng.integers(2)), 0))
            depths += [depth + 1, depth + 1]
        else:
            nodes.append((-1, 0.0, False, int(rng.integers(leaves))))
    feature, threshold, left, leaf = zip(*nodes, strict=True)
    return Tree(
        np.array(feature, np.int32), np.array(threshold, np.float32), np.array(left), np.array(leaf, np.int32), output
    )


def _forest(rng: Random, inputs: int, outputs: int) -> Node:
    width, leaves = int(rng.choice([1, outputs])), int(rng.integers(2, 20))
    places = [int(rng.integers(outputs)) if width == 1 else 0 for _ in range(rng.integers(1, 5))]
    trees = tuple(_tree(rng, inputs, leaves, output) for output in places)
    return Forest(trees, _weights(rng, leaves, width), _weights(rng, outputs))


def _network(rng: Random, inputs: int, outputs: int) -> Node:
    hidden = int(rng.integers(1, 5))
    kind = ACTIVATIONS[rng.integers(len(ACTIVATIONS))]
    return Chain((_affine(rng, inputs, hidden), Activation(kind), _affine(rng, hidden, outputs)))  # type: ignore[arg-type]  # one of them


def _sum(rng: Random, inputs: int, outputs: int) -> Node:
    return Sum((_affine(rng, inputs, outputs), _tables(rng, inputs, outputs), _forest(rng, inputs, outputs)))


def _scaled(rng: Random, inputs: int, outputs: int) -> Node:
    return Chain((Scale(_weights(rng, inputs)), _affine(rng, inputs, outputs), Scale(_weights(rng, outputs))))


def _deep(rng: Random, inputs: int, outputs: int) -> Node:
    """Return trees over what an affine map makes, which is float64."""
    return Chain((_affine(rng, inputs, 3), _forest(rng, 3, outputs)))


def _prototypes(rng: Random, inputs: int, outputs: int) -> Node:
    owned = max(outputs - int(rng.integers(2)), 1)
    count = owned + int(rng.integers(4))
    shape = (inputs,) if rng.integers(2) else (count, inputs)
    near = Distances(Weights.of(rng.normal(size=(count, inputs))), Weights.of(rng.choice([0.0, 0.5, 1.0, 2.0], shape)))
    if rng.integers(3) == 0:
        return Chain((near, Activation("decay"), _affine(rng, count, outputs)))
    owners = rng.permutation([*range(owned), *rng.integers(0, owned, count - owned).tolist()]).tolist()
    otherwise = None if owned == outputs else -1.5
    return Chain((near, Nearest(tuple(owners), _weights(rng, count) if rng.integers(2) else None, otherwise)))


def _attention(rng: Random, inputs: int, outputs: int) -> Node:
    width, count = int(rng.integers(1, 4)), int(rng.integers(1, 5))
    sizes = [int(rng.integers(1, 3))] * count if rng.integers(2) else rng.integers(1, 3, count).tolist()
    features = rng.integers(0, inputs, sum(sizes)).tolist()
    rows = sizes[0] if len({*sizes}) == 1 and rng.integers(2) else len(features)
    weights = (_weights(rng, rows, width), _weights(rng, count, width))
    steps: list[Node] = [Tokens(tuple(features), tuple(sizes), *weights, bool(rng.integers(2)))]
    heads = int(rng.integers(1, 3))
    if rng.integers(2):
        steps.append(Attention(_weights(rng, heads, width, width), _weights(rng, width, heads * width)))
    steps.append(Attention(_weights(rng, heads, width)))
    return Chain((*steps, _affine(rng, heads * width, outputs)))


BODIES: tuple[Callable[[Random, int, int], Node], ...] = (
    _affine,
    _forest,
    _tables,
    _network,
    _prototypes,
    _attention,
    _sum,
    _scaled,
    _deep,
)
READ_MISSING = (_forest, _tables, _attention)  # bodies whose features may be NaN
