"""LightGBM with few and small trees."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import lightgbm
import numpy as np
from scipy.special import softmax

from automicro_boosting.ensemble import Ensemble
from automicro_boosting.loss import row_weights
from automicro_boosting.lower import read_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from automicro.plugin import TrainingData
    from automicro.plugin.family import Parameters
    from automicro.program.nodes import Link
    from automicro_boosting.bits import Bits
    from automicro_boosting.loss import Loss

    Array = NDArray[np.float64]

__all__ = ["train", "train_booster"]

_FIXED = {
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
    "feature_pre_filter": False,
    "min_sum_hessian_in_leaf": 1e-3,
}


def train(parameters: Parameters, data: TrainingData, loss: Loss, bits: Bits) -> Ensemble:
    """Return the trees that LightGBM grows, one for each round and output, in the loss's units.

    Where the model may read fewer columns than the trees do, they are grown anew on the columns with the largest gains.
    """
    if data.X.shape[1] == 0 or len(data.X) < 2:
        return Ensemble((), loss.bias(), loss.link)
    booster = train_booster(parameters, data, loss, bits)
    if data.max_columns is not None:
        owner = np.array([feature.column for feature in data.features])
        gains = np.bincount(owner, booster.feature_importance("gain"))
        if np.count_nonzero(gains) > data.max_columns:
            best = np.argsort(-gains, kind="stable")[: data.max_columns]
            constant = np.where(np.isin(owner, best), data.X, np.float32(0))  # trees cannot split on these
            booster = train_booster(parameters, replace(data, X=constant), loss, bits)
    return read_model(booster.model_to_string(), data.outputs, loss.link)


def train_booster(parameters: Parameters, data: TrainingData, loss: Loss, bits: Bits) -> lightgbm.Booster:
    """Return the trained booster."""
    settings = _settings(parameters, data, loss)
    if price := parameters["feature_penalty"] * len(data.X):  # of every byte that a feature takes
        settings["cegb_tradeoff"] = 1.0
        settings["cegb_penalty_feature_coupled"] = (price * bits.feature / 8).tolist()
    label = data.y.astype(np.float64) if loss.link == "softmax" else loss.target[:, 0]
    rows = lightgbm.Dataset(data.X, label=label, weight=row_weights(data), params=settings)
    return lightgbm.train(settings, rows, num_boost_round=int(parameters["rounds"]))


def _settings(parameters: Parameters, data: TrainingData, loss: Loss) -> dict[str, Any]:
    """Return LightGBM's own parameters."""
    rows, features = data.X.shape
    settings: dict[str, Any] = {
        **_FIXED,
        **({} if parameters["shape"] == "large" else {"seed": data.seed, "min_data_in_bin": 1}),
        "objective": _objective(data, loss.link),
        "learning_rate": parameters["learning_rate"],
        "max_bin": parameters["max_bin"],
        "num_leaves": parameters["leaves"],
        "min_data_in_leaf": max(1, min(parameters["min_leaf"], rows // 4)),
        "lambda_l2": 0.0 if parameters["shape"] == "large" else 1.0,
    }
    if data.outputs > 1:
        settings["num_class"] = data.outputs
    if parameters["shape"] == "additive":
        settings["interaction_constraints"] = [[feature] for feature in range(features)]
    if (signs := data.structural.signs(data.features)).any():
        settings |= {"monotone_constraints": signs.tolist(), "monotone_constraints_method": "advanced"}
    return settings


def _objective(data: TrainingData, link: Link) -> str | Callable[..., Any]:
    """Return LightGBM's name for the loss, or a function where it has none: several classes by a teacher's word."""
    if link == "softmax":
        return "multiclass" if data.soft_targets is None else _teacher_loss(data.soft_targets)
    if link == "sigmoid":
        return "binary" if data.soft_targets is None else "cross_entropy"
    return "poisson" if link == "exp" else "regression"


def _teacher_loss(soft_targets: Array) -> Callable[..., Any]:
    """Return the multinomial log loss against a teacher's probabilities, as LightGBM wants it."""

    def loss(scores: Array, _rows: lightgbm.Dataset) -> tuple[Array, Array]:
        p = np.asarray(softmax(scores, axis=1))
        classes = soft_targets.shape[1]
        return p - soft_targets, np.maximum(p * (1 - p) * classes / (classes - 1), 1e-16)

    return loss
