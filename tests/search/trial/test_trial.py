"""What a trial says when no form both passes and wins, and how it goes through many variants."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from automicro.search.context import Candidate, Context, Outcome, QuantisedVariant, Target, TrialTask
from automicro.search.decide.frontier import better_of
from automicro.search.requirements.requirements import Requirements
from automicro.search.requirements.structure import MostColumns
from automicro.search.trial import trial
from automicro.search.trial.variant_scores import VariantScores


class Forms:
    """Stands in for the forms of a candidate: every variant takes 50 bytes, and scores what is given."""

    def __init__(self, utilities: dict[str, float]) -> None:
        self.scored = utilities
        self.folds = 2
        self.screened_rows = 1000
        self.keys = tuple(utilities)
        self.precisions = {"fine": None}

    def screen(self, keys: list[str]) -> dict[str, float]:
        return dict.fromkeys(keys, 0.81) if len(keys) > 1 else {key: self.scored[key] for key in keys}

    def utilities(self, key: str, precision: str, at_least: float = -np.inf) -> tuple[float, ...]:
        return (self.scored[key],) * 2

    def size_bytes(self, key: str, precision: str) -> int:
        return 50

    def program(self, key: str, precision: str, fold: int = 0) -> str:
        return key

    def by_size(self, keys: list[str], limit: int | None) -> list[tuple[int, str, str]]:
        return [(50, key, "fine") for key in keys if limit is None or limit > 50]

    def form(self, key: str, precision: str, utilities: tuple[float, ...]) -> QuantisedVariant:
        return QuantisedVariant(key, precision, utilities[0], 50)

    def out_of_fold(self, form: QuantisedVariant) -> None:
        return None


def names(passing: Any, below: Any, _forms: Any) -> list[str]:
    """Return which forms are trained on all rows: those that reach the margin in capitals."""
    return [*(form.key.upper() for form, _ in passing), *(form.key for form, _ in below)]


def checked(monkeypatch: pytest.MonkeyPatch, utilities: dict[str, float], incumbent: int | None, **more: Any) -> Any:
    monkeypatch.setattr(trial, "with_training_utilities", lambda _context, _table, form: form)
    candidate = Candidate(0, "linear", {}, None, 0)  # type: ignore[arg-type]  # not prepared here
    problem: Any = SimpleNamespace(task="classification")
    context = Context(problem, (None, None), "accuracy", Requirements(more.pop("required", ())))  # type: ignore[arg-type]  # not trained on
    monkeypatch.setattr(trial, "VariantScores", lambda _context: Forms(utilities))
    made = trial._Trial(context, None, TrialTask(candidate, Target(0.8), incumbent, **more))  # type: ignore[arg-type]  # not trained
    monkeypatch.setattr(made, "_refit", lambda *scored: made._outcome("feasible", ",".join(names(*scored))))
    return made._judge(dict.fromkeys(utilities, 0.81))


def test_what_passes_but_is_too_large_does_not_miss_the_score(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = checked(monkeypatch, {"a": 0.9}, incumbent=20)
    assert (outcome.status, outcome.missed) == ("too_large", 0)
    assert outcome.reason == "reaches the score in no form smaller than the incumbent of 20 bytes"


def test_a_variant_behind_many_that_just_fail_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    utilities = {f"{n:02d}": 0.7999 for n in range(25)} | {"25": 0.8001}
    assert checked(monkeypatch, utilities, incumbent=None).reason == "25"


def test_what_just_fails_misses_the_score(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = checked(monkeypatch, {"a": 0.79}, incumbent=None)
    assert outcome.status == "infeasible"
    assert outcome.missed == pytest.approx(0.0125)


class ThreePointsMore:
    """Stands in for an aim: three points above the target, whatever the predictions say."""

    def raised(self, target: Target, context: object, out_of_fold: object) -> Target:
        return replace(target, utility=target.utility + 0.03, floor=target.utility)


@pytest.mark.parametrize(
    ("utilities", "taken"),
    [
        ({"a": 0.81, "b": 0.82, "c": 0.84}, "C,b,a"),  # c reaches the aim, and the others may be as small and more
        ({"a": 0.81, "b": 0.82}, "b,a"),
    ],
)
def test_a_trial_that_is_not_told_how_high_to_aim_finds_out_itself(
    monkeypatch: pytest.MonkeyPatch, utilities: dict[str, float], taken: str
) -> None:
    assert checked(monkeypatch, utilities, incumbent=None, aim=ThreePointsMore()).reason == taken
    assert checked(monkeypatch, utilities, incumbent=None).reason.startswith("A,B")


@pytest.mark.parametrize(
    ("known", "trained"),
    [
        ((), "below"),
        (((50, 0.81),), "below"),
        (((50, 0.82),), ""),
        (((49, 0.9),), ""),
        (((51, 0.9),), "below"),
    ],
)
def test_a_form_below_the_margin_is_trained_on_all_rows_unless_an_artifact_beats_it(
    monkeypatch: pytest.MonkeyPatch, known: tuple[tuple[int, float], ...], trained: str
) -> None:
    outcome = checked(monkeypatch, {"below": 0.82}, incumbent=60, aim=ThreePointsMore(), known=known)
    assert outcome.reason == trained
    assert trained or (outcome.status, outcome.missed, outcome.form.utility) == ("below_margin", 0, 0.82)


@pytest.mark.parametrize(("meets", "became"), [(1, "A"), (None, "misses max_columns by 50.0%")])
def test_a_form_is_dropped_for_its_structure_only_if_the_models_of_all_folds_miss_a_limit(
    monkeypatch: pytest.MonkeyPatch, meets: int | None, became: str
) -> None:
    read = {0: 4.0, 1: 3.0} | ({} if meets is None else {meets: 2.0})
    monkeypatch.setattr(Forms, "program", lambda _self, _key, _precision, fold=0: fold)
    monkeypatch.setattr(MostColumns, "measured", lambda _self, examined: read[examined.program])
    assert checked(monkeypatch, {"a": 0.9}, incumbent=None, required=(MostColumns(2),)).reason == became


@pytest.mark.parametrize(
    ("utilities", "scored"),
    [
        ([0.36, 0.34, 0.45, 0.45, 0.45], 5),  # rounding takes much in two folds, and nothing in the others
        ([0.30, 0.30, 0.30, 0.30, 0.30], 3),
        ([0.42, 0.42, 0.42, 0.42, 0.42], 5),
    ],
)
def test_a_form_is_scored_on_further_folds_while_its_mean_may_reach_the_target(
    monkeypatch: pytest.MonkeyPatch, utilities: list[float], scored: int
) -> None:
    table = VariantScores(SimpleNamespace())  # type: ignore[arg-type]  # nothing is evaluated
    monkeypatch.setattr(table, "_folds", [None] * 5)
    monkeypatch.setattr(table, "_screened", [{"a": 0.42}] * 5)
    monkeypatch.setattr(table, "fold_utility", lambda _key, _precision, fold: utilities[fold])
    assert len(table.utilities("a", "3-bit", 0.41)) == scored


def of_size(size: int, utility: float, **missed: float) -> Outcome:
    return Outcome(
        0, "feasible", form=QuantisedVariant("k", "p", utility, size), artifact=bytes(size), missed=sum(missed.values())
    )


def test_of_two_trainings_of_a_candidate_the_smaller_artifact_is_its_result() -> None:
    free, within, excluded_columns = of_size(15, 0.9), of_size(14, 0.85), of_size(9, 0.9, max_columns=0.5)
    best = better_of(free, within, 0.8)
    assert (len(best.artifact or b""), [len(other.artifact or b"") for other in best.others]) == (14, [15])
    assert better_of(excluded_columns, within, 0.8).artifact == within.artifact
    assert better_of(excluded_columns, Outcome(0, "given_up", missed=0.1), 0.8).status == "given_up"
