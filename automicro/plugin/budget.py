"""How many bytes a candidate's artifact can take, known before training."""

from __future__ import annotations

from dataclasses import dataclass

from automicro.errors import PluginError

__all__ = ["SizeBudget"]


@dataclass(frozen=True)
class SizeBudget:
    """Bytes that the body, link and labels of a packed artifact can take, whatever training brings.

    The core adds what the preparation takes. Variants of the candidate and their quantised forms are all included: no artifact
    is smaller than `at_least_bytes` and no unquantised one larger than `at_most_bytes`.
    """

    at_least_bytes: int
    at_most_bytes: int

    def __post_init__(self) -> None:
        if not 0 <= self.at_least_bytes <= self.at_most_bytes:
            raise PluginError(
                f"a size budget must have 0 <= at_least_bytes <= at_most_bytes, but got {self.at_least_bytes} and {self.at_most_bytes}"
            )
