"""The target `runtime`: the sources of the runtime with the model file, also as an array of C."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from automicro.export import comment, identifiers
from automicro.plugin import Export, Target, TargetOptions
from automicro.program import pack
from automicro.program.nodes import (
    Activation,
    Attention,
    Chain,
    Distances,
    Forest,
    Grams,
    Lookup,
    Nearest,
    OneHot,
    Pool,
    Propagate,
    Scale,
    StepTables,
    Sum,
    Summary,
    Tokens,
)
from automicro.rows.readings import PLAIN
from automicro_runtime.files import SOURCES, build_wasm, source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automicro.plugin import Deployed
    from automicro.program import Program
    from automicro.program.nodes import Node

__all__ = ["KINDS", "Runtime", "RuntimeOptions", "left_out"]

KINDS: dict[str, tuple[type, ...]] = {
    "LEVELS": (OneHot, Lookup),
    "EXTENSIONS": (),
    "TEXTS": (Grams,),
    "SERIES": (Summary,),
    "TABLES": (StepTables,),
    "FOREST": (Forest,),
    "CHAINS": (Chain, Sum, Scale, Activation),
    "PROTOTYPES": (Distances, Nearest),
    "ATTENTION": (Tokens, Attention),
    "GRAPHS": (Propagate, Pool),
}
A_LINE = 16
RESERVED = ("inputs", "micro")  # ends of names that the header has already


class RuntimeOptions(TargetOptions):
    """Options of the target `runtime`."""

    wasm: bool = Field(False, description="Whether the runtime as WebAssembly is among the files; zig compiles it.")


class Runtime(Target):
    """Writes the runtime, which loads any model file, and this model's file."""

    name = "runtime"
    options = RuntimeOptions

    def export(self, deployed: Deployed, options: TargetOptions) -> Export:
        """Return the runtime and the model, in a file and as an array of C."""
        file, array = f"{deployed.name}.micro", f"{deployed.name}_micro.h"
        data = pack(deployed.program)
        files: dict[str, str | bytes] = {name: source(name) for name in SOURCES}
        files |= {array: _header(deployed, data), file: data}
        if isinstance(options, RuntimeOptions) and options.wasm:
            files["automicro_runtime.wasm"] = build_wasm()
        return Export(self.name, files, SOURCES[1], tuple(_notes(deployed)))


def _header(deployed: Deployed, data: bytes) -> str:
    """Return the model file as an array, and the names of the cells of a row."""
    name = deployed.name
    lines = [data[at : at + A_LINE] for at in range(0, len(data), A_LINE)]
    rows = "".join(f"    {', '.join(map(hex, line))},\n" for line in lines)
    places = identifiers([each.name for each in deployed.inputs], RESERVED)
    cells = "".join(
        f"    {name}_{place}, /* {comment(each.name)} */\n" for place, each in zip(places, deployed.inputs, strict=True)
    )
    return (
        f"/* A model file of automicro, {len(data)} bytes. */\nstatic const unsigned char {name}_micro[{len(data)}] = {{\n{rows}}};\n\n"
        f"/* Cells of a row. */\nenum {{\n{cells}    {name}_inputs\n}};\n"
    )


def left_out(program: Program) -> tuple[str, ...]:
    """Return the kinds that a program does without, as the runtime names them."""
    used = {type(part) for part in (*program.decoders, *_nodes(program.body))}
    is_plain = pack(program)[0] == PLAIN_FILE
    has_words = isinstance((program.labels or (0,))[0], str)
    return tuple(
        kind
        for kind, types in KINDS.items()
        if not used & {*types} and (kind != "EXTENSIONS" or is_plain) and (kind != "LEVELS" or not has_words)
    )


PLAIN_FILE = 0xB5  # first byte of a program without extensions


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, Chain | Sum):
        for part in node.nodes:
            yield from _nodes(part)


def _notes(deployed: Deployed) -> Iterator[str]:
    without = " ".join(f"-DAUTOMICRO_WITHOUT_{kind}" for kind in left_out(deployed.program))
    if without:
        yield f"the runtime can be compiled smaller for this model alone: {without}"
    read = [str(each.column) for each in deployed.inputs if each.reading != PLAIN]
    if read:
        yield (
            f"cells are given as the program reads them, and texts of the data are read before in column {', '.join(read)}: "
            "as numbers or as levels"
        )
