"""What a search for clusters must reach: the asked-for indices, and more than structureless rows would give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.data import PreparationSettings
from automicro.measure import Columns, structure_test
from automicro.program import Affine, Program, Weights, pack
from automicro.search.context import Candidate, Outcome, QuantisedVariant, State, Target
from automicro.search.history import SearchHistory, Stop
from automicro.search.requirements.scores import Index, Score
from automicro.search.trial.training import standard_of
from automicro.search.trial.variant_scores import UNTOUCHED

if TYPE_CHECKING:
    from automicro.measure import StructureTest
    from automicro.request import Constraints
    from automicro.search.context import Context

__all__ = ["ONE_CLUSTER", "one_cluster", "partition_target", "structure_note", "structure_of"]

ONE_CLUSTER = {"silhouette": 0.0, "density_validity": 0.0, "stability": 1.0}


def structure_of(context: Context, constraints: Constraints, seed: int, until: float | None) -> StructureTest:
    """Test whether the rows have structure, by density if a density-based validity is asked for, else by silhouette."""
    standard = standard_of(context.problem)
    dense = "density_validity" in (constraints.measured.name, *constraints.indices)
    columns = Columns(standard.points, standard.blocks, standard.discrete)
    level = 1.0 - constraints.confidence
    return structure_test(columns, "density_validity" if dense else "silhouette", level, seed, until)


def partition_target(constraints: Constraints, test: StructureTest) -> tuple[Target, dict[str, float]]:
    """Return the utility to reach, and the least values of indices beside the metric.

    An index that was tested but not asked for must exceed what structureless rows have.
    """
    limits = dict(constraints.indices)
    if test.structured:
        limits.setdefault(test.index, test.limit)
    return Target(limits.pop(constraints.measured.name, -1.0)), limits


def structure_note(constraints: Constraints, test: StructureTest) -> str:
    """Return in a sentence what the test found, and what follows."""
    told = f"{_compared(test)} (p = {test.p_value:.2g}, {test.resamples} tables)"
    if not test.structured:
        return f"no cluster structure: {told}"
    demanded = "" if test.index in constraints.indices else ", which the partition must exceed"
    return f"cluster structure: {told}{demanded}"


def _compared(test: StructureTest) -> str:
    name = test.index.replace("_", " ")
    return f"{name} {test.best:.3g} where {100 * (1 - test.level):.6g}% of structureless tables have at most {test.limit:.3g}"


def one_cluster(context: Context, target: Target, test: StructureTest) -> SearchHistory:
    """Return what a search leaves behind where there is no structure: the model of one cluster, and whether it meets the constraints.

    By convention its silhouette and density-based validity are 0, its stability 1.
    """
    empty = Affine(Weights.of(np.zeros((1, 0))), Weights.of(np.zeros(1)))
    payload = pack(Program(len(context.problem.table.columns), (), empty, "identity"))
    utility = ONE_CLUSTER[context.metric]
    values = {each.name: ONE_CLUSTER[each.name] for each in context.requirements.of_kind(Index)} | {Score.key: utility}
    missed = context.required(target).missed(values)
    form = QuantisedVariant("one cluster", UNTOUCHED, utility, len(payload))
    repeats = 1 + max(fold.repeat for fold in context.folds)
    outcome = Outcome(
        0,
        State.INFEASIBLE if missed else State.FEASIBLE,
        "no cluster structure",
        form=form,
        forms=(form,),
        fold_utilities=(utility,) * len(context.folds),
        values=values,
        missed=missed,
        artifact=None if missed else payload,
        out_of_fold=np.zeros((repeats, context.problem.rows)),
        folds_run=len(context.folds),
        indices=ONE_CLUSTER,
    )
    name = test.index.replace("_", " ")
    figures = (
        f": {name} {test.best:.3g} where it stands out most, which structureless tables "
        f"match with probability {test.p_value:.2g}, above {test.level:.2g}"
    )
    candidate = Candidate(0, "one cluster", {}, PreparationSettings(), 0)
    return SearchHistory(
        {0: candidate},
        [outcome],
        size_bytes=context.requirements.size_bytes,
        stopped=Stop.NO_STRUCTURE,
        figures=figures,
    )
