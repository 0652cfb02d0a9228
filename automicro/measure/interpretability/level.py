"""How far a person can follow a program, computed from its structure alone: level, operations, constants, interactions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from automicro.measure.interpretability.operations import operations
from automicro.program.analyse.structure import structure
from automicro.request import LEVELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from automicro.program import Program, Topology
    from automicro.program.analyse.structure import Structure
    from automicro.request import Level

__all__ = ["Interpretability", "Limits", "interpretability"]


@dataclass(frozen=True)
class Limits:
    """Where the levels end: a versioned profile of conventions, for no study has found cut-offs."""

    profile: str = "automicro-1"
    simulatable_operations: int = 30
    simulatable_columns: int = 9
    simulatable_constants: int = 50
    additive_pieces: int = 32
    decomposable_operations: int = 500


@dataclass(frozen=True)
class Interpretability:
    """The level of a program and the numbers it follows from.

    Parameters
    ----------
    level : int
        0 to 3.
    name : {"opaque", "decomposable", "additive", "simulatable"}
    operations_mean, operations_p95 : float
        Comparisons, products, additions and look-up steps of one decision, the link not counted, over the rows that
        were given; without rows both are the most that any row can take.
    comparisons_mean : float
        How many of them are comparisons or look-up steps; the rest is arithmetic.
    constants : int
        Numbers in the whole model: weights and biases that are not 0, thresholds, leaves, cuts, values, fills.
    columns : tuple of int
        Source columns that the program reads. Towards the limits each summary of a series counts as a column of its own.
    interactions : tuple of (int, int)
        Pairs of source columns that the structure may let interact, transitively closed.
    additive : bool
        Whether every score is a sum of functions of one source column, or of one summary of a series, each.
    pieces : int
        Most pieces of one column's function, where `additive`.
    profile : str
        The profile whose limits were applied.
    directions : mapping of int to str
        How the score goes with each column that is read as a number, as `automicro.measure.directions` finds it; of what a search
        returns, if it has one score or two classes.
    """

    level: int
    name: Level
    operations_mean: float
    operations_p95: float
    comparisons_mean: float
    constants: int
    columns: tuple[int, ...]
    interactions: tuple[tuple[int, int], ...]
    additive: bool
    pieces: int
    profile: str = "automicro-1"
    directions: Mapping[int, str] = field(default_factory=dict)

    @property
    def non_monotone(self) -> tuple[int, ...]:
        """Columns with which the score goes both up and down."""
        return tuple(column for column, kind in self.directions.items() if kind == "neither")

    @property
    def operations(self) -> float:
        """Operations of one decision that 95 % of the rows stay within."""
        return self.operations_p95


def interpretability(
    program: Program,
    features: NDArray[np.float32] | None = None,
    limits: Limits | None = None,
    topology: Topology | None = None,
) -> Interpretability:
    """Evaluate a program in canonical form (`automicro.program.rewrite.simplify`).

    Parameters
    ----------
    program : Program
    features : array of float32, (rows, features), optional
        Decoded validation rows (`automicro.program.inputs.decode`), some hundreds of them; without them the worst row is
        assumed.
    limits : Limits, optional
        Another profile.
    topology : Topology, optional
        How the rows of `features` are connected, of a program that reads graphs.

    Returns
    -------
    Interpretability
    """
    limits = limits or Limits()
    found = structure(program)
    counts = operations(program, features, topology)
    p95 = float(np.quantile(counts.total, 0.95, method="higher"))
    level = _level(found, p95, limits)
    return Interpretability(
        level=level,
        name=LEVELS[level],
        operations_mean=float(counts.total.mean()),
        operations_p95=p95,
        comparisons_mean=float(counts.comparisons.mean()),
        constants=found.constants,
        columns=found.columns,
        interactions=found.interactions,
        additive=found.additive,
        pieces=found.pieces,
        profile=limits.profile,
    )


def _level(found: Structure, operations_p95: float, limits: Limits) -> int:
    """Return the highest level whose conditions all hold."""
    if not found.on_named_inputs:
        return 0
    if found.hashed:
        return int(operations_p95 <= limits.decomposable_operations)
    if (
        not found.over_graphs
        and operations_p95 <= limits.simulatable_operations
        and found.inputs <= limits.simulatable_columns
        and found.constants <= limits.simulatable_constants
    ):
        return 3
    if found.additive and found.pieces <= limits.additive_pieces:
        return 2
    return 1 if operations_p95 <= limits.decomposable_operations else 0
