"""Messages and pools: what they leave of features, and pools without items that nobody reads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from automicro.program.analyse.usage import usage
from automicro.program.nodes import Chain, Pool, Propagate
from automicro.program.rewrite.domains import ANYTHING, Domain
from automicro.program.rewrite.features import renumber
from automicro.program.walk import children, rebuild, steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.program.nodes import Node, PoolKind

__all__ = ["domains_after", "joined_hops", "trimmed"]

KINDS: tuple[PoolKind, ...] = ("sum", "mean", "max", "count")


def domains_after(node: Node, domains: Sequence[Domain], outputs: int) -> list[Domain]:
    """Return what is known of the outputs of a node in a chain."""
    if isinstance(node, Propagate):
        return [Domain(None, domain.has_nan) for domain in domains]
    if isinstance(node, Pool):
        return [Domain(None, has_nan=f >= 0 and domains[f].has_nan) for f in node.features]
    return [ANYTHING] * outputs


def joined_hops(first: Node, second: Node) -> Node | None:
    """Return one node for messages that go on in the same way, if they do."""
    if not (isinstance(first, Propagate) and isinstance(second, Propagate)):
        return None
    return replace(first, hops=first.hops + second.hops) if replace(first, hops=second.hops) == second else None


def trimmed(node: Node) -> Node:
    """Return a node whose pools hold, in order, each item once that is read by what follows."""
    node = rebuild(node, map(trimmed, children(node)))
    nodes = steps(node)
    at = next((place for place, part in enumerate(nodes[:-1]) if isinstance(part, Pool)), None)
    if at is None:
        return node
    pool, rest = nodes[at], Chain(nodes[at + 1 :])
    found = usage(rest)
    if not isinstance(pool, Pool) or found.positional or not found.features:
        return node
    items = {j: (KINDS.index(pool.kinds[j]), pool.features[j]) for j in sorted(found.features)}
    distinct = sorted(set(items.values()))
    place = {j: distinct.index(item) for j, item in items.items()}
    kept = Pool(tuple(KINDS[kind] for kind, _ in distinct), tuple(f for _, f in distinct))
    moved = renumber(rest, place, len(distinct))
    return Chain((*nodes[:at], kept, *steps(moved)))
