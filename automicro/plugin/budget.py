"""How many bytes a candidate's artifact can take, known before training."""

from __future__ import annotations

from dataclasses import dataclass

from automicro.errors import PluginError
from automicro.plugin.checked import whole_of

__all__ = ["SizeBudget"]


@dataclass(frozen=True)
class SizeBudget:
    """Bytes that the body, link and labels of a packed artifact can take, whatever training brings.

    The core adds what the preparation takes. Variants of the candidate and their quantised forms are all included.

    Parameters
    ----------
    at_least_bytes : int
        Bytes that no artifact falls below.
    at_most_bytes : int
        Bytes that no unquantised artifact exceeds.
    usual_bytes : int, optional
        Bytes that a useful artifact takes as a rule. They are no promise; they decide whether a family that is slow to start is started.

    Examples
    --------
    >>> SizeBudget(8, 4096).expected_bytes
    256
    """

    at_least_bytes: int
    at_most_bytes: int
    usual_bytes: int | None = None

    def __post_init__(self) -> None:
        for name in ("at_least_bytes", "at_most_bytes", "usual_bytes"):
            if name != "usual_bytes" or self.usual_bytes is not None:
                object.__setattr__(self, name, whole_of(getattr(self, name), f"{name} of a size budget"))
        if not 0 <= self.at_least_bytes <= self.at_most_bytes:
            raise PluginError(
                f"a size budget must have 0 <= at_least_bytes <= at_most_bytes, but got {self.at_least_bytes} and {self.at_most_bytes}"
            )

    @property
    def expected_bytes(self) -> int:
        """The usual bytes; if not given, two bits instead of 32 for all that the largest artifact holds."""
        return max(self.at_least_bytes, self.at_most_bytes // 16) if self.usual_bytes is None else self.usual_bytes
