"""Tasks that behave as badly as a model family can; run by the workers of test_executor.py."""

from __future__ import annotations

import os
import sys
import time
from typing import Any


def fail() -> None:
    raise ZeroDivisionError("as it is read")


class Unreadable:
    def __reduce__(self) -> Any:
        return fail, ()


def run(context: Any, task: Any) -> Any:
    match task:
        case "hang":
            time.sleep(600)
        case "die":
            os._exit(7)
        case "print":
            print("noise" * 100_000)
            sys.stdout.flush()
            os.write(1, b"noise on the file descriptor")
            return "quiet"
        case "eat":
            return len(bytearray(8 * 10**9))
        case "raise":
            raise ZeroDivisionError("by a family")
        case "unreadable":
            return Unreadable()
        case "unwritable":
            return sys.stdout
        case "threads":
            return os.environ["OMP_NUM_THREADS"]
    return context + task
