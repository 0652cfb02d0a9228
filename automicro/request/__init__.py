"""What is asked for: data source, constraints and search settings as one typed object."""

from __future__ import annotations

from automicro.request.class_weights import BALANCED
from automicro.request.constraints import LEVELS, Constraints, Level
from automicro.request.keywords import read_keywords, with_keywords
from automicro.request.metrics import ALIASES, INDICES, METRICS, Metric, metric
from automicro.request.problems import did_you_mean
from automicro.request.records import (
    Card,
    CardColumn,
    CardReference,
    Certificate,
    CertifiedStep,
    HeldOutScore,
    LatencyRecord,
    Price,
    QuantileRecord,
    ScoreBeside,
    TraceLine,
    TrialRecord,
)
from automicro.request.search import Search
from automicro.request.search_request import SearchRequest
from automicro.request.source import DataSource, Output
from automicro.request.stresses import FLIP, STRESSES

__all__ = [
    "ALIASES",
    "BALANCED",
    "FLIP",
    "INDICES",
    "LEVELS",
    "METRICS",
    "STRESSES",
    "Card",
    "CardColumn",
    "CardReference",
    "Certificate",
    "CertifiedStep",
    "Constraints",
    "DataSource",
    "HeldOutScore",
    "LatencyRecord",
    "Level",
    "Metric",
    "Output",
    "Price",
    "QuantileRecord",
    "ScoreBeside",
    "Search",
    "SearchRequest",
    "TraceLine",
    "TrialRecord",
    "did_you_mean",
    "metric",
    "read_keywords",
    "with_keywords",
]
