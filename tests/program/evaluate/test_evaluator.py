"""One row in plain Python gives what many rows in numpy give, bit for bit."""

from __future__ import annotations

import drawn
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automicro.errors import DataError
from automicro.program import Affine, Evaluator, Numeric, Program, Weights, columns_of, columns_read, evaluate

SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(SEEDS)
def test_one_row_is_one_of_many(seed):
    program = drawn.program(seed)
    rows = drawn.rows(program, seed, 12)
    evaluator = Evaluator(program)
    with np.errstate(all="ignore"):
        expected = evaluate(program, columns_of(program, rows))
        many = evaluator(rows)
        single = np.concatenate([evaluator([column[i : i + 1] for column in rows]) for i in range(12)])
    assert many.tobytes() == expected.tobytes()
    assert np.array_equal(single, expected, equal_nan=True)
    assert single.dtype == expected.dtype
    assert single.shape == expected.shape


@pytest.mark.parametrize("dtype", [np.float64, np.float32, object, np.int64])
def test_one_row_of_an_array(dtype):
    program = Program(3, (Numeric(0), Numeric(2, 1.0)), Affine(Weights.of([[2, 3]]), Weights.of([0])), "identity")
    assert Evaluator(program)(np.array([[1, 5, 7]], dtype=dtype)).tolist() == [23]
    assert columns_read(program) == (0, 2)


def test_one_row_is_checked_as_many_are():
    program = Program(2, (Numeric(1),), Affine(Weights.of([[1]]), Weights.of([0])), "identity")
    evaluator = Evaluator(program)
    with pytest.raises(DataError, match="column 1 must hold numbers, but got 'x'"):
        evaluator(np.array([[1, "x"]], dtype=object))
    with pytest.raises(DataError, match="rows must have 2 columns, but got 3"):
        evaluator(np.zeros((1, 3)))
    assert evaluator(np.zeros((0, 2))).shape == (0,)
