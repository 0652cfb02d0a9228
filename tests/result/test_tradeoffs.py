"""Prices are kept when they are paid, and a trace answers what was tried and why not something else."""

from __future__ import annotations

import json

import pytest

import automicro
from automicro import Constraints, Search
from automicro.cli import main
from automicro.data import sklearn_source
from automicro.report import infeasible_text
from automicro.request import TraceLine

SEARCH = Search(trials=8, workers=0, families=["linear", "tree"], progress=False)


@pytest.fixture(scope="module")
def table():
    frame, target = sklearn_source("sklearn:breast_cancer")
    return frame, target


def test_an_infeasible_size_has_a_price_that_is_kept(table):
    frame, target = table
    with pytest.raises(automicro.Infeasible) as caught:
        automicro.select(frame, target, Constraints(metric="roc_auc", score=0.985, size=9), search=SEARCH)
    price = next(price for price in caught.value.prices if price.constraint == "size")
    assert price.said in infeasible_text(caught.value)
    found = automicro.select(
        frame, target, Constraints(metric="roc_auc", score=0.985, size=int(price.instead)), search=SEARCH
    )
    assert found.size_bytes <= price.size_instead


def test_an_infeasible_score_has_a_price_that_is_kept(table):
    frame, target = table
    with pytest.raises(automicro.Infeasible) as caught:
        automicro.select(frame, target, Constraints(metric="accuracy", score=1.0), search=SEARCH)
    price = next(price for price in caught.value.prices if price.constraint == "score")
    found = automicro.select(frame, target, Constraints(metric="accuracy", score=float(price.instead)), search=SEARCH)
    assert found.size_bytes <= price.size_instead


def test_a_feasible_selection_tells_what_more_would_cost(table):
    frame, target = table
    found = automicro.select(frame, target, Constraints(metric="roc_auc", score=0.97), search=SEARCH)
    for price in found.prices:
        assert price.constraint == "score"
        assert price.said in str(found)
        assert (float(price.instead) > 0.97) == (price.size_instead > found.size_bytes)


def test_the_price_of_a_level_is_that_of_models_which_the_level_keeps_out(table):
    frame, target = table
    wanted = Constraints(metric="roc_auc", score=0.98, interpretability="simulatable")
    found = automicro.select(frame, target, wanted, search=SEARCH)
    levels = [price for price in found.prices if price.constraint == "interpretability"]
    assert len({price.size_instead for price in levels}) == len(levels)
    for price in levels:
        relaxed = Constraints(metric="roc_auc", score=0.98, interpretability=price.instead)
        assert automicro.select(frame, target, relaxed, search=SEARCH).size_bytes <= price.size_instead


@pytest.fixture(scope="module")
def trace_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("trace") / "trace.jsonl"
    words = ["select", "sklearn:breast_cancer", "--metric", "roc_auc", "--score", "0.97", "--trials", "6"]
    assert main([*words, "--families", "linear,tree", "--trace", str(path), "--no-progress"]) == 0
    return path


def test_a_trace_reads_as_a_table(trace_file, capsys):
    for line in trace_file.read_text().splitlines():
        TraceLine.model_validate_json(line)
    capsys.readouterr()
    assert main(["trace", str(trace_file)]) == 0
    told = capsys.readouterr().out
    assert "taken" in told
    assert "runner-up: trial" in told


def test_why_not_another_family(trace_file, capsys):
    taken = next(r for r in map(json.loads, trace_file.read_text().splitlines()) if r.get("status") == "taken")
    other = "tree" if taken["family"] == "linear" else "linear"
    assert main(["trace", str(trace_file), "--family", other]) == 0
    assert f"why not {other}? trial" in capsys.readouterr().out
    assert main(["trace", str(trace_file), "--runner-up", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["record"] == "trial"
    assert main(["trace", str(trace_file), "--family", "forest"]) == 2
    assert "must be one that took part" in capsys.readouterr().err


def test_a_file_that_is_no_trace_is_refused(tmp_path, capsys):
    path = tmp_path / "no.jsonl"
    path.write_text('{"a": 1}\n')
    assert main(["trace", str(path)]) == 2
    assert f"line 1 of {path} must be a record of a trace" in capsys.readouterr().err
