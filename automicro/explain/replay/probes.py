"""Rows on which a card is held against its model: given ones, mixtures, and every column at its ends, missing, unseen and one unit on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.explain.replay.leaf_rows import leaf_rows
from automicro.program import (
    Batch,
    Categories,
    Lookup,
    Numeric,
    OneHot,
    Texts,
    Topology,
    columns_read,
    gives_graphs,
    offsets_of,
    raw_cells,
    take,
)
from automicro.program.analyse.usage import usage
from automicro.program.inputs.rows import row_count
from automicro.program.nodes import feature_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.program import Column, Program

    Places = NDArray[np.int64]

__all__ = ["Probes", "cells", "probes", "tellable"]

GIVEN, UNITS, MIXED = 0.3, 0.1, 0.4  # shares of the rows; what is left has columns at special values
MOST_NODES, MOST_CELLS = 250, 500_000
UNSEEN = "(never seen)"


@dataclass(frozen=True, eq=False)
class Probes:
    """Rows to replay.

    Parameters
    ----------
    batch : Batch
    pairs : tuple of (int, int, int)
        Source column, a result and the one with this column one unit greater.
    given : int
        The first so many rows are given ones, unchanged.
    """

    batch: Batch
    pairs: tuple[tuple[int, int, int], ...]
    given: int


@dataclass(frozen=True, eq=False)
class _Pool:
    """All values of a column that probes hold: the given ones, each of them one unit on (numbers only), then `special` and drawn ones."""

    column: int
    values: Column
    special: Places
    units: bool

    @property
    def size(self) -> int:
        return row_count([self.values])


def probes(program: Program, batch: Batch, count: int, seed: int) -> Probes:
    """Return some `count` rows made of the rows of a batch; of graphs, and of long series, as many as are quickly followed."""
    rng = np.random.default_rng(seed)
    count = _affordable(program, batch, count)
    batch = _some(program, batch, max(int(count * GIVEN), 1), rng)
    given = row_count(batch.columns)
    read = columns_read(program) or (next(i for i, column in enumerate(batch.columns) if column is not None),)
    pools = [_pool(program, c, batch.columns[c], rng) for c in read]
    own = np.tile(np.arange(given), (len(pools), 1))
    numbers = rng.permutation([place for place, pool in enumerate(pools) if pool.units]).astype(np.int64)
    whole = batch.topology is not None  # a graph is changed as a whole
    rows = np.arange(given) if whole else rng.integers(0, given, int(count * UNITS))
    turn = np.zeros(len(rows), dtype=np.int64) if whole else np.arange(len(rows))
    pairs: list[tuple[int, int, int]] = []
    blocks = [own]
    if len(numbers):
        changed = numbers[turn % len(numbers)]
        units = own[:, rows]
        units[changed, np.arange(len(rows))] += given
        blocks.append(units)
        results = batch.topology.graphs if batch.topology is not None and gives_graphs(program.body) else len(rows)
        start = results if whole else given
        pairs = [(pools[changed[i]].column, int(rows[i]), start + i) for i in range(results)]
    left = given if whole else max((count - sum(block.shape[1] for block in blocks)) // 2, 1)
    blocks += [_mixed(pools, left, rng), _special(pools, own[:, rng.permutation(left) % given])]
    if not whole:
        blocks.append(_reaching(program, pools, own, rng))
    places = np.hstack(blocks)
    columns: list[Column | None] = [None] * len(batch.columns)
    for pool, chosen in zip(pools, places, strict=True):
        columns[pool.column] = take(pool.values, chosen)
    topology = None if batch.topology is None else _repeated(batch.topology, len(blocks))
    return Probes(Batch(tuple(columns), topology), tuple(pairs), given)


def _affordable(program: Program, batch: Batch, count: int) -> int:
    """Return how many rows can be followed soon: fewer of long series."""
    longest = max((c.shape[1] for c in batch.columns if isinstance(c, np.ndarray) and c.ndim == 2), default=0)
    return max(min(count, MOST_CELLS // max(longest * len(columns_read(program)), 1)), 10)


def _some(program: Program, batch: Batch, count: int, rng: np.random.Generator) -> Batch:
    """Return some rows; of graphs some of them, or the edges among some nodes."""
    topology = batch.topology
    if topology is None:
        rows = np.sort(rng.permutation(row_count(batch.columns))[:count])
        return Batch(tuple(None if column is None else take(column, rows) for column in batch.columns))
    if gives_graphs(program.body):
        sizes = np.diff(topology.starts)
        graphs = rng.permutation(topology.graphs)
        graphs = graphs[: max(int(np.searchsorted(np.cumsum(sizes[graphs]), 4 * MOST_NODES)), 1)]
        topology, nodes = topology.graphs_of(graphs)
    else:
        nodes = _near(topology, rng)
        place = np.full(topology.nodes, -1)
        place[nodes] = np.arange(len(nodes))
        kept = (place[topology.edges] >= 0).all(axis=0)
        attributes = None if topology.attributes is None else topology.attributes[kept]
        topology = Topology(place[topology.edges[:, kept]], attributes, np.array([0, len(nodes)]))
    return Batch(tuple(None if column is None else take(column, nodes) for column in batch.columns), topology)


def _near(topology: Topology, rng: np.random.Generator) -> Places:
    """Return nodes around some node, so that there are edges among them."""
    order = rng.permutation(topology.nodes)
    found = np.zeros(topology.nodes, dtype=np.bool_)
    for start in order.tolist():
        found[start] = True
        front = np.array([start])
        while len(front) and found.sum() < MOST_NODES:
            into = np.isin(topology.edges[1], front)
            front = np.setdiff1d(topology.edges[0][into], np.flatnonzero(found))[: MOST_NODES - int(found.sum())]
            found[front] = True
        if found.sum() >= MOST_NODES:
            break
    return np.flatnonzero(found)


def _repeated(topology: Topology, times: int) -> Topology:
    moved = np.arange(times) * topology.nodes
    edges = np.hstack([topology.edges + by for by in moved])
    attributes = None if topology.attributes is None else np.vstack([topology.attributes] * times)
    starts = np.concatenate([*(topology.starts[:-1] + by for by in moved), [times * topology.nodes]])
    return Topology(edges, attributes, starts)


def _pool(program: Program, place: int, column: Column | None, rng: np.random.Generator) -> _Pool:
    assert column is not None  # noqa: S101 - what a program reads is there
    given = row_count([column])
    if isinstance(column, Categories):
        known = [
            level
            for decoder in program.decoders
            if decoder.column == place and isinstance(decoder, OneHot | Lookup)
            for level in decoder.levels
            if level is not None
        ]
        levels = tuple(dict.fromkeys([*column.levels, *known, UNSEEN]))
        special = np.array([-1, len(levels) - 1], dtype=np.int32)
        codes = np.concatenate([column.codes, special, np.arange(len(levels) - 1)]).astype(np.int32)
        return _Pool(place, Categories(codes, levels), given + np.arange(2), units=False)
    if isinstance(column, Texts):
        texts = np.array([*column.values, None, ""], dtype=object)
        return _Pool(place, Texts(texts), given + np.arange(2), units=False)
    if column.ndim == 2:
        ends = np.array([[np.nan], *np.nanquantile(column, [[0], [1]])]) if not np.isnan(column).all() else [[np.nan]]
        constant = np.broadcast_to(np.asarray(ends, dtype=np.float32), (len(ends), column.shape[1]))
        return _Pool(place, np.concatenate([column, constant]), given + np.arange(len(ends)), units=False)
    offset = offsets_of(program.decoders).get(place, 0.0)
    seen = column[~np.isnan(column)]
    ends = np.array([np.nan, seen.min(), seen.max()] if len(seen) else [np.nan, 0.0, 1.0])
    cuts = _cuts(program, place)
    drawn = rng.uniform(ends[1], ends[2], 64)
    values = np.concatenate([column, column + np.float32(1), ends, cuts, np.nextafter(cuts, np.float32(np.inf)), drawn])
    return _Pool(place, tellable(values, offset), 2 * given + np.arange(3 + 2 * len(cuts)), units=True)


def _cuts(program: Program, column: int) -> NDArray[np.float32]:
    """Return where the program compares a numeric column."""
    compared, feature, cuts = usage(program.body).compared, 0, set[float]()
    for decoder in program.decoders:
        if decoder.column == column and isinstance(decoder, Numeric):
            cuts |= compared.get(feature, set())
        feature += feature_count(decoder)
    return np.array(sorted(cuts), dtype=np.float32)


def _mixed(pools: Sequence[_Pool], rows: int, rng: np.random.Generator) -> Places:
    """Return rows whose columns are drawn one by one."""
    return np.array([rng.integers(0, pool.size, rows) for pool in pools]).reshape(len(pools), rows)


def _special(pools: Sequence[_Pool], places: Places) -> Places:
    """Return rows in which one column after the other takes its special values, several of them at once if there are many."""
    turns = [(place, value) for place, pool in enumerate(pools) for value in pool.special.tolist()]
    result = places.copy()
    for turn in range(max(len(turns), result.shape[1])):
        place, value = turns[turn % len(turns)]
        result[place, turn % result.shape[1]] = value
    return result


def _reaching(program: Program, pools: Sequence[_Pool], own: Places, rng: np.random.Generator) -> Places:
    """Return given rows, changed so that each reaches another leaf of the program's trees."""
    found = list(leaf_rows(program, {pool.column: pool.values for pool in pools}, rng))
    result = own[:, rng.integers(0, own.shape[1], len(found))]
    place_of = {pool.column: place for place, pool in enumerate(pools)}
    for row, chosen in enumerate(found):
        for column, value in chosen.items():
            result[place_of[column], row] = value
    return result


def tellable(values: NDArray[Any], offset: float) -> NDArray[np.float32]:
    """Return numbers of a column that is read less an offset, each rounded to one that some float64 number of a user is read as."""
    return ((values.astype(np.float64) + offset) - offset).astype(np.float32)


def cells(program: Program, batch: Batch, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows of a batch as a user would hand them over: numbers, texts, None and lists by the names of columns."""
    offsets = offsets_of(program.decoders)
    columns = ((place, column) for place, column in enumerate(batch.columns) if column is not None)
    cells = {names[place]: raw_cells(column, offsets.get(place, 0.0)) for place, column in columns}
    return [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]
