"""The command `plugins`: installed families and targets, and why some cannot be used."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from automicro.cli.console import Answer
from automicro.cli.exits import Exit

if TYPE_CHECKING:
    from argparse import Namespace

    from automicro.discovery import Registry

__all__ = ["plugins"]


def plugins(arguments: Namespace) -> Answer:
    """Return the families and targets that can be used, and why others cannot; the exit code says whether a plugin is broken."""
    from automicro.discovery import consulted  # noqa: PLC0415 - loads numpy

    with consulted() as registry:
        broken = any(problem.status in ("broken", "duplicate") for problem in registry.problems)
        return Answer(_listed(registry, as_json=arguments.json), code=Exit.INFEASIBLE if broken else Exit.DONE)


def _listed(registry: Registry, *, as_json: bool) -> str:
    from automicro.report import aligned  # noqa: PLC0415 - as above

    tasks = {name: sorted(family.tasks) for name, family in registry.families.items()}
    if as_json:
        listed = {
            "families": tasks,
            "targets": {name: each.options for name, each in registry.targets.items()},
            "plugins": [asdict(plugin) for plugin in registry.plugins],
            "problems": [asdict(problem) for problem in registry.problems],
        }
        return json.dumps(listed, indent=2) + "\n"
    options = {name: each.options.get("properties", {}) for name, each in registry.targets.items()}
    rows = [("family", "tasks", "plugin", "distribution")]
    targets = [("target", "options", "plugin", "distribution")]
    for plugin in registry.plugins:
        origin = f"{plugin.distribution} {plugin.version}"
        rows += [(name, ", ".join(tasks[name]), plugin.name, origin) for name in plugin.families]
        targets += [(name, ", ".join(options[name]) or "-", plugin.name, origin) for name in plugin.targets]
    tables = [line for table in (rows, targets) if len(table) > 1 for line in aligned(table)]
    return "\n".join([*tables, *map(str, registry.problems)]) + "\n"
