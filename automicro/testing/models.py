"""Models with their cards and raw rows, drawn at random: hostile names, every decoder, readings, thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from automicro.program import Grams, Lookup, Missing, Numeric, OneHot, Program, Summary, Weights, columns_of, evaluate
from automicro.program.analyse.validate import validate
from automicro.program.nodes import Link, Statistic, feature_count
from automicro.runtime.model import Model
from automicro.testing.bodies import BODIES, READ_MISSING
from automicro.testing.cells import HOSTILE, LEVELS, cells_of, draw_reading

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.program import Column
    from automicro.program.nodes import Decoder, Labels

__all__ = ["DrawnModel", "draw_model"]

MIXED, PLAIN = ("numeric", "numeric", "boolean", "category", "category", "text"), ("numeric",)
TABLES = (MIXED, MIXED, PLAIN, ("numeric", "boolean", "category"), ("series",))  # a model reads rows of cells or series
OFFSETS = (0.0, 0.0, 0.5, -3.0, 1e9, 5412345.625)
LINKS: tuple[Link, ...] = get_args(Link)
STATISTICS = get_args(Statistic)


@dataclass(frozen=True)
class DrawnModel:
    """A model, and raw rows: a value for every source column that it reads, by name.

    Parameters
    ----------
    model : Model
    rows : list of dict

    Examples
    --------
    >>> draw_model(0).predictions().shape[1]
    1
    """

    model: Model
    rows: list[dict[str, Any]]

    def predictions(self) -> NDArray[np.float64]:
        """Return what the reference evaluator makes of the rows, (rows, outputs)."""
        program, read = self.model.program, self._columns()
        with np.errstate(all="ignore"):  # of extreme numbers
            return np.atleast_2d(evaluate(program, read).T).T

    def _columns(self) -> list[Column | None]:
        program = self.model.program
        if not any(isinstance(each, Summary) for each in program.decoders):
            return self.model.read(self.rows)
        return columns_of(program, [[row.get(name) for row in self.rows] for name in self.model.column_names])


def draw_model(seed: int) -> DrawnModel:
    """Return a model and rows for it; seeds that follow each other go through all kinds of bodies and links.

    Rows hold missing, infinite and extreme numbers, unseen levels, and numbers on each threshold and beside it.

    Parameters
    ----------
    seed : int

    Returns
    -------
    DrawnModel

    Examples
    --------
    >>> drawn = draw_model(3)
    >>> len(drawn.predictions()) == len(drawn.rows)
    True
    """
    rng = np.random.default_rng((seed, 14))
    body = BODIES[seed % len(BODIES)]
    known = TABLES[rng.integers(len(TABLES))]
    kinds = [known[i] for i in rng.integers(0, len(known), rng.integers(1, 6))]
    is_plain = known == PLAIN
    names = [HOSTILE[i] for i in rng.permutation(len(HOSTILE))[: len(kinds)]]
    decoders = tuple(
        each
        for column, kind in enumerate(kinds)
        for each in _decoders(rng, column, kind, body in READ_MISSING)
        if not (is_plain and isinstance(each, Missing))
    )
    link: Link = LINKS[seed // len(BODIES) % len(LINKS)]
    outputs = {"sigmoid": 1, "softmax": int(rng.integers(2, 5))}.get(link, 1)
    classes = {"sigmoid": 2, "softmax": outputs}.get(link)
    limits = (-1.5, 18_497.0) if link in ("identity", "exp") and rng.integers(2) else None
    made = body(rng, sum(map(feature_count, decoders)), outputs)
    program = Program(len(kinds), decoders, made, link, None if classes is None else _labels(rng, classes), limits)
    validate(program)
    readings = [None if is_plain else draw_reading(rng, kind) for kind in kinds]
    entries = [
        {"name": name, "kind": kind, **({"reading": reading} if reading else {})}
        for name, kind, reading in zip(names, kinds, readings, strict=True)
    ]
    model = Model(program, {"columns": entries})
    read = sorted({each.column for each in decoders})
    columns = {names[j]: cells_of(rng, program, j, kinds[j], readings[j]) for j in read}
    count = max(map(len, columns.values()))
    cells = {name: [values[row % len(values)] for row in range(count)] for name, values in columns.items()}
    return DrawnModel(model, [{name: values[row] for name, values in cells.items()} for row in range(count)])


def _decoders(rng: np.random.Generator, column: int, kind: str, keeps_missing: bool) -> list[Decoder]:
    """Return one or two decoders of a column."""
    made: list[Decoder] = [Missing(column)] if rng.integers(4) == 0 else []
    if kind in {"numeric", "boolean"}:
        fill = None if keeps_missing and rng.integers(2) else float(rng.integers(-2, 3)) / 2
        offset = OFFSETS[rng.integers(len(OFFSETS))] if kind == "numeric" else 0.0
        return [*made, Numeric(column, fill, offset)]
    if kind == "category":
        levels = tuple(LEVELS[i] for i in rng.permutation(len(LEVELS))[: rng.integers(1, 5)])
        if rng.integers(2):
            return [*made, OneHot(column, levels)]
        return [*made, Lookup(column, levels, Weights.of(rng.normal(size=len(levels))), 0.25)]
    if kind == "text":
        return [*made, _grams(rng, column)]
    level = int(rng.integers(4))
    statistic = STATISTICS[rng.integers(len(STATISTICS))]
    return [*made, Summary(column, statistic, level, int(rng.integers(1 << level)))]


def _grams(rng: np.random.Generator, column: int) -> Grams:
    """Return buckets of grams, so few that many are hit."""
    bits, low = int(rng.integers(2, 6)), int(rng.integers(1, 3))
    buckets = tuple(np.unique(rng.integers(0, 1 << bits, rng.integers(1, 9))).tolist())
    counted, scaled = rng.integers(2, size=2).astype(bool).tolist()
    high, prefix = low + int(rng.integers(3)), int(rng.integers(4))
    return Grams(column, "word" if rng.integers(2) else "character", low, high, bits, buckets, prefix, counted, scaled)


def _labels(rng: np.random.Generator, classes: int) -> Labels:
    """Return labels of one type, in any order."""
    order = rng.permutation(classes).tolist()
    if classes == 2 and rng.integers(4) == 0:
        return (True, False) if order[0] else (False, True)
    kinds: tuple[Labels, ...] = (
        tuple(HOSTILE[i] for i in order),
        tuple(int(i) - 1 for i in order),
        tuple(float(i) + 0.5 for i in order),
    )
    return kinds[rng.integers(3)]
