"""Writes to a console, whatever characters it can show, and whether or not there is one."""

from __future__ import annotations

from typing import TextIO

__all__ = ["write"]


def write(stream: TextIO | None, text: str) -> None:
    """Write text and flush; ``?`` takes the place of what the stream cannot encode, and nothing happens without an open stream."""
    if stream is None or stream.closed:
        return
    try:
        stream.write(text)
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, errors="replace").decode(encoding))
    stream.flush()
