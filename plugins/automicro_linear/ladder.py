"""How many terms the models of a path have."""

from __future__ import annotations

__all__ = ["BANDS"]

BANDS: dict[str, tuple[int, ...]] = {
    "few": (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14),
    "some": (8, 10, 12, 15, 18, 22, 26, 30, 35, 40, 50, 60),
    "many": (50, 60, 75, 90, 110, 135, 165, 200, 250, 300, 375, 450),
}
