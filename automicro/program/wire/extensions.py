"""Extensions of a program, which few have: offsets of columns, and limits of predictions. Other programs take no bit for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.program.inputs.rows import offsets_of
from automicro.program.wire.coding.numbers import read_choice, write_choice

if TYPE_CHECKING:
    from automicro.program.nodes import Program
    from automicro.program.wire.coding.coder import EventSink, RangeDecoder

__all__ = ["has_extensions", "read_extensions", "write_extensions"]

CHANCES = (2, 5, 1)  # of offsets, of limits, of both


def _present(program: Program) -> tuple[bool, bool]:
    return bool(offsets_of(program.decoders)), program.limits is not None


def has_extensions(program: Program) -> bool:
    """Whether a program has offsets or limits."""
    return any(_present(program))


def write_extensions(sink: EventSink, program: Program) -> None:
    """Write which extensions a program has, at least one."""
    has_offsets, has_limits = _present(program)
    write_choice(sink, has_offsets + 2 * has_limits - 1, CHANCES)


def read_extensions(source: RangeDecoder) -> tuple[bool, bool]:
    """Return whether a program has offsets, and whether it has limits."""
    present = read_choice(source, CHANCES) + 1
    return bool(present & 1), bool(present & 2)
