"""Draws a million pairs of rows against what is proved of directions: on trained models of several families and on drawn programs.

Run it as ``python benchmarks/monotone.py [PAIRS]``. It prints a line for each family, and fails if a pair contradicts a proof.
"""

from __future__ import annotations

import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes

from automicro.data import load_problem, profile
from automicro.discovery import discover
from automicro.measure import directions
from automicro.plugin import StructuralConstraints
from automicro.program import columns_of, pack, scores, unpack
from automicro.program.inputs.rows import column_kinds
from automicro.search.context import Candidate, Context
from automicro.search.propose.space import candidate_space, own_parameters, preparation_settings
from automicro.search.requirements.columns import ranges_of
from automicro.search.requirements.requirements import Requirements
from automicro.search.requirements.structure import Monotone
from automicro.search.trial.training import train

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "program"))
import drawn  # found by the line above

BLOCK = 300
MISSING = 0.1


def pairs(column, rows, extent, rng):
    """Yield pairs of rows as lists of columns, that differ in one, which is not smaller in the second, and which of them count.

    With an `extent`, the least and the largest number, a missing value stands between these.
    """
    one = np.asarray(rows[column], dtype=np.float64)
    other = rng.permutation(one)
    ends = (
        []
        if extent is None
        else [np.full(len(one), extent[0]), np.full(len(one), np.nan), np.full(len(one), extent[1])]
    )
    sides = [(np.minimum(one, other), np.maximum(one, other)), *pairwise(ends)]
    for pair, known in zip(sides, (~np.isnan(one + other), True, True), strict=False):
        yield [[*rows[:column], side, *rows[column + 1 :]] for side in pair], known


def contradicted(program, told, rows, ranges, rng):
    """Return how many pairs of these rows contradict a direction, and how many counted."""
    wrong = counted = 0
    for column, direction in told.items():
        if direction.kind in ("neither", "unproved"):
            continue
        for sides, known in pairs(column, rows, ranges.get(column), rng):
            with np.errstate(all="ignore"):
                before, after = (scores(program, columns_of(program, side)) for side in sides)
                of = np.array([-1.0, 1.0]) if before.shape[1] == 2 else np.ones(1)
                step = (after - before) @ of
                noise = 1e-12 * (np.abs(before).max(axis=1) + np.abs(after).max(axis=1))
            usable = np.isfinite(step) & known
            counted += int(usable.sum())
            wrong += int((usable & (step < -noise)).sum()) if direction.kind != "-" else 0
            wrong += int((usable & (step > noise)).sum()) if direction.kind != "+" else 0
    return wrong, counted


def trained(name, X, y, rng):
    """Yield a family's programs on a table with some missing values, free and with directions asked for."""
    X = X.where(rng.random(X.shape) >= MISSING)
    problem = load_problem(X, y)
    free = [np.corrcoef(X[c].fillna(X[c].mean()), y)[0, 1] for c in X.columns]
    asked = StructuralConstraints(monotone=tuple((j, 1 if r > 0 else -1) for j, r in enumerate(free) if abs(r) > 0.3))
    metric = "r2" if problem.task == "regression" else "roc_auc"
    family = discover().families[name]
    for structural in (StructuralConstraints(), asked):
        facts = profile(problem, structural=structural)
        wanted = dict(structural.monotone)
        required = (Monotone(tuple(wanted), "", tuple(wanted.values())),) if wanted else ()
        context = Context(problem, (), metric, Requirements(required))
        for setting in candidate_space(family, facts).portfolio[:3]:
            candidate = Candidate(0, name, own_parameters(setting), preparation_settings(family, setting), 0)
            programs = train(context, family, candidate, np.arange(problem.rows)).programs
            for key in list(programs)[:: max(1, len(programs) // 6)]:
                yield problem, structural, unpack(pack(programs[key]))


def near(problem, rng):
    """Return drawn rows: values of the table, of any row each, thresholds and their neighbours among them."""
    columns = []
    for column in problem.table.columns:
        values = np.asarray(column, dtype=np.float32)
        drawn_values = rng.choice(values, BLOCK)
        odd = rng.random(BLOCK) < 0.2
        drawn_values[odd] = np.nextafter(drawn_values[odd], np.float32(np.inf))
        columns.append(drawn_values.astype(np.float64))
    return columns


def main(wanted):
    """Draw the pairs, half of them on trained models."""
    rng = np.random.default_rng(0)
    total = Counter()
    tables = [load_breast_cancer(return_X_y=True, as_frame=True), load_diabetes(return_X_y=True, as_frame=True)]
    for name in ("linear", "tree", "boosting"):
        kept = asked = drawn_pairs = wrong = 0
        kinds = Counter()
        models = [each for X, y in tables for each in trained(name, X.iloc[:, :12], y, rng)]
        for problem, structural, program in models:
            told = directions(program, None, ranges_of(problem))
            kinds.update(direction.kind for direction in told.values())
            for column, sign in structural.monotone:
                asked += 1
                kept += column not in told or told[column].keeps("+" if sign > 0 else "-")
            done = 0
            while done < wanted // 6 // len(models) and any(d.kind in ("+", "-", "constant") for d in told.values()):
                bad, usable = contradicted(program, told, near(problem, rng), ranges_of(problem), rng)
                done, wrong = done + usable, wrong + bad
            drawn_pairs += done
        total.update(pairs=drawn_pairs, wrong=wrong)
        print(
            f"{name}: {len(models)} programs, {dict(kinds)}; asked {asked}, kept {kept}; {drawn_pairs:,} pairs, {wrong} contradict"
        )
    kinds, seed, done, wrong = Counter(), 0, 0, 0
    while done < wanted // 2:
        program = unpack(pack(drawn.program(seed)))
        with np.errstate(all="ignore"):
            told = directions(program)
        kinds.update(direction.kind for direction in told.values())
        told = {c: d for c, d in told.items() if column_kinds(program.decoders)[c] == "numeric"}
        bad, usable = contradicted(program, told, drawn.rows(program, seed, 400), {}, rng)
        done, wrong, seed = done + usable, wrong + bad, seed + 1
    print(f"drawn: {seed} programs, {dict(kinds)}; {done:,} pairs, {wrong} contradict")
    if total["wrong"] + wrong:
        raise SystemExit("some pair contradicts a proof")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10**6)
