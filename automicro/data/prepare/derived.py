"""Features of texts and series, chosen on training rows: which buckets of grams, which summaries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from automicro.data.prepare.ranking import rank_features
from automicro.plugin import Feature
from automicro.program import Grams, Summary
from automicro.program.inputs.series import Observed, summary_column, summary_words
from automicro.program.inputs.texts import grams_of, hash_of
from automicro.program.nodes import Statistic

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.data.problem import Problem
    from automicro.program import Texts

__all__ = [
    "GramSettings",
    "SummarySettings",
    "choose_buckets",
    "choose_summaries",
    "gram_features",
    "summaries_at_most",
]

MOST_SUMMARIES = 2000  # that are looked at; finer windows are left out where there are more
SETS: dict[str, tuple[Statistic, ...]] = {
    "mean": ("mean",),
    "usual": ("mean", "spread", "minimum", "maximum", "slope"),
    "all": get_args(Statistic),
}


@dataclass(frozen=True)
class GramSettings:
    """Which grams of texts are hashed into how many buckets, and how many of these become features."""

    unit: Literal["word", "character"] = "word"
    low: int = 1
    high: int = 1
    prefix: int = 6
    bits: int = 16
    buckets: int = 1000

    def decoder(self, column: int, buckets: tuple[int, ...] = (0,)) -> Grams:
        """Return the decoder of a column."""
        return Grams(column, self.unit, self.low, self.high, self.bits, buckets, self.prefix)


@dataclass(frozen=True)
class SummarySettings:
    """Which statistics of series, in windows of how many halvings; at most `most` of them, the most relevant first."""

    statistics: Literal["mean", "usual", "all"] = "usual"
    depth: int = 1
    most: int = 256


def choose_buckets(problem: Problem, column: int, rows: NDArray[np.int64], settings: GramSettings) -> tuple[int, ...]:
    """Return the buckets with the strongest relation to the target, ascending.

    Relevance is the deviation of a bucket's presence times its log-count ratio between a class and the others, the largest of all
    classes (the features of Wang and Manning, ACL 2012); for regression, times the shrunken difference of the target's mean.
    Buckets of a single text are left out.
    """
    texts: Texts = problem.table.columns[column]  # type: ignore[assignment]  # callers pass columns of text only
    hashed, ends = _hashed(texts, settings.unit, settings.low, settings.high, settings.prefix)
    bits = settings.bits
    owner = np.repeat(np.arange(len(rows)), np.diff(ends)[rows])
    spans = [hashed[ends[row] : ends[row + 1]] for row in rows.tolist()]
    grams = np.concatenate([np.empty(0, dtype=np.int64), *spans])
    cells = np.unique(((grams >> bits ^ grams) & ((1 << bits) - 1)) * np.int64(len(rows)) + owner)
    bucket, row = cells // len(rows), cells % len(rows)
    weights = np.ones(len(rows)) if problem.weights is None else problem.weights[rows]
    relevance = _relevance(problem, rows, bucket, row, weights, 1 << bits)
    relevance[np.bincount(bucket, minlength=1 << bits) < 2] = 0.0
    chosen = np.argsort(-relevance, kind="stable")[: settings.buckets]
    return tuple(sorted(chosen[relevance[chosen] > 0].tolist()))


def _relevance(
    problem: Problem,
    rows: NDArray[np.int64],
    bucket: NDArray[np.int64],
    row: NDArray[np.int64],
    weights: NDArray[np.float64],
    buckets: int,
) -> NDArray[np.float64]:
    there = np.bincount(bucket, weights[row], buckets)
    share = there / weights.sum()
    deviation = np.sqrt(share * np.maximum(1.0 - share, 0.0))
    target = problem.target[rows]
    if problem.task == "regression":
        centred = (target - np.average(target, weights=weights)) * weights
        return np.asarray(deviation * np.abs(np.bincount(bucket, centred[row], buckets)) / (there + 1.0))
    ratio = np.zeros(buckets)
    for label in np.unique(target)[1 if problem.classes == 2 else 0 :]:
        inside = np.bincount(bucket, weights[row] * (target[row] == label), buckets) + 1.0
        outside = there + 2.0 - inside
        np.maximum(ratio, np.abs(np.log(inside / inside.sum() * outside.sum() / outside)), out=ratio)
    return np.asarray(deviation * ratio)


@lru_cache(maxsize=4)
def _hashed(texts: Texts, unit: str, low: int, high: int, prefix: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the hashes of the grams of all texts one after the other, and where each text's end; the first ends at 0 before all."""
    decoder = Grams(0, unit, low, high, 1, (0,), prefix)  # type: ignore[arg-type]  # one of the two units
    found = [[hash_of(gram) for gram in grams_of(text, decoder)] for text in texts.values]
    ends = np.cumsum([0, *map(len, found)])
    return np.fromiter((h for own in found for h in own), dtype=np.int64, count=int(ends[-1])), ends


def gram_features(decoder: Grams, name: str) -> tuple[Feature, ...]:
    """Return one feature for each bucket."""
    return tuple(Feature(decoder.column, f"{name} in bucket {bucket}", "gram") for bucket in decoder.buckets)


def choose_summaries(
    problem: Problem, columns: list[int], rows: NDArray[np.int64], settings: SummarySettings, seed: int
) -> list[tuple[Summary, Feature]]:
    """Return the summaries of the channels that vary within rows, by channel; the most relevant if there are more than `most`."""
    made = _ranked(problem, tuple(columns), rows.tobytes(), settings, seed)
    names = problem.table.names
    return [
        (s, Feature(s.column, summary_words(s, names[s.column]), "summary", f"{s.window} of {1 << s.level}"))
        for s in made
    ]


def _levels(channels: int, statistics: int, depth: int, steps: int) -> list[int]:
    """Return the levels of windows that are looked at."""
    levels = [0]
    for level in range(1, depth + 1):
        windows = sum(1 << known for known in levels) + (1 << level)
        if 1 << level <= steps and channels * statistics * windows <= MOST_SUMMARIES:
            levels.append(level)
    return levels


@lru_cache(maxsize=32)
def _ranked(
    problem: Problem, channels: tuple[int, ...], rows: bytes, settings: SummarySettings, seed: int
) -> tuple[Summary, ...]:
    index = np.frombuffer(rows, dtype=np.int64)
    chosen = SETS[settings.statistics]
    found: list[Summary] = []
    values: list[NDArray[np.float32]] = []
    for channel in channels:
        series = problem.table.columns[channel]
        if not isinstance(series, np.ndarray):
            continue
        observed = Observed.of(series[index])
        for statistic in chosen:
            for level in _levels(len(channels), len(chosen), settings.depth, series.shape[1]):
                for window in range(1 << level):
                    summary = Summary(channel, statistic, level, window)
                    made = summary_column(summary, observed)
                    if made.min() < made.max():
                        found.append(summary)
                        values.append(made)
    if len(found) <= settings.most:
        return tuple(found)
    ranking = rank_features(problem, index, np.stack(values, axis=1), seed)
    return tuple(found[place] for place in sorted(ranking[: settings.most]))


def summaries_at_most(channels: int, settings: SummarySettings) -> int:
    """Return the most features that summaries of so many channels can give."""
    return min(settings.most, channels * len(SETS[settings.statistics]) * ((2 << settings.depth) - 1))
