"""What a search starts from, as text: a file's path, or the content of a model or of arrays that were given in memory."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from automicro.errors import RequestError
from automicro.request.problems import problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Encoders", "Start", "content_of", "read_arrays", "split_encoder"]

INLINE = "base64://"


def _start(value: object) -> str:
    if isinstance(value, PathLike):
        value = fspath(value)
    if hasattr(value, "to_bytes") and not isinstance(value, int):
        return _inline(value.to_bytes())
    if not isinstance(value, str) or not value:
        raise problem(f"must be the path of a .micro file or a loaded model, but got {value!r}")
    return value


def _encoders(value: object) -> tuple[str, ...]:
    if isinstance(value, Mapping):
        value = [f"{name}={_arrays_text(name, arrays)}" for name, arrays in value.items()]
    parts = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not parts or not all(isinstance(p, str) and _is_entry(p) for p in parts):
        raise problem(f"must name families and .npz files, such as 'mlp=weights.npz', but got {value!r}")
    families = [split_encoder(part)[0] for part in parts]
    if len(set(families)) < len(families):
        raise problem(f"must name each family only once, but got {', '.join(families)}")
    return tuple(parts)


def _is_entry(part: str) -> bool:
    family, source = split_encoder(part)
    return bool(family and source)


def _arrays_text(name: object, arrays: object) -> str:
    if isinstance(arrays, str | PathLike):
        return fspath(arrays)
    import numpy as np  # noqa: PLC0415 - only where arrays are given

    if not isinstance(arrays, Mapping) or not arrays or not all(isinstance(key, str) for key in arrays):
        raise problem(f"the encoder of {name!r} must be a path or arrays by name, but got {arrays!r}")
    made = {key: np.asarray(values) for key, values in arrays.items()}
    for key, values in made.items():
        if values.dtype.kind not in "fiu" or not np.isfinite(values).all():
            raise problem(f"the encoder of {name!r}: array {key!r} must hold finite numbers, but does not")
    stream = io.BytesIO()
    np.savez(stream, **{key: values.astype(np.float32) for key, values in made.items()})  # type: ignore[arg-type]  # names are text
    return _inline(stream.getvalue())


def _inline(content: bytes) -> str:
    return INLINE + base64.b64encode(content).decode()


def split_encoder(text: str) -> tuple[str, str]:
    """Return the family and the source of an entry such as ``mlp=weights.npz``."""
    family, _, source = text.partition("=")
    return family.strip(), source.strip()


def content_of(source: str, key: str) -> bytes:
    """Return the bytes that a path names or that are in the text itself.

    Raises
    ------
    RequestError
        If they cannot be read; `key` is named.
    """
    try:
        if source.startswith(INLINE):
            return base64.b64decode(source.removeprefix(INLINE), validate=True)
        return Path(source).read_bytes()
    except binascii.Error:
        raise RequestError(f"{key}: must be base64 behind {INLINE}, but is not") from None
    except OSError as error:
        raise RequestError(f"{key}: must be a file that can be read, but {source}: {error.strerror or error}") from None


def read_arrays(source: str, key: str) -> dict[str, NDArray[Any]]:
    """Return the arrays of an .npz file as float64, by name.

    Raises
    ------
    RequestError
        If it is none, or holds anything but finite numbers.
    """
    import numpy as np  # noqa: PLC0415 - only where arrays are given

    try:
        with np.load(io.BytesIO(content_of(source, key)), allow_pickle=False) as file:
            arrays = {name: np.asarray(file[name], dtype=np.float64) for name in file.files}
    except RequestError:
        raise
    except Exception as error:  # noqa: BLE001 - numpy raises what zipfile, zlib and struct raise
        raise RequestError(f"{key}: must be an .npz file of numbers, but could not be read: {error}") from None
    for name, values in arrays.items():
        if not np.isfinite(values).all():
            raise RequestError(f"{key}: array {name!r} must hold finite numbers, but does not")
    return arrays


Start = Annotated[str, BeforeValidator(_start), WithJsonSchema({"type": "string", "minLength": 1})]
Encoders = Annotated[
    tuple[str, ...],
    BeforeValidator(_encoders),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "array", "items": {"type": "string", "pattern": "^[^=]+=.+$"}, "minItems": 1},
                {"type": "string", "description": "FAMILY=FILE, separated by commas"},
                {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1},
            ]
        }
    ),
]
