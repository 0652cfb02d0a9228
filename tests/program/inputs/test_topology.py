"""Messages and pools: their meaning against matrices, bytes and back, canonical form, and graphs of every odd shape."""

from __future__ import annotations

import drawn
import numpy as np
import pytest
from format_reader import read
from hypothesis import given, settings
from hypothesis import strategies as st
from test_format_document import described

from automicro.errors import ArtifactError, DataError, PluginError
from automicro.program import (
    PRECISIONS,
    Activation,
    Affine,
    Batch,
    Chain,
    Numeric,
    Pool,
    Program,
    Propagate,
    Sum,
    Topology,
    Weights,
    body_scores,
    columns_of,
    evaluate,
    pack,
    quantise,
    scores,
    simplify,
    unpack,
    validate,
)

SEEDS = st.integers(0, 2**32 - 1)
NODES = 24
THREE = Topology(
    np.array([[0, 1, 1, 2, 2], [1, 0, 2, 1, 2]]),
    np.array([[2.0], [1.0], [-1.0], [0.5], [3.0]], dtype=np.float32),
    np.array([0, 3, 3, 4]),
)  # a path whose last node has a self-loop; no node at all; one that is isolated


def batch(program, seed):
    columns = columns_of(program, drawn.rows(program, seed, NODES))
    return Batch(tuple(columns), drawn.topology(seed, NODES))


def dense(node, X, topology):
    """Return what messages mean, by matrices."""
    n = len(X)
    weights = np.ones(topology.edges.shape[1]) if node.attribute is None else topology.attributes[:, node.attribute]
    matrix = np.zeros((n, n))
    np.add.at(matrix, (topology.edges[1], topology.edges[0]), weights.astype(np.float64))
    matrix += node.own * np.eye(n)
    degree = matrix.sum(axis=1)
    inverse = np.where(degree > 0, 1 / np.where(degree > 0, degree, 1), 0)
    if node.kind == "mean":
        matrix = inverse[:, None] * matrix
    elif node.kind == "symmetric":
        matrix = np.sqrt(inverse)[:, None] * matrix * np.sqrt(inverse)
    return np.linalg.matrix_power(matrix, node.hops) @ X


@pytest.mark.parametrize("kind", ["sum", "mean", "symmetric"])
@pytest.mark.parametrize("attribute", [None, 1])
@pytest.mark.parametrize("own", [0.0, 1.0, 0.5])
def test_messages_are_products_with_a_matrix(kind, attribute, own):
    for seed in range(20):
        topology = drawn.topology(seed, 12)
        node = Propagate(kind, 1 + seed % 3, own, attribute)
        X = np.random.default_rng(seed).normal(size=(12, 3)).astype(np.float32)
        np.testing.assert_allclose(body_scores(node, X, topology), dense(node, X, topology), rtol=1e-6, atol=1e-6)


def test_the_largest_message_counts_and_an_isolated_node_has_none():
    X = np.array([[1.0], [-5.0], [4.0], [-3.0]])
    assert body_scores(Propagate("max", 1, 0.0), X, THREE)[:, 0].tolist() == [-5, 4, 4, 0]
    assert body_scores(Propagate("max", 1, 1.0), X, THREE)[:, 0].tolist() == [1, 4, 4, -3]
    assert body_scores(Propagate("max", 1, 0.0, 0), X, THREE)[:, 0].tolist() == [-5, 2, 12, 0]


def test_pools_of_graphs_and_of_one_without_nodes():
    X = np.array([[1.0], [-5.0], [4.0], [-3.0]])
    pool = Pool(("count", "sum", "mean", "max"), (-1, 0, 0, 0))
    assert body_scores(pool, X, THREE).tolist() == [[3, 0, 0, 4], [0, 0, 0, 0], [1, -3, -3, -3]]


@settings(max_examples=80, deadline=None, derandomize=True)
@given(SEEDS)
def test_graph_programs_survive_packing_and_a_second_reader(seed):
    program = drawn.graph_program(seed)
    data = pack(program)
    again = unpack(data)
    assert pack(again) == data
    assert read(data)[0] == described(again)
    rows = batch(program, seed)
    with np.errstate(all="ignore"):
        assert scores(again, rows).tobytes() == scores(program, rows).tobytes()


@settings(max_examples=80, deadline=None, derandomize=True)
@given(SEEDS)
def test_simplified_graph_programs_predict_the_same(seed):
    program = drawn.graph_program(seed)
    once = simplify(program)
    validate(once)
    twice = simplify(once)
    assert pack(twice) == pack(once)
    rows = batch(program, seed)
    with np.errstate(all="ignore"):
        expected, got = scores(program, rows), scores(once, rows)
    scale = np.nanmax(np.abs(expected), initial=1.0)
    if np.isfinite(scale) and scale < 1e6:
        agree = np.isclose(expected, got, rtol=1e-3, atol=1e-3 * scale, equal_nan=True)
        assert agree.mean() > 0.9  # the rest lies next to a cut
    validate(quantise(once, PRECISIONS[seed % len(PRECISIONS)]))


@settings(max_examples=80, deadline=None, derandomize=True)
@given(SEEDS, SEEDS)
def test_damaged_graph_programs_end_in_one_error_or_in_a_program(seed, at):
    damaged = bytearray(pack(drawn.graph_program(seed)))
    damaged[1 + at % (len(damaged) - 1)] ^= 1 << at % 8
    try:
        program = unpack(bytes(damaged))
    except ArtifactError:
        return
    validate(program)


def linear(*nodes, columns=3, inputs=1):
    return Program(columns, (Numeric(0), Numeric(2)), Chain((*nodes, affine(inputs))), "identity")


def affine(*weights):
    return Affine(Weights.of([weights]), Weights.of([0.5]))


def test_what_is_not_read_is_dropped_behind_messages_and_pools():
    pool = Pool(("max", "sum", "count", "sum", "mean"), (1, 0, -1, 0, 1))
    body = Chain((Propagate("mean"), Propagate("mean", 2), pool, affine(0, 1, 2, 3, 0)))
    small = simplify(Program(3, (Numeric(0), Numeric(2)), body, "identity"))
    assert small.decoders == (Numeric(0),)
    assert small.body.nodes[:2] == (Propagate("mean", 3), Pool(("sum", "count"), (0, -1)))
    assert small.body.nodes[2].weights.values.tolist() == [[4, 2]]
    assert len(pack(small)) <= 12


@pytest.mark.parametrize(
    ("nodes", "sentence"),
    [
        ((Propagate("median"),), "sum, mean, symmetric or max"),
        ((Propagate("sum", 0),), "1..16 hops"),
        ((Propagate("sum", own=0.1),), "float32"),
        ((Propagate("sum", attribute=-2),), "edge attribute"),
        ((Pool((), ()),), "a kind and a feature"),
        ((Pool(("sum",), (2,)),), "one of 2 features"),
        ((Pool(("count",), (0,)),), "-1 for a count"),
        ((Pool(("sum",), (0,)), Propagate("sum")), "must not propagate or pool"),
        ((Chain((Pool(("sum",), (0,)),)), Pool(("sum",), (0,))), "must not propagate or pool"),
        ((Sum((Pool(("sum",), (0,)), affine(1, 1))),), "all parts of a sum must pool"),
    ],
)
def test_programs_that_mean_nothing_are_refused(nodes, sentence):
    with pytest.raises(PluginError, match=sentence):
        validate(Program(3, (Numeric(0), Numeric(2)), Chain((*nodes, affine(1))), "identity"))


def test_a_graph_that_lacks_what_the_model_reads_is_refused():
    program = Program(1, (Numeric(0),), Chain((Propagate("sum", attribute=1), affine(1))), "identity")
    columns = (np.ones(4, dtype=np.float32),)
    with pytest.raises(DataError, match="this model reads graphs"):
        evaluate(program, columns)
    with pytest.raises(DataError, match="attribute number 1, which the model reads, but have 1"):
        evaluate(program, Batch(columns, THREE))


def test_relu_between_layers_keeps_every_unit():
    layer = Affine(Weights.of([[1, 0], [0, -1]]), Weights.of([0, 0]))
    body = Chain((layer, Activation("relu"), Propagate("sum"), Pool(("sum", "sum"), (0, 1)), affine(1, 1)))
    program = simplify(Program(2, (Numeric(0), Numeric(1)), body, "identity"))
    X = np.array([[1, 1], [2, -3], [-4, 0], [5, -1]], dtype=np.float32)
    assert evaluate(program, Batch((X[:, 0], X[:, 1]), THREE)).tolist() == [17.5, 0.5, 6.5]
