"""What targets share: the inputs of a program, identifiers, quoted texts and numbers in decimal."""

from __future__ import annotations

from automicro.export.deployed import deployed
from automicro.export.identifiers import identifiers
from automicro.export.numbers import double_text, float32_text, last_rounded_to, threshold_text
from automicro.export.texts import comment, quoted

__all__ = [
    "comment",
    "deployed",
    "double_text",
    "float32_text",
    "identifiers",
    "last_rounded_to",
    "quoted",
    "threshold_text",
]
