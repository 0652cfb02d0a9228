"""Scores as predictions, labels and probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.export import double_text, identifiers
from automicro.export.script import label_order
from automicro_sql.dialects import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro.program import Program
    from automicro_sql.dialects import Dialect
    from automicro_sql.query import Query

__all__ = ["outcome"]

LARGEST_POWER = "709.782712893384"  # whose exponential is a float64
LEAST_POWER = "-700"


def outcome(query: Query, program: Program, scores: Sequence[str]) -> list[tuple[str, str]]:
    """Return names and code of the last columns: the prediction and, of classes, their probabilities in ascending order of labels."""
    values = _linked(query, program, scores)
    if program.labels is None:
        names = ["prediction"] if len(values) == 1 else [f"prediction_{i + 1}" for i in range(len(values))]
        return [*zip(names, values, strict=True)]
    stem = "probability" if program.link in ("sigmoid", "softmax") else "score"
    order = label_order(program.labels)
    names = identifiers([f"{stem}_{program.labels[i]}" for i in order])
    label = _label(query.dialect, [_written(query.dialect, each) for each in program.labels], values)
    return [("prediction", label), *((name, values[i]) for name, i in zip(names, order, strict=True))]


def _linked(query: Query, program: Program, scores: Sequence[str]) -> list[str]:
    """Return names of columns with what the link makes of scores."""
    dialect = query.dialect
    one = dialect.value("1")
    if program.link == "sigmoid":
        (small,) = query.add([f"exp({dialect.greatest}(-abs({scores[0]}),{LEAST_POWER}))"])
        (p,) = query.add([f"{dialect.chosen_of(f'{scores[0]}>=0', one, small)}/(1+{small})"])
        return [*query.add([f"1-{p}"]), p]
    if program.link == "softmax":
        (top,) = query.add([dialect.most(scores)])
        shares = query.add([f"exp({dialect.greatest}({each}-{top},{LEAST_POWER}))" for each in scores])
        (total,) = query.add(["+".join(shares)])
        return query.add([f"{share}/{total}" for share in shares])
    codes = [*scores]
    if program.link == "exp":
        codes = [
            dialect.chosen_of(f"{x}>{LARGEST_POWER}", dialect.infinity, f"exp({dialect.greatest}({x},{LEAST_POWER}))")
            for x in scores
        ]
    if program.limits is None:
        return query.add(codes) if program.link == "exp" else codes
    low, high = map(double_text, program.limits)
    codes = query.add(codes)
    return [
        dialect.chosen_of(f"{x}<{low}", dialect.value(low), dialect.chosen_of(f"{x}>{high}", dialect.value(high), x))
        for x in codes
    ]


def _label(dialect: Dialect, labels: Sequence[str], values: Sequence[str]) -> str:
    """Return the code of the first label whose value is the largest."""
    if len(values) == 1:
        return labels[0]
    cases = "".join(f" WHEN {value} THEN {label}" for value, label in zip(values, labels, strict=True))
    return f"CASE {dialect.most(values)}{cases} ELSE {labels[0]} END"


def _written(dialect: Dialect, label: str | float) -> str:
    if isinstance(label, str):
        return literal(label)
    if isinstance(label, bool):
        return dialect.truth(label)
    return str(label) if isinstance(label, int) else dialect.value(double_text(label))
