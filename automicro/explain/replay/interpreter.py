"""Follows a global card with plain numbers, as a reader with a pencil would; it imports nothing of what evaluates programs.

It decides the replay: the card and a row are all that it reads.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from automicro.explain.replay.input_decoder import read_input, single

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["Edges", "Interpreter", "NotFollowed", "Step"]

Rows = list[list[float]]
LARGEST_EXPONENT = 709.78


class NotFollowed(Exception):  # noqa: N818 - not an error: it reports that a card cannot be followed
    """A card holds what cannot be followed step by step."""


@dataclass(frozen=True)
class Edges:
    """How rows that are nodes are connected: edges as (source, target), their attributes, where each graph's nodes begin and end."""

    pairs: Sequence[tuple[int, int]]
    attributes: Sequence[Sequence[float]]
    starts: Sequence[int]


class Step(NamedTuple):
    """One addition to a score: from one input, or from a tree whose conditions, each with whether it holds, led to a leaf.

    Or from an example that a row was compared with (`point`). `part` numbers the parts of a sum.
    """

    to: int
    value: float
    input: int | None = None
    tree: int | None = None
    conditions: tuple[tuple[int, float, bool], ...] = ()
    point: int | None = None
    part: int = 0


class Interpreter:
    """Scores and labels as a card describes them.

    Parameters
    ----------
    card : mapping
        As `automicro.explain.global_card` makes it, or whoever else claims to describe a model.
    """

    def __init__(self, card: Mapping[str, Any]) -> None:
        self.card = card
        self._body = _singles(card["body"])

    def inputs(self, row: Mapping[str, Any]) -> list[float]:
        """Return the inputs of a raw row, a dict of cells by the names of columns."""
        return [read_input(entry, row[entry["column"]]) for entry in self.card["inputs"]]

    def scores(self, rows: Sequence[Mapping[str, Any]], edges: Edges | None = None) -> Rows:
        """Return the scores of raw rows; of rows that are nodes with the edges between them."""
        return _follow(self._body, [self.inputs(row) for row in rows], edges)

    def scores_of(self, inputs: Rows) -> Rows:
        """Return the scores of rows of which the inputs are known."""
        return _follow(self._body, inputs, None)

    def steps(self, row: Mapping[str, Any]) -> list[Step]:
        """Return what adds up to the scores of a row, where a card is a sum."""
        return list(_steps(self._body, self.inputs(row)))

    def label(self, scores: Sequence[float]) -> Any:
        """Return what is predicted from scores: a label, or a number where the card has no labels."""
        labels, link = self.card["labels"], self.card["link"]
        if labels is None:
            return self._within(_exponential(scores[0]) if link == "exp" else scores[0])
        return labels[int(scores[0] > 0)] if link == "sigmoid" else labels[list(scores).index(max(scores))]

    def _within(self, value: float) -> float:
        """Return a number within the limits of the card, if it has any; NaN stays."""
        least, greatest = self.card.get("limits") or (-math.inf, math.inf)
        return value if math.isnan(value) else min(max(value, least), greatest)


def _exponential(score: float) -> float:
    """Return exp of a score; infinite where floats end."""
    return math.exp(score) if math.isnan(score) or score < LARGEST_EXPONENT else math.inf


def _singles(value: Any) -> Any:
    """Return data with every number as single precision has it."""
    if isinstance(value, dict):
        return {key: _singles(value) for key, value in value.items()}
    if isinstance(value, list):
        return [_singles(value) for value in value]
    return single(value) if isinstance(value, float) else value


def _follow(body: dict[str, Any], rows: Rows, edges: Edges | None) -> Rows:
    kind = body["kind"]
    if kind == "chain":
        for step in body["steps"]:
            rows = _follow(step, rows, edges)
        return rows
    if kind == "sum":
        parts = [_follow(part, rows, edges) for part in body["parts"]]
        return [[sum(scores) for scores in zip(*of_row, strict=True)] for of_row in zip(*parts, strict=True)]
    if kind in {"messages", "pool"}:
        if edges is None:
            raise NotFollowed("a card of graphs needs the edges between rows")
        return _messages(body, rows, edges) if kind == "messages" else _pool(body, rows, edges)
    if kind in _OF_A_ROW:
        return [_OF_A_ROW[kind](body, row) for row in rows]
    return [_added(body, row) for row in rows]


def _added(body: dict[str, Any], row: list[float]) -> list[float]:
    scores: dict[int, float] = {}
    for step in _steps(body, row):
        scores[step.to] = scores.get(step.to, 0.0) + step.value
    return [scores[to] for to in range(len(scores))]


def _steps(body: dict[str, Any], row: list[float]) -> Iterator[Step]:
    kind = body["kind"]
    if kind == "sum":
        for place, part in enumerate(body["parts"]):
            yield from (step._replace(part=place) for step in _steps(part, row))
    elif kind == "chain" and len(body["steps"]) == 2 and body["steps"][0]["kind"] == "scale":
        yield from _steps(body["steps"][1], _scaled(body["steps"][0], row))
    elif kind == "chain" and body["steps"][0]["kind"] == "distances":
        yield from _compared(body["steps"], row)
    elif kind in {"linear", "tables", "trees"}:
        yield from (Step(to, value) for to, value in enumerate(body["start"]))
        yield from {"linear": _terms, "tables": _tables, "trees": _trees}[kind](body, row)
    else:
        raise NotFollowed(f"{kind} cannot be followed as a sum")


def _terms(body: dict[str, Any], row: list[float]) -> Iterator[Step]:
    for term in body["terms"]:
        if x := row[term["input"]]:
            yield Step(term["to"], term["times"] * x, term["input"])


def _tables(body: dict[str, Any], row: list[float]) -> Iterator[Step]:
    for table in body["tables"]:
        x = row[table["input"]]
        value = table["missing"] if math.isnan(x) else table["values"][bisect_left(table["cuts"], x)]
        yield Step(table["to"], value, table["input"])


def _trees(body: dict[str, Any], row: list[float]) -> Iterator[Step]:
    for place, tree in enumerate(body["trees"]):
        at, path = 0, []
        while "adds" not in (node := tree["nodes"][at]):
            x = row[node["input"]]
            holds = node["or_missing"] if math.isnan(x) else x <= node["at_most"]
            path.append((node["input"], node["at_most"], holds))
            at = at + 1 if holds else node["else"]
        outputs = range(len(node["adds"])) if tree["to"] is None else (tree["to"],)
        for to, value in zip(outputs, node["adds"], strict=True):
            yield Step(to, value, None, place, tuple(path))


def _compared(steps: list[dict[str, Any]], row: list[float]) -> Iterator[Step]:
    """Yield what the nearest point of each score adds, input by input; or what each point adds, where all of them do."""
    points, *between, last = steps
    near = _distances(points, row)
    if last["kind"] == "linear":
        for step in between:
            near = _fading(step, near)
        yield from (Step(to, value) for to, value in enumerate(last["start"]))
        yield from (Step(step.to, step.value, point=step.input) for step in _terms(last, near))
        return
    reached = _nearest(last, near)
    for to, score in enumerate(reached):
        owned = [i for i, owner in enumerate(last["owners"]) if owner == to and last["start"][i] - near[i] == score]
        yield Step(to, last["start"][owned[0]] if owned else score)
        for term in points["points"][owned[0]] if owned else ():
            yield Step(to, -term["times"] * (row[term["input"]] - term["at"]) ** 2, term["input"])


def _scaled(body: dict[str, Any], row: list[float]) -> list[float]:
    return [factor * x if factor else 0.0 for factor, x in zip(body["factors"], row, strict=True)]


def _distances(body: dict[str, Any], row: list[float]) -> list[float]:
    return [sum(term["times"] * (row[term["input"]] - term["at"]) ** 2 for term in point) for point in body["points"]]


def _nearest(body: dict[str, Any], row: list[float]) -> list[float]:
    scores = [-math.inf] * (max(body["owners"]) + 1)
    for owner, start, distance in zip(body["owners"], body["start"], row, strict=True):
        scores[owner] = _largest([scores[owner], start - distance])
    return scores if body["otherwise"] is None else [*scores, body["otherwise"]]


def _largest(values: Sequence[float]) -> float:
    return math.nan if any(map(math.isnan, values)) else max(values)


def _fading(body: dict[str, Any], row: list[float]) -> list[float]:
    if body["function"] != "decay":
        raise NotFollowed(f"units of {body['function']} are not steps on named inputs")
    return [math.exp(-min(x, 745.0)) for x in row]


_OF_A_ROW: dict[str, Callable[[dict[str, Any], list[float]], list[float]]] = {
    "scale": _scaled,
    "distances": _distances,
    "nearest": _nearest,
    "activation": _fading,
}


def _messages(body: dict[str, Any], rows: Rows, edges: Edges) -> Rows:
    own, way, place = body["own"], body["way"], body["edge_attribute"]
    weights = [1.0 if place is None else of_edge[place] for of_edge in edges.attributes]
    degrees = [own] * len(rows)
    for (_, target), weight in zip(edges.pairs, weights, strict=True):
        degrees[target] += weight
    shares = [1 / degree if degree > 0 else 0.0 for degree in degrees]
    for _ in range(body["times"]):
        received: list[list[list[float]]] = [[[own * x for x in row]] if own else [] for row in rows]
        factors = [[shares[t]] if own else [] for t in range(len(rows))]
        for (source, target), weight in zip(edges.pairs, weights, strict=True):
            received[target].append([weight * x for x in rows[source]])
            factors[target].append(
                math.sqrt(shares[source]) * math.sqrt(shares[target]) if way == "symmetric" else shares[target]
            )
        scaled = factors if way in {"mean", "symmetric"} else [[1.0] * len(each) for each in factors]
        rows = [
            [_joined(way, column, own_factors) for column in zip(*each, strict=True)] if each else [0.0] * len(row)
            for each, own_factors, row in zip(received, scaled, rows, strict=True)
        ]
    return [[single(x) for x in row] for row in rows]


def _joined(way: str, values: Sequence[float], factors: Sequence[float]) -> float:
    return _largest(values) if way == "max" else sum(f * x for f, x in zip(factors, values, strict=True))


def _pool(body: dict[str, Any], rows: Rows, edges: Edges) -> Rows:
    graphs = [rows[start:stop] for start, stop in zip(edges.starts, edges.starts[1:], strict=False)]
    return [[single(_pooled(item, graph)) for item in body["items"]] for graph in graphs]


def _pooled(item: dict[str, Any], graph: Rows) -> float:
    if item["way"] == "count" or not graph:
        return float(len(graph))
    values: list[float] = [row[item["input"]] for row in graph]
    return _largest(values) if item["way"] == "max" else sum(values) / (len(values) if item["way"] == "mean" else 1)
