"""The target onnx computes in ONNX Runtime what the reference evaluator computes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import automicro
from automicro.export.exporting import export_to
from automicro.plugin import TargetOptions
from automicro.program import Affine, Forest, Grams, Numeric, Program, Tree, Weights
from automicro.program.inputs.rows import level_text
from automicro.testing import Answer, check_target

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from automicro.testing import Exported

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")

from automicro_onnx import OnnxTarget  # noqa: E402 - it needs onnx


def fed(session: Any, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what a session reads: float32 or float64 with NaN, texts that are empty where they are missing."""
    made = {}
    for given in session.get_inputs():
        cells = [row[given.name] for row in rows]
        if given.type == "tensor(string)":
            made[given.name] = np.array([[level_text(each) or ""] for each in cells], dtype=object)
        else:
            kind = np.float64 if given.type == "tensor(double)" else np.float32
            with np.errstate(over="ignore"):
                made[given.name] = np.array([[math.nan if each is None else float(each)] for each in cells]).astype(
                    kind
                )
    return made


def run(cases: Sequence[Exported]) -> Iterator[list[Answer]]:
    for case in cases:
        content = case.export.files[case.export.entry]
        onnx.checker.check_model(content)
        options = runtime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = 1
        session = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        outputs = session.run(None, fed(session, case.rows))
        if len(outputs) == 1:
            yield [Answer(value) for value in outputs[0][:, 0].tolist()]
        else:
            yield [Answer(*each) for each in zip(outputs[0].tolist(), outputs[1].tolist(), strict=True)]


def exported(program: Program) -> Any:
    return export_to(OnnxTarget(), program, None, "model", TargetOptions())


def test_onnx_runtime_computes_what_the_reference_computes():
    declined = check_target(OnnxTarget(), run, models=108)
    assert all(reason.startswith("needs ") for reason in declined)


def test_texts_are_declined():
    body = Affine(Weights.of([[2.0]]), Weights.of([1.0]))
    with pytest.raises(automicro.NotExported, match="target 'onnx' needs numbers and categories"):
        exported(Program(1, (Grams(0, "word", 1, 1, 4, (3,)),), body, "identity"))


def test_a_node_of_a_tree_takes_at_most_twelve_bytes():
    rng = np.random.default_rng(0)
    feature = np.array([0, 1, -1, -1, 2, -1, -1], np.int32)
    trees = tuple(
        Tree(feature, rng.normal(size=7).astype(np.float32), np.zeros(7, bool), np.arange(7, dtype=np.int32) + 7 * i)
        for i in range(400)
    )
    body = Forest(trees, Weights.of(rng.normal(size=(2800, 1))), Weights.of([0.1]))
    program = Program(3, tuple(map(Numeric, range(3))), body, "sigmoid", (0, 1))
    assert sum(exported(program).sizes.values()) <= 12 * 2800
