"""What the simulation rests on: its searches are automicro's own, its truths are those of the model, and its limits are exact."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from in_process import searching_in_process
from populations import population
from quick_families import QUICK
from simulation import SETTINGS, naive_artifact, one_run
from simulation_table import markdown, metric_of, upper_limit

import automicro

SCORES = {
    "accuracy": lambda model, X, y: accuracy_score(y, model.predict(X)),
    "roc_auc": lambda model, X, y: roc_auc_score(y, model.predict_proba(X)[:, 1]),
    "r2": lambda model, X, y: r2_score(y, model.predict(X)),
}


def searched(source: str, target: float):
    people = population(source)
    X, y = people.draw(400, [1])
    settings = automicro.Search(trials=2, workers=0, seed=3, progress=False)
    with searching_in_process(QUICK) as results:
        found = automicro.select(X, y, metric=people.metric, score=target, certify=False, search=settings)
    return people, found, results[0]


@pytest.mark.parametrize(("source", "target"), [("two classes", 0.6), ("two classes, ranked", 0.7), ("friedman", 0.3)])
def test_the_true_score_is_that_of_the_model_on_all_rows(source, target):
    people, found, _ = searched(source, target)
    truth = people.truth(found.model.to_bytes(strip=True))
    assert truth == pytest.approx(SCORES[people.metric](found.model, people.X, people.y), abs=1e-9)


def test_the_naive_choice_is_the_smallest_whose_score_reaches_the_target():
    _, found, result = searched("two classes", 0.7)
    with searching_in_process(QUICK):
        artifact, (utility,) = naive_artifact(result)
    forms = [form for outcome in result.found.outcomes for form in outcome.forms]
    smallest = min(form.size_bytes for form in forms if form.utility >= 0.7)
    assert utility in {form.utility for form in forms if form.size_bytes == smallest}
    assert abs(len(artifact) - smallest) <= 3  # trained on all rows instead of a fold's
    assert smallest <= found.size_bytes + 3


def test_rows_are_drawn_anew_for_each_number_and_alike_for_the_same():
    people = population("friedman")
    first, again, other = (people.draw(50, [seed])[1] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_limit_of_a_share_is_exact():
    assert upper_limit(0, 300) == pytest.approx(1 - 0.01 ** (1 / 300))
    assert upper_limit(13, 300) < 0.08 < upper_limit(14, 300)
    assert upper_limit(5, 5) == 1.0


def test_a_miss_is_a_true_score_below_the_target():
    run = {"setting": "friedman, 300", "target": 0.5, "certified": [10, 0.49, 0.6, 0.5, 0.7], "naive": [8, 0.6, 0.6]}
    run |= {"oracle": [5, 0.5], "estimated": [10, 0.52, 0.54, 0.53, 0.4, 0.6]}
    told = markdown([run, run | {"certified": None}], ["friedman, 300"])
    assert "1 of 2: 50.0%" in told
    assert "| 2.00 | 1.60 |" in told
    assert told.count("1 of 1: 100.0%") >= 2  # what was certified misses its target, and its interval the truth
    assert "+2.00 ± 0.00 | +1.00 ± 0.00" in told
    assert [metric_of(name) for name in ("two classes, 300", "two classes, ranked, 300")] == ["accuracy", "roc_auc"]


def test_a_run_holds_what_was_certified_tested_and_estimated_beside_the_truth():
    run = one_run(SETTINGS["friedman, 1000"], 0)
    size, truth, stated, low, high = run["certified"]
    assert [size, truth] in [test[:2] for test in run["tests"]]
    assert low <= stated <= high
    assert run["oracle"][1] >= run["target"]
    assert run["naive"][2] >= run["target"]
    assert run["estimated"][0] > 0
