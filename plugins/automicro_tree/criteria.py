"""What a leaf costs, from the summed masses of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float32] | NDArray[np.float64]

__all__ = ["Criterion", "balancing", "impurity", "losses", "weight_of"]

Criterion: TypeAlias = Literal["gini", "entropy", "error", "squared"]
"""Masses are the weights of the classes, or for ``"squared"`` the weight and the weighted sum of the target."""


def balancing(mass: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the factors (classes,) that make all classes of rows with these masses (rows, classes) weigh the same."""
    total = mass.sum(axis=0)
    present = np.count_nonzero(total)
    factors: NDArray[np.float64] = np.divide(
        total.sum() / max(present, 1), total, out=np.ones_like(total), where=total > 0
    )
    return factors


def weight_of(mass: Floats, criterion: Criterion) -> Floats:
    """Return the weight of the rows of leaves, (...), from their masses (masses, ...)."""
    return np.asarray(mass[0] if criterion == "squared" else mass.sum(axis=0))


def impurity(mass: Floats, criterion: Criterion) -> Floats:
    """Return what leaves cost, (...), from their masses (masses, ...).

    Gini impurity, entropy in nats, or share of the rows that are not of the commonest class, each times the leaf's
    weight; or for values the squared error, but for a constant that is the same for all trees. A leaf without rows
    costs nothing.
    """
    weight = weight_of(mass, criterion)
    safe = np.maximum(weight, np.finfo(mass.dtype).tiny)
    if criterion == "squared":
        cost: Floats = np.where(weight > 0, -np.square(mass[1]) / safe, 0)
    elif criterion == "gini":
        cost = weight - np.square(mass).sum(axis=0) / safe
    elif criterion == "error":
        cost = weight - mass.max(axis=0)
    else:
        cost = _x_log_x(weight) - _x_log_x(mass).sum(axis=0)
    return cost


def losses(leaf: NDArray[np.float64], rows: NDArray[np.float64], criterion: Criterion) -> NDArray[np.float64]:
    """Return what each row loses in a leaf of masses (masses,), given the masses of rows (rows, masses).

    Summed over the leaf's own rows, that is its impurity; entropy is taken of shares that count one row more, spread
    evenly, so that it stays finite.
    """
    if criterion == "squared":
        centre = leaf[1] / leaf[0] if leaf[0] > 0 else 0.0
        values: NDArray[np.float64] = centre * (rows[:, 0] * centre - 2 * rows[:, 1])
        return values
    weight = rows.sum(axis=1)
    if criterion == "error":
        wrong: NDArray[np.float64] = weight - rows[:, np.argmax(leaf)]
        return wrong
    if criterion == "gini":
        shares = leaf / max(leaf.sum(), np.finfo(np.float64).tiny)
        distance: NDArray[np.float64] = weight * (1 + shares @ shares) - 2 * (rows @ shares)
        return distance
    smoothed = (leaf + 1 / len(leaf)) / (leaf.sum() + 1)
    surprise: NDArray[np.float64] = -(rows @ np.log(smoothed))
    return surprise


def _x_log_x(x: Floats) -> Floats:
    product: Floats = x * np.log(np.maximum(x, np.finfo(x.dtype).tiny))
    return product
