"""A search that starts from an earlier model takes over its columns and weights, and says so; what cannot be used is refused or noted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

import automicro
from automicro.data import Preparation, PreparationSettings, load_problem
from automicro.errors import RequestError
from automicro.plugin import Layer, Start, TrainingData
from automicro.program import (
    Activation,
    Affine,
    Batch,
    Chain,
    Numeric,
    OneHot,
    Program,
    Scale,
    Weights,
    columns_of,
    scores,
    write_artifact,
)
from automicro.search.propose.warm_start import read_earlier, read_encoders, start_of

ONE = {"trials": 1, "workers": 0, "families": ["tree"]}
QUICK = {"trials": 3, "workers": 0, "families": ["linear", "tree"]}
RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(
    {
        "c": RNG.choice(["red", "green", "blue"], 200),
        "new": RNG.normal(size=200),
        "a": RNG.normal(3.0, 2.0, size=200),
        "b": RNG.normal(-1.0, 0.1, size=200),
    }
)
TARGET = np.where(TABLE["a"] + 5 * TABLE["b"] + (TABLE["c"] == "red") > -2, "yes", "no")
HIDDEN = Affine(Weights.of(RNG.normal(size=(3, 5))), Weights.of(RNG.normal(size=3)))
OUTPUT = Affine(Weights.of(RNG.normal(size=(1, 3))), Weights.of([0.25]))
SCALES = [Scale(Weights.of(RNG.uniform(0.5, 2.0, size=n))) for n in (5, 3, 1)]
EARLIER = Program(
    4,
    (Numeric(0, 0.0), OneHot(2, ("red", "green", "blue")), Numeric(3, 0.0)),
    Chain((SCALES[0], HIDDEN, Activation("tanh"), SCALES[1], OUTPUT, SCALES[2])),
    "sigmoid",
    ("no", "yes"),
)
NAMES = ("b", "gone", "c", "a")


def file_of(folder: Path, program: Program = EARLIER, names: tuple[str, ...] | None = NAMES) -> str:
    card = None if names is None else {"columns": [{"name": name, "kind": "numeric"} for name in names]}
    path = folder / "other.micro"
    path.write_bytes(write_artifact(program, card))
    return str(path)


def problem() -> Any:
    return load_problem(TABLE, TARGET)


@pytest.mark.parametrize("scaled", [False, True])
def test_the_layers_give_the_scores_of_the_earlier_model_on_prepared_rows(tmp_path: Path, scaled: bool) -> None:
    data = problem()
    earlier, note = read_earlier(file_of(tmp_path), data)
    assert earlier.columns == (0, 2, 3)
    assert "reads 3 columns, of which this table has 'b', 'c', 'a'; columns are found by name" in note
    rows = np.arange(150)
    made = Preparation.fit(data, rows, PreparationSettings(scaled=scaled))
    start = start_of(earlier, None, made)
    assert start is not None
    assert start.same_outputs
    first, second = start.layers
    assert first.activation == "tanh"
    assert not first.weights[:, [f.name == "new" for f in made.features]].any()
    values = np.tanh(made.fit_matrix @ first.weights.T + first.bias) @ second.weights.T + second.bias
    columns = [data.table.columns[j] for j in (3, 1, 0, 2)]
    expected = scores(EARLIER, Batch(columns))[:150]
    assert np.allclose(values, expected, rtol=1e-4, atol=1e-4)


def test_layers_over_numbers_less_another_offset_give_the_same_scores(tmp_path: Path) -> None:
    seconds = 1_700_000_000 + RNG.integers(0, 3600, 200)
    data = load_problem(pd.DataFrame({"t": seconds, "a": TABLE["a"]}), TARGET)
    offset = data.table.profiles[0].offset
    assert offset
    reads = (Numeric(0, 0.0, offset + 4096.0), Numeric(1, 0.0))
    hidden = Affine(Weights.of([[1e-3, 0.5], [-2e-3, 0.25]]), Weights.of([0.5, -1.0]))
    body = Chain((hidden, Activation("tanh"), Affine(Weights.of([[1.0, -0.5]]), Weights.of([0.25]))))
    program = Program(2, reads, body, "sigmoid", ("no", "yes"))
    earlier, _ = read_earlier(file_of(tmp_path, program, ("t", "a")), data)
    for scaled in (False, True):
        made = Preparation.fit(data, np.arange(200), PreparationSettings(scaled=scaled))
        start = start_of(earlier, None, made)
        assert start is not None
        first, second = start.layers
        values = np.tanh(made.fit_matrix @ first.weights.T + first.bias) @ second.weights.T + second.bias
        expected = scores(program, columns_of(program, [seconds, TABLE["a"].to_numpy()]))
        assert np.allclose(values, expected, rtol=1e-4, atol=1e-4)


def test_other_bodies_bring_their_columns_only(tmp_path: Path) -> None:
    chain = replace(
        EARLIER, body=Chain((HIDDEN, Activation("tanh"), Activation("relu"), OUTPUT)), labels=("no", "maybe")
    )
    data = problem()
    earlier, _ = read_earlier(file_of(tmp_path, chain), data)
    start = start_of(earlier, None, Preparation.fit(data, np.arange(200), PreparationSettings()))
    assert earlier.columns == (0, 2, 3)
    assert start is not None
    assert (start.layers, start.same_outputs) == ((), False)


def test_without_a_card_columns_are_taken_by_position(tmp_path: Path) -> None:
    earlier, note = read_earlier(file_of(tmp_path, names=None), problem())
    assert earlier.columns == (0, 2, 3)
    assert "it has no card, so columns are taken by their position" in note


@pytest.fixture(scope="module")
def cancer() -> tuple[pd.DataFrame, pd.Series]:
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    return X.iloc[:, :8], y


@pytest.fixture(scope="module")
def first(cancer: Any) -> automicro.Selection:
    X, y = cancer
    return automicro.select(
        X[200:], y[200:], metric="roc_auc", score=0.95, search=automicro.Search(**{**QUICK, "trials": 2})
    )


def test_columns_and_weights_are_tried_first_and_traced(first: Any, cancer: Any, tmp_path: Path) -> None:
    X, y = cancer
    first.model.save(tmp_path / "first.micro")
    settings = automicro.Search(start_from=tmp_path / "first.micro", **{**QUICK, "trials": 4})
    found = automicro.select(X[:120], y[:120], metric="roc_auc", score=0.95, search=settings)
    read = [X.columns[j] for j in sorted(automicro.program.columns_read(first.model.program))]
    tried = [r for r in found.trace if r.reused and r.reused.startswith(f"columns {', '.join(read)}")]
    assert {r.family for r in tried} == {"linear", "tree"}
    assert all(r.reused.endswith("from first.micro") for r in tried)
    assert any(note.startswith("start_from: first.micro reads") for note in found.notes)
    assert not any(r.reused for r in first.trace)


def test_a_loaded_model_serves_as_well_as_its_file(first: Any, cancer: Any, tmp_path: Path) -> None:
    X, y = cancer
    first.model.save(tmp_path / "first.micro")
    files = [
        automicro.select(
            X[:120], y[:120], metric="roc_auc", score=0.8, search=automicro.Search(start_from=start, **ONE)
        ).model.payload
        for start in (first.model, tmp_path / "first.micro")
    ]
    assert files[0] == files[1]


def test_nothing_in_common_is_noted(cancer: Any, tmp_path: Path) -> None:
    X, y = cancer
    settings = automicro.Search(start_from=file_of(tmp_path), **ONE)
    found = automicro.select(X[:120], y[:120], metric="roc_auc", score=0.8, search=settings)
    assert (
        "start_from: other.micro reads 3 columns, of which this table has none; columns are found by name"
        in found.notes
    )
    assert not any(r.reused for r in found.trace)


def test_what_is_no_model_or_no_encoder_is_refused_in_a_sentence(cancer: Any, tmp_path: Path) -> None:
    X, y = cancer
    (tmp_path / "bad.micro").write_bytes(b"PK\x03\x04 no model")
    for settings, said in (
        (
            {"start_from": tmp_path / "bad.micro"},
            "search.start_from: bad.micro must be a model that automicro has written",
        ),
        ({"start_from": tmp_path / "none.micro"}, "search.start_from: must be a file that can be read"),
        (
            {"encoders": {"mpl": {"w": [1.0]}}},
            r"search.encoders: a family must take part in the search \(linear, tree\)",
        ),
        ({"encoders": {"tree": tmp_path / "bad.micro"}}, "search.encoders: tree: must be an .npz file of numbers"),
    ):
        with pytest.raises(RequestError, match=said):
            automicro.select(
                X[:120], y[:120], metric="roc_auc", score=0.9, search=automicro.Search(**settings, **QUICK)
            )


def test_encoders_reach_their_family_as_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", weights_0=np.eye(2), bias_0=np.zeros(2))
    from_file = read_encoders(automicro.Search(encoders=f"mlp={tmp_path / 'w.npz'}").encoders, ["mlp"])
    given = automicro.Search(encoders={"mlp": {"weights_0": np.eye(2), "bias_0": [0, 0]}}).encoders
    in_memory = read_encoders(given, ["mlp"])
    for name in ("weights_0", "bias_0"):
        assert np.array_equal(from_file["mlp"][name], in_memory["mlp"][name])
    made = Preparation.fit(problem(), np.arange(200), PreparationSettings())
    start = start_of(None, in_memory["mlp"], made)
    assert start is not None
    assert set(start.arrays) == {"weights_0", "bias_0"}


def test_few_rows_move_linear_weights_little_from_the_earlier_ones() -> None:
    from automicro.discovery import discover

    rng = np.random.default_rng(1)
    X = rng.normal(size=(3000, 6)).astype(np.float32)
    truth = np.array([2.0, -1.0, 1.0, 0.5, 0.0, 0.0])
    y = (X @ truth + rng.logistic(size=3000) > 0).astype(np.int64)
    features = tuple(automicro.plugin.Feature(j, f"x{j}", "numeric") for j in range(6))
    few = TrainingData(X[:30], y[:30], "classification", 2, features, "log_loss")
    start = Start((Layer(truth[None, :] * 7, np.zeros(1)),), same_outputs=True)  # in a unit of its own
    linear = discover().families["linear"]
    setting = {"terms": "few", "cuts": 0, "order": "forward", "ridge": 0.01}
    losses, told = [], []
    for data in (few, replace(few, start=start)):
        model = linear.fit(setting, data)
        weights = linear.lower(model).body
        logits = X @ weights.weights.values[0] + weights.bias.values[0]
        losses.append(float(np.mean(np.logaddexp(0.0, np.where(y == 1, -logits, logits)))))
        told.append(linear.reused(model))
    assert losses[1] < 0.9 * losses[0]
    assert told == ["", "weights of 4 terms"]


def test_a_network_begins_with_the_layers_of_an_earlier_one(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from automicro.discovery import discover

    mlp = discover().families["mlp"]
    rng = np.random.default_rng(2)
    X = (rng.normal(size=(300, 4)) * [1.0, 10.0, 0.1, 1.0]).astype(np.float32)
    y = ((X[:, 0] * X[:, 1] / 10 + X[:, 3]) > 0).astype(np.int64)
    features = tuple(automicro.plugin.Feature(j, f"x{j}", "numeric") for j in range(4))
    data = TrainingData(X, y, "classification", 2, features, "log_loss")
    column = automicro.plugin.ColumnProfile("x", "numeric", 0, 300)
    known = automicro.plugin.Profile(300, (column,) * 4, "classification", 2, features_at_most=4)
    setting = {**mlp.space(known).portfolio[0], "steps": 1000}
    first = mlp.fit(setting, data)
    earlier = Program(4, tuple(Numeric(j, 0.0) for j in range(4)), mlp.lower(first).body, "sigmoid", ("no", "yes"))
    problem = load_problem(pd.DataFrame(X, columns=list("abcd")), np.where(y == 1, "yes", "no"))
    read, _ = read_earlier(file_of(tmp_path, earlier, tuple("abcd")), problem)
    made = Preparation.fit(problem, np.arange(300), PreparationSettings())
    again = mlp.fit(setting, replace(data, start=start_of(read, None, made)))
    assert mlp.reused(first) == ""
    assert mlp.reused(again) == "layer 1 3 x 4, layer 2 1 x 3"
    arrays = {"weights_0": rng.normal(size=(2, 4))}
    assert mlp.reused(mlp.fit(setting, replace(data, start=Start(arrays=arrays)))) == "layer 1 2 x 4"
    for wrong, said in (({"weights_0": np.eye(3)}, r"shape \(units, 4\)"), ({"w": np.eye(4)}, "must hold weights_0")):
        with pytest.raises(automicro.plugin.Declined, match=said):
            mlp.fit(setting, replace(data, start=Start(arrays=wrong)))
