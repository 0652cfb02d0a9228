"""The nodes for graphs of the second reader, written from docs/reference/format.md: it shares no code with the package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from format_source import Source, block, need

GRAPH_NODES = ("propagate", "pool")
KINDS = ("sum", "mean", "max", "count")
Node = dict[str, Any]


def graph_node(s: Source, is_pool: bool, inputs: int) -> Node:
    return {"node": "pool", "items": pool(s, inputs)} if is_pool else propagate(s)


def propagate(s: Source) -> Node:
    kind = ("sum", "mean", "symmetric", "max")[s.uniform("messages", 4)]
    hops = s.number("hops - 1", 0) + 1
    own = (1.0, 0.0, None)[s.choice("own", (4, 3, 1))]
    if own is None:
        own = block(s, "own", 1)[0]
    return {"node": "propagate", "kind": kind, "hops": hops, "own": own, "attribute": s.number("attribute + 1", 0) - 1}


def pool(s: Source, inputs: int) -> list[tuple[str, int]]:
    items = []
    if not s.uniform("items are in order", 2):
        count = s.number("items - 1", 2) + 1
        s.claim(count)
        for _ in range(count):
            kind = s.uniform("pool", 4)
            items.append((KINDS[kind], s.uniform("feature", inputs) if kind < 3 else -1))
    else:
        for kind in KINDS[:3]:
            count = s.uniform(f"features of {kind}", inputs + 1)
            s.claim(count)
            items += [(kind, feature) for feature in s.ascending("feature", count, 0, inputs - 1)]
        if s.uniform("count", 2):
            s.claim(1)
            items.append(("count", -1))
    need(len(items) > 0)
    return items


def after_graph_node(node: Node, inputs: list[tuple[bool, bool]]) -> list[tuple[bool, bool]] | None:
    """Return what is known of the outputs, None if the node is another one."""
    if node["node"] == "propagate":
        return [(False, can_miss) for _, can_miss in inputs]
    if node["node"] == "pool":
        return [(False, feature >= 0 and inputs[feature][1]) for _, feature in node["items"]]
    return None


def graph_usage(body: Node, computed: set[int], usage: Callable[..., bool]) -> bool:
    """Collect what messages and pools read, as computed with; return whether all positions matter."""
    nodes = body.get("nodes", [body])
    if nodes[0]["node"] == "pool":
        computed |= {feature for _, feature in nodes[0]["items"] if feature >= 0}
        return False
    if len(nodes) == 1:
        return True
    compared: dict[int, set[float]] = {}
    positional = usage({"node": "chain", "nodes": nodes[1:]}, computed, compared)
    computed |= set(compared)
    return positional
