"""Are prices true? Each price that a search states is paid, and what comes out is held against what was promised.

    AUTOMICRO_DATA=DATA python benchmarks/price_truth.py [--quick] [--rows 2000] [--trials 12] [NAME ...]

On the ten tables of datasets.py (at most `--rows` rows, drawn once, seed 0) four things are asked for: a score (`plain`); the
same from models that can be simulated by hand (`level`); the same in a size that is too small for it (`size`); and a score that is
too high (`high`). Of every `Selection` and `Infeasible` each price is then paid: the search is repeated with that limit instead, and
must return a model of at most the promised bytes. Searches are bounded by trials, so that a busy machine finds the same.
`--quick` uses the families of quick_families.py, which train in milliseconds, instead of those that are installed.
Writes benchmarks/results/price_truth.json and price_truth.md.
"""

from __future__ import annotations

import argparse
import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from datasets import TABLES, Dataset
from in_process import searching_in_process
from quick_families import QUICK

import automicro

RESULTS = Path(__file__).parent / "results"
SCORES = {
    "sk_breast_cancer": 0.97, "sk_diabetes": 0.40, "sk_digits": 0.75, "keel_german": 0.72, "keel_spambase": 0.92,
    "keel_letter": 0.35, "keel_splice": 0.85, "surv_flchain": 0.78, "islp_bikeshare": 0.45, "plotnine_diamonds": 0.87,
}  # fmt: skip
TOO_HIGH = 0.999
TOO_SMALL = 0.6
Line = dict[str, Any]


def sample(name: str, rows: int) -> Dataset:
    """Return at most so many rows of a table."""
    data = TABLES[name]()
    kept = np.sort(np.random.default_rng(0).permutation(len(data.y))[:rows])
    return Dataset(data.X.iloc[kept].reset_index(drop=True), data.y[kept], data.metric)


class Asker:
    """Searches one table with one number of trials."""

    def __init__(self, data: Dataset, trials: int) -> None:
        self._data, self._trials = data, trials

    def __call__(self, **constraints: Any) -> automicro.Selection | automicro.Infeasible:
        data = self._data
        try:
            return automicro.select(
                data.X,
                data.y,
                metric=data.metric,
                task="regression" if data.metric == "r2" else "classification",
                search=automicro.Search(trials=self._trials, seed=0, progress=False),
                **constraints,
            )
        except automicro.Infeasible as infeasible:
            return infeasible

    def cases(self, score: float) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give what is asked for, by name; the size that is too small depends on what the score takes."""
        plain = {"score": score, "certify": False}
        yield "plain", plain
        yield "level", plain | {"interpretability": "simulatable"}
        found = self(**plain)
        if isinstance(found, automicro.Selection):
            yield "size", plain | {"size": max(1, int(TOO_SMALL * found.size_bytes))}
        yield "high", plain | {"score": TOO_HIGH}


def paid(ask: Asker, constraints: dict[str, Any], price: Any) -> Line:
    """Return what a price promises, and what comes out when it is paid."""
    found = ask(**constraints | {price.constraint: price.instead})
    line = {
        "constraint": price.constraint,
        "instead": price.instead,
        "promised_bytes": price.size_instead,
        "said": price.said,
    }
    if isinstance(found, automicro.Infeasible):
        return line | {"got_bytes": None, "kept": False, "why": str(found)}
    return line | {"got_bytes": found.size_bytes, "kept": found.size_bytes <= price.size_instead}


def prices_of(name: str, rows: int, trials: int) -> list[Line]:
    """Return a line for each price that is stated on a table."""
    ask = Asker(sample(name, rows), trials)
    lines = []
    for case, constraints in ask.cases(SCORES[name]):
        found = ask(**constraints)
        size = found.size_bytes if isinstance(found, automicro.Selection) else None
        common = {"table": name, "case": case, "bytes": size}
        lines += [common | paid(ask, constraints, price) for price in found.prices]
    return lines


def markdown(lines: list[Line]) -> str:
    """Return how many prices were kept, and each of them."""
    text = ""
    for families in sorted({line["families"] for line in lines}):
        mine = [line for line in lines if line["families"] == families]
        tables = len({line["table"] for line in mine})
        text += f"\n{sum(line['kept'] for line in mine)} of {len(mine)} prices on {tables} tables are kept ({families} families).\n\n"
        text += "| table | asked | price | promised bytes | got | kept |\n|---|---|---|---|---|---|\n"
        for line in mine:
            got = "nothing" if line["got_bytes"] is None else line["got_bytes"]
            kept = "yes" if line["kept"] else "NO"
            cells = [line["table"], line["case"], line["said"], line["promised_bytes"], got, kept]
            text += "| " + " | ".join(map(str, cells)) + " |\n"
    return f"# Prices that were paid\n{text}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(TABLES)}; all if none is given")
    parser.add_argument("--rows", type=int, default=2000, help="at most (default: 2000)")
    parser.add_argument("--trials", type=int, default=12, help="of each search (default: 12)")
    parser.add_argument("--quick", action="store_true", help="with families that train in milliseconds")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(TABLES):
        parser.error(f"unknown table {', '.join(sorted(unknown))}")
    families = "quick" if asked.quick else "installed"
    path = RESULTS / "price_truth.json"
    lines: list[Line] = json.loads(path.read_text()) if path.exists() else []
    for name in asked.names or TABLES:
        with searching_in_process(QUICK) if asked.quick else contextlib.nullcontext():
            made = [line | {"families": families} for line in prices_of(name, asked.rows, asked.trials)]
        lines = [line for line in lines if (line["table"], line["families"]) != (name, families)] + made
        path.write_text(json.dumps(lines, indent=1) + "\n")
        path.with_suffix(".md").write_text(markdown(lines))
        print(name, f"{sum(line['kept'] for line in made)} of {len(made)} prices kept", flush=True)


if __name__ == "__main__":
    main()
