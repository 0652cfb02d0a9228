"""Bytes reached on real tables at "within 1 % of the better of default LightGBM and logistic or ridge regression".

    AUTOMICRO_DATA=DATA python benchmarks/tables.py [--seconds 120] [NAME ...]

A fifth of the rows is held out first (seed 0, stratified for classes); the search sees only the rest. Beside automicro, on the same rows:
default LightGBM as its text file, and logistic or ridge regression on one-hot, standardised columns as four bytes a coefficient.
Writes benchmarks/results/tables.json and tables.md.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
from datasets import TABLES, Dataset
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import get_scorer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import automicro

RESULTS = Path(__file__).parent / "results"
GOALS = {
    "sk_breast_cancer": 60, "sk_diabetes": 40, "sk_digits": 500, "keel_german": 150, "keel_spambase": 220,
    "keel_splice": 600, "surv_flchain": 60, "islp_bikeshare": 2200, "plotnine_diamonds": 1000,
}  # fmt: skip


def linear_model(data: Dataset, X: pd.DataFrame) -> Any:
    """Return logistic or ridge regression behind the usual preparation."""
    texts = [c for c in X.columns if not pd.api.types.is_numeric_dtype(X[c])]
    numbers = [c for c in X.columns if c not in texts]
    prepare = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore"), texts),
    )
    model = RidgeCV(np.logspace(-3, 3, 13)) if data.metric == "r2" else LogisticRegression(max_iter=2000)
    return make_pipeline(prepare, model)


def boosted(data: Dataset) -> Any:
    """Return LightGBM as it comes."""
    made = lightgbm.LGBMRegressor if data.metric == "r2" else lightgbm.LGBMClassifier
    return made(verbosity=-1, n_jobs=2, random_state=0)


def scored(model: Any, metric: str, X: pd.DataFrame, y: np.ndarray) -> float:
    return float(get_scorer(metric)(model, X, y))


def baselines(data: Dataset, split: tuple[Any, ...]) -> dict[str, float]:
    """Return bytes and held-out score of the two usual models."""
    X, X_test, y, y_test = split
    linear = linear_model(data, X).fit(X, y)
    coefficients = sum(np.size(part) for part in (linear[-1].coef_, linear[-1].intercept_))
    coded = {c: X[c].astype("category").cat.categories for c in X.columns if not pd.api.types.is_numeric_dtype(X[c])}

    def with_categories(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(**{c: pd.Categorical(frame[c], categories=levels) for c, levels in coded.items()})

    trees = boosted(data).fit(with_categories(X), y)
    return {
        "lightgbm_bytes": len(trees.booster_.model_to_string().encode()),
        "lightgbm_held_out": scored(trees, data.metric, with_categories(X_test), y_test),
        "linear_bytes": 4 * coefficients,
        "linear_held_out": scored(linear, data.metric, X_test, y_test),
    }


def measured(name: str, seconds: float, seed: int) -> dict[str, Any]:
    """Return what automicro and the baselines reach on one table."""
    data = TABLES[name]()
    stratify = None if data.metric == "r2" else data.y
    split = train_test_split(data.X, data.y, test_size=0.2, random_state=0, stratify=stratify)
    X, X_test, y, y_test = split
    task = "regression" if data.metric == "r2" else "classification"
    row: dict[str, Any] = {"name": name, "metric": data.metric, "goal": GOALS.get(name)}
    started = time.monotonic()
    try:
        selection = automicro.select(
            X, y, metric=data.metric, within=0.01, task=task, search=automicro.Search(seconds=seconds, seed=seed)
        )
    except automicro.Infeasible as infeasible:
        return {
            **row,
            "verdict": "infeasible",
            "seconds": time.monotonic() - started,
            "why": str(infeasible),
            **baselines(data, split),
        }
    row |= {
        "bytes": selection.size_bytes,
        "family": selection.family,
        "variant": f"{selection.variant}; {selection.precision}",
        "target": selection.target,
        "score": selection.score,
        "interval": selection.score_interval,
        "held_out": scored(selection.model, data.metric, X_test, y_test),
        "level": selection.interpretability,
        "latency_us": selection.latency_us,
        "verdict": selection.verdict,
        "seconds": time.monotonic() - started,
        "trials": len(selection.trace),
        "reference": selection.reference.members if selection.reference else {},
    }
    return row | baselines(data, split)


def markdown(rows: list[dict[str, Any]]) -> str:
    """Return the results as a table."""
    head = ["table", "metric", "bytes", "goal", "family", "CV score", "target", "held out", "level", "verdict", "seconds",
            "LightGBM bytes", "held out", "linear bytes", "held out"]  # fmt: skip
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        cells = [row["name"], row["metric"], row.get("bytes", "-"), row["goal"] or "-", row.get("family", "-")]
        cells += [number(row.get(key)) for key in ("score", "target", "held_out")]
        cells += [row.get("level", "-"), row["verdict"], f"{row['seconds']:.0f}"]
        cells += [
            row["lightgbm_bytes"],
            number(row["lightgbm_held_out"]),
            row["linear_bytes"],
            number(row["linear_held_out"]),
        ]
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(TABLES)}; all if none is given")
    parser.add_argument("--seconds", type=float, default=120.0, help="for each search (default: 120)")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(TABLES):
        parser.error(f"unknown table {', '.join(sorted(unknown))}")
    warnings.filterwarnings("ignore", message="X does not have valid feature names")
    path = RESULTS / "tables.json"
    known = {row["name"]: row for row in json.loads(path.read_text())} if path.exists() else {}
    for name in asked.names or TABLES:
        known[name] = measured(name, asked.seconds, asked.seed)
        print(json.dumps(known[name]), flush=True)
        rows = [known[name] for name in TABLES if name in known]
        path.write_text(json.dumps(rows, indent=1) + "\n")
        (RESULTS / "tables.md").write_text(markdown(rows))


if __name__ == "__main__":
    main()
