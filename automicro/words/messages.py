"""Messages along edges and pools of graphs in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.program import Propagate
from automicro.words.features import FeatureText
from automicro.words.numbers import count, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.program import Pool

__all__ = ["after_messages", "messages_line", "pool_texts"]

WAYS = {
    "sum": "the sum of",
    "mean": "the mean of",
    "symmetric": "the sum, each divided by the roots of both degrees, of",
    "max": "the largest of",
}
POOLED = {"sum": "sum", "mean": "mean", "max": "largest"}


def messages_line(node: Propagate) -> str:
    """Return what every node learns from its neighbours."""
    weighted = "" if node.attribute is None else f", weighted by edge attribute {node.attribute}"
    own = {0.0: "", 1.0: "its own and "}.get(node.own, f"{number(node.own)} times its own and ")
    return f"every feature becomes {WAYS[node.kind]} {own}the neighbours'{weighted}, {count(node.hops, 'time')}"


def pool_texts(node: Pool, features: Sequence[FeatureText]) -> tuple[FeatureText, ...]:
    """Return the items of a pool in words."""
    pairs = zip(node.kinds, node.features, strict=True)
    return tuple(FeatureText("nodes" if f < 0 else f"{POOLED[kind]} of {features[f].name}") for kind, f in pairs)


def after_messages(node: Propagate | Pool, features: Sequence[FeatureText]) -> tuple[FeatureText, ...]:
    """Return what features are called after messages or a pool."""
    if isinstance(node, Propagate):
        return tuple(FeatureText(f"smoothed {text.name}") for text in features)
    return pool_texts(node, features)
