"""Programs and rows drawn at random from a seed."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import drawn_derived
import numpy as np

from automicro.program import (
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
    Program,
    Propagate,
    Scale,
    StepTables,
    Sum,
    Summary,
    Tokens,
    Topology,
    Tree,
    Weights,
)
from automicro.program.encodings import Codebook, Fixed, Float16, Minifloat, Sparse
from automicro.program.nodes import feature_count
from automicro.program.weights import round_to

LEVELS = ("a", "b", "A11", "A12", "long level", "3", "True", "é", "", None)
OFFSETS = (0.0, 0.5, -3.0, 1e9, -1.7e9, 2.0**62 + 2.0**20, 2.0**-70, 5412345.625)
EXTREMES = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1e30, -1e-30, 3.5e38, 1e300, 0.5, 1.0)


def values(rng, shape, kind=None):
    kind = rng.integers(6) if kind is None else kind
    scale = 10.0 ** rng.integers(-6, 6)
    drawn = rng.normal(size=shape) * scale
    if kind == 0:
        return Weights.of(drawn)
    if kind == 1:
        return Weights.of(rng.integers(-3, 4, size=shape) * 0.25)
    if kind == 2:
        return round_to(drawn, Fixed(int(rng.integers(1, 9)), float(np.float32(scale / 7)), int(rng.integers(-100, 1))))
    if kind == 3:
        return round_to(drawn, Minifloat(4, int(rng.integers(0, 5)), int(rng.integers(-10, 20))))
    if kind == 4:
        return round_to(drawn, Sparse(Float16()) if rng.integers(2) else Codebook((0.0, 1.5, float(np.float32(scale)))))
    return Weights.of(np.where(rng.random(shape) < 0.6, 0.0, drawn))


def cuts(rng, count):
    pool = np.unique(np.concatenate([rng.integers(-4, 8, 12) / 2, rng.normal(size=12) * 10.0 ** rng.integers(-3, 4)]))
    return np.sort(rng.choice(pool.astype(np.float32), count, replace=False)).astype(np.float32)


def decoders(rng, columns):
    holds = rng.choice(["numeric", "level", "text", "series"], columns, p=[0.5, 0.3, 0.1, 0.1]).tolist()
    made = []
    for column in rng.permutation(columns):
        for _ in range(rng.integers(0, 3)):
            levels = tuple(LEVELS[i] for i in rng.permutation(len(LEVELS))[: rng.integers(1, 6)])
            kind = rng.integers(4)
            if kind == 0:
                made.append(Missing(int(column)))
            elif holds[column] == "text":
                made.append(drawn_derived.grams(rng, int(column)))
            elif holds[column] == "series":
                made.append(drawn_derived.summary(rng, int(column)))
            elif holds[column] == "numeric":
                made.append(Numeric(int(column), None if rng.integers(2) else float(cuts(rng, 1)[0])))
            elif kind == 1:
                looked = Weights.of(rng.integers(-2, 3, len(levels)) / 2)
                made.append(Lookup(int(column), levels, looked, float(rng.integers(-2, 3) / 2)))
            else:
                made.append(OneHot(int(column), levels))
    return tuple(made)


def affine(rng, inputs, outputs):
    return Affine(values(rng, (outputs, inputs)), values(rng, (outputs,)))


def tables(rng, inputs, outputs):
    count = int(rng.integers(1, 6)) if inputs else 0
    pieces = [int(rng.integers(1, 6)) for _ in range(count)]
    own = [cuts(rng, p - 1) for p in pieces]
    return StepTables(
        tuple(int(f) for f in rng.integers(0, max(inputs, 1), count)),
        tuple(int(o) for o in rng.integers(0, outputs, count)),
        tuple(pieces),
        Weights.of(np.concatenate([np.empty(0), *own])),
        values(rng, (sum(pieces),)),
        values(rng, (outputs,)),
        values(rng, (count,)) if rng.integers(2) else None,
    )


def tree(rng, inputs, leaves, output, most):
    feature, threshold, default, leaf = [], [], [], []
    only = int(rng.integers(inputs)) if inputs and rng.random() < 0.3 else None
    todo = [0]
    while todo:
        depth = todo.pop()
        split = inputs > 0 and depth < most and rng.random() < 0.7
        feature.append((int(rng.integers(inputs)) if only is None else only) if split else -1)
        threshold.append(cuts(rng, 1)[0] if split else 0)
        default.append(bool(split and rng.integers(2)))
        leaf.append(0 if split else int(rng.integers(leaves)))
        todo += [depth + 1, depth + 1] if split else []
    return Tree(
        np.array(feature, np.int32),
        np.array(threshold, np.float32),
        np.array(default),
        np.array(leaf, np.int32),
        output,
    )


def forest(rng, inputs, outputs):
    width = int(rng.choice([1, outputs]))
    leaves = int(rng.integers(1, 30))
    trees = [
        tree(rng, inputs, leaves, 0 if width > 1 else int(rng.integers(outputs)), int(rng.integers(0, 6)))
        for _ in range(rng.integers(0, 6))
    ]
    return Forest(tuple(trees), values(rng, (leaves, width)), values(rng, (outputs,)))


def scale(rng, inputs):
    return Scale(values(rng, (inputs,)))


def tokens(rng, inputs):
    """Return tokens over at least one input, often all of one size, and the width of each."""
    width = int(rng.integers(1, 4))
    alike, count = rng.integers(2), int(rng.integers(1, 5))
    sizes = [int(rng.integers(1, 4))] * count if alike else rng.integers(1, 4, count).tolist()
    owned = sum(sizes)
    features = rng.integers(0, inputs, owned)
    if owned <= inputs and rng.integers(3):
        features = np.arange(owned)
        if alike and rng.integers(2):
            features = features.reshape(sizes[0], count).T.reshape(-1)
    rows = sizes[0] if alike and rng.integers(2) else owned
    sparse = bool(rng.integers(2))
    made = (values(rng, (rows, width)), values(rng, (count, width)))
    return Tokens(tuple(features.tolist()), tuple(sizes), *made, sparse), width


def attention(rng, inputs, outputs, depth):
    """Return a chain from features through tokens, what they ask of one another, and a pool."""
    parts, width = tokens(rng, inputs)
    steps = [parts]
    if rng.integers(2):
        steps.append(Activation(str(rng.choice(["relu", "tanh"]))))
    for _ in range(rng.integers(3)):
        heads = int(rng.integers(1, 3))
        steps.append(Attention(values(rng, (heads, width, width), 1), values(rng, (width, heads * width), 1)))
    heads = int(rng.integers(1, 4))
    pool = Attention(values(rng, (heads, width)))
    return Chain((*steps, pool, node(rng, heads * width, outputs, depth + 1)))


def distances(rng, inputs, count):
    shape = (inputs,) if rng.integers(2) else (count, inputs)
    relevances = Weights.of(rng.choice([0.0, 0.25, 0.5, 1.0, 2.0, 0.3], shape))
    points = rng.normal(size=(count, inputs)) if rng.integers(2) else rng.integers(-4, 9, (count, inputs)) / 2
    return Distances(Weights.of(points * rng.choice([1.0, 2.0**-6, 4.0], inputs)), relevances)


def prototypes(rng, inputs, outputs):
    count = int(rng.integers(outputs, outputs + 7))
    steps = [distances(rng, inputs, count)]
    if rng.integers(2):
        scaling = Affine(Weights.of(np.diag(rng.normal(size=inputs) ** 2 + 0.1)), Weights.of(rng.normal(size=inputs)))
        steps.insert(0, scaling)
    if rng.integers(3) == 0:
        return Chain((*steps, Activation("decay"), affine(rng, count, outputs)))
    last = outputs > 1 and rng.integers(3) == 0
    owned = outputs - 1 if last else outputs
    owners = [*range(owned), *rng.integers(0, owned, count - owned).tolist()]
    owners = sorted(owners) if rng.integers(2) else rng.permutation(owners).tolist()
    bias = Weights.of(rng.normal(size=count)) if rng.integers(2) else None
    return Chain((*steps, Nearest(tuple(owners), bias, float(rng.integers(-3, 1)) if last else None)))


def node(rng, inputs, outputs, depth=0):
    kind = rng.integers(11 if depth < 2 else 4)
    if kind < 4:
        return (affine, tables, forest, forest)[kind](rng, inputs, outputs)
    if kind == 4:
        return Sum(tuple(node(rng, inputs, outputs, depth + 1) for _ in range(rng.integers(1, 4))))
    inner = int(rng.integers(1, 4))
    if kind == 8 and inputs:
        return attention(rng, inputs, outputs, depth)
    if kind == 5 and inputs:
        scaling = Affine(Weights.of(np.diag(rng.normal(size=inputs) ** 2 + 0.1)), values(rng, (inputs,)))
        return Chain((scaling, node(rng, inputs, outputs, depth + 1)))
    if kind == 7 and inputs:
        return Chain((scale(rng, inputs), node(rng, inputs, outputs, depth + 1), scale(rng, outputs)))
    if kind >= 9 and inputs:
        return prototypes(rng, inputs, outputs)
    activation = Activation(str(rng.choice(["relu", "tanh", "sigmoid", "decay"])))
    return Chain((affine(rng, inputs, inner), activation, node(rng, inner, outputs, depth + 1)))


def propagate(rng, attributes):
    kind = str(rng.choice(["sum", "mean", "symmetric", "max"]))
    own = float(rng.choice([1.0, 1.0, 0.0, 0.5, -0.25]))
    attribute = int(rng.integers(attributes)) if attributes and rng.integers(2) else None
    return Propagate(kind, int(rng.integers(1, 4)), own, attribute)


def pool(rng, inputs):
    items = [("count", -1)] if not inputs or rng.random() < 0.3 else []
    count = int(rng.integers(1, 6)) if inputs else 0
    items += [(str(rng.choice(["sum", "mean", "max"])), int(rng.integers(inputs))) for _ in range(count)]
    if rng.integers(2):
        items = sorted(set(items), key=lambda item: (["sum", "mean", "max", "count"].index(item[0]), item[1]))
    return Pool(tuple(kind for kind, _ in items), tuple(feature for _, feature in items))


def layer(rng, inputs, outputs, attributes):
    parts = [affine(rng, inputs, outputs), Chain((propagate(rng, attributes), affine(rng, inputs, outputs)))]
    message = Sum(tuple(parts)) if rng.integers(2) else parts[1]
    return Chain((message, Activation("relu"))) if rng.integers(2) else message


def graph_program(seed, attributes=2):
    """Return a program over nodes of graphs, which pools them or does not."""
    rng = np.random.default_rng(seed)
    flat = program(seed)
    inputs = sum(map(feature_count, flat.decoders))
    outputs = 1 if flat.link == "sigmoid" else len(flat.labels or (0,))
    steps, width = [propagate(rng, attributes) for _ in range(rng.integers(0, 3))], inputs
    for _ in range(rng.integers(0, 3)):
        hidden = int(rng.integers(1, 4))
        steps.append(layer(rng, width, hidden, attributes))
        width = hidden
    if rng.integers(2):
        steps.append(pool(rng, width))
        width = len(steps[-1].kinds)
    body = Chain((*steps, node(rng, width, outputs, 1)))
    return Program(flat.columns, flat.decoders, body, flat.link, flat.labels, flat.limits)


def topology(seed, nodes):
    """Return graphs with isolated nodes, self-loops and edges that come twice, some without nodes."""
    rng = np.random.default_rng(seed)
    graphs = int(rng.integers(1, 6))
    starts = np.sort(np.concatenate(([0, nodes], rng.integers(0, nodes + 1, graphs - 1))))
    edges = [np.empty((2, 0), dtype=np.int64)]
    for start, stop in pairwise(starts.tolist()):
        if stop > start:
            edges.append(rng.integers(start, stop, (2, rng.integers(0, 2 * (stop - start) + 1))))
    joined = np.concatenate(edges, axis=1)
    return Topology(joined, rng.normal(size=(joined.shape[1], 2)).astype(np.float32), starts.astype(np.int64))


def program(seed):
    rng = np.random.default_rng(seed)
    columns = int(rng.integers(1, 7))
    made = decoders(rng, columns)
    inputs = sum(map(feature_count, made))
    link = str(rng.choice(["identity", "exp", "sigmoid", "softmax"]))
    outputs = 1 if link == "sigmoid" else int(rng.integers(2, 5)) if link == "softmax" else int(rng.integers(1, 3))
    classes = {"sigmoid": 2, "softmax": outputs}.get(link)
    names = [
        lambda k: tuple(range(k)),
        lambda k: tuple(int(i) for i in rng.integers(-(10**6), 10**6) + rng.permutation(k)),
        lambda k: tuple(f"class {chr(97 + i)}" for i in range(k)),
        lambda k: (False, True) if k == 2 else tuple(float(i) + 0.5 for i in range(k)),
    ]
    labels = None if classes is None else names[rng.integers(4)](classes)
    body = node(rng, inputs, outputs)
    return Program(columns, offset(seed, made), body, link, labels, limits(seed, link))


def limits(seed, link):
    """Return the limits of a program, which every other one of numbers has."""
    rng = np.random.default_rng((seed, 3))
    if link not in ("identity", "exp") or rng.integers(2):
        return None
    least, span = rng.choice([0.0, 0.1, 326.0, -1.5, -7e-5, -3e9]), rng.choice([0.5, 3.0, 18_497.0, 1e12])
    return float(least), float(least) + float(span)


def offset(seed, made):
    """Return decoders of which some columns of numbers have an offset; of two seeds in three none has one."""
    rng = np.random.default_rng((seed, 1))
    if rng.integers(3):
        return made
    less = {d.column: float(rng.choice(OFFSETS)) for d in made if isinstance(d, Numeric)}
    return tuple(replace(d, offset=less[d.column]) if isinstance(d, Numeric) else d for d in made)


def rows(drawn, seed, count=40):
    """Return columns as a list of arrays: numbers where numbers are read, cells of any type elsewhere."""
    rng = np.random.default_rng(seed)
    numeric = {d.column: d.offset for d in drawn.decoders if isinstance(d, Numeric)}
    compared = np.array([0.0, 0.5, 1.0, 1.5, 2.0, -1.0], dtype=np.float64)
    columns = []
    for column in range(drawn.columns):
        if column in numeric:
            numbers = np.where(rng.random(count) < 0.5, rng.choice(compared, count), rng.normal(size=count) * 3)
            odd = rng.random(count) < 0.3
            numbers[odd] = rng.choice(EXTREMES, odd.sum())
            columns.append(numbers + numeric[column])
        elif any(isinstance(d, Grams) and d.column == column for d in drawn.decoders):
            columns.append(drawn_derived.texts(rng, count))
        elif any(isinstance(d, Summary) and d.column == column for d in drawn.decoders):
            columns.append(drawn_derived.series(rng, count))
        else:
            cells = np.empty(count, dtype=object)
            cells[:] = [(*LEVELS, 3, 3.0, True, np.nan, "unseen")[i] for i in rng.integers(0, len(LEVELS) + 5, count)]
            columns.append(cells)
    return columns
