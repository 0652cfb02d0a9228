"""One row and many through Python: compiled models beside LightGBM and ONNX Runtime, at the same ensemble, as ratios in one process.

Run: ``python benchmarks/compiled.py [--write]``. Times are medians of interleaved repeats in one process; absolute times differ between
machines, ratios less.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from lightgbm import LGBMClassifier
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import train_test_split

from automicro.program import Numeric, Program
from automicro.runtime.model import Model
from automicro_boosting.lower import forest, read_model

RESULTS = Path(__file__).parent / "results" / "compiled.md"
SETS = {"breast_cancer": (load_breast_cancer, 100, 3), "digits": (load_digits, 10, 20)}
ROWS = 10_000


def ensemble(name):
    """Return LightGBM's model of 100 trees of at most 31 leaves, the same as a program, and rows to predict."""
    load, rounds, least = SETS[name]
    X, y = load(return_X_y=True)
    train, test, labels, _ = train_test_split(X.astype(np.float32), y, test_size=0.33, random_state=42)
    classes = len(np.unique(y))
    fitted = LGBMClassifier(n_estimators=rounds, num_leaves=31, min_child_samples=least, n_jobs=1, verbose=-1)
    fitted.fit(train, labels)
    outputs, link = (1, "sigmoid") if classes == 2 else (classes, "softmax")
    grown = read_model(fitted.booster_.model_to_string(), outputs, link)
    lowered = forest(grown)
    decoders = tuple(Numeric(place) for place in range(X.shape[1]))
    program = Program(X.shape[1], decoders, lowered.body, link, tuple(range(classes)))
    return fitted, program, test.astype(np.float64)


def medians(calls, rows, repeats, inner):
    """Return the median microseconds of each call, the calls interleaved, each on another row or batch every time."""
    times = {name: [] for name in calls}
    for repeat in range(repeats):
        for name, call in calls.items():
            given = [rows[(repeat * inner + i) % len(rows)] for i in range(inner)]
            start = time.perf_counter()
            for row in given:
                call(row)
            times[name].append((time.perf_counter() - start) / inner * 1e6)
    return {name: float(np.median(each)) for name, each in times.items()}


def onnx_call(fitted, columns):
    """Return ONNX Runtime's call of the ensemble, or None where its converter is not installed."""
    try:
        import onnxruntime  # noqa: PLC0415 - may not be installed
        from onnxmltools import convert_lightgbm  # noqa: PLC0415 - as above
        from onnxmltools.convert.common.data_types import FloatTensorType  # noqa: PLC0415 - as above
    except ImportError:
        return None
    graph = convert_lightgbm(fitted, initial_types=[("x", FloatTensorType([None, columns]))], zipmap=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph.SerializeToString(), options)
    return lambda X: session.run(None, {"x": X.astype(np.float32)})


def table(name):
    """Yield the lines of one ensemble."""
    fitted, program, test = ensemble(name)
    plain = Model(program)
    compiled = plain.compile()
    assert np.abs(compiled.predict_proba(test) - fitted.predict_proba(test)).max() < 1e-6
    calls = {
        "`Model.compile().predict_proba`": compiled.predict_proba,
        "`Model.compile().predict`": compiled.predict,
        "`Model.predict_proba`": plain.predict_proba,
        "`Booster.predict`": lambda X: fitted.booster_.predict(X, num_threads=1),
        "`LGBMClassifier.predict_proba`": fitted.predict_proba,
    }
    if (onnx := onnx_call(fitted, test.shape[1])) is not None:
        calls["ONNX Runtime, converter's graph"] = onnx
    single = medians(calls, [test[i : i + 1] for i in range(len(test))], 40, 20)
    many = np.ascontiguousarray(np.resize(test, (ROWS, test.shape[1])))
    batch = medians(calls, [many], 5, 1)
    base, base_of_many = single["`Model.compile().predict_proba`"], batch["`Model.compile().predict_proba`"]
    for call in calls:
        alone = f"{single[call]:.2f} | {single[call] / base:.1f}"
        yield f"| {name} | {call} | {alone} | {batch[call] / ROWS:.3f} | {batch[call] / base_of_many:.2f} |"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    lines = [
        "| ensemble | call | one row, us | ratio | 10,000 rows, us a row | ratio |",
        "|---|---|--:|--:|--:|--:|",
        *(line for name in SETS for line in table(name)),
    ]
    text = "\n".join(lines)
    print(text)
    if parser.parse_args().write:
        said = "100 trees of at most 31 leaves, one thread, medians in one process (`benchmarks/compiled.py`)."
        RESULTS.write_text(f"# Compiled prediction in Python\n\n{said}\n\n{text}\n", "utf-8")


if __name__ == "__main__":
    main()
