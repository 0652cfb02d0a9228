"""What is measured on a program: scores and their intervals, latency, interpretability."""

from __future__ import annotations

from automicro.measure.clustering.indices import agreement, density_validity, distances, silhouette
from automicro.measure.clustering.tendency import Columns, StructureTest, structure_test
from automicro.measure.effects.curves import Effect
from automicro.measure.effects.effects import effects, function_effects
from automicro.measure.effects.importance import Importance, permutation_importance
from automicro.measure.effects.interactions import Interaction
from automicro.measure.effects.text import Effects
from automicro.measure.interpretability.level import Interpretability, Limits, interpretability
from automicro.measure.interpretability.saved_level import VerifiedLevel, verified_level
from automicro.measure.latency.quantiles import (
    FEWEST_RUNS,
    Latency,
    latency_in_fresh_processes,
    latency_in_this_process,
    more_runs,
)
from automicro.measure.latency.timing import entry_point, row_array, time_calls
from automicro.measure.metrics.interval import FoldPredictions, Reference, halves_interval, interval
from automicro.measure.metrics.own import row_values
from automicro.measure.metrics.score import score, scores, scores_by_fold
from automicro.measure.monotonicity.proof import Direction, directions
from automicro.measure.robustness.decision_distance import Flips, flips
from automicro.measure.robustness.perturbations import Stress, stresses
from automicro.measure.robustness.summary import Robustness, robustness

__all__ = [
    "FEWEST_RUNS",
    "Columns",
    "Direction",
    "Effect",
    "Effects",
    "Flips",
    "FoldPredictions",
    "Importance",
    "Interaction",
    "Interpretability",
    "Latency",
    "Limits",
    "Reference",
    "Robustness",
    "Stress",
    "StructureTest",
    "VerifiedLevel",
    "agreement",
    "density_validity",
    "directions",
    "distances",
    "effects",
    "entry_point",
    "flips",
    "function_effects",
    "halves_interval",
    "interpretability",
    "interval",
    "latency_in_fresh_processes",
    "latency_in_this_process",
    "more_runs",
    "permutation_importance",
    "robustness",
    "row_array",
    "row_values",
    "score",
    "scores",
    "scores_by_fold",
    "silhouette",
    "stresses",
    "structure_test",
    "time_calls",
    "verified_level",
]
