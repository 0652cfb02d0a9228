"""From what the loop found to what is returned: the smallest artifact, or the smallest that is certified."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from automicro.measure import latency_in_this_process
from automicro.search.certify import Certified, Paired, certified, refit_tasks, sequence
from automicro.search.finish import Timed, decided, raw_rows
from automicro.search.task import Outcome

if TYPE_CHECKING:
    from automicro.measure import Latency
    from automicro.request import Constraints
    from automicro.search.certify import Trust
    from automicro.search.executor import LocalExecutor
    from automicro.search.loop import Found
    from automicro.search.reference import Reference
    from automicro.search.replaying import Gate
    from automicro.search.task import Target

__all__ = ["Refits", "refits", "settle"]


@dataclass(frozen=True, eq=False)
class Refits:
    """Forms below the search's aim that were trained on all search rows after the loop."""

    outcomes: tuple[Outcome, ...] = ()

    @property
    def sound(self) -> list[Outcome]:
        """Return what misses no constraint, smallest first."""
        kept = [outcome for outcome in self.outcomes if outcome.artifact is not None and not outcome.violations]
        return sorted(kept, key=lambda outcome: (len(outcome.artifact or b""), outcome.number))


def refits(executor: LocalExecutor, found: Found, target: Target, until: float | None) -> Refits:
    """Train what the certificate needs beside the artifacts of the loop; what is not finished at `until` is given up."""
    tasks = refit_tasks(found, target)
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
    return Refits(tuple(outcomes[number] for number in sorted(outcomes)))


def _paired(trust: Trust, reference: Reference | None) -> Paired | None:
    if reference is None:
        return None
    artifact = reference.best.artifact
    return Paired(trust.predict(artifact), hashlib.sha256(artifact).hexdigest())


def settle(
    gate: Gate, trust: Trust, constraints: Constraints, made: Refits, reference: Reference | None
) -> tuple[Certified, Timed]:
    """Test artifacts that pass the gate; return the tests and the smallest that passed and is sure to be fast enough, with its latency."""
    ordered = [o for o in map(gate.passed, sequence([*gate.found.feasible, *made.sound])) if o is not None]
    result = certified(trust, constraints, ordered, _paired(trust, reference))
    if result.chosen is None:
        return result, Timed(None, None)
    rows, limit = raw_rows(gate.context), constraints.latency
    slow: list[tuple[Outcome, Latency]] = []
    passed = [step for step in result.steps if step.rejected]
    for place, step in reversed(list(enumerate(passed))):
        artifact, quantile = step.outcome.artifact or b"", constraints.latency_quantile
        latency = (
            decided(artifact, rows, limit, quantile)
            if gate.fresh
            else latency_in_this_process(artifact, rows, quantile)
        )
        if limit is None or latency.decision(limit) == "met":
            tested = (
                result.steps if not slow else tuple(passed[: place + 1])
            )  # what is too slow has no place in the certificate
            return replace(result, steps=tested), Timed(step.outcome, latency, tuple(slow))
        slow.append((step.outcome, latency))
    return replace(result, steps=()), Timed(None, None, tuple(slow))
