"""The nodes of a body as expressions over columns."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.export import double_text, threshold_text
from automicro.plugin import Declined
from automicro.program.nodes import Activation, Affine, Chain, Distances, Forest, Nearest, Scale, StepTables, Sum
from automicro_sql.choices import Choice, steps
from automicro_sql.dialects import number, signed
from automicro_sql.query import FEW_TERMS, Column
from automicro_sql.trees import forest_codes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from automicro.program.nodes import Node
    from automicro_sql.query import Query

__all__ = ["body_codes", "sum_of"]

BOUND = "700"  # beyond which an exponential is not computed


def body_codes(query: Query, node: Node, xs: Sequence[Column], most_error: float = 0.0) -> list[str]:
    """Return the code of the outputs of a node that reads columns; `most_error` is what leaves may be rounded by, all together."""
    if isinstance(node, Forest):
        return [sum_of(terms) for terms in forest_codes(query, node, xs, most_error)]
    if type(node) not in _CODES:
        raise Declined(
            f"needs sums, tables, trees, distances or networks, but the model has a node {type(node).__name__}"
        )
    return _CODES[type(node)](query, node, xs)


def sum_of(terms: Sequence[str]) -> str:
    """Return the sum of terms, of many as the sum of sums."""
    if len(terms) > FEW_TERMS:
        return sum_of([f"({sum_of(terms[i : i + FEW_TERMS])})" for i in range(0, len(terms), FEW_TERMS)])
    return terms[0] + "".join(map(signed, terms[1:]))


def _chain(query: Query, node: Chain, xs: Sequence[Column]) -> list[str]:
    codes: list[str] = []
    for place, part in enumerate(node.nodes):
        if place:
            xs = [Column(name) for name in query.add(codes)]
        codes = body_codes(query, part, xs)
    return codes


def _sum(query: Query, node: Sum, xs: Sequence[Column]) -> list[str]:
    parts = [body_codes(query, part, xs) for part in node.nodes]
    return [sum_of([f"({code})" for code in codes]) for codes in zip(*parts, strict=True)]


def _start(query: Query, bias: float) -> str:
    return query.dialect.value(number(bias))


def _affine(query: Query, node: Affine, xs: Sequence[Column]) -> list[str]:
    result = []
    for weights, bias in zip(node.weights.values, node.bias.values, strict=True):
        terms = [_start(query, float(bias))] if bias or not weights.any() else []
        terms += [f"{number(float(weights[i]))}*{xs[i].name}" for i in np.flatnonzero(weights).tolist()]
        result.append(sum_of(terms))
    return result


def _activation(query: Query, node: Activation, xs: Sequence[Column]) -> list[str]:
    dialect = query.dialect
    zero, one = dialect.value("0"), dialect.value("1")
    made = []
    for x in (each.name for each in xs):
        if node.kind == "relu":
            made.append(dialect.chosen_of(f"{x}<=0", zero, x))
        elif node.kind == "tanh":
            made.append(f"tanh({x})")
        elif node.kind == "decay":
            power = f"exp({dialect.greatest}({dialect.least}(-{x},{BOUND}),-{BOUND}))"
            made.append(power)
        else:
            made.append(f"{one}/(1+exp({dialect.greatest}({dialect.least}(-{x},{BOUND}),-{BOUND})))")
    return made


def _scale(query: Query, node: Scale, xs: Sequence[Column]) -> list[str]:
    factors = node.factors.values.tolist()
    zero = query.dialect.value("0")
    return [f"{number(factor)}*{x.name}" if factor else zero for factor, x in zip(factors, xs, strict=True)]


def _tables(query: Query, node: StepTables, xs: Sequence[Column]) -> list[str]:
    dialect = query.dialect
    sums = [[_start(query, float(each))] for each in node.bias.values]
    ends = np.concatenate([[0], np.cumsum(node.pieces)]).tolist()
    for table, (start, stop) in enumerate(pairwise(ends)):
        x = xs[node.features[table]]
        cuts = [cut_text(query, float(each), x) for each in node.cuts.values[start - table : stop - table - 1]]
        values = [dialect.value(number(float(each))) for each in node.values.values[start:stop]]
        tree = steps(x.name, cuts, values)
        if x.is_nullable:
            absent = node.values.values[start] if node.missing is None else node.missing.values[table]
            tree = Choice.of(f"{x.name} IS NULL", dialect.value(number(float(absent))), tree)
        sums[node.outputs[table]].append(dialect.chosen(tree))
    return [sum_of(terms) for terms in sums]


def cut_text(query: Query, cut: float, x: Column) -> str:
    """Return a threshold in decimal; numbers that were not rounded to float32 are compared with exactly this one."""
    return threshold_text(cut) if x.is_single else query.dialect.value(double_text(cut))


def _distances(query: Query, node: Distances, xs: Sequence[Column]) -> list[str]:
    points = node.points.values
    relevances = np.broadcast_to(node.relevances.values, points.shape)
    result = []
    for point, relevance in zip(points, relevances, strict=True):
        terms = []
        for j in np.flatnonzero(relevance).tolist():
            square = f"pow({xs[j].name}{signed(double_text(-float(point[j])))},2)"
            terms.append(square if relevance[j] == 1 else f"{number(float(relevance[j]))}*{square}")
        result.append(sum_of(terms or [query.dialect.value("0")]))
    return result


def _nearest(query: Query, node: Nearest, xs: Sequence[Column]) -> list[str]:
    bias = [0.0] * len(xs) if node.bias is None else node.bias.values.tolist()
    owned: list[list[str]] = [[] for _ in range(max(node.owners) + 1)]
    for owner, start, x in zip(node.owners, bias, xs, strict=True):
        owned[owner].append(f"{query.dialect.value(number(start))}-{x.name}" if start else f"-{x.name}")
    last = [] if node.otherwise is None else [query.dialect.value(number(node.otherwise))]
    return [*map(query.dialect.most, owned), *last]


_CODES: dict[type[Node], Callable[[Any, Any, Sequence[Column]], list[str]]] = {
    Activation: _activation,
    Affine: _affine,
    Chain: _chain,
    Distances: _distances,
    Nearest: _nearest,
    Scale: _scale,
    StepTables: _tables,
    Sum: _sum,
}
