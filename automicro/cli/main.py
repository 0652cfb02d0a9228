"""Run a command, write its answer, and turn errors into one sentence and an exit code."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

from automicro.cli.arguments import parse
from automicro.cli.console import Answer, open_streams, write
from automicro.cli.exits import Exit
from automicro.errors import AutomicroError, NotVerified, OutputError

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
    open_streams()
    try:
        answer = _answer(parse(sys.argv[1:] if words is None else words))
    except AutomicroError as error:
        answer = _refused(error)
    except KeyboardInterrupt:
        answer = Answer("", "interrupted before a model was found", Exit.INTERRUPTED)
    return _given(answer)


def _answer(arguments: Namespace) -> Answer:
    command = getattr(import_module(COMMANDS[arguments.command]), arguments.command)
    answer = command(arguments)
    return answer if isinstance(answer, Answer) else Answer(answer)


def _refused(error: AutomicroError) -> Answer:
    codes = {OutputError: Exit.OUTPUT, NotVerified: Exit.INFEASIBLE}
    code = next((code for kind, code in codes.items() if isinstance(error, kind)), Exit.WRONG)
    return Answer("", "\n".join([*(f"note: {note}" for note in error.notes), str(error)]), code)


def _given(answer: Answer) -> int:
    """Write an answer and return its exit code: that of an output that failed, where the answer itself could not be shown."""
    said, code = [answer.said] if answer.said else [], answer.code
    if answer.text and (failed := write(sys.stdout, answer.text)):
        said.append(f"standard output could not be written: {failed}")
        code = Exit.OUTPUT
    write(sys.stderr, "".join(f"{each}\n" for each in said))
    return int(code)
