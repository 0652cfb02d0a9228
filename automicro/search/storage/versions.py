"""What a trial depends on beside its task: versions of libraries, the code of automicro and of the family, the processor."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from automicro.discovery import ThirdParty
from automicro.discovery.requirements import installed

if TYPE_CHECKING:
    from automicro.discovery import Registry

__all__ = ["of_automicro", "of_family"]


def of_automicro() -> tuple[object, ...]:
    """Return what every trial depends on."""
    return installed("automicro"), code_sha256("automicro"), platform.python_version_tuple()[:2], platform.machine()


def of_family(registry: Registry, name: str) -> tuple[object, ...] | None:
    """Return what the trials of a family depend on; None if the files of its code are not known."""
    family = registry.families[name]
    module, state = family.origin if isinstance(family, ThirdParty) else (type(family).__module__, {})
    code = code_sha256(module.partition(".")[0])
    if code is None:
        return None
    plugin = next((each for each in registry.plugins if name in each.families), None)
    return code, state, {} if plugin is None else installed(plugin.distribution, plugin.name)


@cache
def code_sha256(package: str) -> str | None:
    """Return the SHA-256 of a package's Python files and their names; None if there are none."""
    try:
        spec = find_spec(package)
    except ValueError:  # the module of a script
        spec = None
    if spec is None or not (spec.origin or spec.submodule_search_locations):
        return None
    whole = hashlib.sha256()
    for place in map(Path, spec.submodule_search_locations or [str(spec.origin)]):
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            whole.update(f"{path.relative_to(place.parent)}\0{path.stat().st_size}\0".encode())
            whole.update(path.read_bytes())
    return whole.hexdigest()
