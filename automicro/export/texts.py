"""Texts from data inside of code: quoted as a literal, or within a comment, in ASCII alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["comment", "quoted"]

Language = Literal["c", "javascript", "python", "sql"]
SHOWN = 60  # characters of a text in a comment


def quoted(text: str, language: Language) -> str:
    r"""Return a text as a literal that means exactly this text, in ASCII alone but for SQL.

    A literal of C holds the UTF-8 of the text. Those of JavaScript cannot end the script of a page, those of C hold no trigraph. SQL
    cannot hold the character NUL.

    Raises
    ------
    ValueError
        If the text has a NUL, in SQL.

    Examples
    --------
    >>> print(quoted("it's </script>\n", "javascript"))
    "it's \x3c/script>\n"
    >>> print(quoted("caf\u00e9??/", "c"))
    "caf\303\251\077\077/"
    """
    if language == "sql":
        if "\0" in text:
            raise ValueError("a text of SQL must have no NUL")
        return "'" + text.replace("'", "''") + "'"
    if language == "c":
        return '"' + "".join(map(_octal, text.encode("utf-8", "surrogatepass"))) + '"'
    wide = _WIDE[language]
    return '"' + "".join(_escape(each, wide) for each in text) + '"'


def comment(text: str) -> str:
    r"""Return a text for a comment of any language: the first characters, on one line, in ASCII, unable to end it.

    Examples
    --------
    >>> comment("price */ in\n€")
    'price * / in__'
    """
    shown = "".join(each if " " <= each <= "~" and each not in "\\<>?`$" else "_" for each in text[:SHOWN])
    for ends in ("*/", "/*", "--"):
        shown = shown.replace(ends, " ".join(ends))
    return shown


def _octal(byte: int) -> str:
    return chr(byte) if " " <= chr(byte) <= "~" and chr(byte) not in '"\\?' else f"\\{byte:03o}"


def _escape(character: str, wide: Callable[[int], str]) -> str:
    if character == "\n":
        return "\\n"
    if " " <= character <= "~" and character not in '"\\<&':
        return character
    point = ord(character)
    if point <= 0xFF:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= 0xFFFF else wide(point)


_WIDE: dict[str, Callable[[int], str]] = {
    "javascript": lambda point: f"\\u{{{point:x}}}",
    "python": lambda point: f"\\U{point:08x}",
}
