"""Searches on texts and on series, from raw data to predictions of the files that ship."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import automicro
from automicro.cli import main
from automicro.data import load_problem, profile
from automicro.errors import DataError
from automicro.program import Grams, Summary, evaluate, pack, unpack
from automicro.request.files import read_request
from automicro.requested import select_request
from automicro.search.context import Candidate, Context
from automicro.search.propose.budget import artifact_budget
from automicro.search.propose.space import candidate_space, own_parameters, preparation_settings
from automicro.search.trial.training import train
from automicro_boosting.family import Boosting
from automicro_linear.family import Linear
from automicro_tree.family import DecisionTree

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture(scope="module")
def reviews():
    return select_request(read_request(EXAMPLES / "reviews.toml"))


@pytest.fixture(scope="module")
def gestures():
    return select_request(read_request(EXAMPLES / "gestures.toml"))


def rows_of(name):
    with (EXAMPLES / "data" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_text_example_reads_grams(reviews):
    model = reviews.model
    assert all(isinstance(decoder, Grams) for decoder in model.program.decoders)
    assert reviews.size_bytes < 150
    assert reviews.interpretability == "decomposable"  # a bucket has no name
    assert [(column["name"], column["kind"]) for column in model.card["columns"]] == [("text", "text")]


def test_texts_alone_and_together_and_after_loading_give_the_same(reviews, tmp_path):
    rows = rows_of("reviews.csv")[:30] + [{"text": t, "liked": ""} for t in (None, "", "😀", "?!", "😴 " * 500)]
    model = reviews.model
    many = model.predict_proba(rows)
    assert np.array_equal(many, np.concatenate([model.predict_proba([row]) for row in rows]))
    assert np.array_equal(many, model.predict_proba([[row["text"]] for row in rows]))
    path = tmp_path / "reviews.micro"
    model.save(path, strip=True)
    assert path.stat().st_size == reviews.size_bytes
    assert np.array_equal(many, automicro.load(path).predict_proba([[row["text"]] for row in rows]))


def test_the_command_line_predicts_texts(reviews, tmp_path):
    reviews.model.save(tmp_path / "model.micro")
    data, written = EXAMPLES / "data" / "reviews.csv", tmp_path / "out.csv"
    assert main(["predict", str(tmp_path / "model.micro"), str(data), "--output", str(written)]) == 0
    told = written.read_text(encoding="utf-8").split()
    right = [row["liked"] == label for row, label in zip(rows_of("reviews.csv"), told[1:], strict=True)]
    assert np.mean(right) > 0.85


def test_the_series_example_reads_summaries(gestures):
    program = gestures.model.program
    assert all(isinstance(decoder, Summary) for decoder in program.decoders)
    assert gestures.size_bytes < 80
    assert {column["kind"] for column in gestures.model.card["columns"]} == {"series"}


def test_series_alone_and_together_and_packed_give_the_same(gestures):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(20, 2, 17))
    X[3], X[5, 0], X[7, :, 5:], X[9, 1, ::2] = np.nan, np.nan, np.nan, np.nan
    model = gestures.model
    many = model.predict_proba(X)
    assert np.isfinite(many).all()
    assert np.array_equal(many, np.concatenate([model.predict_proba(X[i : i + 1]) for i in range(20)]))
    assert np.array_equal(many, np.concatenate([model.predict_proba(one) for one in X]))
    assert np.array_equal(many, model.predict_proba(list(X)))
    assert pack(unpack(model.payload)) == model.payload


def test_a_long_table_predicts_what_its_array_does(gestures):
    rows = rows_of("gestures.csv")
    number = {"step", "forward", "sideways"}
    columns = {
        name: [float(r[name]) if name in number and r[name] else None if name in number else r[name] for r in rows]
        for name in rows[0]
    }
    series = automicro.series_of(columns, id="gesture", time="step", labels=["kind"])
    assert series.values.shape == (90, 2, 19)
    told = gestures.model.predict(series)
    assert np.mean(told == series.labels["kind"]) > 0.9
    assert np.array_equal(told, gestures.model.predict(series.values))


@pytest.mark.parametrize("family", [Linear(), DecisionTree(), Boosting()], ids=lambda family: family.name)
@pytest.mark.parametrize("kind", ["text", "series"])
def test_families_train_on_texts_and_series_as_on_tables(family, kind):
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 40)
    X = rng.normal(size=(80, 2, 24)) + y[:, None, None] * np.linspace(-2, 2, 24)
    if kind == "text":
        words = ("good", "nice", "dull", "bad")
        X = {"words": [f"{words[2 * c + k % 2]} film number {k} of many" for k, c in enumerate(y)]}
    problem = load_problem(X, y)
    context = Context(problem, (), "accuracy")
    space = candidate_space(family, profile(problem))
    setting = space.portfolio[0]
    candidate = Candidate(0, family.name, own_parameters(setting), preparation_settings(family, setting), 0)
    programs = train(context, family, candidate, np.arange(80)).programs
    again = train(context, family, candidate, np.arange(80)).programs
    assert {key: pack(p) for key, p in programs.items()} == {key: pack(p) for key, p in again.items()}
    budget = artifact_budget(family, candidate, profile(problem, candidate.preparation))
    assert max(len(pack(p)) for p in programs.values()) <= budget.at_most_bytes
    right = [np.mean(np.argmax(evaluate(p, problem.batch()), axis=1) == y) for p in programs.values()]
    assert max(right) > 0.9


def test_series_that_tell_nothing_are_refused():
    y = np.repeat([0, 1], 20)
    with pytest.raises(DataError, match="at least one column must vary"):
        automicro.select(np.full((40, 2, 5), np.nan), y, metric="accuracy", score=0.6)
    with pytest.raises(DataError, match="infinite"):
        automicro.select(np.full((40, 2, 5), np.inf), y, metric="accuracy", score=0.6)
    with pytest.raises(DataError, match="equally many channels"):
        automicro.select([np.zeros((1, 4)), np.zeros((2, 4))], [0, 1], metric="accuracy", score=0.6)


def test_a_model_of_series_says_what_it_reads(gestures):
    with pytest.raises(DataError, match="series must have 2 channels, but have 3"):
        gestures.model.predict(np.zeros((1, 3, 9)))
    with pytest.raises(DataError, match="series must be an array"):
        gestures.model.predict({"forward": [1.0], "sideways": [2.0]})
    assert evaluate(gestures.model.program, [np.zeros((1, 3), np.float32)] * 2).shape == (1, 3)


def test_a_model_of_series_serves_long_tables_on_the_command_line(gestures, tmp_path, capsys):
    file, rows = tmp_path / "m.micro", EXAMPLES / "data" / "gestures.csv"
    gestures.model.save(file)
    assert main(["predict", str(file), str(rows), "--series", "gesture,step"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1 + 90
    assert main(["explain", str(file), str(rows), "--series", "gesture,step", "--row", "3"]) == 0
    assert capsys.readouterr().out.startswith("predicted ")
    assert main(["predict", str(file), str(rows)]) == 2
    assert "--series: must be given" in capsys.readouterr().err
    assert main(["predict", str(file), str(rows), "--series", "gesture"]) == 2
    assert "must be two columns" in capsys.readouterr().err
