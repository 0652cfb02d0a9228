"""The family cluster: programs against trained prototypes, budgets, roundings, and what it finds on simple data."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from automicro.plugin import ColumnProfile, Declined, Feature, Profile, TrainingData
from automicro.program import Affine, Distances, Numeric, Program, evaluate, pack, scores, simplify, unpack
from automicro_cluster.prototypes.family import Cluster
from automicro_cluster.prototypes.maps import Parameters, Rounding
from automicro_cluster.prototypes.refining import class_scores, kernel_values
from automicro_cluster.prototypes.seeding import k_means
from automicro_cluster.prototypes.train import Setting, train

FAMILY = Cluster()
NEAREST = {"kind": "nearest", "prototypes": 2, "noise": 0.2, "shrink": 1e-3, "medoids": False}
PROJECTED = {"kind": "projected", "prototypes": 2, "noise": 0.15, "shrink": 1e-5, "dimensions": 2}
SPARSE = {**PROJECTED, "density": 0.5, "mantissa": 0}
DENSE = {**PROJECTED, "density": 1.0, "mantissa": 2}
KERNELS = {"kind": "kernels", "prototypes": 6, "noise": 0.05, "shrink": 1e-4}
EVERY_KIND = [
    pytest.param(NEAREST, 3, id="nearest"),
    pytest.param({**NEAREST, "prototypes": 1}, 3, id="centroids"),
    pytest.param({**NEAREST, "prototypes": 1}, 2, id="two-centroids"),
    pytest.param({**NEAREST, "medoids": True}, 2, id="medoids"),
    pytest.param(DENSE, 3, id="projected"),
    pytest.param(SPARSE, 2, id="sparse"),
    pytest.param(KERNELS, 0, id="kernels"),
]


def table(classes: int, rows: int = 300, *, seed: int = 0, **more: object) -> TrainingData:
    """Rings around points, in columns of very different unit, with two columns that tell nothing."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, max(classes, 2), rows)
    plain = np.stack([np.cos(2.1 * y), np.sin(2.1 * y)], axis=1) + 0.3 * rng.normal(size=(rows, 2))
    X = np.column_stack(
        [plain[:, 0] * 1000 + 5000, plain[:, 1] * 0.01, rng.normal(size=rows), np.ones(rows), rng.random(rows)]
    )
    target = plain[:, 0] * plain[:, 1] * 30 + 100 + rng.normal(size=rows) if classes == 0 else y
    features = tuple(Feature(j, f"x{j}", "numeric") for j in range(5))
    known = {"metric": "r2" if classes == 0 else "accuracy", **more}
    task = "regression" if classes == 0 else "classification"
    return TrainingData(X.astype(np.float32), target, task, classes, features, **known)  # type: ignore[arg-type]


def program_of(data: TrainingData, lowered: object) -> Program:
    labels = None if data.task == "regression" else tuple(range(data.classes))
    decoders = tuple(Numeric(j, 0.0) for j in range(data.X.shape[1]))
    return Program(data.X.shape[1], decoders, lowered.body, lowered.link, labels)  # type: ignore[attr-defined]


def profile_of(data: TrainingData) -> Profile:
    columns = tuple(ColumnProfile(f.name, "numeric", 0, 9) for f in data.features)
    return Profile(len(data.X), columns, data.task, data.classes, features_at_most=data.X.shape[1])


def trained_scores(stage: object, data: TrainingData) -> np.ndarray:
    """What training computes of rows, in its own arithmetic."""
    rows = stage.rows  # type: ignore[attr-defined]
    Z = (data.X[:, rows.used] / rows.scale - rows.centre).astype(np.float32)
    if data.classes == 0:
        return (kernel_values(stage.parameters, Z) * rows.unit + rows.offset)[:, None]  # type: ignore[attr-defined]
    return class_scores(stage.parameters, Z, data.classes)[0]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("parameters", "classes"), EVERY_KIND)
def test_programs_compute_what_was_trained_and_pack_within_the_budget(parameters, classes):
    data = table(classes)
    model = pickle.loads(pickle.dumps(FAMILY.fit(parameters, data)))
    budget = FAMILY.size_budget(parameters, profile_of(data))
    variants = list(FAMILY.variants(model, data))
    assert len({variant.key for variant in variants}) == len(variants) == len(model.stages)
    columns = list(data.X.T)
    for stage, variant in zip(model.stages, variants, strict=True):
        program = program_of(data, variant.lowered)
        expected, got = trained_scores(stage, data), scores(program, columns)
        if variant.lowered.link == "sigmoid":
            expected = expected[:, 1:] - expected[:, :1]
        elif variant.lowered.link == "softmax":
            expected, got = expected - expected[:, :1], got - got[:, :1]
        assert np.allclose(got, expected, rtol=2e-3, atol=2e-3 * np.abs(expected).max())
        for form in (program, simplify(program)):
            data_of = pack(form)
            assert len(data_of) <= budget.at_most_bytes + 60
            assert evaluate(unpack(data_of), columns).tobytes() == evaluate(form, columns).tobytes()


@pytest.mark.parametrize(("parameters", "classes"), EVERY_KIND)
def test_the_same_seed_gives_the_same_bytes(parameters, classes):
    data = table(classes, 120)
    packed = [
        [pack(simplify(program_of(data, v.lowered))) for v in FAMILY.variants(FAMILY.fit(parameters, data), data)]
        for _ in range(2)
    ]
    assert packed[0] == packed[1]


def test_prototypes_learn_what_columns_tell_and_drop_the_others():
    data = table(3)
    smallest = list(FAMILY.variants(FAMILY.fit({**NEAREST, "prototypes": 1}, data), data))
    kept = {}
    for variant in smallest:
        program = simplify(program_of(data, variant.lowered))
        accuracy = (evaluate(program, list(data.X.T)).argmax(axis=1) == data.y).mean()
        kept[variant.key] = (accuracy, tuple(decoder.column for decoder in program.decoders), len(pack(program)))
    assert kept["columns=1.0"][0] > 0.95
    assert kept["columns=0.35,step=0.5"][0] > 0.95
    assert set(kept["columns=0.35,step=0.5"][1]) == {0, 1}
    assert kept["columns=0.35,step=0.5"][2] < 35


def test_several_prototypes_a_class_tell_what_one_cannot():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, size=(400, 2)).astype(np.float32)
    y = ((X[:, 0] > 0) ^ (X[:, 1] > 0)).astype(np.int64)
    data = TrainingData(X, y, "classification", 2, (Feature(0, "a", "numeric"), Feature(1, "b", "numeric")), "accuracy")
    found = {}
    for count in (1, 2):
        model = FAMILY.fit({**NEAREST, "prototypes": count, "noise": 0.1}, data)
        program = program_of(data, FAMILY.lower(model))
        found[count] = (evaluate(program, list(X.T)).argmax(axis=1) == y).mean()
    assert found[1] < 0.75
    assert found[2] > 0.9


def test_one_prototype_a_class_is_lowered_as_a_linear_map():
    for classes, link in ((2, "sigmoid"), (3, "softmax")):
        lowered = FAMILY.lower(FAMILY.fit({**NEAREST, "prototypes": 1}, table(classes)))
        assert isinstance(lowered.body, Affine)
        assert lowered.link == link


def test_medoids_are_rows_of_the_table():
    data = table(2)
    body = FAMILY.lower(FAMILY.fit({**NEAREST, "medoids": True}, data)).body
    points = body.nodes[0].points.values
    read = np.flatnonzero(body.nodes[0].relevances.values)
    for point in points:
        assert np.isclose(data.X[:, read], point[read], rtol=1e-4).all(axis=1).any()


def test_points_and_relevances_stand_on_their_grids():
    data = table(3)
    model = FAMILY.fit(NEAREST, data)
    stage = next(stage for stage in model.stages if stage.rounding is not None)
    relevances = np.log2(np.exp(stage.parameters.metric.astype(np.float64)))
    assert np.allclose(relevances, np.rint(relevances), atol=1e-5)
    steps = stage.rounding.steps(stage.parameters.metric)
    codes = (stage.parameters.points + stage.rows.centre) / steps
    assert np.allclose(codes, np.rint(codes), atol=1e-2)


def test_rounding_changes_nothing_that_is_rounded():
    rng = np.random.default_rng(1)
    centre = rng.normal(size=4)
    for metric in (np.log(rng.random(4)), rng.normal(size=(2, 4))):
        width = len(metric)
        given = Parameters(
            metric.astype(np.float32), rng.normal(size=(3, width)).astype(np.float32), np.ones(3, np.float32)
        )
        rounding = Rounding(0.5, centre)
        once = rounding.of(given)
        for a, b in zip(rounding.of(once).arrays, once.arrays, strict=True):
            assert np.allclose(a, b, atol=1e-5)


def test_weights_and_a_metric_that_treats_classes_alike_move_the_border():
    data = table(2, 400)
    one = (data.y == 1) | (np.arange(400) % 10 == 0)
    few = replace(data, X=data.X[one], y=data.y[one])
    shares = {}
    for name, given in (
        ("accuracy", few),
        ("balanced", replace(few, metric="balanced_accuracy")),
        ("weighted", replace(few, weights=np.where(few.y == 0, 10.0, 1.0))),
    ):
        lowered = FAMILY.lower(FAMILY.fit({**NEAREST, "prototypes": 1, "noise": 0.6}, given))
        predicted = evaluate(program_of(given, lowered), list(data.X.T))
        shares[name] = predicted[:, 0].mean()
    assert shares["balanced"] >= shares["accuracy"]
    assert shares["weighted"] >= shares["accuracy"]


def test_a_cap_on_columns_holds():
    for parameters in (NEAREST, DENSE):
        data = table(3, max_columns=2)
        for variant in FAMILY.variants(FAMILY.fit(parameters, data), data):
            program = simplify(program_of(data, variant.lowered))
            assert len({decoder.column for decoder in program.decoders}) <= 2


def test_a_projection_of_very_many_columns_reads_the_best_of_them(monkeypatch):
    data = table(3)
    monkeypatch.setattr("automicro_cluster.prototypes.train.MOST_PROJECTED", 2)
    program = simplify(program_of(data, FAMILY.lower(FAMILY.fit(DENSE, data))))
    assert {decoder.column for decoder in program.decoders} == {0, 1}


def test_kernels_follow_a_product_of_columns():
    data = table(0, 500)
    predicted = evaluate(
        program_of(data, FAMILY.lower(FAMILY.fit({**KERNELS, "prototypes": 12}, data))), list(data.X.T)
    )
    assert 1 - ((predicted - data.y) ** 2).mean() / np.var(data.y) > 0.9


def test_odd_data_are_served_or_declined():
    data = table(3)
    constant = replace(data, X=np.ones_like(data.X))
    with pytest.raises(Declined, match="varies"):
        FAMILY.fit(NEAREST, constant)
    lonely = replace(data, y=np.where(data.y == 2, 1, data.y))  # a fold without rows of a class
    for parameters in (NEAREST, DENSE):
        assert FAMILY.lower(FAMILY.fit(parameters, lonely)).link == "softmax"
    tiny = replace(data, X=data.X[:5], y=np.array([0, 1, 2, 0, 1]))
    assert FAMILY.lower(FAMILY.fit({**NEAREST, "prototypes": 4}, tiny)).link == "softmax"
    wild = replace(data, X=data.X * np.float32(1e30))
    with pytest.raises(Declined, match="varies"):
        FAMILY.fit(NEAREST, wild)
    mixed = replace(data, X=np.column_stack([data.X[:, :2], wild.X[:, 2:]]))
    body = FAMILY.lower(FAMILY.fit(NEAREST, mixed)).body
    assert isinstance(body.nodes[0], Distances)
    assert np.flatnonzero(body.nodes[0].relevances.values).tolist() == [0, 1]


def test_every_setting_of_the_space_is_complete():
    for classes in (0, 2, 5):
        profile = replace(profile_of(table(3)), classes=classes, task="classification" if classes else "regression")
        space = FAMILY.space(profile)
        for setting in (*space.portfolio, FAMILY.strongest(profile)):
            space.check(setting)
            assert Setting.of(setting).prototypes >= 1
            budget = FAMILY.size_budget(setting, profile)
            assert budget.at_least_bytes < budget.at_most_bytes


def test_soft_targets_are_followed():
    data = table(2, 200)
    flipped = np.eye(2)[1 - data.y]
    lowered = FAMILY.lower(FAMILY.fit(NEAREST, replace(data, soft_targets=flipped)))
    assert (evaluate(program_of(data, lowered), list(data.X.T)).argmax(axis=1) != data.y).mean() > 0.9


def test_k_means_finds_groups_and_repeats_centres_where_rows_are_few():
    rng = np.random.default_rng(2)
    X = np.concatenate([rng.normal(size=(50, 2)) * 0.1 + place for place in ([0, 0], [5, 5], [0, 5])]).astype(
        np.float32
    )
    centres = k_means(X, 3, rng)
    assert sorted(map(tuple, np.rint(centres).astype(int).tolist())) == [(0, 0), (0, 5), (5, 5)]
    assert k_means(X[:2], 4, rng).shape == (4, 2)


def test_training_depends_on_nothing_but_its_arguments():
    data = table(3, 120)
    before = data.X.copy()
    np.random.default_rng()
    train(data, Setting.of(NEAREST))
    assert (before == data.X).all()
