"""A finished trial as bytes, and back without trusting them: a line with length and checksum, then JSON of known fields."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import ConfigDict, PlainSerializer, PlainValidator, TypeAdapter, ValidationError

from automicro.explain import Replay
from automicro.measure import Interpretability
from automicro.request import Level
from automicro.search.context import Outcome, State

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["UnusableError", "read_record", "write_record"]

MAGIC = b"automicro trial 2"
DIGITS = 64


class UnusableError(Exception):
    """What a file holds instead of the trial, as the end of a sentence."""


def _plain(array: NDArray[np.float64]) -> dict[str, Any]:
    numbers = np.ascontiguousarray(array, dtype="<f8")
    return {"shape": list(array.shape), "float64": base64.b64encode(numbers.tobytes()).decode()}


def _array(value: Any) -> NDArray[np.float64]:
    match value:
        case {"shape": [*shape], "float64": str(text)} if all(type(side) is int and side >= 0 for side in shape):
            numbers = np.frombuffer(base64.b64decode(text, validate=True), dtype="<f8").astype(np.float64)
            return numbers.reshape(shape)
    raise ValueError("must be an array of float64")


class _Arrays:
    """The replacement of ``NDArray`` where the fields of an outcome are read."""

    def __class_getitem__(cls, _dtype: object) -> Any:
        return Annotated[np.ndarray, PlainValidator(_array), PlainSerializer(_plain)]


_STRICT = ConfigDict(
    strict=True,
    extra="forbid",
    ser_json_inf_nan="constants",
    ser_json_bytes="base64",
    val_json_bytes="base64",
    defer_build=True,
)
_FORM: TypeAdapter[tuple[str, Outcome]] = TypeAdapter(tuple[str, Outcome], config=_STRICT)
_FORM.rebuild(
    _types_namespace={
        "Any": Any,
        "Interpretability": Interpretability,
        "Level": Level,
        "Mapping": Mapping,
        "NDArray": _Arrays,
        "Outcome": Outcome,
        "Replay": Replay,
        "State": State,
        "np": np,
    }
)


def write_record(key: str, outcome: Outcome) -> bytes:
    """Return an outcome and the key of its task as bytes.

    Raises
    ------
    ValueError
        If a family left something else than data in it.
    """
    body = _FORM.dump_json((key, outcome), warnings="error")
    return b"%s %s %d\n%s" % (MAGIC, hashlib.sha256(body).hexdigest().encode(), len(body), body)


def read_record(content: bytes, key: str) -> Outcome:
    """Return the outcome that `write_record` has written for this key.

    Raises
    ------
    UnusableError
        If anything else was passed.
    """
    head, _, body = content.partition(b"\n")
    magic, _, rest = head.rpartition(b" ")[0].rpartition(b" ")
    if magic != MAGIC or len(rest) != DIGITS:
        raise UnusableError("is not a trial of this version")
    if head != b"%s %s %d" % (MAGIC, hashlib.sha256(body).hexdigest().encode(), len(body)):
        raise UnusableError("is damaged")
    try:
        of, outcome = _FORM.validate_json(body)
    except (ValidationError, binascii.Error, ValueError, OverflowError, MemoryError) as error:
        raise UnusableError("does not hold a trial") from error
    if of != key:
        raise UnusableError("holds another trial")
    return outcome
