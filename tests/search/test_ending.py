"""How a search ends: latency decided last, interrupted, out of time; what it then says of every candidate."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes

import automicro
from automicro.data import load_problem, profile
from automicro.discovery import discover
from automicro.measure import Latency
from automicro.measure.latency.quantiles import QuantileInterval, Run
from automicro.report import infeasible_text
from automicro.search.context import Outcome, QuantisedVariant, Target
from automicro.search.decide import certify
from automicro.search.decide import latency as finish
from automicro.search.history import SearchHistory
from automicro.search.loop import Goal, Loop

GATE: Any = SimpleNamespace(
    context=None, fresh=True, passed=lambda outcome: outcome, found=SearchHistory()
)  # lets everything pass; no rows are read
QUICK = automicro.Search(trials=1, families=["linear"])


def measured(p99_us: float, cpu_share: float = 1.0, apart: float = 0.0) -> Latency:
    def times(place: int) -> tuple[float, ...]:
        return p99_us / 3, p99_us / 2, p99_us + apart * (place - 3)

    return Latency(
        0.99,
        tuple(
            Run(
                tuple(QuantileInterval(q, t, t, t) for q, t in zip((0.5, 0.95, 0.99), times(place), strict=True)),
                p99_us / 4,
                400,
                cpu_share,
            )
            for place in range(7)
        ),
    )


@pytest.fixture(scope="module")
def table() -> tuple[Any, Any]:
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    return X.iloc[:300, :6], y.iloc[:300]


def test_latency_binds_where_only_the_fresh_process_was_too_slow(
    table: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finish, "decided", lambda *_: measured(3000.0))
    with pytest.raises(automicro.Infeasible) as raised:
        automicro.select(*table, metric="roc_auc", score=0.8, latency="2ms", search=QUICK)
    assert raised.value.binding == ("latency",)
    assert raised.value.nearest["latency"]["margins"] == pytest.approx({"latency": -0.5, "score": 0.2}, abs=0.1)
    assert "3000 us" in str(raised.value)


def test_an_interrupt_while_latency_is_measured_keeps_the_model(
    table: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(finish, "decided", interrupted)
    found = automicro.select(*table, metric="roc_auc", score=0.8, latency="2ms", search=QUICK)
    assert found.interrupted
    assert found.latency is None
    assert np.isnan(found.latency_us)
    assert "the search was interrupted before the latency limit of 2000 us was tested" in found.notes
    assert str(found).startswith("interrupted ")
    assert found.frontier[0].model == found.model
    assert found.model.card is not None
    assert found.model.card["interrupted"] is True


def test_a_busy_machine_is_told(table: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finish, "decided", lambda *_: measured(5.0, cpu_share=0.5))
    found = automicro.select(*table, metric="roc_auc", score=0.8, latency="2ms", search=QUICK)
    assert found.latency_us == 5.0
    assert any(
        "busy while latency was measured, processes had a processor 50% of the time" in note for note in found.notes
    )


def test_what_cannot_be_decided_is_neither_met_nor_missed(
    table: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finish, "decided", lambda *_: measured(1900.0, apart=100.0))
    with pytest.raises(
        automicro.Infeasible,
        match=r"we cannot decide whether 2000 us are kept: .* would decide: require a latency outside",
    ) as raised:
        automicro.select(*table, metric="roc_auc", score=0.8, latency="2ms", search=QUICK)
    assert raised.value.binding == ("latency",)
    shown = infeasible_text(raised.value)
    assert "latency 1600 to 2200 us, which contains the limit of 2000 us" in shown
    assert "missed by" not in shown
    reasons = [record.reason for record in raised.value.trace if record.latency]
    assert reasons[0].startswith(
        "cannot decide whether 2000 us are kept: p99 is 1900 us, 1600 to 2200 us in 7 processes"
    )


def test_a_smaller_model_that_could_not_be_decided_on_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([measured(39.0, apart=1.0), measured(20.0)])
    monkeypatch.setattr(finish, "decided", lambda *_: next(answers))
    monkeypatch.setattr(finish, "raw_rows", lambda _: [])
    feasible = [Outcome(n, "feasible", artifact=bytes(n + 1), latency_us=1.0) for n in range(2)]
    timed = finish.decide_latency(GATE, feasible, 40.0, 0.99)
    assert timed.outcome is feasible[1]
    told = finish.doubts(timed, 40.0, untimed="")
    assert told[0].startswith("a model of 1 bytes was passed over: cannot decide whether 40 us are kept")


def test_processes_are_added_until_they_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    close, clear = measured(39.0, apart=1.0), measured(20.0)
    monkeypatch.setattr(finish, "latency_in_fresh_processes", lambda *_, runs: replace(close, runs=close.runs[:runs]))
    added = iter([close.runs[1:], clear.runs, clear.runs])
    monkeypatch.setattr(finish, "more_runs", lambda known, *_: replace(known, runs=(*known.runs, *next(added))))
    assert len(finish.decided(b"", [], 40.0, 0.99).runs) == 14
    added = iter([close.runs[1:]])
    assert len(finish.decided(b"", [], 40.0, 0.99, until=time.monotonic()).runs) == 7
    assert len(finish.decided(b"", [], 5.0, 0.99).runs) == 1
    assert len(finish.decided(b"", [], None, 0.99).runs) == 3
    assert len(finish.decided(b"", [], None, 0.99, until=time.monotonic()).runs) == 1


def test_the_smallest_are_timed_first_and_then_the_fastest(monkeypatch: pytest.MonkeyPatch, table: Any) -> None:
    tried: list[bytes] = []

    def slow(artifact: bytes, *_: Any) -> Any:
        tried.append(artifact)
        return measured(50.0)

    monkeypatch.setattr(finish, "decided", slow)
    monkeypatch.setattr(finish, "raw_rows", lambda _: [])
    feasible = [Outcome(n, "feasible", artifact=bytes([n]), latency_us=100.0 - n) for n in range(12)]
    timed = finish.decide_latency(GATE, feasible, 40.0, 0.99)
    assert [artifact[0] for artifact in tried] == [0, 1, 2, 3, 11, 10, 9, 8]
    assert timed.outcome is None
    tried.clear()
    finish.decide_latency(GATE, feasible, 40.0, 0.99, until=time.monotonic())
    assert len(tried) == 1


class NeverDone:
    """An executor whose tasks do not end."""

    task_seconds = None

    def submit(self, number: int, task: object) -> None:
        """Take a task."""

    def next_finished(self, until: float | None) -> None:
        return None


class Deaf:
    def update(self, *_: object) -> None:
        """Hear of a trial."""


def test_candidates_under_way_at_the_end_are_in_the_trace() -> None:
    problem = load_problem(*load_diabetes(return_X_y=True))
    facts = profile(problem)
    families = {"linear": discover().families["linear"]}
    loop = Loop(families, facts, Goal(Target(0.4), 5), seed=0)
    found = loop.run(NeverDone(), None, lambda found: time.monotonic() + 60, Deaf())  # type: ignore[arg-type]  # what the loop calls
    assert [outcome.number for outcome in found.outcomes] == sorted(found.candidates)
    assert {(outcome.status, outcome.reason) for outcome in found.outcomes} == {
        ("abandoned", "under way when the search ended: time is up")
    }


def test_a_hard_first_fold_is_no_proof() -> None:
    X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    search = automicro.Search(trials=2, seed=3, families=["linear"])
    found = automicro.select(X[:120], y[:120], metric="r2", score=0.33, search=search)
    assert found.score >= 0.33


def outcome_of(number: int, utility: float, size: int) -> Outcome:
    return Outcome(number, "feasible", "", form=QuantisedVariant("k", "float32", utility, size), artifact=bytes(size))


@pytest.mark.parametrize(
    ("outcomes", "best"),
    [
        ([(0.84, 9), (0.861, 90), (0.87, 120)], 2),  # the smallest that reaches the aim
        ([(0.831, 9), (0.84, 50), (0.838, 40)], 2),  # none does: the surest
        ([(0.831, 9)], 1),
    ],
)
def test_the_smallest_that_reaches_the_margin_wins_or_else_the_surest(
    outcomes: list[tuple[float, int]], best: int
) -> None:
    made = [outcome_of(number + 1, utility, size) for number, (utility, size) in enumerate(outcomes)]
    incumbent = SearchHistory(outcomes=made, aim=0.86, floor=0.83).incumbent
    assert incumbent is not None
    assert incumbent.number == best


@pytest.mark.parametrize(
    ("metric", "asked", "raised"),
    [("r2", 0.4, 0.42), ("r2", 0.99, 0.995), ("root_mean_squared_error", -1.0, -0.98), ("brier_score", -0.01, -0.005)],
)
def test_the_aim_is_some_errors_above_the_target_but_at_most_half_way_to_the_best(
    monkeypatch: pytest.MonkeyPatch, metric: str, asked: float, raised: float
) -> None:
    monkeypatch.setattr(certify, "score_interval", lambda *_: (0.51, 0.55))
    context: Any = SimpleNamespace(metric=metric, folds=[SimpleNamespace(validation=np.arange(400))])
    aim = certify.SafetyMargin(errors=0.5, certified_rows=100)  # an error on a quarter of the rows is twice as large
    target = aim.raised(Target(asked), context, np.zeros((1, 400)))
    assert (target.utility, target.floor) == pytest.approx((raised, asked))


def test_a_margin_that_cannot_be_told_leaves_the_target_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certify, "score_interval", lambda *_: (np.nan, np.nan))
    context: Any = SimpleNamespace(metric="r2", folds=[SimpleNamespace(validation=np.arange(400))])
    assert certify.SafetyMargin(0.5, 400).raised(Target(0.4), context, np.zeros((1, 400))) == Target(0.4)


def test_the_first_trial_that_tells_an_aim_settles_it() -> None:
    loop = Loop({}, None, Goal(Target(0.4), 5, aim=certify.SafetyMargin(0.5, 100)), seed=0)  # type: ignore[arg-type]  # nothing is drawn
    loop._aimed(replace(outcome_of(0, 0.5, 60), aim=None))
    assert loop.found.aim == -np.inf
    loop._aimed(replace(outcome_of(1, 0.5, 60), aim=0.43))
    loop._aimed(replace(outcome_of(2, 0.5, 60), aim=0.49))
    assert (loop.found.aim, loop.found.floor) == (0.43, 0.4)
    assert (loop._target.utility, loop._target.floor) == (0.43, 0.4)


def test_a_trial_that_is_trained_tells_an_aim(table: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    judge = Loop._aimed

    def listened(self: Loop, outcome: Outcome) -> None:
        seen.append(outcome.aim)
        judge(self, outcome)

    monkeypatch.setattr(Loop, "_aimed", listened)
    automicro.select(*table, metric="roc_auc", score=0.8, search=QUICK)
    assert 0.8 < seen[0] < 0.9
