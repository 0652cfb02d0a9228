"""Quantities as people write them: "50us", "2KB", "1%", 0.83."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from numbers import Real
from os import PathLike
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, GetCoreSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from automicro.request.problems import problem

__all__ = [
    "AnyNames",
    "Auto",
    "Bytes",
    "ColumnNames",
    "Count",
    "Directions",
    "Flag",
    "Label",
    "Margin",
    "Microseconds",
    "Names",
    "NotNegative",
    "Number",
    "Path",
    "Seconds",
    "Text",
    "Whole",
    "Words",
]

# KB is 1,000 bytes and KiB is 1,024, as the SI and IEC 80000-13 say.
_BYTES = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_MICROSECONDS = {
    "ns": Decimal("0.001"),
    "us": Decimal(1),
    "µs": Decimal(1),
    "μs": Decimal(1),
    "ms": Decimal(1000),
    "s": Decimal(10**6),
}
_SECONDS: dict[str, Decimal | int] = {"": 1, "ms": Decimal("0.001"), "s": 1, "sec": 1, "min": 60, "h": 3600}
_PERCENT = Decimal("0.01")
_QUANTITY = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([a-zµμ%]*)\s*", re.IGNORECASE)


def _split(value: object, units: Mapping[str, Decimal | int], wanted: str) -> Decimal:
    """Return the number in the base unit; `wanted` completes "must be ..."."""
    if isinstance(value, bool) or not isinstance(value, Real | str):
        raise problem(f"must be {wanted}, but got {value!r}")
    match = _QUANTITY.fullmatch(str(value))
    if match is None or match[2].casefold() not in units:
        raise problem(f"must be {wanted}, but got {value!r}")
    try:
        number = Decimal(match[1]) * units[match[2].casefold()]
    except ArithmeticError:
        raise problem(f"must be {wanted}, but got {value!r}") from None
    if not math.isfinite(float(number)):
        raise problem(f"must be {wanted}, but got {value!r}")
    return number


class Microseconds(float):
    """A time in microseconds; written and printed with its unit, as in ``200us``."""

    __slots__ = ()

    @classmethod
    def read(cls, value: object) -> Microseconds:
        """Read "50us", "1.5 ms" or "1s"; the unit must be given and the time must be above 0."""
        if isinstance(value, cls):
            return value
        time = cls(_split(value, _MICROSECONDS, "a time with its unit, such as '200us' or '1.5ms'"))
        if time <= 0:
            raise problem(f"must be above 0, but got {value!r}")
        return time

    def __repr__(self) -> str:
        return f"{int(self)}us" if self.is_integer() else f"{float(self)!r}us"

    __str__ = __repr__

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.read,
            json_schema_input_schema=core_schema.str_schema(pattern=r"^\s*[0-9.eE+-]+\s*(ns|us|µs|ms|s)\s*$"),
            serialization=core_schema.plain_serializer_function_ser_schema(str),
        )


class Bytes(int):
    """A number of bytes; printed with its unit, as in ``2KB`` (2,000 bytes)."""

    __slots__ = ()

    @classmethod
    def read(cls, value: object) -> Bytes:
        """Read 2048, "2KB" (2,000 bytes) or "2KiB" (2,048 bytes); whole and above 0."""
        if isinstance(value, cls):
            return value
        number = _split(value, _BYTES, "a size such as '2KB' (2,000 bytes), '2KiB' (2,048 bytes) or 512")
        if number <= 0 or number != int(number):
            raise problem(f"must be a whole number of bytes above 0, but got {value!r}")
        return cls(int(number))

    def __repr__(self) -> str:
        for unit in ("gb", "mb", "kb"):
            if self % _BYTES[unit] == 0:
                return f"{int(self) // _BYTES[unit]}{unit.upper()}"
        return f"{int(self)}B"

    __str__ = __repr__

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        written = core_schema.union_schema(
            [
                core_schema.int_schema(gt=0),
                core_schema.str_schema(pattern=r"^\s*[0-9.eE+-]+\s*(([kKmMgG]i?)?[bB])?\s*$"),
            ]
        )
        return core_schema.no_info_plain_validator_function(
            cls.read,
            json_schema_input_schema=written,
            serialization=core_schema.plain_serializer_function_ser_schema(str),
        )


def _number(value: object) -> float:
    return float(_split(value, {"": 1, "%": _PERCENT}, "a finite number, such as 0.83 or '1%'"))


def _seconds(value: object) -> float:
    number = float(_split(value, _SECONDS, "seconds, or a time such as '2min'"))
    if number <= 0:
        raise problem(f"must be above 0, but got {value!r}")
    return number


def _whole(value: object) -> int:
    number = _split(value, {"": 1}, "a whole number")
    if number != int(number):
        raise problem(f"must be a whole number, but got {value!r}")
    return int(number)


def _count(value: object) -> int:
    number = _whole(value)
    if number < 1:
        raise problem(f"must be at least 1, but got {value!r}")
    return number


def _not_negative(value: object) -> int:
    number = _whole(value)
    if number < 0:
        raise problem(f"must be at least 0, but got {value!r}")
    return number


def _directions(value: object) -> dict[str, Literal["+", "-"]]:
    pairs = list(value.items()) if isinstance(value, Mapping) else []
    if isinstance(value, str):
        pairs = [(name.strip(), sign.strip()) for name, _, sign in (part.rpartition("=") for part in value.split(","))]
    wanted = "must name columns with '+' or '-', such as {'age': '+'} or 'age=+,price=-'"
    if not pairs:
        raise problem(f"{wanted}, but got {value!r}")
    found: dict[str, Literal["+", "-"]] = {}
    for name, sign in pairs:
        if not isinstance(name, str) or not name or sign not in ("+", "-"):
            raise problem(f"{wanted}, but got {value!r}")
        if name in found:
            raise problem(f"must name each column only once, but got {name!r} twice")
        found[name] = "+" if sign == "+" else "-"
    return found


def _flag(value: object) -> bool:
    flag = {"true": True, "false": False}.get(str(value).strip().casefold())
    if flag is None:
        raise problem(f"must be true or false, but got {value!r}")
    return flag


def _auto(value: object) -> bool | str:
    if str(value).strip().casefold() == "auto":
        return "auto"
    try:
        return _flag(value)
    except ValueError:
        raise problem(f'must be true, false or "auto", but got {value!r}') from None


def _label(value: object) -> object:
    plain = value.item() if hasattr(value, "item") and not isinstance(value, str) else value
    if isinstance(plain, str | bool | int) and plain != "":
        return plain
    if isinstance(plain, float) and math.isfinite(plain):
        return plain
    raise problem(f"must be a label of the target: a text, a number, true or false, but got {value!r}")


def _margin(value: object) -> float | str:
    if isinstance(value, str) and value.strip().casefold() == "auto":
        return "auto"
    wanted = 'must be "auto" or a number of standard errors, 0 or more'
    try:
        number = _number(value)
    except ValueError:
        raise problem(f"{wanted}, but got {value!r}") from None
    if number < 0:
        raise problem(f"{wanted}, but got {value!r}")
    return number


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise problem(f"must be a text that is not empty (in quotes), but got {value!r}")
    return value


def _path(value: object) -> str:
    return _text(str(value) if isinstance(value, PathLike) else value)


def _names(value: object) -> tuple[str, ...]:
    names = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not names or not all(isinstance(name, str) and name for name in names):
        given = value if isinstance(value, list | tuple) else ()
        remedy = "" if all(isinstance(name, str) for name in given) else ": put each name in quotes"
        raise problem(f"must be a list of names that is not empty, but got {value!r}{remedy}")
    if len(set(names)) < len(names):
        raise problem(f"must name each only once, but got {value!r}")
    return tuple(names)


def _column_names(value: object) -> tuple[str, ...]:
    """Read names of columns, of which one may be empty, as that of the index in many CSV files."""
    names = value if isinstance(value, list | tuple) else ()
    if "" not in names:
        return _names(value)
    rest = [name for name in names if name != ""]
    return ("", *(_names(rest) if rest else ()))


def _words(value: object) -> tuple[str | float, ...]:
    words = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    if not isinstance(words, list | tuple) or not all(
        isinstance(one, str | Real) and not isinstance(one, bool) for one in words
    ):
        raise problem(f"must be a list of words and numbers that count as missing, but got {value!r}")
    if isinstance(value, str):  # from the command line, where numbers are words, too
        return (*words, *(float(one) for one in words if _QUANTITY.fullmatch(one) and one[-1:].isdigit()))
    return tuple(one if isinstance(one, str) else float(one) for one in words)


def _any_names(value: object) -> tuple[str, ...]:
    return () if value in ([], ()) else _names(value)


_NUMBER_SCHEMA = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^\s*[0-9.eE+-]+\s*%?\s*$"}]}
_SECONDS_SCHEMA = {
    "anyOf": [
        {"type": "number", "exclusiveMinimum": 0},
        {"type": "string", "pattern": r"^\s*[0-9.eE+-]+\s*(ms|s|sec|min|h)?\s*$"},
    ]
}
_NAMES_SCHEMA = {
    "anyOf": [
        {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "uniqueItems": True},
        {"type": "string", "description": "names separated by commas"},
    ]
}
_ANY_NAMES_SCHEMA = {
    "anyOf": [
        {"type": "array", "items": {"type": "string", "minLength": 1}, "uniqueItems": True},
        {"type": "string", "description": "names separated by commas"},
    ]
}

_WORDS_SCHEMA = {
    "anyOf": [
        {"type": "array", "items": {"type": ["string", "number"]}},
        {"type": "string", "description": "words and numbers separated by commas"},
    ]
}
_COLUMN_NAMES_SCHEMA = {
    "anyOf": [
        {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
        {"type": "string", "description": "names separated by commas"},
    ]
}

Number = Annotated[float, BeforeValidator(_number), WithJsonSchema(_NUMBER_SCHEMA)]
Seconds = Annotated[float, BeforeValidator(_seconds), WithJsonSchema(_SECONDS_SCHEMA)]
Whole = Annotated[int, BeforeValidator(_whole), WithJsonSchema({"type": "integer"})]
Count = Annotated[int, BeforeValidator(_count), WithJsonSchema({"type": "integer", "minimum": 1})]
NotNegative = Annotated[int, BeforeValidator(_not_negative), WithJsonSchema({"type": "integer", "minimum": 0})]
Directions = Annotated[
    dict[str, Literal["+", "-"]],
    BeforeValidator(_directions),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string", "enum": ["+", "-"]}},
                {"type": "string", "description": "such as age=+,price=-"},
            ]
        }
    ),
]
Flag = Annotated[bool, BeforeValidator(_flag), WithJsonSchema({"type": "boolean"})]
Auto = Annotated[
    bool | Literal["auto"],
    BeforeValidator(_auto),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "string", "enum": ["auto"]}]}),
]
Label = Annotated[
    str | int | float | bool,
    BeforeValidator(_label),
    WithJsonSchema({"anyOf": [{"type": "string", "minLength": 1}, {"type": "number"}, {"type": "boolean"}]}),
]
Margin = Annotated[
    float | Literal["auto"],
    BeforeValidator(_margin),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "enum": ["auto"]}]}),
]
Text = Annotated[str, BeforeValidator(_text), WithJsonSchema({"type": "string", "minLength": 1})]
Path = Annotated[str, BeforeValidator(_path), WithJsonSchema({"type": "string", "minLength": 1})]
Names = Annotated[tuple[str, ...], BeforeValidator(_names), WithJsonSchema(_NAMES_SCHEMA)]
AnyNames = Annotated[tuple[str, ...], BeforeValidator(_any_names), WithJsonSchema(_ANY_NAMES_SCHEMA)]
ColumnNames = Annotated[tuple[str, ...], BeforeValidator(_column_names), WithJsonSchema(_COLUMN_NAMES_SCHEMA)]
Words = Annotated[tuple[str | float, ...], BeforeValidator(_words), WithJsonSchema(_WORDS_SCHEMA)]
