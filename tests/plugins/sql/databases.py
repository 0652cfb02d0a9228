"""Runs queries in databases: DuckDB, SQLite, and a PostgreSQL server that is started for the tests."""

from __future__ import annotations

import csv
import io
import math
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automicro.program.inputs.rows import level_text
from automicro.testing import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from automicro.testing import Exported

NUMBER = "row number"
OPTIONS = {"keep": (NUMBER,), "table": 'the "data"'}


def named(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def typed(values: Sequence[Any]) -> tuple[bool, list[Any]]:
    """Return whether a column is of text, and its cells; a column that mixes levels and numbers is one of text."""
    if any(isinstance(each, str) for each in values):
        return True, [level_text(each) for each in values]
    return False, [None if each is None else float(each) for each in values]


def columns_of(rows: Sequence[dict[str, Any]]) -> dict[str, tuple[bool, list[Any]]]:
    return {name: typed([row[name] for row in rows]) for name in rows[0]}


def answers_of(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[Answer]:
    """Return answers in the order of the numbers of rows, which is the first column."""
    has_classes = any(name.startswith("probability_") for name in names)
    return [
        Answer(row[1] if row[1] is not None else math.nan, [*row[2:]] if has_classes else None)
        for row in sorted(rows, key=lambda row: row[0])
    ]


def run_duckdb(cases: Sequence[Exported]) -> Iterator[list[Answer]]:
    import duckdb

    for case in cases:
        connection = duckdb.connect()
        columns = columns_of(case.rows)
        types = [
            f"{named(NUMBER)} INTEGER",
            *(f"{named(n)} {'VARCHAR' if t else 'DOUBLE'}" for n, (t, _) in columns.items()),
        ]
        connection.execute(f"CREATE TABLE {named(OPTIONS['table'])} ({', '.join(types)})")
        marks = ", ".join("?" * len(types))
        cells = list(zip(range(len(case.rows)), *(values for _, values in columns.values()), strict=True))
        connection.executemany(f"INSERT INTO {named(OPTIONS['table'])} VALUES ({marks})", cells)
        done = connection.execute(case.export.files[case.export.entry])
        yield answers_of([each[0] for each in done.description], done.fetchall())


def run_sqlite(cases: Sequence[Exported]) -> Iterator[list[Answer]]:
    for case in cases:
        connection = sqlite3.connect(":memory:")
        columns = columns_of(case.rows)
        types = [named(NUMBER), *map(named, columns)]
        connection.execute(f"CREATE TABLE {named(OPTIONS['table'])} ({', '.join(types)})")
        cells = list(zip(range(len(case.rows)), *(values for _, values in columns.values()), strict=True))
        marks = ", ".join("?" * len(types))
        connection.executemany(f"INSERT INTO {named(OPTIONS['table'])} VALUES ({marks})", cells)
        query = str(case.export.files[case.export.entry])
        done = connection.execute(query)
        answers = answers_of([each[0] for each in done.description], done.fetchall())
        if re.search("THEN (TRUE|FALSE)", query):  # which are numbers in SQLite
            answers = [Answer(bool(each.prediction), each.probabilities) for each in answers]
        yield answers
        connection.close()


@contextmanager
def server() -> Iterator[list[str]]:
    """Start a PostgreSQL server on a socket in a folder of its own, and yield the command that runs a script."""
    folder = Path(tempfile.mkdtemp(prefix="automicro-postgresql-"))
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
    own = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    try:
        if own:
            shutil.chown(folder, **own)
        quiet: dict[str, Any] = {"check": True, "capture_output": True, "timeout": 120, "cwd": folder, **own}
        given = [programs / "initdb", "-D", folder / "data", "-A", "trust", "-U", "postgres", "-E", "UTF8", "-N"]
        subprocess.run(given, **quiet)  # noqa: PLW1510 - it is in `quiet`
        settings = f"-k {folder} -c listen_addresses='' -c fsync=off"
        control = [programs / "pg_ctl", "-D", folder / "data", "-w"]
        subprocess.run([*control, "-o", settings, "-l", folder / "log", "start"], **quiet)  # noqa: PLW1510 - as above
        try:
            yield ["psql", "-X", "-q", "--csv", "-v", "ON_ERROR_STOP=1", "-h", str(folder), "-U", "postgres"]
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **quiet)  # noqa: PLW1510 - as above
    finally:
        shutil.rmtree(folder)


@dataclass(frozen=True)
class PostgreSql:
    """Runs queries by psql."""

    command: list[str]

    def __call__(self, cases: Sequence[Exported]) -> Iterator[list[Answer]]:
        for case in cases:
            columns = columns_of(case.rows)
            types = [
                f"{named(NUMBER)} int",
                *(f"{named(n)} {'text' if t else 'float8'}" for n, (t, _) in columns.items()),
            ]
            rows = zip(range(len(case.rows)), *(values for _, values in columns.values()), strict=True)
            cells = ",\n".join(f"({', '.join(map(written, row))})" for row in rows)
            table, query = named(str(OPTIONS["table"])), str(case.export.files[case.export.entry])
            script = f"CREATE TEMP TABLE {table} ({', '.join(types)});\nINSERT INTO {table} VALUES {cells};\n"
            names, *answers = list(csv.reader(io.StringIO(self.run(f"{script}{query};"))))
            kinds = self.run(
                f"{script}CREATE TEMP TABLE made AS {query};\nSELECT pg_typeof(prediction) FROM made LIMIT 1;"
            )
            read = READ[kinds.split("\n")[1]]
            yield answers_of(names, [[int(row[0]), read(row[1]), *map(float, row[2:])] for row in answers])

    def run(self, script: str) -> str:
        done = subprocess.run(self.command, input=script, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[:2000]
        return done.stdout


READ = {
    "text": str,
    "integer": int,
    "double precision": lambda text: float(text or "nan"),
    "boolean": lambda text: text == "t",
}


def written(value: Any) -> str:
    if value is None:
        return "NULL"
    return (
        f"'{value}'::float8" if isinstance(value, float) else str(value) if isinstance(value, int) else literal(value)
    )


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
