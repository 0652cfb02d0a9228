"""The target ``sql``: one query for DuckDB, SQLite or PostgreSQL."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field

from automicro.plugin import Declined, Export, Target, TargetOptions
from automicro_sql.bodies import body_codes
from automicro_sql.cells import features_of
from automicro_sql.dialects import DIALECTS, name
from automicro_sql.outcome import outcome
from automicro_sql.query import Query

if TYPE_CHECKING:
    from automicro.plugin import Deployed
    from automicro_sql.dialects import Dialect

__all__ = ["SqlOptions", "SqlTarget"]

MOST_ERROR = 9e-6  # of a score before a sigmoid or softmax, and so of a probability relative to it


def _one_or_more(given: Any) -> Any:
    return (given,) if isinstance(given, str) else given


class SqlOptions(TargetOptions):
    """Options of the target."""

    dialect: Literal["duckdb", "sqlite", "postgresql"] = Field(
        "duckdb", description="database that the query is written for"
    )
    table: str = Field("data", min_length=1, description="name of the table or view that is read; of a file, in DuckDB")
    keep: Annotated[tuple[str, ...], BeforeValidator(_one_or_more)] = Field(
        (), description="columns of the table that the result holds beside predictions"
    )


class SqlTarget(Target):
    """Writes a query that returns predictions, labels and probabilities of the rows of a table."""

    name = "sql"
    options = SqlOptions

    def export(self, deployed: Deployed, options: TargetOptions) -> Export:
        """Return the query."""
        chosen = cast("SqlOptions", options)
        program, dialect = deployed.program, DIALECTS[chosen.dialect]
        query = Query(dialect)
        names = [*deployed.sources, *chosen.keep]
        _check_names(dialect, names)
        features = features_of(query, deployed)
        rounded = MOST_ERROR if program.link in ("sigmoid", "softmax") else 0.0
        scores = query.add(body_codes(query, program.body, features, rounded))
        ends = outcome(query, program, scores)
        kept = [(f"k_{place}", name(each)) for place, each in enumerate(chosen.keep)]
        ctes = (each for each in (f"m{number}" for number in count(1)) if each != chosen.table.lower())
        file = f"{deployed.name}.sql"
        return Export(self.name, {file: query.written(name(chosen.table), ctes, kept, ends)}, file)


def _check_names(dialect: Dialect, names: list[str]) -> None:
    """Refuse columns that a database could not tell apart."""
    most = dialect.longest_name
    shown = [each.encode("utf-8", "replace")[:most].lower() for each in dict.fromkeys(names)]
    if len(set(shown)) < len(shown):
        raise Declined(
            "needs names of columns that differ in more than case and, in PostgreSQL, in their first 63 bytes"
        )
