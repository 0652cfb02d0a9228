"""Three ways to be sure of a score: estimated by cross-validation, certified on held-out rows, and of clusters by indices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from automicro.search.context import Target, offsets_of
from automicro.search.decide.certify import SafetyMargin
from automicro.search.decide.conclude import Refits, not_contradicted, refits, select_certified
from automicro.search.decide.latency import LatencyDecision, decide_latency

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.measure import StructureTest
    from automicro.request import Constraints
    from automicro.search.context import Context, Outcome
    from automicro.search.decide.certify import CertificationSplit, Certified
    from automicro.search.decide.replay_check import ReplayCheck
    from automicro.search.history import SearchHistory
    from automicro.search.reference import Reference
    from automicro.search.workers.executor import LocalExecutor

__all__ = ["Clustering", "Estimation", "HeldOutTest"]


@dataclass(frozen=True, eq=False)
class Estimation:
    """The score is estimated by cross-validation of all rows.

    The steps, here as in the other strategies: `target` and `margin` before the loop, `trained_after` it, and `concluded` when the workers
    have ended.
    """

    context: Context
    constraints: Constraints
    seed: int
    certifies: ClassVar[bool] = False

    def target(self, reference: Reference | None) -> Target:
        """Return the utility to reach: the stricter of the score and what the reference requires."""
        sign = self.constraints.measured.sign
        limit = self.constraints.limit(None if reference is None else sign * reference.best.utility)
        offsets = () if reference is None else offsets_of(reference.best.fold_utilities)
        return Target(sign * limit, offsets)

    def margin(self) -> SafetyMargin | None:
        """Return how far above the target the search aims."""
        return SafetyMargin.of(self.constraints, self.context.problem.rows, None, self.seed)

    def trained_after(
        self, executor: LocalExecutor, found: SearchHistory, target: Target, until: float | None
    ) -> Refits:
        """Return what is trained when the loop has ended: nothing."""
        del executor, found, target, until
        return Refits()

    def concluded(
        self, gate: ReplayCheck, made: Refits, reference: Reference | None, until: float | None
    ) -> tuple[Certified | None, LatencyDecision]:
        """Return the tests on held-out rows, and what is returned with its latency, which must be measured at `until`."""
        del made, reference
        return None, self.timed(gate, gate.found.feasible, until)

    def timed(self, gate: ReplayCheck, feasible: Sequence[Outcome], until: float | None) -> LatencyDecision:
        """Return the first artifact that is sure to be fast enough."""
        limit = self.constraints.latency
        timed = decide_latency(gate, feasible, limit, self.constraints.latency_quantile, until)
        return timed.or_undecided(limit) if gate.found.untimed else timed


@dataclass(frozen=True, eq=False)
class HeldOutTest(Estimation):
    """The score is tested on rows that are held out; where nothing passes and the request allows it, it is estimated."""

    certification: CertificationSplit
    certifies: ClassVar[bool] = True

    def margin(self) -> SafetyMargin | None:
        """Return how far above the target the search aims, so that the test passes."""
        held = len(self.certification.held)
        return SafetyMargin.of(self.constraints, self.context.problem.rows, held, self.seed)

    def trained_after(
        self, executor: LocalExecutor, found: SearchHistory, target: Target, until: float | None
    ) -> Refits:
        """Return what the certificate needs beside the artifacts of the loop."""
        return Refits() if found.interrupted else refits(executor, self.context, found, target, until)

    def concluded(
        self, gate: ReplayCheck, made: Refits, reference: Reference | None, until: float | None
    ) -> tuple[Certified | None, LatencyDecision]:
        """Return the tests, and the smallest artifact that passed, or that the held-out rows do not contradict."""
        certificate, timed = select_certified(gate, self.certification, self.constraints, made, reference, until)
        if timed.outcome is None and self.constraints.certify == "auto":
            left = not_contradicted(gate, certificate, self.constraints, made, gate.target)
            timed = self.timed(gate, left, until)
        return certificate, timed


@dataclass(frozen=True, eq=False)
class Clustering(Estimation):
    """Indices of the partition decide: those of the request, and more than structureless rows have."""

    partition: Target
    structure: StructureTest

    def target(self, reference: Reference | None) -> Target:
        """Return the least value of the index that is the metric."""
        del reference
        return self.partition

    def margin(self) -> None:
        """Return none: an index has no standard error of rows."""
