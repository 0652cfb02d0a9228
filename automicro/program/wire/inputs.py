"""What a body's writer and reader know of its inputs: their number, and what values they can have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from automicro.program.nodes import Grams, Missing, Numeric, OneHot, feature_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.program.nodes import Decoder

__all__ = ["Inputs"]


@dataclass(frozen=True)
class Inputs:
    """For every input, whether it can only be 0 or 1, and whether it can be NaN."""

    binary: tuple[bool, ...]
    missing: tuple[bool, ...]

    @classmethod
    def of(cls, decoders: Sequence[Decoder]) -> Inputs:
        """Return what is known of the features of decoders."""
        binary: list[bool] = []
        missing: list[bool] = []
        for decoder in decoders:
            width = feature_count(decoder)
            flags = isinstance(decoder, Grams) and not decoder.counted and not decoder.scaled
            binary += [flags or isinstance(decoder, OneHot | Missing)] * width
            missing += [isinstance(decoder, Numeric) and decoder.fill is None] * width
        return cls(tuple(binary), tuple(missing))

    @classmethod
    def unknown(cls, count: int) -> Inputs:
        """Return inputs of which nothing is known: the outputs of another node."""
        return cls((False,) * count, (True,) * count)

    def __len__(self) -> int:
        return len(self.binary)
