"""The time that a search has: when its parts must end, so that the whole answer comes within the seconds of the request."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from automicro.plugin import Family
    from automicro.request import Search

__all__ = ["Clock", "Patience"]

CERTIFY_SHARE = 0.15  # of the seconds, for training what a certificate tests
MOST_TO_FINISH = 0.5  # of the seconds, whatever the last steps may need
AFTER_PREPARING = (
    0.25  # seconds of the last steps for each second before the loop: both grow with the rows, and with other work
)
LAST_STEPS = 0.4
TO_REPORT, LATE = (
    0.3,
    1.5,
)  # seconds to report that nothing was found; seconds by which a first model may be late
LOAD_SHARE = 0.4  # seconds that a process which times calls takes to load, for each second that a worker takes, if two do it side by side
TIMED_SECONDS = 0.3  # of one process, warm calls included
USUAL_RUNS, DECIDING_RUNS = 3, 8
USUAL_SHARE = 0.15  # of the seconds, for processes that decide nothing; but for one, whatever that takes

TRIAL_SHARE, FIRST_SHARE = 0.25, 0.5  # of the seconds, for one trial
LEAST_TRIAL_SECONDS, STARTS = (
    5.0,
    2.0,
)  # and for each second that the slowest family takes to start, which a busy machine prolongs


@dataclass(frozen=True)
class Patience:
    """How many seconds a trial may take: until any is finished, which shows what this table takes, and from then on."""

    first_seconds: float
    seconds: float

    @classmethod
    def of(cls, settings: Search, families: Mapping[str, Family]) -> Self | None:
        """Return what follows from the seconds of a search; None if there are none, or a trial has seconds of its own."""
        if settings.trial_seconds is not None or settings.seconds is None:
            return None
        first = FIRST_SHARE * settings.seconds
        starts = [family.start_seconds for family in families.values() if family.start_seconds < first]
        least = LEAST_TRIAL_SECONDS + STARTS * max(starts, default=0.0)
        return cls(first, min(max(TRIAL_SHARE * settings.seconds, least), first))


class Clock:
    """When the parts of a search must end, on the clock `time.monotonic`; None where nothing bounds them.

    In time: `until` while the search is prepared; `prepared` once, before the loop; then the others. What the last steps take
    (latency, interval, replay, explanation) is estimated from what was measured of this search: how long its data took to prepare and
    a worker to load, on this machine, beside its other work.

    Parameters
    ----------
    started : float
        When the request began.
    seconds : float or None
        For everything from then to the answer.
    """

    def __init__(self, started: float, seconds: float | None) -> None:
        self.started, self.seconds = started, seconds
        self._last_steps, self._timing, self._least = LAST_STEPS, 0.0, LAST_STEPS

    @property
    def passed(self) -> float:
        """Seconds since the request began."""
        return time.monotonic() - self.started

    def prepared(self, load_seconds: float, *, decides_latency: bool) -> None:
        """Estimate the last steps, now that all is prepared for the loop, from how long a worker took to load."""
        self._last_steps = LAST_STEPS + AFTER_PREPARING * self.passed
        of_one = LOAD_SHARE * load_seconds + TIMED_SECONDS
        usual = max(of_one, min(USUAL_RUNS * of_one, USUAL_SHARE * (self.seconds or 0.0)))
        self._timing = DECIDING_RUNS * of_one if decides_latency else usual
        self._least = self._last_steps + (self._timing if decides_latency else of_one)

    def until(self, share: float) -> float | None:
        """Return when a share of the time is over."""
        return None if self.seconds is None else self.started + share * self.seconds

    def loop_until(self, *, certifying: bool, found: bool = True) -> float | None:
        """Return when the loop must end; with `certifying` time is left for training what the certificate tests.

        As long as nothing is found the loop may go on for nearly all of the time, so that a first model may come late, and the answer a
        little after the time.
        """
        if self.seconds is None:
            return None
        finish = min(self._last_steps + self._timing, MOST_TO_FINISH * self.seconds)
        until = self.started + self.seconds * (1 - CERTIFY_SHARE * certifying) - finish
        return until if found else max(until, self.started + self.seconds + min(-TO_REPORT, LATE - self._least))

    def loop_ends(self, *, certifying: bool) -> Callable[[bool], float | None]:
        """Return the function from whether anything is found to when the loop must end."""
        return lambda found: self.loop_until(certifying=certifying, found=found)

    def timing_until(self) -> float | None:
        """Return when latency must have been measured."""
        return None if self.seconds is None else self.started + self.seconds - self._last_steps
