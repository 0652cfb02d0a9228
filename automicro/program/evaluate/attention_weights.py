"""What heads weighed when a program decided: the weights over tokens, named."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.errors import DataError
from automicro.program.evaluate.attention import attention_weights
from automicro.program.evaluate.reference import body_scores, decode
from automicro.program.inputs.rows import Texts, batch_of
from automicro.program.inputs.series import window_words
from automicro.program.inputs.texts import bucket_of, grams_of
from automicro.program.nodes import Attention, Chain, Grams, Scale, Sum, Summary, Tokens, feature_count
from automicro.program.walk import every

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from automicro.program.inputs.rows import Batch, Column
    from automicro.program.nodes import Decoder, Node, Program

    Floats = NDArray[np.float64]

__all__ = ["Attended", "attention_of", "pools_tokens"]


@dataclass(frozen=True, eq=False)
class Attended:
    """What the heads of one pool did with the tokens of some rows.

    The weights say what was summed and how much of it, so they show how the model computes; they do not say what caused the outcome, nor
    what would change it.

    Parameters
    ----------
    tokens : tuple of str
        What each token was made of: columns by name.
    weights : array of float64, (rows, heads, tokens)
        They add up to 1 over the tokens of a row; absent tokens weigh 0, and all do where every token is absent.
    values : array of float64, (rows, tokens, width)
        The tokens themselves, zeros where absent: ``weights @ values`` is what the heads pass on, (rows, heads, width).
    words : tuple of mapping
        For every row the grams of its text that made a token, by the token's number; empty where tokens are not hashed grams.
    """

    tokens: tuple[str, ...]
    weights: Floats
    values: Floats
    words: tuple[Mapping[int, str], ...] = ()

    def named(self, row: int) -> tuple[str, ...]:
        """Return what the tokens of one row are called: grams as they are in its text, else columns."""
        found: Mapping[int, str] = self.words[row] if self.words else {}
        return tuple(found.get(token, name) for token, name in enumerate(self.tokens))


def pools_tokens(node: Node) -> bool:
    """Whether heads inside a node pool tokens."""
    return any(isinstance(part, Attention) and part.mixing is None for part in every(node))


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
        Names of the source columns, by default their positions.

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
    tokens = _token_names(program, owned, values.shape[1], names)
    words = () if owned is None else _words(program, batch_of(columns), owned)
    return Attended(tokens, attention_weights(node, X), values, words)


def _words(program: Program, batch: Batch, owned: Tokens) -> tuple[Mapping[int, str], ...]:
    """Return for every row which grams of its texts made which token."""
    owner = {feature: token for token, own in enumerate(_owned(owned)) for feature in own}
    found: list[dict[int, list[str]]] = []
    start = 0
    for decoder in program.decoders:
        column = batch.columns[decoder.column]
        if isinstance(decoder, Grams) and isinstance(column, Texts):
            places = {bucket: owner.get(start + place) for place, bucket in enumerate(decoder.buckets)}
            found = found or [{} for _ in column.values]
            for row, text in zip(found, column.values, strict=True):
                for gram in dict.fromkeys(grams_of(text, decoder)):
                    token = places.get(bucket_of(gram, decoder.bits))
                    if token is not None:
                        row.setdefault(token, []).append(gram.strip() or gram)
        start += feature_count(decoder)
    return tuple({token: ", ".join(grams) for token, grams in row.items()} for row in found)


def _owned(tokens: Tokens) -> list[tuple[int, ...]]:
    ends = np.cumsum([0, *tokens.sizes]).tolist()
    return [tokens.features[start:stop] for start, stop in pairwise(ends)]


def _pools(
    node: Node, X: Any, owned: Tokens | None, *, decoded: bool = True
) -> Iterator[tuple[Tokens | None, Attention, Any]]:
    """Yield the pools inside a node with the features that they read, and the tokens that these are, if made of `decoded` features."""
    if isinstance(node, Attention) and node.mixing is None:
        yield owned, node, X
    elif isinstance(node, Sum):
        for part in node.nodes:
            yield from _pools(part, X, owned, decoded=decoded)
    elif isinstance(node, Chain):
        for part in node.nodes:
            yield from _pools(part, X, owned, decoded=decoded)
            if isinstance(part, Tokens):
                owned = part if decoded else None
            decoded = decoded and isinstance(part, Scale)
            X = body_scores(part, X)


def _token_names(program: Program, owned: Tokens | None, count: int, names: Sequence[str] | None) -> tuple[str, ...]:
    if owned is None or len(owned.sizes) != count:
        return tuple(f"token {token + 1}" for token in range(count))
    called = [source for decoder in program.decoders for source in _sources(decoder, names)]
    return tuple(_joined([called[feature] for feature in own]) for own in _owned(owned))


def _sources(decoder: Decoder, names: Sequence[str] | None) -> list[tuple[str, str]]:
    """Return where each feature of a decoder comes from: a column, and what part of it."""
    name = f"column {decoder.column}" if names is None else names[decoder.column]
    if isinstance(decoder, Grams):
        return [(name, f" in bucket {bucket}") for bucket in decoder.buckets]
    if isinstance(decoder, Summary):
        words = window_words(decoder)
        return [(name, f", {words}" if words else "")]
    return [(name, "")] * feature_count(decoder)


def _joined(sources: Sequence[tuple[str, str]]) -> str:
    """Return what the features of one token are called together."""
    columns = list(dict.fromkeys(name for name, _ in sources))
    parts = {part for _, part in sources}
    return (columns[0] if len(columns) == 1 else f"{columns[0]} to {columns[-1]}") + (
        parts.pop() if len(parts) == 1 else ""
    )
