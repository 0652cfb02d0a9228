"""The command `export`: a saved model written for a target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.cli.console import Answer
from automicro.cli.exits import Exit
from automicro.errors import NotExported, RequestError
from automicro.runtime.model import load

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable

__all__ = ["export", "options_of"]


def export(arguments: Namespace) -> Answer:
    """Write a model for a target and return the names and sizes of the files."""
    options = options_of(arguments.option or ())
    model = load(arguments.model)
    try:
        made = model.export(arguments.to, arguments.name, **options)
    except NotExported as declined:
        return Answer("", str(declined), Exit.INFEASIBLE)
    made.save(arguments.out, inputs=[arguments.model])
    from automicro.report import aligned  # noqa: PLC0415 - loads more than a wrong request needs

    rows = [("file", "bytes"), *((name, f"{len(content):,}") for name, content in made.files.items())]
    return Answer("".join(f"{line}\n" for line in [*aligned(rows), *(f"note: {note}" for note in made.notes)]))


def options_of(given: Iterable[str]) -> dict[str, str]:
    """Return options that are typed as KEY=VALUE."""
    options: dict[str, str] = {}
    for each in given:
        key, equals, value = (part.strip() for part in each.partition("="))
        if not equals or not key.isidentifier() or not value:
            raise RequestError(f"--option: must look like layout=packed, but got {each!r}")
        if key in options or key in ("target", "name"):
            remedy = "give each option once" if key in options else f"write --{'to' if key == 'target' else key}"
            raise RequestError(f"--option: must name an option of the target once, but got {each!r}: {remedy}")
        options[key] = value
    return options
