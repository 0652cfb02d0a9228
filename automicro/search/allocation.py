"""Shares the trials between families by what each still promises."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from automicro.search.space import candidate_space, own_parameters, preparation_settings
from automicro.search.study import FamilyStudy, Proposal
from automicro.search.task import Candidate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automicro.plugin import Family, Profile
    from automicro.search.task import Outcome

__all__ = ["Allocation"]

FAILURES_IN_A_ROW = 3
LEAST_SHARE = 0.08


@dataclass
class _Share:
    """What one family has done so far."""

    family: Family
    study: FamilyStudy
    proposed: int = 0
    spent: float = 0.0
    told: int = 0
    best_bytes: float = float("inf")
    least_missed: float = float("inf")
    failures: int = 0
    out: str = ""
    pending: dict[int, Proposal] = field(default_factory=dict)

    @property
    def cost(self) -> float:
        """What was spent, and what the trials under way will take if they are like those before."""
        return self.spent + (len(self.pending) + 1) * (self.spent / self.told if self.told else 1.0)

    def weight(self, incumbent_bytes: float) -> float:
        """Return the share of the effort that this family deserves, relative to the others."""
        if self.proposed < len(self.study.space.portfolio):
            return 1.0
        if self.best_bytes < float("inf"):
            ratio = incumbent_bytes / self.best_bytes
            return max(ratio * math.sqrt(ratio), LEAST_SHARE)
        if self.least_missed < float("inf"):
            scale = 1.0 if incumbent_bytes == float("inf") else 0.4
            return max(scale / (1.0 + 20.0 * self.least_missed), LEAST_SHARE)
        return 1.0


class Allocation:
    """Draws candidates from the families' studies; a function of the seed and of what it is told, in order.

    All families have equal shares until their portfolios are tried. Later a family gets effort in proportion to a weight: the bytes of
    the incumbent over the least bytes of the family, or, before it has a feasible model, by how near it came. Effort is counted in
    trials, or in seconds if the search is `timed` (bounded by the clock alone, so that it need not be repeatable). A family that fails
    three times in a row is left out.
    """

    def __init__(
        self, families: Mapping[str, Family], profile: Profile, seed: int, *, timed: bool = False, sampler: str = "tpe"
    ) -> None:
        self._seed, self._timed = seed, timed
        self._number = 0
        self._shares = {
            name: _Share(family, FamilyStudy(candidate_space(family, profile), seed + place, sampler))
            for place, (name, family) in enumerate(sorted(families.items()))
        }

    def ask(self) -> Candidate | None:
        """Return the next candidate; None if every family is exhausted or left out."""
        while ready := {name: share for name, share in self._shares.items() if not share.out}:
            incumbent = min(share.best_bytes for share in ready.values())
            name = min(ready, key=lambda n: (ready[n].cost / ready[n].weight(incumbent), n))
            share = ready[name]
            proposal = share.study.propose()
            if proposal is None:
                share.out = "its space is exhausted"
                continue
            share.proposed += 1
            number, self._number = self._number, self._number + 1
            share.pending[number] = proposal
            setting = proposal.setting
            preparation = preparation_settings(share.family, setting)
            return Candidate(number, name, own_parameters(setting), preparation, self._seed)
        return None

    def tell(self, candidate: Candidate, outcome: Outcome, value: float | None) -> str | None:
        """Take up what became of a candidate; return a sentence if its family is left out from now on.

        `value` is what the study minimises, None if the trial failed.
        """
        share = self._shares[candidate.family]
        share.study.tell(share.pending.pop(candidate.number), value, outcome.violations)
        if outcome.status != "skipped":
            share.told += 1
            share.spent += max(outcome.seconds, 0.05) if self._timed else 1.0
        share.failures = share.failures + 1 if outcome.status == "failed" else 0
        if outcome.status == "feasible" and outcome.form is not None:
            share.best_bytes = min(share.best_bytes, outcome.form.size_bytes)
        if outcome.violations:
            share.least_missed = min(share.least_missed, sum(outcome.violations.values()))
        if share.failures >= FAILURES_IN_A_ROW and not share.out:
            share.out = (
                f"family {candidate.family!r} is left out after {FAILURES_IN_A_ROW} failures in a row: {outcome.reason}"
            )
            return share.out
        return None
