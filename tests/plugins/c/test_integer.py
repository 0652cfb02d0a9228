"""Programs computed with whole numbers alone, bit for bit as they are defined."""

from __future__ import annotations

import ctypes

import drawn
import numpy as np
import pytest
from built import library, needs_compiler

from automicro import NotExported
from automicro.export import deployed
from automicro.export.exporting import export
from automicro.program import Affine, Missing, Numeric, Program, Weights, body_scores
from automicro_c.integer import LIMITS, integers
from automicro_c.source import whole_source

KINDS = {"affine": drawn.affine, "tables": drawn.tables, "forest": drawn.forest}
SCALE = 0.25


def drawn_program(kind, seed):
    rng = np.random.default_rng(seed)
    inputs, outputs = int(rng.integers(1, 6)), int(rng.integers(2, 5))
    columns = rng.permutation(inputs).tolist() if seed % 2 else range(inputs)
    body = KINDS[kind](rng, inputs, outputs)
    return Program(inputs, tuple(Numeric(column) for column in columns), body, "softmax", tuple(range(outputs)))


@needs_compiler
@pytest.mark.parametrize("layout", ["packed", "branches"])
def test_scores_are_those_of_the_definition(layout, tmp_path):
    files, programs = {}, {}
    for number, (kind, inputs) in enumerate((k, i) for k in KINDS for i in LIMITS):
        for seed in range(8):
            given = deployed(drawn_program(kind, seed), None, f"m{number}_{seed}")
            made = whole_source(given, layout, inputs, SCALE)
            files |= {f"{given.name}.h": made.header, f"{given.name}.c": made.source}
            programs[given.name] = (given, inputs)
    code = library(tmp_path, files, *(name for name in files if name.endswith(".c")))
    for name, (given, inputs) in programs.items():
        _compare(code, name, given, inputs)


def _compare(code, name, given, inputs):
    program, (low, high) = given.program, LIMITS[inputs]
    made = integers(given, inputs, SCALE)
    ctype = np.uint8 if inputs == "uint8" else np.int16
    rows = np.random.default_rng(0).integers(low, high, (30, program.columns), endpoint=True)
    rows[:20] = np.random.default_rng(1).integers(max(low, -20), 21, (20, program.columns))
    rows[-2:] = [[low] * program.columns, [high] * program.columns]
    wanted = body_scores(made.body, rows[:, [d.column for d in program.decoders]].astype(np.float32))
    exact = body_scores(program.body, SCALE * rows[:, [d.column for d in program.decoders]].astype(np.float32))
    largest = np.abs(exact).max()
    assert np.abs(wanted * made.unit - exact).max() <= 2e-3 * largest
    for row, scores in zip(rows, wanted, strict=True):
        cells = np.ascontiguousarray(row, dtype=ctype)
        result = (ctypes.c_int32 * len(scores))()
        getattr(code, f"{name}_scores")(cells.ctypes.data_as(ctypes.c_void_p), result)
        assert result[:] == scores.tolist(), name
        assert getattr(code, f"{name}_label")(cells.ctypes.data_as(ctypes.c_void_p)) == np.argmax(scores), name


def test_what_is_not_served_is_declined():
    body = Affine(Weights.of([[1.0]]), Weights.of([0.0]))
    for program, options, reason in (
        (Program(1, (Missing(0),), body, "identity"), {}, "needs columns of numbers without an offset"),
        (Program(1, (Numeric(0),), body, "exp"), {}, "computes neither exponentials nor limits"),
        (
            Program(1, (Numeric(0),), body, "identity"),
            {"interface": "arrays"},
            "computes with integers on a struct alone",
        ),
    ):
        with pytest.raises(NotExported, match=reason):
            export(program, None, "c", options={"arithmetic": "integer", **options})
    made = export(
        Program(1, (Numeric(0),), body, "identity"), None, "c", options={"arithmetic": "integer", "scale": 0.5}
    )
    assert made.notes == (
        "an input v stands for v * 0.5, and none is ever missing",
        "a score s stands for s * 0.001953125",
    )
