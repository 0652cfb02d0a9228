"""What heads weighed when a program decided: the weights over tokens, named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.errors import DataError
from automicro.program.attention import attention_weights
from automicro.program.evaluate import body_scores, decode
from automicro.program.nodes import Attention, Chain, OneHot, Sum, Tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from automicro.program.nodes import Node, Program
    from automicro.program.rows import Batch, Column

    Floats = NDArray[np.float64]

__all__ = ["Attended", "attention_of"]


@dataclass(frozen=True, eq=False)
class Attended:
    """What the heads of one pool did with the tokens of some rows.

    The weights say what was summed and how much of it, so they tell how the model computes; they do not say what caused the outcome, nor
    what would change it.

    Parameters
    ----------
    tokens : tuple of str
        What each token was made of: columns by name.
    weights : array of float64, (rows, heads, tokens)
        They add up to 1 over the tokens of a row; absent tokens weigh 0, and all do where every token is absent.
    values : array of float64, (rows, tokens, width)
        The tokens themselves, zeros where absent: ``weights @ values`` is what the heads pass on, (rows, heads, width).
    """

    tokens: tuple[str, ...]
    weights: Floats
    values: Floats


def attention_of(
    program: Program, columns: Sequence[Column | None] | Batch, names: Sequence[str] | None = None
) -> Attended:
    """Return the attention of the first pool of a program.

    Parameters
    ----------
    program : Program
    columns : sequence of Column or None, or Batch
        As `evaluate` takes them.
    names : sequence of str, optional
        Of the source columns; without them they are called by their position.

    Raises
    ------
    DataError
        If no head of the program pools tokens, or a column that it reads is not there.
    """
    found = next(_pools(program.body, decode(program.decoders, columns), None), None)
    if found is None:
        raise DataError(
            "attention needs a model whose heads pool tokens, but this one has none: see its text for what it does"
        )
    owned, node, X = found
    values = np.array(X, dtype=np.float64, order="C").reshape(len(X), X.shape[1] // node.width, node.width)
    values[~np.isfinite(values).all(axis=2)] = 0.0
    return Attended(_token_names(program, owned, values.shape[1], names), attention_weights(node, X), values)


def _pools(node: Node, X: Any, owned: Tokens | None) -> Iterator[tuple[Tokens | None, Attention, Any]]:
    """Yield the pools inside a node with the features that they read, and the tokens that these are."""
    if isinstance(node, Attention) and node.mixing is None:
        yield owned, node, X
    elif isinstance(node, Sum):
        for part in node.nodes:
            yield from _pools(part, X, owned)
    elif isinstance(node, Chain):
        for part in node.nodes:
            yield from _pools(part, X, owned)
            owned = part if isinstance(part, Tokens) else owned
            X = body_scores(part, X)


def _token_names(program: Program, owned: Tokens | None, count: int, names: Sequence[str] | None) -> tuple[str, ...]:
    if owned is None or len(owned.sizes) != count:
        return tuple(f"token {token + 1}" for token in range(count))
    sources = [d.column for d in program.decoders for _ in range(len(d.levels) if isinstance(d, OneHot) else 1)]
    told: list[str] = []
    start = 0
    for size in owned.sizes:
        columns = list(dict.fromkeys(sources[feature] for feature in owned.features[start : start + size]))
        called = [names[column] if names is not None else f"column {column}" for column in columns]
        told.append(called[0] if len(called) == 1 else f"{called[0]} to {called[-1]}")
        start += size
    return tuple(told)
