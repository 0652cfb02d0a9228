"""Distances and nearest in the second reader, written from docs/reference/format.md; it shares no code with the package."""

from __future__ import annotations

import math
from typing import Any

from format_source import Source, block, need


def distances(s: Source, inputs: int) -> dict[str, Any]:
    points = s.number("points - 1", 3) + 1
    own = s.uniform("relevances of its own", 2)
    s.claim(points)
    relevances = block(s, "relevances", inputs * (points if own else 1))
    if s.uniform("points by feature", 2):
        step = s.signed("step", 3)
        need(-512 <= step <= 512)
        columns = []
        for j in range(inputs):
            largest = max(relevances[j::inputs])
            half = (math.frexp(largest)[1] - 1) // 2 if largest > 0 else 0
            unit = 2.0 ** min(max(step - half, -149), 127)
            columns.append(block(s, "points of a feature", points, [unit]))
        places = [column[i] for i in range(points) for column in columns]
    else:
        places = block(s, "points", points * inputs)
    return {"node": "distances", "outputs of": points, "inputs": inputs, "relevances": relevances, "points": places}


def nearest(s: Source, inputs: int) -> dict[str, Any]:
    outputs = s.number("outputs - 1", 0) + 1
    need(outputs <= inputs)
    s.claim(outputs)
    way = s.uniform("owners", 3)
    if way == 0:
        need(inputs % outputs == 0)
        owners = [i * outputs // inputs for i in range(inputs)]
    elif way == 1:
        left, owners = inputs - outputs, []
        for output in range(outputs):
            more = left if output == outputs - 1 else s.uniform("owned - 1", left + 1)
            owners += [output] * (1 + more)
            left -= more
    else:
        owners = [s.uniform("owner", outputs) for _ in range(inputs)]
        need(set(owners) == set(range(outputs)))
    bias = block(s, "biases", inputs) if s.uniform("has biases", 2) else None
    otherwise = block(s, "last score", 1)[0] if s.uniform("has a last score", 2) else None
    width = outputs + (otherwise is not None)
    return {"node": "nearest", "outputs of": width, "owners": owners, "bias of": bias, "otherwise": otherwise}
