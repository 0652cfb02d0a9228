"""Trains a candidate on some rows and lowers it to programs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np

from automicro.data import Preparation, Standard, rank_by_clusters, rank_columns
from automicro.errors import DataError, PluginError
from automicro.plugin import Declined, StructuralConstraints, TrainingData
from automicro.program import Program, check_body, simplify, validate
from automicro.search.given_metric import taught
from automicro.search.propose.warm_start import start_of
from automicro.search.trial.bound import with_bound
from automicro.search.trial.class_weights import training_weights
from automicro.search.trial.cuts import with_cuts
from automicro.search.trial.logarithm import in_logarithms, in_units, metric_of_logarithms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from automicro.data import Problem
    from automicro.plugin import Family, Lowered
    from automicro.search.context import Candidate, Context

__all__ = ["Trained", "every_row", "standard_of", "train"]

MOST_NAMED = 12


@dataclass(frozen=True, eq=False)
class Trained:
    """Simplified programs by the key of their variant, in the family's order, and what they took over, in words."""

    programs: dict[str, Program]
    reused: str = ""


def every_row(context: Context) -> NDArray[np.int64]:
    """Return the numbers of all rows of the search."""
    return np.arange(context.problem.rows)


@cache
def standard_of(problem: Problem) -> Standard:
    """Return the space in which partitions of a problem are measured."""
    return Standard.of(problem)


@cache
def _ranking(context: Context, rows: bytes, seed: int) -> tuple[int, ...]:
    problem, chosen = context.problem, np.frombuffer(rows, dtype=np.int64)
    if problem.task == "clustering":
        return rank_by_clusters(problem, standard_of(problem).points, chosen, seed)
    return tuple(rank_columns(problem, chosen, seed))


def train(
    context: Context,
    family: Family,
    candidate: Candidate,
    rows: NDArray[np.int64],
    *,
    every_variant: bool = True,
    limited: bool = True,
) -> Trained:
    """Prepare, fit and lower on the given rows.

    Parameters
    ----------
    context : Context
    family : Family
    candidate : Candidate
    rows : array of int64
        Positions of the training rows.
    every_variant : bool
        Whether to ask for the family's variants, or only for what `lower` gives (under the key "full") from these rows alone.
    limited : bool
        Whether to train within the number of columns that are allowed.

    Raises
    ------
    Declined
        If the family declines, or nothing is left to train on.
    """
    logarithms = candidate.preparation.target == "log"
    problem = in_logarithms(context) if logarithms else context.problem
    preparation = _prepare(context, problem, candidate, rows)
    data = TrainingData(
        X=preparation.fit_matrix,
        y=problem.target[rows],
        task=problem.task,
        classes=problem.classes,
        features=preparation.features,
        metric=metric_of_logarithms(context.metric) if logarithms else taught(context.metric, problem.task),
        seed=candidate.seed,
        weights=training_weights(problem, rows, context.cost_weights, context.class_weights if every_variant else None),
        groups=None if problem.groups is None else problem.groups[rows],
        max_columns=context.requirements.max_columns if limited else None,
        unlabelled=preparation.others,
        structural=context.requirements.structural if every_variant else StructuralConstraints(),
        topology=preparation.topology,
        places=preparation.places,
        start=start_of(context.earlier, context.encoders.get(family.name), preparation) if every_variant else None,
        units=standard_of(problem).units(preparation.features) if problem.task == "clustering" else None,
    )
    model = family.fit(candidate.parameters, data)
    lowered: Iterable[tuple[str, Lowered]]
    if every_variant:
        lowered = [(variant.key, variant.lowered) for variant in family.variants(model, data)]
    else:
        lowered = [("full", family.lower(model))]
    if logarithms:
        lowered = [(key, in_units(item, data, context.metric)) for key, item in lowered]
    target = context.problem.target[rows]
    bound = partial(with_bound, target=target, metric=context.metric, later=problem.order is not None)
    programs = {key: bound(_program(context, preparation, item)) for key, item in lowered}
    if every_variant:
        programs = with_cuts(context, programs, rows)
    return Trained(programs, _reused(context, candidate, family.reused(model)))


def _reused(context: Context, candidate: Candidate, told: str) -> str:
    """Return what a training took over, with its origin."""
    said, earlier, only = [told] if told else [], context.earlier, candidate.preparation.only
    if earlier is None:
        return told
    if only is not None:
        names = [context.problem.table.names[column] for column in only]
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        said.insert(0, f"columns {', '.join(names[:MOST_NAMED])}{more}")
    return f"{'; '.join(said)} from {earlier.name}" if said else ""


def _prepare(context: Context, problem: Problem, candidate: Candidate, rows: NDArray[np.int64]) -> Preparation:
    settings, seed = candidate.preparation, candidate.seed
    ranking = None if settings.columns is None else _ranking(context, np.asarray(rows, np.int64).tobytes(), seed)
    try:
        return Preparation.fit(problem, rows, settings, seed=seed, ranking=ranking)
    except DataError as error:
        raise Declined(str(error)) from error


def _program(context: Context, preparation: Preparation, lowered: Lowered) -> Program:
    problem = context.problem
    if problem.task == "clustering" and not lowered.labels:
        raise PluginError("for clustering a family must say which cluster each score stands for: Lowered(labels=...)")
    labels = lowered.labels if problem.task == "clustering" else problem.labels
    check_body(lowered.body, len(preparation.features))
    decoders, body = preparation.under(
        lowered.body
    )  # few decoders are quick to check, many take longer than the training
    program = Program(len(problem.table.columns), decoders, body, lowered.link, labels)
    validate(program)
    return simplify(program)
