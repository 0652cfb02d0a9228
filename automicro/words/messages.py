"""Messages along edges and pools of graphs in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automicro.words.features import FeatureText
from automicro.words.numbers import count, number

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["after_messages", "messages_line", "pool_texts"]

WAYS = {
    "sum": "the sum of",
    "mean": "the mean of",
    "symmetric": "the sum, each divided by the roots of both degrees, of",
    "max": "the largest of",
}
POOLED = {"sum": "sum", "mean": "mean", "max": "largest"}


def messages_line(entry: dict[str, Any]) -> str:
    """Return what every node learns from its neighbours."""
    place = entry["edge_attribute"]
    weighted = "" if place is None else f", weighted by edge attribute {place}"
    own = {0.0: "", 1.0: "its own and "}.get(entry["own"], f"{number(entry['own'])} times its own and ")
    return f"every feature becomes {WAYS[entry['way']]} {own}the neighbours'{weighted}, {count(entry['times'], 'time')}"


def pool_texts(entry: dict[str, Any], features: Sequence[FeatureText]) -> tuple[FeatureText, ...]:
    """Return the items of a pool in words."""
    return tuple(
        FeatureText("nodes" if item["input"] is None else f"{POOLED[item['way']]} of {features[item['input']].term}")
        for item in entry["items"]
    )


def after_messages(entry: dict[str, Any], features: Sequence[FeatureText]) -> tuple[FeatureText, ...]:
    """Return what features are called after messages or a pool."""
    if entry["kind"] == "messages":
        return tuple(FeatureText(f"smoothed {text.term}") for text in features)
    return pool_texts(entry, features)
