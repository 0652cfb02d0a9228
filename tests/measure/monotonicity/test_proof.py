"""The direction of a score in a column: what is proved is never contradicted, and what breaks an order is shown by two rows."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from automicro.measure import directions
from automicro.program import (
    Activation,
    Affine,
    Chain,
    Forest,
    Missing,
    Numeric,
    OneHot,
    Program,
    StepTables,
    Sum,
    Tree,
    Weights,
    columns_of,
    pack,
    scores,
    unpack,
)
from automicro.program.inputs.rows import column_kinds

sys.path.insert(0, str(Path(__file__).parents[2] / "program"))
import drawn

LARGEST = float(np.finfo(np.float32).max)
NUMBERS = (Numeric(0), Numeric(1))


def shipped(body, decoders=NUMBERS, labels=None):
    columns = 1 + max(d.column for d in decoders)
    return unpack(pack(Program(columns, decoders, body, "identity" if labels is None else "softmax", labels)))


def affine(*weights):
    return Affine(Weights.of([list(weights)]), Weights.of([0.5]))


def table(feature, cuts, values, missing=None):
    gone = None if missing is None else Weights.of([missing])
    pieces = (len(values),)
    return StepTables((feature,), (0,), pieces, Weights.of(cuts), Weights.of(values), Weights.of([0.0]), gone)


def forest(*trees):
    """Each tree is a number, or (feature, threshold, left, right, default left)."""
    values: list[float] = []

    def nodes(tree):
        if not isinstance(tree, tuple):
            values.append(tree)
            return [(-1, 0.0, False, len(values) - 1)]
        feature, threshold, left, right, default = tree
        return [(feature, threshold, default, 0), *nodes(left), *nodes(right)]

    made = []
    for tree in trees:
        feature, threshold, default, leaf = zip(*nodes(tree), strict=True)
        made.append(
            Tree(
                np.array(feature, np.int32),
                np.array(threshold, np.float32),
                np.array(default),
                np.array(leaf, np.int32),
            )
        )
    return Forest(tuple(made), Weights.of(np.array(values)[:, None]), Weights.of([0.0]))


def change(program, pair):
    rows = np.array(pair, dtype=object)
    found = scores(program, columns_of(program, rows))
    of = np.array([-1.0, 1.0]) if found.shape[1] == 2 else np.ones(1)
    return float(np.diff(found @ of)[0])


def checked(program, column=0, ranges=None):
    """Return the kind, having made sure that the pairs show what they should and differ in the column alone."""
    told = directions(program, [column], ranges)[column]
    for pair, sign in ((told.falls, -1), (told.rises, 1)):
        if pair is not None:
            assert sign * change(program, pair) > 0
            assert [c for c in range(program.columns) if pair[0][c] != pair[1][c]] == [column]
    if told.kind == "neither":
        assert told.falls
        assert told.rises
    return told.kind


ACROSS = forest((1, 0.0, (0, 1.0, 0.0, 2.0, True), (0, 1.0, 3.0, 4.0, True), True))  # rises with column 0 on both sides
CROSSED = (1, 0.0, (0, 1.0, 0.0, 2.0, True), (0, 1.0, 4.0, 3.0, True), True)  # falls where column 1 is large
STEEP = (1, 5.0, (0, 1.0, 0.0, 2.0, True), (0, 1.0, 0.0, 2.0, True), True)
ELSEWHERE = (1, 0.0, (0, 1.0, 0.0, 2.0, True), 0.0, True)  # makes up for it only where nothing has to be made up for


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (affine(2.0, -1.0), "+"),
        (affine(-2.0, 1.0), "-"),
        (affine(0.0, 1.0), "constant"),
        (table(0, [0.0, 1.0], [1.0, 2.0, 2.0]), "+"),
        (table(0, [0.0, 1.0], [1.0, 3.0, 2.0]), "neither"),
        (Sum((affine(1.0, 1.0), table(0, [0.0], [1.0, 0.5]))), "neither"),
        (Sum((affine(1.0, 1.0), table(0, [0.0], [1.0, 1.5]))), "+"),
        (ACROSS, "+"),
        (forest(CROSSED), "neither"),
        (forest(CROSSED, STEEP), "+"),
        (forest(CROSSED, ELSEWHERE), "neither"),
        (Chain((affine(1.0, 0.0), Activation("tanh"), Affine(Weights.of([[3.0]]), Weights.of([0.0])))), "+"),
        (Chain((affine(1.0, 0.0), Activation("decay"), Affine(Weights.of([[3.0]]), Weights.of([0.0])))), "-"),
    ],
)
def test_the_direction_of_small_bodies(body, kind):
    filled = (Numeric(0, 0.0), Numeric(1, 0.0))
    assert checked(shipped(body, filled)) == kind


def test_a_missing_value_alone_breaks_an_order():
    inside = table(0, [0.0, 1.0], [1.0, 2.0, 3.0], 2.5)
    above = table(0, [0.0, 1.0], [1.0, 2.0, 3.0], 3.5)
    assert checked(shipped(inside)) == "+"
    assert checked(shipped(above)) == "neither"
    told = directions(shipped(above))[0]
    assert told.falls[0][0] is None
    assert told.falls[1][0] == pytest.approx(3.4e38, rel=0.01)


def test_a_table_without_a_cut_tells_a_missing_value_all_the_same():
    assert (
        checked(shipped(Sum((affine(0.0, 1.0), table(0, [], [1.0], 3.0))), (Numeric(0), Numeric(1, 0.0)))) == "neither"
    )


def test_a_missing_value_may_reach_a_table_through_what_is_computed():
    doubled = Affine(Weights.of([[2.0]]), Weights.of([0.0]))
    hidden = Chain((doubled, table(0, [1.0], [3.0, 3.0], 8.0)))
    program = Program(1, (Numeric(0),), hidden, "identity")
    assert change(program, ((0.0,), (None,))) == 5.0
    assert directions(program)[0].kind not in ("+", "-", "constant")


def test_missing_values_of_trees_are_held_against_the_same_other_columns():
    split = (0, 1.0, 0.0, 1.0, False)
    assert checked(shipped(forest(split))) == "+"
    gone = (
        0,
        LARGEST,
        (0, 1.0, 0.0, 1.0, True),
        5.0,
        False,
    )  # numbers go left, a missing value goes right, where it is larger
    assert checked(shipped(forest(gone)), ranges={0: (0.0, 9.0)}) == "neither"
    unlike = (1, 0.0, (0, 1.0, 0.0, 1.0, True), (0, LARGEST, (0, 1.0, 0.0, 1.0, True), -1.0, False), True)
    told = directions(shipped(forest(unlike)), ranges={0: (0.0, 9.0)})[0]
    assert told.kind == "neither"
    assert told.falls[0][0] == 0.0
    assert told.falls[1][0] is None
    assert told.falls[1][1] > 0


def test_a_flag_must_not_leave_the_range_of_the_numbers():
    decoders = (Numeric(0, 2.0), Missing(0))
    for flag, kind in ((1.0, "+"), (9.0, "neither"), (-3.0, "neither")):
        assert checked(shipped(affine(1.0, flag), decoders), ranges={0: (0.0, 10.0)}) == kind


def test_a_fill_counts_as_the_number_that_it_is():
    assert checked(shipped(table(0, [0.0, 1.0], [1.0, 2.0, 3.0], 99.0), (Numeric(0, 0.5),))) == "+"


def test_levels_of_another_column_exclude_each_other():
    decoders = (Numeric(0), OneHot(1, ("a", "b")))
    falls_for_both = (1, 0.5, 0.0, (2, 0.5, 0.0, (0, 1.0, 1.0, 0.0, True), True), True)  # a row that is both a and b
    rises = (0, 1.0, 0.0, 0.5, True)
    assert checked(shipped(forest(falls_for_both, rises), decoders)) == "+"
    falls_for_one = (2, 0.5, 0.0, (0, 1.0, 1.0, 0.0, True), True)
    program = shipped(forest(falls_for_one, rises), decoders)
    assert checked(program) == "neither"
    assert directions(program)[0].falls[0][1] == "b"


def test_two_classes_are_judged_by_their_difference():
    both = Affine(Weights.of([[2.0, 0.0], [1.0, 3.0]]), Weights.of([0.0, 0.0]))
    program = shipped(both, labels=("no", "yes"))
    assert (checked(program, 0), checked(program, 1)) == ("-", "+")
    three = Affine(Weights.of(np.ones((3, 2))), Weights.of([0.0, 1.0, 2.0]))
    assert directions(shipped(three, labels=("a", "b", "c"))) == {}


def test_a_network_is_told_by_its_signs_or_not_at_all():
    hidden = Affine(Weights.of([[1.0, 1.0], [2.0, -1.0]]), Weights.of([0.0, 1.0]))
    out = Affine(Weights.of([[1.0, 0.5]]), Weights.of([0.0]))
    program = shipped(Chain((hidden, Activation("relu"), out)), (Numeric(0, 0.0), Numeric(1, 0.0)))
    assert checked(program, 0) == "+"
    assert checked(program, 1) == "neither"
    alike = Affine(Weights.of([[1.0, 1.0], [1.0, 1.0]]), Weights.of([0.0, 0.0]))
    saved = Affine(
        Weights.of([[1.0, -0.25]]), Weights.of([0.0])
    )  # rises by more than it falls, which signs do not tell
    program = shipped(Chain((alike, Activation("relu"), saved)), (Numeric(0, 0.0), Numeric(1, 0.0)))
    assert directions(program)[1].kind == "unproved"


def test_a_category_has_no_direction():
    assert directions(shipped(affine(1.0), (OneHot(0, ("a",)),)), [0])[0].kind == "unproved"


RANGE = (-2.0, 2.0)


def contradictions(program, told, seed, count):
    """Return how many drawn pairs of rows contradict what was told, beyond what float64 rounds; a missing value stands inside the range."""
    kinds = column_kinds(program.decoders)
    found = 0
    for column, direction in told.items():
        if kinds[column] != "numeric" or direction.kind in ("neither", "unproved"):
            continue
        rows = drawn.rows(program, seed, count)
        one = np.asarray(rows[column], dtype=np.float64)
        other = np.random.default_rng(seed).permutation(one)
        low, gone, high = (np.full(count, x) for x in (RANGE[0], np.nan, RANGE[1]))
        usable = ~np.isnan(np.minimum(one, other))
        for first, second, known in (
            (np.minimum(one, other), np.maximum(one, other), usable),
            (low, gone, True),
            (gone, high, True),
        ):
            pair = [[*rows[:column], side, *rows[column + 1 :]] for side in (first, second)]
            before, after = (scores(program, columns_of(program, side)) for side in pair)
            of = np.array([-1.0, 1.0]) if before.shape[1] == 2 else np.ones(1)
            step = (after - before) @ of
            noise = 1e-12 * (np.abs(before).max(axis=1) + np.abs(after).max(axis=1))
            falls, rises = (known & np.isfinite(step) & (sign * step > noise) for sign in (-1, 1))
            found += int(falls.sum()) * (direction.kind != "-") + int(rises.sum()) * (direction.kind != "+")
    return found


def test_drawn_programs_never_contradict_what_is_told_of_them():
    kinds = []
    for seed in range(120):
        program = unpack(pack(drawn.program(seed)))
        with np.errstate(all="ignore"):
            told = directions(program, None, dict.fromkeys(range(program.columns), RANGE))
            kinds += [direction.kind for direction in told.values()]
            assert contradictions(program, told, seed, 100) == 0, seed
    assert {"+", "-", "constant", "neither"} <= set(kinds)
