"""Short numbers are near, and as short as they can be."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from automicro.data.prepare.short import short_grid, short_number


def bits(value):
    mantissa = int(abs(math.frexp(value)[0]) * 2**53)
    return 53 - (mantissa & -mantissa).bit_length() + 1 if mantissa else 0


numbers = st.floats(2.0**-100, 2.0**100, width=32)


@given(value=st.one_of(numbers, numbers.map(lambda x: -x)), share=st.floats(0.001, 0.9))
def test_a_short_number_is_near_and_short(value, share):
    tolerance = abs(value) * share
    short = short_number(value, tolerance)
    assert abs(short - value) <= tolerance
    assert float(np.float32(short)) == short
    assert bits(short) <= max(1, math.ceil(-math.log2(share)) + 1)


@given(value=st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_without_tolerance_the_value_stays(value):
    assert short_number(value, 0.0) == value


@given(values=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20))
def test_a_grid_keeps_values_and_order(values):
    array = np.array(values)
    spread = array.max() - array.min()
    short = short_grid(array)
    if spread > 1e-300:
        assert np.abs(short - array).max() <= spread / 128
        order = np.argsort(array, kind="stable")
        assert (np.diff(short[order]) >= 0).all()
