"""Batches: some rows of every kind of column, some graphs of several, some nodes of one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from automicro.program import Affine, Batch, Categories, Numeric, Program, Texts, Topology, Weights, evaluate, take


def test_rows_of_every_kind_of_column():
    rows = np.array([2, 0])
    assert take(np.array([1, 2, 3], dtype=np.float32), rows).tolist() == [3, 1]
    assert take(np.arange(6, dtype=np.float32).reshape(3, 2), rows).tolist() == [[4, 5], [0, 1]]
    assert take(Texts(np.array(["a", None, "c"], dtype=object)), rows).values.tolist() == ["c", "a"]
    codes = take(Categories(np.array([0, -1, 1], dtype=np.int32), ("x", "y")), rows)
    assert (codes.codes.tolist(), codes.levels) == ([1, 0], ("x", "y"))


@given(st.data())
def test_graphs_of_is_what_building_the_graphs_alone_gives(data):
    sizes = data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=5))
    starts = np.concatenate(([0], np.cumsum(sizes)))
    pairs = [
        (a, b)
        for g in range(len(sizes))
        for a in range(starts[g], starts[g + 1])
        for b in range(starts[g], starts[g + 1])
    ]
    edges = data.draw(st.lists(st.sampled_from(pairs), max_size=9)) if pairs else []
    attributes = np.arange(len(edges), dtype=np.float32)[:, None]
    whole = Topology(np.array(edges, dtype=np.int64).reshape(-1, 2).T, attributes, starts)
    chosen = data.draw(st.lists(st.integers(0, len(sizes) - 1), min_size=1, unique=True))
    part, nodes = whole.graphs_of(np.array(chosen))
    assert nodes.tolist() == [n for g in chosen for n in range(starts[g], starts[g + 1])]
    expected = [
        (nodes.tolist().index(a), nodes.tolist().index(b), i)
        for g in chosen
        for i, (a, b) in enumerate(edges)
        if starts[g] <= a < starts[g + 1]
    ]
    got = [(int(a), int(b), int(i)) for (a, b), i in zip(part.edges.T, part.attributes[:, 0], strict=True)]
    assert got == expected
    assert part.graphs == len(chosen)
    assert part.nodes == len(nodes)


def test_only_the_kept_rows_are_returned():
    program = Program(1, (Numeric(0),), Affine(Weights.of([[2.0]]), Weights.of([0.0])), "identity")
    batch = Batch((np.array([1, 2, 3], dtype=np.float32),), keep=np.array([2, 1]))
    assert evaluate(program, batch).tolist() == [6, 4]
