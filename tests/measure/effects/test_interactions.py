"""Interactions that structure certifies, against mixed second differences on random small programs of every kind of node."""

from __future__ import annotations

import sys
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np

from automicro.program import body_scores, columns_of, decode, simplify
from automicro.program.analyse.structure import structure

sys.path.insert(0, str(Path(__file__).parents[2] / "program"))

import drawn

PROGRAMS, PAIRS = 200, 150
ROUNDING = 1e-9  # of the scores that are compared


def calm_rows(program, seed):
    """Return drawn rows without the numbers at which scores overflow."""
    rng = np.random.default_rng(seed)
    cells = [
        np.where(np.abs(c) < 100, c, rng.normal(size=PAIRS)) if c.dtype == np.float64 and c.ndim == 1 else c
        for c in drawn.rows(program, seed, PAIRS)
    ]
    return columns_of(program, cells)


def witnessed(program, seed):
    """Return the pairs of columns for which f(a) - f(a, i of b) - f(a, j of b) + f(a, both of b) is not 0 for some rows a, b."""
    a, b = calm_rows(program, seed), calm_rows(program, seed + 1000)
    read = [column for column in range(program.columns) if a[column] is not None]

    def scores(*changed):
        columns = [b[column] if column in changed else a[column] for column in range(program.columns)]
        return body_scores(program.body, decode(program.decoders, columns))

    base, alone, found = scores(), {column: scores(column) for column in read}, set()
    for i, j in combinations(read, 2):
        both = scores(i, j)
        mixed = base - alone[i] - alone[j] + both
        size = np.max(np.abs([base, alone[i], alone[j], both]), axis=0)
        if (np.isfinite(mixed) & (np.abs(mixed) > ROUNDING * size)).any():
            found.add((i, j))
    return found


def closed(pairs):
    """Return the pairs of columns that are joined by a chain of pairs, as structure lists them."""
    groups = []
    for pair in pairs:
        touched = [group for group in groups if group & set(pair)]
        groups = [group for group in groups if group not in touched] + [set(pair).union(*touched)]
    return {pair for group in groups for pair in combinations(sorted(group), 2)}


def kinds(node, found):
    found[type(node).__name__] += 1
    for part in getattr(node, "nodes", ()):
        kinds(part, found)
    return found


def test_certified_interactions_hold_every_witness_and_are_mostly_no_more():
    """Equal means: of the canonical form, closed transitively. A list may be larger where a branch or a prototype is never reached."""
    seen, equal, larger = Counter(), 0, 0
    with np.errstate(over="ignore", invalid="ignore"):
        for seed in range(PROGRAMS):
            program = simplify(drawn.program(seed))
            kinds(program.body, seen)
            certified, found = structure(program), witnessed(program, seed)
            assert found <= set(certified.interactions), (
                f"program {seed}: {found - set(certified.interactions)} act together"
            )
            assert not (certified.additive and found), f"program {seed} is not additive: {found}"
            same = closed(found) == set(certified.interactions)
            equal, larger = equal + same, larger + (not same)
    assert equal >= 0.8 * PROGRAMS, f"{larger} of {PROGRAMS} lists are larger than what is witnessed"
    assert (
        min(seen[kind] for kind in ("Affine", "StepTables", "Forest", "Distances", "Nearest", "Tokens", "Attention"))
        > 10
    )
    assert min(seen[kind] for kind in ("Chain", "Sum", "Scale", "Activation")) > 5
