"""Tokens and the heads that weigh them, in bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.errors import ArtifactError
from automicro.program.nodes import Attention, Tokens
from automicro.program.weights import Weights
from automicro.program.wire.coding.blocks import read_block, write_block
from automicro.program.wire.coding.numbers import LearntNumbers, read_number, write_number

if TYPE_CHECKING:
    from automicro.program.wire.coding.coder import EventSink, RangeDecoder

__all__ = ["read_attention", "read_tokens", "write_attention", "write_tokens"]

STANDING, LISTED, ACROSS = range(
    3
)  # features of tokens: the first in order, any, or every so many where tokens are alike


def write_tokens(sink: EventSink, node: Tokens, inputs: int) -> None:
    """Write tokens over some inputs."""
    count, width = node.positions.values.shape
    write_number(sink, count - 1, 3)
    write_number(sink, width - 1, 2)
    alike = len(set(node.sizes)) == 1
    sink.uniform(int(alike), 2)
    lengths = LearntNumbers()
    for size in node.sizes[:1] if alike else node.sizes:
        lengths.write(sink, size - 1)
    sink.claim(count + len(node.features))
    if alike and count > 1:
        sink.uniform(int(node.shared), 2)
    sink.uniform(int(node.sparse), 2)
    orders = (STANDING, ACROSS) if alike else (STANDING,)
    order = next((o for o in orders if node.features == _order(o, node.sizes)), LISTED)
    sink.uniform(order, 3 if alike else 2)
    for feature in node.features if order == LISTED else ():
        sink.uniform(feature, inputs)
    write_block(sink, node.weights.values, node.weights.encoding)
    write_block(sink, node.positions.values, node.positions.encoding)


def read_tokens(source: RangeDecoder, inputs: int) -> Tokens:
    """Read what `write_tokens` wrote."""
    count = read_number(source, 3) + 1
    width = read_number(source, 2) + 1
    source.claim(count)
    alike, lengths = source.uniform(2), LearntNumbers()
    sizes = (lengths.read(source) + 1,) * count if alike else tuple(lengths.read(source) + 1 for _ in range(count))
    owned = sum(sizes)
    source.claim(owned)
    shared = bool(alike and count > 1 and source.uniform(2))
    sparse = bool(source.uniform(2))
    order = source.uniform(3 if alike else 2)
    if owned > inputs and (order != LISTED or not inputs):
        raise ArtifactError(f"{owned} features of tokens must be among {inputs}; the file is damaged")
    features = tuple(source.uniform(inputs) for _ in range(owned)) if order == LISTED else _order(order, sizes)
    rows = sizes[0] if shared else owned
    weights, encoding = read_block(source, rows * width)
    positions = Weights(*read_block(source, count * width))
    return Tokens(
        features,
        sizes,
        Weights(weights.reshape(rows, width), encoding),
        Weights(positions.values.reshape(count, width), positions.encoding),
        sparse,
    )


def _order(order: int, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the features of tokens that own the first ones one after the other, or each every so many."""
    if order == ACROSS:
        return tuple(token + slot * len(sizes) for token, size in enumerate(sizes) for slot in range(size))
    return tuple(range(sum(sizes)))


def write_attention(sink: EventSink, node: Attention) -> None:
    """Write heads; their queries define the width of tokens."""
    write_number(sink, len(node.queries.values) - 1, 1)
    write_number(sink, node.width - 1, 2)
    sink.uniform(int(node.mixing is not None), 2)
    write_block(sink, node.queries.values, node.queries.encoding)
    if node.mixing is not None:
        write_block(sink, node.mixing.values, node.mixing.encoding)


def read_attention(source: RangeDecoder, inputs: int) -> Attention:
    """Read what `write_attention` wrote."""
    heads = read_number(source, 1) + 1
    width = read_number(source, 2) + 1
    if not inputs or inputs % width:
        raise ArtifactError(f"attention must read tokens of {width} numbers each; the file is damaged")
    asks = source.uniform(2)
    values, encoding = read_block(source, heads * width * (width if asks else 1))
    if not asks:
        return Attention(Weights(values.reshape(heads, width), encoding))
    mixing, mixed = read_block(source, heads * width * width)
    queries = Weights(values.reshape(heads, width, width), encoding)
    return Attention(queries, Weights(mixing.reshape(width, heads * width), mixed))
