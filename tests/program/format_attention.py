"""Tokens and attention, read as docs/reference/format.md says: part of the second reader."""

from __future__ import annotations

from typing import Any

from format_source import Lengths, Source, block, need


def tokens(s: Source, inputs: int) -> dict[str, Any]:
    count = s.number("tokens - 1", 3) + 1
    width = s.number("width - 1", 2) + 1
    s.claim(count)
    alike = s.uniform("tokens are alike", 2)
    lengths = Lengths()
    sizes = [s.learnt_number("features - 1", lengths) + 1 for _ in range(1 if alike else count)]
    if alike:
        sizes *= count
    owned = sum(sizes)
    s.claim(owned)
    shared = s.uniform("weights are shared", 2) if alike and count > 1 else 0
    sparse = s.uniform("0 is absent", 2)
    order = s.uniform("order of features", 3 if alike else 2)
    need(inputs > 0 and (order == 1 or owned <= inputs))
    features = list(range(owned))
    if order == 1:
        features = [s.uniform("feature", inputs) for _ in range(owned)]
    elif order == 2:
        features = [token + slot * count for token in range(count) for slot in range(sizes[0])]
    return {
        "node": "tokens",
        "features": features,
        "sizes": sizes,
        "weights": block(s, "weights", (sizes[0] if shared else owned) * width),
        "positions": block(s, "positions", count * width),
        "sparse": bool(sparse),
    }


def attention(s: Source, inputs: int) -> dict[str, Any]:
    heads = s.number("heads - 1", 1) + 1
    width = s.number("width - 1", 2) + 1
    need(inputs > 0 and inputs % width == 0)
    asks = s.uniform("tokens ask", 2)
    queries = block(s, "queries", heads * width * (width if asks else 1))
    mixing = block(s, "mixing", width * heads * width) if asks else []
    need(not asks or inputs // width <= 1024)
    return {"node": "attention", "queries": queries, "width": width, "mixing": mixing}
