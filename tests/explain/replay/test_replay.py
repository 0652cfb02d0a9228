"""What a reader is shown is what the model computes, for families of every level; cards that show something else are caught."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

import automicro
from automicro.cli import main
from automicro.data import load_problem, profile
from automicro.discovery import discover
from automicro.explain import global_card, replay
from automicro.measure import interpretability, verified_level
from automicro.program import (
    Activation,
    Affine,
    Batch,
    Chain,
    Forest,
    Grams,
    Numeric,
    Pool,
    Program,
    Propagate,
    Scale,
    StepTables,
    Sum,
    Summary,
    Tree,
    Weights,
    decode,
    pack,
    unpack,
)
from automicro.runtime.model import Model
from automicro.search.context import Candidate, Context
from automicro.search.decide import replay_check as replaying
from automicro.search.propose.space import candidate_space, own_parameters, preparation_settings
from automicro.search.trial.training import train

PENGUINS = Path(__file__).parents[3] / "examples" / "data" / "penguins.csv"
FAMILIES = ("tree", "linear", "boosting", "cluster")


@pytest.fixture(scope="module")
def problems() -> dict[str, Any]:
    penguins = pd.read_csv(PENGUINS)
    return {
        "two classes": load_problem(*load_breast_cancer(return_X_y=True, as_frame=True)),
        "three classes": load_problem(*load_wine(return_X_y=True, as_frame=True)),
        "numbers": load_problem(*load_diabetes(return_X_y=True, as_frame=True)),
        "categories and missing values": load_problem(penguins.drop(columns="species"), penguins["species"]),
    }


def trained(family: str, problem: Any) -> dict[str, Program]:
    known, explained = profile(problem), discover().families[family]
    setting = candidate_space(explained, known).portfolio[0]
    candidate = Candidate(0, family, own_parameters(setting), preparation_settings(explained, setting), 7)
    context = Context(problem, (), "r2" if problem.task == "regression" else "accuracy")
    return dict(train(context, explained, candidate, np.arange(problem.rows), every_variant=True).programs)


@pytest.mark.parametrize("name", ["two classes", "three classes", "numbers", "categories and missing values"])
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_replays(family: str, name: str, problems: dict[str, Any]) -> None:
    problem, followed = problems[name], 0
    programs = list(trained(family, problem).values())
    for program in (unpack(pack(one)) for one in (programs[0], programs[len(programs) // 2], programs[-1])):
        batch = problem.batch()
        if found := interpretability(program, decode(program.decoders, batch)).level:
            card = global_card(program, {"columns": [{"name": column} for column in problem.table.names]})
            told = replay(program, json.loads(json.dumps(card)), batch, problem.table.names)
            assert told.passed, str(told)
            assert told.rows >= 950
            followed += 1
        if found == 3:
            model = Model(program, {"columns": [{"name": column} for column in problem.table.names]})
            assert len(str(model.explain()).splitlines()) <= 60
    assert followed


def model_of(body: Any, decoders: tuple[Any, ...], link: str = "sigmoid", names: str = "abc") -> Model:
    columns = [{"name": name, "kind": "numeric", "minimum": -2.0, "maximum": 2.0} for name in names]
    labels = ("no", "yes") if link == "sigmoid" else None
    return Model(unpack(pack(Program(len(names), decoders, body, link, labels))), {"columns": columns, "target": "y"})  # type: ignore[arg-type]  # given by tests


def linear(weights: Any, bias: float = 0.25) -> Affine:
    return Affine(Weights.of(np.atleast_2d(weights)), Weights.of([bias]))


DOUBLED = Scale(Weights.of([2]))
NUMBERS = (Numeric(0, fill=0.5), Numeric(1, fill=0.0), Numeric(2, fill=-1.0))


@pytest.mark.parametrize(
    ("body", "decoders", "names"),
    [
        (Chain((Propagate("symmetric", 2), linear([0.5, -1.0, 2.0]))), NUMBERS, "abc"),
        (
            Chain((Scale(Weights.of([2, 0.5, -1])), Propagate("symmetric", 2), linear([0.5, -1.0, 2.0]), DOUBLED)),
            NUMBERS,
            "abc",
        ),
        (Chain((Propagate("mean", 1, 0.0, 0), linear([0.5, -1.0, 2.0]))), NUMBERS, "abc"),
        (Chain((Pool(("mean", "max", "count"), (0, 1, -1)), linear([0.5, -1.0, 0.1]))), NUMBERS, "abc"),
        (linear([1.5, -2.0]), (Grams(0, "word", 1, 2, 6, (3, 17)),), "t"),
        (linear([1.5, -2.0, 0.5]), (Summary(0, "slope"), Summary(0, "energy 4", 1, 1), Summary(1, "crossings")), "uv"),
    ],
    ids=["smoothed nodes", "scaled, then smoothed", "edge attributes", "pooled graphs", "texts", "series"],
)
def test_other_kinds_of_data_replay_on_drawn_rows(body: Any, decoders: tuple[Any, ...], names: str) -> None:
    model = model_of(body, decoders, names=names)
    told = model.explain()
    assert verified_level(model).name != "opaque"
    assert told.replay.passed, str(told.replay)
    assert str(told).endswith(f"replay of these lines: passed on {told.replay.rows:,} rows")
    assert Model.from_bytes(model.to_bytes()).replay().passed


def test_the_data_are_those_of_the_text() -> None:
    tables = StepTables(
        (0, 1), (0, 0), (2, 3), Weights.of([0.5, 0.0, 1.0]), Weights.of([-1, 1, 0, 2, 3]), Weights.of([0.1])
    )
    told = model_of(tables, NUMBERS, "identity").explain()
    assert str(told).splitlines()[:6] == [
        "y = 0.1 plus one line of each of these",
        "  a <= 0.5  -1",
        "  a > 0.5   +1",
        "  b <= 0          +0",
        "  b > 0 and <= 1  +2",
        "  b > 1           +3",
    ]
    data = json.loads(told.to_json())
    assert data["body"]["tables"][1]["values"] == [0.0, 2.0, 3.0]
    assert data["interactions"] == []


def stump(feature: int, cut: float) -> Tree:
    return Tree(
        np.array([feature, -1, -1], np.int32),
        np.array([cut, 0, 0], np.float32),
        np.zeros(3, np.bool_),
        np.array([0, 0, 1], np.int32),
    )


def corrected() -> tuple[Model, dict[str, Any]]:
    """Return a scorecard with a small tree that corrects it where one column is large, and the card of the scorecard alone."""
    clean = model_of(linear([2.0, -1.0, 0.0]), NUMBERS)
    corrector = Forest((stump(2, 1.8),), Weights.of([[0.0], [-0.75]]), Weights.of([0.0]))
    return model_of(Sum((linear([2.0, -1.0, 0.0]), corrector)), NUMBERS), clean.explain().card


def network() -> Model:
    rng = np.random.default_rng(0)
    hidden = Affine(Weights.of(rng.normal(size=(16, 3))), Weights.of(rng.normal(size=16)))
    return model_of(Chain((hidden, Activation("relu"), linear(rng.normal(size=16)))), NUMBERS)


def as_a_sum(model: Model) -> dict[str, Any]:
    """Return a card that shows the average Shapley value of each column's values as a table, as if the model were a sum."""
    rng = np.random.default_rng(1)
    rows = rng.uniform(-2, 2, (60, 3))
    told = [model.explain(row.tolist()) for row in rows]
    assert {one.kind for one in told} == {"posthoc"}
    cuts, card = [-1.0, 0.0, 1.0], copy.deepcopy(model.explain().card)
    tables = []
    for place, name in enumerate("abc"):
        parts = np.array([next((p.contribution for p in one.parts if p.name == name), 0.0) for one in told])
        piece = np.searchsorted(cuts, rows[:, place])
        values = [float(parts[piece == each].mean()) for each in range(4)]
        tables.append({"to": 0, "input": place, "cuts": cuts, "values": values, "missing": values[0]})
    return {**card, "body": {"kind": "tables", "start": [told[0].constant], "tables": tables}, "interactions": []}


def claiming(model: Model, level: str, shown: dict[str, Any]) -> Model:
    """Return a model whose file claims a level and shows a card."""
    assert model.card is not None
    card = {**model.card, "interpretability": level, "explanation": shown, "replay": "passed on 1,000 rows"}
    return Model.from_bytes(Model(model.program, card).to_bytes())


def test_a_hidden_corrector_behind_a_clean_card_is_caught() -> None:
    model, clean = corrected()
    found = claiming(model, "additive", clean).replay()
    assert "the card gives the score" in str(found)
    assert any("one unit more of c" in fault or "c 2" in fault or "c 1.8" in fault for fault in found.faults)
    found = verified_level(claiming(model, "additive", clean))
    assert found.name == "opaque"
    assert "the card must show what the model computes" in found.fault
    assert model.explain().replay.passed  # what the model itself is made of may be shown


def test_a_bucket_that_no_text_at_hand_has_is_caught() -> None:
    clean = model_of(linear([1.5, -2.0]), (Grams(0, "word", 1, 1, 12, (3, 17)),), names="t")
    hidden = model_of(linear([1.5, -2.0, -9.0]), (Grams(0, "word", 1, 1, 12, (3, 17, 40)),), names="t")
    assert "other buckets of grams" in str(claiming(hidden, "decomposable", clean.explain().card).replay())
    card = hidden.explain().card
    terms = [term for term in card["body"]["terms"] if term["input"] != 2]
    kept_quiet = {**card, "body": {**card["body"], "terms": terms}}
    assert "buckets of grams, the card gives the score" in str(claiming(hidden, "decomposable", kept_quiet).replay())
    assert hidden.replay().passed


def test_a_corrector_that_works_on_few_rows_is_caught_at_its_cuts() -> None:
    clean = model_of(linear([2.0, -1.0, 0.0]), NUMBERS).explain().card
    rare = Forest((stump(2, 1e6),), Weights.of([[0.0], [-0.75]]), Weights.of([0.0]))
    model = model_of(Sum((linear([2.0, -1.0, 0.0]), rare)), NUMBERS)
    assert not claiming(model, "simulatable", clean).replay().passed


def test_a_corrector_behind_many_conditions_is_caught_in_its_leaf() -> None:
    tree = Tree(  # acts on one row in 10^11 of those within the ranges
        np.array([0, 1, 2, -1, -1, -1, -1], np.int32),
        np.array([-1.999, -1.999, -1.999, 0, 0, 0, 0], np.float32),
        np.zeros(7, np.bool_),
        np.array([0, 0, 0, 1, 0, 0, 0], np.int32),
    )
    clean = model_of(linear([2.0, -1.0, 0.0]), NUMBERS).explain().card
    rare = Forest((tree,), Weights.of([[0.0], [-0.75]]), Weights.of([0.0]))
    model = model_of(Sum((linear([2.0, -1.0, 0.0]), rare)), NUMBERS)
    assert not claiming(model, "simulatable", clean).replay().passed


def test_a_network_behind_a_clean_card_has_no_level() -> None:
    clean = model_of(linear([2.0, -1.0, 0.0]), NUMBERS).explain().card
    model = model_of(Sum((linear([2.0, -1.0, 0.0]), network().program.body)), NUMBERS)
    assert not claiming(model, "additive", clean).replay().passed
    assert verified_level(claiming(model, "additive", clean)).name == "opaque"


def test_shapley_values_that_pose_as_a_sum_are_caught() -> None:
    model = network()
    posing = claiming(model, "additive", as_a_sum(model))
    assert not posing.replay().passed
    assert verified_level(posing).name == "opaque"
    honest = model.explain()
    assert not honest.replay.passed
    assert "relu are not steps on named inputs" in str(honest.replay)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda card: card["body"]["terms"][0].update(times=2.001), "the card gives the score"),
        (lambda card: card["inputs"][0].update(if_missing=0.75), "a missing"),
        (lambda card: card.update(labels=["yes", "no"]), "the card has the link"),
        (lambda card: card["inputs"][0].update(column="z"), "which the model does not have"),
        (lambda card: card.pop("body"), "the card cannot be followed: KeyError"),
        (lambda card: card["body"].update(kind="oracle"), "oracle cannot be followed"),
    ],
    ids=["weight", "fill", "labels", "column", "no body", "unknown body"],
)
def test_a_card_that_was_changed_is_caught(change: Any, said: str) -> None:
    model = model_of(linear([2.0, -1.0, 0.0]), NUMBERS)
    card = model.explain().card
    assert claiming(model, "simulatable", copy.deepcopy(card)).replay().passed
    change(card)
    assert said in str(claiming(model, "simulatable", card).replay())


def test_a_level_that_the_structure_does_not_have_is_no_claim() -> None:
    model = network()
    assert model.card is not None
    claimed = Model(model.program, {**model.card, "interpretability": "simulatable"})
    assert (
        str(verified_level(claimed)) == "opaque: the card claims simulatable, but the model is opaque: it was changed"
    )


@pytest.fixture(scope="module")
def data() -> tuple[Any, Any]:
    return load_breast_cancer(return_X_y=True, as_frame=True)


def test_a_selection_stores_what_a_reader_is_shown(
    data: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    search = automicro.Search(trials=1, workers=0, families=["tree"], progress=False)
    model = automicro.select(*data, metric="accuracy", score=0.85, interpretability="simulatable", search=search).model
    assert model.card is not None
    assert model.card["replay"].startswith("passed on 1,0")
    assert model.card["explanation"] == json.loads(json.dumps(model.explain().card))
    assert model.replay(data[0]).passed
    path = tmp_path / "m.micro"
    model.save(path)
    assert main(["explain", str(path)]) == 0
    assert capsys.readouterr().out == f"{model.explain()}\n"
    assert main(["explain", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["schema"] == "automicro-global-1"
    assert main(["inspect", str(path)]) == 0
    assert "simulatable; the replay of its explanation passed on" in capsys.readouterr().out


def test_what_fails_its_replay_does_not_keep_its_level(data: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = replaying.global_card

    def careless(*arguments: Any) -> dict[str, Any]:
        card = real(*arguments)
        return {**card, "body": {"kind": "linear", "start": [1.0], "terms": []}}

    monkeypatch.setattr(replaying, "global_card", careless)
    search = automicro.Search(trials=1, workers=0, families=["tree"], progress=False)
    free = automicro.select(*data, metric="accuracy", score=0.85, search=search)
    assert free.interpretability == "opaque"
    assert free.model.card["explanation"] is None
    with pytest.raises(automicro.Infeasible, match="interpretability: decomposable is required") as caught:
        automicro.select(*data, metric="accuracy", score=0.85, interpretability="decomposable", search=search)
    assert any("the replay of its card failed" in record.reason for record in caught.value.trace)


def test_a_constant_model_of_series_has_a_trace_too() -> None:
    body = Affine(Weights.of(np.zeros((1, 0))), Weights.of([0.5]))
    program = Program(2, (), body, "sigmoid", ("no", "yes"))
    batch = Batch((np.zeros((5, 7), dtype=np.float32), np.ones((5, 7), dtype=np.float32)))
    assert replay(program, global_card(program), batch, ("column 0", "column 1")).passed
