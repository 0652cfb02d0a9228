"""Damaged files: each gives a program that can be used, or the one documented error."""

from __future__ import annotations

import contextlib
import importlib.util
import tracemalloc
from pathlib import Path

import drawn
import numpy as np
import pytest

from automicro.errors import ArtifactError, DataError
from automicro.program import Batch, Topology, columns_of, evaluate, pack, read_artifact, write_artifact
from automicro.program.wire.coding.coder import RangeDecoder, RangeEncoder
from automicro.program.wire.coding.numbers import write_choice, write_number, write_signed
from automicro.program.wire.coding.sorted_floats import read_set
from automicro.program.wire.coding.symbols import read_symbols

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "fuzz_artifacts.py"
CASES = 3000


@pytest.fixture(scope="module")
def fuzz():
    spec = importlib.util.spec_from_file_location("fuzz_artifacts", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def seeds():
    return [write_artifact(drawn.program(seed), {"n": seed} if seed % 10 == 0 else None) for seed in range(100)]


def test_mutated_files(fuzz, seeds):
    rng = np.random.default_rng(1)
    read = 0
    for case in range(CASES):
        data = fuzz.mutated(rng, seeds)
        try:
            program, _ = read_artifact(data)
        except ArtifactError:
            continue
        read += 1
        assert pack(program)
        if read % 20 == 0:
            columns = tuple(columns_of(program, drawn.rows(program, case, 3)))
            edges = np.array([[0, 1, 2], [1, 1, 0]])
            topology = Topology(edges, np.ones((3, 40), dtype=np.float32), np.array([0, 2, 3]))
            with np.errstate(all="ignore"), contextlib.suppress(DataError):  # edges may lack an attribute
                evaluate(program, Batch(columns, topology))
    assert read > CASES // 50


def test_every_truncation_of_a_file(seeds):
    for data in seeds[::10]:
        for length in range(len(data)):
            try:
                read_artifact(data[:length])
            except ArtifactError:
                continue


def test_a_short_file_takes_little_memory():
    rng = np.random.default_rng(2)
    tracemalloc.start()
    try:
        for _ in range(300):
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            with contextlib.suppress(ArtifactError):
                read_artifact(b"\xb5" + rng.bytes(29))
            assert tracemalloc.get_traced_memory()[1] - before < 1 << 20
    finally:
        tracemalloc.stop()


def test_numbers_far_beyond_their_limits_are_refused_before_room_is_made_for_them():
    for write, read in (
        (_huge_exponent, lambda source: read_set(source, 1)),
        (_low_bits, lambda source: read_symbols(source, 16, 2)),
    ):
        sink = RangeEncoder()
        write(sink)
        with pytest.raises(ArtifactError):
            read(RangeDecoder(sink.finish()))


def _huge_exponent(sink):
    sink.uniform(1, 2)
    write_number(sink, 0, 2)
    sink.uniform(0, 2)
    write_signed(sink, 2**43, 3)


def _low_bits(sink):
    write_choice(sink, 1, (5, 1, 1, 1))
    write_number(sink, 2**46)
