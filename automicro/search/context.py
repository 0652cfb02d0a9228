"""What the search sends to a worker, and what comes back."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from automicro.search.requirements.file import Size
from automicro.search.requirements.requirements import Requirements
from automicro.search.requirements.scores import Score

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from automicro.data import Fold, PreparationSettings, Problem
    from automicro.discovery import ThirdParty
    from automicro.explain import Replay
    from automicro.measure import Interpretability
    from automicro.search.decide.certify import SafetyMargin
    from automicro.search.propose.warm_start import WarmStart

__all__ = [
    "Candidate",
    "Context",
    "Outcome",
    "OwnTask",
    "Probe",
    "ProbeTask",
    "QuantisedVariant",
    "ReferenceOutcome",
    "ReferenceTask",
    "RefitTask",
    "State",
    "Target",
    "TrialTask",
    "Variants",
    "offsets_of",
]


class State(StrEnum):
    """What became of a candidate.

    Below the margin: meets the target, but is beaten by an artifact that the search had. Given up: it cannot reach the target, as some of
    the folds show. Abandoned: the search ended first.
    """

    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    BELOW_MARGIN = "below_margin"
    TOO_LARGE = "too_large"
    GIVEN_UP = "given_up"
    ABANDONED = "abandoned"
    FAILED = "failed"
    DECLINED = "declined"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Candidate:
    """Preparation, family and parameters, before training; `planned` if of the family's portfolio, which every search tries first."""

    number: int
    family: str
    parameters: Mapping[str, Any]
    preparation: PreparationSettings
    seed: int
    planned: bool = False


@dataclass(frozen=True, eq=False)
class Context:
    """What every task of a search shares, an earlier model and pretrained arrays by family included; sent to each worker once.

    `requirements` are all but the score, which comes with each task (`Target`). `plugins` are the families that automicro does not bring;
    a worker imports one of them with its first task. `goal` is the required value of the metric, None if that is relative to a
    reference; `cost_weights` are those of the classes that costs imply.
    """

    problem: Problem
    folds: tuple[Fold, ...]
    metric: str
    requirements: Requirements = field(default_factory=Requirements)
    earlier: WarmStart | None = None
    encoders: Mapping[str, Mapping[str, NDArray[np.float64]]] = field(default_factory=dict)
    goal: float | None = None
    class_weights: tuple[float, ...] | None = None
    cost_weights: tuple[float, ...] | None = None
    plugins: Mapping[str, ThirdParty] = field(default_factory=dict)

    def required(self, target: Target) -> Requirements:
        """Return all requirements, the score of a target included."""
        score = Score(self.metric, target.least_utility, target.scale)
        return self.requirements.with_score(score, of_partition=self.problem.task == "clustering")


@dataclass(frozen=True)
class Target:
    """The score to reach.

    Scores are *utilities*: the metric's value, its sign turned where smaller is better, so that more is always better.
    `fold_offsets` says how much easier than the average each fold is, as far as that is known. `floor` is the required utility where
    the search aims higher (`utility`), so that forms between the two are scored as well.
    """

    utility: float
    fold_offsets: tuple[float, ...] = ()
    floor: float | None = None

    @property
    def least_utility(self) -> float:
        """The utility below which a form is of no interest."""
        return self.utility if self.floor is None else self.floor

    def expected(self, folds: int) -> float:
        """Return the mean utility that a model on the target, or on its floor, has on the first `folds` folds."""
        known = self.fold_offsets[:folds]
        return self.least_utility + (sum(known) / len(known) if known else 0.0)

    def short_of_margin(self, utility: float) -> bool:
        """Whether a utility meets the target, but not the margin."""
        return self.least_utility <= utility < self.utility

    @property
    def scale(self) -> float:
        """What a shortfall of the utility is divided by to compare it with other constraints."""
        return max(abs(self.utility), 1e-9)


def offsets_of(fold_utilities: Sequence[float]) -> tuple[float, ...]:
    """Return how much easier than their mean each fold was for some model; nothing where a fold has no score."""
    mean = sum(fold_utilities) / max(len(fold_utilities), 1)
    return tuple(utility - mean for utility in fold_utilities) if math.isfinite(mean) else ()


class _OfOneFamily:
    """What a worker does for a candidate."""

    candidate: Candidate

    @property
    def family(self) -> str:
        """Name of the family, whose tasks share a process."""
        return self.candidate.family


@dataclass(frozen=True)
class TrialTask(_OfOneFamily):
    """Train and judge one candidate; forms of `incumbent_bytes` and more cannot win.

    With an `aim` the target is the requested one, and the trial itself finds out how far above it to aim. `known` are bytes and utility
    of the artifacts that the search has: a form that meets the target, not the margin, is trained on all rows where none of them is as
    small and as good.
    """

    candidate: Candidate
    target: Target
    incumbent_bytes: int | None = None
    aim: SafetyMargin | None = None
    known: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class ReferenceTask(_OfOneFamily):
    """Train a family's strongest setting on a fold, whatever its size, and score what it packs to; of `fold` None on all rows."""

    candidate: Candidate
    fold: int | None


@dataclass(frozen=True)
class ProbeTask(_OfOneFamily):
    """Train a family's strongest setting on few rows, to know how long a fold takes."""

    candidate: Candidate


@dataclass(frozen=True, eq=False)
class OwnTask:
    """Evaluate the reference's own model as a candidate: packed models and predictions of its folds, and the one of all rows."""

    task: TrialTask
    fold_utilities: tuple[float, ...]
    fold_artifacts: tuple[bytes, ...]
    predictions: tuple[NDArray[np.float64], ...]
    artifact: bytes

    @property
    def family(self) -> str:
        """Name of the family, whose tasks share a process."""
        return self.task.family


@dataclass(frozen=True)
class RefitTask(_OfOneFamily):
    """Train a form that was scored in some trial on all rows, pack it, and check every constraint but the score."""

    candidate: Candidate
    target: Target
    form: QuantisedVariant


@dataclass(frozen=True)
class QuantisedVariant:
    """One program that a trial could return: a variant of the trained model at one precision.

    `size_bytes` is that of the first fold's artifact, `utility` the mean of the folds' models on their validation rows. Of an artifact that
    was trained on all rows `size_bytes` is its own, and `utility` is lower where its training rows imply less. `validated` and `trained`
    are the utilities of the folds' models on their validation rows and on their training rows, the latter of forms that may be returned.
    `limited` says whether it was trained within the number of columns that are allowed.
    """

    key: str
    precision: str
    utility: float
    size_bytes: int
    validated: tuple[float, ...] = ()
    trained: tuple[float, ...] = ()
    limited: bool = True


Variants: TypeAlias = tuple[QuantisedVariant, ...]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of a candidate.

    Parameters
    ----------
    status : State
    values : mapping of str to float
        What was measured, by the name of the requirement: of the file, or of the form that came nearest; its utility and bytes only
        where they decide (see `measured`).
    missed : float
        By how much the trial, which may aim higher than the request, saw the requirements missed, all together; 0 if none is.
    artifact : bytes or None
        The stripped artifact trained on all rows; only for a feasible form that beats the incumbent.
    others : tuple of Outcome
        Further artifacts of the same training: forms that meet every constraint and the target, smaller or with a higher utility.
    structure : Interpretability or None
        Of the artifact.
    indices : mapping of str to float, or None
        For clustering: every index of the chosen form, the mean over the folds.
    out_of_fold : array of float64 or None
        Predictions of the chosen form on rows it was not trained on, (repeats, rows) or (repeats, rows, classes); NaN where a
        row was never held out. For clustering each half's clusters have numbers of their own.
    implied_utility : float or None
        The utility that the artifact's own training rows imply; see `automicro.search.trial.agreement`.
    implied_beside : mapping of str to float
        The same of each required score beside the metric.
    aim : float or None
        The utility that the trial found the search should aim at, where its task left that to it.
    robustness : mapping of str to float
        On held-out rows: what stresses take from the score, and how far half of the rows are at least from another decision (``"flip"``).
    reused : str
        What of an earlier model or a pretrained encoder went into it.
    replay : Replay or None
        Whether the artifact's global card gives what the artifact gives; only of what may be returned.
    traceback : str
        Of a failed trial: where in the code it failed.
    from_storage : bool
        Whether another run had finished the trial.
    """

    number: int
    status: State
    reason: str = ""
    form: QuantisedVariant | None = None
    forms: Variants = ()
    fold_utilities: tuple[float, ...] = ()
    values: Mapping[str, float] = field(default_factory=dict)
    missed: float = 0.0
    artifact: bytes | None = None
    structure: Interpretability | None = None
    latency_us: float | None = None
    indices: Mapping[str, float] | None = None
    out_of_fold: NDArray[np.float64] | None = None
    implied_utility: float | None = None
    implied_beside: Mapping[str, float] = field(default_factory=dict)
    aim: float | None = None
    robustness: Mapping[str, float] = field(default_factory=dict)
    reused: str = ""
    replay: Replay | None = None
    others: tuple[Outcome, ...] = ()
    folds_run: int = 0
    seconds: float = 0.0
    traceback: str = ""
    from_storage: bool = False

    @property
    def measured(self) -> dict[str, float]:
        """All that was measured, by the name of the requirement: `values`, and utility and bytes of the form."""
        known = dict(self.values)
        if self.form is not None and math.isfinite(self.form.utility):
            known.setdefault(Score.key, self.form.utility)
        if self.form is not None and self.form.size_bytes:
            known.setdefault(Size.key, self.form.size_bytes)
        return known


@dataclass(frozen=True, eq=False)
class ReferenceOutcome:
    """What a strongest setting packs to, and on a fold its utility and its predictions for the validation rows."""

    artifact: bytes
    utility: float
    prediction: NDArray[np.float64]
    seconds: float = 0.0


@dataclass(frozen=True)
class Probe:
    """How long a fold of a strongest setting is expected to take (`fold_seconds`)."""

    fold_seconds: float
    seconds: float = 0.0
