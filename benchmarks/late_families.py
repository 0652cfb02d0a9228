"""What families that are slow to start cost where others win: when keel_german reaches its answer with and without them.

    AUTOMICRO_DATA=DATA python benchmarks/late_families.py [--seconds 120] [--trials N] [--seeds 2] [--within 0.01] [NAME ...]

For every table, seed and set of families (the first three of the base install; all that are installed): each incumbent with the
trials and seconds after which it was found, and which families took part. The answer is what the slower of the two sets reached;
its time is when each set was as small. Writes benchmarks/results/late_families.json and .md.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from datasets import TABLES

import automicro
from automicro.data import load_problem
from automicro.report import Progress
from automicro.result.assemble import run

RESULTS = Path(__file__).parent / "results"
SETS: dict[str, list[str] | None] = {"three": ["boosting", "linear", "tree"], "default": None}


class Steps(Progress):
    """Keeps every incumbent with when it was found."""

    def __init__(self) -> None:
        super().__init__(False)
        self.started = time.monotonic()
        self.steps: list[tuple[int, float, int]] = []

    def update(self, trials: int, outcome: Any = None, incumbent: Any = None) -> None:  # noqa: ARG002 - what listeners get
        size = None if incumbent is None else len(incumbent.artifact)
        if size is not None and (not self.steps or size < self.steps[-1][2]):
            self.steps.append((outcome.number + 1, round(time.monotonic() - self.started, 1), size))


def measured(name: str, families: list[str] | None, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    data, steps = TABLES[name](), Steps()
    search = automicro.Search(
        seconds=None if options.trials else options.seconds, trials=options.trials, seed=seed, families=families
    )
    constraints = automicro.Constraints(metric=data.metric, within=options.within)
    problem = load_problem(data.X, data.y, task="regression" if data.metric == "r2" else "classification")
    try:
        trace = run(problem, constraints, search, progress=steps).trace
    except automicro.Infeasible as infeasible:
        trace = infeasible.trace
    spent: Counter[str] = Counter()
    for record in trace:
        spent[record.family] += record.seconds
    trained = Counter(record.family for record in trace if record.status != "skipped")
    return {"steps": steps.steps, "trials": dict(trained), "seconds": {k: round(v, 1) for k, v in spent.items()}}


def until(steps: list[tuple[int, float, int]], size: int) -> tuple[int, float] | None:
    """Return trials and seconds until an incumbent was as small."""
    return next(((trials, seconds) for trials, seconds, found in steps if found <= size), None)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=["keel_german"])
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--trials", type=int)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--within", type=float, default=0.01)
    options = parser.parse_args()
    rows, lines = (
        [],
        ["| table | seed | answer | three: trials, seconds | default: trials, seconds | trained by default |"],
    )
    lines.append("|---|---|---|---|---|---|")
    for name in options.names:
        for seed in range(options.seeds):
            found = {label: measured(name, families, seed, options) for label, families in SETS.items()}
            rows.append({"table": name, "seed": seed, **found})
            last = [result["steps"][-1][2] for result in found.values() if result["steps"]]
            answer = max(last, default=0)
            cells = [str(until(result["steps"], answer)) for result in found.values()]
            lines.append(f"| {name} | {seed} | {answer} B | {cells[0]} | {cells[1]} | {found['default']['trials']} |")
            print(lines[-1], [result["steps"] for result in found.values()], flush=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "late_families.json").write_text(json.dumps(rows, indent=1) + "\n")
    (RESULTS / "late_families.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
