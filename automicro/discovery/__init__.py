"""Find plugins by entry point, and say why one cannot be used."""

from __future__ import annotations

from automicro.discovery.consulted import consulted, names_of
from automicro.discovery.discover import built_in, discover, survey
from automicro.discovery.registry import PluginInfo, PluginProblem, Registry
from automicro.discovery.third_party import ThirdParty

__all__ = [
    "PluginInfo",
    "PluginProblem",
    "Registry",
    "ThirdParty",
    "built_in",
    "consulted",
    "discover",
    "names_of",
    "survey",
]
