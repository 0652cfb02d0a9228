"""Show how a search goes: a live line on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from automicro.report.numbers import count, rounded

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

__all__ = ["Event", "Progress", "TerminalProgress", "progress_for"]

_REFRESH_SECONDS = 0.2


@dataclass(frozen=True)
class Event:
    """How a search stands.

    Parameters
    ----------
    trials : int
        Trials finished.
    stage : str
        What is being done: "reference", "search", "shrink" or the like.
    incumbent_bytes, score, family : optional
        Size, score and family of the smallest model that meets the constraints so far.
    metric : str
    """

    trials: int
    stage: str = "search"
    incumbent_bytes: int | None = None
    score: float | None = None
    family: str | None = None
    metric: str = "score"


class Progress:
    """Hears how a search goes, and shows nothing.

    In time: `start` is called once, `update` as often as the search likes (after every trial, and with no event when only
    time went by), `stop` once at the end, however the search ends. All calls come from the process and thread of the
    search.
    """

    def start(self, total_trials: int | None, seconds: float | None) -> None:
        """Hear the limits of the search: trials, seconds, or both."""

    def update(self, event: Event | None = None) -> None:
        """Hear how the search stands; None if nothing but the time is new."""

    def stop(self) -> None:
        """Hear that the search has ended."""


class TerminalProgress(Progress):
    """One live line on a terminal: bytes and score of the incumbent, trials, time left.

    It starts no thread, so that worker processes can be forked while it shows.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live: Live | None = None
        self._event = Event(0)
        self._total_trials: int | None = None
        self._seconds: float | None = None
        self._started = self._shown = 0.0

    def start(self, total_trials: int | None, seconds: float | None) -> None:
        """Show the line."""
        from rich.console import Console  # noqa: PLC0415 - only who looks at a terminal pays for rich
        from rich.live import Live  # noqa: PLC0415 - as above

        self._total_trials, self._seconds = total_trials, seconds
        self._started = time.monotonic()
        console = Console(file=self._stream)
        self._live = Live(
            console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._live.start()
        self._show()

    def update(self, event: Event | None = None) -> None:
        """Show the event, and the time that is left."""
        changed = event is not None and event.incumbent_bytes != self._event.incumbent_bytes
        self._event = event or self._event
        if changed or time.monotonic() - self._shown >= _REFRESH_SECONDS:
            self._show()

    def stop(self) -> None:
        """Take the line away."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _show(self) -> None:
        if self._live is not None:
            self._shown = time.monotonic()
            self._live.update(self._line(self._shown - self._started), refresh=True)

    def _line(self, elapsed: float) -> Text:
        from rich.text import Text  # noqa: PLC0415 - as in start

        event = self._event
        line = Text()
        if event.incumbent_bytes is None:
            line.append("nothing feasible yet", style="yellow")
        else:
            line.append(count(event.incumbent_bytes, "byte"), style="bold green")
            score = "" if event.score is None else f"  {event.metric} {rounded(event.score)}"
            line.append(f"{score}  {event.family or ''}".rstrip())
        of = "" if self._total_trials is None else f" of {self._total_trials:,}"
        line.append(f"  |  {event.stage}, {count(event.trials, 'trial')}{of}  |  {self._time(elapsed)}", style="dim")
        return line

    def _time(self, elapsed: float) -> str:
        if self._seconds is None:
            return f"{elapsed:.0f} s"
        return f"{max(self._seconds - elapsed, 0):.0f} s left"


def progress_for(wanted: bool | None = None, stream: TextIO | None = None) -> Progress:
    """Return what shows the progress of a search.

    Parameters
    ----------
    wanted : bool, optional
        ``Search.progress``: None shows it where the stream is a terminal.
    stream : text stream, optional
        Standard error, if not given.
    """
    out = sys.stderr if stream is None else stream
    shown = out.isatty() if wanted is None else wanted
    return TerminalProgress(out) if shown else Progress()
