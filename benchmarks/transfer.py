"""What starting from an earlier model gains: few rows of a task, with and without a model of a related task.

    AUTOMICRO_DATA=DATA python benchmarks/transfer.py [--trials 3] [--seeds 2] [NAME ...]

For every table and seed an earlier model is searched on 2,500 rows (keel_spambase) or on every second row, then the same metric is
asked for on 200 others: from nothing, and with ``start_from``. Shown are the bytes of the incumbent after each trial, the
seconds of all trials, and the score on the rows that neither search saw. Writes benchmarks/results/transfer.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from datasets import TABLES
from late_families import Steps
from sklearn.metrics import get_scorer

import automicro
from automicro.data import load_problem
from automicro.result.assemble import run

RESULTS = Path(__file__).parent / "results"
GOALS = {
    "keel_spambase": (0.96, 0.94),
    "sk_breast_cancer": (0.98, 0.97),
}  # of the earlier search and of the one on few rows
FAMILIES = ["linear"]
FEW = 200


def search(X: Any, y: Any, data: Any, score: float, **settings: Any) -> tuple[Any, Steps, float]:
    steps = Steps()
    constraints = automicro.Constraints(metric=data.metric, score=score)
    try:
        found = run(load_problem(X, y), constraints, automicro.Search(families=FAMILIES, **settings), progress=steps)
    except automicro.Infeasible as infeasible:
        return None, steps, sum(record.seconds for record in infeasible.trace)
    return found, steps, sum(record.seconds for record in found.trace)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=list(GOALS))
    parser.add_argument("--trials", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    lines = ["| table | seed | start | trial: bytes | trials' seconds | held out |", "|---|---|---|---|---|---|"]
    for name in options.names:
        data = TABLES[name]()
        for seed in range(options.seeds):
            order = np.random.default_rng(seed).permutation(len(data.y))
            many = min(2500, len(order) // 2)
            first, few, rest = order[:many], order[many : many + FEW], order[many + FEW :]
            X, y = data.X, data.y
            earlier = search(X.iloc[first], y[first], data, GOALS[name][0], trials=3, seed=seed)[0].model
            for label, start in (("nothing", {}), ("earlier model", {"start_from": earlier})):
                found, steps, seconds = search(
                    X.iloc[few], y[few], data, GOALS[name][1], trials=options.trials, seed=seed, **start
                )
                held = None if found is None else get_scorer(data.metric)(found.model, X.iloc[rest], y[rest])
                path = "; ".join(f"{trial}: {size}" for trial, _, size in steps.steps) or "none feasible"
                shown = "-" if held is None else f"{held:.3f}"
                lines.append(
                    f"| {name} | {seed} | {label} ({earlier.size_bytes} B) | {path} | {seconds:.0f} | {shown} |"
                )
                print(lines[-1], flush=True)
                RESULTS.mkdir(exist_ok=True)
                (RESULTS / "transfer.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
