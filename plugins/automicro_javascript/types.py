"""The TypeScript types of a written module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.export import quoted

if TYPE_CHECKING:
    from automicro.plugin import Deployed, Input
    from automicro.program.nodes import Labels

__all__ = ["declarations", "label_literal"]

TYPES = {
    "numeric": "number | bigint | boolean | null",
    "boolean": "boolean | number | null",
    "category": "string | number | bigint | boolean | null",
    "text": "string | number | bigint | boolean | null",
    "series": "ArrayLike<number | null> | null",
}
READINGS = {"number": "number | string | null", "moment": "string | Date | null", "clock": "string | null"}
MOST_LABELS = 50  # that are a type of their own


def declarations(deployed: Deployed) -> str:
    """Return the text of the file of types."""
    types = {each.source: _type(each) for each in reversed(deployed.inputs)}
    fields = "".join(f"  {quoted(name, 'javascript')}: {types[name]};\n" for name in deployed.sources)
    lines = [
        "/** Values of a row by the name of their column; null is missing. */",
        f"export interface Row {{\n{fields}}}",
    ]
    lines += ["/** Names of the columns that are read. */", "export declare const inputs: readonly string[];"]
    labels = deployed.program.labels
    if labels is None:
        several = "number" if deployed.program.link != "softmax" else "number[]"
        lines += ["/** Returns the prediction for a row. */", f"export declare function predict(row: Row): {several};"]
    else:
        lines += [
            f"export type Label = {_label_type(labels)};",
            "/** Labels in the order of probabilities. */",
            "export declare const labels: readonly Label[];",
            "/** Returns the label of a row. */",
            "export declare function predict(row: Row): Label;",
            "/** Returns the probability of each of `labels`. */",
            "export declare function predictProba(row: Row): number[];",
        ]
    return "\n".join(lines) + "\n"


def label_literal(label: str | bool | float) -> str:
    """Return the literal of a label."""
    if isinstance(label, str):
        return quoted(label, "javascript")
    return str(label).lower() if isinstance(label, bool) else repr(label)


def _type(column: Input) -> str:
    return READINGS.get(column.reading.kind) or TYPES[column.kind]


def _label_type(labels: Labels) -> str:
    if len(labels) > MOST_LABELS or isinstance(labels[0], float):
        return "string" if isinstance(labels[0], str) else "number"
    return " | ".join(map(label_literal, labels))
