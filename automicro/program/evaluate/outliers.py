"""How far rows are from the nearest point that a model compares them with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.errors import DataError
from automicro.program.evaluate.reference import body_scores, decode
from automicro.program.inputs.rows import batch_of
from automicro.program.nodes import Chain, Distances
from automicro.program.walk import steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.program.inputs.rows import Batch, Column
    from automicro.program.nodes import Node, Program

__all__ = ["has_points", "outlier_distances"]


def has_points(program: Program) -> bool:
    """Whether a model takes distances to points, so that it can find rows far from all of them."""
    return _up_to_distances(program.body) is not None


def _up_to_distances(body: Node) -> Node | None:
    """Return the part of a body that returns distances, None if there is none."""
    nodes = steps(body)
    place = next((i for i, node in enumerate(nodes) if isinstance(node, Distances)), None)
    return None if place is None else Chain(nodes[: place + 1])


def outlier_distances(program: Program, columns: Batch | Sequence[Column | None]) -> NDArray[np.float64]:
    """Return for each row the distance to the nearest point, squared and under the model's relevances.

    Parameters
    ----------
    program : Program
    columns : Batch or sequence of Column or None
        As `evaluate` takes them.

    Returns
    -------
    array of float64, (rows,)

    Raises
    ------
    DataError
        If the model takes no distances.
    """
    part = _up_to_distances(program.body)
    if part is None:
        raise DataError(
            "outlier_distance needs a model of several prototypes, but this one has none: families=['cluster'] trains such "
            "models, of which those with one prototype a class may end as sums of columns"
        )
    batch = batch_of(columns)
    distances = body_scores(part, decode(program.decoders, batch), batch.topology)
    return np.asarray(distances.min(axis=1), dtype=np.float64)
