"""Do answer, frontier and prices of a request agree with each other, and with what further requests return?

    AUTOMICRO_DATA=DATA python benchmarks/request_properties.py [--requests 60] [--installed]

Requests are drawn (seed 0) over the ten tables of datasets.py: 400 to 1,000 rows, a target inside the range that the quick families
reach there, 3 to 10 trials, a seed. Four properties are counted:

- `met`: a constraint that the answer meets is added (its size, a third more, its level of interpretability, the number of its columns
  and of its operations). The same bytes must be returned: the answer must not become smaller, nor larger.
- `had`: each point of the frontier is asked for with its score and its size, and must come back, or a smaller one.
- `on`: the answer is on its frontier, and no point that reaches the margin beats it in size.
- `paid`: each price is paid, and what is promised is returned.

`--installed` searches with the installed families in worker processes instead of quick_families.py inside this process.
Writes benchmarks/results/request_properties.json and request_properties.md.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from datasets import TABLES, Dataset
from in_process import searching_in_process
from price_truth import paid
from quick_families import QUICK

import automicro

RESULTS = Path(__file__).parent / "results"
RANGES = {
    "sk_breast_cancer": (0.95, 0.99), "sk_diabetes": (0.30, 0.45), "sk_digits": (0.55, 0.85), "keel_german": (0.66, 0.76),
    "keel_spambase": (0.85, 0.96), "keel_letter": (0.20, 0.45), "keel_splice": (0.70, 0.92), "surv_flchain": (0.74, 0.80),
    "islp_bikeshare": (0.30, 0.60), "plotnine_diamonds": (0.80, 0.92),
}  # fmt: skip
ROWS = (400, 1000)
TRIALS = (3, 10)
MOST_POINTS, MOST_PRICES = 3, 3
Line = dict[str, Any]
SearchHistory = automicro.Selection | automicro.Infeasible


class Request:
    """One drawn request; called with further constraints it searches, each time the same way."""

    def __init__(self, number: int) -> None:
        draw = np.random.default_rng([0, number])
        self.table = list(RANGES)[number % len(RANGES)]
        data = TABLES[self.table]()
        kept = np.sort(draw.permutation(len(data.y))[: int(draw.integers(*ROWS))])
        self.data = Dataset(data.X.iloc[kept].reset_index(drop=True), data.y[kept], data.metric)
        self.score = float(f"{draw.uniform(*RANGES[self.table]):.3g}")
        self.trials, self.seed = int(draw.integers(*TRIALS)), int(draw.integers(100))
        self.number = number

    def __call__(self, **constraints: Any) -> SearchHistory:
        data = self.data
        try:
            return automicro.select(
                data.X,
                data.y,
                metric=data.metric,
                task="regression" if data.metric == "r2" else "classification",
                search=automicro.Search(trials=self.trials, seed=self.seed, progress=False),
                certify=False,
                **({"score": self.score} | constraints),
            )
        except automicro.Infeasible as infeasible:
            return infeasible

    def line(self, kind: str, asked: str, kept: bool, got: str) -> Line:
        """Return one checked property."""
        return {"request": self.number, "table": self.table, "property": kind, "asked": asked, "kept": kept, "got": got}


def met_constraints(found: automicro.Selection) -> Iterator[dict[str, Any]]:
    """Give constraints, one by one, that an answer meets."""
    yield {"size": found.size_bytes}
    yield {"size": math.ceil(4 / 3 * found.size_bytes)}
    yield {"interpretability": found.interpretability}
    yield {"max_columns": max(1, len(found.structure.columns))}
    yield {"max_operations": max(1, math.ceil(found.structure.operations))}


def bytes_of(found: SearchHistory) -> str:
    """Return the size and the score of what was returned, or why there is nothing."""
    if isinstance(found, automicro.Infeasible):
        return str(found).partition(": ")[2]
    return f"{found.size_bytes} B, {found.score:.4f}"


def checked(request: Request) -> Iterator[Line]:
    """Check all properties of one request."""
    found = request()
    yield request.line("answered", f"{request.data.metric} {request.score}", True, bytes_of(found))
    if isinstance(found, automicro.Selection):
        yield on_frontier(request, found)
        for more in met_constraints(found):
            again = request(**more)
            size = again.size_bytes if isinstance(again, automicro.Selection) else math.inf
            (name, value), now = next(iter(more.items())), bytes_of(again)
            how = "smaller: " if size < found.size_bytes else "larger: " if size > found.size_bytes else ""
            yield request.line("met", f"{name} {value}", not how, f"{how}{now} after {bytes_of(found)}")
        for point in spread(found.frontier, MOST_POINTS):
            again = request(score=point.score, size=point.size_bytes)
            had = isinstance(again, automicro.Selection)
            yield request.line("had", f"{point.size_bytes} B, {point.score:.4f} ({point.status})", had, bytes_of(again))
    for price in spread(found.prices, MOST_PRICES):
        result = paid(request, {}, price)
        yield request.line("paid", price.said, result["kept"], f"{result['got_bytes']}")


def on_frontier(request: Request, found: automicro.Selection) -> Line:
    """Check that the answer is on its frontier, from which its model can be had, and that nothing there beats it."""
    own = [point for point in found.frontier if point.model.to_bytes(strip=True) == found.model.to_bytes(strip=True)]
    sizes = [len(point.model.to_bytes(strip=True)) == point.size_bytes for point in found.frontier]
    better = [p for p in found.frontier if p.status == "reaches the margin" and p.size_bytes <= found.size_bytes]
    kept = len(own) == 1 and all(sizes) and not better
    return request.line("on", f"{len(found.frontier)} points", kept, f"{len(own)} of them the answer")


def spread(items: Any, most: int) -> list[Any]:
    """Return at most so many of a sequence, spread over it."""
    places = sorted({round(place) for place in np.linspace(0, len(items) - 1, min(most, len(items)))})
    return [items[place] for place in places]


def markdown(lines: list[Line]) -> str:
    """Return how often each property held, and each case in which it did not."""
    text = "# Properties of drawn requests\n"
    for families in sorted({line["families"] for line in lines}):
        mine = [line for line in lines if line["families"] == families]
        checks = [line for line in mine if line["property"] != "answered"]
        text += f"\n{len({line['request'] for line in mine})} requests ({families} families).\n\n"
        text += "| property | asked | held | of |\n|---|---|---|---|\n"
        for kind, what in sorted({(line["property"], of_kind(line)) for line in checks}):
            same = [line for line in checks if (line["property"], of_kind(line)) == (kind, what)]
            text += f"| {kind} | {what} | {sum(line['kept'] for line in same)} | {len(same)} |\n"
        text += "\nWhere it did not hold:\n\n| request | table | property | asked | got |\n|---|---|---|---|---|\n"
        for line in checks:
            if not line["kept"]:
                text += (
                    f"| {line['request']} | {line['table']} | {line['property']} | {line['asked']} | {line['got']} |\n"
                )
    return text


def of_kind(line: Line) -> str:
    """Return what is counted together: the name of a constraint, the status of a point."""
    asked = str(line["asked"])
    match line["property"]:
        case "met":
            return asked.partition(" ")[0]
        case "had":
            return asked.partition("(")[2].rstrip(")")
        case _:
            return ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=60, help="how many (default: 60)")
    parser.add_argument("--first", type=int, default=0, help="number of the first (default: 0)")
    parser.add_argument("--installed", action="store_true", help="with the installed families")
    asked = parser.parse_args()
    families = "installed" if asked.installed else "quick"
    path = RESULTS / "request_properties.json"
    lines: list[Line] = json.loads(path.read_text()) if path.exists() else []
    for number in range(asked.first, asked.first + asked.requests):
        with contextlib.nullcontext() if asked.installed else searching_in_process(QUICK):
            made = [line | {"families": families} for line in checked(Request(number))]
        lines = [line for line in lines if (line["request"], line["families"]) != (number, families)] + made
        path.write_text(json.dumps(lines, indent=1) + "\n")
        path.with_suffix(".md").write_text(markdown(lines))
        print(
            number,
            [f"{line['property']}: {line['asked']}: {line['got']}" for line in made if not line["kept"]],
            flush=True,
        )


if __name__ == "__main__":
    main()
