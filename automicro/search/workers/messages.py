"""Messages between a search and its workers: a length, then a pickle."""

from __future__ import annotations

import pickle
from typing import Any, BinaryIO

__all__ = ["MOST_SAID", "packed", "read", "receive", "send", "unpacked"]

MOST_SAID = 1 << 16  # bytes that are kept of what a process says on standard error; the last ones


def packed(message: object) -> bytes:
    """Return a message as it is written."""
    body = pickle.dumps(message, protocol=5)
    return len(body).to_bytes(8, "little") + body


def read(stream: BinaryIO) -> bytes:
    """Read one message, with its length; raise `EOFError` where the other side has ended."""
    head = stream.read(8)
    body = stream.read(int.from_bytes(head, "little")) if len(head) == 8 else b""
    if not body:
        raise EOFError
    return head + body


def send(stream: BinaryIO, message: object) -> None:
    """Write one message."""
    stream.write(packed(message))
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """Return what one message holds; raise `EOFError` where the other side has ended."""
    return unpacked(read(stream))


def unpacked(message: bytes) -> Any:
    """Return what a message holds."""
    return pickle.loads(message[8:])  # noqa: S301 - both ends are this program
