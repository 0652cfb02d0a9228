"""The figure and the table of the README, made of `benchmarks/results/tables.json`.

    python benchmarks/figure.py

Writes docs/bytes-and-scores.svg, and the table between the marks in README.md. The same results give the same files.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "tables.json"
PICTURE = ROOT / "docs" / "bytes-and-scores.svg"
README = ROOT / "README.md"
START, END = "<!-- table of benchmarks/figure.py -->\n", "<!-- end of table -->"
MODELS = (
    ("automicro", "bytes", "held_out", "#d1495b", "o"),
    ("logistic or ridge regression, float32", "linear_bytes", "linear_held_out", "#30638e", "s"),
    ("LightGBM, default", "lightgbm_bytes", "lightgbm_held_out", "#7d8597", "^"),
)


def results() -> list[dict[str, Any]]:
    """Return the results of `benchmarks/tables.py`, one dict a table."""
    rows: list[dict[str, Any]] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Return the table of the README."""
    lines = [
        "| data | target | **automicro** | held out | LightGBM | held out | linear, float32 | held out |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        name = row["name"].partition("_")[2]
        found = row.get("bytes") is not None
        target = f"{row['metric']} {row['target']:.3f}" if found else f"{row['metric']} -"
        own = f"**{row['bytes']:,} B** ({row['family']}) | {row['held_out']:.3f}" if found else "infeasible | -"
        others = " | ".join(
            f"{row[f'{kind}_bytes']:,} B | {row[f'{kind}_held_out']:.3f}" for kind in ("lightgbm", "linear")
        )
        lines.append(f"| {name} | {target} | {own} | {others} |")
    return "\n".join(lines) + "\n"


def with_table(text: str, rows: list[dict[str, Any]]) -> str:
    """Return the README with the table renewed."""
    before, rest = text.split(START)
    return before + START + table(rows) + END + rest.split(END)[1]


def figure(rows: list[dict[str, Any]]) -> Figure:
    """Return bytes against the score on held-out rows; a line joins the three models of one table."""
    made = Figure(figsize=(7.5, 3.6), layout="constrained")
    axes = made.subplots()
    found = [row for row in rows if row.get("bytes") is not None]
    for row in found:
        points = sorted((row[size], row[score]) for _, size, score, _, _ in MODELS)
        axes.plot(*zip(*points, strict=True), color="#d9dce1", linewidth=1, zorder=1)
    for label, size, score, colour, marker in MODELS:
        axes.scatter(
            [r[size] for r in found], [r[score] for r in found], s=32, c=colour, marker=marker, label=label, zorder=2
        )
    axes.set(xscale="log", xlabel="bytes of the file", ylabel="score on held-out rows")
    axes.spines[["top", "right"]].set_visible(False)
    made.legend(loc="outside upper center", ncols=len(MODELS), frameon=False)
    return made


def main() -> None:
    rows = results()
    README.write_text(with_table(README.read_text(encoding="utf-8"), rows), encoding="utf-8")
    with mpl.rc_context({"svg.hashsalt": "automicro", "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure(rows).savefig(PICTURE, metadata={"Date": None})


if __name__ == "__main__":
    main()
