"""The command `predict`: predictions of a saved model for the rows of a table."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automicro.cli.console import Answer
from automicro.cli.exits import Exit
from automicro.cli.rows import lines_named, read_rows
from automicro.errors import OutputError, RequestError
from automicro.outputs import check_outputs, save
from automicro.runtime.model import load

if TYPE_CHECKING:
    from argparse import Namespace

    from automicro.runtime.model import Model

__all__ = ["predict"]


def predict(arguments: Namespace) -> Answer:
    """Predict the rows of a table; return them as CSV, or write them to a file."""
    written = {".csv": _csv, ".jsonl": _json_lines}.get(Path(arguments.output or ".csv").suffix.casefold() or ".csv")
    if written is None:
        raise RequestError(f"--output: must end in .csv or .jsonl, but got {arguments.output!r}")
    check_outputs({"--output": arguments.output}, {"MODEL": arguments.model, "DATA": arguments.data})
    model = load(arguments.model)
    table = read_rows(arguments, model)
    with lines_named(arguments):
        names, rows = _predictions(model, table, proba=arguments.proba)
    if arguments.outliers:
        names, rows = _with_outliers(model, table, names, rows)
    text = written(names, rows)
    if arguments.output is None:
        return Answer(text, exact=True)
    try:
        save("--output", arguments.output, text.encode(errors="replace"))
    except OutputError as error:
        return Answer(text, str(error), Exit.OUTPUT, exact=True)
    return Answer()


def _predictions(model: Model, table: Any, *, proba: bool) -> tuple[list[str], list[list[Any]]]:
    if proba:
        rows = model.predict_proba(table).tolist()  # refuses a model that predicts numbers
        return [str(label) for label in model.classes_.tolist()], rows
    target = str((model.card or {}).get("target") or "prediction")
    return [target], [[value] for value in model.predict(table).tolist()]


def _with_outliers(
    model: Model, table: Any, names: list[str], rows: list[list[Any]]
) -> tuple[list[str], list[list[Any]]]:
    """Return predictions with the distance to the nearest prototype, and whether it is an outlier's if the card has the limit."""
    limit = (model.card or {}).get("outlier_distance")
    further = [
        [distance] if limit is None else [distance, distance > limit]
        for distance in model.outlier_distance(table).tolist()
    ]
    more = ["outlier_distance"] if limit is None else ["outlier_distance", "outlier"]
    return [*names, *more], [[*row, *each] for row, each in zip(rows, further, strict=True)]


def _csv(names: list[str], rows: list[list[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()


def _json_lines(names: list[str], rows: list[list[Any]]) -> str:
    return "".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows)
