"""The command `explain`: a saved model as a whole, or one decision of it, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automicro.cli.console import Answer
from automicro.cli.exits import Exit
from automicro.cli.rows import lines_named, read_rows
from automicro.errors import DataError, OutputError, RequestError
from automicro.outputs import check_outputs
from automicro.program import holds_graphs
from automicro.runtime.model import load

if TYPE_CHECKING:
    from argparse import Namespace

    from automicro.runtime.model import Model

__all__ = ["explain"]


def explain(arguments: Namespace) -> Answer:
    """Return the explanation of one row, of one node or graph; or effects over all rows; without data that of the whole model."""
    check_outputs({"--plot": arguments.plot}, {"MODEL": arguments.model, "DATA": arguments.data})
    model = load(arguments.model)
    if arguments.data is None:
        if given := _given(arguments, "effects", "importance", "immutable", "plot", "row", "series", "format"):
            raise RequestError(f"DATA: must be given for {given[0]}: name the table after the model")
        whole = model.explain()
        return Answer(f"{whole.to_json() if arguments.json else whole}\n")
    table = read_rows(arguments, model)
    if arguments.effects or arguments.importance:
        if given := _given(arguments, "row", "immutable"):
            raise RequestError(
                f"{given[0]}: must not be given for all rows, with --effects or --importance: leave it out"
            )
        with lines_named(arguments):
            return _over_all_rows(arguments, model, table)
    with lines_named(arguments):
        explanation = _of_one_row(arguments, model, table)
    return _drawn(arguments, f"{explanation.to_json() if arguments.json else explanation}\n", explanation)


def _of_one_row(arguments: Namespace, model: Model, table: Any) -> Any:
    place = arguments.row or 0
    immutable = [name.strip() for name in (arguments.immutable or "").split(",") if name.strip()]
    if holds_graphs(table) and not isinstance(table, list):
        return model.explain(table, immutable=immutable, node=None if model.predicts_graphs else place)
    rows = len(table)
    if not 0 <= place < rows:
        raise RequestError(f"--row: must lie in 0 to {rows - 1}, counted from 0, but got {place}")
    given = table if arguments.series is None else table.values
    try:
        return model.explain(given[place : place + 1], immutable=immutable)
    except DataError:
        if not model.reads_graphs:
            model.read(given)  # where another row makes a column text, that row is named
        raise


def _given(arguments: Namespace, *names: str) -> list[str]:
    """Return which of some options are given, as they are typed."""
    return [f"--{name}" for name in names if getattr(arguments, name) not in (None, False)]


def _drawn(arguments: Namespace, text: str, explanation: Any) -> Answer:
    """Return the answer, after drawing the explanation if `--plot` is given; a figure that cannot be written costs only itself."""
    if arguments.plot is None:
        return Answer(text)
    from automicro import plots  # noqa: PLC0415 - brings matplotlib

    draw: Any = {"Effects": plots.plot_effects, "Explanation": plots.plot_explanation}.get(type(explanation).__name__)
    try:
        plots.save((draw or plots.plot_importance)(explanation), arguments.plot)
    except OutputError as error:
        return Answer(text, str(error), Exit.OUTPUT)
    return Answer(text)


def _over_all_rows(arguments: Namespace, model: Model, table: Any) -> Answer:
    from automicro.api import effects, importance  # noqa: PLC0415 - explaining one row does not need what measures

    if arguments.json:
        raise RequestError("--json: must be given for one row only, without --effects and --importance")
    if arguments.plot and arguments.effects and arguments.importance:
        raise RequestError("--plot: draws one thing, but both --effects and --importance were given: leave one out")
    found: list[object] = []
    if arguments.effects:
        found.append(effects(model, table))
    if arguments.importance:
        found.append(importance(model, table, arguments.importance))
    return _drawn(arguments, "".join(f"{each}\n" for each in found), found[0])
