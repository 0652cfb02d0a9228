"""Is the stated score that of the returned file? Searches on real tables, each answer scored on rows that its search never had.

    AUTOMICRO_DATA=DATA python benchmarks/stated_scores.py [--requests 30] [--seconds 30] [--trials 4] [--seed 0] [--again]

Requests are drawn: a table (at most 40,000 of its rows train, the rest are fresh), a metric of its task, a family or all, `certify`
False, "auto" or True, and a target between that of a constant and that of default LightGBM. "auto" is drawn for large tables alone, where
it certifies. Noted are what is stated, its two-sided interval of 95 %, and the score on the fresh rows with an interval of its own (1,000
resamples), for fresh rows are few, too. `outside`: the fresh score lies outside the stated interval; `surely`: even its own interval does
not touch the stated one; `short`: the fresh score is below the target by more than the half-width of the stated interval.
Finished requests are kept in benchmarks/results/stated_scores.jsonl; stated_scores.md is written from it.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from datasets import TABLES, Dataset
from pandas.api.types import is_numeric_dtype
from sklearn.model_selection import train_test_split

import automicro
from automicro.data import load_problem
from automicro.measure import score
from automicro.request import metric as metric_of

RESULTS = Path(__file__).parent / "results"
MOST_TRAINED = 40_000
LARGE = 25_000
FAMILIES = ("linear", "tree", "boosting", "cluster", "")
METRICS = {
    "binary": ("roc_auc", "accuracy", "f1", "log_loss", "balanced_accuracy"),
    "classes": ("accuracy", "f1_macro", "log_loss"),
    "numbers": ("r2", "mean_absolute_error", "root_mean_squared_error", "mean_absolute_percentage_error"),
}
Line = dict[str, Any]


def requests(count: int, seed: int) -> list[Line]:
    """Return drawn requests."""
    rng = np.random.default_rng(seed)
    names, drawn = list(TABLES), []
    for number in range(count):
        name = names[number % len(names)]
        data = TABLES[name]()
        kind = "numbers" if data.metric == "r2" else "binary" if len(np.unique(data.y)) == 2 else "classes"
        certify = [False, True, "auto"][number // len(names) % 3]
        metric = str(rng.choice(METRICS[kind]))
        if metric.endswith("percentage_error") and not (data.y > 0).all():
            metric = "mean_absolute_error"
        drawn.append({
            "number": number,
            "table": name,
            "metric": metric,
            "certify": certify,
            "family": str(rng.choice(FAMILIES)),
            "share": round(float(rng.uniform(0.5, 0.95)), 2),
        })  # fmt: skip
    return drawn


def split_of(data: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows that train and the fresh ones: a quarter of them, or all but the most that train."""
    rows = len(data.y)
    fresh = max(rows // 4, rows - MOST_TRAINED)
    return tuple(
        train_test_split(
            np.arange(rows), test_size=fresh, random_state=1, stratify=None if data.metric == "r2" else data.y
        )
    )  # type: ignore[return-value]  # two arrays


def fresh_scores(line: Line, data: Dataset, kept: np.ndarray, fresh: np.ndarray) -> tuple[float, float]:
    """Return the fresh scores of a constant and of default LightGBM."""
    task = "regression" if data.metric == "r2" else "classification"
    X = data.X.apply(lambda column: column if is_numeric_dtype(column) else column.astype("category"))
    model = (lightgbm.LGBMRegressor if task == "regression" else lightgbm.LGBMClassifier)(verbose=-1, n_jobs=2)
    model.fit(X.iloc[kept], data.y[kept])
    if task == "regression":
        strong, constant = model.predict(X.iloc[fresh]), np.full(len(fresh), np.mean(data.y[kept]))
    else:
        strong = model.predict_proba(X.iloc[fresh])
        constant = np.tile(np.bincount(data.y[kept]) / len(kept), (len(fresh), 1))
    return tuple(score(line["metric"], data.y[fresh], p) for p in (constant, strong))  # type: ignore[return-value]  # two numbers


def answered(line: Line, seconds: float, trials: int) -> Line:
    """Run one request and score its answer on fresh rows."""
    data = TABLES[line["table"]]()
    kept, fresh = split_of(data)
    task = "regression" if data.metric == "r2" else "classification"
    low, high = fresh_scores(line, data, kept, fresh)
    target = float(f"{low + line['share'] * (high - low):.3g}")
    started = time.monotonic()
    found: Line = {**line, "rows": len(kept), "fresh_rows": len(fresh), "target": target}
    try:
        selection = automicro.select(
            data.X.iloc[kept].reset_index(drop=True),
            data.y[kept],
            task=task,
            metric=line["metric"],
            score=target,
            certify=line["certify"],
            families=[line["family"]] if line["family"] else None,
            search=automicro.Search(trials=trials, seconds=seconds, seed=line["number"], progress=False),
        )
    except automicro.Infeasible as infeasible:
        return {**found, "seconds": round(time.monotonic() - started, 1), "infeasible": str(infeasible)[:300]}
    seconds_taken = time.monotonic() - started
    model, y = selection.model, load_problem(data.X.iloc[fresh], data.y[fresh], task=task).target
    prediction = model.predict(data.X.iloc[fresh]) if task == "regression" else model.predict_proba(data.X.iloc[fresh])
    rng = np.random.default_rng(0)
    drawn = [score(line["metric"], y[rows], prediction[rows]) for rows in rng.integers(0, len(y), (1000, len(y)))]
    return {
        **found,
        "seconds": round(seconds_taken, 1),
        "verdict": selection.verdict,
        "family": selection.family,
        "bytes": selection.size_bytes,
        "stated": selection.expected_score,
        "interval": list(selection.score_interval),
        "fresh": score(line["metric"], y, prediction),
        "fresh_interval": [float(np.nanquantile(drawn, q)) for q in (0.025, 0.975)],
    }


def outside(line: Line) -> bool:
    """Whether the fresh score lies outside the stated interval."""
    return not line["interval"][0] <= line["fresh"] <= line["interval"][1]


def surely_outside(line: Line) -> bool:
    """Whether the interval of the fresh score does not touch the stated one."""
    return line["fresh_interval"][1] < line["interval"][0] or line["fresh_interval"][0] > line["interval"][1]


def short(line: Line) -> bool:
    """Whether the fresh score misses the target by more than the half-width of the stated interval."""
    half = (line["interval"][1] - line["interval"][0]) / 2
    return metric_of(line["metric"]).sign * (line["fresh"] - line["target"]) < -half


def markdown(lines: list[Line]) -> str:
    """Return the requests as a table, and what is counted of them."""
    made = [line for line in lines if "stated" in line]
    head = [
        "table",
        "metric",
        "target",
        "certify",
        "verdict",
        "family",
        "bytes",
        "stated",
        "interval",
        "fresh",
        "outside",
    ]
    rows = [head, ["---"] * len(head)]
    for line in lines:
        asked = [line["table"], line["metric"], line["target"], line["certify"]]
        if "stated" not in line:
            rows.append([*asked, "infeasible", line["family"] or "all", *["-"] * 5])
            continue
        spread = f"{line['interval'][0]:.4g} to {line['interval'][1]:.4g}"
        mark = "surely" if surely_outside(line) else "yes" if outside(line) else "no"
        answer = [
            line["verdict"],
            line["family"],
            line["bytes"],
            f"{line['stated']:.4g}",
            spread,
            f"{line['fresh']:.4g}",
        ]
        rows.append([*asked, *answer, mark])
    counts = (
        f"{len(made)} of {len(lines)} requests were answered. Outside of the stated interval: {sum(map(outside, made))}, "
        f"surely: {sum(map(surely_outside, made))}. Short of the target by more than the interval allows: {sum(map(short, made))}."
    )
    table = "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)
    return f"# Stated scores beside those on fresh rows\n\n{counts}\n\n{table}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--trials", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--again", action="store_true", help="repeat what is finished")
    asked = parser.parse_args()
    path = RESULTS / "stated_scores.jsonl"
    if asked.again:
        path.unlink(missing_ok=True)
    lines = [json.loads(text) for text in path.read_text().splitlines()] if path.exists() else []
    done = {line["number"] for line in lines}
    for line in requests(asked.requests, asked.seed):
        if line["number"] not in done:
            lines.append(answered(line, asked.seconds, asked.trials))
            print(lines[-1], flush=True)
            with path.open("a") as file:
                file.write(json.dumps(lines[-1]) + "\n")
            path.with_suffix(".md").write_text(markdown(lines))


if __name__ == "__main__":
    main()
