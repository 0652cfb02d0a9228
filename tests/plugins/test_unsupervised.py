"""Programs of the clustering family against the estimators that found the clusters."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import make_blobs, make_moons
from sklearn.mixture import GaussianMixture

from automicro.data import Preparation, PreparationSettings, load_problem, profile
from automicro.plugin import Declined, Feature, TrainingData
from automicro.program import Numeric, Program, evaluate, pack, unpack
from automicro_cluster.partitions.clusterings import partitions, standardised
from automicro_cluster.partitions.family import Partitions
from automicro_cluster.partitions.lower import centres, components, covers
from automicro_cluster.partitions.space import COUNTS
from automicro_cluster.partitions.trees import tree_of

SETTINGS = [
    {"method": "kmeans", "clusters": "2-6"},
    {"method": "mixture", "clusters": "2-6"},
    {"method": "density"},
]


def data(X: np.ndarray, seed: int = 0) -> TrainingData:
    features = tuple(Feature(j, f"x{j}", "numeric") for j in range(X.shape[1]))
    units = 1.0 / X.std(axis=0)
    rows = X.astype(np.float32)
    return TrainingData(rows, np.zeros(len(X)), "clustering", 0, features, "silhouette", seed, units=units)


@pytest.fixture(scope="module")
def blobs() -> np.ndarray:
    return make_blobs(300, 3, centers=4, random_state=2)[0] * np.array([1.0, 100.0, 0.01])


def program(lowered, columns: int) -> Program:
    decoders = tuple(Numeric(j, 0.0) for j in range(columns))
    return Program(columns, decoders, lowered.body, lowered.link, lowered.labels)


def told(made: Program, X: np.ndarray) -> np.ndarray:
    rows = [X[:, j].astype(np.float32) for j in range(X.shape[1])]
    return np.array(made.labels)[np.argmax(evaluate(made, rows), axis=1)]


def odd_rows(X: np.ndarray) -> np.ndarray:
    """Rows with missing values, extremes and infinities among them."""
    rows = X[:40].copy()
    rows[0], rows[1], rows[2], rows[3, 0] = np.nan, 3e38, -np.inf, np.nan
    return rows


@pytest.mark.parametrize("count", [2, 4])
def test_centres_assign_as_kmeans_does(blobs: np.ndarray, count: int) -> None:
    units = 1.0 / blobs.std(axis=0)
    Z = blobs * units
    found = next(partitions("kmeans", [count], Z, 0))
    made = program(centres(found.points, units), 3)
    nearest = ((Z[:, None] - found.points) ** 2).sum(axis=2).argmin(axis=1)
    assert (told(made, blobs) == nearest).mean() > 0.995  # but for rows half way, in float32
    assert (nearest == found.labels).all()


def test_components_give_the_probabilities_of_the_mixture(blobs: np.ndarray) -> None:
    units = 1.0 / blobs.std(axis=0)
    Z = blobs * units
    found = next(partitions("mixture", [3], Z, 0))
    model = GaussianMixture(3, covariance_type="diag", reg_covar=1e-3, n_init=2, random_state=0).fit(Z)
    rows = [blobs[:, j].astype(np.float32) for j in range(3)]
    np.testing.assert_allclose(evaluate(program(components(found, units), 3), rows), model.predict_proba(Z), atol=2e-3)


def test_covers_follow_a_shape_and_know_noise() -> None:
    X, moons = make_moons(400, noise=0.04, random_state=1)
    far = np.random.default_rng(0).uniform(4, 6, (20, 2))
    Z = np.concatenate([X, far])
    labels = np.concatenate([moons, np.full(20, -1)])
    made = program(covers(Z, labels, np.ones(2), 8, 0), 2)
    assert made.labels == (0, 1, -1)
    assert (told(made, Z) == labels).mean() > 0.98
    assert (told(made, np.array([[50.0, 50.0]])) == -1).all()


def test_trees_send_the_training_rows_where_their_clusters_are(blobs: np.ndarray) -> None:
    found = next(partitions("kmeans", [4], standardised(blobs, 1.0 / blobs.std(axis=0)), 0))
    lowered = tree_of(blobs.astype(np.float32), found.labels, 4, 0)
    assert lowered is not None
    assert (told(program(lowered, 3), blobs) == found.labels).mean() > 0.95


def test_a_tree_that_leaves_out_a_cluster_is_none() -> None:
    X = np.arange(10, dtype=np.float32)[:, None]
    assert tree_of(X, np.array([0] * 4 + [1] + [2] * 5), 2, 0) is None


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting["method"])
def test_every_form_packs_keeps_its_budget_and_is_reproducible(blobs: np.ndarray, setting: dict[str, str]) -> None:
    family = Partitions()
    problem = load_problem(blobs, None, task="clustering")
    budget = family.size_budget(setting, profile(problem))
    rows = [odd_rows(blobs)[:, j].astype(np.float32) for j in range(3)]
    payloads = []
    for _ in range(2):
        model = family.fit(setting, data(blobs))
        made = [program(variant.lowered, 3) for variant in family.variants(model, data(blobs))]
        assert len(made) <= 60
        payloads.append([pack(each) for each in made])
    assert payloads[0] == payloads[1]
    for each, payload in zip(made, payloads[0], strict=True):
        assert np.isfinite(evaluate(each, rows)).all()
        assert evaluate(unpack(payload), rows).tobytes() == evaluate(each, rows).tobytes()
        assert budget.at_least_bytes <= len(payload)

        assert len(payload) <= budget.at_most_bytes + 40


def test_density_declines_what_is_one_cloud() -> None:
    with pytest.raises(Declined, match="finds no two clusters"):
        Partitions().fit({"method": "density"}, data(np.random.default_rng(0).normal(size=(12, 2))))


def test_the_space_covers_every_number_of_clusters_up_to_twelve() -> None:
    assert {*COUNTS["2-6"], *COUNTS["7-12"]} == set(range(2, 13))


def test_levels_come_one_hot_with_the_units_of_the_space() -> None:
    from automicro.data import Standard

    generator = np.random.default_rng(0)
    table = [
        {"a": float(v), "b": "xyz"[i % 3], "c": bool(i % 2), "d": "pq"[i % 2]}
        for i, v in enumerate(generator.normal(size=60) * 7)
    ]
    problem = load_problem(table, None, task="clustering")
    made = Preparation.fit(problem, np.arange(60), PreparationSettings())
    units = Standard.of(problem).units(made.features)
    names = [feature.name for feature in made.features]
    assert units[names.index("a")] == pytest.approx(1 / 7, rel=0.25)
    assert [units[names.index(name)] for name in names if name.startswith("b=")] == [1.0, 1.0, 1.0]
    assert units[names.index("c")] == units[[n.startswith("d=") for n in names].index(True)] == pytest.approx(2**0.5)
