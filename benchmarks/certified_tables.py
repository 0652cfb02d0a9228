"""What a certificate costs on real tables: how many can be certified, in how many bytes, and how many rows the others lack.

    AUTOMICRO_DATA=DATA python benchmarks/certified_tables.py [--seconds 60] [--within 0.02 0.05] [NAME ...]

A fifth of the rows is held out first (seed 0, stratified for classes), as in tables.py; the search sees only the rest, and is asked for
"within so much of the reference" twice: with certify=False, and with certify=True, which sets a part of these rows aside once more. The
score of both models on the fifth that neither search has seen tells whether the certificate was right. `rows needed` are the
held-out rows of a certificate at the margin that was seen.
Writes benchmarks/results/certified_tables.json and certified_tables.md.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from datasets import TABLES
from sklearn.model_selection import train_test_split
from tables import scored

import automicro

RESULTS = Path(__file__).parent / "results"
WITHIN = (0.02, 0.05)
Line = dict[str, Any]


def line_of(name: str, within: float, seconds: float) -> Line:
    """Search one table with and without a certificate."""
    data = TABLES[name]()
    kept, unseen = train_test_split(
        np.arange(len(data.y)), test_size=0.2, random_state=0, stratify=None if data.metric == "r2" else data.y
    )
    X, y = data.X.iloc[kept].reset_index(drop=True), data.y[kept]
    line: Line = {"name": name, "metric": data.metric, "within": within, "rows": len(y)}
    for certify in (False, True):
        started = time.monotonic()
        try:
            found = automicro.select(
                X,
                y,
                metric=data.metric,
                within=within,
                certify=certify,
                task="regression" if data.metric == "r2" else "classification",
                search=automicro.Search(seconds=seconds, seed=0),
            )
        except automicro.Infeasible as infeasible:
            needed = infeasible.nearest.get("certify", {}).get("rows_needed")
            facts: Line = {"why": str(infeasible), "rows_needed": needed}
        else:
            facts = {
                "bytes": found.size_bytes,
                "family": found.family,
                "score": found.score,
                "target": found.target,
                "unseen": scored(found.model, data.metric, data.X.iloc[unseen], data.y[unseen]),
                "rows_needed": found.rows_needed,
            }
        line["certified" if certify else "estimated"] = facts | {"seconds": round(time.monotonic() - started, 1)}
    return line


def markdown(lines: list[Line]) -> str:
    """Return a table for each fraction, under the share that was certified."""
    text = "# Certificates on real tables\n"
    for within in sorted({line["within"] for line in lines}):
        mine = [line for line in lines if line["within"] == within]
        both = [line for line in mine if "bytes" in line["certified"] and "bytes" in line["estimated"]]
        share = sum("bytes" in line["certified"] for line in mine)
        text += f"\n## Within {within:.0%} of the reference: {share} of {len(mine)} tables certified\n\n"
        if both:
            ratios = [line["certified"]["bytes"] / line["estimated"]["bytes"] for line in both]
            text += (
                f"A certified model takes {np.exp(np.mean(np.log(ratios))):.2f} times the bytes (geometric mean).\n\n"
            )
        text += "| table | metric | rows | bytes, estimated | unseen rows | bytes, certified | unseen rows | rows needed |\n"
        text += "|---|---|---|---|---|---|---|---|\n"
        text += "".join("| " + " | ".join(cells(line)) + " |\n" for line in mine)
    return text


def cells(line: Line) -> list[str]:
    """Return the cells of one line; rows needed only where there is no certificate."""
    told = [line["name"], line["metric"], f"{line['rows']:,}"]
    for kind in ("estimated", "certified"):
        facts = line[kind]
        told += [str(facts["bytes"]), f"{facts['unseen']:.4f}"] if "bytes" in facts else ["none", "-"]
    needed = line["certified"].get("rows_needed") or line["estimated"].get("rows_needed")
    return [*told, "-" if "bytes" in line["certified"] else f"{needed:,}" if needed else "no number of rows would do"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(TABLES)}; all if none is given")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each search (default: 60)")
    parser.add_argument("--within", type=float, nargs="+", default=WITHIN, help="fractions (default: 0.02 and 0.05)")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(TABLES):
        parser.error(f"unknown table {', '.join(sorted(unknown))}")
    warnings.filterwarnings("ignore", message="X does not have valid feature names")
    path = RESULTS / "certified_tables.json"
    lines: list[Line] = json.loads(path.read_text()) if path.exists() else []
    for within in asked.within:
        for name in asked.names or TABLES:
            made = line_of(name, within, asked.seconds)
            lines = [line for line in lines if (line["name"], line["within"]) != (name, within)] + [made]
            path.write_text(json.dumps(lines, indent=1) + "\n")
            path.with_suffix(".md").write_text(markdown(lines))
            print(json.dumps(made), flush=True)


if __name__ == "__main__":
    main()
