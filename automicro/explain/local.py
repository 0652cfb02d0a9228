"""One decision, step by step: which term or threshold, how much, and what would change the outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from automicro.data.suggest import did_you_mean
from automicro.errors import RequestError
from automicro.explain.asked import one_row
from automicro.explain.counterfactual import Counterfactual, counterfactual
from automicro.explain.terms import additive_terms, telescoped
from automicro.explain.text import explanation_text
from automicro.program import Categories, Forest, Grams, Texts
from automicro.program.nodes import feature_count
from automicro.program.texts import bucket_of, grams_of
from automicro.words.features import feature_texts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from automicro.explain.asked import Asked
    from automicro.explain.terms import Term
    from automicro.program import Column, Program

__all__ = ["Explanation", "Part", "explain"]

DRAWS = 32


@dataclass(frozen=True)
class Part:
    """What a column, a step table or a tree adds to the score; `because` says which values or comparisons led to it."""

    name: str
    contribution: float
    because: str = ""


@dataclass(frozen=True)
class Explanation:
    """The trace of one decision.

    Parameters
    ----------
    kind : {"sum", "path", "sum_of_paths", "posthoc"}
        How the score comes about: a sum of functions of single columns; one path through a tree; several of them; or, of a
        program that is no sum, Shapley values against a row in which everything is missing, which are an approximation.
    output : label or float
        What is predicted.
    probability : float or None
        Of the predicted class.
    score : float
        What the parts add up to, before the link: of several classes the score of the predicted one less that of the runner-up.
    against : label or None
        The runner-up, where there are several classes.
    constant : float
        What the score starts from.
    parts : tuple of Part
        The largest first; with `constant` they add up to `score`.
    out_of_range : tuple of str
        Columns with a value that training has never seen, as far as the card tells.
    counterfactual : Counterfactual or None
        The nearest change that was found to flip the decision; None for numbers, or if there is none within the ranges seen.
    """

    kind: Literal["sum", "path", "sum_of_paths", "posthoc"]
    output: Any
    probability: float | None
    score: float
    against: Any
    constant: float
    parts: tuple[Part, ...]
    out_of_range: tuple[str, ...] = ()
    counterfactual: Counterfactual | None = None

    def __str__(self) -> str:
        return explanation_text(self)


def explain(
    program: Program, card: Mapping[str, Any] | None, row: Any, *, immutable: Collection[str] = (), seed: int = 0
) -> Explanation:
    """Explain what a model predicts for one row.

    Parameters
    ----------
    program : Program
    card : mapping or None
        Of the model: names and ranges of the columns.
    row : table, array, list or dict
        One row, as `Model.predict` takes it.
    immutable : collection of str
        Columns that a counterfactual must leave alone.
    seed : int
        Of the orders in which columns are credited, where the program is no sum.

    Raises
    ------
    DataError
        If it is not exactly one row, a column is not there, or the model reads graphs.
    RequestError
        If `immutable` names what is no column of the model.
    """
    asked = one_row(program, card, row)
    fixed = _places(asked.names, immutable)
    ranges = _ranges(card)
    kind, constant, parts = _parts(asked, seed)
    scores = asked.scores(asked.columns)
    prediction = asked.predictions(asked.columns)
    labels = asked.program.labels
    code = int(prediction.argmax(axis=1)[0]) if labels is not None else 0
    against = None
    if labels is not None and (asked.of < 0).any():
        against = labels[int(np.flatnonzero(asked.of < 0)[0])]
    return Explanation(
        kind=kind,
        output=float(np.ravel(prediction)[0]) if labels is None else labels[code],
        probability=None if labels is None else float(prediction[0, code]),
        score=float(scores[0]),
        against=against,
        constant=constant,
        parts=tuple(sorted(parts, key=lambda part: -abs(part.contribution))),
        out_of_range=_out_of_range(asked, ranges),
        counterfactual=None if labels is None else counterfactual(asked, ranges, fixed, _booleans(card)),
    )


def _parts(asked: Asked, seed: int) -> tuple[Literal["sum", "path", "sum_of_paths", "posthoc"], float, list[Part]]:
    features = asked.features
    found = additive_terms(asked.program.body, features, asked.of)
    if found is None:
        constant, credit = telescoped(lambda masks: _masked(asked, masks), asked.read, DRAWS, seed)
        return "posthoc", constant, [Part(asked.names[c], value, _value(asked, c)) for c, value in credit.items()]
    constant, terms = found
    trees = isinstance(asked.program.body, Forest) or any(term.steps for term in terms)
    parts = _by_tree(asked, terms) if trees else _by_column(asked, terms)
    if not trees:
        return "sum", constant, parts
    return ("path" if len(parts) == 1 else "sum_of_paths"), constant, parts


def _by_column(asked: Asked, terms: list[Term]) -> list[Part]:
    """Return the terms added up by column; of texts by bucket, with the grams that fell into it."""
    source = [(d, place) for d in asked.program.decoders for place in range(feature_count(d))]
    total: dict[tuple[int, int], float] = {}
    words: dict[tuple[int, int], str] = {}
    for term in terms:
        decoder, place = source[term.features[0]]
        key = (decoder.column, -1)
        if isinstance(decoder, Grams):
            key = (decoder.column, decoder.buckets[place])
            found = _grams_in(asked, decoder, key[1])
            if not found:
                continue  # nothing of the text fell into this bucket, so that it adds 0
            words[key] = f"{asked.names[decoder.column]}: {', '.join(found)}"
        total[key] = total.get(key, 0.0) + term.contribution
    return [
        Part(words.get(key, asked.names[key[0]]), value, "" if key in words else _value(asked, key[0]))
        for key, value in total.items()
    ]


def _grams_in(asked: Asked, decoder: Grams, bucket: int) -> list[str]:
    column = asked.columns[decoder.column]
    text = column.values[0] if isinstance(column, Texts) else None
    return [gram for gram in dict.fromkeys(grams_of(text, decoder)) if bucket_of(gram, decoder.bits) == bucket]


def _by_tree(asked: Asked, terms: list[Term]) -> list[Part]:
    texts = feature_texts(asked.program, asked.names)
    parts, number = [], 0
    for term in terms:
        if not term.steps:
            parts.append(
                Part(" and ".join(texts[f].name for f in term.features) or "a constant tree", term.contribution)
            )
            continue
        number += 1
        told = [
            texts[s.feature].at_most(s.threshold) if s.holds else f"not ({texts[s.feature].at_most(s.threshold)})"
            for s in term.steps
        ]
        parts.append(Part(f"tree {number}", term.contribution, " and ".join(told)))
    return parts


def _masked(asked: Asked, masks: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return scores of variants in which only some columns have the row's own value, the others being missing."""
    columns = asked.repeated(len(masks))
    for place, column in enumerate(asked.read):
        columns[column] = _blanked(columns[column], ~masks[:, place])
    return asked.scores(columns)


def _blanked(column: Column | None, where: NDArray[np.bool_]) -> Column | None:
    if isinstance(column, Categories):
        return Categories(np.where(where, -1, column.codes).astype(np.int32), column.levels)
    if isinstance(column, Texts):
        return Texts(
            np.array([None if gone else text for gone, text in zip(where, column.values, strict=True)], dtype=object)
        )
    if column is None:
        return None
    blanked: NDArray[np.float32] = column.copy()
    blanked[where] = np.nan
    return blanked


def _value(asked: Asked, column: int) -> str:
    own = asked.columns[column]
    if isinstance(own, Categories):
        return "missing" if own.codes[0] < 0 else f"= {own.levels[own.codes[0]]}"
    if own is None or isinstance(own, Texts) or own.ndim != 1:
        return ""
    return "missing" if np.isnan(own[0]) else f"= {own[0]:.6g}"


def _places(names: Sequence[str], immutable: Collection[str]) -> set[int]:
    given = [immutable] if isinstance(immutable, str) else list(immutable)
    if unknown := [name for name in given if name not in names]:
        raise RequestError(
            f"immutable: must name columns of the model, but got {unknown[0]!r}{did_you_mean(unknown[0], names)}"
        )
    return {place for place, name in enumerate(names) if name in given}


def _booleans(card: Mapping[str, Any] | None) -> set[int]:
    return {place for place, entry in enumerate((card or {}).get("columns", ())) if entry.get("kind") == "boolean"}


def _ranges(card: Mapping[str, Any] | None) -> dict[int, tuple[float, float]]:
    """Return the least and the greatest value of the numeric columns in training, as far as the card tells."""
    entries = enumerate((card or {}).get("columns", ()))
    known = ((place, entry.get("minimum"), entry.get("maximum")) for place, entry in entries)
    return {place: (low, high) for place, low, high in known if low is not None and high is not None}


def _out_of_range(asked: Asked, ranges: Mapping[int, tuple[float, float]]) -> tuple[str, ...]:
    found = []
    for column in asked.read:
        own = asked.columns[column]
        if column in ranges and isinstance(own, np.ndarray) and own.ndim == 1:
            low, high = ranges[column]
            if own[0] < low or own[0] > high:
                found.append(asked.names[column])
    return tuple(found)
