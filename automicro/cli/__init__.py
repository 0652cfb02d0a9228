"""The command line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from automicro.cli.console import open_streams, write
from automicro.cli.exits import Exit
from automicro.cli.signals import Interrupts

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    words : sequence of str, optional
        The arguments; those of the process, if not given.

    Returns
    -------
    int
        An exit code, see `automicro.cli.exits`.
    """
    try:
        open_streams()
        with Interrupts(program=words is None) as interrupts:
            try:
                from automicro.cli.commands import answered  # noqa: PLC0415 - it takes a while, in which a signal may come

                return answered(sys.argv[1:] if words is None else words, interrupts)
            except KeyboardInterrupt:
                interrupts.hold()
                write(sys.stderr, "interrupted\n")
                return int(Exit.INTERRUPTED)
    except KeyboardInterrupt:  # before signals are heeded
        write(sys.stderr, "interrupted\n")
        return int(Exit.INTERRUPTED)
