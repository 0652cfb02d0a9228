"""What is measured on a program: scores and their intervals, latency, interpretability."""

from __future__ import annotations

from automicro.measure.interpretability import Interpretability, Limits, interpretability
from automicro.measure.interval import JudgedRows, Reference, interval
from automicro.measure.latency import Latency, entry_point, latency, latency_in_fresh_process
from automicro.measure.score import score, scores, scores_by_fold

__all__ = [
    "Interpretability",
    "JudgedRows",
    "Latency",
    "Limits",
    "Reference",
    "entry_point",
    "interpretability",
    "interval",
    "latency",
    "latency_in_fresh_process",
    "score",
    "scores",
    "scores_by_fold",
]
