"""What somebody may have meant by a name that does not exist."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["did_you_mean"]

SHOWN = 8


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``": did you mean 'x'"`` for the nearest known name, else ``": there are 'x', 'y', ..."``."""
    names = list(known)
    lowered = {candidate.lower(): candidate for candidate in reversed(names)}
    if near := get_close_matches(name.lower(), lowered, n=1):
        return f": did you mean {lowered[near[0]]!r}"
    if not names:
        return ""
    return f": there are {', '.join(map(repr, names[:SHOWN]))}{', ...' if len(names) > SHOWN else ''}"
