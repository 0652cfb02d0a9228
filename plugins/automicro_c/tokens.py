"""Tokens, and attention over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro_c.blocks import block, codes
from automicro_c.vector import Place, Vector, settled

if TYPE_CHECKING:
    from automicro.program import Attention, Tokens
    from automicro_c.unit import Unit

__all__ = ["attention", "tokens"]


def tokens(unit: Unit, node: Tokens, x: Vector, place: Place) -> tuple[list[str], Vector]:
    """Return the statements that make tokens; one without features is NaN."""
    before, x = settled(unit, x)
    count, width = node.positions.values.shape
    sizes, features = np.array(node.sizes), np.array(node.features)
    weights = block(unit, "projection", node.weights.values, node.weights.encoding)
    positions = block(unit, "positions", node.positions.values, node.positions.encoding)

    def small(word: str, values: np.ndarray, index: str) -> str:
        if (values == values[0]).all():
            return f"{values[0]}u"
        return codes(unit, word, values, 8 if values.max() < 256 else 16).replace("@", index)

    feature = "f" if np.array_equal(features, np.arange(len(features))) else small("token_features", features, "f")
    row = "s" if node.shared else "f"
    there = ["value == value"] if x.absent[features].any() else []
    there += ["value != 0"] if node.sparse else []
    cell = f"{place.name}[t * {width}u + k]"
    add = f"for (k = 0; k < {width}; k++) {cell} += {weights.at(f'{row} * {width}u + k', unit)} * value;"
    lines = [
        "{",
        "    unsigned t, s, k, f = 0;",
        f"    for (t = 0; t < {count}; t++) {{",
        *(["        int some = 0;"] if there else []),
        f"        for (k = 0; k < {width}; k++)",
        f"            {cell} = {positions.at(f't * {width}u + k', unit)};",
        f"        for (s = 0; s < {small('token_sizes', sizes, 't')}; s++, f++) {{",
        f"            const {unit.real} value = {x.read(unit, feature)};",
        *([f"            if ({' && '.join(there)}) {{", "                some = 1;"] if there else []),
        f"            {add}",
        *(["            }"] if there else []),
        "        }",
        *(
            [
                "        if (!some)",
                f"            for (k = 0; k < {width}; k++)",
                f"                {cell} = {unit.part('absent')}();",
            ]
            if there
            else []
        ),
        "    }",
        "}",
    ]
    absent = np.full(count * width, bool(there))
    return [*before, *lines], Vector(place.name, _reach(node, x).reshape(-1), absent, unit.real)


def _reach(node: Tokens, x: Vector) -> np.ndarray:
    """Return the largest size of each number of each token."""
    own = np.abs(node.weights.values.astype(np.float64))
    bounds = np.abs(node.positions.values.astype(np.float64))
    f = 0
    for t, size in enumerate(node.sizes):
        for s in range(size):
            bounds[t] += own[s if node.shared else f] * x.bounds[node.features[f]]
            f += 1
    return bounds


def attention(unit: Unit, node: Attention, x: Vector, place: Place) -> tuple[list[str], Vector]:
    """Return the statements of heads that pool tokens, or through which tokens ask one another."""
    before, x = settled(unit, x)
    width, heads = node.width, len(node.queries.values)
    count = len(x) // width
    reach = x.bounds.reshape(count, width)
    if node.mixing is None:
        bounds, absent = np.tile(reach.max(axis=0), heads), np.zeros(heads * width, dtype=np.bool_)
        lines = _pooled(unit, node, x, place.name)
    else:
        own = np.abs(node.mixing.values.astype(np.float64)) @ np.tile(reach.max(axis=0), heads)
        bounds, absent = (reach + own).reshape(-1), x.absent
        lines = _mixed(unit, node, x, place.name)
    return [*before, *lines], Vector(place.name, bounds, absent, unit.real)


def _pooled(unit: Unit, node: Attention, x: Vector, name: str) -> list[str]:
    width, heads = node.width, len(node.queries.values)
    count = len(x) // width
    query = block(unit, "queries", node.queries.values, node.queries.encoding).at(f"h * {width}u + k", unit)
    return [
        "{",
        f"    {unit.real} asked[{width}], weights[{count}];",
        "    unsigned h, t, k;",
        f"    for (h = 0; h < {heads}; h++) {{",
        f"        for (k = 0; k < {width}; k++) {{",
        f"            asked[k] = {query};",
        f"            {name}[h * {width}u + k] = 0;",
        "        }",
        f"        {unit.part('attend')}({x.name}, {count}, {width}, asked, weights);",
        f"        for (t = 0; t < {count}; t++)",
        f"            for (k = 0; weights[t] > 0 && k < {width}; k++)",
        f"                {name}[h * {width}u + k] += weights[t] * {x.name}[t * {width}u + k];",
        "    }",
        "}",
    ]


def _mixed(unit: Unit, node: Attention, x: Vector, name: str) -> list[str]:
    assert node.mixing is not None  # noqa: S101 - tells mypy what the caller knows
    width, heads = node.width, len(node.queries.values)
    count = len(x) // width
    query = block(unit, "queries", node.queries.values, node.queries.encoding)
    mixing = block(unit, "mixing", node.mixing.values, node.mixing.encoding)
    return [
        "{",
        f"    {unit.real} asked[{width}], weights[{count}], pooled[{heads * width}];",
        "    unsigned s, h, t, k, i;",
        f"    for (s = 0; s < {count}; s++) {{",
        f"        const {unit.real} *own = {x.name} + s * {width}u;",
        f"        for (h = 0; h < {heads}; h++) {{",
        f"            for (k = 0; k < {width}; k++) {{",
        f"                asked[k] = pooled[h * {width}u + k] = 0;",
        f"                for (i = 0; i < {width}; i++)",
        f"                    asked[k] += own[i] * {query.at(f'(h * {width}u + i) * {width}u + k', unit)};",
        "            }",
        f"            {unit.part('attend')}({x.name}, {count}, {width}, asked, weights);",
        f"            for (t = 0; t < {count}; t++)",
        f"                for (k = 0; weights[t] > 0 && k < {width}; k++)",
        f"                    pooled[h * {width}u + k] += weights[t] * {x.name}[t * {width}u + k];",
        "        }",
        f"        for (k = 0; k < {width}; k++) {{",
        f"            {unit.real} sum = own[k];",
        f"            for (i = 0; i < {heads * width}; i++)",
        f"                sum += pooled[i] * {mixing.at(f'k * {heads * width}u + i', unit)};",
        f"            {name}[s * {width}u + k] = sum;",
        "        }",
        "    }",
        "}",
    ]
