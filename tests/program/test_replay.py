"""The interpreter of global cards against the evaluator, on programs and rows drawn at random, of every node that a card can tell."""

from __future__ import annotations

import json

import drawn
import numpy as np
import pytest

from automicro.explain import global_card, replay
from automicro.measure import interpretability
from automicro.program import Batch, Chain, Program, Sum, columns_of, simplify

NODES, ROWS = 24, 60


def replayed(program: Program, seed: int, *, graph: bool) -> object:
    columns = columns_of(program, drawn.rows(program, seed, NODES if graph else ROWS))
    batch = Batch(tuple(columns), drawn.topology(seed, NODES) if graph else None)
    names = [f"column {place}" for place in range(program.columns)]
    with np.errstate(all="ignore"):
        return replay(program, json.loads(json.dumps(global_card(program))), batch, names, rows=200)


def has_exact_traces(program: Program) -> bool:
    """Rows of a sum of prototypes and others are explained by an approximation, which is no step of a card."""
    return not (isinstance(program.body, Sum) and any(isinstance(part, Chain) for part in program.body.nodes))


@pytest.mark.parametrize("graph", [False, True], ids=["rows", "graphs"])
def test_cards_of_drawn_programs_replay(graph: bool) -> None:
    followed = 0
    for seed in range(2, 130):
        program = simplify(drawn.graph_program(seed) if graph else drawn.program(seed))
        if not interpretability(program).level or not has_exact_traces(program):
            continue
        found = replayed(program, seed, graph=graph)
        assert found.passed, f"seed {seed}: {found}"
        followed += 1
    assert followed > (20 if graph else 60)
