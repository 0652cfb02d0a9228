"""Weights of rows and targets that families train towards."""

from __future__ import annotations

import numpy as np
import pytest

from automicro.plugin import Feature, TrainingData, class_shares, drawn_rows, row_weights, sample_weights, target_values

X = np.float32([[1.0], [2.0], [3.0], [4.0]])


def data(task: str, metric: str, **more: object) -> TrainingData:
    classes = 2 if task == "classification" else 0
    y = np.array([0, 1, 1, 1]) if classes else np.array([1.0, 2.0, 0.0, 5.0])
    return TrainingData(X, y, task, classes, (Feature(0, "x", "numeric"),), metric, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("metric", ["balanced_accuracy", "recall_macro"])
def test_classes_weigh_alike_where_the_metric_counts_them_so(metric: str) -> None:
    weights = row_weights(data("classification", metric, weights=np.array([2.0, 1.0, 1.0, 2.0])))
    np.testing.assert_allclose(weights, [1.0, 0.25, 0.25, 0.5])
    plain = sample_weights(data("classification", metric), alike=False)
    assert (plain == 1).all()
    assert (row_weights(data("classification", "accuracy")) == 1).all()


def test_weights_that_are_all_0_count_as_1_and_a_class_without_weight_stays_without() -> None:
    none = data("classification", "balanced_accuracy", weights=np.zeros(4))
    np.testing.assert_allclose(sample_weights(none), [1.0, 1 / 3, 1 / 3, 1 / 3])
    one = data("classification", "balanced_accuracy", weights=np.array([0.0, 1.0, 1.0, 2.0]))
    np.testing.assert_allclose(sample_weights(one), [0.0, 0.25, 0.25, 0.5])


def test_errors_in_percent_weigh_small_targets_up_to_a_hundredth_of_the_mean() -> None:
    weights = row_weights(data("regression", "neg_mean_absolute_percentage_error"))
    np.testing.assert_allclose(weights, [1.0, 0.5, 1 / 0.02, 0.2])


def test_a_teacher_takes_the_place_of_the_target() -> None:
    shares = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [0.5, 0.5]])
    assert (class_shares(data("classification", "accuracy", soft_targets=shares)) == shares).all()
    assert class_shares(data("classification", "accuracy")).tolist() == [[1, 0], [0, 1], [0, 1], [0, 1]]
    assert (target_values(data("regression", "r2", soft_targets=np.arange(4.0))) == np.arange(4.0)).all()


def test_some_rows_take_along_all_that_belongs_to_them() -> None:
    known = data("regression", "r2", weights=np.arange(4.0), groups=np.arange(4), soft_targets=np.arange(4.0) * 2)
    for rows in (np.array([1, 3]), np.array([False, True, False, True])):
        some = known.at(rows)
        assert some.X[:, 0].tolist() == [2.0, 4.0]
        assert some.y.tolist() == [2.0, 5.0]
        assert [some.weights.tolist(), some.groups.tolist(), some.soft_targets.tolist()] == [[1, 3], [1, 3], [2, 6]]
    assert data("regression", "r2").at(np.array([0])).weights is None


def test_drawn_rows_ascend_and_are_the_same_for_a_seed() -> None:
    rows = drawn_rows(1000, 30, seed=3)
    assert len(rows) == 30
    assert (np.diff(rows) > 0).all()
    assert (rows == drawn_rows(1000, 30, seed=3)).all()
