"""Cells of numeric columns, less an offset, as float32."""

from __future__ import annotations

import math
from numbers import Integral, Number
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "FLOAT32_MAX",
    "MOST_OFFSET_BITS",
    "MOST_OFFSET_POWER",
    "is_missing",
    "is_nested",
    "is_offset",
    "is_word",
    "number_of",
    "numbers_of",
    "parts_of_offset",
]

FLOAT32_MAX = float(np.finfo(np.float32).max)
MODULUS = 1 << 64  # of whole numbers in arrays
MOST_OFFSET_BITS, MOST_OFFSET_POWER = 48, 79  # of the odd factor of an offset, and of the power of two beside it


def parts_of_offset(offset: float) -> tuple[int, int]:
    """Return an odd number and the power of two that it is multiplied with, for an offset that is finite and not 0."""
    over, under = offset.as_integer_ratio()  # one of them is a power of two
    twos = (over & -over).bit_length() - 1
    return over >> twos, twos - (under.bit_length() - 1)


def is_offset(offset: float) -> bool:
    """Whether a packed program can hold an offset."""
    if offset == 0 or not math.isfinite(offset):
        return offset == 0
    odd, power = parts_of_offset(offset)
    return abs(odd).bit_length() <= MOST_OFFSET_BITS and abs(power) <= MOST_OFFSET_POWER


def numbers_of(values: Any, index: int, offset: float = 0.0) -> NDArray[np.float32]:
    """Return a numeric column less an offset: infinities and values beyond float32 become its largest finite value, missing values NaN."""
    array = np.asarray(values)
    if array.dtype.kind == "O":
        array = np.fromiter((number_of(v, index, offset) for v in array), dtype=np.float64, count=len(array))
    elif array.dtype.kind not in "fiub":
        first = array[0] if len(array) else ""
        raise DataError(
            f"column {index} must hold numbers, but got {first!r}; give numbers, or nothing for a missing value"
        )
    elif offset:
        array = _less(array, offset)
    if array.dtype == np.float32 and not np.isinf(array).any():
        return np.ascontiguousarray(array)
    clipped: NDArray[np.float32] = np.clip(array.astype(np.float64), -FLOAT32_MAX, FLOAT32_MAX).astype(np.float32)
    return clipped


def _less(array: NDArray[Any], offset: float) -> NDArray[np.float64]:
    """Return numbers less an offset, in float64; whole numbers of 64 bits are subtracted before they are rounded."""
    if array.dtype.kind in "iu" and array.size and offset.is_integer():
        whole = int(offset)
        if int(array.min()) - whole >= -MODULUS // 2 and int(array.max()) - whole < MODULUS // 2:
            apart = array.astype(np.uint64) - np.uint64(whole % MODULUS)  # modulo 2**64, so that no step overflows
            return apart.view(np.int64).astype(np.float64)
    difference: NDArray[np.float64] = array.astype(np.float64) - offset
    return difference


def is_word(cell: object) -> bool:
    """Return whether a cell is text that is no number: what makes the whole column of a file text."""
    if not isinstance(cell, str) or not cell.strip():
        return False
    try:
        float(cell)
    except ValueError:
        return True
    return False


def number_of(value: object, index: int, offset: float = 0.0) -> float:
    """Return a cell of a numeric column less an offset, NaN if it is missing; raise `DataError` if it is not a number."""
    if value is None:
        return np.nan
    if isinstance(value, Number) and not isinstance(value, complex):
        try:
            if offset and isinstance(value, Integral) and offset.is_integer():
                return float(int(value) - int(offset))
            return float(value) - offset  # type: ignore[arg-type]  # complex, the one number that float refuses, is excluded above
        except OverflowError:
            return np.inf if value > 0 else -np.inf  # type: ignore[operator]  # only integers overflow, and they compare
    if isinstance(value, bool | np.bool_):
        return float(value) - offset
    if not isinstance(value, str | bytes) and is_missing(value):
        return np.nan
    shown = value.item() if isinstance(value, np.generic) else value
    raise DataError(
        f"column {index} must hold numbers, but got {shown!r}; give numbers, or nothing for a missing value"
    )


def is_nested(value: object) -> bool:
    """Whether a cell holds several values: an array, a list, a series, a frame, a tensor or a record."""
    return not isinstance(value, str | bytes | bytearray) and (
        hasattr(value, "__len__") or bool(getattr(value, "ndim", 0))
    )


def is_missing(value: object) -> bool:
    """Whether a cell is NaN, NaT or NA: the values that do not equal themselves. What holds several values is none."""
    if is_nested(value):
        return False
    try:
        return not bool(value == value)  # noqa: PLR0124 - missing values are those that differ from themselves
    except (TypeError, ValueError):  # pandas' NA has no truth value
        return True
