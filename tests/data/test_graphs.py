"""Graphs in every form they come in, the problems they pose, and what is prepared of them."""

from __future__ import annotations

import json
import subprocess
import sys
from types import SimpleNamespace

import networkx as nx
import numpy as np
import pytest

import automicro
from automicro.data import Preparation, PreparationSettings, load_problem
from automicro.data.graphs import raw_graphs
from automicro.errors import DataError, RequestError
from automicro.program import (
    Affine,
    Chain,
    Program,
    Propagate,
    Weights,
    body_scores,
    evaluate,
    holds_graphs,
    read_graphs,
)

PATH = {"x": [[1.0, 0.0], [2.0, 1.0], [4.0, 1.0]], "edge_index": [[0, 1], [1, 2]], "edge_attr": [[0.5], [2.0]]}


def ring(size, seed):
    """Return a ring whose edges go both ways, with random attributes."""
    rng = np.random.default_rng(seed)
    one = np.stack([np.arange(size), (np.arange(size) + 1) % size])
    return {"x": rng.normal(size=(size, 2)), "edge_index": np.hstack([one, one[::-1]])}


def test_columns_are_attributes_degree_and_sums_of_edge_attributes():
    graphs = read_graphs([PATH, PATH])
    assert graphs.names == ("x_0", "x_1", "degree", "edge 0")
    assert [column.tolist() for column in graphs.columns[2:]] == [[0, 1, 1] * 2, [0, 0.5, 2] * 2]
    assert graphs.topology.edges.tolist() == [[0, 1, 3, 4], [1, 2, 4, 5]]
    assert graphs.topology.starts.tolist() == [0, 3, 6]


def test_tensors_and_batches_are_read_without_their_library():
    class Tensor:
        def __init__(self, values):
            self.values = np.array(values)

        def detach(self):
            return self

        cpu = detach

        def numpy(self):
            return self.values

    data = SimpleNamespace(
        x=Tensor(PATH["x"]), edge_index=Tensor(PATH["edge_index"]), edge_attr=Tensor(PATH["edge_attr"]), num_nodes=3
    )
    assert holds_graphs(data)
    np.testing.assert_array_equal(read_graphs(data).columns, read_graphs(PATH).columns)
    data.ptr = Tensor([0, 1, 3])
    assert read_graphs(data).topology.graphs == 2


def test_networkx_graphs_go_by_the_names_of_attributes():
    graph = nx.Graph()
    graph.add_node("a", weight=1.0, colour="red")
    graph.add_node("b", weight=2.0)
    graph.add_edge("a", "b", bond=3)
    graph.add_edge("b", "b", bond=1)
    graphs = read_graphs(graph)
    assert graphs.names == ("colour", "weight", "degree", "edge bond")
    assert graphs.columns[0].tolist() == ["red", None]
    assert graphs.columns[2].tolist() == [1, 2]
    assert graphs.columns[3].tolist() == [3, 4]
    assert read_graphs(graph, ("weight", "degree")).names == ("weight", "degree")


def test_graphs_without_attributes_edges_or_nodes():
    assert read_graphs({"num_nodes": 3, "edge_index": np.empty((2, 0))}).columns[0].tolist() == [0, 0, 0]
    empty = {"x": np.empty((0, 2)), "edge_index": []}
    assert read_graphs([empty, {"x": np.ones((1, 2)), "edge_index": [[0], [0]]}]).columns[2].tolist() == [1]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"x": None}, "the graph must have x, the attributes of its nodes, or num_nodes"),
        ({"edge_index": [[0, 1, 2]]}, r"edge_index of the graph must be \(2, edges\)"),
        ({"edge_index": [[0, 3], [1, 2]]}, r"must connect nodes 0\.\.2"),
        ({"edge_index": [[0.5, 1], [1, 2]]}, "must hold whole numbers"),
        ({"edge_attr": [[1.0]]}, "a row for each of 2 edges"),
        ({"edge_attr": [["single"], ["double"]]}, "attributes of edges must be numbers"),
        ({"edge_attr": [[np.nan], [1.0]]}, "must be finite"),
    ],
)
def test_graphs_that_cannot_be_used_are_refused(change, sentence):
    with pytest.raises(DataError, match=sentence):
        read_graphs({**PATH, **change})


def test_graphs_of_a_list_must_be_alike():
    with pytest.raises(
        DataError, match="graph 0 has 2 of nodes and 1 of edges and graph 1 has 2 of nodes and 0 of edges"
    ):
        read_graphs([PATH, ring(4, 0)])
    with pytest.raises(DataError, match="graph 1 must be a dict with edge_index"):
        read_graphs([PATH, 3])
    with pytest.raises(DataError, match="graph 0 must be a dict with edge_index"):
        load_problem([{"x": [[1.0]]}, PATH], [0, 1])


def test_graphs_whose_nodes_are_all_alike_are_refused_with_a_way_out() -> None:
    with pytest.raises(DataError, match="unless x is given, such as a column of how many nodes"):
        load_problem([{"num_nodes": n, "edge_index": [range(n), [*range(1, n), 0]]} for n in range(3, 9)], [0, 1] * 3)


def test_nodes_without_a_target_stay_in_the_graph():
    graph = ring(40, 1)
    y = [None if k % 4 == 0 else int(x > 0) for k, x in enumerate(graph["x"][:, 0])]
    problem = load_problem(graph, y)
    assert (problem.kind, problem.rows, problem.labels) == ("graph", 30, (0, 1))
    assert problem.batch(np.array([0, 2])).keep.tolist() == [1, 3]
    assert problem.topology.nodes == 40
    with_nan = load_problem(graph, np.array([np.nan if v is None else v for v in y]))
    assert with_nan.labels == (0, 1)


def test_targets_by_name():
    graphs = [{**ring(4 + k, k), "y": [float(k * k)]} for k in range(8)]
    assert load_problem(graphs, "y", task="regression").target.tolist() == [k * k for k in range(8)]
    graph = nx.karate_club_graph()
    problem = load_problem(graph, "club")
    assert problem.labels == ("Mr. Hi", "Officer")
    assert problem.table.names == ("degree", "edge weight")
    with pytest.raises(DataError, match="there is no 'sides'"):
        load_problem(graphs, "sides")
    with pytest.raises(DataError, match="one value for each of 8 graphs"):
        load_problem(graphs, [1, 2])


@pytest.mark.parametrize("settings", [PreparationSettings(scaled=True, hops=2), PreparationSettings(scaled=True)])
def test_prepared_nodes_are_what_the_program_computes(settings):
    graph = ring(30, 2)
    problem = load_problem(graph, [int(x > 0) for x in graph["x"][:, 0]])
    rows = np.arange(0, 30, 2)
    made = Preparation.fit(problem, rows, settings)
    weights = np.arange(1, 1 + len(made.features), dtype=np.float32)[None]
    body = Chain((*made.lead, Affine(Weights.of(weights), Weights.of([0.0]))))
    got = evaluate(Program(3, made.decoders, body, "identity"), problem.batch(rows))
    np.testing.assert_allclose(got, made.fit_matrix @ weights[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(made.fit_matrix.mean(axis=0), 0, atol=1e-6)


def test_prepared_graphs_are_sums_of_their_nodes():
    graphs = [ring(3 + k % 5, k) for k in range(20)]
    problem = load_problem(graphs, [g["x"][:, 0].sum() for g in graphs])
    rows = np.array([0, 3, 5, 7])
    settings = PreparationSettings(pools=("sum", "max", "count"))
    made = Preparation.fit(problem, rows, settings)
    assert [feature.name for feature in made.features] == [
        "sum of x_0", "sum of x_1", "max of x_0", "max of x_1", "nodes"
    ]  # fmt: skip
    expected = [[*g["x"].sum(0), *g["x"].max(0), len(g["x"])] for g in (graphs[r] for r in rows)]
    np.testing.assert_allclose(made.fit_matrix, expected, rtol=1e-5)
    whole = Preparation.fit(problem, rows, PreparationSettings(whole_graphs=True))
    assert whole.topology.graphs == 4
    assert len(whole.fit_matrix) == sum(len(graphs[r]["x"]) for r in rows)


def test_raw_graphs_give_the_columns_of_the_problem_again():
    graph = nx.karate_club_graph()
    for _, data in graph.nodes(data=True):
        data["age"] = len(data["club"])
    problem = load_problem([graph, graph, graph, graph], [1.0, 2.0, 3.0, 4.0])
    again = load_problem(raw_graphs(problem, 4), [1.0, 2.0, 3.0, 4.0])
    assert [p.kind for p in again.table.profiles] == [p.kind for p in problem.table.profiles]
    np.testing.assert_array_equal(again.table.columns[0], problem.table.columns[0])
    np.testing.assert_array_equal(again.topology.edges, problem.topology.edges)


def test_a_search_reads_the_texts_of_nodes(tmp_path):
    rng = np.random.default_rng(0)
    graph, words = nx.gnp_random_graph(120, 0.03, seed=0), ("iron copper zinc", "oak maple birch")
    y = rng.choice(["metal", "tree"], 120)
    for node, kind in enumerate(y):
        about = rng.choice(words[int(kind == "tree")].split(), 2)
        graph.nodes[node]["about"] = f"{about[0]} and {about[1]} of lot {rng.integers(1000)}"
    search = automicro.Search(trials=3, workers=0, families=["linear"])
    found = automicro.select(graph, y, metric="accuracy", score=0.9, search=search)
    found.model.save(tmp_path / "lots.micro")
    assert (automicro.load(tmp_path / "lots.micro").predict(graph) == y).mean() > 0.9
    del graph.nodes[3]["about"]
    assert len(found.model.predict(graph)) == 120


def test_nodes_that_are_predicted_without_their_edges_are_explained_like_others(tmp_path):
    from automicro.cli import main

    x = np.random.default_rng(0).normal(size=(60, 2)).round(2)
    graph = {"x": x.tolist(), "edge_index": [[], []]}
    y = np.where(x[:, 0] > 0, "up", "down")
    search = automicro.Search(trials=4, workers=0, families=["linear"])
    model = automicro.select(graph, y, metric="accuracy", score=0.7, certify=False, search=search).model
    assert not model.reads_graphs
    told = model.explain(graph, node=3)
    assert told.output == model.predict(graph)[3]
    assert {f"x_{column} = {x[3, column]}" for column in (0, 1)} >= {
        f"{part.name} {part.because}" for part in told.parts
    }
    assert model.replay(graph).passed
    assert "x_0" in str(automicro.effects(model, graph))
    assert max(automicro.importance(model, graph, y), key=lambda found: found.loss).column == "x_0"
    for node in (None, "3", True, 60):
        with pytest.raises(RequestError, match="node: must be one of the graph's, by its place from 0 to 59, but got"):
            model.explain(graph, node=node)
    with pytest.raises(RequestError, match="node: must only be given with a graph"):
        model.explain(x[:1], node=1)
    with pytest.raises(DataError, match="attribute 'x_0' of nodes must be given, but no node has it"):
        model.predict(nx.path_graph(3))
    model.save(tmp_path / "up.micro")
    (tmp_path / "graph.json").write_text(json.dumps(graph))
    assert main(["explain", str(tmp_path / "up.micro"), str(tmp_path / "graph.json"), "--node", "3"]) == 0


@pytest.mark.parametrize("role", ["weights", "groups", "time"])
@pytest.mark.parametrize("count", [5, 90])
def test_nodes_need_one_weight_group_or_time_each(role, count):
    graph = {"x": np.ones((60, 2)), "edge_index": np.zeros((2, 0), dtype=int)}
    with pytest.raises(DataError, match=f"{role} must have one value for each of 60 nodes, but have {count}"):
        load_problem(graph, ["a", "b"] * 30, **{role: np.ones(count)})


def test_nodes_without_any_target_are_told():
    with pytest.raises(DataError, match="some nodes must have a target to learn from, but it is missing at all"):
        load_problem({"x": np.ones((60, 2)), "edge_index": np.zeros((2, 0), dtype=int)}, [None] * 60)


def test_nodes_with_unequal_numbers_of_attributes_are_told():
    with pytest.raises(DataError, match="x, edge_index and edge_attr of the graph must have equally many values"):
        read_graphs({"x": [[1, 2], [1]], "edge_index": [[0], [1]]})


def test_a_search_about_nodes_ends_in_a_model_that_predicts_new_graphs(tmp_path):
    rng = np.random.default_rng(0)
    edges = rng.integers(0, 120, (2, 400))
    x = rng.normal(size=(120, 3)).round(2)
    graph = {"x": x, "edge_index": edges}
    smooth = body_scores(Propagate("mean", 2), x, read_graphs(graph).topology)
    y = np.where(smooth[:, 0] > 0, "up", "down")
    search = automicro.Search(trials=3, workers=0)
    selection = automicro.select(graph, y, metric="accuracy", score=0.9, families=["linear"], search=search)
    assert selection.size_bytes < 60
    assert selection.interpretability == "additive"
    assert (selection.model.predict(graph) == y).mean() > 0.9
    selection.model.save(tmp_path / "up.micro")
    script = (
        "import sys, numpy as np, automicro\n"
        f"model = automicro.load({str(tmp_path / 'up.micro')!r})\n"
        "out = model.predict({'x': [[1, 0, 0], [2, 0, 0]], 'edge_index': [[0, 1], [1, 0]]})\n"
        "bad = {'torch', 'torch_geometric', 'networkx', 'sklearn', 'lightgbm'} & set(sys.modules)\n"
        "print(out.tolist(), sorted(bad))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[0] == "['up', 'up'] []"
    with pytest.raises(DataError, match="must be a dict with edge_index, a Data or a networkx graph, but is ndarray"):
        selection.model.predict(x)
    with pytest.raises(DataError, match=r"must be 4 as in training, but are 2 \+ 1 \+ 0"):
        selection.model.predict({"x": x[:, :2], "edge_index": edges})


def test_a_file_of_graphs_is_read_searched_and_predicted(tmp_path, capsys):
    from automicro.cli import main

    graphs = [{k: np.asarray(v).tolist() for k, v in ring(3 + k % 6, k).items()} for k in range(30)]
    for graph in graphs:
        graph["y"] = "large" if len(graph["x"]) > 5 else "small"
    data = tmp_path / "rings.json"
    data.write_text(json.dumps(graphs))
    request = tmp_path / "rings.toml"
    request.write_text(
        f'[data]\nsource = "{data}"\ntarget = "y"\n[constraints]\nmetric = "accuracy"\nscore = 0.95\n'
        f'[search]\ntrials = 2\nworkers = 1\nfamilies = ["tree"]\n[output]\nmodel = "{tmp_path / "rings.micro"}"\n'
    )
    assert main(["run", str(request)]) == 0
    capsys.readouterr()
    assert main(["predict", str(tmp_path / "rings.micro"), str(data)]) == 0
    assert capsys.readouterr().out.split()[1:4] == ["small", "small", "small"]
    data.write_text("[1, 2]")
    assert main(["predict", str(tmp_path / "rings.micro"), str(data)]) != 0
    assert "must hold a graph with x, edge_index" in capsys.readouterr().err
