"""Numbers through the range coder and back, at hardly more than what they weigh."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automicro.errors import ArtifactError
from automicro.program.wire.coding.blocks import block_bits, read_block, write_block
from automicro.program.wire.coding.coder import Meter, RangeDecoder, RangeEncoder
from automicro.program.wire.coding.numbers import (
    Chances,
    LearntNumbers,
    read_ascending,
    read_choice,
    read_number,
    read_signed,
    write_ascending,
    write_choice,
    write_number,
    write_signed,
)
from automicro.program.wire.coding.sorted_floats import read_set, write_set
from automicro.program.wire.coding.symbols import learnt_bits, read_symbols, write_symbols
from automicro.program.wire.coding.vocabulary import read_texts, write_texts

thorough = settings(max_examples=150, deadline=None, derandomize=True)
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
SHORT_FLOATS = st.builds(lambda k, e: k * 2.0**e, st.integers(-40, 40), st.integers(-8, 8))


def through(write, read, extra=1.0):
    """Write, check the length against the meter, read back and check that nothing is left."""
    encoder, meter = RangeEncoder(), Meter()
    write(encoder)
    write(meter)
    data = encoder.finish()
    assert 8 * len(data) <= meter.bits * 1.002 + 8 + extra
    decoder = RangeDecoder(data)
    result = read(decoder)
    decoder.close()
    return result


@thorough
@given(st.lists(st.tuples(st.integers(0, 2**40), st.integers(1, 2**40)), max_size=60))
def test_uniform_values(pairs):
    pairs = [(value % count, count) for value, count in pairs]

    def write(sink):
        for value, count in pairs:
            sink.uniform(value, count)

    assert through(write, lambda d: [d.uniform(count) for _, count in pairs]) == [value for value, _ in pairs]


@thorough
@given(st.lists(st.integers(0, 2**44), max_size=30), st.integers(0, 6))
def test_numbers(values, order):
    def write(sink):
        learnt = LearntNumbers()
        for value in values:
            write_number(sink, value, order)
            write_signed(sink, -value, order)
            learnt.write(sink, value)
            write_choice(sink, value % 3, (5, 1, 2))

    def read(source):
        learnt = LearntNumbers()
        return [
            (
                read_number(source, order),
                read_signed(source, order),
                learnt.read(source),
                read_choice(source, (5, 1, 2)),
            )
            for _ in values
        ]

    assert through(write, read) == [(v, -v, v, v % 3) for v in values]


@thorough
@given(st.lists(st.integers(0, 6), max_size=200), st.sampled_from([0, 1, 2, 8]))
def test_chances_are_learnt_alike_on_both_sides(symbols, gain):
    def write(sink):
        chances = Chances(7, gain)
        for symbol in symbols:
            chances.write(sink, symbol)

    def read(source):
        chances = Chances(7, gain)
        return [chances.read(source) for _ in symbols]

    assert through(write, read) == symbols
    meter = Meter()
    write(meter)
    assert learnt_bits(np.bincount(symbols, minlength=7), gain) == pytest.approx(meter.bits, abs=1e-6)


def test_chances_are_halved_before_they_grow_too_large():
    symbols = [0] * 20_000 + [1] * 100

    def write(sink):
        chances = Chances(2, 8)
        for symbol in symbols:
            chances.write(sink, symbol)

    def read(source):
        chances = Chances(2, 8)
        return [chances.read(source) for _ in symbols]

    assert through(write, read) == symbols


@thorough
@given(st.sets(st.integers(-60, 400)))
def test_ascending_numbers_cost_about_what_a_choice_of_them_holds(values):
    ordered = sorted(values)
    result = through(
        lambda sink: write_ascending(sink, ordered, -60, 400), lambda d: read_ascending(d, len(ordered), -60, 400)
    )
    assert result == ordered


@thorough
@given(st.lists(st.integers(0, 50), max_size=100))
def test_symbols(codes):
    array = np.array(codes, dtype=np.int64)
    assert through(lambda s: write_symbols(s, array, 51), lambda d: read_symbols(d, len(array), 51)).tolist() == codes


@thorough
@given(st.one_of(st.lists(FLOATS, max_size=30), st.lists(SHORT_FLOATS, max_size=60)), st.booleans())
def test_blocks_keep_every_value(values, beside):
    exact = np.array(values, dtype=np.float32) + np.float32(0)
    other = np.array([0.5, 3], dtype=np.float32) if beside else None
    read, encoding = through(
        lambda sink: write_block(sink, exact, None, other), lambda d: read_block(d, len(exact), other)
    )
    assert read.tobytes() == exact.tobytes()
    assert block_bits(read, encoding, other) == pytest.approx(block_bits(exact, None, other), abs=1e-6)


@thorough
@given(st.sets(st.one_of(FLOATS, SHORT_FLOATS), min_size=1, max_size=40))
def test_sets_keep_every_value(values):
    exact = np.unique(np.array(list(values), dtype=np.float32) + np.float32(0))
    assert through(lambda s: write_set(s, exact), lambda d: read_set(d, len(exact))).tobytes() == exact.tobytes()


TEXTS = st.one_of(st.none(), st.text(max_size=8), st.sampled_from(["A11", "A12", "A121", "a", "b", "yes", "no"]))


@thorough
@given(st.lists(st.lists(TEXTS, unique=True, max_size=6), min_size=1, max_size=6))
def test_texts(lists):
    read = through(lambda s: write_texts(s, lists), lambda d: read_texts(d, [len(texts) for texts in lists]))
    assert [list(texts) for texts in read] == lists


def test_reading_is_bounded():
    with pytest.raises(ArtifactError, match="cannot hold that many elements"):
        RangeDecoder(b"abc").claim(10**6)
    with pytest.raises(ArtifactError, match="other bytes follow"):
        RangeDecoder(b"abc").close()
