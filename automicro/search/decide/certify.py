"""Certifies on rows that the search never saw: what is held out, what is aimed at, and which artifact passes."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.data import hold_out
from automicro.errors import ConstraintError, DataError
from automicro.evidence import HeldOutPredictions, Tested, better_than, within_of
from automicro.measure import score
from automicro.program import evaluate, unpack
from automicro.request import metric as metric_of
from automicro.search.context import RefitTask
from automicro.search.decide.latency import score_interval
from automicro.search.defined import is_defined
from automicro.search.requirements.scores import OtherScore, Robustness

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from automicro.data import Problem
    from automicro.request import Constraints
    from automicro.search.context import Context, Outcome, QuantisedVariant, Target
    from automicro.search.history import SearchHistory
    from automicro.search.requirements.requirements import Requirements

__all__ = [
    "CertificationSplit",
    "Certified",
    "Paired",
    "SafetyMargin",
    "Step",
    "certified",
    "claim_test",
    "hold_out_for_certification",
    "levels",
    "likely",
    "refit_tasks",
    "rows_needed",
    "sequence",
]

AUTO_ROWS = 25_000  # from here on a fifth of the rows tells scores that are a point apart
SHARE, SMALL_SHARE, SMALL_ROWS = 0.2, 1 / 3, 3000
POWER = 0.8
SELECTED, SELECTED_OF_FEW, FEW_ROWS = 0.5, 1.0, 500
REFITS = 5
STEPS_AT_MOST = 12
MOST_ROWS_NEEDED = 10**9
LEAST_MARGIN = (
    0.25  # of a cross-validated score above the target, in standard errors on the held-out rows, that is worth a test
)
LATER_STARTS = 0.05  # share of the level of one test that the next has of its own: costs 0.4 % of certificates where no test fails early
ONE_SIGMA = NormalDist().cdf(1.0)


@dataclass(frozen=True, eq=False)
class CertificationSplit:
    """Rows that are held out for a certificate.

    Parameters
    ----------
    problem : Problem
        All rows.
    searched, held : array of int64
        Their numbers.
    share : float
        What was asked to be held out.
    seed : int
    """

    problem: Problem
    searched: NDArray[np.int64]
    held: NDArray[np.int64]
    share: float
    seed: int

    def held_out(self, metric: str, prediction: NDArray[np.float64]) -> HeldOutPredictions:
        """Return predictions for the held-out rows with their target."""
        problem, held = self.problem, self.held
        weights = None if problem.weights is None else problem.weights[held]
        groups = None if problem.groups is None else problem.groups[held]
        units, copies = (None, groups) if problem.copied else (groups, None)
        return HeldOutPredictions(metric, problem.target[held], prediction, weights, units, copies)

    def predict(self, artifact: bytes) -> NDArray[np.float64]:
        """Return what an artifact predicts for the held-out rows."""
        return evaluate(unpack(artifact), self.problem.batch(self.held))


def hold_out_for_certification(problem: Problem, constraints: Constraints, seed: int) -> CertificationSplit | None:
    """Return the rows that are held out; None where the verdict is to be estimated.

    Raises
    ------
    DataError
        Where a certificate is asked for and the rows cannot be split.
    """
    wanted = constraints.certify
    if problem.task == "clustering":
        if wanted is True:
            raise ConstraintError(
                "certify: needs a target that held-out rows can be judged by, but clustering has none"
            )
        return None
    if wanted is False or (wanted == "auto" and problem.rows < AUTO_ROWS):
        return None
    share = SHARE if problem.rows >= SMALL_ROWS else SMALL_SHARE
    try:
        searched, held = hold_out(problem, share, seed)
    except DataError as error:
        if wanted == "auto":
            return None
        raise DataError(f"certify=True needs rows that are held out: {error}") from error
    if not is_defined(problem, held, constraints.measured.name):
        if wanted == "auto":
            return None
        raise DataError(
            f"certify=True needs held-out rows on which {constraints.measured.name} is defined, but has {len(held)} rows of one "
            "class or of one value: give more rows of the others, or certify=False"
        )
    return CertificationSplit(problem, searched, held, share, seed)


@dataclass(frozen=True)
class SafetyMargin:
    """By how many standard errors of a score the search aims above the target.

    The out-of-fold predictions of a trial tell how large a standard error is.

    For a certificate that is (z of the confidence + z of the power) errors of a score on the held-out rows, so that its test passes four
    times in five. For an estimate it is half an error of the cross-validated score, a whole one below 500 rows: about what "the smallest
    above the target" is too good by, because it was selected.

    Parameters
    ----------
    errors : float
        The request's `margin`; see `of`.
    certified_rows : int or None
        On which the score is measured in the end: so many held-out rows, or those that the folds validate (None).
    seed : int
        Seed of the bootstrap that estimates a standard error.
    """

    errors: float
    certified_rows: int | None
    seed: int = 0

    @classmethod
    def of(cls, constraints: Constraints, rows: int, held: int | None, seed: int) -> SafetyMargin | None:
        """Return the aim of a search over so many rows, with so many held out for a certificate; None for a margin of 0."""
        usual = cls.estimating(rows, seed) if held is None else cls.certifying(held, constraints.confidence, seed)
        aim = usual if constraints.margin == "auto" else replace(usual, errors=float(constraints.margin))
        return aim if aim.errors > 0 else None

    @classmethod
    def certifying(cls, held: int, confidence: float, seed: int) -> SafetyMargin:
        """Return the aim of a search whose result is tested on so many held-out rows."""
        normal = NormalDist()
        return cls(normal.inv_cdf(confidence) + normal.inv_cdf(POWER), held, seed)

    @classmethod
    def estimating(cls, rows: int, seed: int) -> SafetyMargin:
        """Return the aim of a search whose result is estimated by cross-validation of so many rows."""
        return cls(SELECTED_OF_FEW if rows < FEW_ROWS else SELECTED, None, seed)

    def raised(self, target: Target, context: Context, out_of_fold: NDArray[np.float64]) -> Target:
        """Return the target raised by the margin, at most half-way to the best possible utility; as it is where no margin can be told."""
        margin = self.errors * self.error(context, out_of_fold)
        if not math.isfinite(margin):
            return target
        facts = metric_of(context.metric)
        best = facts.high if facts.sign > 0 else -facts.low
        most = (target.utility + best) / 2 if math.isfinite(best) else math.inf
        return replace(target, utility=min(target.utility + margin, most), floor=target.utility)

    def error(self, context: Context, out_of_fold: NDArray[np.float64]) -> float:
        """Return the standard error of a score on so many rows, from the out-of-fold predictions of a trial."""
        low, high = score_interval(context, out_of_fold, ONE_SIGMA, self.seed)
        validated = len(np.unique(np.concatenate([fold.validation for fold in context.folds])))
        rows = self.certified_rows or validated
        return (high - low) / 2 * math.sqrt(validated / rows)


def refit_tasks(found: SearchHistory, target: Target, requirements: Requirements) -> list[RefitTask]:
    """Return what is to be trained on all search rows beside the artifacts that the search has: forms below its aim, but above the target.

    They are smaller than the smallest artifact, or, if there is none, the surest that were found; a few of them, spread over the utilities.
    None if robustness or other scores are required, which are evaluated on the folds of a trial.
    """
    if requirements.one(Robustness) or requirements.one(OtherScore):
        return []
    best = found.incumbent
    limit = math.inf if best is None or best.artifact is None else len(best.artifact)
    made = {(o.number, o.form.key, o.form.precision) for o in found.artifacts if o.form is not None}
    forms = [
        (form, outcome)
        for outcome in found.outcomes
        for form in outcome.forms
        if form.utility >= target.utility
        and form.size_bytes < limit
        and (found.size_bytes is None or form.size_bytes <= found.size_bytes)
        if (outcome.number, form.key, form.precision) not in made
    ]
    edge: list[tuple[QuantisedVariant, Outcome]] = []
    for form, outcome in sorted(forms, key=lambda pair: (pair[0].size_bytes, -pair[0].utility, pair[1].number)):
        if not edge or form.utility > edge[-1][0].utility:
            edge.append((form, outcome))
    chosen = sorted({round(place) for place in np.linspace(0, len(edge) - 1, min(REFITS, len(edge)))})
    bare = replace(target, fold_offsets=())
    return [RefitTask(found.candidates[edge[i][1].number], bare, edge[i][0]) for i in chosen]


@dataclass(frozen=True, eq=False)
class Paired:
    """What the reference's own model, known by its `sha256`, predicts for the held-out rows."""

    prediction: NDArray[np.float64]
    sha256: str


@dataclass(frozen=True, eq=False)
class Step:
    """One artifact that was tested: its score on the held-out rows, the test, and the level at which it was tested."""

    outcome: Outcome
    score: float
    tested: Tested
    level: float

    @property
    def rejected(self) -> bool:
        """Whether the null hypothesis was rejected: the artifact passed."""
        return self.tested.p_value <= self.level and self.level > 0


@dataclass(frozen=True, eq=False)
class Certified:
    """The tests in their order; `chosen` is the smallest artifact that passed and is not `too_slow`, None if there is none."""

    certification: CertificationSplit
    steps: tuple[Step, ...]
    reference: Paired | None = None
    too_slow: frozenset[int] = frozenset()

    @property
    def place(self) -> int | None:
        """The place of the smallest artifact that passed and is fast enough."""
        passed = [k for k, step in enumerate(self.steps) if step.rejected and k not in self.too_slow]
        return passed[-1] if passed else None

    @property
    def in_vain(self) -> Certified:
        """The same tests at a level of 0: what they say of models that they had no power to certify."""
        return replace(self, steps=tuple(replace(step, level=0.0) for step in self.steps))

    @property
    def chosen(self) -> Step | None:
        """The step of the artifact that is returned."""
        return None if self.place is None else self.steps[self.place]


def sequence(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Return artifacts from the surest to the smallest, judged on the search rows alone; none that another beats in both."""
    ordered = sorted(
        (o for o in outcomes if o.artifact is not None and o.form is not None and not o.missed),
        key=lambda o: (-(o.form.utility if o.form else 0.0), len(o.artifact or b""), o.number),
    )
    kept: list[Outcome] = []
    for outcome in ordered:
        if not kept or len(outcome.artifact or b"") < len(kept[-1].artifact or b""):
            kept.append(outcome)
    if len(kept) <= STEPS_AT_MOST:
        return kept
    chosen = sorted({round(place) for place in np.linspace(0, len(kept) - 1, STEPS_AT_MOST)})
    return [kept[place] for place in chosen]


def likely(
    ordered: Sequence[Outcome],
    context: Context,
    target: Target,
    certification: CertificationSplit,
    constraints: Constraints,
) -> list[Outcome]:
    """Return the artifacts whose cross-validated score is above the target by a quarter of a standard error on the held-out rows.

    The others are not tested, since their tests have little power, and many of those that pass are lucky (see
    docs/decisions/0045-tests-with-little-power.md). The search rows alone decide this, so that the level of the tests is as stated. Tests
    of `within` compare pairs of predictions, of which the error is smaller: all are made.
    """
    known = [o.out_of_fold for o in ordered if o.out_of_fold is not None]
    if constraints.within is not None or not known:
        return list(ordered)
    error = SafetyMargin.certifying(len(certification.held), constraints.confidence, certification.seed).error(
        context, known[-1]
    )
    least = target.utility + LEAST_MARGIN * (error if math.isfinite(error) else 0.0)
    return [o for o in ordered if o.form is None or o.form.utility >= least]


def certified(
    certification: CertificationSplit, constraints: Constraints, ordered: Sequence[Outcome], reference: Paired | None
) -> Certified:
    """Test artifacts in their order, from the surest to the smallest, at levels that the order alone decides.

    The fallback procedure (Wiens, Pharmaceutical Statistics 2, 2003) along a frontier, as in Pareto Testing (Laufer-Goldshtein et al., ICLR
    2023): each artifact has a share of the level, nearly all of it for the first, and one that passes hands its level on to the next. The
    chance that any artifact passes whose score is below the target is at most 1 - confidence. An artifact that fails loses its level, but
    those after it keep their own.
    """
    tests: list[tuple[float, Tested]] = []
    for outcome in ordered:
        artifact = outcome.artifact or b""
        held_out = certification.held_out(constraints.measured.name, certification.predict(artifact))
        sha256 = hashlib.sha256(artifact).hexdigest()
        value = score(held_out.metric, held_out.y, held_out.prediction, held_out.weights)
        tests.append((value, claim_test(held_out, constraints, reference, certification.seed, sha256)))
    of_tests = levels([tested.p_value for _, tested in tests], constraints.confidence)
    steps = tuple(
        Step(outcome, value, tested, level)
        for outcome, (value, tested), level in zip(ordered, tests, of_tests, strict=True)
    )
    return Certified(certification, steps, reference)


def levels(p_values: Sequence[float], confidence: float) -> list[float]:
    """Return the level of each test of a certificate, in their order; see `certified`."""
    shares = LATER_STARTS ** np.arange(len(p_values))
    found: list[float] = []
    carried = 0.0
    for p_value, share in zip(p_values, (shares / shares.sum()).tolist(), strict=True):
        found.append(carried + share * (1 - confidence))
        carried = found[-1] if p_value <= found[-1] else 0.0
    return found


def claim_test(
    held_out: HeldOutPredictions, constraints: Any, reference: Paired | None, seed: int, sha256: str = ""
) -> Tested:
    """Test all required scores; return the test with the largest p-value.

    All must be reached, so that each is tested at the full level and the model passes where every test does (an intersection-union test,
    Berger, Technometrics 24, 1982).

    The reference's own model, which is known by its `sha256`, needs no test of being as good as the reference.
    """
    tests = []
    if constraints.score is not None:
        tests.append(better_than(held_out, constraints.score, seed))
    if constraints.within is not None and reference is not None:
        if sha256 == reference.sha256 and np.array_equal(held_out.prediction, reference.prediction):
            tests.append(Tested(0.0, "none is needed, for the model is the reference itself", exact=True))
        else:
            tests.append(within_of(held_out, reference.prediction, constraints.within, seed))
    tests += [
        better_than(replace(held_out, metric=name), least, seed) for name, least in (constraints.scores or {}).items()
    ]
    return max(tests, key=lambda tested: tested.p_value)


def rows_needed(p_value: float, rows: int, confidence: float) -> int | None:
    """Return how many held-out rows a test needs to pass four times in five if the margin is the one that was seen.

    None if that margin is not above 0: then no number of rows would do.
    """
    normal = NormalDist()
    seen = -normal.inv_cdf(min(max(p_value, 1e-12), 1 - 1e-12))
    if seen <= 0.05:
        return None
    wanted = normal.inv_cdf(confidence) + normal.inv_cdf(POWER)
    return min(MOST_ROWS_NEEDED, math.ceil(rows * (wanted / seen) ** 2))
