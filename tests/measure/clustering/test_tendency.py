"""The test for structure: one cloud of any shape is told from several."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import make_blobs, make_moons

from automicro.measure import Columns, structure_test
from automicro.measure.clustering.tendency import _one_peak


def columns(X: np.ndarray, discrete: bool = False) -> Columns:
    return Columns(
        (X - X.mean(axis=0)) / X.std(axis=0), [slice(j, j + 1) for j in range(X.shape[1])], [discrete] * X.shape[1]
    )


def cloud(kind: str) -> np.ndarray:
    generator = np.random.default_rng(5)
    if kind == "uniform":
        return generator.random((300, 2))
    if kind == "skewed":
        return np.exp(generator.normal(size=(300, 3)))
    normal = generator.normal(size=(300, 2))
    return normal @ np.array([[1.0, 0.95], [0.0, 0.3]])  # long


@pytest.mark.parametrize("kind", ["uniform", "skewed", "long"])
def test_a_single_cloud_has_no_structure(kind: str) -> None:
    found = structure_test(columns(cloud(kind)), "silhouette", seed=1)
    assert not found.structured
    assert found.p_value > 0.05


def test_levels_alone_are_no_structure() -> None:
    levels = np.random.default_rng(0).integers(0, 2, (200, 3)).astype(float)
    assert not structure_test(columns(levels, discrete=True), "silhouette").structured


def test_clusters_that_a_single_column_shows_are_structure() -> None:
    generator = np.random.default_rng(2)
    X = generator.normal(size=(200, 2))
    X[::2, 0] += 8
    found = structure_test(columns(X), "silhouette")
    assert found.structured
    assert found.best > found.limit


def test_clusters_of_any_shape_show_by_density() -> None:
    X, _ = make_moons(300, noise=0.04, random_state=0)
    assert structure_test(columns(X), "density_validity").structured


def test_a_stricter_level_takes_more_tables() -> None:
    X, _ = make_blobs(60, 2, centers=[[0, 0], [9, 9]], random_state=0)
    found = structure_test(columns(X), "silhouette", level=0.02)
    assert found.structured
    assert found.resamples == 149


def test_one_peak_takes_valleys_out_and_keeps_spikes() -> None:
    generator = np.random.default_rng(0)
    two = np.concatenate([generator.normal(size=200), generator.normal(size=200) + 8])
    shares, values = _one_peak(two)
    slopes = np.diff(shares) / np.diff(values)
    assert slopes.max() < 2 * slopes.min() + 0.05
    rare = (np.arange(200) < 20).astype(float)
    shares, values = _one_peak(rare)
    assert np.interp(0.5, values, shares) == pytest.approx(0.9, abs=0.05)  # what lies below one half counts as 0
    spiked = np.concatenate([np.zeros(200), generator.random(200) * 5])
    shares, values = _one_peak(spiked)
    assert np.interp(0.45, shares, values) < 0.1
