"""The smallest model, in deployed bytes, that meets your constraints.

``automicro.select(X, y, constraints)`` searches, ``automicro.load(path)`` reads a model back.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from automicro.errors import (
    ArtifactError,
    AutomicroError,
    ConstraintError,
    DataError,
    FamilyUnavailableError,
    Infeasible,
    Interrupted,
    NotCompiled,
    NotExported,
    NothingFinished,
    NotVerified,
    OutputError,
    PluginError,
    RequestError,
    TargetUnavailableError,
    Undecided,
)

if TYPE_CHECKING:
    from automicro.api import effects, importance, robustness, select, verify
    from automicro.data.read.series import series_of
    from automicro.estimators import MicroClassifier, MicroClusterer, MicroRegressor
    from automicro.parts.measuring import measure_on_part
    from automicro.request import Constraints, Metric, Search, SearchRequest
    from automicro.requested import select_request
    from automicro.result.selection import Selection
    from automicro.runtime.model import Model, load

__all__ = [
    "ArtifactError",
    "AutomicroError",
    "ConstraintError",
    "Constraints",
    "DataError",
    "FamilyUnavailableError",
    "Infeasible",
    "Interrupted",
    "Metric",
    "MicroClassifier",
    "MicroClusterer",
    "MicroRegressor",
    "Model",
    "NotCompiled",
    "NotExported",
    "NotVerified",
    "NothingFinished",
    "OutputError",
    "PluginError",
    "RequestError",
    "Search",
    "SearchRequest",
    "Selection",
    "TargetUnavailableError",
    "Undecided",
    "effects",
    "importance",
    "load",
    "measure_on_part",
    "robustness",
    "select",
    "select_request",
    "series_of",
    "verify",
]

LAZY = {
    "Constraints": "automicro.request",
    "Metric": "automicro.request",
    "MicroClassifier": "automicro.estimators",
    "MicroClusterer": "automicro.estimators",
    "MicroRegressor": "automicro.estimators",
    "Model": "automicro.runtime.model",
    "Search": "automicro.request",
    "SearchRequest": "automicro.request",
    "Selection": "automicro.result.selection",
    "effects": "automicro.api",
    "importance": "automicro.api",
    "load": "automicro.runtime.model",
    "measure_on_part": "automicro.parts.measuring",
    "robustness": "automicro.api",
    "select": "automicro.api",
    "select_request": "automicro.requested",
    "series_of": "automicro.data.read.series",
    "verify": "automicro.api",
}


def __getattr__(name: str) -> Any:
    """Import names on first use, so that ``import automicro`` stays light."""
    if name == "__version__":
        return import_module("importlib.metadata").version("automicro")
    if name not in LAZY:
        raise AttributeError(f"module 'automicro' has no attribute {name!r}")
    return getattr(import_module(LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
