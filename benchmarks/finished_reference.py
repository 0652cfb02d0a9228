"""Does `within` compare with what LightGBM really reaches, or name the seconds? Searches on 1,000 to 1,000,000 rows, of 10 to 300 s.

    python benchmarks/finished_reference.py [--rows 1000 20000 ...] [--seconds 10 60 300]

The table is `make_classification` with 30 columns; the search and scikit-learn's interface of default LightGBM get the same three folds.
A cell is right if the reference has LightGBM's mean ROC AUC to five digits and the answer meets the limit that follows, or if the search
is `Infeasible` and names the seconds to give. Cells are kept in benchmarks/results/finished_reference.json, the table beside it.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import make_classification
from sklearn.model_selection import StratifiedKFold, cross_val_score

import automicro

RESULTS = Path(__file__).parent / "results" / "finished_reference"
ROWS, SECONDS, WITHIN = (1_000, 20_000, 100_000, 1_000_000), (10.0, 60.0, 300.0), 0.02


def table(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return columns and target."""
    X, y = make_classification(rows, 30, n_informative=12, n_redundant=6, flip_y=0.08, class_sep=0.8, random_state=0)
    return X.astype(np.float32), y


def alone(rows: int) -> float:
    """Return the mean ROC AUC of default LightGBM on the folds."""
    from lightgbm import LGBMClassifier  # noqa: PLC0415 - not where only the table is written

    X, y = table(rows)
    model = LGBMClassifier(n_jobs=2, verbose=-1)
    return float(cross_val_score(model, X, y, cv=folds(), scoring="roc_auc").mean())


def folds() -> StratifiedKFold:
    """Return the splitter that both get."""
    return StratifiedKFold(3, shuffle=True, random_state=0)


def searched(rows: int, seconds: float) -> dict[str, Any]:
    """Return what a search printed, and when."""
    X, y = table(rows)
    started = time.perf_counter()
    search = automicro.Search(seconds=seconds, seed=0, cv=folds())
    try:
        found = automicro.select(X, y, metric="roc_auc", within=WITHIN, certify=False, search=search)
        reference = found.reference
        answer = {
            "reference": reference.score,
            "family": reference.family,
            "reference_seconds": reference.seconds,
            "score": found.score,
            "bytes": found.size_bytes,
        }
    except automicro.Infeasible as error:
        named = re.search(r"give at least ([\d,.]+) s", str(error))
        answer = {"infeasible": str(error), "named": named and float(named[1].replace(",", ""))}
    return {**answer, "wall": time.perf_counter() - started}


def words(cell: dict[str, Any], truth: float) -> str:
    """Return a cell of the table."""
    if "infeasible" in cell:
        named = f"infeasible: give at least {cell['named']:,.0f} s" if cell["named"] else cell["infeasible"]
        return f"{named} ({cell['wall']:.0f} s)"
    right = abs(cell["reference"] - truth) < 1e-5 and cell["score"] >= (1 - WITHIN) * truth
    agrees = "as LightGBM alone" if right else "NOT AS LIGHTGBM"
    return f"{cell['reference']:.6f}, {agrees}; {cell['bytes']:,} B at {cell['score']:.4f} ({cell['wall']:.0f} s)"


def main() -> None:
    """Run the cells and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="*", default=list(ROWS))
    parser.add_argument("--seconds", type=float, nargs="*", default=list(SECONDS))
    arguments = parser.parse_args()
    kept = RESULTS.with_suffix(".json")
    found: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else {}
    for rows in arguments.rows:
        line = found.setdefault(str(rows), {})
        line.setdefault("alone", alone(rows))
        for seconds in arguments.seconds:
            line[f"{seconds:g}"] = searched(rows, seconds)
            print(rows, seconds, words(line[f"{seconds:g}"], line["alone"]), flush=True)
            kept.write_text(json.dumps(found, indent=1) + "\n")
    head = [f"{seconds:g} s" for seconds in SECONDS]
    lines = [
        "# `within=0.02` against a finished reference",
        "",
        "ROC AUC of the reference, then the answer and the seconds of the call (`benchmarks/finished_reference.py`).",
        "",
        "| rows | LightGBM alone | " + " | ".join(head) + " |",
        "|---" * (len(head) + 2) + "|",
    ]
    for rows, line in sorted(found.items(), key=lambda each: int(each[0])):
        cells = [words(line[key], line["alone"]) if (key := f"{each:g}") in line else "" for each in SECONDS]
        lines.append(f"| {int(rows):,} | {line['alone']:.6f} | {' | '.join(cells)} |")
    RESULTS.with_suffix(".md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
