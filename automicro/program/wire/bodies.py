"""Bodies: nodes of every kind, nested."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automicro.errors import ArtifactError
from automicro.program.nodes import (
    Activation,
    Affine,
    Attention,
    Chain,
    Distances,
    Forest,
    Nearest,
    Pool,
    Propagate,
    Scale,
    StepTables,
    Sum,
    Tokens,
)
from automicro.program.walk import outputs_of
from automicro.program.weights import Weights
from automicro.program.wire.attention import read_attention, read_tokens, write_attention, write_tokens
from automicro.program.wire.coding.blocks import read_block, write_block
from automicro.program.wire.coding.numbers import read_choice, read_number, write_choice, write_number
from automicro.program.wire.forests import read_forest, write_forest
from automicro.program.wire.inputs import Inputs
from automicro.program.wire.messages import read_pool, read_propagate, write_pool, write_propagate
from automicro.program.wire.prototypes import read_distances, read_nearest, write_distances, write_nearest
from automicro.program.wire.tables import read_tables, write_tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from automicro.program.nodes import Node
    from automicro.program.wire.coding.coder import EventSink, RangeDecoder

__all__ = ["read_node", "write_node"]

KINDS = (
    Affine,
    StepTables,
    Forest,
    Chain,
    Sum,
    Activation,
    Scale,
    Tokens,
    Attention,
    Propagate,
    Pool,
    Distances,
    Nearest,
)
CHANCES = (9, 9, 9, 1, 3, 1, 1, 1, 1, 1, 1, 1, 1)
ACTIVATIONS = ("relu", "tanh", "sigmoid", "decay")
DEEPEST = 8


def _outputs(node: Node, inputs: Inputs) -> Inputs:
    """Return what is known of the outputs of a node in a chain: messages and pools are missing where what they read is."""
    if isinstance(node, Propagate):
        return Inputs((False,) * len(inputs), inputs.missing)
    if isinstance(node, Pool):
        return Inputs((False,) * len(node.features), tuple(f >= 0 and inputs.missing[f] for f in node.features))
    return Inputs.unknown(outputs_of(node, len(inputs)))


def write_node(sink: EventSink, node: Node, inputs: Inputs) -> None:
    """Write a node over known inputs."""
    write_choice(sink, KINDS.index(type(node)), CHANCES)
    if isinstance(node, Chain | Sum):
        write_number(sink, len(node.nodes) - 1)
        sink.claim(len(node.nodes))
        for part in node.nodes:
            write_node(sink, part, inputs)
            if isinstance(node, Chain):
                inputs = _outputs(part, inputs)
    else:
        _WRITERS[type(node)](sink, node, inputs)


def _write_affine(sink: EventSink, node: Affine, inputs: Inputs) -> None:  # noqa: ARG001 - an argument of all writers
    write_number(sink, len(node.bias.values) - 1)
    write_block(sink, node.weights.values, node.weights.encoding)
    write_block(sink, node.bias.values, node.bias.encoding, node.weights.values)


_WRITERS: dict[type[Node], Callable[[EventSink, Any, Inputs], None]] = {
    Affine: _write_affine,
    StepTables: write_tables,
    Forest: write_forest,
    Activation: lambda sink, node, inputs: sink.uniform(ACTIVATIONS.index(node.kind), len(ACTIVATIONS)),  # noqa: ARG005 - as above
    Scale: lambda sink, node, inputs: write_block(sink, node.factors.values, node.factors.encoding),  # noqa: ARG005 - as above
    Tokens: lambda sink, node, inputs: write_tokens(sink, node, len(inputs)),
    Attention: lambda sink, node, inputs: write_attention(sink, node),  # noqa: ARG005 - as above
    Propagate: lambda sink, node, inputs: write_propagate(sink, node),  # noqa: ARG005 - as above
    Pool: lambda sink, node, inputs: write_pool(sink, node, len(inputs)),
    Distances: lambda sink, node, inputs: write_distances(sink, node),  # noqa: ARG005 - as above
    Nearest: lambda sink, node, inputs: write_nearest(sink, node),  # noqa: ARG005 - as above
}


def read_node(source: RangeDecoder, inputs: Inputs, depth: int = 0) -> Node:
    """Read what `write_node` wrote."""
    if depth > DEEPEST:
        raise ArtifactError(f"nodes must be nested at most {DEEPEST} deep; the file is damaged")
    kind = KINDS[read_choice(source, CHANCES)]
    if kind in {Chain, Sum}:
        return _read_nest(source, inputs, depth, is_chain=kind is Chain)
    return _READERS[kind](source, inputs)


def _read_affine(source: RangeDecoder, inputs: Inputs) -> Affine:
    outputs = read_number(source) + 1
    values, encoding = read_block(source, outputs * len(inputs))
    return Affine(
        Weights(values.reshape(outputs, len(inputs)), encoding), Weights(*read_block(source, outputs, values))
    )


def _read_activation(source: RangeDecoder, inputs: Inputs) -> Activation:  # noqa: ARG001 - an argument of all readers
    return Activation(ACTIVATIONS[source.uniform(len(ACTIVATIONS))])  # type: ignore[arg-type]  # one of the names


def _read_scale(source: RangeDecoder, inputs: Inputs) -> Scale:
    return Scale(Weights(*read_block(source, len(inputs))))


_READERS: dict[type[Node], Callable[[RangeDecoder, Inputs], Node]] = {
    Affine: _read_affine,
    Activation: _read_activation,
    StepTables: read_tables,
    Forest: read_forest,
    Distances: read_distances,
    Scale: _read_scale,
    Tokens: lambda source, inputs: read_tokens(source, len(inputs)),
    Attention: lambda source, inputs: read_attention(source, len(inputs)),
    Nearest: read_nearest,
    Propagate: lambda source, inputs: read_propagate(source),  # noqa: ARG005 - as above
    Pool: lambda source, inputs: read_pool(source, len(inputs)),
}


def _read_nest(source: RangeDecoder, inputs: Inputs, depth: int, *, is_chain: bool) -> Chain | Sum:
    count = read_number(source) + 1
    source.claim(count)
    parts: list[Node] = []
    for _ in range(count):
        parts.append(read_node(source, inputs, depth + 1))
        if is_chain:
            source.claim(outputs_of(parts[-1], len(inputs)))
            inputs = _outputs(parts[-1], inputs)
    if is_chain:
        return Chain(tuple(parts))
    if len({outputs_of(part, len(inputs)) for part in parts}) != 1:
        raise ArtifactError("parts of a sum must have equally many outputs; the file is damaged")
    return Sum(tuple(parts))
