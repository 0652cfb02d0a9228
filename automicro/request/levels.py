"""Levels of interpretability, from the lowest to the highest."""

from __future__ import annotations

from typing import Literal

__all__ = ["LEVELS", "Level"]

Level = Literal["opaque", "decomposable", "additive", "simulatable"]

LEVELS: tuple[Level, ...] = ("opaque", "decomposable", "additive", "simulatable")
