"""The attention family: programs against the networks that were trained, budgets, determinism, odd data."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from automicro.plugin import ColumnProfile, Declined, Feature, Profile, Start, TrainingData
from automicro.program import (
    PRECISIONS,
    Evaluator,
    Numeric,
    Program,
    body_scores,
    evaluate,
    pack,
    quantise,
    simplify,
    size_by_part,
    unpack,
)
from automicro_attention.family import AttentionModel

torch = pytest.importorskip("torch", reason="the family attention trains with torch")
training = pytest.importorskip("automicro_attention.train")
forward = pytest.importorskip("automicro_attention.network").forward

FAMILY = AttentionModel()
PLAIN = {
    "patch": 1, "width": 3, "heads": 2, "activation": "none", "asks": False, "kept": 1.0, "rounding": "coarse",
}  # fmt: skip
SETTINGS = {
    "plain": PLAIN,
    "asking": PLAIN | {"asks": True, "activation": "relu", "rounding": "fine"},
    "shared": PLAIN | {"patch": 2, "shared": True, "activation": "tanh"},
    "ragged": PLAIN | {"patch": 4, "shared": True},
    "few": PLAIN | {"kept": 0.5},
    "few of unequal size": PLAIN | {"kept": 0.5, "patch": 5},
}
TASKS = ("binary", "classes", "regression")


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Train for a few steps."""
    monkeypatch.setattr(training, "FEWEST", 100)
    monkeypatch.setattr(training, "MOST", 100)


def table(task, rows=300, *, missing=0.1, seed=0, **more):
    """Rows with numbers of very different size and place, and a target that three columns decide."""
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(rows, 6)) * 10.0 ** np.arange(-2, 4) + np.array([0, 1, 5, 0, 2000, 0])
    score = X[:, 0] / 1e-2 + (X[:, 2] - 5) + 0.3 * draw.normal(size=rows)
    X[draw.random(X.shape) < missing] = np.nan
    y = {"binary": score > 0.5, "classes": np.digitize(score, [-1.0, 1.0]), "regression": 40 + 7 * score}[task]
    is_number = task == "regression"
    features = tuple(Feature(j, f"x{j}", "numeric") for j in range(6))
    known = {"metric": "r2" if is_number else "roc_auc_ovr", "seed": seed, **more}
    return TrainingData(
        X=X.astype(np.float32),
        y=y.astype(np.float64 if is_number else np.int64),
        task="regression" if is_number else "classification",
        classes={"binary": 2, "classes": 3, "regression": 0}[task],
        features=features,
        **known,
    )


@cache
def trained(task, setting):
    return FAMILY.fit(SETTINGS[setting], table(task))


def profile_of(data):
    columns = tuple(ColumnProfile(f.name, "numeric", 3, 90) for f in data.features)
    return Profile(len(data.X), columns, data.task, data.classes, features_at_most=data.X.shape[1])


def program_of(data, lowered):
    decoders = tuple(Numeric(j) for j in range(data.X.shape[1]))
    labels = tuple(range(data.classes)) if data.classes else None
    return Program(data.X.shape[1], decoders, lowered.body, lowered.link, labels)


def odd_rows(data):
    """Drawn rows, some with missing values, far outliers, or nothing at all."""
    X = np.tile(data.X, (2, 1))[:400].copy()
    X[50:100, 1] *= 1e6
    X[100, :] = np.nan
    X[101, :] = 0
    return X


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("task", TASKS)
def test_programs_are_the_networks_that_were_trained(task, setting):
    data = table(task)
    model = trained(task, setting)
    X = odd_rows(data)
    variants = list(FAMILY.variants(model, data))
    assert [v.key for v in variants] == ["full", *(f"bits={stage.bits}" for stage in model.stages[1:])]
    for variant, stage in zip(variants, model.stages, strict=True):
        weights = {name: torch.from_numpy(block) for name, block in stage.blocks.items()}
        rows = training.rows_of(X, model.layout)
        exact = training.Rows(rows.X.double(), rows.there)
        expected = forward(weights, exact, model.activation).numpy() * model.target.unit + model.target.offset
        found = body_scores(variant.lowered.body, X)
        assert np.isfinite(found).all()
        scale = np.abs(expected).max(axis=0) + 1
        assert np.abs(found - expected).max() <= 2e-5 * scale.max() + model.target.unit * (0.2 if stage.bits else 0)
        apart = found - expected  # the offset of a number is rounded once, for all rows alike
        assert np.ptp(apart, axis=0) == pytest.approx(0, abs=2e-4 * scale.max())


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("task", TASKS)
def test_packing_changes_nothing_and_budgets_hold(task, setting):
    data = table(task)
    budget = FAMILY.size_budget(SETTINGS[setting], profile_of(data))
    rows = odd_rows(data).astype(np.float64)
    for variant in FAMILY.variants(trained(task, setting), data):
        for program in (program_of(data, variant.lowered), quantise(program_of(data, variant.lowered), PRECISIONS[4])):
            canonical = simplify(program)
            again = unpack(pack(canonical))
            found = Evaluator(again)(rows)
            assert found.tobytes() == Evaluator(canonical)(rows).tobytes()
            one = np.concatenate([Evaluator(again)(rows[i : i + 1]) for i in range(90, 110)])
            assert one.tobytes() == found[90:110].tobytes()
            parts = size_by_part(canonical)
            assert budget.at_least_bytes <= parts["body"] + parts["labels"] <= budget.at_most_bytes


@pytest.mark.parametrize("task", TASKS)
def test_something_is_learnt_and_survives_rounding(task):
    data = table(task, missing=0.0)
    model = FAMILY.fit(PLAIN, data)
    scores = {}
    for variant in FAMILY.variants(model, data):
        found = evaluate(program_of(data, variant.lowered), list(data.X.T))
        scores[variant.key] = (
            1 - np.var(found - data.y) / np.var(data.y) if task == "regression" else (found.argmax(1) == data.y).mean()
        )
    assert scores["full"] > 0.65
    assert scores["bits=4"] > scores["full"] - 0.08


def test_the_same_seed_gives_the_same_bytes():
    data = table("classes")
    torch.manual_seed(1)
    state = torch.random.get_rng_state()
    made = [pack(program_of(data, v.lowered)) for v in FAMILY.variants(FAMILY.fit(PLAIN, data), data)]
    assert torch.equal(state, torch.random.get_rng_state())
    torch.manual_seed(2)
    again = [pack(program_of(data, v.lowered)) for v in FAMILY.variants(FAMILY.fit(PLAIN, data), data)]
    other = [pack(program_of(data, v.lowered)) for v in FAMILY.variants(FAMILY.fit(PLAIN, replace(data, seed=5)), data)]
    assert made == again != other


def test_rounded_weights_are_small():
    data = table("binary")
    sizes = [
        size_by_part(program_of(data, v.lowered))["body"] for v in FAMILY.variants(trained("binary", "plain"), data)
    ]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < sizes[0] / 4


@pytest.mark.parametrize("most", [1, 2, 4])
@pytest.mark.parametrize("setting", ["plain", "shared"])
def test_columns_are_kept_within_what_is_allowed(setting, most):
    data = table("binary", max_columns=most)
    model = FAMILY.fit(SETTINGS[setting], data)
    for variant in FAMILY.variants(model, data):
        program = simplify(program_of(data, variant.lowered))
        assert len({decoder.column for decoder in program.decoders}) <= most


def test_the_tokens_that_matter_are_kept():
    data = table("regression", missing=0.0)
    model = FAMILY.fit(PLAIN | {"kept": 0.34}, data)
    assert model.layout.tokens == ((0,), (2,))


def test_levels_of_one_column_are_one_token():
    data = table("binary", missing=0.0)
    X = np.column_stack([data.X[:, :2], data.X[:, 0] > 0, data.X[:, 0] <= 0]).astype(np.float32)
    kinds = ((0, "numeric"), (1, "numeric"), (2, "level"), (2, "level"))
    features = tuple(Feature(c, f"x{c}", kind) for c, kind in kinds)
    model = FAMILY.fit(PLAIN, replace(data, X=X, features=features))
    assert model.layout.tokens == ((0,), (1,), (2, 3))
    assert np.isfinite(body_scores(FAMILY.lower(model).body, X)).all()


def test_weights_and_teachers_are_followed():
    data = table("binary", missing=0.0)
    flipped = replace(data, y=1 - data.y)
    heavy = TrainingData(
        np.concatenate([data.X, data.X]),
        np.concatenate([data.y, flipped.y]),
        "classification",
        2,
        data.features,
        "accuracy",
        weights=np.repeat([1.0, 0.0], len(data.y)),
    )
    taught = replace(flipped, soft_targets=np.eye(2)[data.y])
    for told in (heavy, taught):
        found = evaluate(program_of(data, FAMILY.lower(FAMILY.fit(PLAIN, told))), list(data.X.T))
        assert (found.argmax(1) == data.y).mean() > 0.75


@pytest.mark.parametrize("spoil", ["constant", "empty", "huge", "one row more than nothing"])
def test_odd_columns_do_no_harm(spoil):
    data = table("regression")
    if spoil == "constant":
        data.X[:] = 3.0
    elif spoil == "empty":
        data.X[:, 3] = np.nan
    elif spoil == "huge":
        data.X[:, 3] = 3e38 * np.sign(data.X[:, 3])
    else:
        data.X[1:] = np.nan
    for variant in FAMILY.variants(FAMILY.fit(PLAIN, data), data):
        assert np.isfinite(body_scores(variant.lowered.body, odd_rows(data))).all()


def test_the_portfolio_lies_in_the_space():
    data = table("classes")
    for columns in (6, 64):
        profile = replace(profile_of(data), columns=profile_of(data).columns[:1] * columns, features_at_most=columns)
        for setting in FAMILY.space(profile).portfolio:
            budget = FAMILY.size_budget(setting, profile)
            assert budget.at_least_bytes <= budget.usual_bytes <= budget.at_most_bytes
    with pytest.raises(Declined, match="at least 20 rows"):
        FAMILY.space(replace(profile_of(data), rows=19))


def test_prediction_imports_no_torch(tmp_path):
    data = table("binary")
    path = tmp_path / "model.micro"
    path.write_bytes(pack(program_of(data, FAMILY.lower(trained("binary", "plain")))))
    code = (
        f"import sys, automicro\nmodel = automicro.load({str(path)!r})\n"
        "print(model.predict([[0.1, 1, 2, None, 3, 4]]), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("False\n")


def windows(rows=200):
    """Two channels over four windows, summarised by their means: what rises over time belongs to class 1."""
    draw = np.random.default_rng(1)
    y = draw.integers(0, 2, rows)
    X = draw.normal(size=(rows, 8)) + np.tile(np.arange(4), 2) * (2 * y[:, None] - 1)
    features = tuple(
        Feature(c, f"mean of c{c}, quarter {w + 1}", "summary", f"{w} of 4") for c in (0, 1) for w in range(4)
    )
    return TrainingData(X.astype(np.float32), y, "classification", 2, features, "accuracy")


def test_windows_of_series_are_tokens_of_all_channels():
    data = windows()
    model = FAMILY.fit(PLAIN | {"shared": True}, data)
    assert model.layout.tokens == ((0, 4), (1, 5), (2, 6), (3, 7))
    assert model.layout.shared
    found = evaluate(program_of(data, FAMILY.lower(model)), list(data.X.T))
    assert (found.argmax(1) == data.y).mean() > 0.9


def test_words_are_tokens_that_may_be_absent():
    draw = np.random.default_rng(2)
    X = (draw.random((300, 30)) < 0.15) * draw.choice([0.25, 0.5], (300, 1))
    y = (X[:, :3].sum(axis=1) > X[:, 3:6].sum(axis=1)).astype(np.int64)
    features = tuple(Feature(0, f"text in bucket {j}", "gram") for j in range(30))
    data = TrainingData(X.astype(np.float32), y, "classification", 2, features, "roc_auc")
    model = FAMILY.fit({"width": 2, "heads": 1, "kept": 0.5, "rounding": "coarse"}, data)
    assert model.layout.sparse
    assert len(model.layout.tokens) == 15
    for variant in FAMILY.variants(model, data):
        found = evaluate(program_of(data, variant.lowered), list(data.X.T))
        assert (found.argmax(1) == data.y).mean() > (0.75 if variant.key != "bits=2" else 0.6)
        assert np.isfinite(body_scores(variant.lowered.body, np.zeros((1, 30)))).all()


@pytest.mark.parametrize(("kind", "columns"), [("text", "category"), ("series", "numeric")])
def test_other_kinds_have_spaces_of_their_own(kind, columns):
    profile = Profile(100, (ColumnProfile("x", columns, 0, 90),), "classification", 2, features_at_most=500, kind=kind)
    for setting in FAMILY.space(profile).portfolio:
        budget = FAMILY.size_budget(setting, profile)
        assert budget.at_least_bytes <= budget.usual_bytes <= budget.at_most_bytes


def test_training_begins_from_given_arrays_where_they_fit():
    data = table("classes")
    before = FAMILY.fit(PLAIN, data)
    names = ("queries", "outer", "positions")
    arrays = {name: before.stages[0].blocks[name] for name in names} | {"bias": np.zeros(7), "other": np.zeros(3)}
    after = FAMILY.fit(PLAIN, replace(data, start=Start(arrays=arrays)))
    assert FAMILY.reused(before) == ""
    assert FAMILY.reused(after) == "outer 3 x 6, positions 6 x 3, queries 2 x 3"
    assert not np.array_equal(after.stages[0].blocks["outer"], before.stages[0].blocks["outer"])
