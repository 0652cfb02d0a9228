"""The replay: whether a global card says all that a model computes, decided by an interpreter that sees nothing but the card and rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.escaped import escaped
from automicro.explain.replay.interpreter import Edges, Interpreter, NotFollowed
from automicro.explain.replay.probes import cells, probes, tellable
from automicro.explain.replay.steps import trace_faults
from automicro.program import Batch, apply_link, body_scores, decode, offsets_of, scores, take
from automicro.words.features import inputs_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from automicro.explain.replay.probes import Probes
    from automicro.program import Program, Topology

    Floats = NDArray[np.float64]

__all__ = ["Replay", "replay"]

ROWS = 1000
CLOSE = 1e-6  # on the scale of scores, relative where they are beyond 1
TRACES, FLIPS, GRID, HALVINGS, GRAM_ROWS = 10, 30, 17, 12, 40


@dataclass(frozen=True)
class Replay:
    """The result of a replay: how many rows were followed, and a sentence for each difference; none if it passed."""

    rows: int
    faults: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether card and model returned the same."""
        return not self.faults

    def __str__(self) -> str:
        if self.passed:
            return f"passed on {self.rows:,} rows"
        more = f" (and {len(self.faults) - 1:,} more)" if len(self.faults) > 1 else ""
        return f"failed: {escaped(self.faults[0])}{more}"


def replay(
    program: Program, shown: Mapping[str, Any], batch: Batch, names: Sequence[str], *, rows: int = ROWS, seed: int = 0
) -> Replay:
    """Hold a global card against the program that it claims to describe.

    The interpreter must give the same score (1e-6, relative beyond 1) and label for given rows, for mixtures of them, with each column at
    its minimum, its maximum, on both sides of every cut, missing and unseen, and on rows that reach the leaves of the program's trees; the
    same size and sign of a one-unit change of a column; the same points where a label flips. The steps that explain single rows must be
    found in the card.

    Parameters
    ----------
    program : Program
    shown : mapping
        What a reader is shown: made by `global_card`, or by whoever else claims to describe the program.
    batch : Batch
        Some rows of the kind that the program reads.
    names : sequence of str
        Names of the source columns, as in the card.
    rows : int
        About how many rows are followed; fewer of graphs and of long series.
    seed : int
        Seed of the rows that are drawn.
    """
    try:
        known = _Claim(program, Interpreter(shown), tuple(names))
        if faults := list(known.frame_faults()):
            return Replay(0, tuple(faults))
        drawn = probes(program, batch, rows, seed)
        followed = known.follow(drawn.batch)
        faults = [*followed.faults(), *followed.unit_faults(drawn.pairs)]
        if batch.topology is None:
            faults += [*known.flip_faults(drawn, seed), *known.gram_faults(drawn, seed)]
            faults += trace_faults(program, known.interpreter, drawn.batch, names, range(min(TRACES, drawn.given)))
    except (NotFollowed, KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
        said = str(error) if isinstance(error, NotFollowed) else f"{type(error).__name__}: {error}"
        return Replay(0, (f"the card cannot be followed: {said}",))
    return Replay(len(followed.ours), tuple(faults))


@dataclass(frozen=True, eq=False)
class _Claim:
    """A card, as its interpreter follows it, and the program that it claims to describe."""

    program: Program
    interpreter: Interpreter
    names: tuple[str, ...]

    def frame_faults(self) -> Iterator[str]:
        """Give a sentence where the card is about other labels, another link or limits, or columns that are not there."""
        card, labels = self.interpreter.card, self.program.labels
        if card["link"] != self.program.link or card["labels"] != (None if labels is None else list(labels)):
            yield f"the card has the link {card['link']} and the labels {card['labels']}, the model has {self.program.link} and {labels}"
        limits = None if self.program.limits is None else list(self.program.limits)
        if card.get("limits") != limits:
            yield f"the card has the limits {card.get('limits')}, the model has {limits}"
        if unknown := sorted({cells["column"] for cells in card["inputs"]} - set(self.names)):
            yield f"the card reads column {unknown[0]!r}, which the model does not have"

    def follow(self, batch: Batch) -> _Followed:
        """Return the scores of rows by the card and by the program."""
        rows = cells(self.program, batch, self.names)
        theirs = np.array(self.interpreter.scores(rows, _edges(batch.topology)), dtype=np.float64)
        ours = scores(self.program, batch)
        if theirs.shape != ours.shape:
            raise NotFollowed(f"it gives {theirs.shape} scores, and the model {ours.shape}")
        return _Followed(self, rows, theirs, ours)

    def flip_faults(self, drawn: Probes, seed: int) -> list[str]:
        """Return a sentence for every point where the card says that a label flips, and the model does not flip there."""
        if self.program.labels is None:
            return []
        rng = np.random.default_rng(seed)
        numbers = sorted({column for column, _, _ in drawn.pairs})
        at, places, values = [], [], []
        for column in rng.permutation(numbers)[:FLIPS].tolist():
            row = int(rng.integers(drawn.given))
            for value in self._flip(drawn.batch, row, column):
                at.append(row)
                places.append(column)
                values.append(value)
        if not at:
            return []
        rows = np.array(at, dtype=np.int64)
        columns = [None if column is None else take(column, rows) for column in drawn.batch.columns]
        for i, (column, value) in enumerate(zip(places, values, strict=True)):
            columns[column][i] = value
        return [f"at a flip point, {fault}" for fault in self.follow(Batch(tuple(columns))).faults()]

    def gram_faults(self, drawn: Probes, seed: int) -> Iterator[str]:
        """Give a sentence where the card counts buckets of grams otherwise, those too that no text of the rows has a gram of."""
        cells = list(enumerate(inputs_of(self.program.decoders, self.names)))
        grams = [(place, entry) for place, entry in cells if entry["kind"] == "grams"]
        if not grams:
            return
        if grams != [each for each in enumerate(self.interpreter.card["inputs"]) if each[1]["kind"] == "grams"]:
            yield "the card reads other buckets of grams than the model"
            return
        rng = np.random.default_rng(seed)
        X = decode(self.program.decoders, drawn.batch)[:GRAM_ROWS]
        places = [place for place, _ in grams]
        shape = (len(X), len(places))
        X[:, places] = np.where(rng.random(shape) < 0.5, rng.uniform(0.05, 2.0, shape), 0.0)
        ours = body_scores(self.program.body, X)
        theirs = np.array(self.interpreter.scores_of(X.tolist()), dtype=np.float64)
        for at in np.flatnonzero(~_close(theirs, ours).all(axis=1)).tolist():
            yield f"with some buckets of grams, the card gives the score {_scored(theirs[at])}, the model {_scored(ours[at])}"

    def _flip(self, batch: Batch, row: int, column: int) -> list[float]:
        """Return numbers on both sides of a point where, by the card, the label of a row flips; none if there is none."""
        values: Any = batch.columns[column]
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        offset = offsets_of(self.program.decoders).get(column, 0.0)
        one = Batch(tuple(None if c is None else take(c, np.array([row])) for c in batch.columns))
        (own,) = cells(self.program, one, self.names)

        def label(value: float) -> Any:
            (scored,) = self.interpreter.scores([{**own, self.names[column]: value + offset}])
            return self.interpreter.label(scored)

        grid = np.linspace(low, high, GRID).tolist()
        labels = [label(value) for value in grid]
        place = next((i for i in range(GRID - 1) if labels[i] != labels[i + 1]), None)
        if place is None:
            return []
        low, high = grid[place], grid[place + 1]
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if label(middle) == labels[place] else (low, middle)
        return [float(value) for value in tellable(np.array([low, high]), offset)]


@dataclass(frozen=True, eq=False)
class _Followed:
    """Rows, and their scores (rows, outputs) by a card and by its program."""

    claim: _Claim
    rows: list[dict[str, Any]]
    theirs: Floats
    ours: Floats

    def faults(self) -> Iterator[str]:
        """Yield a sentence for every row for which the card has another score or label."""
        for at in np.flatnonzero(~_close(self.theirs, self.ours).all(axis=1)).tolist():
            given, own = _scored(self.theirs[at]), _scored(self.ours[at])
            yield f"{self._row(at)}: the card gives the score {given}, the model {own}"
        program = self.claim.program
        if program.labels is None:
            return
        predicted = apply_link(program, self.ours).argmax(axis=1)
        for at, scored in enumerate(self.theirs.tolist()):
            label, own_label = self.claim.interpreter.label(scored), program.labels[int(predicted[at])]
            if label != own_label and not _tied(self.ours[at]):
                yield f"{self._row(at)}: the card predicts {label}, the model {own_label}"

    def unit_faults(self, pairs: Sequence[tuple[int, int, int]]) -> Iterator[str]:
        """Give a sentence for every column whose one-unit change has another sign or size in the card."""
        for column, before, after in pairs:
            change, own = self.theirs[after] - self.theirs[before], self.ours[after] - self.ours[before]
            limit = 2 * CLOSE * np.maximum(1.0, np.abs(self.ours[[before, after]]).max(axis=0))
            if not ((np.abs(change - own) <= limit) | (np.isnan(change) & np.isnan(own)) | (change == own)).all():
                said = f"one unit more of {self.claim.names[column]} changes the score by {_scored(change)}"
                yield f"{said} in the card, by {_scored(own)} in the model"

    def _row(self, at: int) -> str:
        if len(self.ours) != len(self.rows):
            return f"graph {at}"
        cells = [f"{n} {'missing' if _gone(v) else v}" for n, v in self.rows[at].items() if not isinstance(v, list)]
        return f"{', '.join(cells[:4])}{', ...' if len(cells) > 4 else ''}" if cells else f"row {at}"


def _edges(topology: Topology | None) -> Edges | None:
    if topology is None:
        return None
    pairs = [(int(source), int(target)) for source, target in topology.edges.T]
    attributes = [[]] * len(pairs) if topology.attributes is None else topology.attributes.tolist()
    return Edges(pairs, attributes, topology.starts.tolist())


def _close(theirs: Floats, ours: Floats) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        near = np.abs(theirs - ours) <= CLOSE * np.maximum(1.0, np.abs(ours))
    result: NDArray[np.bool_] = near | (theirs == ours) | (np.isnan(theirs) & np.isnan(ours))
    return result


def _tied(scored: Floats) -> bool:
    """Whether rounding decides between the two best labels."""
    if len(scored) == 1:
        return bool(abs(scored[0]) <= CLOSE)
    second, best = np.sort(scored)[-2:]
    return not best - second > CLOSE * max(1.0, abs(best))


def _scored(scored: Floats) -> str:
    return ", ".join(f"{value:.7g}" for value in scored)


def _gone(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
