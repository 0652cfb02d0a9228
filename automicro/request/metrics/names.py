"""What can be given as a metric: a name, an import path, a function, a scorer of scikit-learn, or a `Metric`."""

from __future__ import annotations

import functools
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from automicro.errors import RequestError
from automicro.request.metrics.known import ALIASES, METRICS, metric
from automicro.request.metrics.own import Metric

__all__ = ["metric_named"]


def metric_named(given: Any) -> str:
    """Return the name of a metric in full; of a function, or what a path such as ``"shop.scores:profit"`` names, a `Metric`.

    Functions and scorers of scikit-learn that compute a built-in metric become that metric.

    Raises
    ------
    RequestError
        If there is none, or it cannot be one.
    """
    if isinstance(given, Metric):
        return given
    if isinstance(given, str):
        return _imported(given) if ":" in given else metric(given).name
    if hasattr(given, "_score_func") and hasattr(given, "_sign"):
        return _of_scorer(given)
    if known := _known(given):
        return known
    return Metric(given)


def _imported(path: str) -> str:
    module, _, place = path.strip().partition(":")
    try:
        found: Any = _module(module)
        for part in place.split("."):
            found = getattr(found, part)
    except Exception as error:
        raise RequestError(
            f"metric: {path!r} must name a function as module:function, but {type(error).__name__}: {error}"
        ) from error
    if isinstance(found, str) and not isinstance(found, Metric):
        raise RequestError(f"metric: {path!r} must name a function, but names the text {found!r}")
    named = metric_named(found)
    return named.changed(source=path.strip()) if isinstance(named, Metric) else named


def _module(name: str) -> Any:
    """Import a module; from the working folder, too, as where a search file names one."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if not name.startswith(str(error.name)) or str(Path.cwd()) in sys.path:
            raise
    sys.path.append(str(Path.cwd()))  # for good, since worker processes import it as well
    return import_module(name)


def _known(function: Any) -> str:
    """Return the name under which a function of scikit-learn is known here; empty if it is another."""
    if not str(getattr(function, "__module__", "")).startswith("sklearn.metrics"):
        return ""
    name = str(getattr(function, "__name__", ""))
    for each in (name, name.removesuffix("_score"), name.removesuffix("_loss")):
        try:
            return metric(each).name
        except RequestError:
            continue
    return ""


def _of_scorer(scorer: Any) -> str:
    function, sign, keywords = scorer._score_func, int(scorer._sign), dict(scorer._kwargs)  # noqa: SLF001 - there is no public way
    response = getattr(scorer, "_response_method", "predict")
    if registered := _registered(scorer):
        return registered
    known = "" if keywords else _known(function)
    if known and metric(known).greater_is_better != (sign > 0):
        raise RequestError(
            f"metric: {known!r} is an error: give make_scorer({function.__name__}, greater_is_better=False)"
        )
    if known:
        return known if sign > 0 else f"neg_{known}"
    reads = {response} if isinstance(response, str) else set(response)
    if not reads & {"predict", "predict_proba", "default"}:
        raise RequestError(
            f"metric: the scorer must use predict or predict_proba, but uses {response!r}: give response_method='predict_proba'"
        )
    needs: Any = "predict_proba" if "predict_proba" in reads else "predict"
    whole = functools.partial(function, **keywords) if keywords else function
    name = f"{'neg_' if sign < 0 else ''}{function.__name__}"
    if name in METRICS or name in ALIASES:  # with keywords that make it another one
        name = f"{name} ({', '.join(map(str, keywords.values()))})"
    return Metric(whole, greater_is_better=True, needs=needs, name=name).changed(sign=sign)


def _registered(scorer: Any) -> str:
    """Return the name by which scikit-learn has the same scorer, if it is known here."""
    from sklearn.metrics import get_scorer, get_scorer_names  # noqa: PLC0415 - loaded by whoever made the scorer

    def parts(each: Any) -> tuple[Any, ...]:
        return each._score_func, each._sign, each._kwargs  # noqa: SLF001 - as above

    same = (name for name in get_scorer_names() if name in METRICS and parts(get_scorer(name)) == parts(scorer))
    return next(same, "")
