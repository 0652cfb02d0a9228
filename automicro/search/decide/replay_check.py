"""The gate of interpretability: what may be returned keeps its level only if its global card gives what the artifact gives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from automicro.explain import global_card
from automicro.explain import replay as replay_card
from automicro.program import unpack
from automicro.search.context import State
from automicro.search.requirements.structure import Level

if TYPE_CHECKING:
    from automicro.explain import Replay
    from automicro.search.context import Context, Outcome, Target
    from automicro.search.history import SearchHistory

__all__ = ["ReplayCheck", "checked_by_replay", "replay_of"]

ROWS = 1000


def replay_of(context: Context, artifact: bytes) -> Replay:
    """Replay the global card of an artifact on rows of the search and others made of them."""
    program, names = unpack(artifact), context.problem.table.names
    shown = global_card(program, {"columns": [{"name": name} for name in names]})
    return replay_card(program, shown, context.problem.batch(context.folds[0].validation[:ROWS]), names)


def checked_by_replay(context: Context, outcome: Outcome) -> Outcome:
    """Return an outcome with the result of its replay; it has level 0 if the replay failed, and is not replayed at level 0."""
    if (
        outcome.replay is not None
        or outcome.artifact is None
        or outcome.structure is None
        or not outcome.structure.level
    ):
        return outcome
    found = replay_of(context, outcome.artifact)
    structure = outcome.structure if found.passed else replace(outcome.structure, level=0, name="opaque")
    return replace(outcome, replay=found, structure=structure)


@dataclass(frozen=True, eq=False)
class ReplayCheck:
    """What an artifact must pass before it may be returned, if the context requires a level of interpretability.

    Its latency is measured in processes that are `fresh`, or else in this one.
    """

    context: Context
    found: SearchHistory
    target: Target
    fresh: bool = True

    def passed(self, outcome: Outcome) -> Outcome | None:
        """Return an outcome that keeps its level; None if its replay failed, which then stands among the outcomes."""
        level = self.context.requirements.one(Level)
        if level is None:
            return outcome
        checked = checked_by_replay(self.context, outcome)
        if checked.replay is None or checked.replay.passed:
            return checked
        failed = replace(
            checked,
            status=State.INFEASIBLE,
            reason=f"misses interpretability: the replay of its card {checked.replay}",
            values={**checked.values, level.name: 0.0},
            missed=level.violation(0.0),
        )
        self.found.replace(outcome, failed)
        return None
