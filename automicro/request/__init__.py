"""What is requested: data source, constraints and search settings as one typed object."""

from __future__ import annotations

from automicro.request.class_weights import BALANCED
from automicro.request.constraints import Constraints
from automicro.request.keywords import read_keywords, with_keywords
from automicro.request.levels import LEVELS, Level
from automicro.request.metrics.costs import MEAN_COST, MeanCost, cost_metric, matrix_of
from automicro.request.metrics.known import ALIASES, INDICES, METRICS, MetricFacts, metric
from automicro.request.metrics.names import metric_named
from automicro.request.metrics.own import Metric, is_black_box, why_not_passed_on
from automicro.request.metrics.records import metric_of_record, metric_record, with_labels
from automicro.request.problems import did_you_mean
from automicro.request.records import (
    Card,
    CardColumn,
    CardReference,
    Certificate,
    CertifiedStep,
    HeldOutScore,
    LatencyRecord,
    MetricRecord,
    Price,
    QuantileRecord,
    ScoreBeside,
    Status,
    TraceLine,
    TrialRecord,
)
from automicro.request.renamed import FORMER, FormerName
from automicro.request.search import Search
from automicro.request.search_request import SearchRequest
from automicro.request.source import DataSource, Output
from automicro.request.stresses import FLIP, OF_CATEGORIES, STRESSES

__all__ = [
    "ALIASES",
    "BALANCED",
    "FLIP",
    "FORMER",
    "INDICES",
    "LEVELS",
    "MEAN_COST",
    "METRICS",
    "OF_CATEGORIES",
    "STRESSES",
    "Card",
    "CardColumn",
    "CardReference",
    "Certificate",
    "CertifiedStep",
    "Constraints",
    "DataSource",
    "FormerName",
    "HeldOutScore",
    "LatencyRecord",
    "Level",
    "MeanCost",
    "Metric",
    "MetricFacts",
    "MetricRecord",
    "Output",
    "Price",
    "QuantileRecord",
    "ScoreBeside",
    "Search",
    "SearchRequest",
    "Status",
    "TraceLine",
    "TrialRecord",
    "cost_metric",
    "did_you_mean",
    "is_black_box",
    "matrix_of",
    "metric",
    "metric_named",
    "metric_of_record",
    "metric_record",
    "read_keywords",
    "why_not_passed_on",
    "with_keywords",
    "with_labels",
]
