"""Preparation: from columns to the features that a family trains on, learnt on training rows only."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from automicro.data.graphs import of_nodes
from automicro.data.prepare.derived import (
    GramSettings,
    SummarySettings,
    choose_buckets,
    choose_summaries,
    gram_features,
    summaries_at_most,
)
from automicro.data.prepare.encode import MOST_LEVELS, list_levels, lookup_values
from automicro.data.prepare.scaling import Scaling
from automicro.data.prepare.screening import screened
from automicro.data.prepare.short import short_number
from automicro.errors import DataError
from automicro.plugin import Feature
from automicro.program import (
    Batch,
    Categories,
    Chain,
    Lookup,
    Missing,
    Numeric,
    OneHot,
    Pool,
    Propagate,
    Weights,
    body_scores,
    decode,
    narrow,
    take,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.data.prepare.encode import Listed
    from automicro.data.problem import Problem
    from automicro.plugin import ColumnProfile, TargetTransform
    from automicro.plugin.profile import ColumnKind
    from automicro.program import Column, Decoder, Node, Topology
    from automicro.program.nodes import PoolKind

__all__ = ["Preparation", "PreparationSettings", "features_at_most"]

FLAGGED_SHARE, FLAGGED_ROWS = 0.01, 10
CLOSE, ROUGH = 0.25, 1.0


@dataclass(frozen=True)
class PreparationSettings:
    """What a preparation does.

    Parameters
    ----------
    missing : {"fill", "keep"}
        Numbers: fill with a short number near the median, and flag in a feature of their own the missing values of a
        column where they are frequent and the target differs with them; or keep NaN.
    categories : {"onehot", "ordinal", "target"}
        One feature a level; one feature with the level's rank by its target mean; one with its smoothed target mean.
    scaled : bool
        Whether training features have mean 0 and variance 1.
    rare : float
        Smallest share of the training rows that a level (or a missing value, of a category) must have to be distinguished.
    columns : int or None
        Use at most this many source columns, the most relevant.
    only : tuple of int or None
        Use these source columns; with `columns`, the most relevant of these.
    guarded : bool
        Whether numbers are also filled in columns that are complete in the data. Without, a missing value there makes
        the prediction of a linear model NaN, and the packed model is about 0.8 bytes a column smaller.
    hops : int
        Number of rounds of messages that smooth the features of the nodes of a graph.
    messages : {"sum", "mean", "symmetric"}
        How; see `automicro.program.Propagate`.
    pools : tuple of {"sum", "mean", "max", "count"}
        Summaries of the features of nodes for a problem about graphs, by default sum and mean. "count" is the
        number of nodes.
    grams : GramSettings
        Settings of the grams of texts.
    summaries : SummarySettings
        Settings of the summaries of series.
    whole_graphs : bool
        Whether nodes are left as they are, neither smoothed nor summed up, for a family that reads graphs.
    target : {"none", "log"}
        Whether a family is trained on the numbers to be predicted or on their logarithms; then the program ends with the link exp.
    """

    missing: Literal["fill", "keep"] = "fill"
    categories: Literal["onehot", "ordinal", "target"] = "onehot"
    scaled: bool = False
    rare: float = 0.01
    columns: int | None = None
    only: tuple[int, ...] | None = None
    guarded: bool = True
    hops: int = 0
    messages: Literal["sum", "mean", "symmetric"] = "mean"
    pools: tuple[PoolKind, ...] = ()
    whole_graphs: bool = False
    grams: GramSettings = field(default_factory=GramSettings)
    summaries: SummarySettings = field(default_factory=SummarySettings)
    target: TargetTransform = "none"


@dataclass(frozen=True, eq=False)
class Preparation:
    """How raw columns become features, as decoders of a program.

    Parameters
    ----------
    decoders : tuple of Decoder
    features : tuple of Feature
        One for each feature that the decoders make.
    fit_matrix : array of float32, (training rows, features)
        What to train on: scaled if the settings say so, target encodings cross-fitted.
    sums : tuple of Node
        Nodes behind the decoders in the program: the smoothing and summing up of nodes of graphs.
    scaling : Scaling or None
        The scaling that follows, before the family's body.
    topology : Topology or None
        If the settings ask for whole graphs: how the rows of `fit_matrix`, which are then nodes, are connected.
    places : array of int64, (training rows,), or None
        The rows of `fit_matrix` that are the training rows; None if each is, or if these are graphs.
    others : array of float32, (nodes, features), or None
        What the lead makes of the nodes of the graph that are not training rows, if `fit_matrix` holds the training rows of a graph alone.
    """

    decoders: tuple[Decoder, ...]
    features: tuple[Feature, ...]
    fit_matrix: NDArray[np.float32]
    sums: tuple[Node, ...] = ()
    scaling: Scaling | None = None
    topology: Topology | None = None
    places: NDArray[np.int64] | None = None
    others: NDArray[np.float32] | None = None

    @classmethod
    def fit(
        cls,
        problem: Problem,
        rows: NDArray[np.int64],
        settings: PreparationSettings,
        *,
        seed: int = 0,
        ranking: Sequence[int] | None = None,
    ) -> Preparation:
        """Learn from some rows of a problem.

        Parameters
        ----------
        problem : Problem
        rows : array of int, (training rows,)
        settings : PreparationSettings
        seed : int
            Seed of the cross-fitting of target encodings.
        ranking : sequence of int, optional
            Column numbers, the most relevant first, as `rank_columns` returns them for the same rows; read where `settings.columns` is
            set.

        Raises
        ------
        DataError
            If no column varies within the rows.
        """
        given: Sequence[int] = range(len(problem.table.columns)) if settings.only is None else settings.only
        columns = screened(problem, [j for j in given if j not in problem.excluded_columns], rows)
        if settings.columns is not None:
            if ranking is None:
                raise ValueError("ranking must be given where the number of columns is limited")
            ranked = sorted(ranking, key=lambda j: j not in problem.needed)
            known = set(columns)
            columns = sorted([j for j in ranked if j in known][: settings.columns])
        flat, training = of_nodes(problem, rows)
        made = [part for j in columns for part in _parts(flat, j, training, settings, seed)]
        if channels := [j for j in columns if problem.table.profiles[j].kind == "series"]:
            chosen = choose_summaries(problem, channels, rows, settings.summaries, seed)
            made += [_Part(summary, (feature,)) for summary, feature in chosen]
        if not made:
            raise DataError(
                "some column must vary within the training rows, but each has one value or only rare levels there"
            )
        decoders = tuple(part.decoder for part in made)
        features = tuple(feature for part in made for feature in part.features)
        batch = _batch(problem, decoders, rows)
        X = decode(decoders, batch)
        widths = [len(part.features) for part in made]
        for part, place in zip(made, np.cumsum([0, *widths]), strict=False):
            if part.training is not None:
                X[slice(None) if batch.keep is None else batch.keep, place] = part.training
        return _led(cls(decoders, features, X), batch, settings)

    def transform(self, columns: Sequence[Column], rows: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
        """Return the features (rows, features) that a program with these decoders computes, before the lead."""
        return decode(self.decoders, _taken(self.decoders, columns, rows))

    @property
    def lead(self) -> tuple[Node, ...]:
        """Nodes between the decoders and the family's body in the program."""
        return self.sums if self.scaling is None else (*self.sums, self.scaling.node())

    def under(self, body: Node) -> tuple[tuple[Decoder, ...], Node]:
        """Return decoders and the body of a program for a body over the features; what that does not read is left out."""
        if self.sums:
            return self.decoders, Chain((*self.lead, body))
        decoders, narrowed, kept = narrow(self.decoders, body)
        if self.scaling is None or not len(kept):
            return decoders, narrowed
        return decoders, Chain((self.scaling.node(kept), narrowed))


@dataclass(frozen=True, eq=False)
class _Part:
    """A decoder and its features; `training` replaces the single feature of a target encoding in training."""

    decoder: Decoder
    features: tuple[Feature, ...]
    training: NDArray[np.float32] | None = None


def _taken(
    decoders: Sequence[Decoder], columns: Sequence[Column], rows: NDArray[np.int64] | None
) -> list[Column | None]:
    if rows is None:
        return list(columns)
    used = {decoder.column for decoder in decoders}
    return [take(column, rows) if j in used else None for j, column in enumerate(columns)]


def _batch(problem: Problem, decoders: Sequence[Decoder], rows: NDArray[np.int64]) -> Batch:
    if problem.topology is not None:
        return problem.batch(rows)
    return Batch(tuple(_taken(decoders, problem.table.columns, rows)))


def _led(made: Preparation, batch: Batch, settings: PreparationSettings) -> Preparation:
    """Return a preparation with the nodes before the body, and the features of a batch after these nodes."""
    known = batch.keep
    if batch.topology is not None and not settings.whole_graphs:
        made, known = _summed_up(made, batch, settings), None
    if settings.scaled:
        scaling = Scaling.of(made.fit_matrix if known is None else made.fit_matrix[known])
        others = None if made.others is None else body_scores(scaling.node(), made.others).astype(np.float32)
        made = replace(made, fit_matrix=scaling(made.fit_matrix), scaling=scaling, others=others)
    return replace(made, topology=batch.topology, places=batch.keep) if settings.whole_graphs else made


def _summed_up(made: Preparation, batch: Batch, settings: PreparationSettings) -> Preparation:
    """Return a preparation that smooths the features of nodes and sums up graphs, and one row for each node that counts or each graph."""
    lead: list[Node] = [Propagate(settings.messages, settings.hops)] if settings.hops else []
    features = made.features
    if batch.keep is None:
        pools = settings.pools or ("sum", "mean")
        items: list[tuple[PoolKind, int]] = [
            (kind, f) for kind in pools if kind != "count" for f in range(len(features))
        ]
        names = [replace(features[f], name=f"{kind} of {features[f].name}", kind="numeric") for kind, f in items]
        if "count" in pools:
            items.append(("count", -1))
            names.append(Feature(features[-1].column, "nodes", "numeric"))
        lead.append(Pool(tuple(kind for kind, _ in items), tuple(f for _, f in items)))
        features = tuple(names)
    X: NDArray[Any] = made.fit_matrix
    for node in lead:
        X = body_scores(node, X, batch.topology)
    others = None if batch.keep is None else np.delete(X, batch.keep, axis=0).astype(np.float32)
    kept = np.asfortranarray(batch.kept(X), dtype=np.float32)
    return replace(made, features=features, fit_matrix=kept, sums=tuple(lead), others=others)


def _parts(problem: Problem, j: int, rows: NDArray[np.int64], settings: PreparationSettings, seed: int) -> list[_Part]:
    profile = problem.table.profiles[j]
    if profile.kind == "series":
        return []
    if profile.kind == "text":
        grams = settings.grams.decoder(j, choose_buckets(problem, j, rows, settings.grams))
        return [_Part(grams, gram_features(grams, profile.name))] if grams.buckets else []
    column = take(problem.table.columns[j], rows)
    if isinstance(column, np.ndarray):
        return _numeric_parts(_Numbers(j, column, profile), problem.target[rows], settings)
    if not isinstance(column, Categories):
        return []
    listed = list_levels(column, settings.rare)
    if not listed.varies:
        return []
    if settings.categories == "onehot":
        return [_onehot_part(j, profile.name, listed)]
    made = lookup_values(problem, rows, listed, settings.categories, seed)
    decoder = Lookup(j, made.levels, Weights.of(made.values), made.default)
    return [_Part(decoder, (Feature(j, profile.name, "lookup"),), made.training)] if made.levels else []


@dataclass(frozen=True, eq=False)
class _Numbers:
    """A numeric column in the training rows."""

    index: int
    values: NDArray[np.float32]
    profile: ColumnProfile


def _numeric_parts(numbers: _Numbers, target: NDArray[np.generic], settings: PreparationSettings) -> list[_Part]:
    j, name, offset = numbers.index, numbers.profile.name, numbers.profile.offset
    missing = np.isnan(numbers.values)
    count = int(missing.sum())
    known = numbers.values[~missing] if count else numbers.values
    if not len(known):
        return []
    varies = bool(known.min() < known.max())
    feature = Feature(j, name, "numeric")
    if settings.missing == "keep":
        return [_Part(Numeric(j, offset=offset), (feature,))] if varies or count else []
    bare = numbers.profile.missing == 0 and not settings.guarded
    fill = None if bare else _fill(known, numbers.profile.kind, count)
    parts = [_Part(Numeric(j, fill, offset), (feature,))] if varies else []
    if count >= max(FLAGGED_ROWS, FLAGGED_SHARE * len(missing)) and _tells(missing, target):
        parts.append(_Part(Missing(j), (Feature(j, f"{name} missing", "missing"),)))
    return parts


def _fill(known: NDArray[np.float32], kind: ColumnKind, missing: int) -> float:
    """Return a short number near the median; a boolean's is 0 or 1."""
    median = float(np.median(known))
    if kind == "boolean":
        return float(median > 0.5)
    return short_number(median, float(known.std(dtype=np.float64)) * (CLOSE if missing else ROUGH))


def _tells(missing: NDArray[np.bool_], target: NDArray[np.generic]) -> bool:
    """Whether the target, or the share of some class, differs where the column is missing by two standard errors."""
    outcomes = target[:, None] if target.dtype.kind == "f" else target[:, None] == np.unique(target)[None, :]
    there, gone = outcomes[~missing].astype(np.float64), outcomes[missing].astype(np.float64)
    error = np.sqrt(there.var(axis=0) / len(there) + gone.var(axis=0) / len(gone))
    return bool((np.abs(there.mean(axis=0) - gone.mean(axis=0)) > 2.0 * error).any())


def _onehot_part(j: int, name: str, listed: Listed) -> _Part:
    levels = listed.levels
    if not listed.pooled and sum(level is not None for level in levels) <= 2:
        levels = levels[1:]  # zeros say the more frequent of two
    names = (f"{name} missing" if level is None else f"{name}={level}" for level in levels)
    return _Part(OneHot(j, levels), tuple(Feature(j, n, "level", v) for n, v in zip(names, levels, strict=True)))


def features_at_most(profiles: Sequence[ColumnProfile], settings: PreparationSettings) -> int:
    """Return the most features that a preparation with these settings can make of columns with these profiles."""
    used = profiles if settings.only is None else [profiles[j] for j in settings.only]
    counts = sorted((_features_of(profile, settings) for profile in used), reverse=True)
    pooled = sum(kind != "count" for kind in settings.pools) if settings.pools else 1
    channels = sum(profile.kind == "series" for profile in profiles)
    summaries = summaries_at_most(channels, settings.summaries) if channels else 0
    return sum(counts[: settings.columns]) * pooled + ("count" in settings.pools) + summaries


def _features_of(profile: ColumnProfile, settings: PreparationSettings) -> int:
    flag = int(profile.missing > 0)
    if not profile.distinct or profile.distinct + flag == 1 or profile.kind == "series":
        return 0
    if profile.kind == "text":
        return settings.grams.buckets
    if profile.kind != "category":
        flagged = profile.missing >= FLAGGED_ROWS
        return 1 if settings.missing == "keep" else (profile.distinct > 1) + flagged
    if settings.categories != "onehot":
        return 1
    levels = 1 if profile.distinct == 2 else min(profile.distinct, MOST_LEVELS)
    most = levels + flag
    return min(most, math.floor(1.0 / settings.rare)) if settings.rare > 0 else most
