"""A search with storage returns the same bytes and the same trace as one without, and trains nothing twice that it can use."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris

import automicro
from automicro.discovery import discover
from automicro.discovery.requirements import _declared, installed
from automicro.search.storage.versions import code_sha256

from .conftest import Search

PLUGIN = """
from automicro.plugin import Choice, Declined, Family, Lowered, SizeBudget, Space, hookimpl
from automicro.program import Affine, Weights
import numpy as np

class Odd(Family):
    name = "odd"
    tasks = frozenset({"classification"})

    def space(self, profile):
        ways = Choice("way", ("raise", "decline", "good"))
        return Space((ways,), portfolio=({"way": "raise"}, {"way": "decline"}, {"way": "good"}))

    def size_budget(self, parameters, profile):
        return SizeBudget(1, 10_000)

    def fit(self, parameters, data):
        if parameters["way"] == "raise":
            raise ZeroDivisionError("on purpose \\x1b[31m")
        if parameters["way"] == "decline":
            raise Declined("not today")
        weights = np.cov(data.X.T.astype(float), data.y)[-1, :-1] / (data.X.var(axis=0) + 1e-9)
        return weights, -float(weights @ data.X.mean(axis=0))

    def lower(self, model):
        return Lowered(Affine(Weights.of(model[0][None, :]), Weights.of([model[1]])), "sigmoid")

@hookimpl
def automicro_families():
    return [Odd()]
"""


def forget() -> None:
    for known in (discover, installed, _declared, code_sha256):
        known.cache_clear()
    sys.modules.pop("odd_families", None)


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    place = tmp_path / "site"
    facts = place / "odd_families-1.0.dist-info"
    facts.mkdir(parents=True)
    (place / "odd_families.py").write_text(PLUGIN)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: odd-families\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[automicro]\nodd = odd_families\n")
    monkeypatch.setattr(sys, "path", [str(place), *sys.path])
    forget()
    yield place
    forget()


def told(selection: automicro.Selection) -> dict[str, Any]:
    """Return all that is said of a search but times, and what came from where."""
    found = selection.to_dict()
    trace = [{k: v for k, v in record.items() if k not in ("seconds", "from_storage")} for record in found["trace"]]
    for record in trace:
        record.pop("latency")
        record.pop("latency_us")
    kept = {
        k: found[k] for k in ("model", "family", "parameters", "score", "expected_score", "score_interval", "prices")
    }
    return {**kept, "trace": trace}


def stored(selection: automicro.Selection) -> int:
    (note,) = (note for note in selection.notes if note.endswith("came from storage"))
    known = sum(record.from_storage for record in selection.trace)
    assert note == f"{known} of {len(selection.trace)} trials came from storage"
    assert note in repr(selection)
    return known


def data(task: str) -> dict[str, Any]:
    if task == "regression":
        X, y = load_diabetes(return_X_y=True)
        return {"X": X[:90, 2:5], "y": y[:90], "metric": "r2", "score": 0.1, "families": ("linear", "boosting")}
    X, y = load_iris(return_X_y=True)
    if task == "clustering":
        return {"X": X, "y": None, "metric": "silhouette", "score": 0.4, "families": ("cluster",)}
    return {"X": X, "y": y, "metric": "accuracy", "score": 0.9, "families": ("tree", "cluster", "linear")}


@pytest.mark.parametrize("task", ["classification", "regression", "clustering"])
def test_an_answer_is_the_same_with_without_and_from_storage(tmp_path: Path, task: str) -> None:
    request = {**data(task), "trials": 4, "seed": 1, "workers": 0}
    if task != "clustering":
        request["cv"] = 3
    alone = automicro.select(**request)
    first, again = (automicro.select(**request, storage=tmp_path) for _ in range(2))
    assert first.model.to_bytes() == again.model.to_bytes() == alone.model.to_bytes()
    assert told(first) == told(again) == told(alone)
    assert stored(first) == 0
    assert stored(again) == sum(record.status != "skipped" for record in again.trace) >= 4
    for number, predicted in first.out_of_fold.items():
        assert np.array_equal(predicted, again.out_of_fold[number], equal_nan=True)


def test_trials_that_decline_are_kept_and_those_that_fail_are_run_again(run: Search, plugin: Path) -> None:
    request = {"families": ("odd", "linear"), "trials": 6}
    alone, first, again = run(**request, storage=None), run(**request), run(**request)
    assert told(alone) == told(first) == told(again)
    statuses = [record.status for record in alone.trace]
    assert {"failed", "declined"} <= set(statuses)
    assert stored(again) == len(statuses) - statuses.count("failed")


def test_a_plugin_of_another_version_or_with_other_code_is_not_reused(run: Search, plugin: Path) -> None:
    request = {"families": ("odd", "linear"), "trials": 4}
    usable = stored(run(**request)) or stored(run(**request))
    of_linear = sum(record.family == "linear" for record in run(**request).trace)
    facts = plugin / "odd_families-1.0.dist-info" / "METADATA"
    facts.write_text(facts.read_text().replace("Version: 1.0", "Version: 2.0"))
    forget()
    assert 0 < stored(run(**request)) == of_linear < usable
    assert stored(run(**request)) == usable
    facts.write_text(facts.read_text() + "Requires-Dist: iniconfig\n")
    forget()
    assert stored(run(**request)) == of_linear
    code = plugin / "odd_families.py"
    code.write_text(code.read_text().replace("1e-9", "2e-9"))
    forget()
    assert stored(run(**request)) == of_linear


def test_another_request_shares_nothing_it_must_not(run: Search) -> None:
    first = run()
    assert len(first.trace) == 4
    assert stored(run(seed=4)) == 0
    assert stored(run(cv=4)) == 0
    assert stored(run(trials=3)) == 3


def test_what_has_no_key_is_said(run: Search, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("automicro.search.storage.store.of_family", lambda registry, name: None)
    found = run(families=("tree",))
    assert stored(found) == 0
    assert "search.storage: no trials of family 'tree' are kept: the files of its code are not known" in found.notes


CODE = """
import sys, automicro
from sklearn.datasets import load_wine
X, y = load_wine(return_X_y=True)
found = automicro.select(X[:, :4], y == 1, metric="accuracy", score=0.7, families=("linear", "tree"), trials=4, seed=3, workers=0, cv=3,
    storage=sys.argv[1])
print(sum(record.from_storage for record in found.trace))
"""


def test_another_process_finds_what_one_has_kept(run: Search, tmp_path: Path) -> None:
    run()
    command = [sys.executable, "-c", CODE, str(tmp_path / "trials")]
    environment = {**os.environ, "PYTHONHASHSEED": "77"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "4\n"


def test_an_infeasible_request_says_it_too(run: Search) -> None:
    for known in (0, 4):
        with pytest.raises(automicro.Infeasible) as error:
            run(size=1)
        total = len(error.value.trace)
        assert f"{known} of {total} trials came from storage" in error.value.notes
        assert sum(record.from_storage for record in error.value.trace) == known
