"""Rounding goes to the nearest number an encoding holds; fitted encodings lie where they lose least."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automicro.errors import PluginError
from automicro.program.encodings import (
    Codebook,
    Fixed,
    Float16,
    Float32,
    Minifloat,
    Sparse,
    round_mantissa,
    short_scale,
)
from automicro.program.rewrite.encoding_fit import cheapest, fit_codebook, fit_fixed, fit_minifloat
from automicro.program.weights import round_to

reals = st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=20)
quick = settings(max_examples=80, deadline=None, derandomize=True)


def held(encoding):
    """Every number that a small encoding holds."""
    if isinstance(encoding, Minifloat):
        m, e = encoding.mantissa_bits, encoding.exponent_bits
        codes = [(i >> m, i & ((1 << m) - 1)) for i in range(1, 1 << (m + e))]
        positive = [(1 + low / 2**m) * 2.0 ** (high - encoding.bias) for high, low in codes]
        return np.array(sorted([0.0, *positive, *(-p for p in positive)]))
    if isinstance(encoding, Fixed):
        return np.float64(np.float32(encoding.scale)) * (np.arange(2**encoding.bits) + encoding.zero)
    return np.array(sorted(encoding.entries))


@quick
@given(
    reals,
    st.one_of(
        st.builds(Minifloat, st.integers(1, 4), st.integers(0, 4), st.integers(-12, 12)),
        st.builds(Fixed, st.integers(0, 8), st.floats(0.125, 1e4, width=32), st.integers(-300, 10)),
        st.builds(Codebook, st.tuples(st.floats(-9, 9, width=32), st.floats(-9e4, 9e4, width=32))),
    ),
)
def test_rounding_goes_to_the_nearest(values, encoding):
    rounded = round_to(values, encoding)
    choices = held(encoding)
    exact = np.array(values, dtype=np.float64)
    best = np.abs(choices[None, :] - exact[:, None]).min(axis=1)
    error = np.abs(rounded.values.astype(np.float64) - exact)
    assert np.allclose(error, best, rtol=1e-5, atol=1e-30 + 1e-6 * np.abs(choices).max())
    assert rounded.encoding == encoding
    again = round_to(rounded.values, encoding)
    assert again == rounded


def test_wider_encodings_saturate():
    assert round_to([1e300, -1e5], Float32()).values.tolist() == [float(np.finfo(np.float32).max), -1e5]
    assert round_to([1e5, 1 / 3], Float16()).values.tolist() == [65504, float(np.float16(1 / 3))]
    assert round_to([0.0, 0.3], Sparse(Codebook((1.0, 2.0)))).values.tolist() == [0, 1]


def test_impossible_encodings_and_values_are_refused():
    for wrong in (
        lambda: Minifloat(0, 2, 0),
        lambda: Fixed(25, 1.0, 0),
        lambda: Fixed(8, 0.0, 0),
        lambda: Codebook(()),
    ):
        with pytest.raises(PluginError, match="must have"):
            wrong()
    with pytest.raises(PluginError, match="weights must be finite"):
        round_to([np.nan], Float32())


@quick
@given(reals, st.integers(1, 8))
def test_fitted_grids_cover_the_values(values, bits):
    exact = np.array(values, dtype=np.float64)
    grid = fit_fixed(exact, bits)
    spread = exact.max() - exact.min() if np.ptp(exact) else np.abs(exact).max()
    error = np.abs(round_to(exact, grid).values - exact).max()
    assert error <= 0.8 * max(spread, 1e-38) / max(2**bits - 1, 1) + 1e-6 * np.abs(exact).max()
    assert grid.scale == short_scale(grid.scale)
    mini = fit_minifloat(exact, 3, exponent_bits=8)
    assert np.allclose(round_to(exact, mini).values, exact, rtol=2.0**-4, atol=1e-37)


@quick
@given(st.lists(st.integers(-9, 9), min_size=1, max_size=9), st.integers(1, 4))
def test_a_fitted_codebook_has_the_least_squared_error(values, entries):
    points = np.sort(np.array(values, dtype=np.float64))
    error = ((round_to(points, fit_codebook(points, entries)).values - points) ** 2).sum()
    best = np.inf
    for inner in combinations(range(1, len(points)), min(entries, len(points)) - 1):
        parts = np.split(points, inner)
        best = min(best, sum(((part - part.mean()) ** 2).sum() for part in parts))
    assert error <= best + 1e-5


@quick
@given(reals)
def test_the_cheapest_encoding_loses_nothing(values):
    exact = np.array(values, dtype=np.float32)
    assert round_to(exact, cheapest(exact)).values.tobytes() == (exact + np.float32(0)).tobytes()


def test_mantissas_are_rounded():
    assert round_mantissa(np.array([1.3, -1.3, 0.0, 100.0]), 2).tolist() == [1.25, -1.25, 0, 96]
    assert short_scale(1.3) == 1.5
