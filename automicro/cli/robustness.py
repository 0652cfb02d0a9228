"""The command `robustness`: the loss of score of a saved model under perturbed rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from automicro.api import metric_of
from automicro.cli.verify import problem_of_command, rows_named
from automicro.errors import RequestError
from automicro.measure import robustness as measured
from automicro.runtime.model import load

if TYPE_CHECKING:
    from argparse import Namespace

__all__ = ["robustness"]


def robustness(arguments: Namespace) -> str:
    """Return the table of stresses and the distance of flips; target and columns of text are the card's, if none are given."""
    model = load(arguments.model)
    if arguments.tolerance is not None and model.program.labels is not None:
        raise RequestError(
            "--tolerance: must be given only for a model that predicts numbers, but this one predicts classes: leave it out"
        )
    metric = metric_of(model, arguments.metric)
    problem = problem_of_command(arguments, model)
    with rows_named(arguments, model):
        found = measured(model.program, problem, metric, tolerance=arguments.tolerance)
    return (json.dumps(found.to_dict(), indent=2) if arguments.json else str(found)) + "\n"
