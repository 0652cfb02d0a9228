"""Extensions of a program, which few have: offsets of columns, and the cap of predictions. Programs without any do not tell of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.program.cap import LEAST_CAP, MOST_CAP
from automicro.program.rows import offsets_of
from automicro.program.wire.numbers import read_choice, read_signed, write_choice, write_signed

if TYPE_CHECKING:
    from automicro.program.nodes import Program
    from automicro.program.wire.coder import Decoder, Sink

__all__ = ["has_extensions", "read_cap", "read_extensions", "write_cap", "write_extensions"]

CHANCES = (2, 5, 1)  # of offsets, of a cap, of both
COMMON = 8  # caps around this one, 1 to 32768, are the cheapest


def _told(program: Program) -> tuple[bool, bool]:
    return bool(offsets_of(program.decoders)), program.cap is not None


def has_extensions(program: Program) -> bool:
    """Whether a program has offsets or a cap."""
    return any(_told(program))


def write_extensions(sink: Sink, program: Program) -> None:
    """Write which extensions a program has, at least one."""
    has_offsets, has_cap = _told(program)
    write_choice(sink, has_offsets + 2 * has_cap - 1, CHANCES)


def read_extensions(source: Decoder) -> tuple[bool, bool]:
    """Return whether a program has offsets, and whether it has a cap."""
    told = read_choice(source, CHANCES) + 1
    return bool(told & 1), bool(told & 2)


def write_cap(sink: Sink, cap: int) -> None:
    """Write a cap."""
    write_signed(sink, cap - COMMON, 4)


def read_cap(source: Decoder) -> int:
    """Return what `write_cap` wrote."""
    cap = read_signed(source, 4) + COMMON
    source.at_least(cap, LEAST_CAP)
    return source.bounded(cap, MOST_CAP)
