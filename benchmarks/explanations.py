"""Explains random rows of every family, and checks that parts add up to the prediction and that counterfactuals flip it.

    AUTOMICRO_DATA=DATA python benchmarks/explanations.py [--rows 1000] [--only NAME ...] [--again]

A model of each family is trained once, in the first setting of its portfolio that trains, so that it is some model rather than a good
one; it is packed and read back. Rows of tables are mixed: every cell is drawn on its own from the cells of its column, one in twenty is
missing; texts, series and graphs are drawn whole. Parts add up if constant and parts miss the score by at most 1e-6 of
1 + |constant| + sum of |parts|, the output and its probability are those of `predict` and `predict_proba`, and the explanation has at
most twelve lines. A counterfactual must change what `predict` returns for the changed row, to the label that it names. What is
finished is kept in benchmarks/results/explanations.json, from which explanations.md is written.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas as pd

from automicro import Model
from automicro.data import Problem, load_problem, profile
from automicro.discovery import discover
from automicro.explain import Counterfactual
from automicro.plugin import Declined
from automicro.program import pack, unpack
from automicro.search.context import Candidate, Context
from automicro.search.propose.space import candidate_space, own_parameters, preparation_settings
from automicro.search.trial.training import train

RESULTS = Path(__file__).parent / "results"
TOLERANCE, MOST_LINES, MOST_ROWS = 1e-6, 12, 400
FAMILIES = ("linear", "tree", "boosting", "cluster", "mlp", "attention", "gnn")
Row = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """Data to search a model on, and what it is asked for."""

    load: Callable[[], tuple[Any, np.ndarray]]
    metric: str
    families: tuple[str, ...]


def table(name: str) -> Callable[[], tuple[Any, np.ndarray]]:
    def load() -> tuple[Any, np.ndarray]:
        data = datasets.TABLES[name]()
        kept = np.random.default_rng(0).permutation(len(data.y))[:MOST_ROWS]
        return data.X.iloc[kept].reset_index(drop=True), data.y[kept]

    return load


def split(name: str) -> Callable[[], tuple[Any, np.ndarray]]:
    def load() -> tuple[Any, np.ndarray]:
        data = datasets.SPLIT[name]()
        if isinstance(data.X, dict):
            return data.X, data.y
        kept = np.random.default_rng(0).permutation(len(data.y))[:MOST_ROWS]
        if isinstance(data.X, pd.DataFrame):
            return data.X.iloc[kept].reset_index(drop=True), data.y[kept]
        return [data.X[i] for i in kept] if isinstance(data.X, list) else data.X[kept], data.y[kept]

    return load


CASES = {
    "two classes": Case(table("keel_german"), "roc_auc", FAMILIES[:-1]),
    "ten classes": Case(table("sk_digits"), "accuracy", FAMILIES[:-1]),
    "numbers": Case(table("sk_diabetes"), "r2", FAMILIES[:-1]),
    "text": Case(split("text_rotten"), "roc_auc", FAMILIES[:-1]),
    "series": Case(split("aeon_japanese_vowels"), "accuracy", FAMILIES[:-1]),
    "graphs": Case(split("graph_mutag"), "accuracy", ("linear", "tree", "boosting", "cluster", "gnn")),
    "nodes": Case(split("graph_cora"), "accuracy", ("linear", "tree", "gnn")),
}


def drawn(X: Any, count: int, rng: np.random.Generator) -> Iterator[tuple[Any, int | None]]:
    """Yield rows to explain, and of one graph which of its nodes."""
    if isinstance(X, dict):
        for node in rng.integers(0, len(X["x"]), count):
            yield X, int(node)
    elif isinstance(X, pd.DataFrame) and X.shape[1] > 1:
        values = {name: X[name].tolist() for name in X}
        for _ in range(count):
            picked = {name: cells[rng.integers(len(cells))] for name, cells in values.items()}
            yield {name: None if rng.random() < 0.05 else cell for name, cell in picked.items()}, None
    else:
        for place in rng.integers(0, len(X), count):
            yield {"text": X["text"][place]} if isinstance(X, pd.DataFrame) else X[place : place + 1], None


def predicted(model: Model, row: Any, node: int | None, kept: dict[int, Any]) -> tuple[Any, Any]:
    """Return what is predicted for a row, and its probabilities; those of the one graph are kept."""
    if node is None or not kept:
        kept[0] = model.predict(row), None if model.program.labels is None else model.predict_proba(row)
    labels, shares = kept[0]
    at = 0 if node is None else node
    return labels[at], None if shares is None else shares[at].max()


def changed(row: Any, flip: Counterfactual) -> Any:
    """Return a row with what a counterfactual changes, or a graph with what it changes at one node."""
    if isinstance(row, dict) and "edge_index" not in row:
        return {**row, **{change.column: change.instead for change in flip.changes}}
    graph = row if isinstance(row, dict) else row[0]
    x = np.array(graph["x"], copy=True)
    for change in flip.changes:
        name, node = change.column.split(" of node ")
        x[int(node), int(name.removeprefix("x_"))] = change.instead
    return {**graph, "x": x}


def explained(model: Model, row: Any, node: int | None, found: Counter[str], kept: dict[int, Any]) -> float:
    """Explain a row; count what holds, and return by how much parts miss the score."""
    told = model.explain(row, node=node)
    found[told.kind] += 1
    scale = 1 + abs(told.constant) + sum(abs(part.contribution) for part in told.parts)
    miss = told.completeness_error / scale
    output, share = predicted(model, row, node, kept)
    if share is None:
        same = bool(np.isclose(told.output, output, rtol=1e-9))
    else:
        same = told.output == output and bool(np.isclose(told.probability, share, rtol=1e-6))
    found["adds up"] += int(miss <= TOLERANCE and same and len(str(told).splitlines()) <= MOST_LINES)
    if told.counterfactual is not None:
        found["counterfactuals"] += 1
        flipped = model.predict(changed(row, told.counterfactual))[0 if node is None else node]
        found["flip"] += int(flipped == told.counterfactual.label != told.output)
    return miss


def trained(name: str, problem: Problem, metric: str) -> Model:
    """Return a model of a family, with a card that names the columns and what training has seen of them."""
    family = discover().families[name]
    context, rows = Context(problem, (), metric), np.arange(problem.rows)
    for setting in candidate_space(family, profile(problem)).portfolio:
        candidate = Candidate(0, name, own_parameters(setting), preparation_settings(family, setting), 7)
        try:
            programs = train(context, family, candidate, rows).programs
        except Declined:
            continue
        columns = [vars(column) for column in problem.table.profiles]
        wanted = ("name", "kind", "minimum", "maximum")
        card = {"columns": [{key: column[key] for key in wanted} for column in columns]}
        ordered = list(programs.values())
        return Model(unpack(pack(ordered[len(ordered) // 2])), card)
    raise SystemExit(f"{name} declines every setting of its portfolio")


def run(case: Case, family: str, rows: int) -> Row:
    X, y = case.load()
    model = trained(family, load_problem(X, y), case.metric)
    found: Counter[str] = Counter()
    kept: dict[int, Any] = {}
    start, worst = time.process_time(), 0.0
    for row, node in drawn(X, rows, np.random.default_rng(1)):
        worst = max(worst, explained(model, row, node, found, kept))
    took = (time.process_time() - start) / rows
    return {"rows": rows, "bytes": model.size_bytes, "worst": worst, "ms": 1000 * took, **found}


def report(results: dict[str, Row]) -> str:
    lines = [
        "# Explanations of random rows",
        "",
        "Written by `benchmarks/explanations.py`, which says what is checked; a dash stands where no counterfactual was looked for.",
        "Milliseconds are of one explanation with all checks.",
        "",
        "| data | family | kind of explanation | rows | add up | largest miss | counterfactuals | flip | ms |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, row in results.items():
        data, family = name.split("/")
        kinds = ", ".join(k for k in ("sum", "path", "sum_of_paths", "prototypes", "graph_sum", "posthoc") if k in row)
        flips = f"{row['counterfactuals']:,} | {row['flip']:,}" if "counterfactuals" in row else "- | -"
        lines.append(
            f"| {data} | {family} | {kinds} | {row['rows']:,} | {row['adds up']:,} | {row['worst']:.1e} | {flips} | {row['ms']:.1f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--only", nargs="*", help="names of data, families, or DATA/FAMILY")
    parser.add_argument("--again", action="store_true")
    options = parser.parse_args()
    kept = RESULTS / "explanations.json"
    results: dict[str, Row] = json.loads(kept.read_text()) if kept.exists() else {}
    for data, case in CASES.items():
        for family in case.families:
            name = f"{data}/{family}"
            if options.only and not {data, family, name} & set(options.only):
                continue
            if not options.again and results.get(name, {}).get("rows", 0) >= options.rows:
                continue
            results[name] = run(case, family, options.rows)
            print(name, results[name], flush=True)
            order = [f"{d}/{f}" for d, c in CASES.items() for f in c.families]
            results = {each: results[each] for each in order if each in results}
            kept.write_text(json.dumps(results, indent=1) + "\n")
            (RESULTS / "explanations.md").write_text(report(results))


if __name__ == "__main__":
    main()
