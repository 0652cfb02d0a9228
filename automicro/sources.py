"""A request's data: reads its file or its table of scikit-learn into a problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.data import load_problem, read_file, series_of, sklearn_source, texts_in_files, with_columns
from automicro.errors import RequestError
from automicro.program import holds_graphs

if TYPE_CHECKING:
    from automicro.data import Problem
    from automicro.plugin.profile import Task
    from automicro.request.source import DataSource
    from automicro.runtime.model import Model

__all__ = ["read_source"]


def read_source(source: DataSource, task: Task | None, model: Model | None = None) -> tuple[Problem, str | None]:
    """Return the problem that a data source poses, and the name of its target column.

    Parameters
    ----------
    source : DataSource
    task : str or None
        Inferred from the target if None.
    model : Model, optional
        A model by whose card columns are read as in its training.

    Raises
    ------
    RequestError, DataError
        If the data cannot be read, or a key has no meaning for them.
    """
    offsets = None if model is None else model.offsets
    if source.source.startswith("sklearn:"):
        frame, own_target = sklearn_source(source.source)
        target: str | None = source.target or own_target
        if task == "clustering" and source.target is None:
            frame, target = with_columns(frame, None, (own_target,)), None
    else:
        texts = None if model is None else texts_in_files(model.program, model.card)
        frame, target = read_file(source.source, format=source.format, texts=texts), source.target
    if holds_graphs(frame):
        _check_graphs(source)
        return load_problem(frame, target, task=task, offsets=offsets), target
    keep = source.columns
    if keep is not None:
        roles = filter(None, (target, source.weights, source.groups, source.time))
        steps = () if source.series is None else (source.series.id, source.series.time)
        keep = tuple(dict.fromkeys([*keep, *roles, *steps]))
    frame = with_columns(frame, keep, source.drop or ())
    if source.series is not None:
        labels = dict.fromkeys(name for name in (target, source.weights, source.groups, source.time) if name)
        frame = series_of(frame, id=source.series.id, time=source.series.time, labels=list(labels))
    problem = load_problem(
        frame,
        target,
        task=task,
        weights=source.weights,
        groups=source.groups,
        time=source.time,
        text=source.text,
        missing=source.missing,
        card=None if model is None else model.card,
        offsets=offsets,
    )
    return problem, target


def _check_graphs(source: DataSource) -> None:
    """Refuse what has no meaning for a file of graphs."""
    names = ("columns", "drop", "weights", "groups", "time", "series", "text", "missing")
    if given := [name for name in names if getattr(source, name)]:
        raise RequestError(f"data.{given[0]}: must not be given for a file of graphs: leave it out")
