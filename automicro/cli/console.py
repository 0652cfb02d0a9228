"""Writes to a console, whatever characters it can show, and whether or not there is one."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TextIO

from automicro.cli.exits import Exit
from automicro.escaped import escaped

__all__ = ["Answer", "open_streams", "write"]


@dataclass(frozen=True)
class Answer:
    """What a command writes to standard output and standard error, and its exit code; an `exact` text is CSV or JSON for a program."""

    text: str = ""
    said: str = ""
    code: Exit = Exit.DONE
    exact: bool = False


def write(stream: TextIO | None, text: str, *, exact: bool = False) -> str:
    """Write text and flush; return why it could not be written, nothing where it was.

    ``?`` takes the place of what the stream cannot encode, an escape that of a control character, unless the text is `exact` and the stream
    is no terminal. A reader that has read enough is no failure.
    """
    if stream is None or stream.closed:
        return "it is closed"
    try:
        _written(stream, text if exact and not stream.isatty() else escaped(text, keep="\n\t"))
    except BrokenPipeError:
        _let_go(stream)
    except (OSError, ValueError) as error:
        _let_go(stream)
        return getattr(error, "strerror", None) or str(error)
    return ""


def _written(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, errors="replace").decode(encoding))
    stream.flush()


def _let_go(stream: TextIO) -> None:
    """Lead a stream nowhere, so that what it still holds does no harm when the interpreter flushes it at its end."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def open_streams() -> None:
    """Open the standard streams that are closed on nothing, lest a file that is opened later gets what others print."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            with contextlib.suppress(OSError):
                os.open(os.devnull, os.O_RDWR)  # which takes the lowest number that is free
