"""The command `measure`: what a saved model takes on a part, in an emulator."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from automicro.cli.console import Answer
from automicro.cli.exits import Exit
from automicro.cli.export import options_of
from automicro.cli.rows import lines_named, read_table
from automicro.parts.known import part_named
from automicro.parts.measuring import measure_on_part
from automicro.runtime.model import load

if TYPE_CHECKING:
    from argparse import Namespace

__all__ = ["measure"]


def measure(arguments: Namespace) -> Answer:
    """Return flash, RAM, stack and instructions of a model, and whether it predicts as here."""
    options = options_of(arguments.option or ())
    part_named(arguments.target, "--target")
    model = load(arguments.model)
    table = read_table(arguments.data, arguments.format, model)
    with lines_named(arguments):
        found = measure_on_part(model, table, arguments.target, mhz=arguments.mhz, cycles=arguments.cycles, **options)
    text = json.dumps(found.to_dict(), indent=2) if arguments.json else str(found)
    return Answer(f"{text}\n", code=Exit.DONE if found.agrees else Exit.INFEASIBLE)
