"""Run a command, write its answer, and turn errors into one sentence and an exit code."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from automicro.cli.arguments import parse
from automicro.cli.console import write
from automicro.errors import AutomicroError, Infeasible

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

__all__ = ["COMMANDS", "main"]

# Where each command lives; its module is imported when it is asked for.
COMMANDS = {
    "run": "automicro.cli.searching",
    "select": "automicro.cli.searching",
    "predict": "automicro.cli.serving",
    "inspect": "automicro.cli.serving",
    "explain": "automicro.cli.explaining",
    "plugins": "automicro.cli.telling",
    "robustness": "automicro.cli.stressing",
    "schema": "automicro.cli.telling",
    "trace": "automicro.cli.tracing",
    "verify": "automicro.cli.verifying",
}
FOUND, WRONG, INFEASIBLE, INTERRUPTED = 0, 2, 3, 130


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    words : sequence of str, optional
        The arguments; those of the process, if not given.

    Returns
    -------
    int
        0 when something was found or done, 2 for a bad request or bad data, 3 when no model meets the constraints, 130
        when interrupted before a model was found.
    """
    try:
        write(sys.stdout, _answer(parse(sys.argv[1:] if words is None else words)))
    except Infeasible as error:
        from automicro.report import infeasible_text  # noqa: PLC0415 - loads numpy

        return _told(infeasible_text(error), INFEASIBLE)
    except AutomicroError as error:
        return _told("\n".join([*(f"note: {note}" for note in error.notes), str(error)]), WRONG)
    except KeyboardInterrupt:
        return _told("interrupted before a model was found", INTERRUPTED)
    except BrokenPipeError:  # whoever reads has read enough; nothing more can be flushed at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FOUND


def _answer(arguments: Namespace) -> str:
    command = getattr(import_module(COMMANDS[arguments.command]), arguments.command)
    return str(command(arguments))


def _told(sentence: str, code: int) -> int:
    write(sys.stderr, f"{sentence}\n")
    return code
