"""Why a task has no result, and where in the code that was."""

from __future__ import annotations

import traceback
from typing import Self

__all__ = ["Failure"]

MOST_CHARACTERS = 8_000  # of a traceback; the last ones, where the error stands


class Failure(str):
    """A sentence on why a task has no result; `traceback` is what Python, or the process that ended, said of it."""

    __slots__ = ("traceback",)
    traceback: str

    def __new__(cls, sentence: str, traceback: str = "") -> Self:
        """Return the failure, on one line, with the end of its traceback."""
        failure = super().__new__(cls, " ".join(sentence.split()))
        failure.traceback = traceback[-MOST_CHARACTERS:]
        return failure

    @classmethod
    def of(cls, error: BaseException) -> Self:
        """Return the failure that an error is."""
        return cls(f"{type(error).__name__}: {error}", "".join(traceback.format_exception(error)))

    @classmethod
    def of_process(cls, code: int | None, said: bytes) -> Self:
        """Return the failure that the end of a process is, of which the code and the last of standard error are known."""
        text = said.decode("utf-8", errors="replace").strip()
        last = f": {text.splitlines()[-1]}" if text else ""
        return cls(f"its process ended with code {code}{last}", text)
