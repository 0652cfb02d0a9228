"""Distances to points and the nearest of them: meaning, bytes, canonical form and what a reader is told."""

from __future__ import annotations

import numpy as np
import pytest

from automicro.errors import PluginError
from automicro.measure import interpretability
from automicro.program import (
    PRECISIONS,
    Activation,
    Affine,
    Chain,
    Distances,
    Evaluator,
    Nearest,
    Numeric,
    Program,
    Weights,
    body_scores,
    bounds,
    evaluate,
    pack,
    quantise,
    simplify,
    unpack,
    validate,
)
from automicro.report import model_text

POINTS = [[0, 0, 5], [3, 4, 6], [-1, 2, 7]]


def flower(relevances=(1, 0.25, 0), owners=(0, 1, 1), **more):
    body = Chain((Distances(Weights.of(POINTS), Weights.of(relevances)), Nearest(owners, **more)))
    outputs = max(owners) + 1 + ("otherwise" in more)
    return Program(3, tuple(map(Numeric, range(3))), body, "softmax", tuple("abcdef"[:outputs]))


def test_a_distance_is_weighted_by_relevance_and_the_nearest_point_of_each_owner_counts():
    X = np.array([[1, 2, 9], [3, 3, np.nan]], dtype=np.float32)
    assert body_scores(flower().body, X).tolist() == [[-2, -4], [-11.25, -0.25]]
    biased = flower(bias=Weights.of([1, 0, 2]), otherwise=-3.0)
    assert body_scores(biased.body, X).tolist() == [[-1, -2, -3], [-10.25, -0.25, -3]]


def test_missing_values_and_infinities_come_out_the_same_for_one_row_and_for_many():
    program = flower(relevances=[[1, 2, 0], [0, 1, 1], [3, 0, 1]])
    rows = np.array([[np.nan, 1, 2], [1, 1, np.nan], [np.inf, -np.inf, 1], [1e30, 2, 3]])
    evaluator = Evaluator(program)
    with np.errstate(all="ignore"):
        many = evaluator(rows)
        assert np.array([evaluator(row[None])[0] for row in rows]).tobytes() == many.tobytes()


@pytest.mark.parametrize("points", [5, 40])
def test_one_row_takes_the_same_sums_as_many(points):
    rng = np.random.default_rng(points)
    relevances = rng.random((points, 7)) * rng.integers(0, 2, (points, 7))
    for given in (relevances[0], relevances):
        places = Weights.of(rng.normal(size=(points, 7)))
        body = Chain((Distances(places, Weights.of(given)), Activation("decay"), Nearest(tuple(range(points)))))
        evaluator = Evaluator(Program(7, tuple(map(Numeric, range(7))), body, "identity"))
        rows = rng.normal(size=(20, 7)) * 3
        assert np.array([evaluator(row[None])[0] for row in rows]).tobytes() == evaluator(rows).tobytes()


def test_a_feature_without_relevance_is_dropped():
    result = simplify(flower())
    assert result.decoders == (Numeric(0), Numeric(1))
    assert result.body.nodes[0] == Distances(Weights.of([[0, 0], [3, 4], [-1, 2]]), Weights.of([1, 0.25]))


def test_scaling_moves_into_points_and_relevances():
    scaling = Affine(Weights.of(np.diag([2, -4, 1])), Weights.of([1, 0, 0]))
    body = Chain((scaling, Distances(Weights.of([[3, 8, 0]]), Weights.of([1, 0.5, 0]))))
    result = simplify(Program(3, tuple(map(Numeric, range(3))), body, "identity")).body
    assert result == Distances(Weights.of([[1, -2]]), Weights.of([4, 8]))


def test_equal_columns_are_shared_and_copied():
    body = Distances(Weights.of([[1, 2, 3]]), Weights.of([1, 1, 1]))
    result = simplify(Program(2, (Numeric(0), Numeric(1), Numeric(0)), body, "identity"))
    assert result.decoders == (Numeric(0), Numeric(1))
    assert body_scores(result.body, np.array([[1.0, 2.0]], dtype=np.float32)).tolist() == [[4.0]]


def test_points_on_the_grid_of_their_features_take_few_bits():
    rng = np.random.default_rng(0)
    relevances = 4.0 ** np.array([0, -3, 2, -5, 8, 1, -9, 4])
    points = rng.integers(-8, 8, (30, 8)) / np.sqrt(relevances)
    owners = tuple(np.repeat(np.arange(3), 10).tolist())
    body = Chain((Distances(Weights.of(points), Weights.of(relevances)), Nearest(owners)))
    program = Program(8, tuple(map(Numeric, range(8))), body, "softmax", (0, 1, 2))
    data = pack(program)
    assert len(data) <= 30 * 8 * 4 / 8 + 40
    assert pack(unpack(data)) == data


def test_fewer_bits_cost_fewer_bytes_and_move_points_little():
    rng = np.random.default_rng(1)
    centre, spread = rng.normal(size=6) * 1000, 10.0 ** rng.integers(-2, 3, 6)
    points = centre + spread * rng.normal(size=(12, 6))
    owners = tuple(np.repeat(np.arange(3), 4).tolist())
    body = Chain((Distances(Weights.of(points), Weights.of(spread**-2)), Nearest(owners)))
    program = Program(6, tuple(map(Numeric, range(6))), body, "softmax", (0, 1, 2))
    X = np.asarray(centre + spread * rng.normal(size=(500, 6)), dtype=np.float32)
    labels = evaluate(program, list(X.T)).argmax(axis=1)
    forms = [quantise(program, precision) for precision in PRECISIONS]
    sizes = [len(pack(form)) for form in forms]
    assert sizes == sorted(sizes, reverse=True)
    agree = [(evaluate(form, list(X.T)).argmax(axis=1) == labels).mean() for form in forms]
    assert agree[PRECISIONS.index(next(p for p in PRECISIONS if p.name == "6-bit"))] > 0.95


def test_bounds_hold_for_any_numbers():
    rng = np.random.default_rng(2)
    for points, inputs, outputs in ((1, 1, 1), (9, 3, 4), (40, 16, 26)):
        places = Weights.of(rng.normal(size=(points, inputs)) * 10.0 ** rng.integers(-20, 20, (points, inputs)))
        first = Distances(places, Weights.of(rng.random(inputs)))
        owners = tuple([*range(outputs), *rng.integers(0, outputs, points)][:points])
        if max(owners) + 1 == outputs:
            near = Chain((first, Nearest(owners, Weights.of(rng.normal(size=points)))))
            program = Program(inputs, tuple(map(Numeric, range(inputs))), near, "identity")
            assert len(pack(program)) <= bounds.distances_bytes(points, inputs, outputs)[1] + 20
        last = Affine(Weights.of(rng.normal(size=(outputs, points))), Weights.of(rng.normal(size=outputs)))
        program = Program(
            inputs, tuple(map(Numeric, range(inputs))), Chain((first, Activation("decay"), last)), "identity"
        )
        assert len(pack(program)) <= bounds.distances_bytes(points, inputs, outputs, kernels=True)[1] + 20


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (Distances(Weights.of([[1, 2]]), Weights.of([1, 2, 3])), "points must have shape"),
        (Distances(Weights.of([[1, 2, 3]]), Weights.of([1, 2])), "relevances must have shape"),
        (Distances(Weights.of([[1, 2, 3]]), Weights.of([1, -2, 3])), "must not be negative"),
        (Distances(Weights.of(np.empty((0, 3))), Weights.of([1, 2, 3])), "at least one"),
        (Nearest((0, 1)), "must have an owner"),
        (Nearest((0, 2, 2)), "own an input each"),
        (Nearest((0, 1, -1)), "own an input each"),
        (Nearest((0, 1, 1), Weights.of([1])), "biases must have shape"),
        (Nearest((0, 1, 1), None, float("nan")), "must be a finite float32"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(body, sentence):
    with pytest.raises(PluginError, match=sentence):
        validate(Program(3, tuple(map(Numeric, range(3))), body, "identity"))


def test_few_examples_on_named_columns_can_be_simulated_and_many_decomposed():
    found = interpretability(simplify(flower()))
    assert (found.name, found.operations, found.constants) == ("simulatable", 3 * 3 * 2 + 3, 6)
    assert found.interactions == ((0, 1),)
    rng = np.random.default_rng(3)
    many = Chain(
        (
            Distances(Weights.of(rng.normal(size=(20, 3))), Weights.of([1, 1, 1])),
            Activation("decay"),
            Affine(Weights.of(np.ones((1, 20))), Weights.of([0])),
        )
    )
    program = Program(3, tuple(map(Numeric, range(3))), many, "identity")
    assert interpretability(program).name == "decomposable"


def test_prototypes_are_told_in_words():
    lines = model_text(flower(bias=Weights.of([1, 0, 0]))).splitlines()
    assert "  unit 1.3 = 1 * (column 0 - (-1))^2 + 0.25 * (column 1 - 2)^2" in lines
    assert "  score of a = 1 - unit 1.1" in lines
    assert "  score of b = the greatest of: - unit 1.2, - unit 1.3" in lines
