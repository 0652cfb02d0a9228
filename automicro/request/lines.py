"""The line of a search file on which a key is."""

from __future__ import annotations

import json
import math
import re
import tomllib
from typing import TYPE_CHECKING, Any

import yaml

from automicro.errors import RequestError
from automicro.request.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["FORMATS", "Lines", "form_of", "parse"]

# Path of keys -> line number, from 1.
Lines = dict[tuple[str, ...], int]

MOST_PARTS = 100  # of a dotted key of TOML
DEEPEST = 4  # keys inside of each other whose lines are kept
MOST_NODES = 100_000  # of YAML


def parse(text: str, form: str, name: str) -> tuple[Any, Lines]:
    """Return the document that a text holds, and the lines of its keys (of the first two levels).

    Parameters
    ----------
    text : str
    form : {"toml", "yaml", "json"}
    name : str
        Name of the file, for errors.

    Raises
    ------
    RequestError
        If the text is not in that format, or a key occurs twice.
    """
    if form not in FORMATS:
        raise RequestError(f"{name}: the format must be one of {', '.join(FORMATS)}, but got {form!r}")
    try:
        return FORMATS[form](text, name)
    except RequestError:
        raise
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits, the date 2020-13-01, deep nesting
        raise RequestError(f"{name}: must hold values that can be read, but got this: {error}") from None


def _toml(text: str, name: str) -> tuple[Any, Lines]:
    if _DOTTED.search(text):  # tomllib takes the square of their number
        raise RequestError(f"{name}: must hold keys of at most {MOST_PARTS} parts, but one has more")
    try:
        return tomllib.loads(text), _toml_lines(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        place = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)", said)
        line = int(place[1]) if place and place[1] else text.count("\n") + 1
        reason = said.replace(place[0], "") if place else said
        reason = re.sub(r"\((?:'[^']*'(?:, |,(?=\))|(?=\))))+\)", _dotted, reason)  # a tuple of keys
        raise RequestError(f"{name}:{line}: {reason[0].lower()}{reason[1:]}") from None


def _dotted(keys: re.Match[str]) -> str:
    return repr(".".join(re.findall(r"'([^']*)'", keys[0])))


_OCTAL = re.compile(r"[-+]?0[0-7_]+")
_TOML_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"\n]*"|'[^'\n]*')(?:\s*\.\s*(?:[\w-]+|"[^"\n]*"|'[^'\n]*'))*)\s*=""")
_DOTTED = re.compile(rf"""(?:(?:(?<![\w-])[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){{{MOST_PARTS}}}""")
_TOML_TABLE = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?")
_TOML_ENTRY = re.compile(r"\s*\[\[([^\[\]]+)\]\]\s*(?:#.*)?")


def _toml_lines(text: str) -> Lines:
    """Find keys line by line: a search file has sections, keys and short values, and no need of a whole parser."""
    lines: Lines = {}
    section: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if table := _TOML_TABLE.fullmatch(line):
            section = _toml_path(table[1])
            lines.setdefault(section, number)
        elif entry := _TOML_ENTRY.fullmatch(line):
            array = _toml_path(entry[1])
            lines.setdefault(array, number)
            section = (*array, str(sum(path[:-1] == array for path in lines)))
            lines[section] = number
        elif key := _TOML_KEY.match(line):
            path = section + _toml_path(key[1])
            for end in range(1, min(len(path), DEEPEST) + 1):
                lines.setdefault(path[:end], number)
    return lines


def _toml_path(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in re.findall(r""""[^"]*"|'[^']*'|[^.]+""", dotted))


def _yaml(text: str, name: str) -> tuple[Any, Lines]:
    lines: Lines = {}
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is None:
            return {}, lines
        known: dict[yaml.Node, float] = {}
        if _unfolded(root, known) > MOST_NODES:
            raise RequestError(f"{name}: must hold at most {MOST_NODES:,} values, aliases unfolded, but holds more")
        _refuse_octal(known, name)
        _yaml_lines(root, (), lines, name)
        return yaml.safe_load(text), lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else 1
        raise RequestError(f"{name}:{line}: {error.problem or error.context}") from None
    except (
        yaml.YAMLError,
        ValueError,
    ) as error:  # characters that YAML forbids, and values such as the date 2020-13-01
        if isinstance(error, RequestError):
            raise
        raise RequestError(f"{name}: must be YAML, but got this: {' '.join(str(error).split())}") from None


def _unfolded(node: yaml.Node, known: dict[yaml.Node, float]) -> float:
    """Return how many values a node holds where each alias counts as the values that it refers to; infinite if it contains itself."""
    if node not in known:
        known[node] = math.inf
        held = node.value if isinstance(node, yaml.CollectionNode) else ()
        parts = [part for each in held for part in (each if isinstance(each, tuple) else (each,))]
        known[node] = 1 + sum(_unfolded(part, known) for part in parts)
    return known[node]


def _refuse_octal(nodes: Iterable[yaml.Node], name: str) -> None:
    for node in nodes:
        if node.tag == "tag:yaml.org,2002:int" and _OCTAL.fullmatch(node.value):
            line, plain = node.start_mark.line + 1, node.value.replace("_", "").lstrip("+-0") or "0"
            raise RequestError(
                f"{name}:{line}: a number must not begin with 0, as YAML reads it in base 8, but got {node.value}: write {plain}"
            )


def _yaml_lines(node: yaml.Node, path: tuple[str, ...], lines: Lines, name: str) -> None:
    if not isinstance(node, yaml.MappingNode) or len(path) >= DEEPEST:
        return
    for key, value in node.value:
        here = (*path, str(key.value))
        line = key.start_mark.line + 1
        if here in lines and len(here) <= 2:
            raise _twice(name, line, here, lines)
        lines.setdefault(here, line)
        _yaml_lines(value, here, lines, name)


def _json(text: str, name: str) -> tuple[Any, Lines]:
    try:
        return json.loads(text), _json_lines(text, name)
    except json.JSONDecodeError as error:
        raise RequestError(f"{name}:{error.lineno}: {error.msg[0].lower()}{error.msg[1:]}") from None


_JSON_PIECE = re.compile(r'"(?:[^"\\\n]|\\.)*"|[{}\[\]:,\n]')


def _json_lines(text: str, name: str) -> Lines:
    """Walk over strings, brackets and colons of sound JSON; a string before a colon is a key."""
    lines: Lines = {}
    path: list[str] = []
    line, last = 1, ""
    for piece in _JSON_PIECE.findall(text):
        if piece == ":":
            path[-1] = json.loads(last)
            if len(path) <= DEEPEST:
                if (here := tuple(path)) in lines and len(path) <= 2:
                    raise _twice(name, line, here, lines)
                lines[here] = line
        elif piece in "{[":
            path.append("")
        elif piece in "}]":
            path.pop()
        line += piece == "\n"
        last = piece if piece != "\n" else last
    return lines


def _twice(name: str, line: int, path: tuple[str, ...], lines: Lines) -> RequestError:
    return RequestError(f"{name}:{line}: {'.'.join(path)}: must occur once, but occurs on line {lines[path]} too")


FORMATS: dict[str, Callable[[str, str], tuple[Any, Lines]]] = {"toml": _toml, "yaml": _yaml, "json": _json}


TABLES = (".csv", ".tsv", ".parquet", ".pq", ".jsonl", ".ndjson")


def form_of(suffix: str, name: str) -> str:
    """Return the format that a file's suffix names."""
    forms = {".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".json": "json"}
    if name == "-" or name.startswith("/dev/"):
        raise RequestError(
            f"{name}: a search is read from a file, not from standard input or a pipe: write it to a file first"
        )
    if suffix.casefold() in TABLES:
        raise RequestError(
            f"{name}: a search file must end in {', '.join(forms)}, but {suffix!r} is that of a table: search it with "
            f"`automicro select {name} --target NAME`"
        )
    if suffix.casefold() not in forms:
        raise RequestError(
            f"{name}: a search file must end in {', '.join(forms)}, but got {suffix!r}: {did_you_mean(suffix, forms)}"
        )
    return forms[suffix.casefold()]
