"""Programs: magic byte, columns, extensions, link, decoders, body, labels."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from automicro.errors import ArtifactError, PluginError
from automicro.program.analyse.validate import validate
from automicro.program.inputs.rows import offsets_of
from automicro.program.nodes import Program
from automicro.program.walk import outputs_of
from automicro.program.wire.bodies import read_node, write_node
from automicro.program.wire.coding.coder import Meter, RangeDecoder, RangeEncoder, claims_of
from automicro.program.wire.coding.numbers import read_choice, read_number, write_choice, write_number
from automicro.program.wire.coding.vocabulary import read_texts, write_texts
from automicro.program.wire.decoded import read_numbers, write_numbers
from automicro.program.wire.decoders import level_lists, read_layout, with_levels, write_layout
from automicro.program.wire.extensions import has_extensions, read_extensions, write_extensions
from automicro.program.wire.inputs import Inputs
from automicro.program.wire.labels import has_text, read_labels, write_labels
from automicro.program.wire.limits import read_limits, write_limits
from automicro.program.wire.offsets import read_offsets, write_offsets

if TYPE_CHECKING:
    from collections.abc import Callable

    from automicro.program.nodes import Link
    from automicro.program.wire.coding.coder import EventSink

__all__ = ["EXTENDED_MAGIC", "MAGIC", "pack", "size_by_part", "unpack"]

MAGIC = b"\xb5"  # the micro sign in Latin-1; names the version as well: the next one takes another byte
EXTENDED_MAGIC = b"\xb7"  # of programs with extensions; 0xb6 begins a file with a card
LINKS: tuple[Link, ...] = ("identity", "exp", "sigmoid", "softmax")
LINK_CHANCES = (4, 1, 6, 5)
LIMITED_CHANCES = (4, 1)  # of the links of programs with limits


def _parts(program: Program) -> dict[str, Callable[[EventSink], None]]:
    """Return what writes each part of a program, in order."""
    decoders, labels = program.decoders, program.labels

    def header(sink: EventSink) -> None:
        write_number(sink, program.columns - 1, 4)
        if has_extensions(program):
            write_extensions(sink, program)
        write_choice(sink, LINKS.index(program.link), LINK_CHANCES if program.limits is None else LIMITED_CHANCES)

    def vocabulary(sink: EventSink) -> None:
        lists = level_lists(decoders)
        if has_text(labels):
            lists.append([str(label) for label in labels or ()])
        if lists:
            write_texts(sink, lists)

    offsets = {"offsets": lambda sink: write_offsets(sink, decoders)} if offsets_of(decoders) else {}
    limits = {} if program.limits is None else {"limits": partial(write_limits, limits=program.limits)}
    return {
        "header": header,
        **limits,
        "columns": lambda sink: write_layout(sink, decoders, program.columns),
        **offsets,
        "body": lambda sink: write_node(sink, program.body, Inputs.of(decoders)),
        "fills and look-ups": lambda sink: write_numbers(sink, decoders, program.body),
        "labels": lambda sink: write_labels(sink, labels, program.link),
        "vocabulary": vocabulary,
    }


def pack(program: Program) -> bytes:
    """Return a program as the bytes that ship.

    Raises
    ------
    PluginError
        If the program is not valid, as a family has lowered it wrongly, or says so little that a safe reader would refuse it.
    """
    validate(program)
    encoder = RangeEncoder()
    for write in _parts(program).values():
        write(encoder)
    data = _magic(program) + encoder.finish()
    if 2 * encoder.claims + 64 > claims_of(len(data) - 1):  # only then may the reader find too much in too little
        try:
            unpack(data)
        except ArtifactError as error:
            raise PluginError(
                f"a program must not repeat itself endlessly: simplify it first; its reader says: {error}"
            ) from error
    return data


def _magic(program: Program) -> bytes:
    return EXTENDED_MAGIC if has_extensions(program) else MAGIC


def size_by_part(program: Program) -> dict[str, float]:
    """Return the bytes that each part of the packed program takes; they add up to its length.

    The parts are coded into one string of whole bytes: "rounding" is what that adds. The end of the string may take some bits less than
    its symbols are worth; the largest part is then smaller by them.
    """
    sizes = {"magic": float(len(MAGIC))}
    for name, write in _parts(program).items():
        meter = Meter()
        write(meter)
        sizes[name] = meter.bits / 8
    rounding = len(pack(program)) - sum(sizes.values())
    sizes[max(sizes, key=lambda name: sizes[name])] += min(rounding, 0.0)
    return {**sizes, "rounding": max(rounding, 0.0)}


def unpack(data: bytes) -> Program:
    """Return the program that bytes hold.

    Raises
    ------
    ArtifactError
        If the bytes are not exactly one packed program.
    """
    data = bytes(data)
    if data[:1] not in {MAGIC, EXTENDED_MAGIC}:
        raise ArtifactError(
            f"a model must begin with the byte {MAGIC.hex()} or {EXTENDED_MAGIC.hex()}, but got {data[:1].hex() or 'nothing'}"
        )
    source = RangeDecoder(data[1:])
    columns = read_number(source, 4) + 1
    has_offsets, has_limits = read_extensions(source) if data[:1] == EXTENDED_MAGIC else (False, False)
    link: Link = LINKS[read_choice(source, LIMITED_CHANCES if has_limits else LINK_CHANCES)]
    limits = read_limits(source) if has_limits else None
    layout = read_layout(source, columns)
    if has_offsets:
        layout = read_offsets(source, layout)
    inputs = Inputs.of(layout)
    body = read_node(source, inputs)
    decoders = read_numbers(source, layout, body)
    labels = read_labels(source, link, outputs_of(body, len(inputs)))
    lengths = [len(levels) for levels in level_lists(decoders)] + [len(labels or ())] * has_text(labels)
    lists = read_texts(source, lengths) if lengths else []
    if has_text(labels):
        labels = tuple(text for text in lists.pop() if text is not None)
    decoders = with_levels(decoders, lists)
    source.close()
    program = Program(columns, decoders, body, link, labels, limits)
    validate(program, ArtifactError)
    return program
