"""How texts and series become features: what the search can draw, and what it tries first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automicro.data import GramSettings, SummarySettings
from automicro.errors import PluginError
from automicro.plugin import Choice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automicro.plugin import Family, Profile
    from automicro.plugin.space import Parameter

__all__ = ["BUCKETS", "DERIVED", "SUMMARIES", "derived_parameters", "derived_portfolio", "derived_settings"]

GRAMS, BITS, BUCKETS = "preparation.grams", "preparation.bits", "preparation.buckets"
SUMMARIES, MOST = "preparation.summaries", "preparation.most_summaries"
DERIVED = (GRAMS, BITS, BUCKETS, SUMMARIES, MOST)
FORMS = {
    "words of 6": GramSettings("word", 1, 1, 6),
    "words": GramSettings("word", 1, 1, 0),
    "words of 5": GramSettings("word", 1, 1, 5),
    "pairs of words": GramSettings("word", 1, 2, 6),
    "characters": GramSettings("character", 3, 4, 0),
}
SIZES = (1500, 2000, 500, 3000, 1000, 250, 120)
WAYS = ("mean 1", "usual 0", "mean 0", "usual 1", "all 0", "mean 2", "all 1", "usual 2", "all 3", "mean 5")
COUNTS = (256, 32, 64, 128, 16, 8)


def derived_parameters(profile: Profile) -> list[Parameter]:
    """Return how texts are hashed, where there are some, and which summaries of series become features, where there are these."""
    kinds = {column.kind for column in profile.columns}
    parameters: list[Parameter] = []
    if "text" in kinds:
        parameters += [Choice(GRAMS, tuple(FORMS)), Choice(BITS, (16, 15, 14, 13, 18)), Choice(BUCKETS, SIZES)]
    if "series" in kinds:
        parameters += [Choice(SUMMARIES, WAYS), Choice(MOST, COUNTS)]
    return parameters


def derived_portfolio(
    portfolio: list[dict[str, Any]], family: Family, profile: Profile, default: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return a portfolio that also tries other numbers of buckets and other summaries, those of a family's strongest setting first.

    Where the strongest setting is only a reference and lies outside the family's space, the first of the portfolio stands for it.
    """
    if BUCKETS in default and portfolio:
        first = {**default, **(_reachable_strongest(family, profile) or portfolio[0])}
        return [*({**first, BUCKETS: size} for size in SIZES[:4]), *portfolio]
    if SUMMARIES in default:
        return [{**setting, SUMMARIES: way} for setting in portfolio[:6] for way in WAYS[:4]] + portfolio[6:]
    return portfolio


def _reachable_strongest(family: Family, profile: Profile) -> Mapping[str, Any] | None:
    """Return a family's strongest setting if the search could draw it."""
    strongest = family.strongest(profile)
    try:
        if strongest is not None:
            family.space(profile).check(strongest)
    except PluginError:
        return None
    return strongest


def derived_settings(setting: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of `PreparationSettings` that a setting decides."""
    form = FORMS[setting.get(GRAMS, "words of 6")]
    statistics, depth = str(setting.get(SUMMARIES, "usual 1")).split()
    grams = GramSettings(form.unit, form.low, form.high, form.prefix, setting.get(BITS, 16), setting.get(BUCKETS, 1000))
    summaries = SummarySettings(statistics, int(depth), setting.get(MOST, 256))  # type: ignore[arg-type]  # one of the sets
    return {"grams": grams, "summaries": summaries}
