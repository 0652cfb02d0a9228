"""Bodies: nodes of every kind, nested."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.errors import ArtifactError
from automicro.program.nodes import (
    Activation,
    Affine,
    Attention,
    Chain,
    Forest,
    Pool,
    Propagate,
    Scale,
    StepTables,
    Sum,
    Tokens,
)
from automicro.program.weights import Weights
from automicro.program.wire.attention import read_attention, read_tokens, write_attention, write_tokens
from automicro.program.wire.blocks import read_block, write_block
from automicro.program.wire.forests import read_forest, write_forest
from automicro.program.wire.inputs import Inputs
from automicro.program.wire.messages import read_pool, read_propagate, write_pool, write_propagate
from automicro.program.wire.numbers import read_choice, read_number, write_choice, write_number
from automicro.program.wire.tables import read_tables, write_tables

if TYPE_CHECKING:
    from automicro.program.nodes import Node
    from automicro.program.wire.coder import Decoder, Sink

__all__ = ["read_node", "width", "write_node"]

KINDS = (Affine, StepTables, Forest, Chain, Sum, Activation, Scale, Tokens, Attention, Propagate, Pool)
CHANCES = (9, 9, 9, 1, 3, 1, 1, 1, 1, 1, 1)
ACTIVATIONS = ("relu", "tanh", "sigmoid")
DEEPEST = 8


def width(node: Node, inputs: int) -> int:
    """Return the number of outputs of a node."""
    if isinstance(node, Activation | Scale | Propagate):
        return inputs
    if isinstance(node, Attention):
        return node.outputs(inputs)
    if isinstance(node, Tokens):
        return node.positions.values.size
    if isinstance(node, Pool):
        return len(node.kinds)
    if isinstance(node, Chain):
        for part in node.nodes:
            inputs = width(part, inputs)
        return inputs
    return width(node.nodes[0], inputs) if isinstance(node, Sum) else len(node.bias.values)


def _outputs(node: Node, inputs: Inputs) -> Inputs:
    """Return what is known of the outputs of a node in a chain: messages and pools are missing where what they read is."""
    if isinstance(node, Propagate):
        return Inputs((False,) * len(inputs), inputs.missing)
    if isinstance(node, Pool):
        return Inputs((False,) * len(node.features), tuple(f >= 0 and inputs.missing[f] for f in node.features))
    return Inputs.unknown(width(node, len(inputs)))


def write_node(sink: Sink, node: Node, inputs: Inputs) -> None:  # noqa: C901 - one branch for each kind of node
    """Write a node over known inputs."""
    write_choice(sink, KINDS.index(type(node)), CHANCES)
    if isinstance(node, Affine):
        write_number(sink, len(node.bias.values) - 1)
        write_block(sink, node.weights.values, node.weights.encoding)
        write_block(sink, node.bias.values, node.bias.encoding, node.weights.values)
    elif isinstance(node, StepTables):
        write_tables(sink, node, inputs)
    elif isinstance(node, Forest):
        write_forest(sink, node, inputs)
    elif isinstance(node, Tokens):
        write_tokens(sink, node, len(inputs))
    elif isinstance(node, Attention):
        write_attention(sink, node)
    elif isinstance(node, Activation):
        sink.uniform(ACTIVATIONS.index(node.kind), len(ACTIVATIONS))
    elif isinstance(node, Scale):
        write_block(sink, node.factors.values, node.factors.encoding)
    elif isinstance(node, Propagate):
        write_propagate(sink, node)
    elif isinstance(node, Pool):
        write_pool(sink, node, len(inputs))
    else:
        write_number(sink, len(node.nodes) - 1)
        sink.claim(len(node.nodes))
        for part in node.nodes:
            write_node(sink, part, inputs)
            if isinstance(node, Chain):
                inputs = _outputs(part, inputs)


def read_node(source: Decoder, inputs: Inputs, depth: int = 0) -> Node:  # noqa: C901 - one branch for each kind of node
    """Read what `write_node` wrote."""
    if depth > DEEPEST:
        raise ArtifactError(f"nodes must be nested at most {DEEPEST} deep; the file is damaged")
    kind = KINDS[read_choice(source, CHANCES)]
    if kind is Affine:
        outputs = read_number(source) + 1
        values, encoding = read_block(source, outputs * len(inputs))
        return Affine(
            Weights(values.reshape(outputs, len(inputs)), encoding), Weights(*read_block(source, outputs, values))
        )
    if kind is StepTables:
        return read_tables(source, inputs)
    if kind is Forest:
        return read_forest(source, inputs)
    if kind is Tokens:
        return read_tokens(source, len(inputs))
    if kind is Attention:
        return read_attention(source, len(inputs))
    if kind is Activation:
        return Activation(ACTIVATIONS[source.uniform(len(ACTIVATIONS))])  # type: ignore[arg-type]  # one of the three names
    if kind is Scale:
        return Scale(Weights(*read_block(source, len(inputs))))
    if kind is Propagate:
        return read_propagate(source)
    if kind is Pool:
        return read_pool(source, len(inputs))
    return _read_nest(source, inputs, depth, is_chain=kind is Chain)


def _read_nest(source: Decoder, inputs: Inputs, depth: int, *, is_chain: bool) -> Chain | Sum:
    count = read_number(source) + 1
    source.claim(count)
    parts: list[Node] = []
    for _ in range(count):
        parts.append(read_node(source, inputs, depth + 1))
        if is_chain:
            source.claim(width(parts[-1], len(inputs)))
            inputs = _outputs(parts[-1], inputs)
    if is_chain:
        return Chain(tuple(parts))
    if len({width(part, len(inputs)) for part in parts}) != 1:
        raise ArtifactError("parts of a sum must have equally many outputs; the file is damaged")
    return Sum(tuple(parts))
