"""Names from data as identifiers of a language: different names stay different, and none is a reserved word."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["identifiers"]

LONGEST = 40  # characters, before a number that distinguishes two


def identifiers(names: Sequence[str], reserved: Collection[str] = ()) -> list[str]:
    """Return an identifier for each name, all different: ASCII letters, digits and underscores.

    Parameters
    ----------
    names : sequence of str
        Any texts.
    reserved : collection of str
        Words that no identifier may be: keywords, and names that the code has already.

    Examples
    --------
    >>> identifiers(["mean radius", "mean-radius", "class", "2nd"], reserved={"class"})
    ['mean_radius', 'mean_radius_2', 'class_', 'x2nd']
    """
    taken = set(reserved)
    plain = [_plain(name) for name in names]
    result = []
    for stem in plain:
        chosen, number = stem if stem not in reserved else f"{stem}_", 2
        while chosen in taken:
            chosen, number = f"{stem}_{number}", number + 1
        taken.add(chosen)
        result.append(chosen)
    return result


def _plain(name: str) -> str:
    words = re.sub(r"[^A-Za-z0-9]+", "_", name[:LONGEST]).strip("_")
    return words if words[:1].isalpha() else f"x{words}"
