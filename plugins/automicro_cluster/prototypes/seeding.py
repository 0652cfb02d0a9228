"""Where prototypes start: class-wise k-means, or the rows nearest to its centres."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

__all__ = ["class_centres", "k_means", "medoids"]

ROUNDS = 15
MOST_ROWS = 4000


def k_means(X: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Return `count` centres of rows: Lloyd's rounds after k-means++ (Arthur and Vassilvitskii, SODA 2007).

    Where there are fewer rows than centres, centres repeat.
    """
    if len(X) > MOST_ROWS:
        X = X[rng.choice(len(X), MOST_ROWS, replace=False)]
    centres = X[rng.integers(len(X), size=1)]
    nearest = ((X - centres[0]) ** 2).sum(axis=1, dtype=np.float64)
    while len(centres) < count:
        total = nearest.sum()
        chosen = rng.choice(len(X), p=nearest / total) if total > 0 else rng.integers(len(X))
        centres = np.concatenate([centres, X[chosen][None]])
        nearest = np.minimum(nearest, ((X - X[chosen]) ** 2).sum(axis=1, dtype=np.float64))
    for _ in range(ROUNDS):
        owner = ((centres**2).sum(axis=1) - 2 * X @ centres.T).argmin(axis=1)
        sizes = np.bincount(owner, minlength=count)
        sums = np.zeros_like(centres)
        np.add.at(sums, owner, X)
        centres = np.where(sizes[:, None] > 0, sums / np.maximum(sizes, 1)[:, None], centres).astype(np.float32)
    return centres


def class_centres(X: Floats, codes: NDArray[np.int64], classes: int, count: int, rng: np.random.Generator) -> Floats:
    """Return `count` centres of each class, class after class; a class without rows gets those of all rows."""
    groups = [X[codes == c] for c in range(classes)]
    return np.concatenate([k_means(group if len(group) else X, count, rng) for group in groups])


def medoids(X: Floats, owners: NDArray[np.int64], codes: NDArray[np.int64], centres: Floats) -> Floats:
    """Return for each centre the nearest row of the class that owns it, each row once while there are enough."""
    chosen = np.empty_like(centres)
    for c in np.unique(owners).tolist():
        rows = X[codes == c] if (codes == c).any() else X
        taken = np.zeros(len(rows), dtype=bool)
        for k in np.flatnonzero(owners == c).tolist():
            distance = ((rows - centres[k]) ** 2).sum(axis=1)
            distance[taken & ~taken.all()] = np.inf
            nearest = int(distance.argmin())
            taken[nearest] = True
            chosen[k] = rows[nearest]
    return chosen
