"""What a model can be turned into for other places than this package; imports what it needs where it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from automicro.export.compiled import CompiledModel
    from automicro.plugin import Export
    from automicro.program import Program

__all__ = ["Exportable"]


class Exportable:
    """The methods of a model that write it for a target."""

    program: Program
    card: dict[str, Any] | None

    def export(self, target: str, name: str = "model", **options: Any) -> Export:
        """Return the model as files of another language or system; `Export.save` writes them.

        They take named raw values, as `predict` does: a missing value and an unseen category behave as they do here.

        Parameters
        ----------
        target : str
            Name of the target; ``automicro plugins`` lists them.
        name : str
            Stem of the names of files and functions: a letter, then letters, digits and underscores.
        **options
            Options of the target.

        Raises
        ------
        TargetUnavailableError
            If no target of this name can be used.
        RequestError
            If the name or an option is wrong.
        NotExported
            If the target cannot serve the model.
        """
        from automicro.export.exporting import export

        return export(self.program, self.card, target, name, options)

    def compile(self) -> CompiledModel:
        """Return the model with its predictions computed by C code that is compiled for it: the same answers, much sooner.

        The first call takes a compiler some seconds; the result is kept in the user's cache folder (``$XDG_CACHE_HOME/automicro``) by its
        content. A model of graphs is computed as before.

        Raises
        ------
        NotCompiled
            If there is no C compiler, or it fails: the model itself predicts without one.
        """
        from automicro.export.compiled import CompiledModel

        return CompiledModel(self.program, self.card)
