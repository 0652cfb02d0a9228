"""Which features make a token, and how features are brought to one size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.plugin import Feature

__all__ = ["Layout", "layout_of", "scaling_of"]


@dataclass(frozen=True, eq=False)
class Layout:
    """Tokens over prepared features.

    Parameters
    ----------
    tokens : tuple of tuple of int
        The features that each token owns.
    shared : bool
        Whether one projection serves all tokens, which then own equally many features.
    factors : array of float64, (features,)
        What features are multiplied by: powers of two that bring them near a spread of 1.
    centres : array of float64, (features,)
        About the mean of a feature so scaled; 0 for those that are mostly 0.
    sparse : bool
        Whether a feature that is 0 is absent.
    """

    tokens: tuple[tuple[int, ...], ...]
    shared: bool
    factors: NDArray[np.float64]
    centres: NDArray[np.float64]
    sparse: bool = False

    @property
    def slots(self) -> int:
        """Most features of a token."""
        return max(map(len, self.tokens))

    @property
    def places(self) -> NDArray[np.int64]:
        """The feature at every slot of every token, (tokens, slots), -1 where there is none."""
        found = np.full((len(self.tokens), self.slots), -1, dtype=np.int64)
        for token, features in enumerate(self.tokens):
            found[token, : len(features)] = features
        return found

    def kept(self, tokens: Sequence[int]) -> Layout:
        """Return the layout of some of the tokens."""
        return replace(self, tokens=tuple(self.tokens[t] for t in tokens))


def layout_of(X: NDArray[np.float32], features: Sequence[Feature], patch: int, *, shared: bool) -> Layout:
    """Return tokens: of texts one for each gram, of series one for each window, else `patch` neighbouring source columns.

    `shared` is kept where all tokens own equally many features; grams always share.
    """
    sparse = any(feature.kind == "gram" for feature in features)
    groups: dict[object, list[int]] = {}
    for j, feature in enumerate(features):
        groups.setdefault(j if sparse else _owner(feature, patch), []).append(j)
    tokens = tuple(tuple(group) for group in groups.values())
    alike = len({len(token) for token in tokens}) == 1 and len(tokens) > 1
    factors, centres = scaling_of(X, features)
    if sparse:
        centres[:] = 0.0  # what is absent has no mean
    if not ((shared or sparse) and alike):
        return Layout(tokens, False, factors, centres, sparse)
    places = np.array(tokens)
    powers = np.log2(factors[places]).mean(axis=0)  # of every slot
    of_slots = powers if any(feature.kind == "summary" for feature in features) else np.full_like(powers, powers.mean())
    common = np.ones_like(factors)
    common[places] = np.exp2(np.rint(of_slots))
    return Layout(tokens, True, common, centres / factors * common, sparse)


def _owner(feature: Feature, patch: int) -> object:
    return feature.level if feature.kind == "summary" else feature.column // patch


def scaling_of(X: NDArray[np.float32], features: Sequence[Feature]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return factors, powers of two, and centres of features after them."""
    numeric = np.array([feature.kind not in ("level", "missing", "gram") for feature in features])
    mean = _means(X)
    known = np.where(np.isnan(X), mean, X.astype(np.float64))
    deviation = known.std(axis=0)
    usable = numeric & (deviation > 1e-30)
    factors = np.where(usable, np.exp2(-np.rint(np.log2(np.where(usable, deviation, 1.0)))), 1.0)
    factors = np.clip(factors, 2.0**-100, 2.0**100)
    return factors, np.where(numeric, mean * factors, 0.0)


def _means(X: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the mean of the known values of every feature, 0 where there are none."""
    known = ~np.isnan(X)
    sums = np.where(known, X, np.float32(0)).sum(axis=0, dtype=np.float64)
    means: NDArray[np.float64] = sums / np.maximum(known.sum(axis=0), 1)
    return means
