"""Attention over tokens: what its nodes compute, and the weights that they compute it with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from automicro.program.nodes import Attention, Tokens

    Floats = NDArray[np.float64]
    Absent = NDArray[np.bool_]
    Features = NDArray[np.float32] | NDArray[np.float64]

__all__ = ["attend", "attention_weights", "make_tokens"]

AT_ONCE = 1 << 20  # weights that are computed at once


def make_tokens(node: Tokens, X: Features) -> Floats:
    """Return the tokens of rows, (rows, tokens * width); those that are absent are NaN."""
    longest = max(node.sizes)
    places = np.zeros((len(node.sizes), longest), dtype=np.int64)
    owned = np.arange(longest) < np.array(node.sizes)[:, None]
    places[owned] = np.arange(len(node.features))
    weights = node.weights.values.astype(np.float64)
    tokens = np.empty((len(X), *node.positions.values.shape))
    tokens[:] = node.positions.values
    some = np.zeros((len(X), len(node.sizes)), dtype=np.bool_)
    features = np.array(node.features, dtype=np.int64)
    for slot in range(longest):
        x = np.ascontiguousarray(X[:, features[places[:, slot]]], dtype=np.float64)
        there = owned[:, slot] & ~np.isnan(x)
        if node.sparse:
            there &= x != 0
        some |= there
        own = weights[slot] if node.shared else weights[places[:, slot]]
        tokens += np.where(there, x, 0.0)[:, :, None] * own
    tokens[~some] = np.nan
    return tokens.reshape(len(X), -1)


def attend(node: Attention, X: Features) -> Floats:
    """Return what heads make of tokens: (rows, heads * width), or of every token another one, (rows, tokens * width)."""
    tokens, absent = _tokens(node, X)
    if node.mixing is None:  # tokens that no row has would only add zeros
        there = ~absent.all(axis=0)
        tokens, absent = np.ascontiguousarray(tokens[:, there]), absent[:, there]
    result = np.zeros((len(X), node.outputs(X.shape[1])))
    if not tokens.shape[1]:
        return result
    for rows, weights in _weights(node, tokens, absent):
        pooled = _pooled(node, tokens[rows], weights)
        result[rows] = pooled if node.mixing is None else _mixed(node, tokens[rows], absent[rows], pooled)
    return result


def attention_weights(node: Attention, X: Features) -> Floats:
    """Return the weights of heads, (rows, heads, tokens), or of every asking token (rows, heads, tokens, tokens).

    They add up to 1 over the last axis; they are 0 for tokens that are absent, and for all of them where none is there.
    """
    weights = np.concatenate([part for _, part in _weights(node, *_tokens(node, X))])
    return weights if node.mixing is not None else weights[:, :, 0]


def _tokens(node: Attention, X: Features) -> tuple[Floats, Absent]:
    """Return tokens, (rows, tokens, width), those that are absent as zeros, and which are."""
    tokens = np.array(X, dtype=np.float64, order="C").reshape(len(X), X.shape[1] // node.width, node.width)
    absent: Absent = np.logical_not(np.isfinite(tokens).all(axis=2))
    tokens[absent] = 0.0
    return tokens, absent


def _weights(node: Attention, tokens: Floats, absent: Absent) -> Iterator[tuple[slice, Floats]]:
    """Yield rows, and their weights (rows, heads, asking, tokens); of a pool there is one that asks."""
    heads, count = len(node.queries.values), tokens.shape[1]
    step = max(1, AT_ONCE // (heads * count * (1 if node.mixing is None else count)))
    for start in range(0, max(len(tokens), 1), step):
        rows = slice(start, start + step)
        yield rows, _softmax(np.where(absent[rows, None, None], -np.inf, _logits(node, tokens[rows])))


def _logits(node: Attention, tokens: Floats) -> Floats:
    """Return how well every token answers what is asked."""
    queries = node.queries.values.astype(np.float64)
    question = queries[None, :, None]  # (rows, heads, asking, width)
    if node.mixing is not None:
        question = np.zeros((len(tokens), len(queries), *tokens.shape[1:]))
        for k in range(node.width):
            question += tokens[:, None, :, k, None] * queries[:, None, k]
    logits = np.zeros((len(tokens), *question.shape[1:3], tokens.shape[1]))
    for k in range(node.width):
        logits += question[:, :, :, k, None] * tokens[:, None, None, :, k]
    return logits


def _softmax(logits: Floats) -> Floats:
    largest = logits.max(axis=3, keepdims=True)
    shares = np.exp(logits - np.where(largest == -np.inf, 0.0, largest))
    total = np.zeros(shares.shape[:3])
    for token in range(shares.shape[3]):
        total += shares[..., token]
    weights: Floats = shares / np.where(total > 0, total, 1.0)[..., None]
    return weights


def _pooled(node: Attention, tokens: Floats, weights: Floats) -> Floats:
    """Return weighted sums of tokens, of every asking one those of all heads: (rows, asking * heads * width)."""
    pooled = np.zeros((*weights.shape[:3], node.width))
    for token in range(tokens.shape[1]):
        pooled += weights[..., token, None] * tokens[:, None, None, token]
    return pooled.transpose(0, 2, 1, 3).reshape(len(tokens), -1)


def _mixed(node: Attention, tokens: Floats, absent: Absent, pooled: Floats) -> Floats:
    """Return tokens to which what they requested is added; absent ones stay absent."""
    assert node.mixing is not None  # noqa: S101 - shows mypy what the caller knows
    mixing = node.mixing.values.astype(np.float64)
    joined = pooled.reshape(*tokens.shape[:2], mixing.shape[1])
    result = tokens.copy()
    for k in range(mixing.shape[1]):
        result += joined[:, :, k, None] * mixing[:, k]
    result[absent] = np.nan
    return result.reshape(len(tokens), -1)
