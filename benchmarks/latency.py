"""Whether stated intervals of a latency cover, and what a measurement says while every core is busy.

Run `python benchmarks/latency.py` on a machine that does nothing else: ten measurements of one artifact, one after the other, each in
fresh processes of its own. An interval covers if the median of all processes of all measurements lies within. Then a busy loop runs on
every core, and three more measurements decide on limits: 2 and 5 times
the p99 of the idle machine must be met, what is below its median never. With `--only busy` or `--only idle` one of the two.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer

import automicro
from automicro.measure import Latency, latency_in_fresh_processes

MEASUREMENTS = 10
RESULTS = Path(__file__).parent / "results" / "latency.json"
LOOP = "while True: pass"


def artifact() -> tuple[bytes, list[list[float]]]:
    """Return a small artifact and rows to time it on."""
    X, y = load_breast_cancer(return_X_y=True)
    found = automicro.select(X, y, metric="roc_auc", score=0.98, search=automicro.Search(trials=6))
    return found.model.to_bytes(strip=True), X[:20].tolist()


def idle(payload: bytes, rows: list[list[float]]) -> dict[str, object]:
    """Measure ten times; tell how many intervals cover the median of all processes."""
    measured = []
    for number in range(MEASUREMENTS):
        measured.append(latency_in_fresh_processes(payload, rows))
        print(f"measurement {number + 1}: {told(measured[-1])}", flush=True)
    covered = {}
    for quantile in (0.5, 0.95, 0.99):
        every = float(np.median([run.interval(quantile).us for latency in measured for run in latency.runs]))
        inside = [
            found.low_us <= every <= found.high_us for found in (latency.interval(quantile) for latency in measured)
        ]
        covered[f"p{100 * quantile:g}"] = {"common_us": every, "covered": sum(inside), "of": len(inside)}
        print(f"p{100 * quantile:g}: {sum(inside)} of {len(inside)} intervals cover {every:.4g} us", flush=True)
    return {"covered": covered, "measurements": [latency.record().model_dump() for latency in measured]}


def busy(payload: bytes, rows: list[list[float]], usual: Latency) -> dict[str, object]:
    """Measure while a loop runs on every core, and decide on limits below, around and above what an idle machine takes."""
    limits = (0.9 * usual.median_us, *(times * usual.quantile_us for times in (0.9, 1.1, 1.5, 2.0, 5.0)), 100_000.0)
    loops = [subprocess.Popen([sys.executable, "-c", LOOP]) for _ in range(os.cpu_count() or 1)]
    said = []
    try:
        time.sleep(2)
        for _ in range(3):
            latency = latency_in_fresh_processes(payload, rows)
            for limit in limits:
                decision = latency.decision(limit)
                doubt = latency.doubt(limit) if decision == "undecided" else ""
                said.append({"limit_us": limit, "decision": decision, "said": doubt, "noisy": latency.noisy})
                print(f"limit {limit:.4g} us: {decision} {doubt}", flush=True)
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
    return {"usual_us": usual.quantile_us, "usual_median_us": usual.median_us, "decisions": said}


def told(latency: Latency) -> str:
    """Return a measurement in a line."""
    parts = [f"p{100 * q.quantile:g} {q.us:.4g} ({q.low_us:.4g} to {q.high_us:.4g})" for q in latency.quantiles]
    return f"{', '.join(parts)} us; processor {latency.cpu_share:.1%} of the time"


def main() -> None:
    """Run both parts, or one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("idle", "busy"))
    only = parser.parse_args().only
    payload, rows = artifact()
    print(f"an artifact of {len(payload)} bytes", flush=True)
    results = {}
    if only != "busy":
        results["idle"] = idle(payload, rows)
    if only != "idle":
        usual = latency_in_fresh_processes(payload, rows)
        print(f"before the loops: {told(usual)}", flush=True)
        results["busy"] = busy(payload, rows, usual)
    if only is None:
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
