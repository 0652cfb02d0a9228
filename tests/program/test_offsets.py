"""What numeric decoders subtract: the same float32 number in every evaluator, in files, and in a reader of the document."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from format_reader import read
from hypothesis import given
from hypothesis import strategies as st

from automicro.errors import ArtifactError, PluginError
from automicro.explain.replay.input_decoder import read_input
from automicro.program import (
    Affine,
    Evaluator,
    Missing,
    Numeric,
    Program,
    Weights,
    columns_of,
    decode,
    evaluate,
    pack,
    raw_cells,
    read_artifact,
    size_by_part,
    unpack,
    write_artifact,
)
from automicro.program.inputs.numbers import FLOAT32_MAX
from automicro.words.features import inputs_of
from automicro.words.numbers import number

OFFSETS = st.builds(
    lambda odd, power: float(odd * 2.0**power), st.integers(-(2**47), 2**47).filter(bool), st.integers(-40, 30)
)
NUMBERS = st.one_of(st.floats(width=64), st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 1e300, -3.5e38]))


def passing(offset: float, fill: float | None = None) -> Program:
    """Return a program that predicts the first column as it is decoded."""
    return Program(2, (Numeric(0, fill, offset),), Affine(Weights.of([[1.0]]), Weights.of([0.0])), "identity")


def decoded(program: Program, cells: Any) -> dict[str, float]:
    """Return what each evaluator makes of one cell."""
    column = np.asarray(cells)
    blank = np.zeros(len(column))
    card = inputs_of(program.decoders, ("a", "b"))[0]
    evaluator, again = Evaluator(program), Evaluator(unpack(pack(program)))
    plain = [float(value) if isinstance(value, float | np.floating) else value for value in column[:1].tolist()]
    return {
        "decode": float(decode(program.decoders, columns_of(program, [column, blank]))[0, 0]),
        "evaluate": float(evaluate(program, columns_of(program, [column, blank]))[0]),
        "many": float(evaluator([np.repeat(column, 2), np.zeros(2)])[0]),
        "one": float(evaluator([column, blank])[0]),
        "cell": float(evaluator([plain, [0.0]])[0]),
        "objects": float(evaluator([np.array([*plain, *plain], dtype=object), np.zeros(2)])[0]),
        "file": float(again([plain, [0.0]])[0]),
        "card": read_input(card, None if plain[0] != plain[0] else plain[0]),
    }


@given(NUMBERS, OFFSETS)
def test_floats_are_subtracted_in_float64(value: float, offset: float) -> None:
    with np.errstate(all="ignore"):
        expected = np.float32(np.clip(np.float64(value) - np.float64(offset), -FLOAT32_MAX, FLOAT32_MAX))
        found = decoded(passing(offset), np.array([value]))
    np.testing.assert_array_equal(list(found.values()), [float(expected)] * len(found), str(found))


@given(st.integers(-(2**63), 2**63 - 1), OFFSETS.filter(float.is_integer))
def test_whole_numbers_are_subtracted_exactly(value: int, offset: float) -> None:
    expected = float(np.float32(float(Fraction(value) - Fraction(offset))))
    found = decoded(passing(offset), np.array([value]))
    assert set(found.values()) == {expected}, found


@given(st.integers(0, 2**64 - 1))
def test_whole_numbers_without_a_sign_too(value: int) -> None:
    offset = 2.0**63
    expected = float(np.float32(float(value - 2**63)))
    assert set(decoded(passing(offset), np.array([value], dtype=np.uint64)).values()) == {expected}


def test_whole_numbers_that_differ_beyond_float64_are_told_apart() -> None:
    cells = np.array([2**62 + 1, 2**62 + 2, 2**62 + 3])
    assert columns_of(passing(2.0**62), [cells, cells])[0].tolist() == [1.0, 2.0, 3.0]  # type: ignore[union-attr]


@pytest.mark.parametrize("missing", [None, np.nan])
def test_missing_values_take_the_fill_which_is_no_number_of_the_data(missing: float | None) -> None:
    program = Program(
        2, (Numeric(0, 7.0, 1e9), Missing(0)), Affine(Weights.of([[1.0, 100.0]]), Weights.of([0.0])), "identity"
    )
    evaluator = Evaluator(program)
    assert evaluator([[missing], [0.0]]).tolist() == [107.0]
    assert evaluator([[missing, 1e9 + 3], [0.0, 0.0]]).tolist() == [107.0, 3.0]
    assert np.isnan(Evaluator(passing(1e9))([[missing], [0.0]])[0])


@given(OFFSETS, st.one_of(st.none(), st.floats(width=32, allow_nan=False, allow_infinity=False)))
def test_an_offset_survives_the_file(offset: float, fill: float | None) -> None:
    program = passing(offset, None if fill is None else fill + 0.0)
    data = pack(program)
    assert unpack(data).decoders == program.decoders
    assert read(data)[0]["decoders"][0]["offset"] == offset
    assert read_artifact(write_artifact(program, {"a": 1}))[0].decoders == program.decoders
    assert sum(size_by_part(program).values()) == pytest.approx(len(data))


def test_an_offset_costs_bytes_where_there_is_one_only() -> None:
    assert pack(passing(0.0))[:1] == b"\xb5"
    assert pack(passing(1_700_790_272.0))[:1] == b"\xb7"
    assert len(pack(passing(1_700_790_272.0))) - len(pack(passing(0.0))) <= 4


@pytest.mark.parametrize("offset", [np.inf, np.nan, 2.0**52 + 1, 0.1, 2.0**90, 2.0**-90])
def test_offsets_that_a_file_cannot_hold_are_refused(offset: float) -> None:
    with pytest.raises(PluginError, match="offsets must be finite and have at most 48 bits"):
        pack(passing(offset))


def test_a_column_has_one_offset() -> None:
    decoders = (Numeric(0, None, 1.0), Numeric(0, 2.0, 3.0))
    with pytest.raises(PluginError, match=r"column 0 must have one offset, but has 1\.0 and 3\.0"):
        pack(Program(1, decoders, Affine(Weights.of([[1.0, 1.0]]), Weights.of([0.0])), "identity"))


def test_files_that_tell_of_offsets_and_have_no_numbers_are_damaged() -> None:
    bare = pack(Program(1, (Missing(0),), Affine(Weights.of([[1.0]]), Weights.of([0.0])), "identity"))
    with pytest.raises(ArtifactError):
        unpack(b"\xb7" + bare[1:])


@given(st.floats(-1e9, 1e9, width=32), OFFSETS.filter(lambda offset: abs(offset) < 1e15))
def test_the_shortest_decimal_reads_back(value: float, offset: float) -> None:
    """Wherever float64 can tell the number at all."""
    text = number(value, offset)
    told = np.float64(np.float32(value)) + offset
    if np.float32(told - offset) == np.float32(value):
        error = abs(Fraction(text) - Fraction(float(np.float32(value))) - Fraction(offset))
        assert error <= max(abs(np.spacing(np.float32(value))), abs(np.spacing(told))), text


def test_numbers_are_written_in_full() -> None:
    assert number(np.float32(302400), 1.7e9) == "1700302400"
    assert number(np.float32(-0.5), 1.7e9) == "1699999999.5"
    assert number(np.float32(481.67), 5411864.0) == "5412345.67"
    assert number(1.0, 2.0**62) == "4611686018427387905"
    assert number(np.float32(2.5)) == "2.5"


def test_raw_cells_are_those_of_the_data() -> None:
    column = columns_of(passing(1e9), [[1e9 + 5, None, 1e9 - 2.5], np.zeros(3)])[0]
    assert column is not None
    assert raw_cells(column, 1e9) == [1e9 + 5, None, 1e9 - 2.5]
