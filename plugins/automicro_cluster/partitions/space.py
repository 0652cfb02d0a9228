"""What can be tried: methods, and ranges of numbers of clusters."""

from __future__ import annotations

from automicro.plugin import Choice, Space

__all__ = ["COUNTS", "space_of"]

COUNTS = {"2-6": range(2, 7), "7-12": range(7, 13), "13-26": range(13, 27, 2)}


def space_of() -> Space:
    """Return the space, the same for all problems."""
    with_counts = ("kmeans", "mixture")
    return Space(
        (
            Choice("method", (*with_counts, "density")),
            Choice("clusters", tuple(COUNTS), when={"method": with_counts}),
        ),
        (
            {"method": "kmeans", "clusters": "2-6"},
            {"method": "density"},
            {"method": "mixture", "clusters": "2-6"},
            {"method": "kmeans", "clusters": "7-12"},
        ),
    )
