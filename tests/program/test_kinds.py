"""Each table and function that treats nodes or decoders by kind knows all kinds; what it leaves out is named here, with the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from automicro.explain import card
from automicro.explain.replay import input_decoder, interpreter
from automicro.export import bodies as export
from automicro.measure.interpretability import operations
from automicro.measure.monotonicity.signs import signs
from automicro.program import (
    PRECISIONS,
    Activation,
    Affine,
    Attention,
    Chain,
    Decoder,
    Distances,
    Evaluator,
    Forest,
    Grams,
    Lookup,
    Missing,
    Nearest,
    Node,
    Numeric,
    OneHot,
    Pool,
    Program,
    Propagate,
    Scale,
    StepTables,
    Sum,
    Summary,
    Texts,
    Tokens,
    Topology,
    Tree,
    Weights,
    body_scores,
    check_body,
    columns_of,
    evaluate,
    pack,
    quantise,
    simplify,
    unpack,
    validate,
)
from automicro.program.analyse import validate as validated
from automicro.program.analyse.structure import features_read, sources, structure
from automicro.program.analyse.usage import usage
from automicro.program.evaluate import reference, row
from automicro.program.nodes import feature_count
from automicro.program.rewrite import decoding
from automicro.program.rewrite.decoding import decoders_of, features_of
from automicro.program.rewrite.domains import domain_of
from automicro.program.rewrite.features import renumber
from automicro.program.walk import children, every, outputs_of, rebuild
from automicro.program.wire import bodies
from automicro.program.wire import decoders as layout
from automicro.report.model import model_text
from automicro.words import body as words
from automicro.words.features import input_text, inputs_of
from automicro_c import body as c_body

NODES, DECODERS = frozenset(get_args(Node)), frozenset(get_args(Decoder))

INSIDE = "holds nodes, which the caller goes through"
GRAPH = "needs edges, which only a batch of graphs has"
MIXED = "takes more or less by row or by the number of its inputs: a function of its own beside the table"

TABLES = {
    "meanings": (reference._MEANINGS, dict.fromkeys((Chain, Sum), INSIDE) | dict.fromkeys((Propagate, Pool), GRAPH)),
    "meanings of a row": (row._MEANINGS, dict.fromkeys((Propagate, Pool), GRAPH)),
    "checks": (validated._CHECKS, dict.fromkeys((Chain, Sum), INSIDE)),
    "numbers in the file": (bodies.KINDS, {}),
    "writers": (bodies._WRITERS, dict.fromkeys((Chain, Sum), INSIDE)),
    "readers": (bodies._READERS, dict.fromkeys((Chain, Sum), INSIDE)),
    "operations": (operations._COUNTS, dict.fromkeys((Chain, Sum), INSIDE) | dict.fromkeys((Affine, Forest, Attention), MIXED)),
    "cards": (card._DATA, {}),
    "steps of scripts": (export._STEPS, {}),
    "C": (c_body._MEANINGS, dict.fromkeys((Chain, Sum), INSIDE) | dict.fromkeys((Propagate, Pool), GRAPH)),
}  # fmt: skip
DECODER_TABLES = {
    "order": (decoding.ORDER, {}),
    "numbers in the file": (layout.KIND_OF, {Numeric: "has two numbers, with a fill and without"}),
}

W = Weights.of
MAP, ONE = Affine(W([[1.0, -2.0], [0.5, 3.0]]), W([0.25, -1.0])), Affine(W([[1.0, 2.0]]), W([0.5]))
TOKENS = Tokens((0, 1), (1, 1), W([[1.0], [0.5]]), W([[0.0], [1.0]]))
POINTS = Distances(W([[0.0, 1.0], [1.0, 0.0]]), W([1.0, 2.0]))
STUMP = Tree(np.int32([0, -1, -1]), np.float32([0.5, 0, 0]), np.zeros(3, dtype=np.bool_), np.int32([0, 0, 1]))
HOP = Propagate("mean", 1, 0.5)
BODIES: dict[type, Node] = {
    Affine: MAP,
    Activation: Chain((POINTS, Activation("decay"), ONE)),
    Scale: Chain((Scale(W([2.0, 0.5])), StepTables((0, 1), (0, 0), (2, 2), W([0.5, 1.0]), W([1.0, 2.0, 0.0, 4.0]), W([0.5])))),
    StepTables: StepTables((0, 1), (0, 1), (2, 2), W([0.5, 1.0]), W([1.0, 2.0, 0.0, 4.0]), W([0.5, 0.0])),
    Forest: Forest((STUMP, replace(STUMP, feature=np.int32([1, -1, -1]))), W([[1.0], [3.0]]), W([0.5])),
    Tokens: Chain((TOKENS, Attention(W([[1.0]])), Affine(W([[2.0]]), W([1.0])))),
    Attention: Chain((TOKENS, Attention(W([[[1.0]]]), W([[0.5]])), Attention(W([[1.0]])), Affine(W([[2.0]]), W([1.0])))),
    Distances: Chain((POINTS, Nearest((0, 1), W([0.5, 0.0]), -1.0))),
    Nearest: Chain((POINTS, Nearest((0, 1)))),
    Chain: Chain((MAP, ONE)),
    Sum: Sum((ONE, Forest((STUMP,), W([[1.0], [3.0]]), W([0.5])))),
    Propagate: Chain((HOP, ONE)),
    Pool: Chain((HOP, Pool(("mean", "max"), (0, 1)), ONE)),
}  # fmt: skip
"""For every kind of node a body over two features that holds it."""

COLUMNS: dict[type, tuple[Decoder, object]] = {
    Numeric: (Numeric(0, 0.5, 2.0), np.array([1.0, np.nan, 3.0])),
    Missing: (Missing(0), np.array([1.0, np.nan, 3.0])),
    OneHot: (OneHot(0, ("a", None)), ["a", None, "b"]),
    Lookup: (Lookup(0, ("a", None), W([1.0, 2.0]), 0.5), ["a", None, "b"]),
    Grams: (Grams(0, "word", 1, 1, 2, (0, 1, 2, 3)), Texts(("a b", None, "c"))),
    Summary: (Summary(0, "mean"), np.array([[1.0, 2.0], [np.nan, np.nan], [0.5, np.nan]])),
}
"""For every kind of decoder one of column 0, and three cells."""

X = np.float32([[0.0, 0.0], [1.0, 0.25], [0.5, 2.0], [-1.0, 1.5]])
NOT_FOLLOWED = dict.fromkeys((Tokens, Attention), "what heads compute is no sum of parts that a reader can follow")
GRAPHS = Topology(np.array([[0, 1, 2, 3], [1, 0, 3, 2]]), None, np.array([0, 2, 4]))


EDGES = interpreter.Edges(GRAPHS.edges.T.tolist(), [()] * 4, GRAPHS.starts.tolist())


def program_of(body: Node) -> Program:
    return Program(2, (Numeric(0, 0.0), Numeric(1, 0.0)), body, "identity")


@pytest.mark.parametrize("name", [*TABLES, *(f"decoders: {name}" for name in DECODER_TABLES)])
def test_a_table_has_every_kind_but_the_named_ones(name: str) -> None:
    of_decoders = name.startswith("decoders: ")
    table, left_out = DECODER_TABLES[name.removeprefix("decoders: ")] if of_decoders else TABLES[name]
    assert set(table) == (DECODERS if of_decoders else NODES) - set(left_out), "name what is left out, and why, above"


def test_there_is_an_example_of_every_kind() -> None:
    assert set(BODIES) == NODES
    assert set(COLUMNS) == DECODERS
    for kind, body in BODIES.items():
        assert kind in map(type, every(body))
        assert rebuild(body, children(body)) == body


def test_every_kind_of_a_card_is_followed_and_told_in_words() -> None:
    kinds = {type(node): card.body_data(node)["kind"] for body in BODIES.values() for node in every(body)}
    assert set(kinds) == NODES
    assert set(words._WORDS) == set(kinds.values())
    for kind, body in BODIES.items():
        if kind in NOT_FOLLOWED:
            with pytest.raises(interpreter.NotFollowed):
                interpreter._follow(card.body_data(body), X.tolist(), None)
        else:
            followed = interpreter._follow(card.body_data(body), X.tolist(), EDGES)
            np.testing.assert_allclose(followed, body_scores(body, X, GRAPHS), rtol=1e-6)


@pytest.mark.parametrize("kind", BODIES, ids=lambda kind: kind.__name__)
def test_every_function_knows_every_node(kind: type) -> None:
    body = BODIES[kind]
    program, scores = program_of(body), body_scores(body, X, GRAPHS)
    validate(program)
    assert check_body(body, 2) == outputs_of(body, 2) == scores.shape[1] == len(signs(body, [1, 1]))
    assert pack(unpack(pack(program))) == pack(program)
    assert features_read(body) | usage(body).features == {0, 1}
    if not usage(body).positional:
        np.testing.assert_array_equal(body_scores(renumber(body, {0: 1, 1: 0}, 2), X[:, ::-1], GRAPHS), scores)
    for changed in (simplify(program), *(quantise(program, precision) for precision in PRECISIONS)):
        assert body_scores(changed.body, X[:, : len(changed.decoders)], GRAPHS).shape == scores.shape
    facts = structure(program)
    assert facts.constants > 0
    assert facts.columns
    assert operations.operations(program, None, GRAPHS).total.max() > 0
    assert model_text(program)


@pytest.mark.parametrize("kind", COLUMNS, ids=lambda kind: kind.__name__)
def test_every_function_knows_every_decoder(kind: type) -> None:
    decoder, cells = COLUMNS[kind]
    count = feature_count(decoder)
    program = Program(1, (decoder,), Affine(W(np.ones((1, count))), W([0.5])), "identity")
    validate(program)
    columns = columns_of(program, [cells])
    features = reference.decode(program.decoders, columns)
    assert features.shape == (3, count) == (3, len(sources([decoder])))
    assert decoders_of(features_of([decoder])) == (decoder,)
    assert all(domain_of(decoder).interval[0] < x <= domain_of(decoder).interval[1] for x in features.ravel())
    assert unpack(pack(program)) == program
    raw = cells.values if isinstance(cells, Texts) else cells
    alone = [Evaluator(program)([[cell]])[0] for cell in raw]
    np.testing.assert_array_equal(alone, evaluate(program, columns))
    for j, entry in enumerate(inputs_of([decoder], ["column"])):
        assert input_text(entry).name
        read = [
            input_decoder.read_input(entry, cell.tolist() if isinstance(cell, np.ndarray | np.generic) else cell)
            for cell in raw
        ]
        np.testing.assert_allclose(read, features[:, j], rtol=1e-6)
