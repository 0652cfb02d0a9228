"""Hashes of data, the same however the data were handed over."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.program import Categories, Texts

if TYPE_CHECKING:
    from automicro.data import Problem

__all__ = ["data_sha256", "rows_sha256"]


def data_sha256(problem: Problem) -> str:
    """Return the SHA-256 of a problem: names and values of its columns, target, weights, groups, order of time, edges."""
    digest = hashlib.sha256()

    def add(name: str, values: Any) -> None:
        digest.update(f"{name}\0".encode())
        if isinstance(values, np.ndarray) and values.dtype.kind != "O":
            plain = values.astype(values.dtype.newbyteorder("<"))
            digest.update(f"{plain.dtype.str}{plain.shape}\0".encode() + np.ascontiguousarray(plain).tobytes())
        else:
            digest.update("\0".join(repr(value) for value in values).encode())

    for name, column in zip(problem.table.names, problem.table.columns, strict=True):
        if isinstance(column, Categories):
            texts = np.array([*column.levels, None], dtype=object)[column.codes]
            add(f"column {name}", texts.tolist())
        else:
            add(f"column {name}", column.values.tolist() if isinstance(column, Texts) else column)
    facts: dict[str, Any] = {
        "target": problem.target,
        "labels": problem.labels,
        "weights": problem.weights,
        "groups": problem.groups,
        "order": problem.order,
        "places": problem.places,
    }
    if problem.topology is not None:
        facts |= {"edges": problem.topology.edges, "starts": problem.topology.starts}
        facts |= {"attributes": problem.topology.attributes}
    for name, values in facts.items():
        add(name, () if values is None else values)
    return digest.hexdigest()


def rows_sha256(rows: Any) -> str:
    """Return the SHA-256 of row numbers."""
    return hashlib.sha256(np.asarray(rows).astype("<i8").tobytes()).hexdigest()
