"""Wall time of a search against the seconds that it was given, at rest and with a loop on every core.

Run `python benchmarks/wall_time.py` on a machine that does nothing else; `--rows 500 20000` and `--seconds 5 15` choose some of the
cells, `--load rest` or `--load busy` one half. Each search runs in a process of its own; the wall time is that of `select`, with all
that it imports. Tables are drawn: ten columns of numbers and one of five levels, two classes.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

import automicro

ROWS, SECONDS = (500, 1_000, 20_000, 1_000_000), (3.0, 5.0, 15.0, 60.0)
TARGET = 0.75
RESULTS = Path(__file__).parent / "results" / "wall_time.json"
LOOP = "while True: pass"


def table(rows: int) -> tuple[pd.DataFrame, pd.Series]:
    """Return columns and target."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(rows, 10)), columns=[f"c{place}" for place in range(10)])
    X["level"] = rng.choice(list("abcde"), rows)
    score = X[["c0", "c1", "c2", "c3", "c4"]].to_numpy() @ np.array([1.0, 0.8, 0.5, -0.6, 0.3])
    score += (X["level"] == "a") + np.sin(2 * X["c5"]) + rng.logistic(size=rows)
    return X, (score > 0).astype(int)


def one(rows: int, seconds: float) -> dict[str, object]:
    """Search once in this process."""
    X, y = table(rows)
    started = time.perf_counter()
    try:
        settings = automicro.Search(seconds=seconds, seed=0)
        found = automicro.select(X, y, metric="roc_auc", score=TARGET, search=settings)
        answer = f"{found.verdict}, {found.size_bytes} bytes, {found.family}, {len(found.trace)} trials"
    except automicro.Infeasible as infeasible:
        answer = f"infeasible: {infeasible}"
    wall = time.perf_counter() - started
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "rows": rows,
        "seconds": seconds,
        "wall": wall,
        "processor": sum(usage.ru_utime + usage.ru_stime for usage in used),
        "answer": answer,
    }


def measured(rows: int, seconds: float, load: str) -> dict[str, object]:
    """Search once in a fresh process, beside a loop on every core if `load` is busy."""
    loops = [subprocess.Popen([sys.executable, "-c", LOOP]) for _ in range(os.cpu_count() or 1) if load == "busy"]
    try:
        command = [sys.executable, __file__, "--one", str(rows), str(seconds)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
    return {**json.loads(done.stdout.splitlines()[-1]), "load": load}


def main() -> None:
    """Measure every cell of the table, or those that are chosen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", nargs="+", type=int, default=ROWS)
    parser.add_argument("--seconds", nargs="+", type=float, default=SECONDS)
    parser.add_argument("--load", choices=("rest", "busy"))
    parser.add_argument("--one", nargs=2, type=float, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(one(int(chosen.one[0]), chosen.one[1])))
        return
    before = os.getloadavg()[0]
    results = []
    for load in ("rest", "busy"):
        for rows in chosen.rows if chosen.load in (None, load) else ():
            for seconds in chosen.seconds:
                results.append(cell := measured(rows, seconds, load))
                print(f"{load}: {rows:,} rows, {seconds:g} s: {cell['wall']:.1f} s, {cell['answer']}", flush=True)
    if chosen.load is None and tuple(chosen.rows) == ROWS and tuple(chosen.seconds) == SECONDS:
        RESULTS.write_text(json.dumps({"load_before": before, "cells": results}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
