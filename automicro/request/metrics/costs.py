"""Costs of errors of classification, as people write them, and the metric `mean_cost` that they make."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from automicro.errors import ConstraintError
from automicro.request.metrics.own import Definition, Metric
from automicro.request.problems import did_you_mean, problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

__all__ = ["MEAN_COST", "Costs", "MeanCost", "bounds_of", "cost_metric", "matrix_of"]

MEAN_COST = "mean_cost"
_WANTED = (
    "must be a square matrix (true labels in rows, predicted ones in columns, both in ascending order) or costs by label, such as "
    "{('fraud', 'legit'): 100, ('legit', 'fraud'): 1} or 'fraud>legit=100,legit>fraud=1'"
)

Matrix = tuple[tuple[float, ...], ...]
ByLabel = dict[str, dict[str, float]]


@dataclass(frozen=True)
class MeanCost:
    """The cost of each prediction, by the codes of the true and the predicted class."""

    matrix: Matrix

    def __call__(self, y_true: NDArray[Any], y_pred: NDArray[Any]) -> NDArray[Any]:
        """Return the cost of each row, (rows,)."""
        import numpy as np  # noqa: PLC0415 - the request itself needs no arrays

        costs: NDArray[Any] = np.array(self.matrix)[y_true, y_pred]
        return costs

    @property
    def weights(self) -> tuple[float, ...]:
        """Weights of the classes under which accuracy follows the costs: exactly for two classes, on average for more."""
        classes = len(self.matrix)
        dearer = [(sum(row) - row[code]) / (classes - 1) - row[code] for code, row in enumerate(self.matrix)]
        least = 1e-3 * max(*dearer, 0.0)
        return tuple(max(each, least) for each in dearer)


def cost_metric(matrix: Matrix) -> Metric:
    """Return the metric of a matrix of costs, in the order of the classes' codes."""
    low, high = bounds_of(matrix)
    made = Definition(
        MeanCost(matrix), greater_is_better=False, is_direction_stated=True, low=low, high=high, per_row=True
    )
    return Metric.of(MEAN_COST, made).changed(tasks=frozenset({"classification"}))


def bounds_of(costs: Matrix | ByLabel) -> tuple[float, float]:
    """Return the least and the greatest cost."""
    rows = [{"": 0.0}, *costs.values()] if isinstance(costs, dict) else list(costs)
    numbers = [cost for row in rows for cost in _numbers(row)]
    return min(numbers), max(numbers)


def matrix_of(costs: Matrix | ByLabel, labels: Sequence[Any], word: Callable[[Any], str]) -> Matrix:
    """Return costs as a matrix in the order of labels; `word` returns the text by which a label is also known.

    Raises
    ------
    ConstraintError
        If the matrix has another size, or costs name labels that there are not, or leave out an error.
    """
    if not isinstance(costs, dict):
        if len(costs) != len(labels):
            raise ConstraintError(
                f"costs: must have a row and a column for each of {len(labels)} labels, but have {len(costs)}"
            )
        order = {label: place for place, label in enumerate(sorted(labels))}
        return tuple(tuple(costs[order[true]][order[predicted]] for predicted in labels) for true in labels)
    codes = {word(label): code for code, label in enumerate(labels)} | {
        str(label): code for code, label in enumerate(labels)
    }

    def code(name: str) -> int:
        found = codes.get(name, codes.get(word(name)))
        if found is None:
            raise ConstraintError(
                f"costs: must name labels of the target, but {name!r} is none: {did_you_mean(name, map(str, labels))}"
            )
        return found

    known = {(code(true), code(predicted)): cost for true, row in costs.items() for predicted, cost in row.items()}
    places = range(len(labels))
    for pair in ((true, predicted) for true in places for predicted in places if true != predicted):
        if pair not in known:
            true, predicted = (labels[place] for place in pair)
            raise ConstraintError(
                f"costs: must say what every error costs, but predicting {predicted!r} for {true!r} has no cost"
            )
    return tuple(tuple(known.get((true, predicted), 0.0) for predicted in places) for true in places)


def _costs(value: Any) -> Matrix | ByLabel:
    if isinstance(value, str):
        value = dict(_entry(entry, value) for entry in value.split(","))
    if isinstance(value, Mapping):
        found: Matrix | ByLabel = _by_label(value)
    else:
        found = _matrix(value)
    numbers = [cost for row in (found.values() if isinstance(found, dict) else found) for cost in _numbers(row)]
    if not numbers or not all(map(math.isfinite, numbers)):
        raise problem(f"{_WANTED}, but got {value!r}")
    if any(min(errors, default=math.inf) < right for right, errors in _by_truth(found)):
        raise problem(
            "must not be higher for a right prediction than for an error: of a matrix true labels are in rows, predicted ones in columns"
        )
    if not max(numbers) > min(0.0, *numbers):
        raise problem(f"must be above 0 for some error, but got {value!r}")
    return found


def _by_truth(costs: Matrix | ByLabel) -> list[tuple[float, list[float]]]:
    """Return, for each true label, what the right prediction costs and what each error."""
    if isinstance(costs, dict):
        return [
            (row.get(true, 0.0), [cost for predicted, cost in row.items() if predicted != true])
            for true, row in costs.items()
        ]
    return [(row[place], [*row[:place], *row[place + 1 :]]) for place, row in enumerate(costs)]


def _numbers(row: dict[str, float] | tuple[float, ...]) -> list[float]:
    return list(row.values()) if isinstance(row, dict) else list(row)


def _entry(entry: str, whole: str) -> tuple[tuple[str, str], str]:
    pair, equals, cost = entry.rpartition("=")
    true, arrow, predicted = pair.partition(">")
    if not equals or not arrow:
        raise problem(f"{_WANTED}, but got {whole!r}")
    return (true.strip(), predicted.strip()), cost.strip()


def _by_label(value: Mapping[Any, Any]) -> ByLabel:
    found: ByLabel = {}
    for key, cost in value.items():
        pairs = (
            [(key, cost)]
            if isinstance(key, tuple)
            else [((key, predicted), each) for predicted, each in _row(value, cost)]
        )
        for pair, each in pairs:
            if len(pair) != 2:
                raise problem(f"{_WANTED}, but got {value!r}")
            true, predicted = map(str, pair)
            if predicted in found.setdefault(true, {}):
                raise problem(f"must say each cost once, but predicting {predicted!r} for {true!r} has two")
            found[true][predicted] = _number(each, value)
    return found


def _row(value: Any, row: Any) -> Any:
    if not isinstance(row, Mapping):
        raise problem(f"{_WANTED}, but got {value!r}")
    return row.items()


def _matrix(value: Any) -> Matrix:
    try:
        rows = [list(row) for row in value]
    except TypeError:
        raise problem(f"{_WANTED}, but got {value!r}") from None
    if len(rows) < 2 or any(len(row) != len(rows) for row in rows):
        raise problem(f"{_WANTED}, but got {value!r}")
    return tuple(tuple(_number(cost, value) for cost in row) for row in rows)


def _number(cost: Any, whole: Any) -> float:
    try:
        return math.nan if isinstance(cost, bool) else float(cost)
    except (TypeError, ValueError):
        raise problem(f"{_WANTED}, but got {cost!r} in {whole!r}") from None


_COST = {"anyOf": [{"type": "number"}, {"type": "string"}]}

Costs = Annotated[
    Any,
    BeforeValidator(_costs),
    WithJsonSchema(
        {
            "anyOf": [
                {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": {"type": "object", "additionalProperties": _COST},
                },
                {"type": "array", "minItems": 2, "items": {"type": "array", "minItems": 2, "items": _COST}},
                {
                    "type": "string",
                    "pattern": "^[^>]+>[^=]+=.+$",
                    "description": "such as fraud>legit=100,legit>fraud=1",
                },
            ]
        }
    ),
]
