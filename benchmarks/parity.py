"""Whether exports compute what the model computes: family x task x target, on rows of real tables and on rows that are changed.

Run `python benchmarks/parity.py`, with --rows for another number of rows a model. Every family that is offered trains one model a task.
Its rows are rows of the data, of which cells become missing, infinite, extreme, an unseen level, or a number on a threshold of the model
or next to it in float32. Each target that is offered and has a runner here writes the model, and answers the rows.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from datasets import SPLIT, TABLES

import automicro
from automicro.discovery import discover
from automicro.program import Summary, columns_of, evaluate
from automicro.program.analyse.usage import usage
from automicro.program.inputs.rows import offsets_of
from automicro.program.nodes import feature_count
from automicro.runtime.model import Model

RESULTS = Path(__file__).parent / "results"
TRAINED, SECONDS = 800, 20  # rows and time of one search
ODD = (None, math.nan, math.inf, -math.inf, 0.0, -0.0, 1e30, -3.5e38, 1e-40)
ODD_TEXTS = (None, "never seen", "", "\U0001f600 ; -- */", "1")
SHARE = 0.1  # of cells that are changed
SETS = {
    "classes": ("keel_german", "roc_auc", 0.7),
    "ten classes": ("sk_digits", "accuracy", 0.8),
    "numbers": ("islp_bikeshare", "r2", 0.4),
    "series": ("aeon_japanese_vowels", "accuracy", 0.6),
    "texts": ("text_rotten", "accuracy", 0.55),
    "graphs": ("graph_mutag", "accuracy", 0.5),
}


@dataclass(frozen=True)
class Cell:
    """One model of one family, and rows for it by the names of columns."""

    family: str
    task: str
    model: Model
    rows: list[dict[str, Any]]


Answers = list[tuple[Any, Any]]  # prediction and probabilities, one a row


def run_python(model: Model, rows: list[dict[str, Any]]) -> Answers:
    module: dict[str, Any] = {}
    exec(model.export("python").files["model.py"], module)
    proba = module.get("predict_proba", lambda **_: None)
    return [(module["predict"](**row), proba(**row)) for row in rows]


NODE_SCRIPT = """
import { readFileSync } from "node:fs";
import * as model from "./model.js";
const raw = (value) => Array.isArray(value) ? value.map(raw) : value !== null && typeof value === "object" ? Number(value.number) : value;
const plain = (value) => typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
const rows = JSON.parse(readFileSync("rows.json", "utf8"));
console.log(JSON.stringify(rows.map((cells) => {
  const row = Object.fromEntries(Object.entries(cells).map(([name, value]) => [name, raw(value)]));
  return [plain(model.predict(row)), model.predictProba ? model.predictProba(row).map(plain) : null];
})));
"""


def run_javascript(model: Model, rows: list[dict[str, Any]], folder: Path = Path("parity-javascript")) -> Answers:
    model.export("javascript").save(folder)
    try:
        (folder / "package.json").write_text('{"type": "module"}')
        (folder / "run.js").write_text(NODE_SCRIPT)
        (folder / "rows.json").write_text(json.dumps([{k: as_json(v) for k, v in row.items()} for row in rows]))
        done = subprocess.run(["node", "run.js"], cwd=folder, capture_output=True, text=True, check=True)
    finally:
        shutil.rmtree(folder)
    return [(as_number(label), p and [as_number(each) for each in p]) for label, p in json.loads(done.stdout)]


def as_json(value: Any) -> Any:
    if isinstance(value, list):
        return [as_json(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")}
    return value


def as_number(value: Any) -> Any:
    return float(value.replace("Infinity", "inf")) if value in ("NaN", "Infinity", "-Infinity") else value


def run_c(model: Model, rows: list[dict[str, Any]]) -> Answers:
    """Answer with the code of the target c as `Model.compile` builds it."""
    model.export("c")  # which declines here what compile would leave to Python
    built = model.compile()
    table = rows
    if any(isinstance(each, Summary) for each in model.program.decoders):
        table = [np.array([row[name] for name in model.column_names]) for row in rows]
    predicted = built.predict(table).tolist()
    proba = [None] * len(rows) if model.program.labels is None else built.predict_proba(table).tolist()
    return list(zip(predicted, proba, strict=True))


RUNNERS: dict[str, Callable[[Model, list[dict[str, Any]]], Answers]] = {
    "python": run_python,
    "javascript": run_javascript,
    "c": run_c,
}


def data_of(task: str) -> tuple[Any, np.ndarray]:
    """Return rows and their target, of a table as many as are trained."""
    name = SETS[task][0]
    made: Any = TABLES[name]() if name in TABLES else SPLIT[name]()
    if name in ("text_rotten", *TABLES):
        chosen = np.random.default_rng(0).permutation(len(made.y))[:TRAINED]
        return made.X.iloc[chosen].reset_index(drop=True), made.y[chosen]
    return made.X, made.y


def trained(family: str, task: str, X: Any, y: np.ndarray) -> Model | str:
    """Return a model, or why there is none."""
    _, metric, score = SETS[task]
    try:
        search = automicro.Search(trials=2, seconds=SECONDS, families=[family], workers=0, seed=1)
        return automicro.select(X, y, metric=metric, score=score, search=search).model
    except (automicro.AutomicroError, automicro.Infeasible) as error:
        return str(error).splitlines()[0]


def rows_of(model: Model, X: Any, count: int, seed: int) -> list[dict[str, Any]]:
    """Return rows of the data of which some cells are changed."""
    rng = np.random.default_rng(seed)
    chosen = rng.integers(0, len(X), count)
    if isinstance(X, np.ndarray):
        return [changed_series(X[i], model.column_names, rng) for i in chosen]
    cells = X.astype(object).to_numpy()
    names = [str(name) for name in X.columns]
    near = {names[column]: numbers for column, numbers in thresholds(model).items()}
    return [changed(dict(zip(names, cells[i].tolist(), strict=True)), near, rng) for i in chosen]


def changed(row: dict[str, Any], near: dict[str, list[float]], rng: np.random.Generator) -> dict[str, Any]:
    for name, value in row.items():
        if rng.random() >= SHARE:
            continue
        is_text = isinstance(value, str)
        odd = ODD_TEXTS if is_text else ODD
        if not is_text and near.get(name) and rng.integers(2):
            odd = tuple(near[name])
        row[name] = odd[rng.integers(len(odd))]
    return row


def changed_series(series: np.ndarray, names: tuple[str, ...], rng: np.random.Generator) -> dict[str, Any]:
    made = series[:, : rng.integers(1, series.shape[1] + 1)].astype(float)
    odd = rng.random(made.shape) < SHARE / 10
    made[odd] = rng.choice([math.nan, math.inf, -math.inf, 1e30], odd.sum())
    return {name: channel.tolist() for name, channel in zip(names, made, strict=True)}


def thresholds(model: Model) -> dict[int, list[float]]:
    """Return the numbers on thresholds of each column and next to them."""
    compared, offsets = usage(model.program.body).compared, offsets_of(model.program.decoders)
    found: dict[int, list[float]] = {}
    place = 0
    for decoder in model.program.decoders:
        for cut in sorted(compared.get(place, ())):
            single = np.float32(cut)
            for near in (single, np.nextafter(single, np.float32(np.inf)), np.nextafter(single, np.float32(-np.inf))):
                found.setdefault(decoder.column, []).append(float(near) + offsets.get(decoder.column, 0.0))
        place += feature_count(decoder)
    return found


def expected(cell: Cell) -> np.ndarray:
    """Return what the reference evaluator makes of the rows."""
    model = cell.model
    if cell.task == "series":
        columns = columns_of(model.program, [[row[name] for row in cell.rows] for name in model.column_names])
    else:
        columns = model.read(cell.rows)
    return np.atleast_2d(evaluate(model.program, columns).T).T


def compared(cell: Cell, target: str) -> dict[str, Any]:
    """Return how many predictions of a target differ, and by how much probabilities and numbers do; or why it declines."""
    try:
        answers = RUNNERS[target](cell.model, cell.rows)
    except automicro.NotExported as declined:
        return {"declined": str(declined)}
    wanted, labels = expected(cell), cell.model.program.labels
    if labels is None:
        made = np.array([value for value, _ in answers], dtype=float)[:, None]
        return {"rows": len(answers), "labels": 0, "difference": largest_difference(made, wanted)}
    named = [labels[place] for place in np.argmax(wanted, axis=1)]
    wrong = sum(value != label for (value, _), label in zip(answers, named, strict=True))
    order = sorted(range(len(labels)), key=lambda place: labels[place])
    made = np.array([probabilities for _, probabilities in answers], dtype=float)
    return {"rows": len(answers), "labels": wrong, "difference": largest_difference(made, wanted[:, order])}


def largest_difference(made: np.ndarray, wanted: np.ndarray) -> float:
    if (np.isnan(made) != np.isnan(wanted)).any():
        return math.inf
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.where(made == wanted, 0.0, np.abs(made - wanted) / np.maximum(np.abs(wanted), 1e-300))
    return float(np.nanmax(relative, initial=0.0))


def cells(tasks: list[str], count: int) -> Iterator[Cell | tuple[str, str, str]]:
    """Yield a model for every family and task, or why there is none."""
    for task in tasks:
        X, y = data_of(task)
        for family, known in discover().families.items():
            kind = {"series": "series", "texts": "text", "graphs": "graph"}.get(task, "table")
            if known.kinds == frozenset({"graph"}) and kind != "graph":
                continue
            model = trained(family, task, X, y)
            if isinstance(model, str):
                yield family, task, model
                continue
            rows = [] if kind == "graph" else rows_of(model, X, count, seed=len(family))
            yield Cell(family, task, model, rows)


def text_of(lines: list[dict[str, Any]]) -> str:
    """Return the results as Markdown."""
    targets = [name for name in RUNNERS if any(name in line for line in lines)]
    said = [
        "# Parity of exports",
        "",
        "Made by `python benchmarks/parity.py`. A cell has the rows, the labels that differ, and the",
    ]
    said += ["largest relative difference of a probability or a number, beside the reference evaluator.", ""]
    said += [f"| task | family | bytes | {' | '.join(targets)} |", f"|---|---|---|{'---|' * len(targets)}"]
    for line in lines:
        shown = [shown_cell(line.get(name, {})) for name in targets]
        said.append(f"| {line['task']} | {line['family']} | {line.get('bytes', '-')} | {' | '.join(shown)} |")
    said += ["", "| target | rows | labels that differ | largest relative difference |", "|---|---|---|---|"]
    for name in targets:
        served = [line[name] for line in lines if "rows" in line.get(name, {})]
        worst = max((each["difference"] for each in served), default=0.0)
        rows, wrong = (sum(each[key] for each in served) for key in ("rows", "labels"))
        said.append(f"| {name} | {rows:,} | {wrong:,} | {worst:.1e} |")
    reasons = {line[name]["declined"] for line in lines for name in targets if "declined" in line.get(name, {})}
    absent = [f"- {line['family']}, {line['task']}: {line['absent']}" for line in lines if "absent" in line]
    return (
        "\n".join([*said, "", "Declined:", *(f"- {each}" for each in sorted(reasons)), "", "No model:", *absent]) + "\n"
    )


def shown_cell(result: dict[str, Any]) -> str:
    if "declined" in result:
        return "declined"
    return f"{result['rows']:,} rows, {result['labels']}, {result['difference']:.0e}" if result else "-"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5000, help="rows of each model")
    parser.add_argument("--targets", default=",".join(RUNNERS), help="names with commas between")
    parser.add_argument("--tasks", default=",".join(SETS), help="names with commas between")
    parser.add_argument("--out", default="parity", help="stem of the files of results")
    given = parser.parse_args()
    offered = [name for name in given.targets.split(",") if name in discover().targets]
    lines: list[dict[str, Any]] = []
    for cell in cells(given.tasks.split(","), given.rows):
        if isinstance(cell, tuple):
            lines.append({"family": cell[0], "task": cell[1], "absent": cell[2]})
        else:
            line = {"family": cell.family, "task": cell.task, "bytes": cell.model.size_bytes}
            lines.append({**line, **{name: compared(cell, name) for name in offered}})
        print(json.dumps(lines[-1]), flush=True)
        (RESULTS / f"{given.out}.json").write_text(json.dumps(lines, indent=1) + "\n")
        (RESULTS / f"{given.out}.md").write_text(text_of(lines))


if __name__ == "__main__":
    main()
