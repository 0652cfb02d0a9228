"""The bytes that a candidate's whole artifact can take, before training."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from automicro.data import features_at_most
from automicro.data.prepare.derived import summaries_at_most
from automicro.plugin import SizeBudget
from automicro.program import bounds

if TYPE_CHECKING:
    from automicro.plugin import Family, Profile
    from automicro.search.context import Candidate

__all__ = ["artifact_budget"]


def artifact_budget(family: Family, candidate: Candidate, profile: Profile) -> SizeBudget:
    """Return the family's budget with that of header, columns and preparation added."""
    prepared = replace(profile, features_at_most=features_at_most(profile.columns, candidate.preparation))
    own = family.size_budget(candidate.parameters, prepared)
    settings = candidate.preparation
    channels = sum(column.kind == "series" for column in profile.columns)
    texts = sum(column.kind == "text" for column in profile.columns)
    least, most = bounds.decoder_bytes(
        profile.columns,
        buckets=texts * settings.grams.buckets,
        summaries=summaries_at_most(channels, settings.summaries) if channels else 0,
        offsets=sum(column.offset != 0 for column in profile.columns),
        bounded=profile.task == "regression",
    )
    return SizeBudget(own.at_least_bytes + least, own.at_most_bytes + most, own.expected_bytes + least)
