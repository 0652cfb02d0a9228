"""The runtime reads every program, and its scores are those of the reference."""

from __future__ import annotations

import ctypes

import drawn
import numpy as np
import pytest
from compiled import DAMAGED, LEFT_OUT, NO_ROOM, OK, UNKNOWN, WRONG_CELL, Cell

from automicro.program import (
    Affine,
    Batch,
    Forest,
    Grams,
    Lookup,
    Numeric,
    OneHot,
    Program,
    StepTables,
    Summary,
    Tree,
    Weights,
    columns_of,
    evaluate,
    pack,
    reads_graphs,
    scores,
    unpack,
    write_artifact,
)
from automicro.program.nodes import Statistic

ROWS = 9


def assert_same(got, expected):
    got, expected = np.asarray(got), np.asarray(expected).reshape(len(got), -1)
    with np.errstate(all="ignore"):
        near = np.abs(got - expected) <= 1e-5 * np.abs(expected)
    assert ((got == expected) | (np.isnan(got) & np.isnan(expected)) | near).all()


def assert_labels(opened, program, got, expected):
    if program.labels is None:
        assert opened.label(0) is None
        return
    assert [opened.label(k) for k in range(len(program.labels))] == list(program.labels)
    for row in range(len(got)):
        largest = opened.call("class", ctypes.c_void_p(np.ascontiguousarray(got[row]).ctypes.data))
        assert largest == np.argmax(np.asarray(expected)[row])


@pytest.mark.parametrize("start", range(0, 240, 40))
def test_programs_of_all_kinds(runtime, start):
    for seed in range(start, start + 40):
        program = drawn.program(seed) if seed % 4 else drawn.graph_program(seed)
        opened = runtime.open(write_artifact(program, {"a": 1} if seed % 3 == 0 else None))
        assert opened.status == OK, opened.reason
        program = unpack(pack(program))
        columns = drawn.rows(program, seed, ROWS)
        batch = columns_of(program, columns)
        cells = opened.cells(columns)
        with np.errstate(all="ignore"):
            if reads_graphs(program.body):
                topology = drawn.topology(seed, ROWS)
                expected = evaluate(program, Batch(tuple(batch), topology))
                status, got = opened.of_graphs(cells, topology)
                assert status == OK
            else:
                assert_same(opened.evaluate(cells, ROWS, predict=False), scores(program, batch))
                expected, got = evaluate(program, batch), opened.evaluate(cells, ROWS, predict=True)
            assert_same(got, expected)
            assert_labels(opened, program, got, expected)


def test_rows_on_thresholds_and_beside(runtime):
    cuts = np.array([-1e-40, 0.1, 0.3, 1.0, 16777216.0, 3e38], dtype=np.float32)
    tables = StepTables((0,), (0,), (7,), Weights.of(cuts), Weights.of(np.arange(7.0)), Weights.of([0.5]))
    splits = np.array([0, 0, -1, -1, -1], dtype=np.int32)
    tree = Tree(splits, np.array([cuts[2], cuts[1], 0, 0, 0], dtype=np.float32), np.array([1, 0, 0, 0, 0], dtype=bool),
                np.array([0, 0, 0, 1, 2], dtype=np.int32))  # fmt: skip
    forest = Forest((tree,), Weights.of([[1.0], [2.0], [3.0]]), Weights.of([0.0]))
    near = np.concatenate([np.nextafter(cuts, np.float32(side), dtype=np.float32) for side in (-np.inf, np.inf)])
    column = np.concatenate([cuts, near, np.array([np.nan, np.inf, -np.inf], dtype=np.float32)])
    for body in (tables, forest):
        program = Program(1, (Numeric(0),), body, "identity")
        opened = runtime.open(pack(program))
        expected = scores(program, columns_of(program, [column]))
        assert (opened.evaluate(opened.cells([column]), len(column), predict=False) == expected).all()


def test_whole_numbers_less_an_offset_are_exact(runtime):
    offset = 2.0**62
    program = Program(1, (Numeric(0, offset=offset),), Affine(Weights.of([[1.0]]), Weights.of([0.0])), "identity")
    opened = runtime.open(pack(program))
    column = [2**62 + 1, 2**62 - 3, -(2**63), 2**63 - 1]
    expected = [1.0, -3.0, float(np.float32(-(2.0**63) - offset)), float(np.float32(2**62 - 1))]
    assert opened.evaluate(opened.cells([column]), 4, predict=False)[:, 0].tolist() == expected


def test_texts_are_cut_and_hashed_as_in_the_reference(runtime):
    rng = np.random.default_rng(0)
    planes = np.concatenate(
        [np.arange(0x3000), np.arange(0xA640, 0xB000), np.arange(0x10400, 0x10500), np.arange(0x1F300, 0x1F700)]
    )
    texts = ["".join(map(chr, rng.choice(planes, 60))) for _ in range(150)]
    texts += ["ΟΔΥΣΣΕΥΣ ΣΑΣ.", "İstanbul İI", "ﬁne ǅ ß ẞ", "\ud800x\udfff", "", "__", None]
    column = np.array(texts, dtype=object)
    buckets = tuple(range(128))
    kinds = [("character", 1, 3, 0, True, False), ("word", 1, 2, 3, True, True), ("word", 1, 1, 0, False, True)]
    for unit, low, high, prefix, counted, scaled in kinds:
        grams = Grams(0, unit, low, high, 7, buckets, prefix, counted, scaled)
        program = Program(
            1, (grams,), Affine(Weights.of(rng.integers(-9, 9, (32, 128))), Weights.of(np.zeros(32))), "identity"
        )
        opened = runtime.open(pack(program))
        expected = scores(program, columns_of(program, [column]))
        assert (opened.evaluate(opened.cells([column]), len(texts), predict=False) == expected).all()


def test_summaries_are_those_of_the_reference(runtime):
    rng = np.random.default_rng(1)
    series = rng.normal(size=(12, 70))
    series[rng.random(series.shape) < 0.2] = np.nan
    decoders = tuple(Summary(0, each, level, level) for each in Statistic.__args__ for level in (0, 2))
    program = Program(
        1, decoders, Affine(Weights.of(np.eye(len(decoders))), Weights.of(np.zeros(len(decoders)))), "identity"
    )
    opened = runtime.open(pack(program))
    expected = scores(program, columns_of(program, [series]))
    assert (opened.evaluate(opened.cells([series]), 12, predict=False) == expected).all()


def test_levels_by_their_number(runtime):
    levels = ("red", None, "été")
    decoders = (OneHot(4, levels), Lookup(2, ("x",), Weights.of([3.0]), -1.0))
    program = Program(5, decoders, Affine(Weights.of([[1.0, 2.0, 4.0, 1.0]]), Weights.of([0.0])), "identity")
    opened = runtime.open(pack(program))
    assert opened.inputs() == [(2, 2), (4, 2)]
    assert (opened.levels(0), opened.levels(1)) == (["x"], list(levels))
    for level, expected in (("red", 4.0), ("été", 7.0), ("blue", 3.0), (None, 5.0)):
        row = (Cell * 2)()
        row[0].kind, row[0].of.level = 5, opened.call("level_of", b"x", 1)
        if level is not None:
            text = level.encode()
            row[1].kind, row[1].of.level = 5, opened.call("level_of", text, len(text))
        assert opened.evaluate(row, 1, predict=False)[0, 0] == expected


def test_an_arena_of_the_stated_size_is_enough_and_a_smaller_one_is_refused(runtime):
    for seed in range(30):
        data = pack(drawn.program(seed))
        exact = runtime.open(data).call("arena_size")
        assert runtime.open(data, exact).status == OK
        for less in {exact - 8, exact // 2, 0}:
            refused = runtime.open(data, max(less, 0))
            assert refused.status == NO_ROOM or exact < 8
            assert "arena" in refused.reason or exact < 8


def test_what_is_no_model_is_refused(runtime):
    data = pack(drawn.program(1))
    assert runtime.open(b"").status == runtime.open(b"{}").status == UNKNOWN
    assert runtime.open(data + b"x").status == DAMAGED
    assert "damaged" in runtime.open(data + b"x").reason
    assert runtime.open(b"\xb6\0\0\0\1" + data).status == DAMAGED
    assert LEFT_OUT not in {runtime.open(pack(drawn.program(seed))).status for seed in range(20)}


def test_a_cell_of_another_kind_is_refused(runtime):
    program = Program(1, (Numeric(0),), Affine(Weights.of([[1.0]]), Weights.of([0.0])), "identity")
    opened = runtime.open(pack(program))
    cell = (Cell * 1)()
    cell[0].kind, cell[0].length, cell[0].of.text = 4, 1, b"3"
    out = ctypes.c_void_p(np.zeros(1).ctypes.data)
    assert opened.call("predict", cell, out) == WRONG_CELL
