"""How many terms the models of a path have."""

from __future__ import annotations

__all__ = ["BANDS"]

BANDS: dict[str, tuple[int, ...]] = {
    "few": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16),
    "some": (8, 10, 12, 14, 16, 18, 20, 22, 25, 28, 32, 37, 43, 50),
    "many": (50, 58, 67, 77, 88, 100, 115, 135, 160, 190, 225, 270, 340, 450),
}
