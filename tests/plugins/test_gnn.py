"""The family `gnn`: programs against the trained network on graphs of every odd shape, sizes, bytes, and what it learns."""
# ruff: noqa: E402 - what needs torch is imported after the skip

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("torch_geometric")

from automicro.plugin import ColumnProfile, Declined, Feature, GraphProfile, Profile, TrainingData
from automicro.program import (
    Numeric,
    Program,
    Topology,
    body_scores,
    evaluate,
    pack,
    simplify,
    unpack,
    validate,
)
from automicro.program.inputs.rows import Batch
from automicro_gnn import train
from automicro_gnn.family import Gnn
from automicro_gnn.lower import Network, Target, lowered
from automicro_gnn.network import Graphs, Model
from automicro_gnn.setting import GRIDS, KINDS, POOLS, Setting

FAMILY = Gnn()
NODES, FEATURES = 20, 3


def odd_graphs(seed: int, graphs: int = 6, nodes: int = NODES) -> Topology:
    """Return graphs without nodes, of one node, with isolated nodes, self-loops and edges that come twice."""
    rng = np.random.default_rng(seed)
    starts = np.sort(np.concatenate(([0, 0, 1, nodes], rng.integers(1, nodes + 1, graphs - 3))))
    edges = []
    for start, stop in pairwise(starts.tolist()):
        if stop > start:
            edges.append(rng.integers(start, stop, (2, rng.integers(0, 2 * (stop - start) + 1))))
    joined = np.concatenate(edges, axis=1)
    return Topology(joined, rng.normal(size=(joined.shape[1], 2)).astype(np.float32), starts.astype(np.int64))


def data(task: str, *, pooled: bool, seed: int = 0, graphs: int = 40) -> TrainingData:
    """Return graphs whose target is told by what neighbours have."""
    rng = np.random.default_rng(seed)
    nodes = graphs * 5
    starts = np.arange(0, nodes + 1, 5)
    inside = rng.integers(0, 5, (2, graphs * 12)) + 5 * rng.integers(0, graphs, graphs * 12)
    topology = Topology(inside, rng.random((inside.shape[1], 1)).astype(np.float32), starts)
    X = rng.normal(size=(nodes, FEATURES)).astype(np.float32)
    score = np.bincount(inside[1], weights=X[inside[0], 0], minlength=nodes) + X[:, 1]
    if pooled:
        score = np.maximum(score, 0).reshape(graphs, 5).sum(axis=1)
    places = None if pooled else rng.permutation(nodes)[: nodes // 2]
    score = score if places is None else score[places]
    classes = {"regression": 0, "binary": 2, "classes": 3}[task]
    y = score * 40 + 900 if not classes else np.searchsorted(np.quantile(score, np.arange(1, classes) / classes), score)
    features = tuple(Feature(j, f"x_{j}", "numeric") for j in range(FEATURES))
    kind = "classification" if classes else "regression"
    return TrainingData(X, y, kind, classes, features, "accuracy", seed, topology=topology, places=places)  # type: ignore[arg-type]


def profile_of(known: TrainingData) -> Profile:
    columns = tuple(ColumnProfile(f.name, "numeric", 0, 50) for f in known.features)
    topology = known.topology
    assert topology is not None
    graph = GraphProfile(topology.nodes, topology.edges.shape[1], 1, known.places is None)
    return Profile(
        len(known.y), columns, known.task, known.classes, (), FEATURES, kind="graph", graph=graph
    )  # fmt: skip


def setting(kind: str, *, pooled: bool, **more: object) -> dict[str, object]:
    layered = {} if kind == "sgc" else {"width": 4, "edges": True}
    pool = {"pool": "sum"} if pooled else {}
    return {"kind": kind, "hops": 2, "grids": "fine", "decay": 1e-4, "steps": 30, **layered, **pool, **more}


def program_of(known: TrainingData, network: Network) -> Program:
    made = lowered(network)
    labels = tuple(range(known.classes)) or None
    decoders = tuple(Numeric(j, 0.0) for j in range(FEATURES))
    program = Program(FEATURES, decoders, made.body, made.link, labels)
    validate(program)
    return simplify(program)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pool", [None, *POOLS])
@pytest.mark.parametrize("edges", [False, True])
def test_the_program_computes_what_the_network_does(kind: str, pool: str | None, edges: bool) -> None:
    if kind == "sgc" and (pool or edges):
        pytest.skip("smoothing has neither")
    told = Setting(kind, 2, "fine", 0.0, 5, pool or "sum", edges)  # type: ignore[arg-type]
    for seed in range(4):
        topology = odd_graphs(seed)
        X = (np.random.default_rng(seed).normal(size=(NODES, FEATURES)) * 10.0 ** (seed - 2)).astype(np.float32)
        random = torch.Generator().manual_seed(seed)
        shapes = told.shapes(FEATURES, 3, 2, pooled=pool is not None)
        model = Model(told, shapes, pooled=pool is not None, random=random)
        for part in model.maps:
            part.bias.data.normal_(generator=random)
        model.set_grid(GRIDS["fine"][seed % 4])
        factors = np.exp2(np.arange(FEATURES) - 1.0) if seed % 2 else np.full(FEATURES, 0.5)
        maps = train._maps(model)
        network = Network(told, 2, pool is not None, factors, maps, Target("identity"))
        with torch.no_grad():
            expected = model(Graphs.of(X * factors.astype(np.float32), topology, told)).numpy()
        got = body_scores(lowered(network).body, X, topology)
        np.testing.assert_allclose(got, expected, rtol=2e-4, atol=2e-4 * np.abs(expected).max())
        slim = simplify(Program(3, tuple(map(Numeric, range(3))), lowered(network).body, "identity"))
        assert pack(unpack(pack(slim))) == pack(slim)
        again = evaluate(unpack(pack(slim)), Batch(tuple(X.T), topology))
        np.testing.assert_allclose(again, expected, rtol=2e-4, atol=2e-4 * np.abs(expected).max())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("task", "pooled"), [("binary", False), ("classes", False), ("regression", True)])
def test_what_is_packed_keeps_the_budget_and_is_the_same_for_a_seed(kind: str, task: str, pooled: bool) -> None:
    if kind == "sgc" and pooled:
        pytest.skip("smoothing serves nodes")
    known = data(task, pooled=pooled)
    parameters = setting(kind, pooled=pooled)
    budget = FAMILY.size_budget(parameters, profile_of(known))
    first, again = (FAMILY.fit(parameters, known) for _ in range(2))
    sizes = []
    for one, other in zip(first, again, strict=True):
        payload = pack(program_of(known, one))
        assert payload == pack(program_of(known, other))
        sizes.append(len(payload))
    assert budget.at_least_bytes <= min(sizes)
    assert max(sizes) <= budget.at_most_bytes
    assert sizes[-1] < sizes[0]
    keys = [variant.key for variant in FAMILY.variants(first, known)]
    assert len(set(keys)) == len(keys) == len(GRIDS["fine"])


def test_neighbours_tell_the_class_of_a_node() -> None:
    known = data("binary", pooled=False)
    network = FAMILY.fit(setting("sage", pooled=False, hops=1, steps=150, edges=False), known)[0]
    assert known.topology is not None
    batch = Batch(tuple(known.X.T), known.topology, known.places)
    assert (np.argmax(evaluate(program_of(known, network), batch), axis=1) == known.y).mean() > 0.9


def test_sums_over_graphs_are_learnt_in_the_units_of_the_target() -> None:
    known = data("regression", pooled=True)
    network = FAMILY.fit(setting("sage", pooled=True, hops=1, width=8, steps=200, edges=False), known)[0]
    predicted = evaluate(program_of(known, network), Batch(tuple(known.X.T), known.topology))
    assert 1 - ((predicted - known.y) ** 2).sum() / ((known.y - known.y.mean()) ** 2).sum() > 0.9


def test_weights_of_zero_leave_targets_out() -> None:
    known = data("binary", pooled=False)
    y, weights = known.y.copy(), np.ones(len(known.y))
    y[::3], weights[::3] = 1 - y[::3], 0.0
    parts = {
        name: getattr(known, name) for name in ("X", "task", "classes", "features", "metric", "topology", "places")
    }
    parameters = setting("gcn", pooled=False, hops=1)
    first, second = [FAMILY.fit(parameters, TrainingData(y=told, weights=weights, **parts)) for told in (known.y, y)]
    assert pack(program_of(known, first[0])) == pack(program_of(known, second[0]))


@pytest.mark.parametrize("pooled", [False, True])
def test_the_space_is_sound_and_tables_are_declined(pooled: bool) -> None:
    known = data("regression" if pooled else "binary", pooled=pooled)
    space = FAMILY.space(profile_of(known))
    assert len(space.portfolio) > 3
    space.check({**FAMILY.strongest(profile_of(known))})  # type: ignore[dict-item]
    with pytest.raises(Declined, match="needs edges"):
        FAMILY.space(Profile(10, (), "classification", 2))
    flat = TrainingData(
        np.zeros_like(known.X), known.y, known.task, known.classes, known.features, "r2", topology=known.topology
    )
    with pytest.raises(Declined, match="a feature that varies"):
        FAMILY.fit(setting("gcn", pooled=True), flat)


@pytest.mark.parametrize(("task", "joins"), [("classes", True), ("binary", True), ("regression", False)])
def test_nodes_without_a_target_are_learnt_from_where_classes_are_told(task: str, joins: bool) -> None:
    known = data(task, pooled=False)
    assert known.places is not None
    assert known.topology is not None
    setting = Setting("sgc", 1, "fine", 1e-3)
    graphs = Graphs.of(known.X, known.topology, setting)
    random = torch.Generator().manual_seed(0)
    model = Model(setting, setting.shapes(FEATURES, known.outputs, 1, pooled=False), pooled=False, random=random)
    fit = train._Fit(model, graphs, known)
    fit.run(100, 0.02)
    labelled = fit._values.clone()
    fit.take_in_others()
    places = fit._places.tolist()
    assert places[: len(known.places)] == known.places.tolist()
    assert sorted(places) == (list(range(len(known.X))) if joins else sorted(known.places.tolist()))
    assert torch.equal(fit._values[: len(labelled)], labelled)
    said = fit._values[len(labelled) :]
    assert bool(((said >= 0) & (said <= 1)).all())
    assert task != "classes" or torch.allclose(said.sum(dim=1), torch.ones(len(said)))
