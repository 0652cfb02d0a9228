"""Explanations of drawn programs add up, whatever nodes they are made of, and say how they were made."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import pytest

from automicro import DataError, Model, RequestError
from automicro.cli import main
from automicro.explain.decision.explained_graph import ExplainedGraph
from automicro.explain.decision.explained_row import ExplainedRow, factors
from automicro.explain.decision.graphs import graph_parts
from automicro.explain.decision.local import row_parts
from automicro.program import (
    Activation,
    Affine,
    Attention,
    Batch,
    Chain,
    Distances,
    Forest,
    Grams,
    Nearest,
    Numeric,
    Pool,
    Program,
    Propagate,
    Scale,
    StepTables,
    Tokens,
    Topology,
    Tree,
    Weights,
    columns_of,
    gives_graphs,
)
from automicro.program.inputs.texts import bucket_of

sys.path.insert(0, str(Path(__file__).parents[1] / "program"))

import drawn

DRAWN, NODES = 150, 9


def affine(weights, bias):
    return Affine(Weights.of(np.array(weights)), Weights.of(np.array(bias)))


def numbers(count):
    return tuple(Numeric(column) for column in range(count))


def adds_up(explained, found, scores):
    """Check that parts add up; return the kind of explanation, or None if the score is not a number that sums can be exact about."""
    wanted, parts = float(scores @ explained.of), [part.contribution for part in found.parts]
    if not np.isfinite(scores).all() or np.abs(scores).max() > 1e30:
        return None
    size = 1 + np.abs(scores).max() + abs(found.constant) + sum(map(abs, parts))
    assert abs(found.constant + sum(parts) - wanted) <= 1e-6 * size, (explained.program, found)
    assert bool(found.method) == (found.kind == "posthoc")
    return found.kind


def test_drawn_programs_add_up():
    kinds = Counter()
    for seed in range(DRAWN):
        program = drawn.program(seed)
        names = tuple(f"column {column}" for column in range(program.columns))
        with np.errstate(over="ignore", invalid="ignore"):
            columns = tuple(columns_of(program, [cells[1:2] for cells in drawn.rows(program, seed, 4)]))
            explained = ExplainedRow(program, names, columns, np.zeros(0))
            scores = explained.all_scores()[0]
            explained = replace(explained, of=factors(program, scores))
            kinds[adds_up(explained, row_parts(explained, {}, 0), scores)] += 1
    assert kinds["sum"] > 20
    assert kinds["path"] + kinds["sum_of_paths"] > 20
    assert kinds["prototypes"] > 15
    assert kinds["posthoc"] > 30
    assert kinds[None] < 10


def test_drawn_programs_of_graphs_add_up():
    kinds = Counter()
    for seed in range(DRAWN):
        program, rng = drawn.graph_program(seed), np.random.default_rng(seed)
        names = tuple(f"column {column}" for column in range(program.columns))
        edges = rng.integers(0, NODES, (2, 14))
        topology = Topology(edges, rng.normal(size=(14, 2)).astype(np.float32), np.array([0, NODES]))
        with np.errstate(over="ignore", invalid="ignore"):
            batch = Batch(tuple(columns_of(program, drawn.rows(program, seed, NODES))), topology)
            explained = ExplainedGraph(program, names, batch, None if gives_graphs(program.body) else 2, np.zeros(0))
            scores = explained.scores()[0]
            explained = replace(explained, of=factors(program, scores))
            kinds[adds_up(explained, graph_parts(explained, 0), scores)] += 1
    assert kinds["graph_sum"] > 2
    assert kinds["posthoc"] > 60
    assert sum(kinds[kind] for kind in ("sum", "path", "sum_of_paths", "prototypes")) > 15
    assert kinds[None] < 25


def test_a_linear_score_over_neighbours_is_a_sum_over_columns_of_nodes():
    body = Chain((Propagate("sum", 2), affine([[2.0, 0.0]], [0.5])))
    graph = {"x": [[1.0], [10.0], [100.0], [1000.0]], "edge_index": [[1, 2, 3], [0, 1, 2]]}
    told = Model(Program(2, numbers(2), body, "identity")).explain(graph, node=0)
    assert told.kind == "graph_sum"
    assert told.constant == 0.5
    assert [(part.contribution, part.because) for part in told.parts] == [
        (200.0, "= 100, 2 hops away"),  # one way over two edges
        (40.0, "= 10, 1 hop away"),  # first hop or second
        (2.0, "= 1, the node itself"),
    ]
    assert astuple(told.weights[0]) == ("node 2", "contribution, 2 hops away", 200.0)
    assert told.output == told.score == 242.5


def test_pooled_graphs_count_their_nodes():
    body = Chain((Pool(("mean", "count"), (0, -1)), affine([[3.0, 2.0]], [1.0])))
    graph = {"x": [[1.0], [4.0]], "edge_index": np.empty((2, 0), dtype=int)}
    told = Model(Program(2, numbers(2), body, "identity")).explain(graph)
    assert {part.name: part.contribution for part in told.parts} == {
        "column 0 of node 1": 6.0,
        "the number of nodes": 4.0,
        "column 0 of node 0": 1.5,
    }


def test_a_tree_on_pooled_columns_keeps_its_path():
    tree = Tree(
        np.array([0, -1, -1], np.int32),
        np.array([2.0, 0, 0], np.float32),
        np.zeros(3, bool),
        np.array([0, 0, 1], np.int32),
    )
    body = Chain((Pool(("max",), (0,)), Forest((tree,), Weights.of([[1.0], [5.0]]), Weights.of([0.0]))))
    graph = {"x": [[1.0], [4.0]], "edge_index": np.empty((2, 0), dtype=int)}
    told = Model(Program(2, numbers(2), body, "identity")).explain(graph)
    assert (told.kind, told.parts[0].because) == ("path", "not (largest of column 0 <= 2)")


def test_a_network_of_messages_credits_the_nodes_that_it_hears():
    body = Chain(
        (
            Propagate("mean"),
            affine([[1.0, 0.0], [-1.0, 0.0]], [0.0, 0.2]),
            Activation("relu"),
            affine([[1.0, 2.0]], [0.0]),
        )
    )
    graph = {"x": [[1.0], [-3.0], [5.0]], "edge_index": [[1, 2], [0, 1]]}
    told = Model(Program(2, numbers(2), body, "identity")).explain(graph, node=0)
    assert told.kind == "posthoc"
    assert {part.name for part in told.parts} == {"node 0", "node 1"}  # node 2 is two hops away
    assert "random orders of nodes, seed 0" in told.method
    assert told.completeness_error < 1e-9


def test_what_is_asked_of_a_graph_must_be_there():
    nodes = Model(Program(2, numbers(2), Chain((Propagate("sum"), affine([[1.0, 0.0]], [0.0]))), "identity"))
    graph = {"x": [[1.0], [2.0]], "edge_index": [[0], [1]]}
    with pytest.raises(RequestError, match="node: must be one of the graph's, by its place from 0 to 1, but got None"):
        nodes.explain(graph)
    with pytest.raises(DataError, match="explain takes one graph, but got 2"):
        nodes.explain([graph, graph], node=0)
    with pytest.raises(DataError, match="this model reads graphs, but got a list"):
        nodes.explain([[1.0, 2.0]], node=0)
    whole = Model(Program(2, numbers(2), Chain((Pool(("sum",), (0,)), affine([[1.0]], [0.0]))), "identity"))
    with pytest.raises(RequestError, match="node: must not be given for a model that predicts whole graphs"):
        whole.explain(graph, node=0)
    with pytest.raises(RequestError, match="node: must only be given with a graph"):
        Model(Program(1, numbers(1), affine([[1.0]], [0.0]), "identity")).explain([[1.0]], node=0)


def test_prototypes_tell_how_much_nearer_one_is_column_by_column():
    points = Distances(Weights.of([[0.0, 0.0], [3.0, 1.0]]), Weights.of([1.0, 2.0]))
    body = Chain((points, Nearest((0, 1), Weights.of([0.5, 0.0]))))
    told = Model(Program(2, numbers(2), body, "softmax", ("no", "yes"))).explain([[2.0, 1.0]])
    assert (told.kind, told.output, told.against, told.constant) == ("prototypes", "yes", "no", -0.5)
    assert [(part.name, part.contribution) for part in told.parts] == [("column 0", 3.0), ("column 1", 2.0)]
    assert [(w.name, w.weight) for w in told.weights] == [("prototype 2", 1.0), ("prototype 1", 6.0)]


def test_kernels_add_up_example_by_example():
    points = Distances(Weights.of([[0.0], [2.0]]), Weights.of([1.0]))
    body = Chain((points, Activation("decay"), affine([[4.0, -1.0]], [0.25])))
    told = Model(Program(1, numbers(1), body, "identity")).explain([[0.0]])
    assert (told.kind, told.parts[0].name, told.parts[0].contribution) == ("prototypes", "prototype 1", 4.0)
    assert told.parts[0].because == "distance 0"


def test_factors_before_and_after_tables_are_looked_through():
    tables = StepTables((0,), (0,), (2,), Weights.of([1.0]), Weights.of([2.0, 3.0]), Weights.of([1.0]))
    body = Chain((Scale(Weights.of([0.5])), tables, Scale(Weights.of([10.0]))))
    told = Model(Program(1, numbers(1), body, "identity")).explain([[3.0]])
    assert (told.kind, told.constant, told.parts[0].contribution) == ("sum", 10.0, 30.0)


def test_attention_tells_its_shares_beside_an_approximation():
    tokens = Tokens((0, 1), (1, 1), Weights.of([[1.0], [1.0]]), Weights.of([[0.0], [0.0]]))
    body = Chain((tokens, Attention(Weights.of([[1.0]])), affine([[1.0]], [0.0])))
    told = Model(Program(2, numbers(2), body, "identity")).explain([[np.log(3.0), 0.0]])
    assert told.kind == "posthoc"
    assert [(w.name, w.of) for w in told.weights] == [("column 0", "head 1"), ("column 1", "head 1")]
    assert told.weights[0].weight == pytest.approx(0.75)
    assert "what was weighed, which is not why: column 0 75% of head 1" in str(told)


def test_tokens_of_hidden_numbers_have_no_columns():
    tokens = Tokens((0, 1), (1, 1), Weights.of([[1.0], [1.0]]), Weights.of([[0.0], [0.0]]))
    hidden = affine([[1.0], [2.0]], [0.0, 0.0])
    body = Chain((hidden, Activation("relu"), tokens, Attention(Weights.of([[1.0]])), affine([[1.0]], [0.0])))
    told = Model(Program(1, numbers(1), body, "identity")).explain([[1.0]])
    assert {w.name for w in told.weights} == {"token 1", "token 2"}


def test_numbers_that_a_network_needs_are_compared_with_the_middle_of_their_range():
    body = Chain((affine([[1.0, 1.0], [1.0, -1.0]], [0.0, 0.0]), Activation("relu"), affine([[1.0, 1.0]], [0.0])))
    columns = [{"name": name, "kind": "numeric", "minimum": 1.0, "maximum": 3.0} for name in "ab"]
    told = Model(Program(2, numbers(2), body, "identity"), {"columns": columns}).explain([[5.0, 2.0]])
    assert told.constant == 4.0  # both at 2
    assert "middles of ranges" in told.method
    assert told.completeness_error == pytest.approx(0.0)


def test_an_explanation_is_plain_data():
    told = Model(Program(1, numbers(1), affine([[2.0]], [1.0]), "identity")).explain([[3.0]])
    read = json.loads(told.to_json())
    assert read["schema"] == "automicro-explanation-1"
    assert (read["kind"], read["score"], read["parts"][0]["contribution"]) == ("sum", 7.0, 6.0)
    assert read["completeness_error"] == 0.0


def test_graphs_from_the_command_line(tmp_path, capsys):
    path, data = tmp_path / "m.micro", tmp_path / "graph.json"
    graph = {"x": [[1.0], [2.0]], "edge_index": [[1], [0]]}
    Model(Program(2, numbers(2), Chain((Propagate("sum"), affine([[1.0, 0.0]], [0.0]))), "identity")).save(path)
    data.write_text(json.dumps(graph))
    assert main(["explain", str(path), str(data), "--row", "0"]) == 0
    assert "column 0 of node 1" in capsys.readouterr().out
    assert main(["explain", str(path), str(data), "--row", "2"]) == 2
    assert "node: must be one of the graph's, by its place from 0 to 1, but got 2" in capsys.readouterr().err
    Model(Program(2, numbers(2), Chain((Pool(("sum",), (0,)), affine([[1.0]], [0.0]))), "identity")).save(path)
    data.write_text(json.dumps([graph, {**graph, "x": [[3.0], [4.0]]}]))
    assert main(["explain", str(path), str(data), "--row", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["score"] == 7.0
    assert main(["explain", str(path), str(data), "--row", "5"]) == 2
    assert "--row: must lie in 0 to 1, counted from 0, but got 5" in capsys.readouterr().err


def test_words_that_would_change_the_output_are_left_out():
    grams = Grams(0, "word", 1, 1, 8, tuple(bucket_of(word, 8) for word in ("good", "fine", "bad")), scaled=False)
    body = affine([[2.0, 1.0, -1.5]], [-0.5])
    told = named(Program(1, (grams,), body, "sigmoid", ("no", "yes")), ["text"]).explain(
        {"text": "A good, fine BAD film"}
    )
    flip = told.counterfactual
    assert [(change.without, change.instead) for change in flip.changes] == [(("good",), "A , fine BAD film")]
    assert (told.output, flip.label, flip.distance) == ("yes", "no", 1.0)
    assert "what would change this model's output to no: text without 'good'" in str(told)
    two = named(Program(1, (grams,), affine([[2.0, 2.0, -1.5]], [-0.2]), "sigmoid", ("no", "yes")), ["text"])
    flip = two.explain({"text": "good fine"}).counterfactual
    assert (flip.changes[0].without, two.predict({"text": flip.changes[0].instead})[0]) == (("good", "fine"), "no")
    assert two.explain({"text": "good fine"}, immutable="text").counterfactual is None


def named(program, names):
    columns = [{"name": name, "kind": "numeric", "minimum": -5.0, "maximum": 5.0} for name in names]
    return Model(program, {"columns": columns})


@pytest.mark.parametrize("hidden", [False, True])
def test_an_attribute_of_a_node_would_change_what_is_predicted_of_it(hidden):
    layer = [Activation("relu"), affine([[1.0, -1.0]], [0.0])] if hidden else []
    first = affine([[1.0, 0.0], [-1.0, 0.0]], [0.0, 0.0]) if hidden else affine([[1.0, 0.0]], [0.0])
    program = Program(2, numbers(2), Chain((Propagate("sum"), first, *layer)), "sigmoid", ("no", "yes"))
    model = named(program, ["x_0", "degree"])
    graph = {"x": np.array([[1.0], [0.5], [9.0]]), "edge_index": [[1, 2], [0, 1]]}
    flip = model.explain(graph, node=0).counterfactual
    (change,) = flip.changes
    assert change.column in {"x_0 of node 0", "x_0 of node 1"}
    x = graph["x"].copy()
    x[int(change.column[-1])] = change.instead
    assert model.predict({**graph, "x": x})[0] == flip.label == "no"
    assert flip.distance == pytest.approx(0.15, abs=1e-3)  # from a sum of 1.5 to none, over a range of 10
    assert model.explain(graph, node=0, immutable="x_0").counterfactual is None


def test_an_attribute_of_one_node_would_change_a_whole_graph():
    body = Chain((Pool(("max",), (0,)), affine([[1.0]], [-2.0])))
    model = named(Program(2, numbers(2), body, "sigmoid", ("no", "yes")), ["x_0", "degree"])
    graph = {"x": [[1.0], [4.0]], "edge_index": np.empty((2, 0), dtype=int)}
    (change,) = model.explain(graph).counterfactual.changes
    assert (change.column, change.value) == ("x_0 of node 1", 4.0)
    assert change.instead == pytest.approx(2.0, abs=1e-3)
