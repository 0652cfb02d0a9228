"""The boosting family against LightGBM, its promises, and what it does with odd data."""

from __future__ import annotations

import pickle
from dataclasses import replace

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from automicro.plugin import ColumnProfile, Declined, Feature, Profile, TrainingData
from automicro.program import Numeric, Program, evaluate, pack, scores, simplify, unpack
from automicro_boosting.bits import Bits
from automicro_boosting.family import Boosting
from automicro_boosting.loss import make_loss
from automicro_boosting.lower import forest, read_model
from automicro_boosting.train import train_booster

FAMILY = Boosting()
LARGEST = float(np.finfo(np.float32).max)
LINKS = {"binary": "sigmoid", "classes": "softmax", "regression": "identity", "logarithmic": "exp"}


def table(task, rows=240, *, missing=0.0, seed=0, **more):
    """Rows with numbers of very different size, one binary column, and a target that three columns decide."""
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(rows, 5)) * 10.0 ** np.arange(-2, 3)
    X[:, 1] = generator.random(rows) < 0.4
    score = X[:, 0] / 1e-2 + 2 * X[:, 1] + (X[:, 4] > 0) + generator.normal(size=rows) * 0.3
    X[generator.random(X.shape) < missing] = np.nan
    y = {"binary": score > 1, "classes": np.digitize(score, [0.0, 1.5]), "logarithmic": np.exp(score)}.get(task, score)
    kinds = ("numeric", "level", "numeric", "numeric", "numeric")
    kind = "classification" if task in {"binary", "classes"} else "regression"
    known = {
        "task": kind,
        "classes": {"binary": 2, "classes": 3}.get(task, 0),
        "features": tuple(Feature(j, f"x{j}", k) for j, k in enumerate(kinds)),
        "metric": "r2" if kind == "regression" else "roc_auc_ovr",
        **more,
    }
    return TrainingData(X=X.astype(np.float32), y=y.astype(float if kind == "regression" else np.int64), **known)


def profile_of(data):
    columns = tuple(ColumnProfile(f.name, "numeric", 0, 9) for f in data.features)
    return Profile(len(data.X), columns, data.task, data.classes, features_at_most=data.X.shape[1])


def parameters_of(data, shape="forest", **changes):
    known = {"shape": shape, "rounds": 8, "leaves": 4, "learning_rate": 0.4, "logarithmic": False}
    setting = {**FAMILY.strongest(profile_of(data)), "digits": 4, "min_leaf": 5, **known, **changes}
    if data.task == "classification":
        del setting["logarithmic"]
    return setting


def program_of(data, lowered):
    decoders = tuple(Numeric(j) for j in range(data.X.shape[1]))
    labels = tuple(range(data.classes)) if data.classes else None
    return Program(data.X.shape[1], decoders, lowered.body, lowered.link, labels)


def raw_scores(data, lowered, X):
    return scores(program_of(data, lowered), list(np.ascontiguousarray(np.float32(X).T)))


def fitted(task, shape, **changes):
    data = table(task, missing=changes.pop("missing", 0.0))
    setting = parameters_of(data, shape, logarithmic=task == "logarithmic", **changes)
    return data, setting, FAMILY.fit(setting, data)


def booster_and_program(task, missing):
    """A booster as LightGBM trains it, and its program before anything is shortened."""
    data = table(task, missing=missing)
    loss = make_loss(data, LINKS[task])
    booster = train_booster(
        parameters_of(data, logarithmic=task == "logarithmic"), data, loss, Bits.of(data.features, data.X)
    )
    return data, booster, forest(read_model(booster.model_to_string(), data.outputs, loss.link))


BOOSTERS = {(task, missing): booster_and_program(task, missing) for task in LINKS for missing in (0.0, 0.2)}
ODD = st.sampled_from([0.0, -0.0, np.nan, LARGEST, -LARGEST, 1e-40, -1e-40, 0.5, 1.0])


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(BOOSTERS)),
    hnp.arrays(np.float32, (7, 5), elements=st.one_of(ODD, st.floats(-300, 300, width=32))),
    st.integers(0, 2**32 - 1),
)
def test_a_program_scores_as_the_booster_does(case, X, seed):
    data, booster, lowered = BOOSTERS[case]
    rows = data.X[np.random.default_rng(seed).integers(len(data.X), size=7)]
    mixed = np.float32(np.where(np.random.default_rng(seed).random(X.shape) < 0.5, X, rows))
    expected = booster.predict(mixed, raw_score=True).reshape(len(mixed), -1)
    np.testing.assert_allclose(raw_scores(data, lowered, mixed), expected, rtol=1e-5, atol=1e-5)


def test_thresholds_between_neighbouring_float32_numbers_keep_rows_apart():
    close = np.nextafter(np.float32(1), np.float32(2))
    X = np.repeat(np.array([[1.0], [close]], dtype=np.float32), 40, axis=0)
    data = replace(table("binary"), X=X, y=np.repeat([0, 1], 40), features=(Feature(0, "x", "numeric"),))
    booster = train_booster(parameters_of(data), data, make_loss(data, "sigmoid"), Bits.of(data.features, X))
    lowered = forest(read_model(booster.model_to_string(), 1, "sigmoid"))
    np.testing.assert_allclose(raw_scores(data, lowered, X)[:, 0], booster.predict(X, raw_score=True), rtol=1e-5)
    assert np.ptp(booster.predict(X, raw_score=True)) > 0


@pytest.mark.parametrize("missing", [0.0, 0.2])
@pytest.mark.parametrize("shape", ["additive", "forest"])
@pytest.mark.parametrize("task", sorted(LINKS))
def test_variants_predict_better_than_a_constant_and_survive_packing(task, shape, missing):
    data, _, model = fitted(task, shape, missing=missing)
    variants = FAMILY.variants(model, data)
    assert len({variant.key for variant in variants}) == len(variants) <= 60
    loss = make_loss(data, LINKS[task])
    constant = np.tile(loss.bias(), (len(data.X), 1))
    columns = list(np.ascontiguousarray(data.X.T))
    for variant in variants:
        program = program_of(data, variant.lowered)
        own = (scores(program, columns) - loss.shift) / loss.factor
        assert loss.value(own) < loss.value(constant) + 0.01
        short = simplify(program)
        np.testing.assert_allclose(evaluate(short, columns), evaluate(program, columns), rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(evaluate(unpack(pack(short)), columns), evaluate(short, columns))
    best = min(loss.value((raw_scores(data, v.lowered, data.X) - loss.shift) / loss.factor) for v in variants)
    assert best < 0.6 * loss.value(constant)


@pytest.mark.parametrize("shape", ["additive", "forest", "large"])
@pytest.mark.parametrize("task", sorted(LINKS))
def test_two_trainings_give_the_same_bytes(task, shape):
    data, setting, model = fitted(task, shape, missing=0.1)
    again = pickle.loads(pickle.dumps(FAMILY.fit(setting, data)))
    for one, other in zip(FAMILY.variants(model, data), FAMILY.variants(again, data), strict=True):
        assert one.key == other.key
        assert pack(program_of(data, one.lowered)) == pack(program_of(data, other.lowered))


@pytest.mark.parametrize("shape", ["additive", "forest", "large"])
@pytest.mark.parametrize("task", sorted(LINKS))
def test_the_size_budget_holds(task, shape):
    data, setting, model = fitted(task, shape, missing=0.1, digits=23)
    budget = FAMILY.size_budget(setting, profile_of(data))
    for lowered in (FAMILY.lower(model), *(variant.lowered for variant in FAMILY.variants(model, data))):
        packed = len(pack(simplify(program_of(data, lowered))))
        assert budget.at_least_bytes <= packed <= budget.at_most_bytes + 40  # the core adds columns and decoders


@pytest.mark.parametrize("shape", ["additive", "forest"])
def test_weights_count_as_repeated_rows(shape):
    data = table("regression")
    counts = np.random.default_rng(1).integers(1, 4, len(data.X))
    weighted = FAMILY.fit(parameters_of(data, shape), replace(data, weights=counts.astype(float)))
    repeated = replace(data, X=np.repeat(data.X, counts, axis=0), y=np.repeat(data.y, counts))
    unweighted = FAMILY.fit(parameters_of(data, shape), repeated)
    difference = raw_scores(data, weighted.full, data.X) - raw_scores(data, unweighted.full, data.X)
    assert np.std(difference) < 0.2 * np.std(data.y)


def test_a_balanced_metric_weighs_classes_alike():
    data = table("binary")
    rare = data.y * (np.random.default_rng(0).random(len(data.y)) < 0.2)
    plain, balanced = (replace(data, y=rare, metric=name) for name in ("accuracy", "balanced_accuracy"))
    means = [np.mean(raw_scores(data, FAMILY.fit(parameters_of(data), d).full, data.X)) for d in (plain, balanced)]
    assert means[1] > means[0] + 0.4


@pytest.mark.parametrize("shape", ["additive", "forest"])
def test_at_most_the_allowed_columns_are_read(shape):
    data = table("binary", max_columns=2)
    for variant in FAMILY.variants(FAMILY.fit(parameters_of(data, shape), data), data):
        program = simplify(program_of(data, variant.lowered))
        assert len({decoder.column for decoder in program.decoders}) <= 2


@pytest.mark.parametrize("task", sorted(LINKS))
def test_a_teacher_takes_the_targets_place(task):
    data = table(task)
    constant = replace(data, y=np.ones_like(data.y) if task == "logarithmic" else np.zeros_like(data.y))
    soft = data.y.astype(float) if data.task == "regression" else np.eye(data.classes)[data.y]
    setting = parameters_of(data, logarithmic=task == "logarithmic")
    lowered = FAMILY.fit(setting, replace(constant, soft_targets=soft)).full
    predicted = evaluate(program_of(data, lowered), list(np.ascontiguousarray(data.X.T)))
    if data.task == "regression":
        assert np.corrcoef(predicted, data.y)[0, 1] > 0.9
    else:
        assert np.mean(predicted.argmax(axis=1) == data.y) > 0.85


def odd_tables():
    data = table("binary", rows=60)
    yield "no features", replace(data, X=data.X[:, :0], features=())
    yield "one row", replace(data, X=data.X[:1], y=data.y[:1])
    yield "two rows", replace(data, X=data.X[:2], y=np.array([0, 1]))
    yield "five rows", replace(data, X=data.X[:5], y=data.y[:5])
    yield "constant features", replace(data, X=np.ones_like(data.X))
    yield "all missing", replace(data, X=np.full_like(data.X, np.nan))
    yield "one class", replace(data, y=np.zeros_like(data.y))
    yield "a class that is not there", replace(table("classes", rows=60), y=data.y * 2)
    yield "one of three classes", replace(table("classes", rows=60), y=np.ones(60, dtype=np.int64))
    yield "no weight", replace(data, weights=np.zeros(60))
    yield "largest numbers", replace(data, X=np.float32(np.sign(data.X) * LARGEST))
    yield "constant target", replace(table("regression", rows=60), y=np.full(60, 3.0))
    yield "large target", replace(table("regression", rows=60), y=table("regression", rows=60).y * 1e9)
    yield "only missing tells", replace(data, X=np.float32(np.where(data.y[:, None] == 1, np.nan, data.X)))


@pytest.mark.parametrize("shape", ["additive", "forest", "large"])
@pytest.mark.parametrize(
    ("name", "data"), list(odd_tables()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_odd_tables_give_finite_predictions(name, data, shape):
    model = FAMILY.fit(parameters_of(data, shape), data)
    columns = list(np.ascontiguousarray(data.X.T))
    for lowered in (FAMILY.lower(model), *(variant.lowered for variant in FAMILY.variants(model, data))):
        if columns:
            program = program_of(data, lowered)
            predicted = evaluate(program, columns)
            assert np.isfinite(predicted).all()
            pack(simplify(program))
    if name == "only missing tells":
        assert np.mean(evaluate(program_of(data, FAMILY.lower(model)), columns).argmax(axis=1) == data.y) == 1


def test_a_logarithmic_target_must_not_be_negative():
    data = table("regression")
    with pytest.raises(Declined, match="never negative"):
        FAMILY.fit(parameters_of(data, logarithmic=True), data)


@pytest.mark.parametrize("task", ["binary", "classes", "regression"])
def test_the_portfolio_lies_in_the_space(task):
    data = table(task)
    space = FAMILY.space(profile_of(data))
    assert len(space.portfolio) >= 4
    for setting in space.portfolio:
        budget = FAMILY.size_budget(setting, profile_of(data))
        assert budget.at_least_bytes < 50 < budget.at_most_bytes


@pytest.mark.parametrize("task", ["binary", "classes", "regression"])
def test_the_strongest_setting_is_lightgbm_with_its_defaults(task):
    data = table(task, rows=400, missing=0.1)
    make = lightgbm.LGBMRegressor if task == "regression" else lightgbm.LGBMClassifier
    model = make(n_jobs=1, verbosity=-1, deterministic=True, force_row_wise=True)
    expected = model.fit(data.X, data.y).booster_.predict(data.X, raw_score=True).reshape(len(data.X), -1)
    lowered = FAMILY.lower(FAMILY.fit(FAMILY.strongest(profile_of(data)), data))
    own = raw_scores(data, lowered, data.X)
    np.testing.assert_allclose(own, expected, atol=1e-5, rtol=1e-5)


def test_keys_agree_between_trainings_on_other_rows():
    data = table("binary", rows=400)
    keys = []
    for part in (slice(0, 300), slice(100, 400), slice(0, 400)):
        rows = replace(data, X=data.X[part], y=data.y[part])
        model = FAMILY.fit(parameters_of(data, "additive", rounds=40, leaves=2), rows)
        keys.append([variant.key for variant in FAMILY.variants(model, rows)])
    shared = set(keys[0]) & set(keys[1]) & set(keys[2])
    assert len(shared) >= 0.6 * max(map(len, keys))
