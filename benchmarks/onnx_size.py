"""States the bytes of a node of a large ensemble in ONNX.

Run with ``python benchmarks/onnx_size.py``; writes `benchmarks/results/onnx_size.md`. Needs onnx.
"""

from __future__ import annotations

from pathlib import Path

import lightgbm
import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits

from automicro.export import deployed
from automicro.plugin import TargetOptions
from automicro.program import Numeric, Program
from automicro_boosting.lower import forest, read_model
from automicro_onnx import OnnxTarget

RESULT = Path(__file__).parent / "results" / "onnx_size.md"


def line(name: str, data, outputs: int, link: str) -> str:
    """Return a line for 100 rounds of trees of 31 leaves."""
    model = lightgbm.LGBMClassifier(n_estimators=100, num_leaves=31, min_child_samples=3, n_jobs=1, verbose=-1)
    model.fit(data.data.astype(np.float32).astype(np.float64), data.target)
    body = forest(read_model(model.booster_.model_to_string(), outputs, link)).body
    columns = data.data.shape[1]
    program = Program(columns, tuple(map(Numeric, range(columns))), body, link, tuple(range(max(outputs, 2))))
    size = sum(OnnxTarget().export(deployed(program), TargetOptions()).sizes.values())
    nodes = sum(len(tree.feature) for tree in body.trees)
    return f"| {name} | {len(body.trees):,} | {nodes:,} | {size:,} | {size / nodes:.1f} |"


def main() -> None:
    lines = [
        "# Models as ONNX",
        "",
        "LightGBM, 100 rounds of trees of 31 leaves. Nodes are splits and leaves; bytes are those of the whole file.",
        "",
        "| model | trees | nodes | bytes | bytes a node |",
        "|---|---:|---:|---:|---:|",
        line("breast_cancer", load_breast_cancer(), 1, "sigmoid"),
        line("digits", load_digits(), 10, "softmax"),
    ]
    RESULT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(RESULT.read_text())


if __name__ == "__main__":
    main()
