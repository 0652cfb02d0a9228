"""The targets that a search file writes its model for."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from automicro.request.problems import Section, problem
from automicro.request.quantities import Path, Text

__all__ = ["ExportTo", "Exports"]


class ExportTo(Section):
    """A target, and the folder that the model is written to for it.

    Parameters
    ----------
    target : str
        Name of the target.
    folder : str
        Folder of the files, made if it does not exist.
    name : str
        Stem of the names of files and functions.
    options : dict
        Options of the target.

    Raises
    ------
    RequestError
        If a key is unknown or missing.
    """

    target: Text = Field(description="name of a target, as automicro plugins lists them")
    folder: Path = Field(description="folder of the files, made if it does not exist")
    name: Text = Field("model", description="stem of the names of files and functions")
    options: dict[str, Any] = Field(default_factory=dict, description="options of the target")


def _exports(value: object) -> object:
    """Return text such as ``c=firmware,python=scripts`` as entries."""
    if not isinstance(value, str):
        return value
    pairs = [part.partition("=") for part in value.split(",")]
    if not all(target.strip() and folder.strip() for target, _, folder in pairs):
        raise problem(f"must name targets and folders, such as 'python=scripts', but got {value!r}")
    return [{"target": target.strip(), "folder": folder.strip()} for target, _, folder in pairs]


Exports = Annotated[
    tuple[ExportTo, ...],
    BeforeValidator(_exports),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "array", "items": ExportTo.model_json_schema(), "minItems": 1},
                {"type": "string", "description": "targets and folders, such as python=scripts, separated by commas"},
            ]
        }
    ),
]
