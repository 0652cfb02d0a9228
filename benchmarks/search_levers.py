"""What the search's levers buy: bytes reached in the same seconds with each of them taken away, and with plain samplers.

    AUTOMICRO_DATA=DATA python benchmarks/search_levers.py [--seconds 40] [--seeds 2] [NAME ...]

- full: the search as it is (portfolio, size budgets and incumbent known to every trial, families weighed, TPE).
- no portfolio: every setting is drawn by TPE.
- no incumbent: trials do not know the incumbent's bytes, so nothing is skipped or cut short for its size.
- equal shares: every family gets the same number of trials.
- random, nsga2: plain constrained samplers: no portfolio, no incumbent, equal shares.

Writes benchmarks/results/search_levers.json and .md.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from datasets import TABLES

import automicro
from automicro.plugin import Space
from automicro.search import loop
from automicro.search.propose import allocation

RESULTS = Path(__file__).parent / "results"
DEFAULT = ("keel_german", "keel_spambase", "sk_digits")
VARIANTS = ("full", "no portfolio", "no incumbent", "equal shares", "random", "nsga2")


def without_portfolio(family: Any, profile: Any) -> Space:
    return Space(ORIGINAL_SPACE(family, profile).parameters)


ORIGINAL_SPACE = allocation.candidate_space
ORIGINAL_STUDY = allocation.FamilyStudy


@contextmanager
def changed(variant: str) -> Iterator[None]:
    """Take a lever away within the block."""
    plain = variant in ("random", "nsga2")
    with ExitStack() as stack:
        if plain:
            sampled = lambda space, seed, _: ORIGINAL_STUDY(space, seed, variant)  # noqa: E731 - the shape of the class that it stands for
            stack.enter_context(patch.object(allocation, "FamilyStudy", sampled))
        if plain or variant == "no portfolio":
            stack.enter_context(patch.object(allocation, "candidate_space", without_portfolio))
        if plain or variant == "no incumbent":
            ignorant = lambda candidate, target, _: loop_task(candidate, target, None)  # noqa: E731 - as above
            loop_task = loop.TrialTask
            stack.enter_context(patch.object(loop, "TrialTask", ignorant))
        if plain or variant == "equal shares":
            stack.enter_context(patch.object(allocation._Share, "weight", lambda *_: 1.0))
        yield


def reached(name: str, variant: str, seconds: float, seed: int) -> int | None:
    """Return the bytes found, or None."""
    data = TABLES[name]()
    task = "regression" if data.metric == "r2" else "classification"
    wanted = automicro.Constraints(metric=data.metric, within=0.01)
    with changed(variant):
        try:
            found = automicro.select(
                data.X, data.y, wanted, task=task, search=automicro.Search(seconds=seconds, seed=seed)
            )
        except automicro.Infeasible:
            return None
    return found.size_bytes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(DEFAULT))
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--seeds", type=int, default=2)
    asked = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for name in asked.names:
        for variant in VARIANTS:
            found = [reached(name, variant, asked.seconds, seed) for seed in range(asked.seeds)]
            rows.append({"table": name, "variant": variant, "seconds": asked.seconds, "bytes": found})
            print(json.dumps(rows[-1]), flush=True)
    (RESULTS / "search_levers.json").write_text(json.dumps(rows, indent=1) + "\n")
    lines = ["| variant | " + " | ".join(asked.names) + " |", "|---|" + "---|" * len(asked.names)]
    for variant in VARIANTS:
        cells = [
            next(r["bytes"] for r in rows if r["table"] == name and r["variant"] == variant) for name in asked.names
        ]
        lines.append(
            f"| {variant} | "
            + " | ".join(", ".join("none" if b is None else f"{b} B" for b in c) for c in cells)
            + " |"
        )
    (RESULTS / "search_levers.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
