"""What a family hands over after training: a body, its link and, of clusters, their labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automicro.program.nodes import Link, Node

__all__ = ["Lowered"]


@dataclass(frozen=True)
class Lowered:
    """What a family's `lower` returns.

    Parameters
    ----------
    body : Node
        What computes scores from features.
    link : str
        What turns scores into predictions, such as "identity", "sigmoid" or "softmax".
    labels : tuple of int, optional
        The cluster of each score, for clustering; -1 is noise.

    Examples
    --------
    >>> from automicro.program import Affine, Weights
    >>> Lowered(Affine(Weights([[2.0]]), Weights([0.0])), "identity").link
    'identity'
    """

    body: Node
    link: Link
    labels: tuple[int, ...] | None = None
