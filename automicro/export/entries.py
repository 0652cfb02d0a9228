"""The exports that a request asks for: checked before the search, written after it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from automicro.errors import AutomicroError, RequestError
from automicro.export.deployed import check_name
from automicro.export.exporting import checked_options, export, target_named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automicro.request.exports import ExportTo
    from automicro.runtime.model import Model

__all__ = ["check_exports", "write_exports"]


def check_exports(entries: Iterable[ExportTo], storage: str | None = None) -> None:
    """Refuse targets, options, names and folders that are wrong, before a search begins.

    Raises
    ------
    RequestError, TargetUnavailableError
        With one sentence.
    """
    for place, entry in enumerate(entries):
        folder = Path(entry.folder)
        try:
            checked_options(target_named(entry.target), entry.options)
            check_name(entry.name)
            if folder.exists() and not folder.is_dir():
                raise RequestError(f"folder: must be a folder, but {entry.folder} is a file: name another one")
            if storage is not None and Path(storage).resolve() in (folder.resolve(), *folder.resolve().parents):
                raise RequestError(
                    f"folder: must lie outside of search.storage, but is {entry.folder}: name another one"
                )
        except AutomicroError as error:
            raise type(error)(f"output.export.{place}: {error}") from None


def write_exports(entries: Iterable[ExportTo], model: Model, kept: Iterable[str]) -> list[str]:
    """Write a model for targets; return a sentence for each that could not be written. Files of `kept` are not overwritten."""
    failures, kept = [], [*kept]
    for place, entry in enumerate(entries):
        try:
            export(model.program, model.card, entry.target, entry.name, entry.options).save(entry.folder, inputs=kept)
        except AutomicroError as error:
            failures.append(f"output.export.{place}: {error}")
    return failures
