"""What a model computes in words: equations, tables of steps, rules; made of the data of its global card and of nothing else."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from automicro.words.features import FeatureText
from automicro.words.messages import after_messages, messages_line, pool_texts
from automicro.words.numbers import aligned, count, exponential, number, rounded, signed, within
from automicro.words.prototypes import distance_lines, nearest_lines
from automicro.words.rules import forest_summary, tree_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["TextContext", "body_lines", "decides_alone"]

Node = dict[str, Any]

_TREES_SHOWN = 3


@dataclass(frozen=True)
class TextContext:
    """What the words need to know of the rest of the model.

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
    limits : sequence of float, optional
        Least and greatest prediction under the link identity or exp.
    """

    features: tuple[FeatureText, ...]
    outputs: tuple[str, ...]
    labels: tuple[str, ...]
    link: str
    limit: int
    limits: Sequence[float] | None = None


def body_lines(body: Node, context: TextContext) -> list[str]:
    """Return the lines that show what a body computes."""
    return _WORDS[body["kind"]](body, context)


def _activation_lines(body: Node, context: TextContext) -> list[str]:  # noqa: ARG001 - an argument of all words
    return ["exp(-input) of every input" if body["function"] == "decay" else f"{body['function']} of every input"]


def _pool_lines(body: Node, context: TextContext) -> list[str]:
    return [f"{', '.join(text.name for text in pool_texts(body, context.features))} of each graph"]


def _message_lines(body: Node, context: TextContext) -> list[str]:  # noqa: ARG001 - an argument of all words
    return [messages_line(body)]


def _distance_lines(body: Node, context: TextContext) -> list[str]:
    return _cut(distance_lines(body, context.features, context.outputs), context.limit, "line")


def _nearest_lines(body: Node, context: TextContext) -> list[str]:
    return _cut(nearest_lines(body, context.features, context.outputs), context.limit, "line")


def _cut(lines: list[str], limit: int, what: str) -> list[str]:
    if len(lines) <= limit:
        return lines
    return [*lines[:limit], f"  ... {count(len(lines) - limit, f'more {what}')}"]


def _linear_lines(body: Node, context: TextContext) -> list[str]:
    terms: dict[int, list[str]] = {output: [] for output in range(len(context.outputs))}
    for term in body["terms"]:
        terms[term["to"]].append(f"  {signed(term['times'])} * {context.features[term['input']].term}")
    lines = []
    for output, (name, start) in enumerate(zip(context.outputs, body["start"], strict=True)):
        lines += [f"{name} = {number(start)}", *_cut(terms[output], context.limit, "term")]
    return lines


def _scale_lines(body: Node, context: TextContext) -> list[str]:
    rows = zip(context.outputs, body["factors"], context.features, strict=True)
    return _cut(
        [f"{name} = {number(factor)} * {feature.term}" for name, factor, feature in rows], context.limit, "factor"
    )


def _token_lines(body: Node, context: TextContext) -> list[str]:
    tokens = body["tokens"]
    width = len(tokens[0]["start"])
    without = "missing or 0" if body["sparse"] else "missing"
    made = f"{len(tokens)} tokens of {width} numbers each; what is {without} is left out, and a token of nothing else is absent"
    terms = [
        {"to": token * width + place, "input": term["input"], "times": times}
        for token, entry in enumerate(tokens)
        for term in entry["terms"]
        for place, times in enumerate(term["times"])
        if times
    ]
    start = [value for entry in tokens for value in entry["start"]]
    return [made, *_linear_lines({"start": start, "terms": terms}, context)]


def _attention_lines(body: Node, context: TextContext) -> list[str]:
    heads = count(len(body["queries"]), "head")
    tokens = f"{len(context.features) // body['width']} tokens of {count(body['width'], 'number')}"
    if body["mixing"] is not None:
        return [f"every one of {tokens} adds what {heads} make of all tokens, weighed by how well they answer it"]
    lines = [f"{heads} over {tokens}: each gives their mean, weighed by the softmax of"]
    for head, query in enumerate(body["queries"]):
        terms = " ".join(f"{signed(q)} * number {k + 1}" for k, q in enumerate(query) if q)
        lines.append(f"  head {head + 1}: {terms or '0'}")
    return _cut(lines, context.limit, "head")


def _table_lines(body: Node, context: TextContext) -> list[str]:
    lines = [f"{_start(body, context)} plus one line of each of these"]
    several = len(context.outputs) > 1
    for table in body["tables"]:
        to = [f"to {context.outputs[table['to']]}"] if several else []
        lines += aligned(([condition, value, *to] for condition, value in _steps(table, context)), "  ")
    return _cut(lines, context.limit, "step")


def _start(body: Node, context: TextContext) -> str:
    return ", ".join(f"{name} = {number(start)}" for name, start in zip(context.outputs, body["start"], strict=True))


def _steps(table: Node, context: TextContext) -> list[tuple[str, str]]:
    feature, cuts = context.features[table["input"]], table["cuts"]
    edges = zip([None, *cuts], [*cuts, None], table["values"], strict=True)
    steps = [(feature.piece(low, high), signed(value)) for low, high, value in edges]
    if feature.may_be_missing:
        steps.append((f"{feature.name} missing", signed(table["missing"])))
    return steps


def decides_alone(body: Node, context: TextContext) -> bool:
    """Whether the leaves of trees can say what the whole model predicts: there is one, and nothing is added."""
    return body["kind"] == "trees" and len(body["trees"]) == 1 and bool(context.link)


def _tree_lines(body: Node, context: TextContext) -> list[str]:
    trees = body["trees"]
    if decides_alone(body, context):
        return tree_lines(trees[0]["nodes"], context.features, partial(_decided, body, context), context.limit)
    lines = [forest_summary(trees, context.features), f"{_start(body, context)} plus what each tree says"]
    for position, tree in enumerate(trees[:_TREES_SHOWN]):
        lines.append(f"tree {position + 1} of {len(trees)}:")
        outcome = partial(_added, context.outputs, context.outputs[tree["to"] or 0])
        lines += [f"  {rule}" for rule in tree_lines(tree["nodes"], context.features, outcome, context.limit)]
    if len(trees) > _TREES_SHOWN:
        lines.append(f"... {count(len(trees) - _TREES_SHOWN, 'more tree')}")
    return lines


def _added(outputs: tuple[str, ...], output: str, adds: list[float]) -> str:
    if len(adds) == 1:
        return signed(adds[0]) if len(outputs) == 1 else f"{output} {signed(adds[0])}"
    return ", ".join(f"{name} {signed(value)}" for name, value in zip(outputs, adds, strict=True) if value) or "nothing"


def _decided(body: Node, context: TextContext, adds: list[float]) -> str:
    """Return what a tree that is the whole model predicts at a leaf."""
    to = body["trees"][0]["to"]
    own = adds if to is None else [adds[0] if output == to else 0.0 for output in range(len(body["start"]))]
    scores = [start + value for start, value in zip(body["start"], own, strict=True)]
    if context.link == "sigmoid":
        probability = 1 / (1 + math.exp(-min(max(scores[0], -700.0), 700.0)))
        probabilities = [1 - probability, probability]
    elif context.link == "softmax":
        powers = [math.exp(score - max(scores)) for score in scores]
        probabilities = [power / sum(powers) for power in powers]
    else:
        return number(within(exponential(scores[0]) if context.link == "exp" else scores[0], context.limits))
    best = probabilities.index(max(probabilities))
    return f"{context.labels[best]} (probability {rounded(probabilities[best])})"


def _sum_lines(body: Node, context: TextContext) -> list[str]:
    lines = [f"the sum of {len(body['parts'])} parts"]
    for position, part in enumerate(body["parts"]):
        lines.append(f"part {position + 1}:")
        lines += [f"  {line}" for line in body_lines(part, replace(context, link=""))]
    return lines


def _chain_lines(body: Node, context: TextContext) -> list[str]:
    """Return the steps of a chain in words; only the last names its scores, the others make units without names."""
    lines = []
    reading = context
    for position, step in enumerate(body["steps"]):
        lines.append(f"step {position + 1}:")
        if step["kind"] in {"messages", "pool"}:
            lines += [f"  {line}" for line in body_lines(step, reading)]
            reading = replace(reading, features=after_messages(step, reading.features))
            continue
        last = position == len(body["steps"]) - 1
        width = _width(step, len(reading.features))
        units = tuple(f"unit {position + 1}.{unit + 1}" for unit in range(width))
        entry = replace(reading, outputs=context.outputs if last else units, link="")
        lines += [f"  {line}" for line in _cut(body_lines(step, entry), context.limit, "line")]
        reading = replace(reading, features=tuple(FeatureText(unit) for unit in units))
    return lines


def _width(body: Node, inputs: int) -> int:
    """Return how many numbers a body makes of so many."""
    match body["kind"]:
        case "tokens":
            return len(body["tokens"]) * len(body["tokens"][0]["start"])
        case "attention":
            return inputs if body["mixing"] is not None else len(body["queries"]) * body["width"]
        case "pool":
            return len(body["items"])
        case "chain":
            for step in body["steps"]:
                inputs = _width(step, inputs)
            return inputs
        case "sum":
            return _width(body["parts"][0], inputs)
        case "distances":
            return len(body["points"])
        case "nearest":
            return len({*body["owners"]}) + (body["otherwise"] is not None)
        case _:
            return len(body["start"]) if "start" in body else inputs


_WORDS: dict[str, Callable[[Node, TextContext], list[str]]] = {
    "linear": _linear_lines,
    "tables": _table_lines,
    "trees": _tree_lines,
    "sum": _sum_lines,
    "chain": _chain_lines,
    "activation": _activation_lines,
    "distances": _distance_lines,
    "nearest": _nearest_lines,
    "messages": _message_lines,
    "pool": _pool_lines,
    "scale": _scale_lines,
    "tokens": _token_lines,
    "attention": _attention_lines,
}
