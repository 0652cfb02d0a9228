"""Families that are asked for directions keep them in every variant and rounding, missing values included; others decline."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.isotonic import IsotonicRegression

from automicro.data import load_problem, profile
from automicro.discovery import discover
from automicro.measure import directions
from automicro.plugin import Declined, Feature, StructuralConstraints, TrainingData, ordered_leaves, ordered_pieces
from automicro.program import PRECISIONS, Forest, Numeric, Program, Tree, Weights, pack, quantise, unpack
from automicro.search.context import Candidate, Context
from automicro.search.propose.space import candidate_space, own_parameters, preparation_settings
from automicro.search.requirements.columns import ranges_of
from automicro.search.requirements.requirements import Requirements
from automicro.search.requirements.structure import Monotone
from automicro.search.trial.training import train

WISHES = StructuralConstraints(monotone=((0, 1), (1, -1), (3, 1)))
ASKED = {0: "+", 1: "-", 3: "+"}


@cache
def problem(task):
    """Return rows of which the third column decides how the first counts, so that free models go both ways, with missing values."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 4))
    score = (
        np.where(X[:, 2] > 0.5, -1.0, 1.0) * X[:, 0] - X[:, 1] + 0.4 * np.sin(3 * X[:, 1]) + 0.3 * rng.normal(size=400)
    )
    X[:, 3] = rng.integers(0, 2, 400)
    X[rng.random(X.shape) < 0.1] = np.nan
    frame = pd.DataFrame(X, columns=["a", "b", "c", "flag"])
    return load_problem(frame, score if task == "regression" else score > 0, task=task)


def programs(name, task, metric, structural, settings=2):
    posed, family = problem(task), discover().families[name]
    facts = profile(posed, structural=structural)
    for setting in candidate_space(family, facts).portfolio[:settings]:
        candidate = Candidate(0, name, own_parameters(setting), preparation_settings(family, setting), 0)
        wanted = dict(structural.monotone)
        required = (Monotone(tuple(wanted), "", tuple(wanted.values())),) if wanted else ()
        context = Context(posed, (), metric, Requirements(required))
        try:
            made = train(context, family, candidate, np.arange(posed.rows)).programs
        except Declined:
            continue
        for key in list(made)[:: max(1, len(made) // 4)]:
            for precision in (PRECISIONS[0], PRECISIONS[-1]):
                yield key, unpack(pack(quantise(made[key], precision)))


def broken(program, task):
    told = directions(program, ASKED, ranges_of(problem(task)))
    return [(column, told[column]) for column, sign in ASKED.items() if not told[column].keeps(sign)]


@pytest.mark.parametrize("name", ["linear", "tree", "boosting"])
@pytest.mark.parametrize(
    ("task", "metric"), [("classification", "accuracy"), ("classification", "roc_auc"), ("regression", "r2")]
)
def test_every_variant_keeps_the_directions(name, task, metric):
    read = set()
    for key, program in programs(name, task, metric, WISHES):
        assert not broken(program, task), key
        read |= {decoder.column for decoder in program.decoders}
    assert 0 in read or 1 in read
    if name != "linear":
        assert any(broken(program, task) for _, program in programs(name, task, metric, StructuralConstraints()))


@pytest.mark.parametrize("name", ["cluster", "mlp", "attention"])
def test_others_decline(name):
    families = discover().families
    if name not in families:
        pytest.skip(f"{name} is not installed")
    with pytest.raises(Declined, match="which monotone requires"):
        families[name].space(profile(problem("classification"), structural=WISHES))


def test_boosting_takes_one_column_a_tree_where_columns_must_not_interact():
    space = (
        discover()
        .families["boosting"]
        .space(profile(problem("regression"), structural=StructuralConstraints(max_interactions=0)))
    )
    assert {setting["shape"] for setting in space.portfolio} == {"additive"}


def test_signs_and_flags_are_told_by_feature():
    features = (Feature(0, "a", "numeric"), Feature(0, "a missing", "missing"), Feature(2, "c", "numeric"))
    assert WISHES.signs(features).tolist() == [1, 0, 0]
    assert WISHES.flags(features).tolist() == [False, True, False]
    data = TrainingData(np.zeros((1, 3), np.float32), np.zeros(1), "regression", 0, features, "r2")
    assert data.structural == StructuralConstraints()


def test_ordered_pieces_are_isotonic_regression():
    rng = np.random.default_rng(0)
    for _ in range(30):
        values, mass = rng.normal(size=8), rng.integers(1, 5, 8).astype(float)
        for sign in (1, -1):
            fitted = IsotonicRegression(increasing=sign > 0).fit(np.arange(8), values, mass).predict(np.arange(8))
            np.testing.assert_allclose(ordered_pieces(values, mass, sign), fitted, atol=1e-12)


def drawn_tree(rng, depth):
    if depth == 0 or rng.random() < 0.2:
        return [(-1, 0.0)]
    return [(int(rng.integers(3)), float(rng.normal())), *drawn_tree(rng, depth - 1), *drawn_tree(rng, depth - 1)]


def test_ordered_leaves_make_any_tree_monotone():
    rng = np.random.default_rng(1)
    signs = np.array([1, -1, 0])
    for _ in range(60):
        feature, threshold = map(np.array, zip(*drawn_tree(rng, 4), strict=True))
        feature = feature.astype(np.int32)
        leaf = np.arange(len(feature), dtype=np.int32)
        values = ordered_leaves(feature, rng.normal(size=len(feature)), rng.random(len(feature)), signs)
        tree = Tree(feature, threshold.astype(np.float32), feature >= 0, leaf)
        body = Forest((tree,), Weights.of(values[:, None]), Weights.of([0.0]))
        told = directions(Program(3, tuple(Numeric(j, 0.0) for j in range(3)), body, "identity"), [0, 1])
        assert told[0].keeps("+")
        assert told[1].keeps("-")
