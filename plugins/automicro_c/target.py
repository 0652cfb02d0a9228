"""The target: a program as a header and a source file of C99."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from automicro.plugin import Declined, Export, Target, TargetOptions
from automicro_c.arrays import arrays_source
from automicro_c.source import struct_source, whole_source

if TYPE_CHECKING:
    from automicro.plugin import Deployed
    from automicro_c.source import Source

__all__ = ["C", "COptions"]


class COptions(TargetOptions):
    """Options of the target."""

    layout: Literal["packed", "branches"] = Field(
        "packed",
        description="Layout of tables and trees: packed into the fewest bytes and read by a loop, or written out as comparisons, which is "
        "faster and larger.",
    )
    arithmetic: Literal["float", "double", "integer"] = Field(
        "float",
        description="What sums are computed in: float, double as in `predict`, or whole numbers alone, of inputs that are whole numbers.",
    )
    inputs: Literal["int16", "uint8"] = Field("int16", description="Type of inputs where the arithmetic is integer.")
    scale: float = Field(
        1.0, le=1e30, ge=1e-30, description="What one unit of each input stands for where the arithmetic is integer."
    )
    interface: Literal["struct", "arrays"] = Field(
        "struct",
        description="How rows are passed: one as a struct of named raw values, or many as an array of numbers.",
    )


class C(Target):
    """C99 without a heap, recursion or a library: constant tables and the functions that read them."""

    name: ClassVar[str] = "c"
    options: ClassVar[type[TargetOptions]] = COptions

    def export(self, deployed: Deployed, options: TargetOptions) -> Export:
        """Return the header and the source file.

        Raises
        ------
        Declined
            If the program reads graphs.
        """
        assert isinstance(options, COptions)  # noqa: S101 - tells mypy what the caller has checked
        made = _written(deployed, options)
        name = deployed.name
        files = {f"{name}.h": made.header, f"{name}.c": made.source}
        sizes = {**{file: len(text.encode()) for file, text in files.items()}, "tables": made.table_bytes}
        return Export(self.name, files, f"{name}.h", made.notes, sizes)


def _written(deployed: Deployed, options: COptions) -> Source:
    if options.arithmetic == "integer":
        if options.interface == "arrays":
            raise Declined("computes with integers on a struct alone, but interface is 'arrays'")
        return whole_source(deployed, options.layout, options.inputs, options.scale)
    write = struct_source if options.interface == "struct" else arrays_source
    return write(deployed, options.arithmetic, options.layout)
