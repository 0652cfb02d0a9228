"""Numbers that are written as text: with currency, percent sign, unit, brackets, and marks of thousands and decimals."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["STYLES", "leading_zero", "number_style", "parsed_number"]

CURRENCY = r"[$€£¥₹]|USD|EUR|GBP|CHF|JPY|CNY|INR|AUD|CAD"
STYLES = ("1,234.5", "1.234,5", "1 234,5", "1 234.5", "1'234.5")
FEW_LEVELS = 20
ENOUGH = 5  # different texts with a comma before three digits, beside texts without one
POINT, COMMA = STYLES[:2]
POINT_CURRENCIES = {"$", "£", "USD", "GBP", "AUD", "CAD"}
CODE = re.compile(r"[+-]?0\d+")
INTEGER = re.compile(r"[+-]?\d+")
BLANKS = str.maketrans("\u00a0\u202f\u2212", "  -")


def _pattern(style: str) -> re.Pattern[str]:
    thousands, decimal = re.escape(style[1]), re.escape(style[5])
    digits = rf"(?:\d{{1,3}}(?:{thousands}\d{{3}})+|\d+)(?:{decimal}\d*)?|{decimal}\d+"
    return re.compile(
        rf"(?P<open>\()?\s*(?P<sign>[+-])?\s*(?P<before>{CURRENCY})?\s*(?P<inner>[+-])?\s*(?P<digits>{digits})"
        rf"(?P<power>[eE][+-]?\d+)?(?P<after>\s*(?:%|‰|{CURRENCY})|\s+[^\W\d_]+)?\s*(?P<close>\))?"
    )


_PATTERNS = {style: _pattern(style) for style in STYLES}


def parsed_number(text: str, style: str) -> tuple[float, str] | None:
    """Return the number that a text is in a style, and the text around its digits; None if it is no number.

    The number is the one that is written: "12.5 %" is 12.5. Brackets make it negative, as in accounting.
    """
    found = _PATTERNS[style].fullmatch((text if text.isascii() else text.translate(BLANKS)).strip())
    if found is None or bool(found["open"]) != bool(found["close"]) or (found["sign"] and found["inner"]):
        return None
    plain = found["digits"].replace(style[1], "").replace(style[5], ".")
    number = float(plain + (found["power"] or ""))
    is_negative = "-" in (found["sign"], found["inner"])
    if found["open"] and (is_negative or found["sign"] or found["inner"]):
        return None
    around = f"{found['before'] or ''}#{(found['after'] or '').strip()}"
    return (-number if is_negative or found["open"] else number), around


def leading_zero(texts: Collection[str]) -> str | None:
    """Return the first text with a leading zero, if all texts are whole numbers; None if none has one, or a text is another."""
    codes = [text for text in texts if CODE.fullmatch(text.strip())]
    return codes[0] if codes and all(INTEGER.fullmatch(text.strip()) for text in texts) else None


def number_style(texts: Collection[str]) -> tuple[str | None, bool]:
    """Return the one style in which all texts are numbers, and whether they are numbers at all.

    The style is None where texts are no numbers; where their comma may separate thousands or decimals; where they look like codes (a
    leading zero); and where they are a few plain whole numbers, which may be codes as well.

    Parameters
    ----------
    texts : collection of str
        Different texts of a column, without the words for missing.
    """
    if not texts or any(CODE.fullmatch(text.strip()) for text in texts):
        return None, False
    marked = [style for style in STYLES if style in (POINT, COMMA) or any(style[1] in text for text in texts)]
    read = {style: values for style in marked if (values := _all_in(texts, style)) is not None}
    if not read:
        return None, False
    if len(texts) <= FEW_LEVELS and all(INTEGER.fullmatch(text.strip()) for text in texts):
        return None, True
    first = next(iter(read))
    if all(values == read[first] for values in read.values()):
        return first, True
    commas = [text for text in texts if "," in text]
    if not commas:
        return POINT, True
    has_point_currency = any(mark in text for text in commas for mark in POINT_CURRENCIES)
    if has_point_currency or (len(commas) < len(texts) and len(commas) >= ENOUGH and POINT in read):
        return POINT, True
    return None, True


def _all_in(texts: Collection[str], style: str) -> list[float] | None:
    """Return the numbers of all texts in a style; None if one is no number, or signs of currency, percent or unit differ."""
    values, around = [], ""
    for text in texts:
        found = parsed_number(text, style)
        if found is None or (around and found[1] != around):
            return None
        around = found[1]
        values.append(found[0])
    return values
