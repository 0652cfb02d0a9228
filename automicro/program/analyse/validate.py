"""What must hold of a program, checked where it comes from outside."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from automicro.errors import AutomicroError, PluginError
from automicro.program.evaluate.message_passing import gives_graphs, reads_graphs
from automicro.program.inputs.numbers import is_offset
from automicro.program.inputs.rows import KIND_OF
from automicro.program.inputs.series import MOST_LEVEL, STATISTICS
from automicro.program.limits import limits_fault
from automicro.program.nodes import (
    Activation,
    Affine,
    Attention,
    Chain,
    Distances,
    Forest,
    Grams,
    Lookup,
    Missing,
    Nearest,
    Numeric,
    OneHot,
    Pool,
    Propagate,
    Scale,
    StepTables,
    Sum,
    Summary,
    Tokens,
    feature_count,
)
from automicro.program.trees import right_children

if TYPE_CHECKING:
    from collections.abc import Callable

    from automicro.program.nodes import Decoder, Node, Program, Tree
    from automicro.program.weights import Weights

__all__ = ["check_body", "validate"]

DEEPEST = 8
LINKS = ("identity", "exp", "sigmoid", "softmax")
MOST_ASKING = 1024  # tokens of which each weighs all
MOST_COLUMNS = 1 << 24
MOST_HOPS = 16
WORDS = {"numeric": "numbers", "category": "levels", "text": "texts", "series": "series"}
MOST_GRAM, MOST_BITS = 64, 24


class _Invalid(Exception):  # noqa: N818 - turned into the error that the caller names
    """What is wrong."""


def _refuse(sentence: str) -> NoReturn:
    raise _Invalid(sentence)


def validate(program: Program, error: type[AutomicroError] = PluginError) -> None:
    """Raise `error` unless a program can be evaluated and packed; it names what must hold and what the program has."""
    try:
        _program(program)
    except _Invalid as found:
        raise error(f"a program is not valid: {found}") from None


def check_body(body: Node, inputs: int) -> int:
    """Return how many scores a body over so many features has; raise `PluginError` unless it can be evaluated."""
    try:
        return _node(body, inputs, 0)
    except _Invalid as found:
        raise PluginError(f"a program is not valid: {found}") from None


def _program(program: Program) -> None:
    if not 1 <= program.columns <= MOST_COLUMNS:
        _refuse(f"columns must lie in 1..{MOST_COLUMNS}, but are {program.columns}")
    if program.link not in LINKS:
        _refuse(f"the link must be one of {', '.join(LINKS)}, but is {program.link!r}")
    kinds: dict[int, str] = {}
    offsets: dict[int, float] = {}
    for decoder in program.decoders:
        _decoder(decoder, program.columns)
        if isinstance(decoder, Numeric) and offsets.setdefault(decoder.column, decoder.offset) != decoder.offset:
            _refuse(
                f"column {decoder.column} must have one offset, but has {offsets[decoder.column]} and {decoder.offset}"
            )
        if not isinstance(decoder, Missing):
            kind = KIND_OF[type(decoder)]
            if (other := kinds.setdefault(decoder.column, kind)) != kind:
                _refuse(
                    f"column {decoder.column} must be read as {WORDS[other]} or as {WORDS[kind]}, but is read as both"
                )
    if fault := limits_fault(program):
        _refuse(fault)
    inputs = sum(map(feature_count, program.decoders))
    _labels(program, _node(program.body, inputs, 0))


def _labels(program: Program, outputs: int) -> None:
    labels = program.labels
    if program.link == "sigmoid" and outputs != 1:
        _refuse(f"the link sigmoid goes with one score, but there are {outputs}")
    if program.link == "softmax" and outputs < 2:
        _refuse(f"the link softmax goes with two scores or more, but there are {outputs}")
    if labels is None:
        return
    classes = 2 if program.link == "sigmoid" else outputs
    if len(labels) != classes or classes < 2:
        _refuse(f"{classes} classes must have as many labels, at least two, but there are {len(labels)}")
    if len(set(labels)) != len(labels):
        _refuse("labels must differ")
    kinds = {type(label) for label in labels}
    if len(kinds) != 1 or not kinds <= {str, int, bool, float}:
        _refuse(f"labels must all be text, whole numbers, booleans or real numbers, but are {labels!r}")
    if kinds == {int} and max(abs(int(label)) for label in labels) >= 1 << 40:
        _refuse(f"labels must have fewer than 40 bits, but are {labels!r}")
    if kinds == {float} and not np.isfinite(np.array(labels, dtype=np.float64)).all():
        _refuse(f"labels must be finite, but are {labels!r}")


def _decoder(decoder: Decoder, columns: int) -> None:
    if not 0 <= decoder.column < columns:
        _refuse(f"a decoder must read one of {columns} columns, but reads column {decoder.column}")
    if isinstance(decoder, Numeric):
        if not is_offset(decoder.offset):
            _refuse(
                f"offsets must be finite and have at most 48 bits, but that of column {decoder.column} is {decoder.offset}"
            )
        if decoder.fill is not None:
            _number(decoder.fill, f"the fill of column {decoder.column}")
    if isinstance(decoder, Grams):
        _grams(decoder)
    if isinstance(decoder, Summary):
        _summary(decoder)
    if isinstance(decoder, OneHot | Lookup):
        _level_lists(decoder)


def _level_lists(decoder: OneHot | Lookup) -> None:
    if len(set(decoder.levels)) != len(decoder.levels):
        _refuse(f"levels of column {decoder.column} must differ, but are {decoder.levels!r}")
    if isinstance(decoder, OneHot) and not decoder.levels:
        _refuse(f"column {decoder.column} must have at least one level")
    if not all(level is None or isinstance(level, str) for level in decoder.levels):
        _refuse(f"levels of column {decoder.column} must be text or None, but are {decoder.levels!r}")
    if isinstance(decoder, Lookup):
        _number(decoder.default, f"the default of column {decoder.column}")
        _block(decoder.values, (len(decoder.levels),), f"values of column {decoder.column}")


def _summary(decoder: Summary) -> None:
    if decoder.statistic not in STATISTICS:
        _refuse(f"a statistic must be one of {', '.join(STATISTICS)}, but is {decoder.statistic!r}")
    if not 0 <= decoder.level <= MOST_LEVEL or not 0 <= decoder.window < 1 << decoder.level:
        _refuse(
            f"a window must be one of 2**level with a level of 0..{MOST_LEVEL}, "
            f"but is window {decoder.window} of level {decoder.level}"
        )


def _grams(decoder: Grams) -> None:
    if decoder.unit not in {"word", "character"}:
        _refuse(f"grams must be of words or characters, but are of {decoder.unit!r}")
    if not 1 <= decoder.low <= decoder.high <= MOST_GRAM or not 0 <= decoder.prefix <= MOST_GRAM:
        _refuse(
            f"grams must have 1 <= low <= high <= {MOST_GRAM} and a prefix of 0..{MOST_GRAM}, "
            f"but have {decoder.low}, {decoder.high} and {decoder.prefix}"
        )
    if not 1 <= decoder.bits <= MOST_BITS:
        _refuse(f"buckets must have 1..{MOST_BITS} bits, but have {decoder.bits}")
    ascends = all(before < after for before, after in pairwise(decoder.buckets))
    if not decoder.buckets or not ascends or decoder.buckets[0] < 0 or decoder.buckets[-1] >> decoder.bits:
        _refuse(f"buckets of column {decoder.column} must be some of 2**{decoder.bits} and ascend")


def _number(value: float, name: str) -> None:
    with np.errstate(over="ignore"):
        if not np.isfinite(np.float32(value)) or float(np.float32(value)) != value:
            _refuse(f"{name} must be a finite float32 number, but is {value!r}")


def _block(weights: Weights, shape: tuple[int, ...], name: str) -> None:
    values = weights.values
    if values.dtype != np.float32:
        _refuse(f"{name} must be float32, but are {values.dtype}")
    if values.shape != shape:
        _refuse(f"{name} must have shape {shape}, but have {values.shape}")
    if not np.isfinite(values).all():
        _refuse(f"{name} must be finite, but hold NaN or infinity")


def _node(node: Node, inputs: int, depth: int) -> int:
    """Return the number of outputs of a node."""
    if depth > DEEPEST:
        _refuse(f"nodes must be nested at most {DEEPEST} deep")
    if isinstance(node, Chain | Sum):
        return _nest(node, inputs, depth)
    if type(node) not in _CHECKS:
        known = ", ".join(kind.__name__ for kind in (*_CHECKS, Chain, Sum))
        _refuse(f"a body must be made of the nodes {known}, but holds a {type(node).__name__}")
    return _CHECKS[type(node)](node, inputs)


def _activation(node: Activation, inputs: int) -> int:
    if node.kind not in {"relu", "tanh", "sigmoid", "decay"}:
        _refuse(f"an activation must be relu, tanh, sigmoid or decay, but is {node.kind!r}")
    return inputs


def _scale(node: Scale, inputs: int) -> int:
    _block(node.factors, (inputs,), "factors of a scale")
    return inputs


def _biased(node: Affine | StepTables | Forest, inputs: int) -> int:
    outputs = len(node.bias.values) if node.bias.values.ndim == 1 else 0
    if not outputs:
        _refuse(f"a bias must have one number an output, but has shape {node.bias.values.shape}")
    _block(node.bias, (outputs,), "biases")
    if isinstance(node, Affine):
        _block(node.weights, (outputs, inputs), "weights of an affine map")
    elif isinstance(node, StepTables):
        _tables(node, inputs, outputs)
    else:
        _forest(node, inputs, outputs)
    return outputs


def _nest(node: Chain | Sum, inputs: int, depth: int) -> int:
    if not node.nodes:
        _refuse(f"a {type(node).__name__.lower()} must have at least one node")
    if isinstance(node, Chain):
        for part in node.nodes:
            inputs = _node(part, inputs, depth + 1)
        _levels(node)
        return inputs
    if len(set(map(gives_graphs, node.nodes))) != 1:
        _refuse("either all parts of a sum must pool graphs, or none")
    widths = {_node(part, inputs, depth + 1) for part in node.nodes}
    if len(widths) != 1:
        _refuse(f"parts of a sum must have equally many outputs, but have {sorted(widths)}")
    return widths.pop()


def _tokens(node: Tokens, inputs: int) -> int:
    count, width = map(int, node.positions.values.shape) if node.positions.values.ndim == 2 else (0, 0)
    if not (count and width):
        _refuse(f"positions must be (tokens, width), at least one each, but have shape {node.positions.values.shape}")
    if len(node.sizes) != count or min(node.sizes) < 1 or sum(node.sizes) != len(node.features):
        _refuse(f"{count} tokens must own {len(node.features)} features, at least one each, but own {node.sizes}")
    if not all(0 <= feature < inputs for feature in node.features):
        _refuse(f"tokens must read one of {inputs} features, but read {node.features}")
    if node.shared and len(set(node.sizes)) > 1:
        _refuse(f"tokens that share a projection must be of one size, but are of {sorted(set(node.sizes))}")
    _block(node.positions, (count, width), "positions of tokens")
    _block(node.weights, (node.sizes[0] if node.shared else len(node.features), width), "weights of tokens")
    return count * width


def _attention(node: Attention, inputs: int) -> int:
    shape = node.queries.values.shape
    if len(shape) != (2 if node.mixing is None else 3) or not all(shape):
        _refuse(f"queries must be (heads, width), or (heads, width, width) with mixing, but have shape {shape}")
    heads, width = shape[:2]
    if not inputs or inputs % width:
        _refuse(f"attention must read tokens of {width} numbers each, but there are {inputs} inputs")
    _block(node.queries, (heads, width) if node.mixing is None else (heads, width, width), "queries of attention")
    if node.mixing is not None:
        if inputs // width > MOST_ASKING:
            _refuse(f"at most {MOST_ASKING} tokens can ask, but there are {inputs // width}")
        _block(node.mixing, (width, heads * width), "weights that mix heads")
    return node.outputs(inputs)


def _levels(node: Chain) -> None:
    """Refuse a chain that reads how nodes are connected where there are graphs and no longer nodes."""
    pools = list(map(gives_graphs, node.nodes))
    if any(pools) and any(map(reads_graphs, node.nodes[pools.index(True) + 1 :])):
        _refuse("what follows a pool reads one row a graph, so it must not propagate or pool")


def _propagate(node: Propagate, inputs: int) -> int:
    if node.kind not in {"sum", "mean", "symmetric", "max"}:
        _refuse(f"messages must be propagated as sum, mean, symmetric or max, but are as {node.kind!r}")
    if not 1 <= node.hops <= MOST_HOPS:
        _refuse(f"messages must go 1..{MOST_HOPS} hops, but go {node.hops}")
    if node.attribute is not None and not 0 <= node.attribute < MOST_COLUMNS:
        _refuse(f"an edge attribute must lie in 0..{MOST_COLUMNS - 1}, but is {node.attribute}")
    _number(node.own, "what a node keeps of its own")
    return inputs


def _pool(node: Pool, inputs: int) -> int:
    if not node.kinds or len(node.kinds) != len(node.features):
        _refuse(f"a pool must have a kind and a feature an item, but has {len(node.kinds)} and {len(node.features)}")
    for kind, feature in zip(node.kinds, node.features, strict=True):
        if kind not in {"sum", "mean", "max", "count"}:
            _refuse(f"features must be pooled as sum, mean, max or count, but are as {kind!r}")
        if feature != -1 if kind == "count" else not 0 <= feature < inputs:
            _refuse(f"a pool must read one of {inputs} features, and -1 for a count, but reads {feature} for a {kind}")
    return len(node.kinds)


def _distances(node: Distances, inputs: int) -> int:
    points = len(node.points.values) if node.points.values.ndim == 2 else 0
    if not points:
        _refuse(f"points must be rows, at least one, but have shape {node.points.values.shape}")
    _block(node.points, (points, inputs), "points")
    relevances = node.relevances.values
    _block(node.relevances, (inputs,) if relevances.ndim == 1 else (points, inputs), "relevances")
    if (relevances < 0).any():
        _refuse(f"relevances must not be negative, but one is {relevances.min()}")
    return points


def _nearest(node: Nearest, inputs: int) -> int:
    if len(node.owners) != inputs or not inputs:
        _refuse(f"each of {inputs} inputs must have an owner, at least one, but there are {len(node.owners)} owners")
    if min(node.owners) < 0 or set(node.owners) != set(range(max(node.owners) + 1)):
        _refuse(f"outputs must be numbered from 0 and own an input each, but own {sorted(set(node.owners))[:9]}")
    if node.bias is not None:
        _block(node.bias, (inputs,), "biases")
    if node.otherwise is not None:
        _number(node.otherwise, "the score of the last output")
    return node.outputs


def _tables(node: StepTables, inputs: int, outputs: int) -> None:
    count = len(node.features)
    if not (len(node.outputs) == len(node.pieces) == count):
        _refuse(f"step tables must have a feature, an output and pieces each, but {count} have features")
    if not all(0 <= feature < inputs for feature in node.features):
        _refuse(f"step tables must read one of {inputs} features, but read {node.features}")
    if not all(0 <= output < outputs for output in node.outputs):
        _refuse(f"step tables must add to one of {outputs} outputs, but add to {node.outputs}")
    if not all(pieces >= 1 for pieces in node.pieces):
        _refuse(f"step tables must have at least one piece, but have {node.pieces}")
    _block(node.values, (sum(node.pieces),), "values of step tables")
    _block(node.cuts, (sum(node.pieces) - count,), "cuts of step tables")
    if node.missing is not None:
        _block(node.missing, (count,), "values for missing features")
    start = 0
    for pieces in node.pieces:
        if (np.diff(node.cuts.values[start : start + pieces - 1]) <= 0).any():
            _refuse("cuts of a step table must ascend")
        start += pieces - 1


def _forest(node: Forest, inputs: int, outputs: int) -> None:
    leaves = node.leaves.values
    if leaves.ndim != 2 or leaves.shape[1] not in {1, outputs}:
        _refuse(f"leaves must have 1 or {outputs} columns, but have shape {leaves.shape}")
    _block(node.leaves, leaves.shape, "leaves")
    for number, tree in enumerate(node.trees):
        _tree(tree, number, inputs, len(leaves))
        if not 0 <= tree.output < (outputs if leaves.shape[1] == 1 else 1):
            _refuse(f"tree {number} must add to one of {outputs} outputs (0 if leaves are wide), but has {tree.output}")


def _tree(tree: Tree, number: int, inputs: int, leaves: int) -> None:
    nodes = len(tree.feature)
    if not (len(tree.threshold) == len(tree.default_left) == len(tree.leaf) == nodes):
        _refuse(f"arrays of tree {number} must be equally long")
    try:
        right_children(tree.feature)
    except ValueError as error:
        _refuse(f"tree {number}: {error}")
    splits = tree.feature >= 0
    if tree.feature.max() >= inputs:
        _refuse(f"tree {number} must read one of {inputs} features, but reads feature {tree.feature.max()}")
    if tree.threshold.dtype != np.float32 or not np.isfinite(tree.threshold[splits]).all():
        _refuse(f"thresholds of tree {number} must be finite float32 numbers")
    if not bool(((tree.leaf[~splits] >= 0) & (tree.leaf[~splits] < leaves)).all()):
        _refuse(f"tree {number} must have leaves of 0..{leaves - 1}")


_CHECKS: dict[type[Node], Callable[[Any, int], int]] = {
    Activation: _activation,
    Affine: _biased,
    Distances: _distances,
    Forest: _biased,
    Nearest: _nearest,
    Scale: _scale,
    Propagate: _propagate,
    Pool: _pool,
    Tokens: _tokens,
    Attention: _attention,
    StepTables: _biased,
}
