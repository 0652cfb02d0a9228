"""A query as it is written: layers of columns, each of which reads the ones before."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from string import ascii_lowercase
from typing import TYPE_CHECKING

from automicro.plugin import Declined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from automicro_sql.dialects import Dialect

__all__ = ["Column", "Query"]

MOST_COLUMNS = 1600  # that every database serves
FEW_TERMS = 50  # of a sum that is not split into sums, as expressions must not be nested too deeply


@dataclass(frozen=True)
class Column:
    """A column of numbers: its name, whether they are float32, and whether some may be NULL."""

    name: str
    is_single: bool = False
    is_nullable: bool = False


@dataclass
class Query:
    """The layers of a query.

    Parameters
    ----------
    dialect : Dialect

    Attributes
    ----------
    layers : list of list of (str, str)
        Names and code of the columns that each layer adds.
    """

    dialect: Dialect
    layers: list[list[tuple[str, str]]] = field(default_factory=list)
    _names: Iterator[str] = field(default_factory=lambda: _names())  # noqa: PLW0108 - it is defined below
    _cells: Iterator[str] = field(default_factory=lambda: _numbered(0))

    def fresh(self) -> str:
        """Return a short name that no other column has."""
        return next(self._names)

    def fresh_cell(self) -> str:
        """Return a name that is longer, for columns that are read less often."""
        return next(self._cells)

    def add(self, codes: Sequence[str], *, layer: int | None = None) -> list[str]:
        """Add columns, by default as a new layer, and return their names; columns that are there already are not added again."""
        known = {code: name for each in self.layers for name, code in each}
        fresh_name = self.fresh if layer is None else self.fresh_cell
        items = [(known.get(code) or fresh_name(), code) for code in codes]
        added = [item for item in dict.fromkeys(items) if item[1] not in known]
        self.put([added], len(self.layers) if layer is None else layer)
        return [name for name, _ in items]

    def put(self, layers: Sequence[Sequence[tuple[str, str]]], start: int) -> None:
        """Add columns to the layers from number `start` on."""
        for place, items in enumerate(layers, start):
            if items:
                self.layers += [[] for _ in range(place + 1 - len(self.layers))]
                self.layers[place] += items
        if sum(map(len, self.layers)) > MOST_COLUMNS:
            raise Declined(f"needs a model of at most {MOST_COLUMNS:,} intermediate results, but it has more")

    def written(
        self, table: str, ctes: Iterator[str], kept: Sequence[tuple[str, str]], last: Sequence[tuple[str, str]]
    ) -> str:
        """Return the query: the columns that come along, and those of the last layer."""
        along = [f"t.{source} AS {alias}" for alias, source in kept]
        source, parts = f"{table} AS t", []
        for place, items in enumerate(each for each in self.layers if each):
            code = ",\n".join([*(along if not place else ["*"]), *(f"{code} AS {alias}" for alias, code in items)])
            cte = next(ctes)
            parts.append(f"{cte} AS MATERIALIZED (SELECT {code}\nFROM {source})")
            source = cte
        ends = [f"{alias} AS {name}" for alias, name in kept] + [f"{code} AS {alias}" for alias, code in last]
        return "WITH " + ",\n".join(parts) + "\nSELECT " + ",\n".join(ends) + f"\nFROM {source}\n"


def _names() -> Iterator[str]:
    """Yield names of which none is a word of SQL: letters, later with a number."""
    yield from ascii_lowercase
    yield from _numbered(1)


def _numbered(first: int) -> Iterator[str]:
    """Yield letters with every other number."""
    for number in count(first, 2):
        yield from (f"{letter}{number}" for letter in ascii_lowercase)
