"""Exit codes: what each says, and which of them a command may end with."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Exit", "exit_codes"]


class Exit(IntEnum):
    """How a command ended."""

    DONE = 0
    WRONG = 2
    INFEASIBLE = 3
    UNDECIDED = 4
    UNFINISHED = 5
    OUTPUT = 6
    CUT_SHORT = 7
    INTERRUPTED = 130


SEARCHING = {
    Exit.DONE: "a model was found",
    Exit.WRONG: "the request or the data are wrong",
    Exit.INFEASIBLE: "no model meets the constraints",
    Exit.UNDECIDED: "it cannot be decided: no model was certified, or a latency is too close to its limit",
    Exit.UNFINISHED: "no candidate was finished, or all of them failed",
    Exit.OUTPUT: "a file or standard output could not be written: standard error says which, and where the result is",
    Exit.CUT_SHORT: "interrupted: the best model so far was returned",
    Exit.INTERRUPTED: "interrupted before a model was found",
}
OTHERS = {
    Exit.DONE: "done",
    Exit.WRONG: "the request or the data are wrong",
    Exit.OUTPUT: "a file or standard output could not be written",
    Exit.INTERRUPTED: "interrupted",
}
OF_COMMANDS = {
    "run": SEARCHING,
    "select": SEARCHING,
    "plugins": OTHERS
    | {Exit.DONE: "no plugin is broken", Exit.INFEASIBLE: "one is broken, or offers a name that is taken"},
    "export": OTHERS | {Exit.INFEASIBLE: "the target cannot serve the model"},
    "measure": OTHERS
    | {
        Exit.DONE: "all rows are predicted as by the reference evaluator",
        Exit.INFEASIBLE: "some are not: their number and the first are printed",
    },
    "verify": OTHERS | {Exit.DONE: "the certificate holds", Exit.INFEASIBLE: "it does not hold"},
}


def exit_codes(command: str = "") -> str:
    """Return the exit codes of a command, or of any, in words."""
    codes = OF_COMMANDS.get(command, OTHERS if command else SEARCHING | {Exit.DONE: "found or done"})
    return "exit codes: " + "; ".join(f"{code:d} {words}" for code, words in sorted(codes.items()))
