"""Whether what a plugin needs is installed, read from metadata and without importing anything."""

from __future__ import annotations

from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["installed", "made_for_another", "unmet"]


def unmet(distribution: metadata.Distribution, extra: str) -> list[str]:
    """Return one sentence for each requirement of an extra that is not installed, or installed in another version.

    Parameters
    ----------
    distribution : importlib.metadata.Distribution
    extra : str
        The name of the extra, which is the name of the entry point that it serves.

    Raises
    ------
    packaging.requirements.InvalidRequirement
        If the metadata cannot be read.
    """
    said = []
    for requirement in _required(distribution, extra, set()):
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            said.append(f"{requirement.name} is not installed")
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            said.append(f"{requirement.name}{requirement.specifier} is needed, but {version} is installed")
    return said


@cache
def installed(distribution: str, extra: str = "") -> dict[str, str]:
    """Return the version of a distribution and of all that it requires for an extra, directly or not, as far as it is installed."""
    versions: dict[str, str] = {}
    seen, left = set[tuple[str, str]](), {(canonicalize_name(distribution), wanted) for wanted in ("", extra)}
    while left := left - seen:
        name, wanted = each = left.pop()
        seen.add(each)
        version, requirements = _declared(name)
        if version:
            versions[name] = version
        for requirement in requirements:
            if requirement.marker is None or requirement.marker.evaluate({"extra": wanted}):
                left |= {(canonicalize_name(requirement.name), more) for more in ("", *requirement.extras)}
    return versions


@cache
def _declared(name: str) -> tuple[str, tuple[Requirement, ...]]:
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return "", ()
    return found.version, tuple(map(Requirement, found.requires or ()))


def made_for_another(distribution: metadata.Distribution, name: str) -> str:
    """Return which version of the distribution `name` another one requires, where that is not the installed one; else nothing.

    Raises
    ------
    packaging.requirements.InvalidRequirement
        If the metadata cannot be read.
    """
    for requirement in map(Requirement, distribution.requires or ()):
        if canonicalize_name(requirement.name) != name:
            continue
        version = metadata.version(name)
        applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if applies and not requirement.specifier.contains(version, prereleases=True):
            return f"it is made for {name}{requirement.specifier}, but {version} is installed"
    return ""


def _required(distribution: metadata.Distribution, extra: str, seen: set[str]) -> Iterator[Requirement]:
    """Yield what the extra adds; an extra that names others of the same distribution represents theirs too."""
    if (name := canonicalize_name(extra)) in seen:
        return
    seen.add(name)
    for line in distribution.requires or ():
        requirement = Requirement(line)
        marker = requirement.marker
        if marker is None or not marker.evaluate({"extra": name}) or marker.evaluate({"extra": ""}):
            continue
        if canonicalize_name(requirement.name) == canonicalize_name(distribution.name):
            for other in sorted(requirement.extras):
                yield from _required(distribution, other, seen)
        else:
            yield requirement
