"""The level of a saved model, computed again: by its structure, and by the replay of what its file says about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from automicro.escaped import escaped
from automicro.explain import drawn_rows, global_card, replay
from automicro.measure.interpretability.level import Limits, interpretability
from automicro.program import decode
from automicro.request import LEVELS

if TYPE_CHECKING:
    from automicro.explain import Replay
    from automicro.program import Batch
    from automicro.request import Level
    from automicro.runtime.model import Model

__all__ = ["VerifiedLevel", "verified_level"]

DRAWN = 300
LENIENT = Limits(simulatable_operations=33, decomposable_operations=550)  # the search counted operations on other rows


@dataclass(frozen=True)
class VerifiedLevel:
    """The level that a model has, the replay of its file's explanation (of a level above 0), and what its file claims wrongly."""

    name: Level
    replay: Replay | None
    fault: str = ""

    def __str__(self) -> str:
        if self.fault:
            return f"{self.name}: {escaped(self.fault)}"
        return self.name if self.replay is None else f"{self.name}; the replay of its explanation {self.replay}"


def verified_level(model: Model, batch: Batch | None = None, *, seed: int = 0) -> VerifiedLevel:
    """Evaluate a model and what its file claims; on rows drawn within the ranges of its card, if none are given.

    A model whose explanation does not replay has level 0, whatever its structure.
    """
    program, card = model.program, model.card or {}
    rows = drawn_rows(program, model.card, DRAWN, seed) if batch is None else batch
    features = decode(program.decoders, rows)
    found = interpretability(program, features, topology=rows.topology)
    claimed = card.get("interpretability", found.name)
    if claimed in LEVELS[found.level :]:
        found = interpretability(program, features, LENIENT, rows.topology)
    followed = None
    if found.level:
        shown = card.get("explanation")
        if shown is None:
            shown = global_card(program, model.card)
        followed = replay(program, shown, rows, model.column_names, seed=seed)
        if not followed.passed:
            fault = f"the card must show what the model computes, but its replay {followed}: it was changed"
            return VerifiedLevel("opaque", followed, fault)
    if claimed not in LEVELS or LEVELS.index(claimed) > found.level:
        return VerifiedLevel(
            found.name, followed, f"the card claims {claimed}, but the model is {found.name}: it was changed"
        )
    return VerifiedLevel(claimed, followed)
