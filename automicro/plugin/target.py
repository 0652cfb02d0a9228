"""The protocol that every target follows: a place outside of this package that a program is written for."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, ClassVar, Literal

from automicro.errors import OutputError, PluginError
from automicro.outputs import check_outputs, save
from automicro.request.problems import Section

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from automicro.program import Program
    from automicro.rows.readings import Reading

__all__ = ["Deployed", "Export", "Input", "Target", "TargetOptions"]

MOST_CHARACTERS = 100  # of a file's name


class TargetOptions(Section):
    """Options of a target: a frozen pydantic model whose fields have a type, a default and a description.

    Raises
    ------
    RequestError
        If an option is unknown or has an impossible value.

    Examples
    --------
    >>> class MyOptions(TargetOptions):
    ...     layout: str = "packed"
    >>> MyOptions(layuot="branches")
    Traceback (most recent call last):
    automicro.errors.RequestError: layuot: unknown key, did you mean 'layout'
    """


@dataclass(frozen=True)
class Input:
    """One column that a program reads.

    Parameters
    ----------
    column : int
        Place of the column in the program.
    name : str
        Name of the column: any text, as the data have it; its place in words where the model has no card.
    kind : {"numeric", "boolean", "category", "text", "series"}
        What its cells are. Booleans are read as the numbers 0 and 1.
    reading : Reading
        How raw cells become what the program reads.
    levels : tuple of str or None
        Levels that the program distinguishes, of a category; None is the missing value. All others count as unseen.

    Examples
    --------
    >>> from automicro.rows.readings import PLAIN
    >>> Input(0, "colour", "category", PLAIN, ("red", None)).source
    'colour'
    """

    column: int
    name: str
    kind: Literal["numeric", "boolean", "category", "text", "series"]
    reading: Reading
    levels: tuple[str | None, ...] = ()

    @property
    def source(self) -> str:
        """Name under which a caller has the raw cells; several columns that are parts of one date share it."""
        return self.reading.source or self.name


@dataclass(frozen=True)
class Deployed:
    """A program as a target receives it.

    Parameters
    ----------
    program : Program
    inputs : tuple of Input
        The columns that the program reads, in ascending order of their place.
    name : str
        Stem of the names of files and functions: letters, digits and underscores.

    Examples
    --------
    >>> from automicro.program import Affine, Numeric, Program, Weights
    >>> from automicro.rows.readings import PLAIN
    >>> program = Program(1, (Numeric(0),), Affine(Weights.of([[2.0]]), Weights.of([1.0])), "identity")
    >>> Deployed(program, (Input(0, "age", "numeric", PLAIN),), "model").sources
    ('age',)
    """

    program: Program
    inputs: tuple[Input, ...]
    name: str

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the values that a caller passes, each once."""
        return tuple(dict.fromkeys(each.source for each in self.inputs))


@dataclass(frozen=True)
class Export:
    """Files that a target has written for a program.

    Parameters
    ----------
    target : str
        Name of the target.
    files : mapping of str to str or bytes
        Contents by name; a name may have folders before it, separated by "/".
    entry : str
        Name of the file that a user imports, includes, runs or opens.
    notes : tuple of str
        What a user must know to use the files.
    sizes : mapping of str to int
        Bytes by what takes them; by default those of each file.

    Raises
    ------
    PluginError
        If a name leads out of the folder, or `entry` is no file.

    Examples
    --------
    >>> export = Export("greeting", {"hello.txt": "hello"}, "hello.txt")
    >>> export.sizes
    {'hello.txt': 5}
    """

    target: str
    files: Mapping[str, str | bytes]
    entry: str
    notes: tuple[str, ...] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.files:
            if not _stays_inside(name):
                raise PluginError(f"a file of an export must have a name that stays in its folder, but one is {name!r}")
        if self.entry not in self.files:
            raise PluginError(f"the entry of an export must be one of its files, but is {self.entry!r}")
        if not self.sizes:
            object.__setattr__(self, "sizes", {name: len(_as_bytes(each)) for name, each in self.files.items()})

    def save(self, folder: str | os.PathLike[str], *, inputs: Iterable[str | os.PathLike[str]] = ()) -> None:
        """Write the files to a folder, which is made if it does not exist; each is written whole or not at all.

        Parameters
        ----------
        folder : path
        inputs : iterable of path
            Files that must not be overwritten.

        Raises
        ------
        RequestError
            If one of the files is one of `inputs`, or a folder has its name.
        OutputError
            If a file cannot be written.
        """
        places = {name: Path(folder) / name for name in self.files}
        try:
            for place in places.values():
                place.parent.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            said = getattr(error, "strerror", None) or error
            raise OutputError(
                f"the folder of an export must be one that can be written, but {folder}: {said}"
            ) from error
        check_outputs(
            {name: str(place) for name, place in places.items()}, {str(each): os.fspath(each) for each in inputs}
        )
        for name, place in places.items():
            save(name, place, _as_bytes(self.files[name]))


def _as_bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _stays_inside(name: str) -> bool:
    parts = PurePosixPath(name).parts
    is_plain = name.isascii() and name.isprintable() and not any(mark in name for mark in '\\:*?"<>|')
    return is_plain and 0 < len(name) <= MOST_CHARACTERS and name == "/".join(parts) and not {"/", "..", "."} & {*parts}


class Target(ABC):
    """A place that programs are written for, such as C or a database.

    A target is offered by the hook ``automicro_targets``. `export` is called once for each model, and depends on nothing but its arguments.

    Attributes
    ----------
    name : str
        Lower-case letters, digits and underscores.
    options : type of TargetOptions
        What a user can choose.
    """

    name: ClassVar[str]
    options: ClassVar[type[TargetOptions]] = TargetOptions

    @abstractmethod
    def export(self, deployed: Deployed, options: TargetOptions) -> Export:
        """Return the files for a program.

        Parameters
        ----------
        deployed : Deployed
        options : TargetOptions
            An instance of `options`.

        Raises
        ------
        Declined
            If the target cannot serve the program; the reason reads as in ``target 'sql' needs a table, but the model reads graphs``.
        """
