"""Metrics of predicted probabilities themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.measure.metrics.arithmetic import ratio, weighted_mean

if TYPE_CHECKING:
    from automicro.measure.metrics.arithmetic import Batch, Codes, Predicted

__all__ = ["brier_score", "d2_brier_score", "d2_log_loss_score", "log_loss"]


def log_loss(y: Codes, prediction: Predicted, weights: Batch) -> Batch:
    """Mean negative logarithm of the probability of the true class."""
    smallest = np.finfo(np.float64).eps
    return weighted_mean(-np.log(np.clip(prediction[np.arange(len(y)), y], smallest, 1.0 - smallest)), weights)


def brier_score(y: Codes, prediction: Predicted, weights: Batch) -> Batch:
    """Mean squared distance of the probabilities to the true class; half of it with two classes."""
    classes = prediction.shape[1]
    distance = np.sum((prediction - np.eye(classes)[y]) ** 2, axis=1)
    return weighted_mean(distance / 2 if classes == 2 else distance, weights)


def d2_log_loss_score(y: Codes, prediction: Predicted, weights: Batch) -> Batch:
    """Share of the log loss of constant class frequencies that is explained."""
    shares = _class_shares(y, prediction.shape[1], weights)
    null = -np.sum(shares * np.log(np.where(shares > 0, shares, 1.0)), axis=1)
    return 1.0 - ratio(log_loss(y, prediction, weights), null)


def d2_brier_score(y: Codes, prediction: Predicted, weights: Batch) -> Batch:
    """Share of the Brier score of constant class frequencies that is explained."""
    classes = prediction.shape[1]
    null = 1.0 - np.sum(_class_shares(y, classes, weights) ** 2, axis=1)
    return 1.0 - ratio(brier_score(y, prediction, weights), null / 2 if classes == 2 else null)


def _class_shares(y: Codes, classes: int, weights: Batch) -> Batch:
    return ratio(weights @ np.eye(classes)[y], weights.sum(axis=1, keepdims=True))
