"""The shortest thresholds between two numbers, and float32 thresholds that compare as float64 ones."""

from __future__ import annotations

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from automicro.plugin import rounded_down, shortest_between
from automicro_tree.thresholds import HALF

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize("central", [False, True])
@given(FLOATS, FLOATS)
@example(1.0, float(np.nextafter(np.float32(1), np.float32(2))))
@example(-3.4028234663852886e38, 3.4028234663852886e38)
@example(2.0**-149, 2.0**-148)
def test_no_shorter_number_lies_between(central: bool, a: float, b: float) -> None:
    low, high = min(a, b), max(a, b)
    assume(low < high)
    found = shortest_between(low, high, central=central)
    assert low <= found < high
    assert np.float32(found) == found
    if found:
        step = 2.0 ** (int(np.frexp(found)[1]) - 24)
        while found % (2 * step) == 0:
            step *= 2
        coarser = np.ceil(low / (2 * step)) * 2 * step
        assert not low <= coarser < high
        apart = abs(found - (low + high) / 2)
        near = [n for n in (found - step, found + step) if low <= n < high] if central else [found - step]
        assert all(abs(n - (low + high) / 2) >= apart for n in near) if central else found - step < low
    else:
        assert low <= 0 < high


def test_a_binary_feature_is_cut_at_half() -> None:
    assert shortest_between(*HALF) == 0.5


@given(hnp.arrays(np.float64, 4, elements=st.floats(-1e38, 1e300)), hnp.arrays(np.float32, 4, elements=FLOATS))
def test_thresholds_rounded_down_compare_as_before(thresholds: np.ndarray, x: np.ndarray) -> None:
    np.testing.assert_array_equal(x <= rounded_down(thresholds), x <= thresholds)
