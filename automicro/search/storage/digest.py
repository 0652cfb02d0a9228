"""A digest of data that is the same in every process: of values, arrays and dataclasses, and of the code of functions."""

from __future__ import annotations

import functools
import hashlib
import os
import struct
import sys
import sysconfig
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.request import Metric

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["digest"]

_Named = BuiltinFunctionType | ModuleType | type | np.ufunc  # another library's, whose version is known


def digest(*values: object) -> str:
    """Return the SHA-256 of values as 64 hexadecimal digits; equal values, also of another process, have the same.

    The order of mappings and sets does not count; lists count as tuples.

    Raises
    ------
    TypeError
        If a value is, or contains, something else than data and functions.
    """
    whole = hashlib.sha256()
    for part in _parts(values, ()):
        whole.update(len(part).to_bytes(8, "little"))
        whole.update(part)
    return whole.hexdigest()


def _parts(value: object, within: tuple[int, ...]) -> Iterator[bytes | memoryview]:
    """Yield what is hashed: a tag and the content; `within` are the functions that a value is met in, which may call themselves."""
    match value:
        case None | bool() | int():
            yield b"%r" % value
        case Metric():
            yield b"metric"
            made = value.definition
            known = {field.name: getattr(made, field.name) for field in fields(made) if field.name != "function"}
            yield from _parts((value.plain, known, made.function), within)
        case float():
            yield b"float"
            yield struct.pack("<d", value)
        case str():
            yield b"text"
            yield value.encode("utf-8", "surrogatepass")
        case bytes():
            yield b"bytes"
            yield value
        case np.ndarray() | np.generic():
            yield from _array(np.asarray(value), within)
        case tuple() | list():
            yield b"sequence %d" % len(value)
            for each in value:
                yield from _parts(each, within)
        case Mapping() | AbstractSet():
            held = value.items() if isinstance(value, Mapping) else value
            yield b"unordered %d" % len(value)
            yield from sorted(_joined(each, within) for each in held)
        case _:
            yield from _object(value, within)


def _joined(value: object, within: tuple[int, ...]) -> bytes:
    return b"".join(len(part).to_bytes(8, "little") + bytes(part) for part in _parts(value, within))


def _array(array: np.ndarray[Any, Any], within: tuple[int, ...]) -> Iterator[bytes | memoryview]:
    yield f"array {array.dtype.newbyteorder('<').str} {array.shape}".encode()
    if array.dtype.hasobject:
        for each in array.ravel().tolist():
            yield from _parts(each, within)
    else:
        plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        yield memoryview(plain.reshape(-1).view(np.uint8).data)


def _object(value: object, within: tuple[int, ...]) -> Iterator[bytes | memoryview]:
    yield type(value).__name__.encode()
    if is_dataclass(value) and not isinstance(value, type):
        yield from _parts({field.name: getattr(value, field.name) for field in fields(value)}, within)
    elif isinstance(value, FunctionType):
        if id(value) not in within:
            yield from _function(value, (*within, id(value)))
    elif isinstance(value, MethodType):
        yield from _parts((value.__func__, value.__self__), within)
    elif isinstance(value, functools.partial):
        yield from _parts((value.func, value.args, value.keywords), within)
    elif isinstance(value, CodeType):
        yield from _parts((value.co_code, value.co_names, value.co_varnames, value.co_consts), within)
    elif isinstance(value, _Named):
        yield f"{getattr(value, '__module__', '')} {getattr(value, '__qualname__', value.__name__)}".encode()
    elif callable(value) and hasattr(value, "__dict__"):  # such as a scorer of scikit-learn
        yield from _parts((type(value), type(value).__call__, vars(value)), within)
    else:
        raise TypeError(f"{type(value).__module__}.{type(value).__qualname__} is neither data nor a function")


def _function(function: FunctionType, within: tuple[int, ...]) -> Iterator[bytes | memoryview]:
    try:
        yield _joined(_of_function(function), within)
    except TypeError:
        if not _is_installed(function.__module__):
            raise
        yield f"{function.__module__} {function.__qualname__}".encode()  # of a library, whose version is known


def _is_installed(module: str) -> bool:
    """Whether a module lies among those of Python or of installed packages."""
    file = str(getattr(sys.modules.get(module), "__file__", None) or "")
    paths = sysconfig.get_paths()
    return any(file.startswith(paths[kind] + os.sep) for kind in ("stdlib", "purelib", "platlib"))


def _of_function(function: FunctionType) -> tuple[object, ...]:
    """Return what a function computes with: its code, defaults, what it encloses, and what it names of its own module."""
    code, known = function.__code__, function.__globals__
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    named = {name: _global(known[name], function.__module__) for name in _names(code) if name in known}
    return code, function.__defaults__, function.__kwdefaults__, cells, named


def _global(value: object, module: str) -> object:
    """Return a global value; None for modules, classes and functions of other modules, which are known by their names in the code."""
    elsewhere = isinstance(value, FunctionType) and value.__module__ != module
    return None if elsewhere or isinstance(value, _Named) else value


def _names(code: CodeType) -> set[str]:
    inner = [_names(each) for each in code.co_consts if isinstance(each, CodeType)]
    return set(code.co_names).union(*inner)
