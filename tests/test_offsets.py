"""Models of columns whose numbers differ in their last digits: true scores, one answer however rows come, words in the data's numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import automicro
from automicro.api import _problem_for
from automicro.cli import main
from automicro.data import load_problem, load_table
from automicro.data.graphs import raw_graphs
from automicro.evidence.hashes import data_sha256
from automicro.explain import explain, global_card, replay
from automicro.measure import directions, effects
from automicro.measure.interpretability.operations import operations
from automicro.measure.robustness.decision_distance import flips
from automicro.measure.robustness.perturbations import stresses
from automicro.program import (
    Affine,
    Batch,
    Chain,
    Distances,
    Forest,
    Missing,
    Nearest,
    Numeric,
    Pool,
    Program,
    StepTables,
    Sum,
    Tree,
    Weights,
    columns_of,
    evaluate,
    pack,
)
from automicro.program.inputs.rows import without_offsets
from automicro.runtime.model import Model
from automicro.words.model import global_text

ROWS = 300
RNG = np.random.default_rng(0)
START = 1_700_000_000
SECONDS = START + RNG.integers(0, 7 * 86400, ROWS)
COLUMNS = {
    "unix seconds": (SECONDS, START + 300_000),
    "counter": (10**9 + RNG.integers(0, 200, ROWS), 10**9 + 77),
    "northing": (np.round(5_412_345.67 + RNG.uniform(-40, 40, ROWS), 2), 5_412_345.67),
    "nanoseconds": (START * 10**9 + RNG.integers(0, 10**6, ROWS), START * 10**9 + 400_000),
}


@pytest.fixture(scope="module", params=COLUMNS)
def selected(request: pytest.FixtureRequest) -> tuple[Model, pd.DataFrame]:
    """Return a model of a column that decides the class, and its rows."""
    values, threshold = COLUMNS[request.param]
    rows = pd.DataFrame({"v": values, "b": np.random.default_rng(1).normal(size=ROWS)})
    found = automicro.select(
        rows,
        np.where(values > threshold, "above", "below"),
        metric="accuracy",
        score=0.95,
        families=["linear"],
        certify=False,
        search=automicro.Search(trials=1, workers=0, seconds=60),
    )
    assert found.score is not None
    assert found.score >= 0.97
    assert found.size_bytes <= 30
    return found.model, rows


def test_every_way_of_handing_rows_over_gives_the_same(
    selected: tuple[Model, pd.DataFrame], tmp_path: Any, capsys: Any
) -> None:
    model, rows = selected
    expected = model.predict(rows)
    v, b = rows["v"].tolist(), rows["b"].tolist()
    cells = np.array([v, b], dtype=object).T
    frames = [pl.from_pandas(rows), pl.from_pandas(rows).to_arrow(), rows[["b", "v"]], {"v": v, "b": b}]
    many = [*frames, cells, cells.tolist(), [{"v": one, "b": other} for one, other in zip(v, b, strict=True)]]
    for form in many:
        assert (model.predict(form) == expected).all(), type(form)
    polars = frames[0]
    for i in range(0, ROWS, 7):
        single = [rows.iloc[[i]], polars[i : i + 1], cells[i], [v[i], b[i]], {"v": v[i], "b": b[i]}, rows.iloc[i]]
        assert {str(model.predict(form)[0]) for form in single} == {str(expected[i])}
    model.save(tmp_path / "m.micro")
    model.save(tmp_path / "stripped.micro", strip=True)
    assert (automicro.load(tmp_path / "m.micro").predict(rows) == expected).all()
    assert (automicro.load(tmp_path / "stripped.micro").predict(cells) == expected).all()
    rows.to_csv(tmp_path / "rows.csv", index=False)
    assert main(["predict", str(tmp_path / "m.micro"), str(tmp_path / "rows.csv")]) == 0
    assert capsys.readouterr().out.split()[1:] == expected.tolist()


def test_what_is_told_is_in_the_numbers_of_the_data(selected: tuple[Model, pd.DataFrame]) -> None:
    model, rows = selected
    low, high = rows["v"].min(), rows["v"].max()
    column = model.card["columns"][0]  # type: ignore[index]
    assert (column["minimum"], column["maximum"], column["offset"]) == (float(low), float(high), model.offsets[0])
    assert model.replay(rows).passed
    assert model.replay().passed
    told = automicro.effects(model, rows)["v"]
    assert told.seen == (float(low), float(high))
    assert all(low <= value <= high for value in told.values[:-1])
    flip = model.explain(rows.iloc[[0]]).counterfactual
    assert flip is not None
    assert flip.changes[0].value == float(rows["v"].iloc[0])
    assert low <= flip.changes[0].instead <= high  # type: ignore[operator]
    assert "passed" in str(model.explain())


def split(threshold: float) -> Forest:
    """Return a tree that gives 1 above a threshold of its first feature, and -1 below."""
    arrays = np.array([0, -1, -1], np.int32), np.array([threshold, 0, 0], np.float32)
    tree = Tree(*arrays, np.zeros(3, np.bool_), np.array([0, 0, 1], np.int32), 0)
    return Forest((tree,), Weights.of([[-1.0], [1.0]]), Weights.of([0.0]))


BASE = 1_699_999_744.0
AT = 300_256.0  # less BASE: 1700300000
READS = (Numeric(0, 256.0, BASE), Numeric(1, 0.0))
TABLE = StepTables((0,), (0,), (2,), Weights.of([AT]), Weights.of([-1, 1]), Weights.of([0]))
NEAREST = Chain(
    (
        Distances(Weights.of([[0.0, 1.0], [512_256.0, -1.0]]), Weights.of([1e-6, 1.0])),
        Nearest((0, 1), Weights.of([0.0, 0.0])),
    )
)
BODIES = {
    "linear": (
        Affine(Weights.of([[1e-5, 0.5]]), Weights.of([-3.0])),
        ["* (v - 1699999744)", "v counts as 1700000000 where"],
    ),
    "tables": (TABLE, ["v <= 1700300000", "v > 1700300000"]),
    "tree": (split(AT), ["v <= 1700300000"]),
    "sum": (Sum((split(AT), Affine(Weights.of([[0.0, 0.5]]), Weights.of([0.0])))), ["v <= 1700300000"]),
    "prototypes": (NEAREST, ["(v - 1699999744)^2", "(v - 1700512000)^2"]),
}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return pd.DataFrame({"v": SECONDS, "b": np.random.default_rng(2).normal(size=ROWS)})


@pytest.fixture(params=BODIES)
def program(request: pytest.FixtureRequest) -> Program:
    body = BODIES[request.param][0]
    return Program(2, READS, body, "softmax" if request.param == "prototypes" else "sigmoid", ("no", "yes"))


def test_a_card_of_any_body_is_followed(program: Program, frame: pd.DataFrame) -> None:
    names = ("v", "b")
    model = Model(program, {"columns": [{"name": name, "kind": "numeric"} for name in names]})
    shown = global_card(program, model.card)
    assert model.replay(frame).passed
    text = global_text(shown)
    wanted = next(words for body, words in BODIES.values() if body is program.body)
    assert all(part in text for part in wanted), text
    wrong = {**shown, "inputs": [{**told, "less": 0.0} for told in shown["inputs"]]}
    batch_columns = columns_of(program, [frame["v"].to_numpy(), frame["b"].to_numpy()])
    assert not replay(program, wrong, Batch(tuple(batch_columns)), names).passed
    told = explain(program, model.card, frame.iloc[[3]])
    assert str(SECONDS[3]) in str(told) or "1700300000" in str(told)


def test_flips_and_stresses_are_those_of_the_data(program: Program, frame: pd.DataFrame) -> None:
    model = Model(program)
    labels = model.predict(frame)
    problem = load_problem(frame, labels, task="classification", offsets=model.offsets)
    found = flips(program, problem, rows=40)
    shown = np.isfinite(found.high)
    assert shown.any()
    moved = frame.iloc[found.rows[shown]].to_numpy(dtype=np.float64)
    moved[:, list(found.columns)] = found.moved[shown]
    assert (model.predict(moved) != labels[found.rows[shown]]).mean() > 0.95  # float64 rounds what is moved
    gain = stresses(program, problem, "accuracy", names=["gain_10"])[0]
    scores = [
        (model.predict(frame.assign(**{name: frame[name] * factor})) == labels).mean()
        for name in frame
        for factor in (0.9, 1.1)
    ]
    assert gain.score == pytest.approx(min(scores), abs=0.01)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_directions_are_shown_on_rows_of_the_data(sign: float) -> None:
    there_and_back = StepTables(
        (0,), (0,), (3,), Weights.of([AT, AT + 10.0]), Weights.of([0.0, sign, 0.5 * sign]), Weights.of([0.0])
    )
    program = Program(2, READS, there_and_back, "sigmoid", (0, 1))
    ranges = {0: (float(SECONDS.min()), float(SECONDS.max())), 1: (-3.0, 3.0)}
    found = directions(program, None, ranges)
    assert found[0].kind == "neither"
    for pair, way in ((found[0].falls, -1.0), (found[0].rises, 1.0)):
        assert pair is not None
        assert 1_700_299_000 <= pair[0][0] < pair[1][0] <= 1_700_301_000  # type: ignore[operator]
        rows = [np.array([row[column] for row in pair], dtype=object) for column in range(2)]
        before, after = evaluate(program, columns_of(program, rows))[:, 1]
        assert way * (after - before) > 0
    assert directions(Program(2, READS, TABLE, "sigmoid", (0, 1)), None, ranges)[0].kind == "+"


def test_effects_of_a_line_are_over_the_numbers_of_the_data(frame: pd.DataFrame) -> None:
    program = Program(2, READS, BODIES["linear"][0], "identity")
    columns = columns_of(program, [frame["v"].to_numpy(), frame["b"].to_numpy()])
    told = effects(program, ("v", "b"), columns)["v"]
    values = np.array(told.values, dtype=np.float64)
    assert set(values) <= set(SECONDS.astype(np.float64))
    slopes = np.diff(told.effect[:, 0]) / np.diff(values)
    assert slopes == pytest.approx(np.full(len(slopes), float(np.float32(1e-5))), rel=1e-3)


def test_data_are_recognised_whether_the_model_reads_the_column_or_not() -> None:
    rows = pd.DataFrame({"v": SECONDS, "b": np.random.default_rng(2).normal(size=ROWS)})
    target = np.where(rows["b"] > 0, "yes", "no")
    problem = load_problem(rows, target)
    offset = problem.table.profiles[0].offset
    assert offset
    for decoders in ((Numeric(0, None, offset), Numeric(1)), (Numeric(1),)):
        body = Affine(Weights.of(np.ones((1, len(decoders)))), Weights.of([0.0]))
        columns = [{"name": "v", "kind": "numeric", "offset": offset}, {"name": "b", "kind": "numeric"}]
        model = Model(Program(2, decoders, body, "sigmoid", ("no", "yes")), {"columns": columns})
        assert data_sha256(_problem_for(model, rows, target)) == data_sha256(problem)
    earlier = Model(Program(2, (Numeric(0),), Affine(Weights.of([[1.0]]), Weights.of([0.0])), "sigmoid", ("no", "yes")))
    assert earlier.offsets == {}
    assert _problem_for(earlier, rows, target).table.columns[0].tobytes() == SECONDS.astype(np.float32).tobytes()  # type: ignore[union-attr]


def test_attributes_of_nodes_have_offsets_too() -> None:
    edges = np.stack([np.arange(ROWS), np.roll(np.arange(ROWS), 1)])
    problem = load_problem({"x": SECONDS[:, None].astype(np.float64), "edge_index": edges}, np.arange(ROWS) % 2)
    offset = problem.table.profiles[0].offset
    assert offset
    graph = raw_graphs(problem, 1)[0]
    assert [row[0] for row in graph["x"]] == SECONDS.tolist()
    pooled = Chain((Pool(("mean",), (0,)), Affine(Weights.of([[1.0]]), Weights.of([0.0]))))
    model = Model(Program(2, (Numeric(0, None, offset),), pooled, "identity"))
    assert model.predict(graph) == pytest.approx(SECONDS.mean() - offset, rel=1e-6)


def test_missing_values_and_infinities_of_a_frame(frame: pd.DataFrame) -> None:
    reads = (Numeric(0, 256.0, BASE), Missing(0))
    model = Model(Program(2, reads, Affine(Weights.of([[1.0, 1e6]]), Weights.of([0.0])), "identity"))
    rows = np.array([[np.nan, 0.0], [np.inf, 0.0], [-np.inf, 0.0], [BASE + 7, 0.0]])
    expected = [1e6 + 256.0, np.finfo(np.float32).max, np.finfo(np.float32).min, 7.0]
    assert model.predict(rows).tolist() == expected
    assert [float(model.predict(row)[0]) for row in rows] == expected
    assert model.predict(pd.DataFrame({"v": [None, BASE + 7], "b": [0.0, 0.0]})).tolist() == [expected[0], 7.0]
    assert pack(model.program)[:1] == b"\xb7"


def test_a_subtraction_is_an_operation_where_a_sum_is_taken() -> None:
    for body, count in ((BODIES["linear"][0], 1), (TABLE, 0), (split(AT), 0)):
        program = Program(2, READS, body, "identity")
        assert operations(program).total.max() == operations(without_offsets(program)).total.max() + count


def test_numbers_that_mean_missing_leave_the_others_exact() -> None:
    cells = np.append(2**62 + np.arange(1, 100), -1)
    table = load_table({"v": cells}, missing=[-1])
    assert (table.profiles[0].missing, table.profiles[0].distinct, table.profiles[0].merged) == (1, 99, 0)
