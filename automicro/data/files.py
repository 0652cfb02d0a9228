"""Tables in files, and the examples of scikit-learn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from automicro.data.suggest import did_you_mean
from automicro.errors import DataError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

__all__ = ["FORMATS", "read_file", "sklearn_source"]

SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
FORMATS = ("csv", "tsv", "parquet", "jsonl")
MISSING = ["", "?", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "-nan", "NULL", "null", "None", "<NA>"]
SKLEARN = ("breast_cancer", "california_housing", "diabetes", "digits", "iris", "linnerud", "wine")


def read_file(path: str | os.PathLike[str], format: str | None = None) -> Any:  # noqa: A002 - the word that users look for
    """Return the table in a CSV, TSV, Parquet or JSON-lines file as a `pyarrow.Table`.

    In CSV and TSV files, empty cells and the words ?, NA, N/A, NaN, NULL, None and their like are missing values.

    Parameters
    ----------
    path : path
    format : {"csv", "tsv", "parquet", "jsonl"}, optional
        By default told by the suffix.

    Raises
    ------
    DataError
        If the file is not there, is empty, or is not in this format.
    """
    file = Path(path)
    if not file.is_file():
        known = [p.name for p in file.parent.iterdir()] if file.parent.is_dir() else []
        raise DataError(
            f"data file {str(file)!r} must exist, but does not{did_you_mean(file.name, known) if known else ''}"
        )
    kind = format or SUFFIXES.get(file.suffix.lower())
    if kind not in FORMATS:
        what = f"format {format!r}" if format else f"suffix {file.suffix!r} of {str(file)!r}"
        raise DataError(f"data files must be one of {', '.join(FORMATS)}, but {what} is none of these: give format=")
    if file.stat().st_size == 0:
        raise DataError(f"data file {str(file)!r} must hold a table, but is empty")
    return _read(file, kind)


def _read(file: Path, kind: str) -> Any:
    import pyarrow  # noqa: PLC0415 - only who reads files pays for it

    readers: dict[str, Callable[[Path], Any]] = {
        "csv": lambda p: _read_csv(p, ","),
        "tsv": lambda p: _read_csv(p, "\t"),
        "parquet": _read_parquet,
        "jsonl": _read_json_lines,
    }
    try:
        table = readers[kind](file)
    except (pyarrow.ArrowException, UnicodeError, OSError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise DataError(f"data file {str(file)!r} cannot be read as {kind}: {reason}") from error
    if table.num_rows == 0:
        raise DataError(f"data file {str(file)!r} must hold rows, but has only a head")
    return table


def _read_csv(file: Path, delimiter: str) -> Any:
    from pyarrow import csv  # noqa: PLC0415 - only who reads files pays for it

    return csv.read_csv(
        file,
        read_options=csv.ReadOptions(use_threads=False),
        parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=csv.ConvertOptions(null_values=MISSING, strings_can_be_null=True),
    )


def _read_parquet(file: Path) -> Any:
    from pyarrow import parquet  # noqa: PLC0415 - only who reads files pays for it

    return parquet.read_table(file, use_threads=False)


def _read_json_lines(file: Path) -> Any:
    from pyarrow import json  # noqa: PLC0415 - only who reads files pays for it

    return json.read_json(file, read_options=json.ReadOptions(use_threads=False))


def sklearn_source(name: str) -> tuple[Any, str]:
    """Return one of scikit-learn's example tables as a dataframe, and the name of its target column.

    Raises
    ------
    DataError
        If there is no such table.

    Examples
    --------
    >>> frame, target = sklearn_source("iris")
    >>> frame.shape, target
    ((150, 5), 'target')
    """
    name = name.removeprefix("sklearn:")
    if name not in SKLEARN:
        raise DataError(f"data source 'sklearn:{name}' does not exist{did_you_mean(name, SKLEARN)}")
    from sklearn import datasets  # noqa: PLC0415 - heavy, and only for this source

    loader = getattr(datasets, f"fetch_{name}" if name == "california_housing" else f"load_{name}")
    return loader(as_frame=True).frame, "target"
