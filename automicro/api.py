"""The Python entry points: a table and constraints in, the smallest model that meets them out."""

from __future__ import annotations

from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from automicro.errors import DataError, RequestError
from automicro.request import (
    Constraints,
    MetricRecord,
    Search,
    metric_named,
    metric_of_record,
    read_keywords,
    with_keywords,
    with_labels,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from os import PathLike

    from automicro.data import Problem
    from automicro.measure import Effects, Importance, Robustness
    from automicro.plugin import Family
    from automicro.plugin.profile import Task
    from automicro.request import SearchRequest
    from automicro.result.certificate import Verified
    from automicro.result.selection import RecordTable, Selection
    from automicro.runtime.model import Model

__all__ = [
    "effects",
    "importance",
    "metric_of",
    "named_columns",
    "problem_of",
    "robustness",
    "select",
    "verify",
]


def select(  # noqa: PLR0913 - each is an option that users set on its own
    X: Any,
    y: Any,
    constraints: Constraints | None = None,
    *,
    search: Search | None = None,
    families: Iterable[str | Family] | None = None,
    task: str | None = None,
    weights: Any = None,
    groups: Any = None,
    time: Any = None,
    text: Sequence[str] | None = None,
    missing: Sequence[str | float] | None = None,
    **keywords: Any,
) -> Selection:
    """Return the smallest model, in deployed bytes, that meets the constraints.

    Parameters
    ----------
    X : table, (rows, columns)
        Raw rows: a pandas, polars or pyarrow table, a 2-D array, a list of rows or of dicts. Numbers, booleans, categories, texts
        and missing values are taken as they are.
    y : array or str, (rows,), or None
        The target, or the name of its column in `X`; None to find clusters.
    constraints : Constraints, optional
        Or its fields as further keywords: ``select(X, y, metric="roc_auc", score=0.8)``.
    search : Search, optional
        Trials, seconds, seed and more, or its fields as further keywords: ``select(X, y, ..., seconds=120, seed=1)``; 60 seconds if not
        given.
    families : iterable of str or Family, optional
        Families that may take part, by name or as objects; short for ``Search(families=...)``.
    task : {"classification", "regression", "clustering"}, optional
        By default the task of the metric: whole numbers are classes for ``"accuracy"`` and numbers for ``"r2"``. Clustering has
        ``metric="silhouette"`` by default.
    weights : array or str, (rows,), optional
        Sample weights.
    groups : array or str, (rows,), optional
        Rows of one group stay together in every split.
    time : array or str, (rows,), optional
        Later rows are never used to predict earlier ones.
    text : sequence of str, optional
        Names of the columns that are text, of which hashed grams become features, rather than categories. By default inferred
        from their values: most differ and have several words.
    missing : sequence of str or float, optional
        Words of text columns and numbers that count as missing, such as ``["unknown", -999]``; ``[]`` makes every word a value. By
        default NA, N/A, n/a and None where they are rare, and ?, NaN, NULL and the like.

    Returns
    -------
    Selection
        The model with its size, score, interval, verdict, frontier and trace.

    Raises
    ------
    RequestError
        If the request cannot be understood or contradicts itself or the data.
    DataError
        If the data cannot be used as they are.
    FamilyUnavailableError
        If a family was named that cannot be used.
    Infeasible
        If no model was found that meets the constraints. `Undecided` where that cannot be decided; `NothingFinished` where no candidate
        was finished, or all of them failed.
    Interrupted
        If Ctrl-C ended the search before it had a model, which is a `KeyboardInterrupt`; after that the best model is returned, and
        `Selection.interrupted` is true.

    Examples
    --------
    >>> import automicro
    >>> from sklearn.datasets import load_breast_cancer
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> selection = automicro.select(X, y, metric="roc_auc", score=0.97, search=automicro.Search(trials=4))
    >>> selection.size_bytes < 100
    True
    """
    started = monotonic()
    from automicro.data import load_problem
    from automicro.result.assemble import run

    wanted, settings = read_keywords(constraints, search, keywords, families=families, task=task)
    known_task = task or _task_of(wanted)
    if known_task == "clustering" and y is not None:
        raise RequestError(
            "clustering has no target, but got one: pass y=None, or a metric of classification or regression"
        )
    roles = {"weights": weights, "groups": groups, "time": time}
    problem = load_problem(X, y, task=known_task, text=text, missing=missing, **roles)  # type: ignore[arg-type]  # checked there
    return run(problem, wanted, settings, target_name=_name(y), started=started)


select.__signature__ = with_keywords(select)  # type: ignore[attr-defined] # read by help() and completion


def problem_of(request: SearchRequest, model: Model | None = None) -> tuple[Problem, str | None]:
    """Return the problem that a request describes, read as a model's card says if one is given, and the name of its target column."""
    from automicro.sources import read_source

    source = request.data
    assert source is not None  # noqa: S101 - checked by the caller
    return read_source(source, source.task or _task_of(request.constraints), model)


def verify(  # noqa: PLR0913 - as `select`, and the metric
    model: Model | str | PathLike[str],
    X: Any,
    y: Any,
    *,
    weights: Any = None,
    groups: Any = None,
    time: Any = None,
    metric: Any = None,
) -> Verified:
    """Recompute the certificate of a model from the data that its search was given.

    Parameters
    ----------
    model : Model or path
        With its card: saved without ``strip``.
    X, y, weights, groups, time
        As in `select`: the same rows in the same order.
    metric : callable, scorer or Metric, optional
        The function that chose the model, if one did; the file of the model does not contain it.

    Returns
    -------
    Verified
        Score and p-value on the held-out rows, as recomputed, and the `figures` of the card, each with what it was recomputed from, or why
        it cannot be; prints as the certificate in words and a line for each figure.

    Raises
    ------
    NotVerified
        If the model, the certificate or a figure of the card was changed, or the data are others.
    DataError, ArtifactError
        If the model has no certificate, or cannot be read.

    Examples
    --------
    >>> import automicro
    >>> X, y = [[i, i % 7] for i in range(80)], [i > 39 for i in range(80)]
    >>> selection = automicro.select(X, y, metric="accuracy", score=0.7, certify=True, trials=1, families=["linear"], workers=0)
    >>> automicro.verify(selection.model, X, y).score == selection.score
    True
    """
    from automicro.result.certificate import certificate_in
    from automicro.result.certificate import verify as recompute

    read = _model(model)
    certificate_in(read)
    return recompute(read, _problem_for(read, X, y, weights=weights, groups=groups, time=time), metric)


def effects(model: Model | str | PathLike[str], X: Any, *, seed: int = 0) -> Effects:
    """Return what a model's score does with each of its columns, over some rows.

    For a model that is a sum of functions of single columns, these functions, exactly; for any other, accumulated local effects, with
    the share that they leave to interactions. They print as a table; ``automicro.plots.plot_effects`` draws them.

    Parameters
    ----------
    model : Model or path
        The model, or the path of its file.
    X : table, array or series
        Rows as `Model.predict` takes them, some hundreds or more, such as those of training.
    seed : int
        Seed of the sample of rows, if there are more than 2,000, and of the resamples.

    Returns
    -------
    Effects
        The curves by column, interaction strength, interactions and complexity; prints as a table.

    Raises
    ------
    DataError
        If the model reads graphs, or the rows cannot be read.

    Examples
    --------
    >>> import automicro
    >>> X, y = [[i, i % 7] for i in range(80)], [i > 39 for i in range(80)]
    >>> model = automicro.select(X, y, metric="accuracy", score=0.9, trials=1, families=["linear"], workers=0).model
    >>> automicro.effects(model, X).interaction_strength
    0.0

    Notes
    -----
    Effects are associations inside of the model, not causes.
    """
    from automicro.measure import effects as measured

    read = _model(model)
    return measured(read.program, read.column_names, read.read(X), seed=seed)


def importance(
    model: Model | str | PathLike[str], X: Any, y: Any, *, metric: Any = None, seed: int = 0
) -> RecordTable[Importance]:
    """Return what a score loses when one column is shuffled, for each column that a model reads, the most important first.

    Parameters
    ----------
    model : Model or path
        The model, or the path of its file.
    X : table, array or series
        Rows that the model was not trained on, of every class.
    y : array, series or str, (rows,)
        Their target, or the name of its column.
    metric : str, callable, scorer or Metric, optional
        By default the metric of the model's card.
    seed : int
        Seed of the shuffles.

    Returns
    -------
    RecordTable of Importance
        One record a column; prints as a table.

    Raises
    ------
    DataError
        If the model reads graphs, or the rows have other classes.
    RequestError
        If the metric is not known, not one of the task, or neither given nor in a card.

    Examples
    --------
    >>> import automicro
    >>> X, y = [[i, i % 7] for i in range(80)], [i > 39 for i in range(80)]
    >>> model = automicro.select(X, y, metric="accuracy", score=0.9, trials=1, families=["linear"], workers=0).model
    >>> automicro.importance(model, X, y)[0].column
    'x0'

    Notes
    -----
    A loss shows what the model uses, not what causes the target: of two columns that say the same the model may need only one.
    """
    from automicro.measure import permutation_importance
    from automicro.result.selection import RecordTable

    read = _model(model)
    chosen, columns, problem = metric_of(read, metric), read.read(X), _problem_for(read, X, y)
    return RecordTable(
        permutation_importance(read.program, columns, problem, chosen, names=read.column_names, seed=seed)
    )


def robustness(
    model: Model | str | PathLike[str],
    X: Any,
    y: Any,
    *,
    metric: Any = None,
    tolerance: float | None = None,
    seed: int = 0,
) -> Robustness:
    """Return how a model withstands noise, gaps, wrong units, new categories and a lost column, and how near decisions are to another one.

    Parameters
    ----------
    model : Model or path
        The model, or the path of its file.
    X : table, (rows, columns)
        Rows that the model was not trained on, with the columns of training in their order; see `select`.
    y : array or str, (rows,)
        Their target, or the name of its column.
    metric : str, callable, scorer or Metric, optional
        By default the metric of the model's card.
    tolerance : float, optional
        For regression: the change of a prediction that counts as another decision, by default half a standard deviation of the target.
    seed : int
        Seed of the noise and of the rows that are drawn.

    Returns
    -------
    Robustness
        Prints as a table; `to_dict` returns plain values.

    Raises
    ------
    RequestError, DataError, ArtifactError
        If the model or the rows cannot be used, or no metric is known.

    Examples
    --------
    >>> import automicro
    >>> X, y = [[i, i % 7] for i in range(80)], [i > 39 for i in range(80)]
    >>> model = automicro.select(X, y, metric="accuracy", score=0.9, trials=1, families=["linear"], workers=0).model
    >>> sorted(automicro.robustness(model, X, y).to_dict()["stresses"])[0]
    'column_lost'
    """
    from automicro.measure import robustness as measured

    read = _model(model)
    problem, measure = _problem_for(read, X, y), metric_of(read, metric)
    with named_columns(read, lambda: X):
        return measured(read.program, problem, measure, seed=seed, tolerance=tolerance)


def metric_of(model: Model, metric: Any) -> str:
    """Return the metric that a model is evaluated by: the one that is given, else that of its card."""
    labels, card = model.program.labels, model.card or {}
    if metric is not None:
        return with_labels(metric_named(metric), labels)
    if "metric" not in card:
        raise RequestError("metric: must be given for a model without a card, such as 'roc_auc' or 'r2'")
    record = None if card.get("function") is None else MetricRecord.in_card(card["function"], "function")
    return metric_of_record(card["metric"], record, None, labels)


@contextmanager
def named_columns(model: Model, table: Callable[[], Any]) -> Iterator[None]:
    """Say of rows that cannot be read what the model needs: first the columns that are not there, in the words of `Model.read`."""
    try:
        yield
    except DataError as error:
        if not model.reads_graphs:
            model.read(table())
        raise DataError(f"the model cannot be evaluated on these rows: {error}") from None


def _problem_for(model: Model, X: Any, y: Any, **roles: Any) -> Problem:
    """Return rows to evaluate a model on, read as in its search."""
    from automicro.data import load_problem
    from automicro.result.certificate import texts_in

    task: Task = (model.card or {}).get("task") or ("classification" if model.program.labels else "regression")
    with named_columns(model, lambda: X):
        return load_problem(X, y, task=task, text=texts_in(model.card), card=model.card, offsets=model.offsets, **roles)


def _model(model: Model | str | PathLike[str]) -> Model:
    from automicro.runtime.model import Model, load

    return model if isinstance(model, Model) else load(model)


def _task_of(constraints: Constraints) -> Task | None:
    """Return the task if the metric serves one only: whole numbers are then classes, or numbers, however many there are."""
    tasks = constraints.measured.tasks
    return cast("Task", next(iter(tasks))) if len(tasks) == 1 else None


def _name(y: Any) -> str | None:
    name = str(y) if isinstance(y, str | int | tuple) else getattr(y, "name", None)
    return name if isinstance(name, str) else None
