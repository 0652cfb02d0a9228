"""Indices of partitions: those of scikit-learn where it has them, the paper's properties where it has not."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics
from sklearn.datasets import make_moons

from automicro.measure import agreement, density_validity, distances, silhouette


@pytest.mark.parametrize("seed", range(3))
def test_silhouette_and_agreement_are_scikit_learns(seed: int) -> None:
    generator = np.random.default_rng(seed)
    points, labels, other = generator.normal(size=(80, 3)), generator.integers(0, 4, 80), generator.integers(0, 3, 80)
    assert silhouette(distances(points), labels) == pytest.approx(metrics.silhouette_score(points, labels))
    assert agreement(labels, other) == pytest.approx(metrics.adjusted_rand_score(labels, other))


def test_noise_has_no_width_and_belongs_to_no_cluster() -> None:
    apart = distances(np.array([[0.0], [1.0], [10.0], [11.0], [5.5]]))
    known = silhouette(apart[:4, :4], np.array([0, 0, 1, 1]))
    assert silhouette(apart, np.array([0, 0, 1, 1, -1])) == pytest.approx(known * 4 / 5)
    assert silhouette(apart, np.array([0, 0, 0, 0, -1])) == 0.0


def test_density_validity_prefers_moons_to_halves() -> None:
    points, moons = make_moons(300, noise=0.04, random_state=0)
    halves = (points[:, 0] > 0.5).astype(int)
    apart = distances(points)
    assert density_validity(apart, moons, 2) > 0.4
    assert density_validity(apart, halves, 2) < 0.0
    assert silhouette(apart, halves) > silhouette(apart, moons)  # which is why no single index is safe


def test_density_validity_counts_noise_among_all_rows() -> None:
    generator = np.random.default_rng(0)
    points = np.concatenate([generator.normal(size=(50, 2)), generator.normal(size=(50, 2)) + 20])
    labels = np.repeat([0, 1], 50)
    apart = distances(points)
    whole = density_validity(apart, labels, 2)
    assert 0.8 < whole < 1.0
    thinned = np.where(np.arange(100) % 5 == 0, -1, labels)
    assert density_validity(apart, thinned, 2) < whole
    assert density_validity(apart, np.zeros(100, dtype=int), 2) == 0.0


@pytest.mark.parametrize("dimensions", [1, 60])
def test_equal_rows_and_many_dimensions_do_no_harm(dimensions: int) -> None:
    points = np.repeat(np.array([[0.0], [1.0], [50.0], [51.0]]), 5, axis=0)
    value = density_validity(distances(points), np.repeat([0, 1], 10), dimensions)
    assert -1.0 <= value <= 1.0
