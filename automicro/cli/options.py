"""One option for every key of a request: its value, its choices and its default, as the help of a command lists them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from automicro.request import FORMER, Constraints, DataSource, Output, Search

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from automicro.request.problems import Section

__all__ = ["SECTIONS", "add_data", "add_request"]

SECTIONS: dict[str, type[Section]] = {
    "data": DataSource,
    "constraints": Constraints,
    "search": Search,
    "output": Output,
}
MOST_CHOICES = 10  # that a line of help lists
# Placeholders of the values of options; others have the last word of their key.
VALUES = {
    "NAME": "target weights groups time metric",
    "NAMES": "columns drop text must_use must_not_use families exclude",
    "NUMBER": "score silhouette density_validity stability margin max_columns max_operations max_interactions trials seed workers",
    "FRACTION": "within latency_quantile confidence",
    "NAME=NUMBER": "scores robustness",
    "LABEL=NUMBER": "class_weight",
    "TRUE>PREDICTED=COST": "costs",
    "NAME=DIRECTION": "monotone",
    "TIME": "latency seconds trial_seconds",
    "BYTES": "size trial_memory",
    "FILE": "model trace report",
    "FOLDER": "storage",
    "MODEL": "start_from",
    "FAMILY=FILE": "encoders",
    "FOLDS": "cv",
    "ID,TIME": "series",
    "WORDS": "missing",
    "LEVEL": "interpretability",
}
_VALUE_OF = {key: value for value, keys in VALUES.items() for key in keys.split()}


def add_request(command: argparse.ArgumentParser) -> None:
    """Add the options of a whole request to a command, all but the source of the data."""
    for section, model in SECTIONS.items():
        _add_section(command, section, model, without=("source",))
    for former in FORMER:
        command.add_argument(_flag(former), dest=f"constraints.{former}", help=argparse.SUPPRESS)


def add_data(command: argparse.ArgumentParser) -> None:
    """Add the options of the data of a saved model to a command."""
    _add_section(command, "data", DataSource, without=("source", "task"))


def _add_section(
    command: argparse.ArgumentParser, section: str, model: type[Section], without: tuple[str, ...]
) -> None:
    group, schemas = command.add_argument_group(section), model.model_json_schema()["properties"]
    for key, field in model.model_fields.items():
        if key not in without:
            _add_option(group, f"{section}.{key}", field, schemas[key])


def _add_option(group: Any, path: str, field: FieldInfo, schema: dict[str, Any]) -> None:
    key = path.partition(".")[2]
    said = f"{field.description}{_choices(schema)}{_default(field)}".replace("%", "%%")
    if "bool" in str(field.annotation) and not any(other in str(field.annotation) for other in ("Literal", "float")):
        group.add_argument(_flag(key), dest=path, default=None, action=argparse.BooleanOptionalAction, help=said)
    else:
        value = _VALUE_OF.get(key, key.rpartition("_")[2].upper())
        group.add_argument(_flag(key), dest=path, metavar=value, help=said)


def _choices(schema: dict[str, Any]) -> str:
    """Return the values that an option may have, where they are few."""
    kinds = [kind for kind in schema.get("anyOf", [schema]) if kind.get("type") != "null"]
    lists = [["true", "false"] if kind.get("type") == "boolean" else _named(kind) for kind in kinds]
    names = [name for each in lists for name in each]
    return f"; one of {', '.join(names)}" if all(lists) and 1 < len(names) <= MOST_CHOICES else ""


def _named(kind: dict[str, Any]) -> list[str]:
    return [*kind.get("enum", ()), *([kind["const"]] if "const" in kind else ())]


def _default(field: FieldInfo) -> str:
    default = field.get_default()
    return "" if default is None or isinstance(default, bool) else f" (default: {default})"


def _flag(key: str) -> str:
    return f"--{key.replace('_', '-')}"
