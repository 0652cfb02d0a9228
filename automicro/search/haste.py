"""What a search reports whose time was up before most families had finished candidates."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from automicro.search.context import State
from automicro.search.history import Stop

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automicro.plugin import Family
    from automicro.search.history import SearchHistory

__all__ = ["haste"]

ENOUGH = 3  # finished candidates of each family, on average, from which on nothing is said
OTHERS = (State.SKIPPED, State.DECLINED)  # which take no time


def haste(found: SearchHistory, families: Mapping[str, Family], seconds: float, trials: int | None = None) -> str:
    """Return a sentence if the time, in seconds, was up after few candidates: how many seconds enough candidates, or all `trials`, take.

    Families that are slow to start do not count: they begin late in any search.
    """
    prompt = sorted(name for name, family in families.items() if not family.start_seconds) or sorted(families)
    finished = [found.candidates[o.number].family for o in found.outcomes if o.seconds > 0 and o.status not in OTHERS]
    enough = min(ENOUGH * len(prompt), trials or math.inf)
    if found.stopped != Stop.TIME or len(finished) >= enough:
        return ""
    count = f"{len(finished)} candidate{'' if len(finished) == 1 else 's'}" if finished else "no candidate"
    without = [name for name in prompt if name not in finished] if finished else []
    names = f", none of {' and '.join(without)}" if without else ""
    needed = _rounded_up(seconds * enough / max(len(finished), 1))
    return f"{count} finished before the time was up{names}: give about {needed:,} seconds"


def _rounded_up(value: float) -> int:
    """Return a number of one significant digit, or two where the first is 1."""
    digits = math.floor(math.log10(max(value, 1.0))) - (1 if str(value)[0] == "1" else 0)
    step = int(10 ** max(digits, 0))
    return math.ceil(value / step) * step
