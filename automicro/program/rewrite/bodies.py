"""Bodies: nested nodes made flat, equal kinds joined, constants gathered in one bias."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

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
from automicro.program.rewrite.blocks import joined
from automicro.program.rewrite.forests import reduced_forest
from automicro.program.rewrite.forms import binary_steps, body_of, shortest, with_trees
from automicro.program.rewrite.messages import domains_after, joined_hops, trimmed
from automicro.program.rewrite.prototypes import blank, unscaled
from automicro.program.rewrite.scaling import folded_scale, narrowed, without_scaling
from automicro.program.rewrite.tables import Tables
from automicro.program.walk import outputs_of, steps, terms
from automicro.program.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from automicro.program.nodes import Node
    from automicro.program.rewrite.domains import Domain

__all__ = ["flat", "has_forms", "reduced"]


def flat(node: Node) -> Node:
    """Return a node without chains in chains and sums in sums, affine maps and scales that follow one another folded into one."""
    if isinstance(node, Sum):
        parts: list[Node] = [term for part in map(flat, node.nodes) for term in terms(part)]
        return parts[0] if len(parts) == 1 else Sum(tuple(parts))
    if not isinstance(node, Chain):
        return node
    chained: list[Node] = [step for part in map(flat, node.nodes) for step in steps(part)]
    while (
        found := next(((i, f) for i, f in enumerate(map(_folded, chained, chained[1:])) if f is not None), None)
    ) is not None:
        at, both = found
        chained[at : at + 2] = [both]
    return chained[0] if len(chained) == 1 else trimmed(Chain(tuple(chained)))


def _folded(first: Node, second: Node) -> Node | None:
    """Return one node for two in a chain, if there is one."""
    if isinstance(first, Scale) or isinstance(second, Scale):
        return folded_scale(first, second)
    if not isinstance(first, Affine):
        return joined_hops(first, second)
    if isinstance(second, Affine):
        outer = second.weights.values.astype(np.float64)
        bias = outer @ first.bias.values + second.bias.values
        sources = (first.weights, second.weights)
        return Affine(joined(outer @ first.weights.values, sources), joined(bias, (*sources, first.bias, second.bias)))
    if isinstance(second, Sum):
        parts = [_folded(first, part) for part in second.nodes]
        known = [part for part in parts if part is not None]
        return flat(Sum(tuple(known))) if len(known) == len(parts) else None
    return unscaled(first, second) if isinstance(second, Distances) else without_scaling(first, second)


def has_forms(node: Node) -> bool:
    """Whether a reduced node has other forms to choose from."""
    return isinstance(node, Sum | Chain) or (isinstance(node, StepTables) and node.values.encoding is not None)


def reduced(node: Node, domains: Sequence[Domain], *, choose: bool) -> Node:
    """Return a flat node with the fewest parts over features of known domains; `choose` its shortest form."""
    if isinstance(node, Chain):
        return _reduced_chain(node, domains, choose=choose)
    if isinstance(node, Distances):
        return blank(node)
    if isinstance(node, Activation | Scale | Nearest | Tokens | Attention | Propagate | Pool):
        return node
    parts = _Parts.of(terms(node), domains, choose=choose)
    alone = parts.tables.copy()
    found = alone.nodes(domains)
    if not found:
        return _with_bias([*parts.affine, *parts.rest], alone, len(domains))
    bodies = [body_of([*parts.affine, table, *parts.rest]) for table in found]
    return shortest([*bodies, *_other_forms(parts, found, domains)], domains) if choose else bodies[0]


def _reduced_chain(node: Chain, domains: Sequence[Domain], *, choose: bool) -> Node:
    chained: list[Node] = []
    seen = domains
    for part in node.nodes:
        chained.append(reduced(part, seen, choose=choose))
        seen = domains_after(chained[-1], seen, outputs_of(chained[-1], len(seen)))
    chain = narrowed(chained)
    folded = flat(chain)  # what was tables may now be an affine map that a scale beside it folds into
    is_same = isinstance(folded, Chain) and len(folded.nodes) == len(chain.nodes)
    return folded if is_same else reduced(folded, domains, choose=choose)


@dataclass(frozen=True, eq=False)
class _Parts:
    """The parts of a sum, equal kinds joined: at most one affine map; all step functions and constants; forests and whatever else."""

    affine: list[Affine]
    tables: Tables
    rest: list[Node]

    @classmethod
    def of(cls, given: Sequence[Node], domains: Sequence[Domain], *, choose: bool) -> _Parts:
        tables = Tables(np.zeros(outputs_of(given[0], len(domains))))
        affine = _joined_affine([part for part in given if isinstance(part, Affine)], domains, tables)
        for part in given:
            if isinstance(part, StepTables):
                tables.add_node(part)
        forests = [reduced_forest(part, domains, tables) for part in given if isinstance(part, Forest)]
        others = [
            reduced(part, domains, choose=choose)
            for part in given
            if isinstance(
                part, Activation | Scale | Tokens | Attention | Distances | Nearest | Propagate | Pool | Chain
            )
        ]
        kept = _joined_forests([forest for forest in forests if forest is not None])
        return cls([] if affine is None else [affine], tables, [*kept, *others])


def _other_forms(parts: _Parts, found: Sequence[StepTables], domains: Sequence[Domain]) -> Iterator[Node]:
    """Yield bodies with step tables as trees of a forest that is there anyway, and with an affine map as step tables."""
    first = parts.rest[0] if parts.rest else None
    if isinstance(first, Forest) and first.leaves.values.shape[1] == 1:
        for table in found:
            if (forest := with_trees(first, table)) is not None:
                yield body_of([*parts.affine, forest, *parts.rest[1:]])
    for affine in parts.affine:
        steps = binary_steps(affine, domains)
        if steps is not None:
            tables = parts.tables.copy()
            tables.sources.append(affine.weights)
            for feature, output, step in steps:
                tables.add(feature, output, step)
            yield from (body_of([table, *parts.rest]) for table in tables.nodes(domains))


def _joined_affine(parts: Sequence[Affine], domains: Sequence[Domain], tables: Tables) -> Affine | None:
    """Return the sum of affine maps without bias, which goes to `tables`; None if no weight is left."""
    if not parts:
        return None
    total = np.sum([part.weights.values.astype(np.float64) for part in parts], axis=0)
    for part in parts:
        tables.bias += part.bias.values
        tables.sources.append(part.bias)
    constants = {j: c for j in np.flatnonzero(total.any(axis=0)).tolist() if (c := domains[j].constant) is not None}
    for feature, constant in constants.items():
        tables.bias += total[:, feature] * constant
        tables.sources.extend(part.weights for part in parts)
        total[:, feature] = 0
    if not total.any():
        return None
    weights = (
        joined(total, [part.weights for part in parts])
        if len(parts) > 1
        else replace(parts[0].weights, values=total.astype(np.float32))
    )
    return Affine(weights, Weights.of(np.zeros(len(total))))


def _joined_forests(forests: list[Forest]) -> list[Forest]:
    """Return at most one forest of narrow and one of wide leaves."""
    result = []
    for wide in (False, True):
        same = [forest for forest in forests if (forest.leaves.values.shape[1] > 1) == wide]
        if len(same) < 2:
            result += same
            continue
        starts = np.cumsum([0, *(len(forest.leaves.values) for forest in same)])
        trees = [
            replace(tree, leaf=np.where(tree.feature < 0, tree.leaf + start, 0).astype(np.int32))
            for forest, start in zip(same, starts, strict=False)
            for tree in forest.trees
        ]
        leaves = joined(np.concatenate([forest.leaves.values for forest in same]), [forest.leaves for forest in same])
        result.append(Forest(tuple(trees), leaves, same[0].bias))
    return result


def _with_bias(parts: list[Node], tables: Tables, inputs: int) -> Node:
    """Return the sum of parts, the constants put into the first that has a bias."""
    if tables.bias.any() or not parts:
        bias = joined(tables.bias, tables.sources)
        place = next((at for at, part in enumerate(parts) if isinstance(part, Affine | Forest)), None)
        if place is None:
            parts.append(Affine(Weights.of(np.zeros((len(tables.bias), inputs))), bias))
        elif isinstance(part := parts[place], Affine | Forest):
            parts[place] = replace(part, bias=bias)
    return body_of(parts)
