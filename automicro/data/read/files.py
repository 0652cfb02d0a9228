"""Tables in files, and the examples of scikit-learn."""

from __future__ import annotations

import io
import itertools
import json
from csv import reader as read_lines
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automicro.errors import DataError
from automicro.machine import memory_bytes
from automicro.program import holds_graphs
from automicro.words.suggest import did_you_mean

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Iterable, Iterator

__all__ = ["FORMATS", "place_in_file", "read_file", "sklearn_source"]

FORMATS = ("csv", "tsv", "parquet", "jsonl")
SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
GRAPHS = ".json"
HEAD_BYTES = 1 << 16
LONG = 2.0**63
PIECE_BYTES = 1 << 24
SHARE_OF_MEMORY = 0.5  # a table is read, then converted: memory holds it twice
CELL_BYTES = 4  # of a column that a search reads, at least
COMPRESSED = {".gz", ".bz2", ".zst"}
OTHERS = {  # first bytes of what is no text in UTF-8
    b"\x1f\x8b": "compressed by gzip: end its name in .gz",
    b"\xfd7zXZ": "compressed by xz, which is not read: unpack it first",
    b"PK\x03\x04": "a zip archive, which is not read: unpack it first",
    b"\xff\xfe": "in UTF-16: save it in UTF-8",
    b"\xfe\xff": "in UTF-16: save it in UTF-8",
}
DELIMITERS = ",;\t|"
MISSING = ["", "?", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "-nan", "NULL", "null", "None", "<NA>"]
CODE = r"^\s*[+-]?0[0-9]+\s*$"
SKLEARN = ("breast_cancer", "diabetes", "digits", "iris", "wine")


def read_file(
    path: str | os.PathLike[str],
    format: str | None = None,  # noqa: A002 - the word that users look for
    *,
    texts: Collection[str | int] | None = None,
) -> Any:
    """Return the table in a CSV, Parquet or JSON-lines file as a `pyarrow.Table`.

    CSV files are UTF-8 with a head; of comma, semicolon, tab and bar the most frequent one in the head separates cells. Their
    columns are numbers, booleans, dates or text by all of their cells; empty cells and the words ?, NA, N/A, NaN, NULL, None and <NA> are
    missing values beside numbers and stay as they are in text. Numbers of which one begins with a zero before another digit, such as
    01234, are codes: their column is text. A .json file holds a graph, or a list of graphs, with `x`, `edge_index` and,
    where there is one, `edge_attr` and the target; it is returned as it is. CSV and JSON-lines files may be compressed (.gz, .bz2, .zst).

    Parameters
    ----------
    path : path
    format : {"csv", "tsv", "parquet", "jsonl"}, optional
        By default inferred from the suffix.
    texts : collection of str or int, optional
        Columns of a CSV file, by name or by place, that are text whatever their cells look like; others are then numbers where all of
        their cells are, codes or not. They come from the card of a model.

    Raises
    ------
    DataError
        If the file is not there, is empty, cannot be read in this format, or unpacks to more than half of the memory.
    """
    if "://" in str(path):
        scheme = str(path).partition("://")[0]
        raise DataError(f"data must be in a file on this machine, but got a URL ({scheme}://...): download it first")
    file = Path(path)
    if not file.is_file() and file.exists():
        raise DataError(
            f"data file {str(file)!r} must be a file, but is a folder, a pipe or a device: write the rows to a file first"
        )
    if not file.is_file():
        raise DataError(_missing(file))
    if format is None and file.suffix.lower() == GRAPHS:
        return _read_graphs(file)
    suffixes = [suffix.lower() for suffix in file.suffixes if suffix.lower() not in COMPRESSED]
    if not suffixes or suffixes[-1] not in SUFFIXES:
        _check_first_bytes(file, format or "a table")
    kind = format or SUFFIXES.get(suffixes[-1] if suffixes else "")
    if kind not in FORMATS:
        given = f"{str(file)!r} is none by its name" if format is None else f"got {format!r}"
        raise DataError(f"the format of a data file must be one of {', '.join(FORMATS)}, but {given}: give its format")
    if file.stat().st_size == 0:
        raise DataError(f"data file {str(file)!r} must hold a table, but is empty")
    _check_first_bytes(file, kind)
    table = _read(file, kind, texts)
    if table.num_rows == 0:
        raise DataError(f"data file {str(file)!r} must hold rows, but has none")
    return table


def _missing(file: Path) -> str:
    """Return that a file is not there, and what its name may have been meant for."""
    if file.name == "-":
        return "data are read from a file, not from standard input: write the rows to a file first"
    said = f"data file {str(file)!r} must exist, but does not"
    if "~" in file.parts or set("*?$") & set(str(file)):
        return f"{said}, and ~, variables and patterns are not expanded: write the path of one file in full"
    beside = sorted(entry.name for entry in file.parent.iterdir()) if file.parent.is_dir() else []
    return f"{said}{did_you_mean(file.name, beside)}"


def _check_first_bytes(file: Path, kind: str) -> None:
    """Raise `DataError` if a file of text is compressed in a way that its name does not show, or is UTF-16."""
    if kind == "parquet" or file.suffix.lower() in COMPRESSED:
        return
    with file.open("rb") as content:
        first = content.read(max(map(len, OTHERS)))
    for start, what in OTHERS.items():
        if first.startswith(start):
            raise DataError(f"data file {str(file)!r} must be {kind} in UTF-8, but is {what}")


def _read_graphs(file: Path) -> Any:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise DataError(f"data file {str(file)!r} cannot be read as json: {error}") from error
    if not holds_graphs(found):
        raise DataError(
            f"data file {str(file)!r} must hold a graph with x, edge_index and, for training, y, or a list of such:"
            " tables of JSON objects, one a line, end in .jsonl"
        )
    return found


def _read(file: Path, kind: str, texts: Collection[str | int] | None) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - only who reads files pays for it

    readers = {"parquet": _read_parquet, "jsonl": _read_json_lines}
    try:
        _check_memory(file, kind)
        table = readers[kind](file) if kind in readers else _read_csv(file, texts)
        table = table.rename_columns(table.column_names)  # reads the names, which may be no UTF-8
    except (pa.ArrowException, UnicodeError, OSError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise DataError(f"data file {str(file)!r} cannot be read as {kind}: {reason}") from error
    if kind != "parquet" and (other := [each.name for each in table.schema if pa.types.is_binary(each.type)]):
        raise DataError(
            f"data file {str(file)!r} must be {kind} in UTF-8, but column {other[0]!r} is not: save it in UTF-8"
        )
    return table


def _check_memory(file: Path, kind: str) -> None:
    """Raise `DataError` if a file unpacks to more bytes than half of the memory, before it is read."""
    most = int(SHARE_OF_MEMORY * memory_bytes())
    if _unpacked_bytes(file, kind, most) > most:
        raise DataError(
            f"data file {str(file)!r} must unpack to at most half of the memory, {most / 1e9:.3g} GB, but unpacks to more: keep fewer rows"
            " or columns"
        )


def _unpacked_bytes(file: Path, kind: str, most: int) -> int:
    """Return the size of a table that is read from a file, at least, counted up to `most`."""
    if kind == "parquet":
        from pyarrow import parquet  # noqa: PLC0415 - only who reads files pays for it

        known = parquet.read_metadata(file)
        packed = sum(int(known.row_group(place).total_byte_size) for place in range(known.num_row_groups))
        return max(packed, CELL_BYTES * int(known.num_rows) * int(known.num_columns))
    if file.suffix.lower() not in COMPRESSED:
        return file.stat().st_size
    from pyarrow import input_stream  # noqa: PLC0415 - only who reads files pays for it

    size = 0
    with input_stream(str(file)) as stream:
        while size <= most and (piece := stream.read(PIECE_BYTES)):
            size += len(piece)
    return size


def _read_csv(file: Path, texts: Collection[str | int] | None) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - only who reads files pays for it

    head = _head(file)
    delimiter = _delimiter(head)
    names = next(iter(read_lines(head.splitlines(keepends=True), delimiter=delimiter)), [])
    named = [
        one if isinstance(one, str) else names[one] for one in texts or () if isinstance(one, str) or one < len(names)
    ]
    types = dict.fromkeys(named, pa.string())
    table = _parsed(file, delimiter, types)
    if texts is None and (codes := _codes(table, file, delimiter)):
        types = dict.fromkeys(codes, pa.string())
        table = _parsed(file, delimiter, types)
    long = [name for name, column in zip(table.column_names, table.columns, strict=True) if _has_long_numbers(column)]
    try:
        return _parsed(file, delimiter, types | dict.fromkeys(long, pa.uint64())) if long else table
    except pa.ArrowInvalid:  # they have fractions
        return table


def _parsed(file: Path, delimiter: str, types: dict[str, Any], only: Collection[str] = ()) -> Any:
    """Return the columns of a CSV file, or some `only`, of which some have types already."""
    from pyarrow import csv  # noqa: PLC0415 - only who reads files pays for it

    return csv.read_csv(
        file,
        read_options=csv.ReadOptions(use_threads=False),
        parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            null_values=MISSING, strings_can_be_null=False, column_types=types, include_columns=list(only)
        ),
    )


def _codes(table: Any, file: Path, delimiter: str) -> list[str]:
    """Return the columns of whole numbers of which one is written with a zero before another digit."""
    import pyarrow as pa  # noqa: PLC0415 - only who reads files pays for it
    from pyarrow import compute  # noqa: PLC0415 - as above

    names = table.column_names
    whole = [name for name in names if names.count(name) == 1 and _is_whole(table[name])]
    if not whole:
        return []
    written = _parsed(file, delimiter, dict.fromkeys(whole, pa.string()), only=whole)
    return [name for name in whole if compute.any(compute.match_substring_regex(written[name], CODE)).as_py()]


def _is_whole(column: Any) -> bool:
    """Whether a column holds whole numbers; those beyond 64 bits are floats."""
    import pyarrow as pa  # noqa: PLC0415 - only who reads files pays for it
    from pyarrow import compute  # noqa: PLC0415 - as above

    if pa.types.is_floating(column.type):
        return compute.all(compute.equal(column, compute.floor(column))).as_py() is True
    return bool(pa.types.is_integer(column.type))


def _has_long_numbers(column: Any) -> bool:
    """Whether numbers of a column may be whole ones that need all of 64 bits, which are read as float64 and so rounded."""
    import pyarrow as pa  # noqa: PLC0415 - only who reads files pays for it
    from pyarrow import compute  # noqa: PLC0415 - as above

    if not pa.types.is_float64(column.type):
        return False
    ends = compute.min_max(column).as_py()
    return ends["min"] is not None and ends["min"] >= 0 and LONG <= ends["max"] < 2 * LONG


def _head(file: Path) -> str:
    from pyarrow import input_stream  # noqa: PLC0415 - only who reads files pays for it

    with input_stream(str(file)) as stream:
        text: str = stream.read(HEAD_BYTES).decode("utf-8-sig", errors="replace")
    return text


def place_in_file(path: str | os.PathLike[str], format: str | None, row: int) -> str:  # noqa: A002 - as above
    """Return where a row of a table is in its file: ``line 4`` of a file of text, else ``row 3``, both counted from 1.

    Parameters
    ----------
    path, format
        As for `read_file`.
    row : int
        Position of the row, counted from 0.
    """
    file = Path(path)
    suffixes = [suffix.lower() for suffix in file.suffixes if suffix.lower() not in COMPRESSED]
    kind = format or SUFFIXES.get(suffixes[-1] if suffixes else "")
    if kind == "parquet":
        return f"row {row + 1}"
    from pyarrow import input_stream  # noqa: PLC0415 - only who reads files pays for it

    with input_stream(str(file)) as stream, io.TextIOWrapper(stream, "utf-8-sig", errors="replace", newline="") as text:
        if kind == "jsonl":
            starts: Iterator[int] = (number for number, line in enumerate(text, 1) if line.strip())
        else:
            starts = _record_starts(text, _delimiter(_head(file)))
            next(starts, None)  # the head
        line = next(itertools.islice(starts, row, None), None)
    return f"row {row + 1}" if line is None else f"line {line}"


def _record_starts(text: Iterable[str], delimiter: str) -> Iterator[int]:
    """Yield the line, counted from 1, on which each record of a CSV file begins."""
    records, started = read_lines(text, delimiter=delimiter), 1
    for record in records:
        if record:
            yield started
        started = records.line_num + 1


def _delimiter(head: str) -> str:
    """Return the most frequent separator of the first line, quoted text left out."""
    unquoted = "".join(head.split('"')[::2])
    first = (unquoted.splitlines() or [""])[0]
    return max(DELIMITERS, key=first.count)


def _read_parquet(file: Path) -> Any:
    from pyarrow import parquet  # noqa: PLC0415 - only who reads files pays for it

    return parquet.read_table(file, use_threads=False)


def _read_json_lines(file: Path) -> Any:
    from pyarrow import json as lines  # noqa: PLC0415 - only who reads files pays for it

    return lines.read_json(file, read_options=lines.ReadOptions(use_threads=False))


def sklearn_source(name: str) -> tuple[Any, str]:
    """Return one of the tables that come with scikit-learn as a dataframe, and the name of its target column.

    Parameters
    ----------
    name : str
        ``"iris"`` or ``"sklearn:iris"``.

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

    load = getattr(datasets, f"load_{name}")
    return (load(as_frame=True, scaled=False) if name == "diabetes" else load(as_frame=True)).frame, "target"
