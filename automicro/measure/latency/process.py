"""The process that `latency_in_fresh_processes` starts: a request on standard input, its measurement on standard output."""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

import numpy as np

from automicro.measure.latency.timing import RUNTIMES, row_array, time_calls
from automicro.program import read_artifact

__all__ = ["measured"]


def measured(request: str) -> str:
    """Do in this process what is requested: JSON in, JSON out."""
    wanted = json.loads(request)
    program, _ = read_artifact(base64.b64decode(wanted["artifact"]))
    rows = [_one_graph(v) if isinstance(v, dict) else row_array(v) for v in wanted["rows"]]
    quantiles = wanted["quantiles"]
    calls = time_calls(RUNTIMES[wanted["runtime"]](program), rows, max(quantiles), wanted["seconds"])
    answer = {
        "quantiles": [(quantile, calls.quantile_us(quantile), *calls.span_us(quantile)) for quantile in quantiles],
        "fastest_us": float(calls.times_us.min()),
        "calls": len(calls.times_us),
        "cpu_share": calls.cpu_share,
    }
    return json.dumps(answer)


def _one_graph(lists: dict[str, Any]) -> dict[str, Any]:
    arrays = {name: np.array(values) for name, values in lists.items()}
    return {name: np.array(lists[name], dtype=object) if a.dtype.kind == "U" else a for name, a in arrays.items()}


if __name__ == "__main__":
    import automicro.runtime.model  # noqa: F401 - all is loaded before any process begins to time

    sys.stdout.write("\n")
    sys.stdout.flush()
    sys.stdout.write(measured(sys.stdin.read()))
