"""How much the rows of each class count in training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.data import label_word
from automicro.errors import RequestError
from automicro.request import BALANCED, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from automicro.data import Problem

__all__ = ["class_weights_of", "training_weights"]


def class_weights_of(problem: Problem, given: Mapping[str, float] | str | None) -> tuple[float, ...] | None:
    """Return the weight of each class in the order of the codes; None if no weights are given.

    Labels that are not named have weight 1. ``"balanced"`` has all classes count alike: rows / (classes * rows of the class), the rows by
    their sample weights where there are some.

    Raises
    ------
    RequestError
        If the target has no classes, or a name is none of its labels.
    """
    if given is None:
        return None
    labels = problem.labels
    if problem.task != "classification" or labels is None:
        raise RequestError(
            f"search.class_weight: needs a target of classes, but the task is {problem.task}: leave it out"
        )
    if given == BALANCED or isinstance(given, str):
        masses = np.bincount(problem.target.astype(np.int64), problem.weights, minlength=len(labels))
        return tuple((masses.sum() / (len(labels) * np.where(masses > 0, masses, np.inf))).tolist())
    codes = {label_word(label): code for code, label in enumerate(labels)} | {
        str(label): code for code, label in enumerate(labels)
    }
    weights = [1.0] * len(labels)
    for name, weight in given.items():
        code = codes.get(name, codes.get(label_word(name)))
        if code is None:
            remedy = did_you_mean(name, map(str, labels))
            raise RequestError(f"search.class_weight: must name labels of the target, but {name!r} is none: {remedy}")
        weights[code] = weight
    return tuple(weights)


def training_weights(
    problem: Problem, rows: NDArray[np.int64], *class_weights: tuple[float, ...] | None
) -> NDArray[np.float64] | None:
    """Return the weights of some rows in training: sample weights times those of the classes; None if all are 1."""
    weights = None if problem.weights is None else problem.weights[rows]
    for given in class_weights:
        if given is not None:
            own = np.array(given)[problem.target[rows].astype(np.int64)]
            weights = own if weights is None else weights * own
    return weights
