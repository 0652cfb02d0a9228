"""Shares the trials between families by what each still promises."""

from __future__ import annotations

import math
import time
import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from automicro.errors import PluginError
from automicro.search.context import Candidate, State
from automicro.search.propose.budget import artifact_budget
from automicro.search.propose.space import candidate_space, own_parameters, preparation_settings
from automicro.search.propose.study import FamilyStudy, Proposal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automicro.plugin import Family, Profile
    from automicro.search.context import Outcome
    from automicro.search.propose.warm_start import WarmStart

__all__ = ["Allocation", "left_out"]

FAILURES_IN_A_ROW = 3
LEAST_SHARE = 0.08
WORTH_STARTING = 3.0  # as many times the seconds that a family takes to start must be left
PATIENCE = 0.25  # after this share of the time families that are slow to start wait no more for the others' portfolios


@dataclass
class _Share:
    """What one family has done so far."""

    family: Family
    study: FamilyStudy
    first_bytes: int = 0
    expected_bytes: int = 0
    waits: bool = False
    proposed: int = 0
    spent: float = 0.0
    spent_before: float = 0.0
    told: int = 0
    skipped: int = 0
    best_bytes: float = float("inf")
    least_missed: float = float("inf")
    failures: int = 0
    out: str = ""
    pending: dict[int, Proposal] = field(default_factory=dict)
    begun: dict[int, float] = field(default_factory=dict)

    @property
    def cost(self) -> float:
        """What was spent, and what the trials under way will take if they are like those before, or have taken already."""
        usual, now = self.spent / self.told if self.told else 1.0, time.monotonic()
        under_way = sum(max(usual, now - self.begun.get(number, now)) for number in self.pending)
        return self.spent_before + self.spent + under_way + usual

    @property
    def settled(self) -> bool:
        """Whether what became of its portfolio is known."""
        return bool(self.out) or self.told + self.skipped >= len(self.study.space.portfolio)

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

    All families have equal shares until their portfolios are tried; where two are level, that comes first whose first setting is expected
    to take the fewest bytes, which trains fastest, too. Later a family gets effort in proportion to a weight: the bytes of
    the incumbent over the least bytes of the family, or, before it has a feasible model, by how near it came. Effort is counted in
    trials, or in seconds if the search is `timed` (bounded by the clock alone, so that it need not be repeatable). A family that fails
    three times in a row is left out.

    Families that are slow to start wait until it is known what became of the others' portfolios (or a quarter of the time is over).
    Then they begin if nothing is feasible yet or the incumbent has more bytes than they expect to take, and where time is left. They
    come in level with the family that had least, not with a claim on all that the others had before.
    """

    def __init__(
        self,
        families: Mapping[str, Family],
        profile: Profile,
        seed: int,
        *,
        timed: bool = False,
        sampler: str = "tpe",
        earlier: WarmStart | None = None,
    ) -> None:
        self._seed, self._timed, self._earlier = seed, timed, earlier
        self._number, self._seconds = 0, 0.0
        self.notes: list[str] = []
        shares = self._shares = dict[str, _Share]()
        for name, family in sorted(families.items()):
            try:
                shares[name] = self._share(family, profile, sampler)
            except Exception as error:  # noqa: BLE001 - a family of others must not end the search
                self.notes.append(left_out(name, error))
        for share in shares.values():
            if share.family.start_seconds:
                share.waits = any(not other.family.start_seconds for other in shares.values())
        self._shares = dict(sorted(shares.items(), key=lambda item: item[1].first_bytes))

    def _share(self, family: Family, profile: Profile, sampler: str) -> _Share:
        space = candidate_space(family, profile, self._earlier)
        study = FamilyStudy(space, (self._seed + zlib.crc32(family.name.encode())) % 2**32, sampler)
        candidates = [self._candidate(family, -1, setting) for setting in space.portfolio]
        expected = [artifact_budget(family, candidate, profile).expected_bytes for candidate in candidates]
        return _Share(family, study, next(iter(expected), 0), min(expected, default=0))

    def number_from(self, number: int) -> None:
        """Number the candidates from here on."""
        self._number = number

    def ask(self, seconds_left: float | None = None) -> Candidate | None:
        """Return the next candidate; None if every family is exhausted or left out."""
        self._begin(seconds_left)
        while ready := {name: share for name, share in self._shares.items() if not share.out and not share.waits}:
            incumbent = self._incumbent_bytes
            name = min(ready, key=lambda n: ready[n].cost / ready[n].weight(incumbent))
            share = ready[name]
            proposal = share.study.propose()
            if proposal is None:
                share.out = "its space is exhausted"
                self._begin(seconds_left)
                continue
            share.proposed += 1
            try:
                candidate = self._candidate(share.family, self._number, proposal.setting)
            except Exception as error:  # noqa: BLE001 - a family of others must not end the search
                self.leave_out(name, error)
                self._begin(seconds_left)
                continue
            self._number += 1
            share.pending[candidate.number] = proposal
            if self._timed:
                share.begun[candidate.number] = time.monotonic()
            return replace(candidate, planned=share.proposed <= len(share.study.space.portfolio))
        return None

    @property
    def _incumbent_bytes(self) -> float:
        return min((share.best_bytes for share in self._shares.values()), default=float("inf"))

    def _candidate(self, family: Family, number: int, setting: Mapping[str, Any]) -> Candidate:
        preparation = preparation_settings(family, setting, self._earlier)
        return Candidate(number, family.name, own_parameters(setting), preparation, self._seed)

    def _begin(self, seconds_left: float | None) -> None:
        """Let those families begin that have waited long enough and may win."""
        begun = [share for share in self._shares.values() if not share.waits and not share.out]
        self._seconds = max(self._seconds, seconds_left or 0.0)
        impatient = seconds_left is not None and seconds_left < (1.0 - PATIENCE) * self._seconds
        if not impatient and not all(share.settled for share in begun):
            return
        incumbent = self._incumbent_bytes
        level = min((share.cost / share.weight(incumbent) for share in begun), default=0.0)
        for share in self._shares.values():
            in_time = seconds_left is None or seconds_left > WORTH_STARTING * share.family.start_seconds
            if share.waits and in_time and (incumbent == float("inf") or incumbent > share.expected_bytes):
                share.waits, share.spent_before = False, level

    def leave_out(self, name: str, error: Exception) -> None:
        """Take no more candidates of a family that raised in the process of the search."""
        self._shares[name].out = left_out(name, error)
        self.notes.append(self._shares[name].out)

    def tell(self, candidate: Candidate, outcome: Outcome, value: float | None) -> str | None:
        """Take up what became of a candidate; return a sentence if its family is left out from now on.

        `value` is what the study minimises, None if the trial failed.
        """
        share = self._shares[candidate.family]
        share.study.tell(share.pending.pop(candidate.number), value, outcome.missed)
        if outcome.status == State.SKIPPED:
            share.skipped += 1
        else:
            share.told += 1
            share.spent += max(outcome.seconds, 0.05) if self._timed else 1.0
        share.failures = share.failures + 1 if outcome.status == State.FAILED else 0
        if outcome.status == State.FEASIBLE and outcome.form is not None:
            share.best_bytes = min(share.best_bytes, outcome.form.size_bytes)
        if outcome.missed:
            share.least_missed = min(share.least_missed, outcome.missed)
        if share.failures >= FAILURES_IN_A_ROW and not share.out:
            share.out = (
                f"family {candidate.family!r} is left out after {FAILURES_IN_A_ROW} failures in a row: {outcome.reason}"
            )
            return share.out
        return None


def left_out(name: str, error: Exception) -> str:
    """Return that a family takes no part any more, since it raised before training."""
    said = (
        str(error)
        if isinstance(error, PluginError)
        else f"its space, needs or size_budget raised {type(error).__name__}: {error}"
    )
    return f"family {name!r} is left out: {said}"
