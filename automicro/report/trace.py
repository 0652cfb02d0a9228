"""A trace in words: a table of trials, the nearest of a family, the runner-up, prices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automicro.escaped import escaped
from automicro.request import Status
from automicro.words.numbers import aligned, rounded

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["runner_up", "trace_text"]

UNMEASURED = (Status.TAKEN, Status.SKIPPED, Status.DECLINED, Status.FAILED)
UNFINISHED = (Status.GIVEN_UP, Status.ABANDONED)
NAMES = ("trial", "family", "status", "score", "bytes", "latency us", "seconds", "why")


def trace_text(trials: Sequence[Any], prices: Sequence[Any], family: str | None = None) -> str:
    """Return trials as a table, one line each, what came nearest, and the prices.

    Parameters
    ----------
    trials : sequence of TrialRecord
    prices : sequence of Price
    family : str, optional
        Whose trials these are, for the question "why not ...?".
    """
    lines = aligned([NAMES, *map(_cells, trials)]) if trials else ["no trial"]
    taken = next((trial for trial in trials if trial.status == Status.TAKEN), None)
    best = runner_up(trials)
    if family is not None and taken is None and best is not None:
        lines += ["", f"why not {escaped(family)}? {_sentence(best)}"]
    elif taken is not None and len(trials) > 1:
        lines += ["", f"runner-up: {'none, for no other trial was finished' if best is None else _sentence(best)}"]
    lines += [f"price: {escaped(price.said)}" for price in prices]
    for trial in trials:
        if trial.traceback:
            lines += [
                "",
                f"trial {trial.number} ({escaped(trial.family)}) failed:",
                *map(escaped, trial.traceback.splitlines()),
            ]
    return "\n".join(lines) + "\n"


def runner_up(trials: Sequence[Any]) -> Any | None:
    """Return the trial that came nearest to being taken: the smallest that meets the constraints, else the one that misses least.

    None if no other trial was measured.
    """
    others = [trial for trial in trials if trial.status not in UNMEASURED and trial.score is not None]
    return min(others, key=_distance, default=None)


def _distance(trial: Any) -> tuple[bool, float, float, int]:
    missed = sum(-margin for margin in trial.margins.values() if margin < 0)
    return trial.status in UNFINISHED, missed, trial.size_bytes or float("inf"), trial.number


def _sentence(trial: Any) -> str:
    score = "" if trial.score is None else f" with score {rounded(trial.score)}"
    size = "" if trial.size_bytes is None else f" in {trial.size_bytes} bytes"
    return escaped(f"trial {trial.number} ({trial.family}){score}{size}: {trial.reason}")


def _cells(trial: Any) -> tuple[str, ...]:
    optional = (trial.score, trial.size_bytes, trial.latency_us)
    numbers = ("" if value is None else f"{value:.5g}" for value in optional)
    return (str(trial.number), trial.family, trial.status, *numbers, f"{trial.seconds:.2f}", trial.reason)
