r"""Text of strangers as a terminal may print it: control characters become escapes such as ``\x1b``."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

__all__ = ["escaped"]

T = TypeVar("T")

# Controls (C0, DEL, C1), what separates lines and paragraphs, what turns the direction of text, what has no width but the joiners
# that Persian, Hindi and emoji need, halves of characters, and tags.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def escaped(value: T, keep: str = "") -> T:
    r"""Return a text whose control characters are written as escapes; of dicts, lists, tuples and dataclasses, all their texts.

    Parameters
    ----------
    value : str or data
        Names, classes, reasons or notes from a file. Other values, such as numbers, are returned as they are.
    keep : str
        Characters that stay, such as the ends of lines in a report.

    Examples
    --------
    >>> print(escaped("age\x1b[2J\n"))
    age\x1b[2J\n
    >>> print(escaped({"names": ["one\u202eowt", "\u00e9"]}))
    {'names': ['one\\u202eowt', 'é']}
    """
    return _escaped(value, keep)  # type: ignore[no-any-return]  # of the same type


def _escaped(value: Any, keep: str) -> Any:
    if isinstance(value, str):
        return _HIDDEN.sub(lambda found: found[0] if found[0] in keep else ascii(found[0])[1:-1], value)
    if isinstance(value, dict):
        return {_escaped(key, keep): _escaped(held, keep) for key, held in value.items()}
    if isinstance(value, list):
        return [_escaped(each, keep) for each in value]
    if type(value) is tuple:
        return tuple(_escaped(each, keep) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: _escaped(getattr(value, each.name), keep) for each in fields(value)})
    return value
