"""The file that a model is saved in: the packed program, alone or followed by a card that describes it."""

from __future__ import annotations

import json
import zlib
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from automicro.errors import ArtifactError, PluginError
from automicro.program.wire.programs import pack, unpack

if TYPE_CHECKING:
    from automicro.program.nodes import Program

__all__ = ["CARD_MAGIC", "read_artifact", "write_artifact"]

CARD_MAGIC = b"\xb6"  # the byte after the one that a packed program begins with
LENGTH_BYTES = 4
ROOM, ROOM_A_BYTE = 1 << 16, 256  # bytes that a card may have, unpacked


def write_artifact(program: Program, card: dict[str, Any] | None = None) -> bytes:
    """Return the bytes of a model file.

    Parameters
    ----------
    program : Program
    card : dict, optional
        Anything that JSON can hold: names of columns, provenance, explanation. Predictions do not depend on it; without it the file is
        the packed program and nothing else.

    Raises
    ------
    PluginError
        If the program is not valid or JSON cannot hold the card.
    """
    payload = pack(program)
    if card is None:
        return payload
    sealed = {"card": card, "sha256": sha256(payload).hexdigest()}
    try:
        text = json.dumps(sealed, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise PluginError(f"a card must be what JSON can hold, but {error}") from error
    packed = zlib.compress(text, 9)
    if len(text) > ROOM + ROOM_A_BYTE * len(packed):
        packed = zlib.compress(text, 0)
    return CARD_MAGIC + len(payload).to_bytes(LENGTH_BYTES, "big") + payload + packed


def read_artifact(data: bytes) -> tuple[Program, dict[str, Any] | None]:
    """Return the program of a model file, and its card if it has one.

    Raises
    ------
    ArtifactError
        If the bytes are not exactly one model file, or the card belongs to another program.
    """
    data = bytes(data)
    if data[:1] != CARD_MAGIC:
        return unpack(data), None
    start = 1 + LENGTH_BYTES
    end = start + int.from_bytes(data[1:start], "big")
    if len(data) <= max(start, end):
        raise ArtifactError(f"a model with a card must have more than {max(start, end)} bytes, but has {len(data)}")
    return unpack(data[start:end]), _read_card(data[end:], sha256(data[start:end]).hexdigest())


def _read_card(packed: bytes, digest: str) -> dict[str, Any]:
    room = ROOM + ROOM_A_BYTE * len(packed)
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(packed, room)
        sealed = json.loads(text) if inflater.eof and not inflater.unused_data else None
    except (zlib.error, ValueError, RecursionError) as error:
        raise ArtifactError(f"a card must be JSON packed by zlib, but {error}; the file is damaged") from error
    if not isinstance(sealed, dict) or sealed.keys() != {"card", "sha256"} or not isinstance(sealed["card"], dict):
        raise ArtifactError("a card must be one JSON object that fills the rest of the file; the file is damaged")
    if sealed["sha256"] != digest:
        raise ArtifactError("a card must belong to its program, but the program has changed; the file is damaged")
    card: dict[str, Any] = sealed["card"]
    return card
