"""One decision, step by step: which term or threshold, how much, and what would change the outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.errors import RequestError
from automicro.explain.decision.counterfactual import counterfactual
from automicro.explain.decision.explained_row import blanked, one_row
from automicro.explain.decision.explanation import Explanation, Part, Weight
from automicro.explain.decision.graph_counterfactual import flip_of_graph
from automicro.explain.decision.graphs import graph_parts, one_graph
from automicro.explain.decision.parts import Found, RowParts, exact_parts, value_text
from automicro.explain.decision.terms import telescoped
from automicro.program import apply_link, attention_of, offsets_of, reads_graphs
from automicro.program.evaluate.attention_weights import pools_tokens
from automicro.words.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from automicro.explain.decision.counterfactual import Counterfactual
    from automicro.explain.decision.explained_row import ExplainedRow
    from automicro.program import Program

__all__ = ["explain", "row_parts"]

DRAWS = 32


def explain(
    program: Program,
    card: Mapping[str, Any] | None,
    row: Any,
    *,
    immutable: Collection[str] = (),
    node: int | None = None,
    seed: int = 0,
) -> Explanation:
    """Explain what a model predicts for one row.

    Parameters
    ----------
    program : Program
    card : mapping or None
        Card of the model, with names and ranges of the columns.
    row : table, array, list or dict
        One row, or one graph, as `Model.predict` takes it.
    immutable : collection of str
        Columns that a counterfactual must leave alone.
    node : int, optional
        Row number of the node, for a model that predicts nodes of a graph.
    seed : int
        Seed of the orders in which columns or nodes are credited, where the program is no sum.

    Raises
    ------
    DataError
        If it is not exactly one row or graph, or a column is not there.
    RequestError
        If `immutable` names what is no column of the model, or `node` is not one of the graph's.
    """
    if reads_graphs(program.body):
        graph = one_graph(program, card, row, node)
        fixed, ranges = _places(graph.names, immutable), _ranges(program, card)
        found = graph_parts(graph, seed)
        flip = None if program.labels is None else flip_of_graph(graph, ranges, fixed, _booleans(card))
        return _explanation(program, found, graph.scores()[0], graph.of, ((), flip))
    explained = one_row(program, card, row, node)
    fixed = _places(explained.names, immutable)
    ranges = _ranges(program, card)
    found = row_parts(explained, ranges, seed)
    scores = explained.all_scores()[0]
    flip = None if program.labels is None else counterfactual(explained, ranges, fixed, _booleans(card))
    return _explanation(program, found, scores, explained.of, (_out_of_range(explained, ranges), flip))


def _explanation(
    program: Program,
    found: Found,
    scores: NDArray[np.float64],
    of: NDArray[np.float64],
    beside: tuple[tuple[str, ...], Counterfactual | None] = ((), None),
) -> Explanation:
    prediction, labels = apply_link(program, scores[None]), program.labels
    code = int(prediction.argmax(axis=1)[0]) if labels is not None else 0
    against = None
    if labels is not None and (of < 0).any():
        against = labels[int(np.flatnonzero(of < 0)[0])]
    return Explanation(
        kind=found.kind,
        output=float(np.ravel(prediction)[0]) if labels is None else labels[code],
        probability=None if labels is None else float(prediction[0, code]),
        score=float(scores @ of),
        against=against,
        constant=found.constant,
        parts=tuple(sorted(found.parts, key=lambda part: -abs(part.contribution))),
        out_of_range=beside[0],
        counterfactual=beside[1],
        weights=found.weights,
        method=found.method,
        link=program.link,
        limits=program.limits,
    )


def row_parts(explained: ExplainedRow, ranges: Mapping[int, tuple[float, float]], seed: int) -> Found:
    """Return what the score of a row is made of: the program's own steps, or Shapley values of columns where it is no sum."""
    found = exact_parts(explained.program.body, explained.features, explained.of, RowParts(explained))
    if found is not None:
        return found
    middles, less = _middles(explained, ranges), offsets_of(explained.program.decoders)
    constant, credit = telescoped(lambda masks: _masked(explained, masks, middles), explained.read, DRAWS, seed)
    beside = " and, where the model knows none, middles of ranges" if middles else ""
    return Found(
        "posthoc",
        constant,
        tuple(
            Part(explained.names[c], value, value_text(explained.columns[c], less.get(c, 0.0)))
            for c, value in credit.items()
        ),
        _attention(explained),
        f"Shapley values of {DRAWS} random orders of columns, seed {seed}, against a row of missing values{beside}",
    )


def _attention(explained: ExplainedRow) -> tuple[Weight, ...]:
    """Return the shares that heads gave to tokens, if the model has heads that pool tokens."""
    if not pools_tokens(explained.program.body):
        return ()
    attended = attention_of(explained.program, explained.columns, explained.names)
    named = attended.named(0)
    weights = [
        Weight(named[token], f"head {head + 1}", float(own[token]))
        for head, own in enumerate(attended.weights[0])
        for token in np.flatnonzero(own).tolist()
    ]
    return tuple(sorted(weights, key=lambda weight: -weight.weight))


def _middles(explained: ExplainedRow, ranges: Mapping[int, tuple[float, float]]) -> dict[int, float]:
    """Return a value in place of the missing one for numbers of which a model makes nothing when they are missing: 0 without a card."""
    found = {}
    for column in explained.read:
        own = explained.columns[column]
        if isinstance(own, np.ndarray) and own.ndim == 1:
            columns = explained.repeated(1)
            columns[column] = blanked(columns[column], np.array([True]))
            if np.isnan(explained.scores(columns)).any():
                low, high = ranges.get(column, (0.0, 0.0))
                found[column] = low / 2 + high / 2
    return found


def _masked(explained: ExplainedRow, masks: NDArray[np.bool_], middles: Mapping[int, float]) -> NDArray[np.float64]:
    """Return scores of variants in which only some columns have the row's own value, the others being missing."""
    columns = explained.repeated(len(masks))
    for place, column in enumerate(explained.read):
        gone = blanked(columns[column], ~masks[:, place])
        if column in middles and isinstance(gone, np.ndarray):
            gone[~masks[:, place]] = middles[column]
        columns[column] = gone
    return explained.scores(columns)


def _places(names: Sequence[str], immutable: Collection[str]) -> set[int]:
    given = [immutable] if isinstance(immutable, str) else list(immutable)
    if unknown := [name for name in given if name not in names]:
        raise RequestError(
            f"immutable: must name columns of the model, but got {unknown[0]!r}{did_you_mean(unknown[0], names)}"
        )
    return {place for place, name in enumerate(names) if name in given}


def _booleans(card: Mapping[str, Any] | None) -> set[int]:
    return {place for place, entry in enumerate((card or {}).get("columns", ())) if entry.get("kind") == "boolean"}


def _ranges(program: Program, card: Mapping[str, Any] | None) -> dict[int, tuple[float, float]]:
    """Return the least and the greatest value of the numeric columns in training, less their offsets, as far as the card has it."""
    entries, less = enumerate((card or {}).get("columns", ())), offsets_of(program.decoders)
    known = ((place, entry.get("minimum"), entry.get("maximum")) for place, entry in entries)
    return {
        place: (low - less.get(place, 0.0), high - less.get(place, 0.0))
        for place, low, high in known
        if low is not None and high is not None
    }


def _out_of_range(explained: ExplainedRow, ranges: Mapping[int, tuple[float, float]]) -> tuple[str, ...]:
    found = []
    for column in explained.read:
        own = explained.columns[column]
        if column in ranges and isinstance(own, np.ndarray) and own.ndim == 1:
            low, high = ranges[column]
            if own[0] < low or own[0] > high:
                found.append(explained.names[column])
    return tuple(found)
