"""Walks over bodies: what is inside a node, the same node with other contents, how many outputs it has.

Only a chain and a sum hold other nodes. Code that treats every kind alike goes over `children` and `rebuild`; code that checks whether
some kind occurs goes over `every`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.program.nodes import (
    Activation,
    Attention,
    Chain,
    Distances,
    Nearest,
    Pool,
    Propagate,
    Scale,
    Sum,
    Tokens,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from automicro.program.nodes import Node

__all__ = ["children", "every", "outputs_of", "rebuild", "steps", "terms"]


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes of a chain or a sum; of any other node none.

    Examples
    --------
    >>> from automicro.program import Activation, Chain
    >>> children(Chain((Activation("relu"), Activation("tanh"))))
    (Activation(kind='relu'), Activation(kind='tanh'))
    >>> children(Activation("relu"))
    ()
    """
    return node.nodes if isinstance(node, Chain | Sum) else ()


def rebuild(node: Node, inner: Iterable[Node]) -> Node:
    """Return a node of the same kind with other children; a node that is neither a chain nor a sum as it is.

    Examples
    --------
    >>> from automicro.program import Activation, Chain
    >>> rebuild(Chain((Activation("relu"),)), [Activation("tanh")])
    Chain(nodes=(Activation(kind='tanh'),))
    """
    return type(node)(tuple(inner)) if isinstance(node, Chain | Sum) else node


def every(node: Node) -> Iterator[Node]:
    """Yield a node and all nodes inside it, each before what it holds."""
    yield node
    for part in children(node):
        yield from every(part)


def steps(node: Node) -> tuple[Node, ...]:
    """Return what is computed one after the other: the nodes of a chain, those of chains inside it taken apart; or the node alone."""
    return tuple(step for part in node.nodes for step in steps(part)) if isinstance(node, Chain) else (node,)


def terms(node: Node) -> tuple[Node, ...]:
    """Return what is added up: the nodes of a sum, those of sums inside it taken apart; or the node alone."""
    return tuple(term for part in node.nodes for term in terms(part)) if isinstance(node, Sum) else (node,)


def outputs_of(node: Node, inputs: int) -> int:
    """Return the number of outputs of a node over some inputs."""
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
            inputs = outputs_of(part, inputs)
        return inputs
    if isinstance(node, Distances):
        return len(node.points.values)
    if isinstance(node, Nearest):
        return node.outputs
    return outputs_of(node.nodes[0], inputs) if isinstance(node, Sum) else len(node.bias.values)
