"""How many terms the models of a path have."""

from __future__ import annotations

__all__ = ["BANDS", "sizes"]

BANDS: dict[str, tuple[int, ...]] = {
    "few": (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14),
    "some": (8, 10, 12, 15, 18, 22, 26, 30, 35, 40, 50, 60),
    "many": (50, 60, 75, 90, 110, 135, 165, 200, 250, 300, 375, 450),
}


def sizes(band: str, parameters: int) -> tuple[int, ...]:
    """Return the numbers of terms of a band up to the first that takes all parameters."""
    ladder = BANDS[band]
    short = [k for k in ladder if k < parameters]
    return tuple(short) + ladder[len(short) : len(short) + 1]
