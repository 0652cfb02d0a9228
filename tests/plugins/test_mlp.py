# ruff: noqa: E402 - what needs torch is imported after the skip
from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from automicro.plugin import ColumnProfile, Declined, Feature, Profile, TrainingData
from automicro.program import (
    PRECISIONS,
    Affine,
    Evaluator,
    Numeric,
    Program,
    body_scores,
    columns_read,
    evaluate,
    pack,
    quantise,
    simplify,
    unpack,
)
from automicro_mlp import train
from automicro_mlp.family import Mlp
from automicro_mlp.lower import Stack, lowered
from automicro_mlp.rates import Prices
from automicro_mlp.setting import GRIDS, Setting

FAMILY = Mlp()
USUAL = {
    "width": 6, "depth": 1, "bits": "4-bit", "rate": 0.1, "scales": "channel",
    "inputs": "all", "noise": 0.1, "steps": 120, "teacher": "none",
}  # fmt: skip
TASKS = ("binary", "classes", "regression")
EXTREMES = (0.0, -0.0, 1e30, -1e30, np.float32(3.4e38), 1e-40, 0.5, -7.0)


def table(task: str, rows: int = 240, columns: int = 6, *, seed: int = 0, **more: object) -> TrainingData:
    """Rows whose columns have very different sizes and offsets, one of them binary and one constant."""
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(rows, columns))
    Z[:, 1] = rng.random(rows) < 0.4
    score = Z[:, 0] * np.where(Z[:, 1] > 0, 1, -1) + 0.3 * Z[:, 2]
    X = Z * 10.0 ** np.arange(-2, columns - 2) + 3 * np.arange(columns)
    X[:, 1], X[:, -1] = Z[:, 1], 4.0
    y: np.ndarray = {
        "regression": 1000 + 50 * score,
        "binary": (score > 0) * 1,
        "classes": np.digitize(score, [-0.5, 0.5]),
    }[task]
    features = tuple(Feature(j, f"x{j}", "level" if j == 1 else "numeric") for j in range(columns))
    classes = {"regression": 0, "binary": 2, "classes": 3}[task]
    kind = "classification" if classes else "regression"
    metric = "accuracy" if classes else "r2"
    return TrainingData(X.astype(np.float32), y, kind, classes, features, **{"metric": metric, **more})  # type: ignore[arg-type]


def profile_of(data: TrainingData) -> Profile:
    columns = tuple(ColumnProfile(f.name, "numeric", 0, 9) for f in data.features)
    return Profile(len(data.X), columns, data.task, data.classes, features_at_most=data.X.shape[1])


def program_of(data: TrainingData, made: object) -> Program:
    labels = None if data.task == "regression" else tuple(range(data.classes))
    decoders = tuple(Numeric(j, 0.0) for j in range(data.X.shape[1]))
    return simplify(Program(data.X.shape[1], decoders, made.body, made.link, labels))  # type: ignore[attr-defined]


def columns(X: np.ndarray) -> list[np.ndarray]:
    return [X[:, j] for j in range(X.shape[1])]


def share_right(data: TrainingData, model: object, **options: object) -> float:
    prediction = evaluate(program_of(data, FAMILY.lower(model)), columns(data.X))
    if data.task == "regression":
        return float(1 - ((prediction - data.y) ** 2).mean() / np.var(data.y))
    return float((prediction.argmax(axis=1) == data.y).mean())


@pytest.mark.parametrize("bits", GRIDS)
@pytest.mark.parametrize(
    ("task", "scales", "depth"), [("binary", "layer", 2), ("classes", "channel", 1), ("regression", "channel", 3)]
)
def test_programs_compute_what_the_trained_module_computes(task, scales, depth, bits, monkeypatch):
    networks = []
    stacked = train._stack
    monkeypatch.setattr(train, "_stack", lambda network: (networks.append(copy.deepcopy(network)), stacked(network))[1])
    data = table(task)
    more = {"narrowing": 0.7} if depth > 1 else {}
    model = FAMILY.fit({**USUAL, "depth": depth, "scales": scales, "bits": bits, "steps": 40, **more}, data)
    rng = np.random.default_rng(1)
    X = (data.X[rng.integers(0, len(data.X), 50)] * rng.uniform(-3, 3, size=(50, data.X.shape[1]))).astype(np.float32)
    scaled = torch.from_numpy((X * model.scaling.factors - model.scaling.shifts).astype(np.float32))
    for network, stack in zip(networks, model.path, strict=True):
        with torch.no_grad():
            expected = network(scaled[:, network.inputs]).numpy() * model.target.unit + model.target.offset
        got = body_scores(lowered(model, stack).body, X)
        spread = np.abs(expected - model.target.offset).max() + 1e-6
        slack = 2e-2 if task == "regression" else 1e-4  # the offset is put on the grid of the last step
        assert np.allclose(got, expected, rtol=1e-5, atol=slack * spread)


@pytest.mark.parametrize("task", TASKS)
def test_networks_learn_what_no_linear_model_can(task):
    data = table(task)
    assert share_right(data, FAMILY.fit({**USUAL, "width": 12, "noise": 0.0, "steps": 600}, data)) > 0.85


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("bits", ["ternary", "4-bit", "8-bit"])
def test_variants_keep_their_grid_and_their_size_budget(task, bits):
    data = table(task)
    parameters = {**USUAL, "bits": bits, "depth": 2, "narrowing": 1.0, "rate": 0.5}
    budget = FAMILY.size_budget(parameters, profile_of(data))
    model = pickle.loads(pickle.dumps(FAMILY.fit(parameters, data)))
    found = list(FAMILY.variants(model, data))
    assert len({variant.key for variant in found}) == len(found)
    for variant in found:
        program = program_of(data, variant.lowered)
        payload = pack(program)
        assert budget.at_least_bytes <= len(payload) <= budget.at_most_bytes + 40
        assert pack(unpack(payload)) == payload
        assert all(quantise(program, precision).body == program.body for precision in PRECISIONS)
        grid = GRIDS["4-bit"] if bits == "ternary" else GRIDS[bits]
        maps = [node for node in program.body.nodes if isinstance(node, Affine)]
        assert all(set(np.unique(node.weights.values)) <= set(range(grid.low, grid.high + 1)) for node in maps)


def test_extreme_rows_and_single_rows_agree_bit_for_bit():
    data = table("classes")
    program = unpack(pack(program_of(data, FAMILY.lower(FAMILY.fit(USUAL, data)))))
    rng = np.random.default_rng(0)
    X = rng.choice(np.array([*EXTREMES, np.nan, np.inf], dtype=np.float32), size=(40, data.X.shape[1]))
    many = evaluate(program, columns(X))
    assert np.isfinite(many).all()
    evaluator = Evaluator(program)
    assert all(np.array_equal(evaluator(row[None])[0], expected) for row, expected in zip(X, many, strict=True))


@pytest.mark.parametrize("teacher", ["none", "wide"])
def test_the_same_seed_gives_the_same_bytes(teacher):
    data = table("classes", rows=80)
    parameters = {**USUAL, "teacher": teacher, "steps": 40}
    made = [
        pack(program_of(data, FAMILY.lower(FAMILY.fit(parameters, replace(data, seed=seed))))) for seed in (0, 0, 1)
    ]
    assert made[0] == made[1] != made[2]


@pytest.mark.parametrize("task", TASKS)
def test_rows_of_weight_zero_do_not_matter(task):
    data = table(task)
    weights = np.ones(len(data.y))
    weights[::3] = 0
    spoilt = data.y.copy()
    spoilt[::3] = spoilt[::3][::-1]
    made = [
        pack(program_of(data, FAMILY.lower(FAMILY.fit(USUAL, replace(data, y=y, weights=weights)))))
        for y in (data.y, spoilt)
    ]
    assert made[0] == made[1]


def test_soft_targets_are_what_is_learnt():
    data = table("binary")
    taught = replace(data, soft_targets=np.eye(2)[1 - data.y] * 0.9 + 0.05)
    assert share_right(data, FAMILY.fit({**USUAL, "steps": 600}, taught)) < 0.15


def test_no_more_inputs_are_read_than_allowed():
    data = table("regression", columns=14)
    program = program_of(data, FAMILY.lower(FAMILY.fit({**USUAL, "inputs": 8}, data)))
    assert len(columns_read(program)) <= 8
    program = program_of(data, FAMILY.lower(FAMILY.fit({**USUAL, "steps": 400}, replace(data, max_columns=2))))
    assert len(columns_read(program)) <= 2


def test_a_price_on_bits_shortens_the_network():
    data = table("classes")
    sizes = [
        len(pack(program_of(data, FAMILY.lower(FAMILY.fit({**USUAL, "width": 12, "rate": rate, "steps": 600}, data)))))
        for rate in (0.003, 2.0)
    ]
    assert sizes[1] < 0.9 * sizes[0]


def test_prices_rise_with_the_code_and_follow_how_often_it_occurs():
    network = train.Network.drawn([4, 40], [GRIDS["4-bit"]], 1.0, torch.Generator().manual_seed(0))
    network.layers[0].codes = torch.tensor([0.0] * 120 + [1.0] * 30 + [-2.0] * 10).reshape(40, 4).requires_grad_()
    prices = Prices(network)
    total = prices.bits(network)
    (gradient,) = torch.autograd.grad(total, [network.layers[0].codes])
    assert 160 * 0.9 < total.item() < 160 * 1.9
    assert gradient.reshape(-1)[121] > 0 > gradient.reshape(-1)[-1]


def test_columns_that_do_not_vary_are_refused_with_a_sentence():
    data = replace(table("binary"), X=np.ones((240, 6), dtype=np.float32))
    with pytest.raises(Declined, match="a network needs a column that varies"):
        FAMILY.fit(USUAL, data)


def test_a_network_without_weights_is_a_constant_and_no_variant():
    data = table("classes")
    model = FAMILY.fit({**USUAL, "steps": 10}, data)
    nothing = Stack(
        np.arange(2),
        (np.zeros((3, 2)), np.ones((3, 3))),
        (np.array([1.0, -2, 0]), np.zeros(3)),
        (np.ones(3), np.ones(3)),
    )
    empty = replace(model, path=(nothing,))
    assert body_scores(FAMILY.lower(empty).body, data.X[:2]).tolist() == [[1, 1, 1], [1, 1, 1]]
    with pytest.raises(Declined, match="take fewer units"):
        FAMILY.variants(replace(empty, least_bytes=30), data)


@pytest.mark.parametrize(("task", "classes"), [("classification", 2), ("classification", 26), ("regression", 0)])
def test_spaces_hold_their_portfolio_and_its_budgets(task, classes):
    columns = tuple(ColumnProfile(f"x{j}", "numeric", 0, 16) for j in range(16))
    profile = Profile(15_000, columns, task, classes, features_at_most=16)
    space = FAMILY.space(profile)
    usual = [FAMILY.size_budget(setting, profile).usual_bytes for setting in space.portfolio]
    assert len(set(usual)) == len(usual)
    for setting in space.portfolio:
        budget = FAMILY.size_budget(setting, profile)
        assert budget.at_least_bytes <= budget.usual_bytes <= budget.at_most_bytes


def test_layers_with_few_weights_are_rounded_less():
    setting = Setting.of({**USUAL, "width": 96, "depth": 2, "narrowing": 1.0, "bits": "ternary"})
    assert [grid.high for grid in setting.grids(16, 26)] == [7, 1, 1]
