"""Which families take part in a search, and why others do not."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

from automicro.discovery import ThirdParty, names_of
from automicro.errors import FamilyUnavailableError, RequestError
from automicro.search.loop import serves, usable_families

if TYPE_CHECKING:
    from automicro.discovery import Registry
    from automicro.plugin import Family, Profile
    from automicro.request import Search

__all__ = ["participants"]


def participants(
    registry: Registry, settings: Search, facts: Profile, *, sent: bool
) -> tuple[dict[str, Family], list[str]]:
    """Return the families that serve the problem, and a sentence for each that does not or cannot be used.

    Raises
    ------
    FamilyUnavailableError
        If a family that was named cannot be used, or none serves the problem.
    RequestError
        If one that is an object is to be `sent` to workers and cannot be.
    """
    names, exclude = names_of(settings.families), settings.exclude or ()
    chosen = registry.select(names, exclude)
    if names is None:  # a family that was not named and is for another task or kind has nothing to say
        chosen = {name: family for name, family in chosen.items() if serves(family, facts)} or chosen
    families, notes = usable_families(chosen, facts)
    if names is None:
        notes = [*registry.unusable(exclude), *notes]
    if not families:
        raise FamilyUnavailableError("at least one family must serve the problem, but " + "; ".join(notes))
    for name, family in families.items():
        if sent and isinstance(family, ThirdParty) and (why := _why_not_sent(family)):
            said = f"families: family {name!r} cannot be passed to other processes ({why})"
            raise RequestError(f"{said}: give workers=0, or define it in a module")
    return families, notes


def _why_not_sent(family: Family) -> str:
    try:
        pickle.dumps(family)
    except Exception as error:  # noqa: BLE001 - whatever an object raises that a family holds
        return f"{type(error).__name__}: {error}"
    return ""
