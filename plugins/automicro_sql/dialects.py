"""What differs between databases: conditions, types, rounding to float32, and how numbers are written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from automicro.export import quoted
from automicro.plugin import Declined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automicro_sql.choices import Choice

__all__ = ["DIALECTS", "Dialect", "literal", "name", "number", "signed"]

MOST_DIGITS = 17  # of a float64
RELATIVE = 1e-10  # error of a number in decimal
LARGEST = "3.4028235e38"  # becomes the largest float32
LEAST_NORMAL = "1.1754943508222875e-38"  # of float32
BELOW_ALL = "7.006492321624085e-46"  # from here to 0, float32 is 0
DIGITS_24, DIGITS_23 = "536870913.0", "1073741825.0"  # factors that split a float64 behind 24 and 23 binary digits
ROUNDS_TINY = "9.466330862652142e-30"  # a float64 next to it is a multiple of the least float32


def number(value: float) -> str:
    """Return a number in decimal, as short as an error of 1e-10 of it allows.

    Examples
    --------
    >>> number(0.5), number(-3.0), number(0.10000000149011612)
    ('0.5', '-3', '0.1000000015')
    """
    digits = 1
    while digits < MOST_DIGITS and abs(float(f"{value:.{digits}g}") - value) > RELATIVE * abs(value):
        digits += 1
    mantissa, mark, power = f"{value:.{digits}g}".partition("e")
    return f"{mantissa}e{int(power)}" if mark else mantissa


def signed(text: str) -> str:
    """Return a number with a sign, to follow a term."""
    return text if text.startswith("-") else f"+{text}"


def literal(text: str) -> str:
    """Return a text as a literal of SQL; raise `Declined` if none can hold it."""
    try:
        text.encode()
        return quoted(text, "sql")
    except ValueError:  # a NUL, or half of a pair of surrogates
        raise Declined(
            "needs names, levels and labels without NUL and half characters, but the model has one"
        ) from None


def name(text: str) -> str:
    """Return a name of a table or column in quotation marks; raise `Declined` if none can hold it."""
    literal(text)
    return '"' + text.replace('"', '""') + '"'


class Dialect(ABC):
    """How one database writes what all of them mean."""

    real: ClassVar[str]
    text: ClassVar[str]
    infinity: ClassVar[str]
    greatest: ClassVar[str] = "greatest"
    least: ClassVar[str] = "least"
    choice: ClassVar[str] = "if"
    ranks: ClassVar[bool] = True
    longest_name: ClassVar[int | None] = None

    def value(self, text: str) -> str:
        """Return the float64 of a decimal."""
        return text

    def chosen(self, tree: Choice | str) -> str:
        """Return the code of a tree of choices."""
        if isinstance(tree, str):
            return tree
        return f"{self.choice}({tree.condition},{self.chosen(tree.yes)},{self.chosen(tree.no)})"

    def cell(self, column: str, *, is_boolean: bool) -> str:  # noqa: ARG002 - one database needs it
        """Return a raw number as float64, NULL where it is missing."""
        return f"nullif({column}::{self.real},'NaN')"

    @abstractmethod
    def rounding(self, x: str, columns: Sequence[str]) -> list[list[tuple[str, str]]]:
        """Return layers of names and code, of which the last is a float64 rounded to float32; there are names for two more."""

    def most(self, items: Sequence[str]) -> str:
        """Return the code of the largest of some values."""
        return items[0] if len(items) == 1 else f"{self.greatest}({','.join(items)})"

    def truth(self, value: bool) -> str:
        """Return the literal of a truth value."""
        return str(value).upper()

    def limited(self, x: str) -> str:
        """Return the code of a number within the largest float32."""
        return self.chosen_of(f"abs({x})>{LARGEST}", f"sign({x})*{LARGEST}", x)

    def chosen_of(self, condition: str, yes: str, no: str) -> str:
        """Return the code of one choice."""
        return f"{self.choice}({condition},{yes},{no})"


class DuckDb(Dialect):
    """DuckDB: decimals with an exponent are float64."""

    real, text, infinity = "DOUBLE", "VARCHAR", "'inf'::DOUBLE"

    def value(self, text: str) -> str:
        mantissa, _, power = text.partition("e")
        whole, _, fraction = mantissa.partition(".")
        digits = (whole + fraction).removeprefix("-").lstrip("0") or "0"
        sign = "-" if mantissa.startswith("-") else ""
        return f"{sign}{digits}e{int(power or 0) - len(fraction)}"

    def rounding(self, x: str, columns: Sequence[str]) -> list[list[tuple[str, str]]]:
        return [[(columns[-1], f"{self.limited(x)}::REAL::DOUBLE")]]


class PostgreSql(Dialect):
    """PostgreSQL: numbers beyond or below what a type holds are errors."""

    real, text, infinity = "float8", "text", "'Infinity'::float8"
    ranks, longest_name = False, 63

    def value(self, text: str) -> str:
        return f"{text}::float8" if not text.startswith("-") else f"'{text}'::float8"

    def chosen(self, tree: Choice | str) -> str:
        if isinstance(tree, str):
            return tree
        parts = []
        while not isinstance(tree, str):
            turned = tree.turned()
            parts.append(f" WHEN {turned.condition} THEN {self.chosen(turned.yes)}")
            tree = turned.no
        return f"CASE{''.join(parts)} ELSE {tree} END"

    def chosen_of(self, condition: str, yes: str, no: str) -> str:
        return f"CASE WHEN {condition} THEN {yes} ELSE {no} END"

    def cell(self, column: str, *, is_boolean: bool) -> str:
        if is_boolean:  # or a number, as a cast from text reads both
            text = f"CAST({column} AS text)"
            return f"CASE {text} WHEN 'true' THEN 1 WHEN 'false' THEN 0 ELSE nullif(CAST({text} AS float8),'NaN') END"
        return super().cell(column, is_boolean=False)

    def rounding(self, x: str, columns: Sequence[str]) -> list[list[tuple[str, str]]]:
        kept = self.chosen_of(f"abs({x})<={BELOW_ALL}", "0", self.limited(x))
        return [[(columns[-1], f"CAST(CAST({kept} AS float4) AS float8)")]]


class Sqlite(Dialect):
    """SQLite: numbers are float64 alone, and NaN is NULL."""

    real, text, infinity = "REAL", "TEXT", "9e999"
    greatest, least, choice = "max", "min", "iif"

    def value(self, text: str) -> str:
        return text if "." in text or "e" in text else f"{text}.0"

    def cell(self, column: str, *, is_boolean: bool) -> str:  # noqa: ARG002 - booleans are numbers
        return f"CAST({column} AS REAL)"

    def rounding(self, x: str, columns: Sequence[str]) -> list[list[tuple[str, str]]]:
        """Split by Dekker's and Veltkamp's method; where a number lies in the middle, take the even neighbour, as IEEE 754 does."""
        inside, near, result = columns
        other = f"(2*{inside}-{near})"
        split = _split(inside, DIGITS_24)
        tiny = f"({inside}+{ROUNDS_TINY})-{ROUNDS_TINY}"
        is_middle = f"{_split(near, DIGITS_23)}<>{near} AND {_split(other, DIGITS_24)}={other}"
        return [
            [(inside, self.limited(x))],
            [(near, f"iif(abs({inside})<{LEAST_NORMAL},{tiny},{split})")],
            [(result, f"iif(abs({inside})>={LEAST_NORMAL} AND {is_middle},{other},{near})")],
        ]


def _split(x: str, factor: str) -> str:
    return f"({x}*{factor}-({x}*{factor}-{x}))"


DIALECTS: dict[str, Dialect] = {"duckdb": DuckDb(), "postgresql": PostgreSql(), "sqlite": Sqlite()}
