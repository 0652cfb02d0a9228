"""The space of a candidate: the family's own parameters and those of the preparation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from automicro.data import PreparationSettings
from automicro.errors import PluginError
from automicro.plugin import Choice, Space
from automicro.search.propose.text_and_series import (
    BUCKETS,
    DERIVED,
    SUMMARIES,
    derived_parameters,
    derived_portfolio,
    derived_settings,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from automicro.plugin import Family, Profile
    from automicro.plugin.space import Parameter
    from automicro.search.propose.warm_start import WarmStart

__all__ = ["candidate_space", "own_parameters", "preparation_settings", "reference_preparation"]

ENCODING, RARE, COLUMNS = "preparation.encoding", "preparation.rare", "preparation.columns"
HOPS, MESSAGES, POOLS = "preparation.hops", "preparation.messages", "preparation.pools"
TARGET = "preparation.target"
ALL = (ENCODING, RARE, COLUMNS, HOPS, MESSAGES, POOLS, *DERIVED, TARGET)
EARLIER = "those of the earlier model"
BOTH_WAYS = 4  # settings of the portfolio that are tried on the target and on its logarithms, one after the other
FIRST_FROM_EARLIER = 2  # settings of the portfolio that are tried on the columns of an earlier model before all others
RARE_SHARES = (0.02, 0.005, 0.05, 0.1)


def candidate_space(family: Family, profile: Profile, earlier: WarmStart | None = None) -> Space:
    """Return the family's space with the preparation's parameters behind it.

    The preparation has up to three for a table (texts, series and graphs have others): which of the encodings that the family accepts
    (by its place in ``needs(...).categories``), the
    share of rows below which a level counts as rare, and to how many source columns the data are cut first (None: all). Where the
    search starts from an earlier model, the data can also be cut to the columns that it reads, which is tried first.
    """
    own = family.space(profile)
    encodings = max((len(family.needs(setting).categories) for setting in own.portfolio), default=1)
    has_categories = any(column.kind == "category" for column in profile.columns)
    extra: list[Parameter] = []
    if has_categories and encodings > 1:
        extra.append(Choice(ENCODING, tuple(range(encodings))))
    if any(column.kind == "category" and column.distinct > 2 for column in profile.columns):
        extra.append(Choice(RARE, RARE_SHARES))
    counts: tuple[int | str | None, ...] = _column_counts(profile)
    if earlier is not None and earlier.columns:
        counts = (*counts, EARLIER)
    if len(counts) > 1:
        extra.append(Choice(COLUMNS, counts))
    if profile.graph is not None and "graph" not in family.kinds:
        extra += _of_graphs(pooled=profile.graph.pooled)
    extra += derived_parameters(profile)
    default = {parameter.name: parameter.options[0] for parameter in extra if isinstance(parameter, Choice)}
    portfolio = [{**setting, **default} for setting in own.portfolio]
    if ENCODING in default and portfolio:
        portfolio[1:1] = [{**portfolio[0], ENCODING: place} for place in range(1, encodings)]
    if HOPS in default:
        first, *others = _first_hops(default)
        smoothed = [{**setting, HOPS: first} for setting in portfolio]
        for place in (
            2,
            1,
        ):  # behind the first two settings, for it is the data that decide whether neighbours tell anything
            smoothed[place:place] = [
                {**setting, HOPS: hops} for setting in portfolio[place - 1 : place] for hops in others
            ]
        portfolio = smoothed
        portfolio = [{k: v for k, v in setting.items() if k != MESSAGES or setting[HOPS]} for setting in portfolio]
    portfolio = derived_portfolio(portfolio, family, profile, default)
    if EARLIER in counts and earlier is not None:
        portfolio[:0] = _from_earlier(family, own, earlier, portfolio)
    return _transformed(Space((*own.parameters, *extra), tuple(portfolio), own.identity_when), profile)


def _transformed(space: Space, profile: Profile) -> Space:
    """Return a space where the target of settings with the link identity can be trained on as its logarithm, if the profile says so."""
    ways = profile.transforms
    if ways == ("none",):
        return space
    parameters = space.parameters
    if ways == ("log",):  # what has a link of its own is left out
        parameters = tuple(
            replace(p, options=space.identity_when[p.name])
            if isinstance(p, Choice) and p.name in space.identity_when
            else p
            for p in parameters
        )
    portfolio: list[Mapping[str, Any]] = []
    for place, setting in enumerate(space.portfolio):
        if space.is_identity(setting):
            portfolio += [{**setting, TARGET: way} for way in (ways if place < BOTH_WAYS else ways[:1])]
        elif "none" in ways:
            portfolio.append(setting)
    return Space((*parameters, Choice(TARGET, ways, when=space.identity_when)), tuple(portfolio), space.identity_when)


def _from_earlier(
    family: Family, own: Space, earlier: WarmStart, portfolio: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the first settings of the portfolio, and if the same family made the earlier model its setting, on that model's columns."""
    first = [{**setting, COLUMNS: EARLIER} for setting in portfolio[:FIRST_FROM_EARLIER]]
    if first and earlier.family == family.name and _fits(own, earlier.parameters):
        prepared = {name: value for name, value in first[0].items() if name in ALL}
        first.insert(0, {**earlier.parameters, **prepared})
    return first


def _fits(space: Space, setting: Mapping[str, Any]) -> bool:
    """Whether a setting is one of a space: that of an earlier version need not be."""
    try:
        space.check(setting)
    except PluginError:
        return False
    return True


def _of_graphs(*, pooled: bool) -> list[Parameter]:
    """Return how nodes are smoothed, and summed up if rows are whole graphs."""
    if pooled:
        ways = ("sum,count", "mean,count", "sum,mean,count", "sum,mean,max,count")
        return [Choice(HOPS, (0, 1, 2)), Choice(MESSAGES, ("mean", "sum"), when={HOPS: (1, 2)}), Choice(POOLS, ways)]
    return [Choice(HOPS, (2, 1, 3, 0)), Choice(MESSAGES, ("mean", "symmetric"), when={HOPS: (1, 2, 3)})]


def _first_hops(default: Mapping[str, Any]) -> tuple[int, ...]:
    return (0, 1) if POOLS in default else (2, 1, 0)


def _column_counts(profile: Profile) -> tuple[int | None, ...]:
    most = len(profile.columns)
    if profile.max_columns is not None:
        most = min(most, profile.max_columns)
    ladder = [count for count in (2, 4, 8, 16, 32, 64, 128, 256, 512) if count < most]
    tightest = [most] if most < len(profile.columns) else []
    return (None, *tightest, *reversed(ladder))


def reference_preparation(profile: Profile) -> dict[str, Any]:
    """Return how data are prepared for a family's strongest setting, where that is not the default."""
    if profile.graph is None:
        return {BUCKETS: 3000} if profile.kind == "text" else {SUMMARIES: "all 1"} if profile.kind == "series" else {}
    return {POOLS: "sum,mean,max,count"} if profile.graph.pooled else {HOPS: 2}


def own_parameters(setting: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a setting that the family reads."""
    return {name: value for name, value in setting.items() if name not in ALL}


def preparation_settings(
    family: Family, setting: Mapping[str, Any], earlier: WarmStart | None = None
) -> PreparationSettings:
    """Return how a candidate's columns become features."""
    needs = family.needs(own_parameters(setting))
    place = min(setting.get(ENCODING, 0), len(needs.categories) - 1)
    columns = setting.get(COLUMNS)
    return PreparationSettings(
        missing=needs.missing,
        categories=needs.categories[place],
        scaled=needs.scaled,
        rare=setting.get(RARE, RARE_SHARES[0]),
        columns=None if columns == EARLIER else columns,
        only=earlier.columns if columns == EARLIER and earlier is not None else None,
        hops=setting.get(HOPS, 0),
        messages=setting.get(MESSAGES, "mean"),
        pools=tuple(setting[POOLS].split(",")) if POOLS in setting else (),
        whole_graphs="graph" in family.kinds,
        target=setting.get(TARGET, "none"),
        **derived_settings(setting),
    )
