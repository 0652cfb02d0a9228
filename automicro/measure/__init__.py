"""What is measured on a program: scores and their intervals, latency, interpretability."""

from __future__ import annotations

from automicro.measure.effects import Effects, effects, function_effects
from automicro.measure.flips import Flips, flips
from automicro.measure.importance import Importance, permutation_importance
from automicro.measure.interactions import Interaction
from automicro.measure.interpretability import Interpretability, Limits, interpretability
from automicro.measure.interval import JudgedRows, Reference, halves_interval, interval
from automicro.measure.latency import (
    FEWEST_RUNS,
    Latency,
    latency_in_fresh_processes,
    latency_in_this_process,
    more_runs,
)
from automicro.measure.level import JudgedLevel, judged_level
from automicro.measure.monotone import Direction, directions
from automicro.measure.own import row_values
from automicro.measure.partitions import agreement, density_validity, distances, silhouette
from automicro.measure.robustness import Robustness, robustness
from automicro.measure.score import score, scores, scores_by_fold
from automicro.measure.shapes import Effect
from automicro.measure.stress import Stress, stresses
from automicro.measure.structure_test import Columns, StructureTest, structure_test
from automicro.measure.timing import entry_point, row_array, time_calls

__all__ = [
    "FEWEST_RUNS",
    "Columns",
    "Direction",
    "Effect",
    "Effects",
    "Flips",
    "Importance",
    "Interaction",
    "Interpretability",
    "JudgedLevel",
    "JudgedRows",
    "Latency",
    "Limits",
    "Reference",
    "Robustness",
    "Stress",
    "StructureTest",
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
    "judged_level",
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
]
