"""Show how a search goes: one live line on a terminal, nothing elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING, Any, TextIO, cast

from automicro.words.numbers import count, rounded

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

    from automicro.request import MetricFacts

__all__ = ["Progress"]


class _Forgiving:
    """A stream whose failures, such as a full disk or a character that it cannot show, cost no more than the line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write what can be written."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush if that is possible."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()


class Progress:
    """One live line: bytes and score of the incumbent, trials, time left.

    In time: `start` is called once, `update` after every trial, `stop` once at the end, however the search ends.

    Parameters
    ----------
    wanted : bool, optional
        ``Search.progress``: None shows the line where the stream is a terminal, and nothing elsewhere.
    stream : text stream, optional
        Standard error, if not given; where that is missing or closed, as in a program without a console, nothing is shown.
    metric : MetricFacts, optional
        Names the score and turns its sign.
    """

    def __init__(
        self, wanted: bool | None = None, *, stream: TextIO | None = None, metric: MetricFacts | None = None
    ) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._metric = metric
        is_open = self._stream is not None and not self._stream.closed
        self.shown = is_open and (self._stream.isatty() if wanted is None else wanted)
        self._live: Live | None = None
        self._trials = 0
        self._incumbent: Any = None
        self._total_trials: int | None = None
        self._seconds: float | None = None
        self._started = 0.0

    @property
    def incumbent(self) -> Any:
        """Return the best outcome that was heard of, None if there is none."""
        return self._incumbent

    def start(self, total_trials: int | None, seconds: float | None) -> None:
        """Hear the limits of the search: trials, seconds or both; show the line."""
        self._total_trials, self._seconds, self._started = total_trials, seconds, time.monotonic()
        if not self.shown:
            return
        from rich.console import Console  # noqa: PLC0415 - only who looks at a terminal pays for rich
        from rich.live import Live  # noqa: PLC0415 - as above

        console = Console(file=cast("TextIO", _Forgiving(self._stream)), force_terminal=True)
        self._live = Live(get_renderable=self._line, console=console, transient=True, redirect_stdout=False)
        self._live.start()

    def update(self, trials: int, outcome: Any = None, incumbent: Any = None) -> None:  # noqa: ARG002 - what listeners get
        """Hear that so many trials were begun, how the last one ended, and which outcome is the best so far.

        Incumbent, of which ``artifact`` (bytes) and ``form.utility`` (the score, negative for an error) are read.
        """
        self._trials, self._incumbent = trials, incumbent

    def stop(self) -> None:
        """Take the line away."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _line(self) -> Text:
        from rich.text import Text  # noqa: PLC0415 - as in start

        of = "" if self._total_trials is None else f" of {self._total_trials:,}"
        line = Text()
        if self._incumbent is None:
            line.append("nothing feasible yet", style="yellow")
        else:
            line.append(count(len(self._incumbent.artifact or b""), "byte"), style="bold green")
            line.append(self._score())
        line.append(
            f"  |  {count(self._trials, 'trial')}{of}  |  {self._time(time.monotonic() - self._started)}", style="dim"
        )
        return line

    def _score(self) -> str:
        form = self._incumbent.form
        if form is None:
            return ""
        if self._metric is None:
            return f"  score {rounded(form.utility)}"
        return f"  {self._metric.name} {rounded(self._metric.sign * form.utility)}"

    def _time(self, elapsed: float) -> str:
        return f"{elapsed:.0f} s" if self._seconds is None else f"{max(self._seconds - elapsed, 0):.0f} s left"
