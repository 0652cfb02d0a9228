"""The body of a program in words: equations, tables of steps, rules."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
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
    Pool,
    Propagate,
    Scale,
    StepTables,
    Sum,
    Tokens,
    Weights,
)
from automicro.report.prototypes import prototype_lines
from automicro.report.rules import forest_summary, tree_lines
from automicro.words.features import FeatureText
from automicro.words.messages import after_messages, messages_line, pool_texts
from automicro.words.numbers import aligned, count, number, rounded, signed

if TYPE_CHECKING:
    from collections.abc import Callable

    from automicro.program import Node

__all__ = ["Telling", "body_lines", "decides_alone"]

_TREES_SHOWN = 3


@dataclass(frozen=True)
class Telling:
    """What the words need to know of the rest of the program.

    Parameters
    ----------
    features : tuple of FeatureText
    outputs : tuple of str
        The name of each score.
    labels : tuple of str
        Class labels, empty for regression.
    link : str
    limit : int
        Most lines of one list.
    """

    features: tuple[FeatureText, ...]
    outputs: tuple[str, ...]
    labels: tuple[str, ...]
    link: str
    limit: int


def body_lines(node: Node, telling: Telling) -> list[str]:
    """Return the lines that tell what a node computes."""
    return _WORDS[type(node)](node, telling)


def _activation_lines(node: Activation, telling: Telling) -> list[str]:  # noqa: ARG001 - an argument of all words
    return ["exp(-input) of every input" if node.kind == "decay" else f"{node.kind} of every input"]


def _pool_lines(node: Pool, telling: Telling) -> list[str]:
    return [f"{', '.join(text.name for text in pool_texts(node, telling.features))} of each graph"]


def _message_lines(node: Propagate, telling: Telling) -> list[str]:  # noqa: ARG001 - an argument of all words
    return [messages_line(node)]


def _prototype_lines(node: Distances | Nearest, telling: Telling) -> list[str]:
    return _cut(prototype_lines(node, telling.features, telling.outputs), telling.limit, "line")


def _cut(lines: list[str], limit: int, what: str) -> list[str]:
    if len(lines) <= limit:
        return lines
    return [*lines[:limit], f"  ... {count(len(lines) - limit, f'more {what}')}"]


def _affine_lines(node: Affine, telling: Telling) -> list[str]:
    lines = []
    for name, row, bias in zip(telling.outputs, node.weights.values, node.bias.values, strict=True):
        lines.append(f"{name} = {number(bias)}")
        terms = [f"  {signed(row[i])} * {telling.features[i].name}" for i in np.flatnonzero(row)]
        lines += _cut(terms, telling.limit, "term")
    return lines


def _scale_lines(node: Scale, telling: Telling) -> list[str]:
    rows = zip(telling.outputs, node.factors.values, telling.features, strict=True)
    return _cut(
        [f"{name} = {number(factor)} * {feature.name}" for name, factor, feature in rows], telling.limit, "factor"
    )


def _token_lines(node: Tokens, telling: Telling) -> list[str]:
    count, width = node.positions.values.shape
    dense = np.zeros((count * width, len(telling.features)), dtype=np.float32)
    slot = 0
    for token, size in enumerate(node.sizes):
        for own in range(size):
            row = node.weights.values[own if node.shared else slot]
            dense[token * width : (token + 1) * width, node.features[slot]] += row
            slot += 1
    without = "missing or 0" if node.sparse else "missing"
    made = (
        f"{count} tokens of {width} numbers each; what is {without} is left out, and a token of nothing else is absent"
    )
    return [made, *_affine_lines(Affine(Weights.of(dense), Weights.of(node.positions.values.reshape(-1))), telling)]


def _attention_lines(node: Attention, telling: Telling) -> list[str]:
    heads = count(len(node.queries.values), "head")
    tokens = f"{len(telling.features) // node.width} tokens of {count(node.width, 'number')}"
    if node.mixing is not None:
        return [f"every one of {tokens} adds what {heads} make of all tokens, weighed by how well they answer it"]
    lines = [f"{heads} over {tokens}: each gives their mean, weighed by the softmax of"]
    for head, query in enumerate(node.queries.values):
        terms = " ".join(f"{signed(q)} * number {k + 1}" for k, q in enumerate(query) if q)
        lines.append(f"  head {head + 1}: {terms or '0'}")
    return _cut(lines, telling.limit, "head")


def _table_lines(node: StepTables, telling: Telling) -> list[str]:
    lines = [f"{_start(node, telling)} plus one line of each of these"]
    rows = [_steps(node, table, telling) for table in range(len(node.features))]
    several = len(telling.outputs) > 1
    for output, table in zip(node.outputs, rows, strict=True):
        to = [f"to {telling.outputs[output]}"] if several else []
        lines += aligned(([condition, value, *to] for condition, value in table), "  ")
    return _cut(lines, telling.limit, "step")


def _start(node: StepTables | Forest, telling: Telling) -> str:
    return ", ".join(f"{name} = {number(bias)}" for name, bias in zip(telling.outputs, node.bias.values, strict=True))


def _steps(node: StepTables, table: int, telling: Telling) -> list[tuple[str, str]]:
    first_value = sum(node.pieces[:table])
    pieces = node.pieces[table]
    cuts: list[float | None] = [*map(float, node.cuts.values[first_value - table :][: pieces - 1])]
    values = node.values.values[first_value : first_value + pieces]
    feature = telling.features[node.features[table]]
    edges = zip([None, *cuts], [*cuts, None], values, strict=True)
    steps = [(feature.piece(low, high), signed(value)) for low, high, value in edges]
    if node.missing is not None and feature.may_be_missing:
        steps.append((f"{feature.name} missing", signed(node.missing.values[table])))
    return steps


def decides_alone(forest: Forest, telling: Telling) -> bool:
    """Whether the leaves of a forest can say what the whole model predicts: it is one tree, and nothing is added."""
    return len(forest.trees) == 1 and bool(telling.link)


def _forest_lines(forest: Forest, telling: Telling) -> list[str]:
    if decides_alone(forest, telling):
        return tree_lines(
            forest.trees[0], telling.features, lambda leaf: _decided(forest, leaf, telling), telling.limit
        )
    lines = [forest_summary(forest, telling.features), f"{_start(forest, telling)} plus what each tree says"]
    for position, tree in enumerate(forest.trees[:_TREES_SHOWN]):
        lines.append(f"tree {position + 1} of {len(forest.trees)}:")
        outcome = partial(_added, forest, telling.outputs, telling.outputs[tree.output])
        rules = tree_lines(tree, telling.features, outcome, telling.limit)
        lines += [f"  {rule}" for rule in rules]
    if len(forest.trees) > _TREES_SHOWN:
        lines.append(f"... {count(len(forest.trees) - _TREES_SHOWN, 'more tree')}")
    return lines


def _added(forest: Forest, outputs: tuple[str, ...], output: str, leaf: int) -> str:
    row = forest.leaves.values[leaf]
    if len(row) == 1:
        return signed(row[0]) if len(outputs) == 1 else f"{output} {signed(row[0])}"
    return ", ".join(f"{name} {signed(value)}" for name, value in zip(outputs, row, strict=True) if value) or "nothing"


def _decided(forest: Forest, leaf: int, telling: Telling) -> str:
    """Return what a tree that is the whole model predicts at a leaf."""
    row = forest.leaves.values[leaf].astype(np.float64)
    scores = forest.bias.values.astype(np.float64)
    scores = (
        scores + row if len(row) == len(scores) else scores + row * (np.arange(len(scores)) == forest.trees[0].output)
    )
    if telling.link == "sigmoid":
        probability = 1 / (1 + math.exp(-min(max(float(scores[0]), -700.0), 700.0)))
        probabilities = np.array([1 - probability, probability])
    elif telling.link == "softmax":
        powers = np.exp(scores - scores.max())
        probabilities = powers / powers.sum()
    else:
        return number(scores[0] if telling.link == "identity" else math.exp(min(float(scores[0]), 700.0)))
    best = int(np.argmax(probabilities))
    return f"{telling.labels[best]} (probability {rounded(float(probabilities[best]))})"


def _sum_lines(node: Sum, telling: Telling) -> list[str]:
    lines = [f"the sum of {len(node.nodes)} parts"]
    for position, part in enumerate(node.nodes):
        lines.append(f"part {position + 1}:")
        lines += [f"  {line}" for line in body_lines(part, replace(telling, link=""))]
    return lines


def _chain_lines(node: Chain, telling: Telling) -> list[str]:
    """Tell the steps of a chain; only the last names its scores, the others make units without names."""
    lines = []
    reading = telling
    for position, step in enumerate(node.nodes):
        if isinstance(step, Propagate | Pool):
            lines.append(f"step {position + 1}:")
            lines += [f"  {line}" for line in body_lines(step, reading)]
            reading = replace(reading, features=after_messages(step, reading.features))
            continue
        last = position == len(node.nodes) - 1
        width = _width(step, len(reading.features))
        units = tuple(f"unit {position + 1}.{unit + 1}" for unit in range(width))
        lines.append(f"step {position + 1}:")
        told = replace(reading, outputs=telling.outputs if last else units, link="")
        lines += [f"  {line}" for line in _cut(body_lines(step, told), telling.limit, "line")]
        reading = replace(reading, features=tuple(FeatureText(unit) for unit in units))
    return lines


def _width(node: Node, inputs: int) -> int:
    match node:
        case Activation() | Scale() | Propagate():
            return inputs
        case Tokens():
            return node.positions.values.size
        case Attention():
            return node.outputs(inputs)
        case Pool():
            return len(node.kinds)
        case Chain():
            for step in node.nodes:
                inputs = _width(step, inputs)
            return inputs
        case Sum():
            return _width(node.nodes[0], inputs)
        case Distances():
            return len(node.points.values)
        case Nearest():
            return node.outputs
        case _:
            return len(node.bias.values)


_WORDS: dict[type[Node], Callable[[Any, Telling], list[str]]] = {
    Affine: _affine_lines,
    StepTables: _table_lines,
    Forest: _forest_lines,
    Sum: _sum_lines,
    Chain: _chain_lines,
    Activation: _activation_lines,
    Distances: _prototype_lines,
    Nearest: _prototype_lines,
    Propagate: _message_lines,
    Pool: _pool_lines,
    Scale: _scale_lines,
    Tokens: _token_lines,
    Attention: _attention_lines,
}
