"""What the structure of a program shows: columns read, constants, interactions, functions of one column."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np

from automicro.program.evaluate.message_passing import reads_graphs
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
from automicro.program.walk import children

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from automicro.program.nodes import Decoder, Node, Program, Tree

__all__ = ["Source", "Structure", "features_read", "sources", "structure"]


Input = tuple[int, int]


@dataclass(frozen=True)
class Source:
    """Where a feature comes from: place of the decoder, source column, how many values it can have (0: any number).

    `summary` tells the summaries of one series apart, each of which is an input of its own; it is -1 for all other features.
    `exclusive` says that at most one feature of the decoder is not 0.
    """

    decoder: int
    column: int
    values: int
    summary: int = -1
    exclusive: bool = False

    @property
    def input(self) -> Input:
        """What a reader knows the feature's origin as: a column, or one summary of a series."""
        return self.column, self.summary


NO_COLUMN = Source(-1, -1, 0)  # of the number of nodes
APART = Activation | StepTables | Distances | Propagate | Pool  # sums, or outputs, of functions of one input each


@dataclass(frozen=True)
class Structure:
    """Structural facts of a program; see `automicro.measure.Interpretability` for their meaning.

    `on_named_inputs` says whether every step reads decoded source columns, or their sums, means or maxima over the nodes of a graph,
    never what an earlier step made of them; or the distances of columns to listed examples. `over_graphs` says whether there are such sums.
    `inputs` are the columns, each summary of a series on its own; `hashed` says whether buckets of hashed grams are read, which have no
    names.
    """

    columns: tuple[int, ...]
    constants: int
    interactions: tuple[tuple[int, int], ...]
    additive: bool
    pieces: int
    on_named_inputs: bool
    inputs: int
    hashed: bool
    over_graphs: bool = False


def sources(decoders: Sequence[Decoder]) -> list[Source]:
    """Return the source of every feature."""
    found: list[Source] = []
    for place, decoder in enumerate(decoders):
        if isinstance(decoder, OneHot | Grams):
            number = isinstance(decoder, Grams) and (decoder.counted or decoder.scaled)
            one = Source(place, decoder.column, 0 if number else 2, exclusive=isinstance(decoder, OneHot))
            found += [one] * feature_count(decoder)
        elif isinstance(decoder, Lookup):
            values = np.unique(np.append(decoder.values.values, np.float32(decoder.default)))
            found.append(Source(place, decoder.column, len(values)))
        elif isinstance(decoder, Summary):
            found.append(Source(place, decoder.column, 0, place))
        else:
            found.append(Source(place, decoder.column, 2 if isinstance(decoder, Missing) else 0))
    return found


def features_read(node: Node) -> set[int]:
    """Return the features that a node reads."""
    if isinstance(node, Affine | Distances):
        block = node.weights.values if isinstance(node, Affine) else np.atleast_2d(node.relevances.values)
        return set(np.flatnonzero(block.any(axis=0)).tolist())
    if isinstance(node, StepTables | Tokens):
        return set(node.features)
    if isinstance(node, Forest):
        return set().union(*(_split_features(tree) for tree in node.trees))
    if isinstance(node, Scale):
        return set(np.flatnonzero(node.factors.values).tolist())
    if isinstance(node, Pool):
        return {feature for feature in node.features if feature >= 0}
    if isinstance(node, Activation | Attention | Propagate | Nearest):
        return set(range(len(node.owners))) if isinstance(node, Nearest) else set()
    if isinstance(node, Sum):
        return set().union(*(features_read(part) for part in node.nodes))
    first = next((part for part in node.nodes if not isinstance(part, Activation | Propagate)), None)
    return set() if first is None else features_read(first)


def structure(program: Program) -> Structure:
    """Return the structural facts of a program in canonical form."""
    decoded = sources(program.decoders)
    survey = _Survey(decoded)
    survey.visit(program.body)
    read = features_read(program.body)
    used = {decoded[feature].decoder for feature in read}
    groups = _closed(survey.groups)
    return Structure(
        columns=tuple(sorted({decoded[feature].column for feature in read})),
        constants=survey.constants + sum(_decoder_constants(program.decoders[place]) for place in used),
        interactions=_pairs(groups),
        additive=survey.additive and all(len(group) == 1 for group in groups),
        pieces=max((len(cuts) + 1 for cuts in survey.cuts.values()), default=1),
        on_named_inputs=survey.on_named_inputs,
        inputs=len({decoded[feature].input for feature in read}),
        hashed=any(isinstance(program.decoders[place], Grams) for place in used),
        over_graphs=reads_graphs(program.body),
    )


def _pairs(groups: Iterable[frozenset[Input]]) -> tuple[tuple[int, int], ...]:
    """Return the pairs of different columns within groups."""
    columns = (sorted({column for column, _ in group}) for group in groups)
    return tuple(sorted({pair for group in columns for pair in combinations(group, 2)}))


@dataclass
class _Survey:
    """What is gathered on the way through a body.

    `groups` are inputs that some step ties together; `cuts` are, for every input and output, the places where the
    input's function may jump.
    """

    decoded: list[Source]
    constants: int = 0
    groups: set[frozenset[Input]] = field(default_factory=set)
    cuts: dict[tuple[Input, int], set[tuple[int, float]]] = field(default_factory=dict)
    on_named_inputs: bool = True
    additive: bool = True

    def visit(self, node: Node) -> None:
        """Add a node that reads decoded features."""
        if isinstance(node, Affine):
            self._affine(node)
        elif isinstance(node, StepTables):
            self._tables(node)
        elif isinstance(node, Forest):
            self._forest(node)
        elif isinstance(node, Chain):
            self._chain(node)
        elif isinstance(node, Scale):
            self._scale(node)
        elif isinstance(node, Tokens):
            self._tokens(node)
        elif isinstance(node, Distances | Nearest):
            self.constants += _node_constants(node)
            self.groups.add(self._inputs(features_read(node)))
        elif isinstance(node, Sum):
            for part in node.nodes:
                self.visit(part)
        else:
            self.on_named_inputs = False
            self.groups.update([self._inputs(range(len(self.decoded)))] if isinstance(node, Attention) else [])

    def _affine(self, node: Affine) -> None:
        self.constants += _node_constants(node)
        for output, feature in zip(*np.nonzero(node.weights.values), strict=True):
            source = self.decoded[feature]
            self.groups.add(frozenset({source.input}))
            self._cut(int(feature), int(output), range(max(source.values - 1, 0)))

    def _scale(self, node: Scale) -> None:
        self.constants += _node_constants(node)
        for feature in features_read(node):
            self.groups.add(self._inputs([feature]))
            self._cut(feature, feature, range(max(self.decoded[feature].values - 1, 0)))

    def _tables(self, node: StepTables) -> None:
        self.constants += _node_constants(node)
        ends = np.concatenate(([0], np.cumsum(np.array(node.pieces, dtype=np.int64) - 1)))
        for feature, output, (start, stop) in zip(node.features, node.outputs, pairwise(ends), strict=True):
            self.groups.add(frozenset({self.decoded[feature].input}))
            self._cut(feature, output, node.cuts.values[start:stop])

    def _forest(self, node: Forest) -> None:
        self.constants += _node_constants(node)
        wide = node.leaves.values.shape[1] > 1
        for tree in node.trees:
            split = tree.feature >= 0
            features = tree.feature[split]
            if not features.size:
                continue
            self.groups.add(self._inputs(features.tolist()))
            for output in range(node.leaves.values.shape[1]) if wide else (tree.output,):
                for feature, threshold in zip(features.tolist(), tree.threshold[split].tolist(), strict=True):
                    self._cut(feature, output, (threshold,))

    def _tokens(self, node: Tokens) -> None:
        self.on_named_inputs = False
        self.constants += _node_constants(node)
        ends = np.concatenate(([0], np.cumsum(node.sizes)))
        self.groups.update(self._inputs(node.features[start:stop]) for start, stop in pairwise(ends))

    def _chain(self, node: Chain) -> None:
        parts: list[Node] = [part for part in node.nodes if not isinstance(part, Scale)] or [node.nodes[0]]
        if len(parts) == 1:
            self.constants += _node_constants(node) - _node_constants(parts[0])
            self.visit(parts[0])
            return
        if isinstance(parts[0], Propagate | Pool):  # a scale before or behind only changes the unit of what is summed
            self.constants += _node_constants(node) - sum(map(_node_constants, parts))
            self._summed(parts[0], Chain(tuple(parts[1:])))
            return
        self.on_named_inputs &= _by_examples(node)
        self.constants += _node_constants(node)
        first = parts[0]
        if (
            len(parts) == 3
            and isinstance(first, Affine)
            and isinstance(parts[1], APART)
            and isinstance(parts[2], Affine)
        ):
            reads = [set(np.flatnonzero(unit).tolist()) for unit in first.weights.values]
        else:
            reads = [features_read(node) or set(range(len(self.decoded)))]
        self.groups.update(self._inputs(read) for read in reads if read)

    def _summed(self, node: Propagate | Pool, rest: Chain) -> None:
        """Add what reads columns summed up over nodes; a sum of products stays one, whatever else then reads two nodes at once."""
        decoded = self.decoded
        if isinstance(node, Pool):
            decoded = [decoded[f] if f >= 0 else NO_COLUMN for f in node.features]
        inner = _Survey([replace(source, values=0) for source in decoded], groups=self.groups, cuts=self.cuts)
        inner.visit(rest)
        kinds = {node.kind} if isinstance(node, Propagate) else set(node.kinds)
        linear = isinstance(rest.nodes[-1], Affine) and not kinds & {"max"}
        self.constants += inner.constants + int(isinstance(node, Propagate) and node.own not in {0.0, 1.0})
        self.additive &= inner.additive and linear
        self.on_named_inputs &= inner.on_named_inputs

    def _inputs(self, features: Iterable[int]) -> frozenset[Input]:
        return frozenset(self.decoded[feature].input for feature in features)

    def _cut(self, feature: int, output: int, places: Iterable[float]) -> None:
        source = self.decoded[feature]
        cuts = self.cuts.setdefault((source.input, output), set())
        found = {(feature, float(place)) for place in places}
        if source.values and len(found) >= source.values:
            found = {(feature, float(place)) for place in range(source.values - 1)}
        cuts.update(found)


def _by_examples(node: Chain) -> bool:
    """Whether a chain compares a row with listed examples: distances, how fast they fade if that is given, then the nearest or a sum."""
    first, *between, last = node.nodes
    fades = [part.kind for part in between if isinstance(part, Activation)]
    return (
        isinstance(first, Distances)
        and isinstance(last, Nearest | Affine)
        and len(fades) == len(between)
        and fades in ([], ["decay"])
    )


def _split_features(tree: Tree) -> set[int]:
    return set(tree.feature[tree.feature >= 0].tolist())


def _node_constants(node: Node) -> int:
    """Return how many numbers a reader of the whole node sees, those that are 0 left out."""
    if isinstance(node, Affine):
        return _nonzero(node.weights.values) + _nonzero(node.bias.values)
    if isinstance(node, StepTables):
        missing = 0 if node.missing is None else _nonzero(node.missing.values)
        return node.cuts.values.size + _nonzero(node.values.values) + _nonzero(node.bias.values) + missing
    if isinstance(node, Forest):
        by_leaf = np.count_nonzero(node.leaves.values, axis=1)
        trees = sum(int((tree.feature >= 0).sum() + by_leaf[tree.leaf[tree.feature < 0]].sum()) for tree in node.trees)
        return trees + _nonzero(node.bias.values)
    if isinstance(node, Scale):
        return _nonzero(node.factors.values)
    if isinstance(node, Tokens):
        return _nonzero(node.weights.values) + _nonzero(node.positions.values)
    if isinstance(node, Attention):
        return _nonzero(node.queries.values) + (0 if node.mixing is None else _nonzero(node.mixing.values))
    if isinstance(node, Distances | Nearest):
        return _prototype_constants(node)
    return sum(map(_node_constants, children(node)))


def _prototype_constants(node: Distances | Nearest) -> int:
    if isinstance(node, Nearest):
        return (0 if node.bias is None else _nonzero(node.bias.values)) + bool(node.otherwise)
    read = np.broadcast_to(node.relevances.values != 0, node.points.values.shape)
    return _nonzero(np.where(read, node.points.values, np.float32(0))) + _nonzero(node.relevances.values)


def _decoder_constants(decoder: Decoder) -> int:
    if isinstance(decoder, Lookup):
        return _nonzero(decoder.values.values) + (decoder.default != 0)
    if not isinstance(decoder, Numeric):
        return 0
    return (decoder.fill is not None and decoder.fill != 0) + (decoder.offset != 0)


def _nonzero(values: NDArray[np.float32]) -> int:
    return int(np.count_nonzero(values))


def _closed(groups: Iterable[frozenset[Input]]) -> list[frozenset[Input]]:
    """Join groups that share an input, until none do."""
    joined: list[frozenset[Input]] = []
    for group in groups:
        apart = [other for other in joined if not other & group]
        together = group.union(*(other for other in joined if other & group))
        joined = [*apart, together]
    return joined
