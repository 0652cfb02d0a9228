"""What a model takes on a part."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Measured"]


@dataclass(frozen=True)
class Measured:
    """What a model takes on a part, and whether it predicts there as it does here.

    Parameters
    ----------
    part : str
    function : str
        The function of the export that was measured: that of the label, or that of the predicted number.
    flash_bytes : int
        Bytes of all that the function needs: the sum of the three that follow.
    code_bytes : int
        Bytes of the model's functions.
    table_bytes : int
        Bytes of its constants.
    support_bytes : int
        Bytes of the compiler's support library, such as arithmetic of floats where the part has none; of WebAssembly the declarations of
        the module.
    ram_bytes : int
        Static RAM. In WebAssembly constants are in memory too.
    stack_bytes : int
        Depth of the deepest byte of the stack that was written, over all rows.
    instructions_median : int
        Instructions of one row: of half of the rows at most as many.
    instructions_worst : int
        The most instructions of a row.
    rows : int
        How many rows were run.
    differing_rows : int
        How many of them have another label, or scores that differ by more than 1e-5 relative to the scores of the reference evaluator.
    first_differing_row : int or None
        Position of the first of these, counted from 0.
    us_median, us_worst : float or None
        Microseconds of a row, if the clock and the cycles of an instruction are given.

    Examples
    --------
    >>> Measured("cortex-m4f", "model_label", 108, 108, 0, 0, 0, 8, 30, 34, 569, 0, None).agrees
    True
    """

    part: str
    function: str
    flash_bytes: int
    code_bytes: int
    table_bytes: int
    support_bytes: int
    ram_bytes: int
    stack_bytes: int
    instructions_median: int
    instructions_worst: int
    rows: int
    differing_rows: int
    first_differing_row: int | None
    us_median: float | None = None
    us_worst: float | None = None

    @property
    def agrees(self) -> bool:
        """Whether no row differs from the reference."""
        return not self.differing_rows

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)

    def __str__(self) -> str:
        lines = [
            f"{self.part}, function {self.function}",
            f"flash: {self.flash_bytes:,} bytes (code {self.code_bytes:,}, tables {self.table_bytes:,}, support {self.support_bytes:,})",
            f"RAM: {self.ram_bytes:,} bytes static, {self.stack_bytes:,} bytes of stack",
            f"instructions a row: median {self.instructions_median:,}, worst {self.instructions_worst:,}",
        ]
        if self.us_median is not None:
            lines.append(f"microseconds a row: median {self.us_median:.4g}, worst {self.us_worst:.4g}")
        if self.agrees:
            return "\n".join([*lines, f"parity: all {self.rows:,} rows as the reference"])
        said = f"{self.differing_rows:,} of {self.rows:,} rows differ from the reference, the first is row {self.first_differing_row}"
        return "\n".join([*lines, f"parity: {said}"])
