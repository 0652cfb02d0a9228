"""Decoders: unused ones dropped, equal ones shared, those of features that are only compared made cheap."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from automicro.program.analyse.usage import usage
from automicro.program.inputs.rows import FLOAT32_MAX
from automicro.program.nodes import Grams, Lookup, Missing, Numeric, OneHot, Summary, feature_count
from automicro.program.rewrite.features import map_cuts, renumber
from automicro.program.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from automicro.program.nodes import Decoder, Node

__all__ = ["decoders_of", "features_of", "narrow", "recoded", "shared", "with_fills_at_cuts"]

ORDER = (Numeric, Missing, OneHot, Lookup, Grams, Summary)


def features_of(decoders: Sequence[Decoder]) -> list[Decoder]:
    """Return one decoder for each feature: one-hot decoders and grams are taken apart."""
    features: list[Decoder] = []
    for decoder in decoders:
        if isinstance(decoder, OneHot):
            features.extend(OneHot(decoder.column, (level,)) for level in decoder.levels)
        elif isinstance(decoder, Grams):
            features.extend(replace(decoder, buckets=(bucket,)) for bucket in decoder.buckets)
        else:
            features.append(_without_defaults(decoder) if isinstance(decoder, Lookup) else decoder)
    return features


def _without_defaults(decoder: Lookup) -> Lookup:
    """Return a look-up in the order of its levels, without those that have the default value."""
    default = np.float32(decoder.default)
    pairs = zip(decoder.levels, decoder.values.values, strict=True)
    kept = sorted(((level, v) for level, v in pairs if v != default), key=lambda pair: _text_order(pair[0]))
    values = np.array([value for _, value in kept], dtype=np.float32)
    return Lookup(
        decoder.column, tuple(level for level, _ in kept), Weights(values, decoder.values.encoding), float(default)
    )


def _text_order(level: str | None) -> tuple[bool, str]:
    return level is None, level or ""


def _order(feature: Decoder) -> tuple[object, ...]:
    kind = ORDER.index(type(feature))
    if isinstance(feature, OneHot):
        return feature.column, kind, _text_order(feature.levels[0])
    if isinstance(feature, Numeric):
        return feature.column, kind, (feature.fill is None, feature.fill or 0.0)
    if isinstance(feature, Lookup):
        levels = tuple(map(_text_order, feature.levels))
        return feature.column, kind, (levels, tuple(feature.values.values.tolist()), feature.default)
    if isinstance(feature, Grams):
        return feature.column, kind, (*_settings(feature), feature.buckets)
    if isinstance(feature, Summary):
        return feature.column, kind, (feature.statistic, feature.level, feature.window)
    return feature.column, kind


def _settings(grams: Grams) -> tuple[object, ...]:
    """Return all that grams are but their buckets."""
    return grams.unit, grams.low, grams.high, grams.bits, grams.prefix, grams.counted, grams.scaled


def decoders_of(features: Sequence[Decoder]) -> tuple[Decoder, ...]:
    """Return decoders for features: the inverse of `features_of`."""
    decoders: list[Decoder] = []
    for feature in features:
        before = decoders[-1] if decoders else None
        if isinstance(feature, OneHot) and isinstance(before, OneHot) and _can_join(before, feature):
            decoders[-1] = OneHot(feature.column, before.levels + feature.levels)
        elif isinstance(feature, Grams) and isinstance(before, Grams) and _follows(before, feature):
            decoders[-1] = replace(before, buckets=before.buckets + feature.buckets)
        else:
            decoders.append(feature)
    return tuple(decoders)


def _follows(before: Grams, feature: Grams) -> bool:
    same = before.column == feature.column and _settings(before) == _settings(feature)
    return same and before.buckets[-1] < feature.buckets[0]


def _can_join(before: OneHot, feature: OneHot) -> bool:
    return before.column == feature.column and feature.levels[0] not in before.levels


def narrow(decoders: Sequence[Decoder], body: Node) -> tuple[tuple[Decoder, ...], Node, NDArray[np.int64]]:
    """Return the decoders that a body reads, the body over their features, and the numbers that these had before."""
    found, count = usage(body), sum(map(feature_count, decoders))
    if found.positional or len(found.features) == count:
        return tuple(decoders), body, np.arange(count)
    kept: list[int] = []
    read: list[Decoder] = []
    feature = 0
    for decoder in decoders:
        own = range(feature, feature := feature + feature_count(decoder))
        if not found.features.isdisjoint(own):
            read.append(decoder)
            kept += own
    place = {former: number for number, former in enumerate(kept)}
    return tuple(read), renumber(body, place, len(kept)), np.array(kept, dtype=np.int64)


def shared(features: Sequence[Decoder], body: Node) -> tuple[list[Decoder], Node]:
    """Return the features that a body reads, each once unless it is scaled, by column, and the body over them."""
    found = usage(body)
    if found.positional:
        return list(features), body
    used = {feature: features[feature] for feature in sorted(found.features)}
    if found.scaled:
        order = sorted(used, key=lambda feature: _order(used[feature]))
        place_of = {feature: number for number, feature in enumerate(order)}
        return [used[feature] for feature in order], renumber(body, place_of, len(order))
    distinct = sorted(dict.fromkeys(used.values()), key=_order)
    place = {decoder: number for number, decoder in enumerate(distinct)}
    return distinct, renumber(body, {feature: place[decoder] for feature, decoder in used.items()}, len(distinct))


def recoded(features: Sequence[Decoder], body: Node) -> tuple[list[Decoder], Node]:
    """Return look-ups that are only compared with their values' ranks between the cuts, and the body with cuts between ranks."""
    found = usage(body)
    cuts_of = {j: found.cuts(j) for j, feature in enumerate(features) if isinstance(feature, Lookup)}
    known = {j: cuts for j, cuts in cuts_of.items() if cuts is not None and len(cuts)}
    result = list(features)
    for j, cuts in known.items():
        lookup = result[j]
        if isinstance(lookup, Lookup):
            ranks = np.searchsorted(cuts, lookup.values.values, side="left").astype(np.float32)
            default = float(np.searchsorted(cuts, np.float32(lookup.default), side="left"))
            result[j] = _without_defaults(Lookup(lookup.column, lookup.levels, Weights.of(ranks), default))

    def change(feature: int, cuts: NDArray[np.float32]) -> NDArray[np.float32]:
        if feature not in known:
            return cuts
        return np.searchsorted(known[feature], cuts, side="left").astype(np.float32) + np.float32(0.5)

    return result, map_cuts(body, change) if known else body


def with_fills_at_cuts(features: Sequence[Decoder], body: Node) -> list[Decoder]:
    """Return features with the fill of those that are only compared moved to the end of its piece: the next cut, or the largest number."""
    found = usage(body)
    result = list(features)
    for j, feature in enumerate(features):
        cuts = found.cuts(j)
        if isinstance(feature, Numeric) and feature.fill is not None and cuts is not None:
            ends = np.append(cuts, np.float32(FLOAT32_MAX))
            result[j] = replace(feature, fill=float(ends[np.searchsorted(cuts, np.float32(feature.fill), side="left")]))
    return result
