"""Find plugins by entry point, and say why one cannot be used."""

from __future__ import annotations

from automicro.discovery.discover import discover, survey
from automicro.discovery.registry import PluginInfo, PluginProblem, Registry

__all__ = ["PluginInfo", "PluginProblem", "Registry", "discover", "survey"]
