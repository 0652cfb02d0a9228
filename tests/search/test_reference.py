"""What ``within`` is measured against: finished, the score of what ships, and itself a candidate."""

from __future__ import annotations

import math
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import lightgbm
import numpy as np
import pytest
from sklearn.datasets import make_classification, make_friedman1
from sklearn.metrics import roc_auc_score, root_mean_squared_error

import automicro
from automicro.data import PreparationSettings, folds, hold_out, load_problem
from automicro.discovery import discover
from automicro.errors import DataError, Infeasible
from automicro.evidence import HeldOutPredictions
from automicro.result.certificate import _unpacked
from automicro.search.context import (
    Candidate,
    Outcome,
    Probe,
    QuantisedVariant,
    ReferenceOutcome,
    ReferenceTask,
    Target,
)
from automicro.search.decide.certify import Certified, Paired
from automicro.search.decide.conclude import Refits, not_contradicted
from automicro.search.reference import Limits, Member, Reference, find_reference, own_model, portfolio
from automicro.search.workers.executor import Finished

HERE = Path(__file__).parent
ONE = automicro.Search(trials=1, workers=0, seed=0)


def friedman(rows: int = 520) -> tuple[Any, Any]:
    X, y = make_friedman1(rows, n_features=6, noise=0.5, random_state=0)
    return X.astype(np.float32), y


def classes(count: int, rows: int = 520) -> tuple[Any, Any]:
    X, y = make_classification(
        rows, 8, n_informative=5, n_classes=count, n_clusters_per_class=3, flip_y=0.1, random_state=1
    )
    return X.astype(np.float32), y


def test_a_regression_is_measured_against_lightgbm_and_its_model_is_returned_where_nothing_else_is_as_good() -> None:
    X, y = friedman()
    found = automicro.select(X, y, metric="root_mean_squared_error", within=0, search=ONE)
    problem = load_problem(X, y)
    scores = [
        root_mean_squared_error(
            y[f.validation],
            lightgbm.LGBMRegressor(n_jobs=1, verbosity=-1).fit(X[f.train], y[f.train]).predict(X[f.validation]),
        )
        for f in folds(problem, 0)
    ]
    told = found.reference
    assert told is not None
    assert (told.family, told.folds, told.rows) == ("boosting", 5, 520)
    assert told.score == pytest.approx(np.mean(scores), rel=1e-4)
    assert found.target == told.score
    assert found.trace[0].family == "boosting"
    assert found.trace[0].score == told.score  # the same model on the same folds has the very same score
    assert found.trace[0].size_bytes == told.size_bytes
    assert found.score <= told.score
    assert found.model.card is not None
    assert found.model.card["reference"]["score"] == pytest.approx(told.score, rel=1e-5)


def test_with_three_classes_nothing_less_than_the_reference_is_returned() -> None:
    X, y = classes(3)
    found = automicro.select(X, y, metric="log_loss", within=0, search=ONE)
    assert found.reference is not None
    assert found.score <= found.target == found.reference.score
    assert found.trace[0].margins["score"] == 0


def test_a_certificate_is_paired_with_lightgbm_trained_on_the_search_rows() -> None:
    X, y = classes(2, 900)
    found = automicro.select(X, y, metric="roc_auc", within=0.1, certify=True, search=ONE)
    assert found.certificate is not None
    assert found.certificate.reference is not None
    searched, held = hold_out(load_problem(X, y), found.certificate.share, 0)
    model = lightgbm.LGBMClassifier(n_jobs=1, verbosity=-1).fit(X[searched], y[searched])
    told = _unpacked(found.certificate.reference, (len(held), 2))
    np.testing.assert_allclose(told, model.predict_proba(X[held]), atol=1e-5)
    assert roc_auc_score(y[held], told[:, 1]) > 0.8
    assert found.reference is not None
    assert found.reference.rows == len(searched)


def test_the_reference_s_own_model_is_certified_to_be_as_good_as_the_reference() -> None:
    X, y = friedman(1200)
    search = automicro.Search(trials=1, workers=0, seed=0, families=["boosting"])
    found = automicro.select(X, y, metric="mean_absolute_error", within=0, certify=True, search=search)
    assert found.certificate is not None
    assert found.model.card is not None
    assert found.model.card["sha256"] == found.model.card["reference"]["sha256"] == found.certificate.reference_sha256
    assert (found.certificate.steps[0].p_value, found.verdict) == (0.0, "certified")
    assert automicro.verify(found.model, X, y).p_value == 0.0


@pytest.fixture
def bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    shutil.copy(HERE / "bad_families.py", tmp_path)
    facts = tmp_path / "bad_families-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: bad-families\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[automicro]\nbad = bad_families\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    discover.cache_clear()
    yield discover().families["bad"]
    discover.cache_clear()


def test_a_family_whose_strongest_setting_kills_its_process_is_named_and_does_not_count(
    bad: Any,
) -> None:
    X, y = classes(2)
    families = ["tree", type(bad)(("decline",), {"way": "die"})]
    search = automicro.Search(trials=2, seed=0, families=families)
    found = automicro.select(X, y, metric="roc_auc", within=0.4, search=search)
    assert found.reference is not None
    assert "its process ended with code 3" in str(found.reference.members["bad"])
    assert any("family 'bad' does not count: it failed on fold" in note for note in found.notes)
    assert any("is not a candidate, since its family takes no part" in note for note in found.notes)


def test_a_strongest_setting_that_raises_is_a_reason(bad: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> object:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr(type(bad), "strongest", broken, raising=False)
    (member,) = portfolio({"bad": bad}, SimpleNamespace(), 2, 0)  # type: ignore[arg-type]  # not read
    assert member.reason == "does not count: its strongest setting raised ZeroDivisionError: on purpose"
    assert not member.is_finished


def test_without_any_strongest_setting_an_absolute_score_is_asked_for() -> None:
    with pytest.raises(DataError, match="no family has one: give an absolute score"):
        find_reference(Script([]), CONTEXT, [], Limits(0.0, None, 0.6, 0.2, 2))  # type: ignore[arg-type]  # stand-ins


CONTEXT = SimpleNamespace(
    folds=(SimpleNamespace(train=np.arange(80_000)),) * 2,
    problem=SimpleNamespace(rows=120_000, table=SimpleNamespace(columns=(None,) * 30)),
)


End = tuple[str, int | str | None, Any]


class Script:
    """Stands in for the workers: ends tasks as they are listed, (family, fold or the probe, result), then nothing in time."""

    def __init__(self, ends: list[End]) -> None:
        self.ends, self.tasks, self.cancelled = ends, {}, []

    def submit(self, number: int, task: Any, *, limited: bool = True) -> None:
        self.tasks[task.candidate.family, task.fold if isinstance(task, ReferenceTask) else "probe"] = number

    def next_finished(self, until: float | None = None) -> Finished | None:
        if not self.ends:
            return None
        family, place, result = self.ends.pop(0)
        number = self.tasks[family, place]
        return Finished(number, None, result) if isinstance(result, str) else Finished(number, result)

    def cancel(self, number: int) -> None:
        self.cancelled.append(number)


def member(family: str, *, required: bool) -> Member:
    return Member(Candidate(0, family, {}, PreparationSettings(), 0), required, [math.nan] * 2)


def outcome(utility: float = 0.9, seconds: float = 4.0) -> ReferenceOutcome:
    return ReferenceOutcome(b"model", utility, np.zeros(3), seconds)


def race(ends: list[End], seconds: float | None = 10.0) -> Reference:
    members = [member("late", required=False), member("sure", required=True)]
    limits = Limits(time.monotonic(), seconds, 0.5, 0.2, 2)
    return find_reference(Script(ends), CONTEXT, members, limits)  # type: ignore[arg-type]  # stand-ins


ALL = [("sure", 0, outcome(0.8)), ("sure", 1, outcome(0.6)), ("sure", None, outcome(0.0, 6.0))]


def test_what_is_not_required_does_not_count_where_it_is_late() -> None:
    found = race([*ALL, ("late", 0, outcome(0.99))])
    assert found.best.family == "sure"
    assert found.best.utility == pytest.approx(0.7)
    assert found.notes == [
        "reference: family 'late' does not count: it finished 1 of 2 folds within its part of the time"
    ]


@pytest.mark.parametrize("ends", [ALL[:1], ALL[:2], ALL[1:]])
def test_an_unfinished_reference_is_no_answer_and_names_the_seconds(ends: list[Any]) -> None:
    with pytest.raises(
        Infeasible, match=r"family 'sure' finished \d of 2 folds in .* s: give at least \d+ s"
    ) as raised:
        race(list(ends))
    assert raised.value.binding == ("within",)
    # 2 folds and 1.5 times as many rows, 4 s each, on both workers, the longest at the end: 11 s, that may be half of the time
    assert raised.value.nearest["within"]["seconds"] == pytest.approx(1.15 * 11 / 0.5, abs=1)


def test_where_no_fold_is_finished_a_training_of_few_rows_says_how_long_one_takes() -> None:
    with pytest.raises(Infeasible) as raised:
        race([("sure", "probe", Probe(4.0, 0.5))])
    assert raised.value.nearest["within"] == {"family": "sure", "folds": 0, "seconds": math.ceil(1.15 * 11 / 0.5)}


def test_a_required_member_that_fails_is_no_reference() -> None:
    with pytest.raises(
        Infeasible, match="family 'sure' does not count: it failed on fold 1: out of memory: give an absolute score"
    ):
        race([("sure", 0, "out of memory")], seconds=None)


def test_a_model_of_a_family_that_takes_no_part_is_no_candidate() -> None:
    reference = Reference((member("sure", required=True),), 10, 1.0)
    assert own_model(Script([]), reference, {}, Target(0.0), None) is None  # type: ignore[arg-type]  # stand-ins
    assert reference.notes == [
        "reference: the model of 'sure' is not a candidate, since its family takes no part in the search"
    ]
    assert own_model(Script([]), None, {}, Target(0.0), None) is None  # type: ignore[arg-type]  # stand-ins


def test_where_held_out_rows_are_harder_a_model_as_good_as_the_reference_there_is_not_contradicted() -> None:
    y = np.arange(1000) % 2
    codes = np.where(
        np.arange(1000) < 800, y, 1 - y
    )  # the reference is right on 800 rows of 1,000, and was on 90 % of the search rows
    theirs = np.eye(2)[codes]
    certification: Any = SimpleNamespace(
        held=np.arange(1000),
        seed=0,
        held_out=lambda metric, prediction: HeldOutPredictions(metric, y, prediction),
        predict=lambda artifact: np.eye(2)[
            np.where(np.arange(1000) < (10 if artifact == b"near" else 100), 1 - codes, codes)
        ],
    )
    near, far = (
        Outcome(k, "feasible", form=QuantisedVariant("a", "b", 0.89, 9), artifact=a)
        for k, a in enumerate((b"near", b"far"))
    )
    replaced: list[tuple[Outcome, Outcome]] = []
    replay_check: Any = SimpleNamespace(
        context=SimpleNamespace(metric="accuracy", folds=folds(load_problem(np.arange(40.0)[:, None], y[:40]), 0)),
        found=SimpleNamespace(
            feasible=[near, far], order=lambda o: o.number, replace=lambda old, new: replaced.append((old, new))
        ),
    )
    asked = automicro.Constraints(metric="accuracy", within=0.05, latency="1s")
    tested = Certified(certification, (), Paired(theirs, ""))
    target = Target(0.855)
    assert not_contradicted(replay_check, tested, asked, Refits(), target) == [near]  # 0.79 of 0.76; the other has 0.70
    assert [(old.number, "0.7 on 1,000 held-out rows" in new.reason) for old, new in replaced] == [(1, True)]
