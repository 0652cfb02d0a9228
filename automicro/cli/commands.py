"""Run a command, write its answer, and turn errors into one sentence and an exit code."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

from automicro.cli.arguments import parse
from automicro.cli.console import Answer, write
from automicro.cli.exits import Exit
from automicro.cli.flags import in_flags
from automicro.errors import AutomicroError, NotVerified, OutputError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from automicro.cli.signals import Interrupts

__all__ = ["COMMANDS", "answered"]

# Each is a function of the module of its name, which is imported when it is called.
COMMANDS = (
    "run",
    "select",
    "predict",
    "inspect",
    "explain",
    "export",
    "measure",
    "plugins",
    "robustness",
    "schema",
    "trace",
    "verify",
)


def answered(words: Sequence[str], interrupts: Interrupts) -> int:
    """Run a command, write its answer and return the exit code; raise `KeyboardInterrupt` if it came to none."""
    try:
        arguments = parse(words)
        arguments.interrupts = interrupts
        answer = _answer(arguments)
    except AutomicroError as error:
        answer = _refused(error)
    interrupts.hold()
    return _given(answer)


def _answer(arguments: Namespace) -> Answer:
    command = getattr(import_module(f"automicro.cli.{arguments.command}"), arguments.command)
    answer = command(arguments)
    answer = answer if isinstance(answer, Answer) else Answer(answer)
    return replace(answer, exact=answer.exact or getattr(arguments, "json", False))


def _refused(error: AutomicroError) -> Answer:
    codes = {OutputError: Exit.OUTPUT, NotVerified: Exit.INFEASIBLE}
    code = next((code for kind, code in codes.items() if isinstance(error, kind)), Exit.WRONG)
    return Answer("", "\n".join([*(f"note: {note}" for note in error.notes), str(error)]), code)


def _given(answer: Answer) -> int:
    """Write an answer and return its exit code: that of an output that failed, where the answer itself could not be shown."""
    if not answer.exact:
        lines = [in_flags(line) if line.startswith("note: ") else line for line in answer.text.split("\n")]
        answer = replace(answer, text="\n".join(lines), said=in_flags(answer.said))
    said, code = [answer.said] if answer.said else [], answer.code
    if answer.text and (failed := write(sys.stdout, answer.text, exact=answer.exact)):
        said.append(f"standard output could not be written: {failed}")
        code = Exit.OUTPUT
    write(sys.stderr, "".join(f"{each}\n" for each in said))
    return int(code)
