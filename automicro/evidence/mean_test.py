"""Tests that a mean is above 0: exact for two values, a betting martingale for bounded ones, a studentised bootstrap for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Terms", "Tested", "binomial_p", "mean_test"]

RESAMPLES = 4000
CELLS_AT_ONCE = 4_000_000
FEWEST_UNITS = 10  # independent units below which a bootstrap says nothing
LOWER_STILL = 1.5  # times the lowest value that was seen: what one more row is counted with where values have no bound
_UNBOUNDED = "studentised bootstrap of the mean, with one more row half as low again as the lowest"
MOST_BET = 0.5  # share of the capital that may be lost on one row (Waudby-Smith and Ramdas 2024, section 4: 1/2 to 3/4)


@dataclass(frozen=True, eq=False)
class Terms:
    """Numbers with a mean of at most 0 wherever the null hypothesis holds.

    Parameters
    ----------
    values : array of float64, (rows,)
    low, high : float
        What no value can be below or above; infinite where there is no such bound.
    units : array of int64, (rows,), or None
        Rows of one unit are not independent of each other.
    """

    values: Floats
    low: float = -np.inf
    high: float = np.inf
    units: NDArray[np.int64] | None = None

    @property
    def is_bounded(self) -> bool:
        """Whether every value lies in a known range."""
        return bool(np.isfinite(self.low) and np.isfinite(self.high))

    def by_unit(self) -> Terms:
        """Return the sums over each unit, which are independent; the range is that of the largest unit."""
        if self.units is None:
            return self
        _, place, sizes = np.unique(self.units, return_inverse=True, return_counts=True)
        largest = int(sizes.max())
        sums = np.bincount(place, weights=self.values).astype(np.float64)
        return Terms(sums, min(self.low, 0.0) * largest, max(self.high, 0.0) * largest)


@dataclass(frozen=True)
class Tested:
    """The outcome of a test: its p-value, how it was computed, and whether that holds for every number of rows.

    `why_none` is the reason why there is no test, empty if there is one.
    """

    p_value: float
    method: str
    exact: bool
    why_none: str = ""

    @classmethod
    def none(cls, why: str, *, exact: bool = True) -> Self:
        """Return the outcome where there is no test, with the reason."""
        return cls(1.0, f"none, {why}", exact, why)


def binomial_p(hits: int, rows: int, share: float) -> float:
    """Return the probability of at least `hits` hits in `rows` rows where each is one with probability `share`."""
    from scipy.special import bdtrc  # noqa: PLC0415 - scipy is loaded only where something is tested

    return 1.0 if hits <= 0 else float(bdtrc(hits - 1, rows, share))


def mean_test(terms: Terms, seed: int = 0) -> Tested:
    """Test the null hypothesis that the mean is at most 0.

    Two values of opposite sign, beside zeros, which say nothing: the exact binomial test (Clopper and Pearson 1934). Other bounded
    values: the capital of a gambler who bets that the mean is above 0, whose inverse maximum is a p-value for every number of rows (Ville
    1939; Waudby-Smith and Ramdas, JRSS B 86, 2024). Unbounded values: the bootstrap of the studentised mean (Efron and Tibshirani 1993,
    section 12.5), with one more value that is half as low again as the lowest: it is right to second order but not exact, and without that
    value too sure where low values are rare and far away, as squared errors of heavy tails are.

    Parameters
    ----------
    terms : Terms
    seed : int
        Seed of the order of the bets, and of the bootstrap.
    """
    if not np.isfinite(terms.values).all():
        return Tested.none("for some row's score is not finite")
    if terms.units is None and (two := _two_valued(terms)) is not None:
        return Tested(binomial_p(*two), "exact binomial test", exact=True)
    units = terms.by_unit()
    suffix = "" if terms.units is None else " on groups"
    if units.is_bounded:
        return Tested(_betting_p(units, seed), f"betting martingale for bounded means{suffix}", exact=True)
    return Tested(_studentised_p(units.values, seed), f"{_UNBOUNDED}{suffix}", exact=False)


def _two_valued(terms: Terms) -> tuple[int, int, float] | None:
    """Return how many values are the greatest there can be, how many are not 0, and the share of the former at which the mean is 0.

    None if some value is neither the least nor the greatest that there can be, nor 0; all that were seen may well be one of them.
    """
    values, low, high = terms.values, terms.low, terms.high
    if not (terms.is_bounded and low < 0 < high) or not np.isin(values, (low, 0.0, high)).all():
        return None
    return int((values > 0).sum()), int((values != 0).sum()), float(-low / (high - low))


def _betting_p(terms: Terms, seed: int) -> float:
    """Bet on each value in turn: the share that would have been best so far, as the mean over the variance of what was seen."""
    span = terms.high - terms.low
    zero = -terms.low / span  # where 0 lies when values are moved to 0..1
    if not 0 < zero < 1:
        return 1.0 if terms.high <= 0 else 0.0
    x = (np.random.default_rng(seed).permutation(terms.values) - terms.low) / span
    before = np.arange(len(x))
    total = np.concatenate(([0.0], np.cumsum(x)[:-1]))
    mean = (zero + total) / (1 + before)
    squares = np.concatenate(([0.0], np.cumsum((x - mean) ** 2)[:-1]))
    variance = (0.25 + squares) / (1 + before)
    bet = np.clip((mean - zero) / (variance + (mean - zero) ** 2), 0.0, MOST_BET / zero)
    capital = np.cumsum(np.log1p(bet * (x - zero)))
    return float(min(1.0, np.exp(-max(0.0, capital.max(initial=0.0)))))


def _studentised_p(seen: Floats, seed: int) -> float:
    if len(seen) < FEWEST_UNITS:
        return 1.0
    values = np.append(seen, min(seen.min(), LOWER_STILL * seen.min()))
    count, deviation = len(values), values.std(ddof=1)
    if deviation <= 0:
        return 1 / (1 + RESAMPLES) if values.mean() > 0 else 1.0
    observed = np.sqrt(count) * values.mean() / deviation
    generator = np.random.default_rng(seed)
    step = max(1, CELLS_AT_ONCE // count)
    at_least = 0
    for start in range(0, RESAMPLES, step):
        drawn = values[generator.integers(0, count, (min(step, RESAMPLES - start), count), dtype=np.int32)]
        spread = drawn.std(axis=1, ddof=1)
        shifted = np.sqrt(count) * (drawn.mean(axis=1) - values.mean())
        at_least += int((shifted >= observed * spread).sum())
    return (1 + at_least) / (1 + RESAMPLES)
