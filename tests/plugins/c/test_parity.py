"""Programs of every kind of node, exported to C, compiled, and compared with the reference evaluator."""

from __future__ import annotations

import ctypes
from typing import get_args

import drawn
import numpy as np
import pytest
from built import LARGEST, Built, beside_cuts, differs, library, needs_compiler, sources_of, undecided

from automicro.program import (
    Activation,
    Affine,
    Attention,
    Chain,
    Distances,
    Missing,
    Numeric,
    Program,
    Sum,
    Summary,
    Tokens,
    Weights,
)
from automicro.program.nodes import Statistic

PROGRAMS = 60


def _rounds(node) -> bool:
    """Whether sums of floats decide about later steps, so that rounding may change more than the last digits."""
    if isinstance(node, Chain):
        return not all(isinstance(part, Affine | Activation) for part in node.nodes) or any(map(_rounds, node.nodes))
    return isinstance(node, Distances | Tokens | Attention) or (isinstance(node, Sum) and any(map(_rounds, node.nodes)))


@needs_compiler
@pytest.mark.parametrize("layout", ["packed", "branches"])
def test_double_is_the_reference(layout, tmp_path):
    files, served, _ = sources_of({seed: drawn.program(seed) for seed in range(PROGRAMS)}, "double", layout)
    code = library(tmp_path, files, *(f"m{seed}.c" for seed in served))
    for seed, given in served.items():
        built = Built(code, given, ctypes.c_double)
        for rows in (drawn.rows(given.program, seed), beside_cuts(given.program, drawn.rows(given.program, seed))):
            (made, wanted), labels, predictions = built.results(rows)
            assert not len(differs(made, wanted, 1e-12)), seed
            assert labels is None or np.array_equal(*labels), seed
            assert predictions is None or not len(differs(*predictions, 1e-12)), seed


@needs_compiler
@pytest.mark.parametrize("layout", ["packed", "branches"])
def test_float_is_near_the_reference(layout, tmp_path):
    programs = {seed: drawn.program(seed) for seed in range(100, 100 + PROGRAMS)}
    files, served, _ = sources_of(programs, "float", layout)
    code = library(tmp_path, files, *(f"m{seed}.c" for seed in served))
    compared = 0
    for seed, given in served.items():
        if _rounds(given.program.body):
            continue
        compared += 1
        for rows in (drawn.rows(given.program, seed), beside_cuts(given.program, drawn.rows(given.program, seed))):
            (made, wanted), labels, _ = Built(code, given, ctypes.c_float).results(rows)
            assert not len(differs(np.clip(made, -LARGEST, LARGEST), np.clip(wanted, -LARGEST, LARGEST), 1e-5)), seed
            assert labels is None or np.array_equal(*labels), seed
    assert compared > PROGRAMS / 5


@needs_compiler
@pytest.mark.parametrize("arithmetic", ["float", "double"])
def test_missing_values_are_filled_in_place(arithmetic, tmp_path):
    programs = {}
    for number, body in enumerate((drawn.affine, drawn.tables, drawn.forest, drawn.affine)):
        rng = np.random.default_rng(number)
        decoders = tuple(Numeric(column, fill) for column, fill in enumerate((0.5, -2.0, 0.25)))
        programs[number] = Program(3, decoders, body(rng, 3, 2), "softmax", ("a", "b"))
    files, served, _ = sources_of(programs, arithmetic, "packed")
    code = library(tmp_path, files, *(f"m{seed}.c" for seed in served))
    for seed, given in served.items():
        assert "(const float *)row" in files[f"m{seed}.c"]
        real = ctypes.c_float if arithmetic == "float" else ctypes.c_double
        for rows in (drawn.rows(given.program, seed, 100), beside_cuts(given.program, drawn.rows(given.program, seed))):
            (made, wanted), labels, _ = Built(code, given, real).results(rows)
            clipped = (np.clip(each, -LARGEST, LARGEST) if arithmetic == "float" else each for each in (made, wanted))
            assert not len(differs(*clipped, 1e-5 if arithmetic == "float" else 1e-12)), seed
            assert not ((labels[0] != labels[1]) & ~undecided(wanted)).any(), seed


@needs_compiler
@pytest.mark.parametrize("arithmetic", ["float", "double"])
def test_every_statistic_of_every_window(arithmetic, tmp_path):
    kinds, programs = get_args(Statistic), {}
    body = Affine(Weights.of(np.eye(len(kinds) + 1)), Weights.of(np.zeros(len(kinds) + 1)))
    for level, window in ((0, 0), (1, 1), (2, 1), (5, 31)):
        decoders = (*(Summary(0, kind, level, window) for kind in kinds), Missing(0))
        programs[level] = Program(1, decoders, body, "identity")
    files, served, _ = sources_of(programs, arithmetic, "packed")
    code = library(tmp_path, files, *(f"m{level}.c" for level in served))
    assert list(served) == list(programs)
    rng = np.random.default_rng(0)
    series = rng.normal(size=(60, 70)) * 10.0 ** rng.integers(-3, 4, (60, 1))
    series[rng.random(series.shape) < 0.1] = np.nan
    series[np.arange(70) >= rng.integers(0, 71, (60, 1))] = np.nan
    for given in served.values():
        real = ctypes.c_float if arithmetic == "float" else ctypes.c_double
        (made, wanted), _, _ = Built(code, given, real).results([series])
        size = np.nanmax(np.abs(series), axis=1, initial=1e-9, where=~np.isnan(series))[:, None]
        assert np.abs((made - wanted) / np.maximum(size, np.abs(wanted))).max() <= (
            3e-6 if arithmetic == "float" else 1e-7
        )
