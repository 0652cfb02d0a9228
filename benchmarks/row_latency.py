"""How long a prediction of one row takes in each form that the row may have, beside the same row as an array.

Run `python benchmarks/row_latency.py`. The time of a form is the least of 200 averages over ten calls: other work of the machine
only makes calls longer.
"""

from __future__ import annotations

import json
import timeit
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from automicro.program import Affine, Numeric, OneHot, Program, Weights
from automicro.runtime.model import Model

WIDTHS = (20, 200)
RESULTS = Path(__file__).parent / "results" / "row_latency.json"


def model_of(width: int) -> Model:
    """Return a model that reads four columns of numbers and one of levels."""
    read = (*(Numeric(column) for column in range(4)), OneHot(width - 1, ("a", "b", None)))
    weights = np.random.default_rng(0).normal(size=(1, 7)).tolist()
    program = Program(width, read, Affine(Weights.of(weights), Weights.of([0.5])), "sigmoid", ("no", "yes"))
    return Model(program, {"columns": [{"name": f"c{column}"} for column in range(width)]})


def forms_of(width: int) -> dict[str, Any]:
    """Return one row in each form."""
    frame = pd.DataFrame(np.random.default_rng(1).normal(size=(5, width)), columns=[f"c{j}" for j in range(width)])
    frame[f"c{width - 1}"] = ["a", "b", "a", "b", "a"]
    row = frame.iloc[[3]]
    cells = row.to_numpy(dtype=object)
    named = dict(zip(row.columns, cells[0].tolist(), strict=True))
    return {
        "array": cells,
        "list": [cells[0].tolist()],
        "dict": named,
        "list of a dict": [named],
        "pandas Series": frame.iloc[3],
        "pandas DataFrame": row,
        "polars DataFrame": pl.from_pandas(row),
    }


def main() -> None:
    """Time every form at every width."""
    results: dict[str, dict[str, float]] = {}
    for width in WIDTHS:
        model, times = model_of(width), {}
        for name, row in forms_of(width).items():
            times[name] = min(timeit.repeat(partial(model.predict_proba, row), number=10, repeat=200)) * 1e5
            print(f"{width} columns, {name}: {times[name]:.1f} us, {times[name] / times['array']:.1f} times the array")
        results[str(width)] = times
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
