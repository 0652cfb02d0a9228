"""The rows that a command reads for a saved model."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from automicro.errors import DataError, RequestError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from automicro.runtime.model import Model

__all__ = ["lines_named", "read_rows", "read_table"]


@contextmanager
def lines_named(arguments: Namespace) -> Iterator[None]:
    """Name the row of a cell that cannot be read by its line in the file."""
    try:
        yield
    except DataError as error:
        words = vars(arguments)
        source, form = words.get("data") or words["data.source"], words.get("format") or words.get("data.format")
        series = words.get("series") or words.get("data.series")
        if error.row is None or series is not None or source.startswith("sklearn:"):
            raise
        from automicro.data import place_in_file  # noqa: PLC0415 - brings pyarrow

        place = f"{place_in_file(source, form, error.row)} of {source}"
        raise DataError(str(error).replace(f"row {error.row}", place)) from None


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
