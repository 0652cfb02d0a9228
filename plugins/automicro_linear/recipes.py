"""From standardised fits to coefficients of few bits: which grids are tried, and how biases are rounded."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.plugin import shortest_between
from automicro.program.encodings import Fixed, Minifloat
from automicro_linear.design import SLOPE
from automicro_linear.lower import RawModel
from automicro_linear.rounding import round_together
from automicro_linear.short import minifloats, short_numbers
from automicro_linear.solve.newton import Fit, Problem, fit_bias, quadratic, scores
from automicro_linear.thresholds import THRESHOLDED, best_threshold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.program.encodings import Encoding
    from automicro_linear.targets import Target

__all__ = ["Scorer", "as_minifloats", "as_points", "exact"]

RANKING = frozenset({"roc_auc", "average_precision"})
LABELS = frozenset({"accuracy", "balanced_accuracy", *THRESHOLDED})
TOLERANCE = 0.03  # of a bias: log-odds, or standard deviations of the target
TOLERANCE_OF_LABELS, TOLERANCE_OF_RANKING = 0.15, 0.25
ANY_NUMBER = Minifloat(8, 23, 127)
STRETCHES = 2.0 ** np.array([0.0, 0.25, 0.5, 0.75])


@dataclass(frozen=True, eq=False)
class Scorer:
    """What turns standardised fits into raw models.

    Parameters
    ----------
    problem : Problem
    target : Target
    metric : str
    signs : array of int64, (columns of the basis,)
        1 or -1 where a coefficient must have that sign or be 0; else 0.
    """

    problem: Problem
    target: Target
    metric: str
    signs: NDArray[np.int64]

    @property
    def any_unit(self) -> bool:
        """Whether the metric stays the same when all scores are multiplied by one factor."""
        return self.metric in RANKING or self.metric in LABELS

    @property
    def tolerance(self) -> float:
        """By how much a raw bias may be rounded."""
        if self.metric in RANKING:
            return TOLERANCE_OF_RANKING
        return TOLERANCE_OF_LABELS if self.metric in LABELS else TOLERANCE * self.target.unit

    def units(self, terms: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the standardised coefficients that raw coefficients of 1 have."""
        design = self.problem.design
        units: NDArray[np.float64] = design.scale[terms % len(design.basis)] / self.target.unit
        return units

    def grid(self, base: NDArray[np.float64], terms: NDArray[np.int64]) -> list[NDArray[np.float64]]:
        """Return for each term the values of a base that it may take."""
        halves = {0: base, 1: base[base >= 0], -1: base[base <= 0]}
        return [halves[sign] for sign in self.signs[terms % len(self.signs)].tolist()]

    def raw(self, fit: Fit) -> RawModel:
        """Return a fit in raw coefficients, as it is."""
        design = self.problem.design
        slopes = fit.coefficients(len(design.basis)) / design.scale
        bias = fit.bias - slopes @ design.centre
        return RawModel(design.basis, slopes * self.target.unit, bias * self.target.unit + self.target.offset)

    def rounded(self, fit: Fit, values: NDArray[np.float64], encoding: Encoding, step_encoding: Encoding) -> RawModel:
        """Return a fit with rounded coefficients, which `values` are in standard units, and new biases of few bits."""
        kept = values != 0
        fit = fit_bias(self.problem, Fit(fit.terms[kept], values[kept], fit.bias))
        model = self.raw(self.thresholded(fit))
        bias, bias_encoding = _short_bias(model.bias, self.tolerance)
        return RawModel(model.basis, model.slopes, bias, encoding, step_encoding, bias_encoding)

    def thresholded(self, fit: Fit) -> Fit:
        """Return a fit whose label changes where the metric, if it measures labels, is best."""
        loss, design = self.problem.loss, self.problem.design
        if self.metric not in THRESHOLDED or loss.link != "sigmoid":
            return fit
        at = scores(design, fit)[:, 0]
        return replace(fit, bias=fit.bias - best_threshold(self.metric, at, loss.target[:, 0], design.weights))


def exact(scorer: Scorer, fit: Fit) -> RawModel:
    """Return a fit as it is."""
    return scorer.raw(scorer.thresholded(fit))


def as_minifloats(scorer: Scorer, fit: Fit, mantissas: Sequence[int]) -> list[RawModel]:
    """Return a fit with coefficients of few mantissa bits, one model for each of `mantissas`."""
    units = scorer.units(fit.terms)
    exponents, top = _exponents(fit.values / units)
    model = quadratic(scorer.problem, fit, fit.terms)
    made = []
    for bits in mantissas:
        stretches = STRETCHES if scorer.any_unit and bits < 2 else STRETCHES[:1]
        factors = (stretches * 2.0**top)[:, None] * units
        bases = scorer.grid(minifloats(exponents, bits), fit.terms)
        found = round_together(model, scorer.problem.outputs, bases, factors)
        values = found.units[found.costs.argmin()] * 2.0**top * units
        encoding = Minifloat(exponents, bits, 2**exponents - 1 - top)
        made.append(scorer.rounded(fit, values, encoding, encoding))
    return made


def as_points(scorer: Scorer, fit: Fit, points: Sequence[int]) -> list[RawModel]:
    """Return a fit whose steps are whole points, at most so many, of one size; one model for each of `points`.

    Levels and flags take points as well, unless there are slopes: these are minifloats, and levels and flags then too.
    """
    basis, outputs = scorer.problem.design.basis, scorer.problem.outputs
    floating = basis.linear[fit.terms % len(basis)] & (basis.kind == SLOPE).any()
    units = scorer.units(fit.terms)
    raw = fit.values / units
    exponents, top = _exponents(raw[floating])
    largest = float(np.abs(raw[~floating]).max(initial=0.0)) or 1.0
    model = quadratic(scorer.problem, fit, fit.terms)
    made = []
    for most in points:
        sizes = short_numbers(0.5 * largest / most, 1.3 * largest / most)
        bits = most.bit_length() - 1
        whole, float_values = np.arange(-most, most + 1, dtype=np.float64), minifloats(exponents, bits)
        scales = np.where(floating, 2.0**top, sizes[:, None])
        grids = zip(floating, scorer.grid(float_values, fit.terms), scorer.grid(whole, fit.terms), strict=True)
        found = round_together(model, outputs, [a if f else b for f, a, b in grids], scales * units)
        best = int(found.costs.argmin())
        steps = Fixed(16, float(sizes[best]), -(2**15))
        encoding = Minifloat(exponents, bits, 2**exponents - 1 - top) if floating.any() else steps
        made.append(scorer.rounded(fit, found.units[best] * scales[best] * units, encoding, steps))
    return made


def _exponents(values: NDArray[np.float64]) -> tuple[int, int]:
    """Return how many exponent bits values need, and the largest exponent that rounding them may take."""
    sizes = np.abs(values[values != 0])
    if not len(sizes):
        return 1, 0
    low, top = math.frexp(float(sizes.min()))[1] - 3, math.frexp(float(sizes.max()))[1]
    return min((top - low).bit_length(), 8), top


def _short_bias(bias: NDArray[np.float64], tolerance: float) -> tuple[NDArray[np.float64], Encoding]:
    """Return biases within the tolerance that take few bits: one number of few digits, or several on one grid."""
    if len(bias) == 1:
        short = np.array([shortest_between(float(bias[0]) - tolerance, float(bias[0]) + tolerance)])
        return short, ANY_NUMBER
    step = 2.0 ** math.floor(math.log2(2 * tolerance))
    codes = np.rint(bias / step)
    bits = int(codes.max() - codes.min()).bit_length()
    return codes * step, Fixed(bits, step, int(codes.min())) if bits <= 24 else ANY_NUMBER
