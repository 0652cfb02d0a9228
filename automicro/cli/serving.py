"""Commands on a saved model: `predict` and `inspect`."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automicro.cli.console import Answer
from automicro.cli.exits import Exit
from automicro.errors import OutputError, RequestError
from automicro.outputs import check_outputs, save
from automicro.runtime.model import load

if TYPE_CHECKING:
    from argparse import Namespace

    from automicro.runtime.model import Model

__all__ = ["inspect", "predict", "read_rows", "read_table"]


def predict(arguments: Namespace) -> Answer:
    """Predict the rows of a table; return them as CSV, or write them to a file."""
    written = {".csv": _csv, ".jsonl": _json_lines}.get(Path(arguments.output or ".csv").suffix.casefold() or ".csv")
    if written is None:
        raise RequestError(f"output: must end in .csv or .jsonl, but got {arguments.output!r}")
    check_outputs({"--output": arguments.output}, {"MODEL": arguments.model, "DATA": arguments.data})
    model = load(arguments.model)
    table = read_rows(arguments, model)
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


def read_table(source: str, form: str | None, model: Model | None = None) -> Any:
    """Return the table of a file or of scikit-learn; columns that are text to a model are text, whatever their cells look like."""
    from automicro.data import read_file, sklearn_source, texts_in_files  # noqa: PLC0415 - brings pyarrow or scikit-learn

    if source.startswith("sklearn:"):
        if form is not None:
            raise RequestError(f"--format: must not be given with {source!r}")
        return sklearn_source(source)[0]
    return read_file(source, form, texts=None if model is None else texts_in_files(model.program, model.card))


def read_rows(arguments: Namespace, model: Model) -> Any:
    """Return the table of a command on a model, or the series of a long table if the model reads series."""
    from automicro.data import series_of, with_columns  # noqa: PLC0415 - as above
    from automicro.program import Summary  # noqa: PLC0415 - as above

    reads_series = any(isinstance(decoder, Summary) for decoder in model.program.decoders)
    if reads_series != (arguments.series is not None):
        must = "must be given, such as 'patient,day', for a model" if reads_series else "is only for models"
        raise RequestError(f"--series: {must} that {'reads' if reads_series else 'read'} series of a long table")
    table = read_table(arguments.data, arguments.format, model)
    if not reads_series:
        return table
    steps = [name.strip() for name in arguments.series.split(",")]
    if len(steps) != len({*steps} - {""}) or len(steps) != len(("id", "time")):
        raise RequestError(f"--series: must be two columns, the id and the time, but got {arguments.series!r}")
    channels = model.column_names if model.card is not None else None
    if channels is not None:
        table = with_columns(table, [*steps, *channels], ())
    return series_of(table, id=steps[0], time=steps[1])


def _predictions(model: Model, table: Any, *, proba: bool) -> tuple[list[str], list[list[Any]]]:
    if proba:
        rows = model.predict_proba(table).tolist()  # refuses a model that predicts numbers
        return [str(label) for label in model.classes_.tolist()], rows
    target = str((model.card or {}).get("target") or "prediction")
    return [target], [[value] for value in model.predict(table).tolist()]


def _with_outliers(
    model: Model, table: Any, names: list[str], rows: list[list[Any]]
) -> tuple[list[str], list[list[Any]]]:
    """Return predictions with the distance to the nearest prototype, and whether it is an outlier's if the card tells."""
    limit = (model.card or {}).get("outlier_distance")
    told = [
        [distance] if limit is None else [distance, distance > limit]
        for distance in model.outlier_distance(table).tolist()
    ]
    more = ["outlier_distance"] if limit is None else ["outlier_distance", "outlier"]
    return [*names, *more], [[*row, *each] for row, each in zip(rows, told, strict=True)]


def _csv(names: list[str], rows: list[list[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()


def _json_lines(names: list[str], rows: list[list[Any]]) -> str:
    return "".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows)


def inspect(arguments: Namespace) -> str:
    """Return a model in words, the level that it has, its size by part and its card."""
    from automicro.measure import verified_level  # noqa: PLC0415 - predicting does not need it
    from automicro.program import size_by_part  # noqa: PLC0415 - as above
    from automicro.report import card_text, model_text, size_text  # noqa: PLC0415 - as above

    model = load(arguments.model)
    words, level = model_text(model.program, model.card), str(verified_level(model))
    if arguments.json:
        told = {
            "size_bytes": model.size_bytes,
            "size_by_part": size_by_part(model.program),
            "model": words.splitlines(),
            "interpretability": level,
            "card": model.card,
        }
        return json.dumps(told, indent=2) + "\n"
    card = "none (stripped)" if model.card is None else card_text(model.card)
    parts = {"model": words, "interpretability": level, "size": size_text(model.program), "card": card}
    return "\n".join(f"{title}\n{_indented(text)}\n" for title, text in parts.items())


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
