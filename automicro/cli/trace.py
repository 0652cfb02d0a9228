"""The command `trace`: what a search tried, and why it took the model that it took."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import ValidationError

from automicro.bounded import read_bounded
from automicro.errors import DataError, RequestError
from automicro.report import runner_up, trace_text
from automicro.request import Price, TraceLine, TrialRecord, did_you_mean

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path

__all__ = ["read_trace", "trace"]

MOST_BYTES = 1 << 29  # of a trace


def read_trace(path: str | Path) -> tuple[list[TrialRecord], list[Price]]:
    """Return the trials and the prices of a trace file.

    Raises
    ------
    DataError
        If the file cannot be read, or a line is no record of a trace.
    """
    try:
        lines = read_bounded(path, MOST_BYTES).decode().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"a trace must be a readable text file, but {path}: {reason}") from error
    found: list[TrialRecord | Price] = []
    for number, line in enumerate(lines, 1):
        try:
            found.append(TraceLine.model_validate_json(line).root)
        except ValidationError as error:
            where = ".".join(map(str, error.errors()[0]["loc"])) or "the line"
            raise DataError(
                f"line {number} of {path} must be a record of a trace, but {where}: {error.errors()[0]['msg'].lower()}"
            ) from error
    return [r for r in found if isinstance(r, TrialRecord)], [r for r in found if isinstance(r, Price)]


def trace(arguments: Namespace) -> str:
    """Return the trials of a trace as a table, the reason of each, and the prices."""
    trials, prices = read_trace(arguments.trace)
    if arguments.family is not None:
        families = sorted({trial.family for trial in trials})
        if arguments.family not in families:
            raise RequestError(
                f"--family: must be one that took part, but got {arguments.family!r}: {did_you_mean(arguments.family, families)}"
            )
        trials = [trial for trial in trials if trial.family == arguments.family]
    if arguments.runner_up:
        best = runner_up(trials)
        trials, prices = [] if best is None else [best], []
    if arguments.json:
        return "".join(json.dumps(record.model_dump(mode="json")) + "\n" for record in (*trials, *prices))
    return trace_text(trials, prices, family=arguments.family)
