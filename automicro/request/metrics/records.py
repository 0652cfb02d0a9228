"""A metric that the user defined: with the labels of a model, as a file holds it, and read back from one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from automicro.errors import RequestError
from automicro.request.metrics.costs import MeanCost, cost_metric
from automicro.request.metrics.names import metric_named
from automicro.request.metrics.own import Metric
from automicro.request.records import MetricRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["metric_of_record", "metric_record", "with_labels"]


def with_labels(metric: str, labels: Sequence[Any] | None) -> str:
    """Return a metric that passes its function labels; one that there is stays as it is."""
    if not isinstance(metric, Metric) or isinstance(metric.definition.function, MeanCost):
        return metric
    return metric.changed(labels=None if labels is None else tuple(labels))


def metric_record(metric: str) -> MetricRecord | None:
    """Return what a file can hold of a metric that the user defined; None for another."""
    if not isinstance(metric, Metric):
        return None
    made = metric.definition
    low, high = (bound if math.isfinite(bound) else None for bound in (made.low, made.high))
    is_cost = isinstance(made.function, MeanCost)
    return MetricRecord(
        source="" if is_cost else made.source,
        greater_is_better=made.greater_is_better,
        needs=made.needs,
        low=low,
        high=high,
        per_row=made.per_row,
        costs=made.function.matrix if isinstance(made.function, MeanCost) else None,
    )


def metric_of_record(name: str, record: MetricRecord | None, given: Any, labels: Sequence[Any] | None) -> str:
    """Return the metric of a card or certificate; of a function, which a file does not hold, the one that is given.

    Raises
    ------
    RequestError
        If the metric is a function and none, or one of another name, is given.
    """
    if record is None:
        return name
    if record.costs is not None:
        return cost_metric(record.costs)
    where = f" ({record.source})" if record.source else ""
    if given is None:
        raise RequestError(
            f"metric: must be the function {name!r}{where} that chose the model, which its file does not contain: give it as metric"
        )
    own = metric_named(given)
    if own != name and not (isinstance(own, Metric) and own.plain == name):
        raise RequestError(f"metric: must be the function {name!r}{where} that chose the model, but got {own!r}")
    return with_labels(own, labels)
