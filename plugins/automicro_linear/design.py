"""The standardised design matrix of a linear model, and the way back from its coefficients to raw features."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

from automicro_linear.cuts import candidate_cuts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.plugin import Feature

__all__ = ["ABSENT", "FLAG", "SLOPE", "STEP", "Basis", "Design", "basis_of", "softened", "standardise"]

SLOPE, FLAG, STEP, ABSENT = range(4)
ONE_UNIT = 10.0  # how many times apart the span of a column in the common unit and that of the usual column may be
ALIKE_SHARE = 0.9  # share of columns that must have the common unit
SPARSE = 0.05  # share of values that are not 0 up to which sparse products pay


@dataclass(frozen=True, eq=False)
class Basis:
    """What the columns of a design are functions of.

    Parameters
    ----------
    feature : array of int64, (columns,)
        The feature that each column reads.
    cut : array of float32, (columns,)
        Cut of a step; NaN elsewhere.
    kind : array of int8, (columns,)
        SLOPE: the feature itself, a number; FLAG: the feature itself, which is 0 or 1, or a gram of a text, and never missing;
        STEP: 1 where the feature is above the cut, else 0; ABSENT: 1 where it is NaN, else 0.
    """

    feature: NDArray[np.int64]
    cut: NDArray[np.float32]
    kind: NDArray[np.int8]

    @property
    def linear(self) -> NDArray[np.bool_]:
        """Which columns are features as they are."""
        return self.kind <= FLAG

    def __len__(self) -> int:
        return len(self.feature)

    def matrix(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the columns for some rows; where a feature is NaN, its slope and steps are 0."""
        made = np.empty((len(X), len(self)), dtype=np.float32, order="F")
        for i, (j, cut, kind) in enumerate(zip(self.feature, self.cut, self.kind, strict=True)):
            x = X[:, j]
            if kind <= FLAG:
                made[:, i] = np.nan_to_num(x, nan=0.0)
            else:
                made[:, i] = x > cut if kind == STEP else np.isnan(x)
        return made


@dataclass(frozen=True, eq=False)
class Design:
    """Rows with every column of a basis at mean 0 and variance 1.

    Parameters
    ----------
    Z : array of float32, (rows, columns)
    weights : array of float64, (rows,)
        Sample weights with mean 1.
    basis : Basis
    centre, scale : array of float64, (columns,)
        ``Z = (basis - centre) / scale``; the scale of a constant column is infinite, so that its column of `Z` is 0.
    features : int
        Number of features that the basis reads from.
    sparse : sparse array, (rows, columns), or None
        ``basis / scale`` where most of it is 0, as of texts: what many terms are computed with.
    """

    Z: NDArray[np.float32]
    weights: NDArray[np.float64]
    basis: Basis
    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    features: int
    sparse: Any = None

    @property
    def shift(self) -> NDArray[np.float64]:
        """What is taken off a column of `sparse`, or of the basis over its scale, (columns,)."""
        return self.centre / self.scale

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Which columns vary."""
        return np.isfinite(self.scale)

    def rows(self, index: NDArray[np.int64]) -> Design:
        """Return some rows; their columns need not have mean 0 and variance 1."""
        weights = self.weights[index]
        sparse = None if self.sparse is None else self.sparse[index]
        Z = np.asfortranarray(self.Z[index])
        return replace(self, Z=Z, weights=weights * (len(index) / weights.sum()), sparse=sparse)


def basis_of(X: NDArray[np.float32], features: Sequence[Feature], cuts: int, slopes: bool) -> Basis:
    """Return the basis of prepared rows: numbers as they are if `slopes`, and up to `cuts` steps of each."""
    parts: list[tuple[int, float, int]] = []
    for j, feature in enumerate(features):
        if feature.kind in {"level", "missing", "gram"}:
            parts.append((j, np.nan, FLAG))
            continue
        x = X[:, j]
        missing = np.isnan(x)
        parts += [(j, np.nan, SLOPE)] * slopes
        parts += [(j, cut, STEP) for cut in candidate_cuts(x[~missing], cuts).tolist()]
        parts += [(j, np.nan, ABSENT)] * bool(missing.any())
    feature_of, cut_of, kind_of = zip(*parts, strict=True) if parts else ((), (), ())
    return Basis(np.array(feature_of, np.int64), np.array(cut_of, np.float32), np.array(kind_of, np.int8))


def standardise(
    X: NDArray[np.float32], weights: NDArray[np.float64], basis: Basis, emphasis: NDArray[np.float64] | None = None
) -> Design:
    """Return the design of some rows.

    A feature with an `emphasis`, (features,), which is not NaN, has that as scale instead of its deviation, in a unit in which the largest
    deviation is 1.
    """
    rows = len(X)
    w = weights * (rows / weights.sum())
    made = basis.matrix(X)
    sparse = None if emphasis is None or np.count_nonzero(X) > SPARSE * X.size else csr_array(made, dtype=np.float64)
    centre = np.empty(len(basis))
    scale = np.empty(len(basis))
    for i in range(len(basis)):  # column by column: the double precision is short-lived
        x = made[:, i].astype(np.float64)
        centre[i] = w @ x / rows
        x -= centre[i]
        deviation = float(np.sqrt(w @ x**2 / rows))
        scale[i] = deviation if deviation > 1e-6 * float(np.abs(made[:, i]).max()) else np.inf
        made[:, i] = x / scale[i]
    if emphasis is not None:
        _rescale(made, scale, emphasis[basis.feature])
    if sparse is not None:
        sparse = csr_array(sparse.multiply(1.0 / scale[None, :]))
    return Design(made, w, basis, centre, scale, X.shape[1], sparse)


def softened(design: Design) -> Design:
    """Return the design with columns on the roots of their deviations, of mean square 1 together; no column of `Z` has variance 1 then.

    Where columns have one unit, as words and the shares of neighbours that have them, rare ones then weigh less. Columns in units
    of their own, as their spans show, stay as they are, and all do where many differ or sparse products are used.
    """
    varies = np.flatnonzero(design.usable)
    if design.sparse is not None or not len(varies):
        return design
    span = (design.Z.max(axis=0)[varies] - design.Z.min(axis=0)[varies]) * design.scale[varies]
    usual = np.median(span)
    alike = (span <= ONE_UNIT * usual) & (span >= usual / ONE_UNIT)
    if alike.sum() <= ALIKE_SHARE * len(varies):
        return design
    columns = varies[alike]
    root = np.sqrt(design.scale[columns] / design.scale[columns].mean())  # of these the squares have mean 1
    scale, Z = design.scale.copy(), design.Z.copy(order="F")
    scale[columns] /= root
    Z[:, columns] *= root.astype(np.float32)
    return replace(design, Z=Z, scale=scale)


def _rescale(made: NDArray[np.float32], scale: NDArray[np.float64], emphasis: NDArray[np.float64]) -> None:
    """Multiply standardised columns by their emphasis and deviation, relative to the largest of these products."""
    known = np.flatnonzero(np.isfinite(emphasis) & np.isfinite(scale))
    deviation = emphasis[known] * scale[known]
    deviation /= deviation.max(initial=1e-12)
    made[:, known] *= deviation
    scale[known] /= deviation
