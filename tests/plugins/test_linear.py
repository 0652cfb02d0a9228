from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from automicro.plugin import ColumnProfile, Declined, Feature, Profile, TrainingData
from automicro.program import Numeric, Program, Weights, body_scores, evaluate, pack, unpack
from automicro_linear.design import STEP
from automicro_linear.family import Linear
from automicro_linear.lower import RawModel, body
from automicro_linear.recipes import exact
from automicro_linear.space import BANDS

FAMILY = Linear()
RIDGE = {"order": "forward", "ridge": 3e-3}
FEW = {"terms": "few", "cuts": 0, **RIDGE}
FORMS = {"slopes": {"cuts": 0}, "steps": {"cuts": 3, "slopes": False}, "both": {"cuts": 3, "slopes": True}}
EVERY_KIND = [
    pytest.param(task, {**FEW, **form, **extra}, id=f"{task}-{name}-{extra.get('link', '')}")
    for task, extra in [
        ("binary", {}),
        ("classes", {}),
        ("regression", {"link": "identity"}),
        ("regression", {"link": "exp"}),
    ]
    for name, form in FORMS.items()
]


def table(task: str, rows: int = 150, columns: int = 5, *, seed: int = 0, **more: object) -> TrainingData:
    """Rows with numbers of very different size, one binary column, and a target that three columns decide."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, columns)) * 10.0 ** np.arange(-2, columns - 2) + np.arange(columns)
    X[:, 1] = rng.random(rows) < 0.4
    score = (X[:, 0] - X[:, 0].mean()) / X[:, 0].std() + 2 * X[:, 1] + rng.normal(size=rows) * 0.5
    if task == "regression":
        y: np.ndarray = np.exp(score) * 7
    elif task == "binary":
        y = (score > 1).astype(np.int64)
    else:
        y = np.digitize(score, [0.0, 1.5])
    features = tuple(Feature(j, f"x{j}", "numeric") for j in range(columns))
    known = {"metric": "r2" if task == "regression" else "accuracy", "weights": None, **more}
    classes = {"regression": 0, "binary": 2, "classes": 3}[task]
    kind = "regression" if task == "regression" else "classification"
    return TrainingData(X.astype(np.float32), y, kind, classes, features, **known)  # type: ignore[arg-type]


def profile_of(data: TrainingData) -> Profile:
    columns = tuple(ColumnProfile(f.name, "numeric", 0, 9) for f in data.features)
    return Profile(len(data.X), columns, data.task, data.classes, features_at_most=data.X.shape[1])


def program_of(data: TrainingData, lowered: object) -> Program:
    labels = None if data.task == "regression" else tuple(range(data.classes))
    decoders = tuple(Numeric(j, 0.0) for j in range(data.X.shape[1]))
    return Program(data.X.shape[1], decoders, lowered.body, lowered.link, labels)  # type: ignore[attr-defined]


def by_hand(model: RawModel, X: np.ndarray) -> np.ndarray:
    """Scores of a raw model from the definition of its basis."""
    total = np.tile(model.bias, (len(X), 1))
    for j, cut, kind, slopes in zip(
        model.basis.feature, model.basis.cut, model.basis.kind, model.slopes.T, strict=True
    ):
        x = X[:, j].astype(np.float64)
        slope = np.where(np.isnan(x), 0.0, x)
        term = [slope, slope, (X[:, j] > cut) * 1.0, np.isnan(x) * 1.0][kind]
        total += np.multiply.outer(term, slopes)
    return total


@pytest.mark.parametrize(("task", "parameters"), EVERY_KIND)
def test_lowered_model_predicts_what_was_fitted(task, parameters):
    data = table(task)
    path = FAMILY.fit(parameters, data)
    fitted = path.fits[-1]
    design = path.scorer.problem.design
    standard = design.Z.astype(np.float64) @ fitted.coefficients(len(design.basis)).T + fitted.bias
    expected = standard * path.scorer.target.unit + path.scorer.target.offset
    scores = body_scores(FAMILY.lower(path).body, data.X)
    assert np.allclose(scores, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize(("task", "parameters"), EVERY_KIND)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_programs_equal_their_raw_models_on_any_rows(task, parameters, data):
    training = table(task)
    steps_only = not parameters.get("slopes", True)
    training.X[3, 2] = np.nan if steps_only else 0.0
    path = FAMILY.fit(parameters, training)
    raw = exact(path.scorer, path.fits[-1])
    numbers = st.floats(-1e6, 1e6, width=32)
    if steps_only:
        numbers = numbers | st.just(np.nan)
    if parameters["cuts"]:
        numbers = numbers | st.sampled_from(raw.basis.cut[raw.basis.kind == STEP].tolist())
    X = data.draw(hnp.arrays(np.float32, (7, 5), elements=numbers))
    expected = by_hand(raw, X)
    scores = body_scores(body(raw, 5), X)
    sizes = np.abs(raw.bias).max() + np.abs(raw.slopes) @ np.abs(np.nan_to_num(X[:, raw.basis.feature])).T
    assert np.allclose(scores, expected, rtol=1e-5, atol=1e-6 * max(1.0, float(sizes.max())))


@pytest.mark.parametrize(("task", "parameters"), EVERY_KIND)
def test_variants_carry_encodings_pack_and_hold_their_size_budget(task, parameters):
    data = table(task)
    budget = FAMILY.size_budget(parameters, profile_of(data))
    variants = list(FAMILY.variants(FAMILY.fit(parameters, data), data))
    assert len({v.key for v in variants}) == len(variants) <= 60
    assert variants[-1].key == "full"
    for variant in variants:
        program = program_of(data, variant.lowered)
        payload = pack(program)
        assert np.array_equal(evaluate(unpack(payload), list(data.X.T)), evaluate(program, list(data.X.T)))
        fills = 40 + 6 * data.X.shape[1]  # what the preparation takes
        assert budget.at_least_bytes <= len(payload) <= budget.at_most_bytes + fills
        for block in blocks(variant.lowered.body):
            assert variant.key == "full" or block.encoding is not None or not block.values.any()


def blocks(node: object) -> list[Weights]:
    parts = getattr(node, "nodes", None)
    if parts is not None:
        return [block for part in parts for block in blocks(part)]
    names = ("weights", "bias") if hasattr(node, "weights") else ("values", "bias")
    return [getattr(node, name) for name in names]


@pytest.mark.parametrize(("task", "parameters"), EVERY_KIND)
def test_training_is_deterministic_and_pickles(task, parameters):
    data = table(task)
    first = list(FAMILY.variants(FAMILY.fit(parameters, data), data))
    again = list(FAMILY.variants(pickle.loads(pickle.dumps(FAMILY.fit(parameters, data))), data))
    assert [v.key for v in first] == [v.key for v in again]
    assert [v.lowered for v in first] == [v.lowered for v in again]


@pytest.mark.parametrize("order", ["forward", "backward", "elastic"])
@pytest.mark.parametrize("task", ["binary", "classes", "regression"])
def test_orders_find_the_columns_that_matter(order, task):
    data = table(task, rows=400, columns=12)
    path = FAMILY.fit({**FEW, "order": order}, data)
    used = set((path.fits[3].terms % 12).tolist())
    assert {0, 1} <= used
    assert [len(fit.terms) for fit in path.fits[:5]] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("task", ["binary", "classes", "regression"])
def test_rounded_models_stay_close(task, form):
    data = table(task, rows=300)
    path = FAMILY.fit({**FEW, **FORMS[form]}, data)
    key = f"k={path.names[-1]},{'bits=4' if form == 'slopes' else 'points=8'}"
    finest = next(v for v in FAMILY.variants(path, data) if v.key == key)
    labels = [evaluate(program_of(data, low), list(data.X.T)) for low in (finest.lowered, FAMILY.lower(path))]
    if task == "regression":
        assert np.corrcoef(*labels)[0, 1] > 0.97
    else:
        assert (labels[0].argmax(axis=1) == labels[1].argmax(axis=1)).mean() > 0.93


@pytest.mark.parametrize("form", ["slopes", "both"])
@pytest.mark.parametrize("task", ["binary", "classes", "regression"])
def test_rounding_bears_features_of_any_size(task, form):
    data = table(task, rows=300)
    wide = data.X.astype(np.float64) * np.array([1e-12, 1.0, 1.0, 1.0, 1.0]) + np.array([0, 0, 0, 0, 1e6])
    wide[:, 1] *= 1e15
    data.X[:] = wide
    path = FAMILY.fit({**FEW, **FORMS[form]}, data)
    exactly = evaluate(program_of(data, FAMILY.lower(path)), list(data.X.T))
    best = 0.0
    for variant in FAMILY.variants(path, data):
        if f"k={path.names[-1]}," in variant.key:
            rounded = evaluate(program_of(data, variant.lowered), list(data.X.T))
            best = max(
                best,
                float(
                    np.corrcoef(rounded.reshape(len(data.X), -1)[:, 0], exactly.reshape(len(data.X), -1)[:, 0])[0, 1]
                ),
            )
    assert best > 0.97


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("task", ["binary", "classes", "regression"])
def test_constant_features_are_never_used(task, form):
    data = table(task)
    data.X[:, 2] = 3.25
    path = FAMILY.fit({**FEW, **FORMS[form]}, data)
    basis = path.scorer.problem.design.basis
    assert all(2 not in basis.feature[fit.terms % len(basis)] for fit in path.fits)
    assert np.isfinite(body_scores(FAMILY.lower(path).body, data.X)).all()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("task", ["binary", "classes", "regression"])
def test_only_constant_features_give_the_constant_model(task, form):
    data = table(task, max_columns=2)
    data.X[:] = 1.0
    for terms in ("few", "all"):
        path = FAMILY.fit({**FEW, **FORMS[form], "terms": terms}, data)
        for variant in FAMILY.variants(path, data):
            prediction = evaluate(program_of(data, variant.lowered), list(data.X.T))
            expected = data.y.mean() if task == "regression" else np.bincount(data.y) / len(data.y)
            assert np.allclose(prediction[0], expected, rtol=0.1, atol=0.07)


@pytest.mark.parametrize("order", ["forward", "backward", "elastic"])
@pytest.mark.parametrize("task", ["binary", "classes", "regression"])
def test_more_columns_than_rows(task, order):
    data = table(task, rows=40, columns=6)
    wide = np.random.default_rng(1).normal(size=(40, 90)).astype(np.float32)
    X = np.concatenate([data.X, wide], axis=1)
    features = tuple(Feature(j, f"x{j}", "numeric") for j in range(96))
    data = TrainingData(X, data.y, data.task, data.classes, features, data.metric)
    path = FAMILY.fit({**FEW, "order": order}, data)
    assert np.isfinite(body_scores(FAMILY.lower(path).body, X)).all()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("task", ["binary", "classes", "regression"])
def test_weights_count_rows(task, form):
    data = table(task, rows=80)
    counts = np.random.default_rng(2).integers(1, 4, 80)
    X, y = np.repeat(data.X, counts, axis=0), np.repeat(data.y, counts)
    weighted = TrainingData(data.X, data.y, data.task, data.classes, data.features, data.metric, weights=counts * 0.5)
    repeated = TrainingData(X, y, data.task, data.classes, data.features, data.metric)
    parameters = {**FEW, **FORMS[form]}
    if form != "slopes":  # quantiles of the repeated rows differ; the values that a column takes do not
        data.X[:] = np.round(data.X / data.X.std(axis=0))
        np.clip(data.X, -1, 1, out=data.X)
        repeated.X[:] = np.repeat(data.X, counts, axis=0)
    one, other = (FAMILY.fit(parameters, d).fits[1] for d in (weighted, repeated))
    assert np.array_equal(one.terms, other.terms)
    assert np.allclose(one.values, other.values, rtol=1e-3, atol=1e-4)


def test_zero_weights_take_rows_out():
    data = table("binary", rows=200)
    weights = np.ones(200)
    weights[100:] = 0
    spoilt = TrainingData(
        data.X,
        np.where(weights > 0, data.y, 1 - data.y),
        "classification",
        2,
        data.features,
        "roc_auc",
        weights=weights,
    )
    half = TrainingData(data.X[:100], data.y[:100], "classification", 2, data.features, "roc_auc")
    scores = [body_scores(FAMILY.lower(FAMILY.fit(FEW, d)).body, data.X) for d in (spoilt, half)]
    assert np.corrcoef(scores[0][:, 0], scores[1][:, 0])[0, 1] > 0.99


@pytest.mark.parametrize("most", [1, 2])
@pytest.mark.parametrize("form", FORMS)
def test_max_columns_is_kept(most, form):
    data = table("classes", rows=300, max_columns=most)
    for variant in FAMILY.variants(FAMILY.fit({**FEW, **FORMS[form]}, data), data):
        scores = body_scores(variant.lowered.body, data.X)
        read = 0
        for j in range(5):
            changed = data.X.copy()
            changed[:, j] = np.roll(changed[:, j], 7)
            read += int(not np.array_equal(body_scores(variant.lowered.body, changed), scores))
        assert read <= most


def test_levels_of_one_column_count_as_one_column():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, 300)
    X = np.column_stack([codes == 0, codes == 1, codes == 2, rng.normal(size=300)]).astype(np.float32)
    y = np.array([3.0, -2.0, 1.0, 0.0])[codes] + 0.3 * X[:, 3]
    features = (*(Feature(0, f"c={v}", "level", str(v)) for v in range(3)), Feature(1, "x", "numeric"))
    data = TrainingData(X, y, "regression", 0, features, "r2", max_columns=1)
    fit = FAMILY.fit(FEW, data).fits[-1]
    assert fit.terms.tolist() == [0, 1, 2]


def test_missing_values_have_points_of_their_own():
    data = table("binary", rows=400)
    gone = np.random.default_rng(3).random(400) < 0.3
    data.X[gone, 2] = np.nan
    data.y[gone] = 1
    path = FAMILY.fit({**FEW, **FORMS["steps"]}, data)
    rows = np.zeros((2, 5), dtype=np.float32)
    rows[1, 2] = np.nan
    low, high = body_scores(FAMILY.lower(path).body, rows)[:, 0]
    assert high > low + 1


@pytest.mark.parametrize("metric", ["f1", "f1_macro", "matthews_corrcoef", "balanced_accuracy"])
def test_label_metrics_gain_from_their_threshold(metric):
    from sklearn import metrics

    rng = np.random.default_rng(0)
    X = rng.normal(size=(1500, 3)).astype(np.float32)
    y = (X[:, 0] + rng.normal(size=1500) > 2.2).astype(np.int64)
    features = tuple(Feature(j, f"x{j}", "numeric") for j in range(3))
    score = getattr(
        metrics, {"f1_macro": "f1_score", "f1": "f1_score"}.get(metric, f"{metric}_score".replace("coef_score", "coef"))
    )
    options = {"average": "macro"} if metric == "f1_macro" else {}
    values = []
    for aim in (metric, "log_loss"):
        data = TrainingData(X, y, "classification", 2, features, aim)
        program = program_of(data, FAMILY.lower(FAMILY.fit(FEW, data)))
        values.append(score(y, evaluate(program, list(X.T)).argmax(axis=1), **options))
    assert values[0] > values[1] + 0.02


@pytest.mark.parametrize("sign", ["", "neg_"])
def test_absolute_errors_are_fitted_by_medians(sign):
    data = table("regression", rows=500, metric=f"{sign}mean_absolute_error")
    squared = table("regression", rows=500)
    errors = []
    for d in (data, squared):
        program = program_of(d, FAMILY.lower(FAMILY.fit({**FEW, "link": "identity"}, d)))
        errors.append(np.abs(evaluate(program, list(d.X.T)) - d.y).mean())
    assert errors[0] < 0.97 * errors[1]


def test_exp_link_declines_negative_targets():
    data = table("regression")
    data.y[0] = -1.0
    with pytest.raises(Declined, match="never negative"):
        FAMILY.fit({**FEW, "link": "exp"}, data)


@pytest.mark.parametrize("task", ["binary", "classes", "regression"])
def test_every_setting_of_the_portfolio_trains_without_warnings(task):
    data = table(task, rows=60, columns=6)
    space = FAMILY.space(profile_of(data))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for parameters in (*space.portfolio, {**space.portfolio[0], "order": "elastic", **FORMS["both"], "cuts": 15}):
            space.check(parameters)
            assert FAMILY.needs(parameters).missing == ("fill" if parameters.get("slopes", True) else "keep")
            assert len(list(FAMILY.variants(FAMILY.fit(parameters, data), data))) > 1


def test_strongest_is_a_well_tuned_ridge():
    from sklearn.linear_model import RidgeCV

    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 30)).astype(np.float32)
    y = X @ rng.normal(size=30) + rng.normal(size=120) * 4
    new = rng.normal(size=(2000, 30)).astype(np.float32)
    features = tuple(Feature(j, f"x{j}", "numeric") for j in range(30))
    data = TrainingData(X, y, "regression", 0, features, "r2")
    ours = body_scores(FAMILY.lower(FAMILY.fit(FAMILY.strongest(profile_of(data)), data)).body, new)[:, 0]
    theirs = RidgeCV(np.logspace(-2, 3, 20)).fit(X, y).predict(new)
    assert np.abs(ours - theirs).mean() < 0.15 * y.std()


def test_bands_leave_room_for_every_rounding():
    assert all(len(ladder) * 4 + 1 <= 60 for ladder in BANDS.values())
    assert all(list(ladder) == sorted(set(ladder)) for ladder in BANDS.values())


def test_classes_that_no_row_has_do_no_harm():
    data = table("classes")
    data.y[data.y == 2] = 1
    for form in FORMS.values():
        path = FAMILY.fit({**FEW, **form}, data)
        prediction = evaluate(program_of(data, FAMILY.lower(path)), list(data.X.T))
        assert prediction[:, 2].max() < 0.1


def test_a_teacher_is_followed():
    data = table("binary", rows=300)
    soft = 1 / (1 + np.exp(-3 * data.X[:, 1] + 1))
    taught = TrainingData(
        data.X, data.y, "classification", 2, data.features, "log_loss", soft_targets=np.column_stack([1 - soft, soft])
    )
    path = FAMILY.fit({**FEW, "ridge": 1e-4}, taught)
    prediction = evaluate(program_of(data, FAMILY.lower(path)), list(data.X.T))
    assert np.allclose(prediction[:, 1], soft, atol=0.02)
