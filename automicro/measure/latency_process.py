"""The process that `latency_in_fresh_process` starts: a request on standard input, a measurement on standard output."""

from __future__ import annotations

import sys

from automicro.measure.latency import measured

__all__ = []

if __name__ == "__main__":
    sys.stdout.write(measured(sys.stdin.read()))
