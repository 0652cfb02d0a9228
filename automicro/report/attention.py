"""The attention of single decisions in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.words.numbers import aligned, count

if TYPE_CHECKING:
    from automicro.program import Attended

__all__ = ["attention_text"]

SHOWN = 0.9  # of a head's weight that is listed token by token


def attention_text(attended: Attended, row: int = 0) -> str:
    """Return what every head weighed in one row: the heaviest tokens, until nine tenths of the weight are listed.

    Parameters
    ----------
    attended : Attended
        As `automicro.Model.attention` returns it.
    row : int
    """
    weights, named = attended.weights[row], attended.named(row)
    lines = [
        f"how {count(len(weights), 'head')} weighed {count(len(attended.tokens), 'token')} (what was summed, not why):"
    ]
    for head, own in enumerate(weights):
        lines.append(f"head {head + 1}:")
        if not own.any():
            lines.append("  nothing, as every token is absent")
            continue
        order = np.argsort(-own, kind="stable")
        shown = order[: int(np.searchsorted(np.cumsum(own[order]), SHOWN)) + 1]
        rows = [(named[token], f"{own[token]:.1%}") for token in shown]
        left = int(np.count_nonzero(own)) - len(shown)
        if left > 0:
            rows.append((f"{count(left, 'other')}", f"{1 - own[shown].sum():.1%}"))
        lines += aligned(rows, "  ")
    return "\n".join(lines)
