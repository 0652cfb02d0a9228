"""States the bytes of the query of a large ensemble, and how long databases take for 100,000 rows.

Run with ``python benchmarks/sql_size.py``; writes `benchmarks/results/sql_size.md`. Needs duckdb.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import duckdb
import lightgbm
import numpy as np
from sklearn.datasets import load_breast_cancer

from automicro.export import deployed
from automicro.program import Numeric, Program, columns_of, evaluate
from automicro_boosting.lower import forest, read_model
from automicro_sql import SqlTarget
from automicro_sql.target import SqlOptions

RESULT = Path(__file__).parent / "results" / "sql_size.md"
ROWS = 100_000
TOLERANCE = 1e-5


def ensemble(data, outputs: int, link: str) -> Program:
    """Return 100 rounds of trees of 31 leaves."""
    model = lightgbm.LGBMClassifier(n_estimators=100, num_leaves=31, min_child_samples=3, n_jobs=1, verbose=-1)
    model.fit(data.data.astype(np.float32).astype(np.float64), data.target)
    body = forest(read_model(model.booster_.model_to_string(), outputs, link)).body
    columns = data.data.shape[1]
    return Program(columns, tuple(map(Numeric, range(columns))), body, link, tuple(range(max(outputs, 2))))


def rows_of(data) -> np.ndarray:
    """Return rows between those of a data set, in float64."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, len(data.data), (2, ROWS))
    return data.data[a] + rng.random((ROWS, 1)) * (data.data[b] - data.data[a])


def query_of(program: Program, dialect: str) -> tuple[str, float]:
    start = time.perf_counter()
    options = SqlOptions(dialect=dialect, keep=("id",))
    made = SqlTarget().export(deployed(program), options)
    return str(made.files[made.entry]), time.perf_counter() - start


def run_duckdb(query: str, rows: np.ndarray) -> tuple[list, float]:
    connection = duckdb.connect()
    columns = {f"c{i}": rows[:, i].copy() for i in range(rows.shape[1])}  # noqa: F841 - DuckDB reads variables
    names = ", ".join(f'c{i} AS "column {i}"' for i in range(rows.shape[1]))
    connection.execute(f"CREATE TABLE data AS SELECT row_number() OVER () AS id, {names} FROM columns")
    start = time.perf_counter()
    connection.execute(f"CREATE TABLE made AS {query}")
    seconds = time.perf_counter() - start
    return connection.execute("SELECT * FROM made ORDER BY id").fetchall(), seconds


def run_sqlite(query: str, rows: np.ndarray) -> tuple[list, float]:
    connection = sqlite3.connect(":memory:")
    names = ", ".join(f'"column {i}" REAL' for i in range(rows.shape[1]))
    connection.execute(f"CREATE TABLE data (id INTEGER PRIMARY KEY, {names})")
    marks = ", ".join("?" * (rows.shape[1] + 1))
    connection.executemany(f"INSERT INTO data VALUES ({marks})", ([i, *row] for i, row in enumerate(rows.tolist())))
    start = time.perf_counter()
    made = connection.execute(query).fetchall()
    return sorted(made), time.perf_counter() - start


def line(name: str, program: Program, data, dialect: str) -> str:
    query, seconds = query_of(program, dialect)
    shown = [name, dialect, f"{len(query.encode()):,}", f"{seconds:.2f} s"]
    run = {"duckdb": run_duckdb, "sqlite": run_sqlite}.get(dialect)
    if run is None:
        return f"| {' | '.join(shown)} | | | |"
    rows = rows_of(data)
    answers, took = run(query, rows)
    wanted = evaluate(program, columns_of(program, rows))
    made = np.array([row[2:] for row in answers], dtype=np.float64)
    largest = float((np.abs(made - wanted) / wanted).max())
    wrong = int((np.array([row[1] for row in answers]) != wanted.argmax(axis=1)).sum())
    return f"| {' | '.join(shown)} | {took:.2f} s | {wrong} | {largest:.1e} |"


def main() -> None:
    cancer = load_breast_cancer()
    programs = {
        "breast_cancer, 100 trees": (ensemble(cancer, 1, "sigmoid"), cancer),
    }
    lines = [
        "# Models as SQL",
        "",
        f"LightGBM, 100 rounds of trees of 31 leaves; {ROWS:,} rows between those of the data, in a table of float64.",
        "Labels that differ from those of the reference evaluator, and the largest relative difference of a probability.",
        "",
        "| model | dialect | bytes | written in | rows in | labels that differ | difference |",
        "|---|---|---:|---:|---:|---:|---:|",
        *(line(name, *of, dialect) for name, of in programs.items() for dialect in ("duckdb", "sqlite", "postgresql")),
    ]
    RESULT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(RESULT.read_text())


if __name__ == "__main__":
    main()
