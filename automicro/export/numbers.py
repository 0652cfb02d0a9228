"""Numbers in decimal, as short as their use allows, and thresholds."""

from __future__ import annotations

import math

import numpy as np

__all__ = ["double_text", "float32_text", "last_rounded_to", "threshold_text"]

MOST_DIGITS = 17  # of a float64


def double_text(value: float) -> str:
    """Return the shortest decimal that is this float64.

    Examples
    --------
    >>> double_text(0.5), double_text(-3.0), double_text(1e300)
    ('0.5', '-3', '1e300')
    """
    return _short(repr(float(value)))


def float32_text(value: float) -> str:
    """Return the shortest decimal that becomes this float32, read directly or by way of float64.

    A language that keeps it as float64 must round it to float32; see `double_text` where it does not.

    Examples
    --------
    >>> float32_text(np.float32(0.1)), double_text(np.float32(0.1))
    ('0.1', '0.10000000149011612')
    """
    single = np.float32(value)
    text = _short(str(single))
    return text if np.float32(float(text)) == single else double_text(float(single))


def threshold_text(threshold: float) -> str:
    """Return the shortest decimal that separates the same float32 numbers: ``x <= decimal`` in float64 is ``x <= threshold`` in float32.

    Examples
    --------
    >>> threshold_text(np.float32(0.1)), threshold_text(np.float32(16.795))
    ('0.100000002', '16.795001')
    """
    low = np.float32(threshold)
    above = float(np.nextafter(low, np.float32(np.inf)))
    exact, end = float(low), above if math.isfinite(above) else math.nextafter(float(low), math.inf)
    for digits in range(1, MOST_DIGITS):
        text = f"{exact:.{digits - 1}e}"
        if exact <= float(text) < end:
            return _short(repr(float(text)))
        raised = _raised(text)
        if exact <= float(raised) < end:
            return _short(repr(float(raised)))
    return double_text(exact)


def last_rounded_to(threshold: float) -> float:
    """Return the largest float64 that rounds to a float32 of at most `threshold`: what raw float64 numbers are compared with.

    Examples
    --------
    >>> cut = last_rounded_to(1.0)
    >>> bool(np.float32(cut) <= 1), bool(np.float32(math.nextafter(cut, 2)) <= 1)
    (True, False)
    """
    low = np.float32(threshold)
    middle = (float(low) + float(np.nextafter(low, np.float32(np.inf)))) / 2  # exact, as float64 has more digits
    if not math.isfinite(middle):
        return math.inf  # numbers beyond float32 become its largest
    return middle if np.float32(middle) == low else math.nextafter(middle, -math.inf)


def _raised(text: str) -> str:
    """Return the decimal with its last digit raised by one."""
    digits, power = text.split("e")
    places = len(digits.partition(".")[2])
    return f"{float(digits) + 10.0**-places:.{places}f}e{power}"


def _short(text: str) -> str:
    """Return the text of a number without what is not needed in any language."""
    mantissa, mark, power = text.partition("e")
    mantissa = mantissa.removesuffix(".0")
    return f"{mantissa}e{int(power)}" if mark else mantissa
