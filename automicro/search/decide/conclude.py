"""From what the loop found to what is returned: the smallest artifact, or the smallest that is certified."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from automicro.measure import score
from automicro.search.context import Outcome, State
from automicro.search.decide.certify import Certified, Paired, certified, likely, refit_tasks, sequence
from automicro.search.decide.estimate import Estimate, combined, cross_validated, on_held_out
from automicro.search.decide.latency import LatencyDecision, measured_latency, raw_rows
from automicro.search.requirements.scores import Score

if TYPE_CHECKING:
    from automicro.measure import Latency
    from automicro.request import Constraints
    from automicro.search.context import Context, Target
    from automicro.search.decide.certify import CertificationSplit
    from automicro.search.decide.replay_check import ReplayCheck
    from automicro.search.history import SearchHistory
    from automicro.search.reference import Reference
    from automicro.search.workers.executor import LocalExecutor

__all__ = ["Refits", "not_contradicted", "refits", "select_certified"]

MOST_COMPARED = 12  # artifacts that are compared with the held-out rows where none is certified


@dataclass(frozen=True, eq=False)
class Refits:
    """Forms below the search's aim that were trained on all search rows after the loop."""

    outcomes: tuple[Outcome, ...] = ()

    @property
    def sound(self) -> list[Outcome]:
        """Return what misses no constraint, smallest first."""
        kept = [outcome for outcome in self.outcomes if outcome.artifact is not None and not outcome.missed]
        return sorted(kept, key=lambda outcome: (len(outcome.artifact or b""), outcome.number))


def refits(
    executor: LocalExecutor, context: Context, found: SearchHistory, target: Target, until: float | None
) -> Refits:
    """Train what the certificate needs beside the artifacts of the loop; what is not finished at `until` is given up."""
    tasks = refit_tasks(found, target, context.requirements)
    first = 1 + max(found.candidates, default=0)
    for place, task in enumerate(tasks):
        executor.submit(first + place, task)
    outcomes: dict[int, Outcome] = {}
    waiting = len(tasks)
    while waiting and (finished := executor.next_finished(until)) is not None:
        if finished.number < first:
            continue  # a trial that was under way when the loop ended
        waiting -= 1
        if isinstance(finished.result, Outcome):
            outcomes[finished.number] = finished.result
    return Refits(tuple(outcomes[number] for number in sorted(outcomes) if found.allows(outcomes[number])))


def _paired(certification: CertificationSplit, reference: Reference | None) -> Paired | None:
    if reference is None:
        return None
    artifact = reference.best.artifact
    return Paired(certification.predict(artifact), hashlib.sha256(artifact).hexdigest())


def select_certified(
    replay_check: ReplayCheck,
    certification: CertificationSplit,
    constraints: Constraints,
    made: Refits,
    reference: Reference | None,
    until: float | None = None,
) -> tuple[Certified, LatencyDecision]:
    """Test artifacts that pass the gate; return the tests and the smallest that passed and is sure to be fast enough, with its latency.

    `until` says when latency must have been measured, on the clock `time.monotonic`.
    """
    ordered = [
        o for o in map(replay_check.passed, sequence([*replay_check.found.feasible, *made.sound])) if o is not None
    ]
    tested = likely(ordered, replay_check.context, replay_check.target, certification, constraints)
    result = certified(certification, constraints, tested or ordered[:1], _paired(certification, reference))
    if not tested:
        result = result.in_vain
    if result.chosen is None:
        return result, LatencyDecision(None, None)
    rows, limit = raw_rows(replay_check.context), constraints.latency
    slow: list[tuple[Outcome, Latency]] = []
    while (place := result.place) is not None:
        outcome = result.steps[place].outcome
        latency = measured_latency(replay_check, outcome, rows, (limit, constraints.latency_quantile), until)
        if latency is None or limit is None or latency.decision(limit) == "met":
            return result, LatencyDecision(outcome, latency, tuple(slow))
        slow.append((outcome, latency))
        result = replace(result, too_slow=result.too_slow | {place})
    return result, LatencyDecision(None, None, tuple(slow))


def not_contradicted(
    replay_check: ReplayCheck, tested: Certified, constraints: Constraints, made: Refits, target: Target
) -> list[Outcome]:
    """Return artifacts, the best first, whose score is at least the target by cross-validation and held-out rows together.

    Artifacts that the held-out rows contradict are left out, and their outcomes get that reason: the upper end of the interval
    of their score on these rows, at the requested confidence, is below the target. With `within` the target on these rows is
    relative to the score of the reference's own model on the same rows.
    """
    metric, sign, certification = replay_check.context.metric, constraints.measured.sign, tested.certification
    easier = sign * (target.utility - _utility_on_held_out(tested, constraints, target))
    candidates = sorted([*replay_check.found.feasible, *made.sound], key=replay_check.found.order)
    kept: list[Outcome] = []
    for outcome in candidates[:MOST_COMPARED]:
        held = on_held_out(certification, metric, outcome, constraints.confidence)
        seen, held = held, Estimate(held.value + easier, held.low + easier, held.high + easier)
        if (most := max(sign * held.low, sign * held.high)) < target.utility:
            replay_check.found.replace(outcome, _contradicted(outcome, seen, len(certification.held), most, target))
            continue
        crossed = cross_validated(replay_check.context, outcome, constraints.confidence, certification.seed)
        if sign * combined(crossed, held, constraints.confidence).value >= target.utility:
            kept.append(outcome)
            if constraints.latency is None:
                break
    return kept


def _utility_on_held_out(tested: Certified, constraints: Constraints, target: Target) -> float:
    """Return the utility to reach on the held-out rows."""
    if tested.reference is None:
        return target.utility
    held_out = tested.certification.held_out(constraints.measured.name, tested.reference.prediction)
    limit = constraints.limit(score(held_out.metric, held_out.y, held_out.prediction, held_out.weights))
    return constraints.measured.sign * limit if math.isfinite(limit) else target.utility


def _contradicted(outcome: Outcome, held: Estimate, rows: int, most: float, target: Target) -> Outcome:
    reason = f"{held.value:.4g} on {rows:,} held-out rows ({held.low:.4g} to {held.high:.4g}) contradicts its cross-validated score"
    return replace(
        outcome,
        status=State.INFEASIBLE,
        reason=reason,
        values={**outcome.values, Score.key: most},
        missed=(target.utility - most) / target.scale,
    )
