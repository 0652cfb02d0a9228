"""A metric that the user defines: a function of true and predicted values, which goes through a search under its name."""

from __future__ import annotations

import functools
import importlib
import inspect
import math
import pickle
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Self

from automicro.errors import RequestError
from automicro.request.metrics.known import ALIASES, METRICS, MetricFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


__all__ = ["Definition", "Metric", "is_black_box", "why_not_passed_on"]

LESS_IS_BETTER = ("error", "loss", "deviance")  # ends of the names of scikit-learn's errors
RESERVED = frozenset(":=,<>")


@dataclass(frozen=True)
class Definition:
    """What is known of a metric beside its name.

    Parameters
    ----------
    function : callable
    greater_is_better : bool
    is_direction_stated : bool
        Whether the user states the direction; otherwise the name implies it.
    needs : {"predict", "predict_proba"}
    low, high : float
        Lowest and highest possible score, or value of a row.
    per_row : bool
        Whether the function returns a value for each row.
    takes_weights : bool
        Whether the function has the parameter ``sample_weight``.
    sign : int
        What the function is multiplied by: -1 for an error that is a score.
    tasks : frozenset of str
    source : str
        Import path, ``"module:function"``; empty where there is none.
    labels : tuple or None
        Labels of the classes in the order of their codes, for functions that are passed labels.
    """

    function: Callable[..., Any]
    greater_is_better: bool = True
    is_direction_stated: bool = False
    needs: Literal["predict", "predict_proba"] = "predict"
    low: float = -math.inf
    high: float = math.inf
    per_row: bool = False
    takes_weights: bool = False
    sign: int = 1
    tasks: frozenset[str] = frozenset({"classification", "regression"})
    source: str = ""
    labels: tuple[Any, ...] | None = None


class Metric(str):  # noqa: SLOT000 - which texts of Python do not permit
    """A metric of your own, for `automicro.select` and `automicro.Constraints`.

    It is a `str`, the name of the metric, that also holds the function and its properties.

    Parameters
    ----------
    function : callable
        ``function(y_true, y_pred)`` or ``function(y_true, y_pred, sample_weight=None)``, which returns a number. `y_true` holds labels or
        numbers as in the target, (rows,); `y_pred` labels or numbers, (rows,); with ``needs="predict_proba"`` the
        probabilities of the positive class, the second label, (rows,), or, with three classes or more, those of all labels in ascending
        order, (rows, classes). It must not depend on the order of the rows. With sample weights it must take ``sample_weight``.
    greater_is_better : bool, optional
        By default False for a function whose name ends in error, loss or deviance, as in scikit-learn, and True for others; a search
        is refused if shuffled predictions then score better than perfect ones.
    needs : {"predict", "predict_proba"}
        Labels (or numbers), or probabilities as `y_pred`.
    name : str, optional
        Name of the metric; by default that of the function.
    bounds : tuple of float
        Lowest and highest possible score; with `per_row`, of the value of a row.
    per_row : bool
        Whether the function returns an array with one value for each row, (rows,), of which the score is the mean, weighted by
        sample weights. A certificate is then a test of a mean, exact with `bounds`; for any other function it is approximate.

    Raises
    ------
    RequestError
        If the function cannot be called with these arguments, has no name, or has the name of a built-in metric.

    Examples
    --------
    >>> import numpy as np
    >>> def profit(y_true, y_pred):
    ...     return np.where(y_pred == 1, np.where(y_true == 1, 10.0, -1.0), 0.0)
    >>> Metric(profit, greater_is_better=True, bounds=(-1, 10), per_row=True)
    'profit'
    """

    definition: Definition

    def __new__(
        cls,
        function: Callable[..., Any],
        *,
        greater_is_better: bool | None = None,
        needs: Literal["predict", "predict_proba"] = "predict",
        name: str | None = None,
        bounds: Sequence[float] = (-math.inf, math.inf),
        per_row: bool = False,
    ) -> Self:
        """Return the metric."""
        text = _name_of(function, name)
        low, high = _bounds(text, bounds)
        if needs not in ("predict", "predict_proba"):
            raise RequestError(f"metric: needs of {text!r} must be 'predict' or 'predict_proba', but got {needs!r}")
        stated = greater_is_better is not None
        greater = bool(greater_is_better) if stated else not text.casefold().endswith(LESS_IS_BETTER)
        tasks = {"classification"} if needs == "predict_proba" else {"classification", "regression"}
        made = Definition(function, greater, stated, needs, low, high, bool(per_row), _takes_weights(text, function))
        return cls.of(text, replace(made, tasks=frozenset(tasks), source=_source_of(function)))

    @classmethod
    def of(cls, name: str, definition: Definition) -> Self:
        """Return a metric of that name."""
        made = super().__new__(cls, name)
        made.definition = definition
        return made

    def changed(self, **changes: Any) -> Metric:
        """Return the metric with another definition."""
        return Metric.of(self.plain, replace(self.definition, **changes))

    @property
    def plain(self) -> str:
        """Its name alone."""
        return str.__str__(self)

    @property
    def facts(self) -> MetricFacts:
        """What a search must know of the metric."""
        made = self.definition
        needs: Any = "probability" if made.needs == "predict_proba" else "label"
        return MetricFacts(self, made.greater_is_better, made.tasks, needs, made.low, made.high)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Metric):
            return self.plain == other
        own, theirs = (replace(each.definition, labels=None) for each in (self, other))
        return self.plain == other.plain and own == theirs

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__

    def __copy__(self) -> Metric:
        return self

    def __deepcopy__(self, memo: object) -> Metric:
        return self

    def __reduce__(self) -> Any:
        made = self.definition
        function = made.function if _goes_by_name(made.function) else _by_value(made.function)
        return Metric.of, (self.plain, replace(made, function=function))


def is_black_box(metric: str) -> bool:
    """Whether a metric is a function that must be called anew for every weighting of the rows."""
    return isinstance(metric, Metric) and not metric.definition.per_row


def why_not_passed_on(metric: str) -> str:
    """Return why a metric cannot be sent to another process; empty if it can."""
    try:
        pickle.dumps(metric)
    except Exception as error:  # noqa: BLE001 - whatever some object raises that a function holds
        return f"{type(error).__name__}: {error}"
    return ""


def _goes_by_name(function: Any) -> bool:
    """Whether another process can import what a pickle names; the module of a script or notebook is another there."""
    try:
        return b"__main__" not in pickle.dumps(function)
    except Exception:  # noqa: BLE001 - as above
        return False


def _by_value(function: Any) -> Any:
    wrap = importlib.import_module("joblib").wrap_non_picklable_objects  # comes with scikit-learn
    return wrap(function, keep_wrapper=False)


def _inner(function: Any) -> Any:
    return _inner(function.func) if isinstance(function, functools.partial) else function


def _name_of(function: Any, name: str | None) -> str:
    if not callable(function) or isinstance(function, type):
        raise RequestError(f"metric: must be a function of (y_true, y_pred), but got {function!r}")
    text = name or getattr(_inner(function), "__name__", "") or type(_inner(function)).__name__
    if not isinstance(text, str) or (not name and text == "<lambda>"):
        raise RequestError(
            "metric: must have a name, but a lambda has none: give automicro.Metric(function, name='profit')"
        )
    if RESERVED & set(text):
        raise RequestError(f"metric: a name must have none of {' '.join(sorted(RESERVED))}, but got {text!r}")
    if text.casefold() in {*METRICS, *ALIASES, "mean_cost"}:
        raise RequestError(
            f"metric: {text!r} is the name of a built-in metric: give automicro.Metric(function, name='my_{text}')"
        )
    return text


def _bounds(name: str, bounds: Any) -> tuple[float, float]:
    try:
        low, high = (float(bound) for bound in bounds)
    except (TypeError, ValueError):
        low = high = math.nan
    if not low < high:
        raise RequestError(f"metric: bounds of {name!r} must be two numbers, the lower one first, but got {bounds!r}")
    return low, high


def _takes_weights(name: str, function: Any) -> bool:
    """Return whether a function takes sample weights; raise unless it can be called with true and predicted values."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # of some compiled functions nothing is known
        return False
    try:
        signature.bind(None, None)
    except TypeError as error:
        raise RequestError(f"metric: {name!r} must be called as {name}(y_true, y_pred), but {error}") from None
    return "sample_weight" in signature.parameters


def _source_of(function: Any) -> str:
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
    return f"{module}:{name}" if name and module and _goes_by_name(function) else ""
