"""Programs: magic byte, version, columns, link, labels, decoders, body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.errors import ArtifactError
from automicro.program.nodes import Program
from automicro.program.validate import validate
from automicro.program.wire.bodies import read_node, write_node
from automicro.program.wire.coder import Decoder, Encoder, Meter
from automicro.program.wire.decoded import read_numbers, write_numbers
from automicro.program.wire.decoders import level_lists, read_layout, with_levels, write_layout
from automicro.program.wire.inputs import Inputs
from automicro.program.wire.labels import TEXT, label_kind, read_labels, write_labels
from automicro.program.wire.numbers import read_number, write_number
from automicro.program.wire.vocabulary import read_texts, write_texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from automicro.program.wire.coder import Sink

__all__ = ["MAGIC", "pack", "size_by_part", "unpack"]

MAGIC = b"\xb5"  # the micro sign in Latin-1
VERSION, VERSIONS = 0, 8
LINKS = ("identity", "exp", "sigmoid", "softmax")


def _parts(program: Program) -> dict[str, Callable[[Sink], None]]:
    """Return what writes each part of a program, in order."""
    labels, decoders = program.labels, program.decoders

    def header(sink: Sink) -> None:
        sink.uniform(VERSION, VERSIONS)
        write_number(sink, program.columns - 1, 4)
        sink.uniform(LINKS.index(program.link), len(LINKS))

    def vocabulary(sink: Sink) -> None:
        lists = level_lists(decoders)
        if label_kind(labels) == TEXT:
            lists.append([str(label) for label in labels or ()])
        if lists:
            write_texts(sink, lists)

    return {
        "header": header,
        "labels": lambda sink: write_labels(sink, labels),
        "columns": lambda sink: write_layout(sink, decoders, program.columns),
        "vocabulary": vocabulary,
        "body": lambda sink: write_node(sink, program.body, Inputs.of(decoders)),
        "fills and look-ups": lambda sink: write_numbers(sink, decoders, program.body),
    }


def pack(program: Program) -> bytes:
    """Return a program as the bytes that ship.

    Raises
    ------
    PluginError
        If the program is not valid: a family has lowered it wrongly.
    """
    validate(program)
    encoder = Encoder()
    for write in _parts(program).values():
        write(encoder)
    return MAGIC + encoder.finish()


def size_by_part(program: Program) -> dict[str, float]:
    """Return the bytes that each part of the packed program takes; they add up to its length."""
    sizes = {"magic": float(len(MAGIC))}
    for name, write in _parts(program).items():
        meter = Meter()
        write(meter)
        sizes[name] = meter.bits / 8
    sizes["padding"] = len(pack(program)) - sum(sizes.values())
    return sizes


def unpack(data: bytes) -> Program:
    """Return the program that bytes hold.

    Raises
    ------
    ArtifactError
        If the bytes are not exactly one packed program.
    """
    data = bytes(data)
    if data[:1] != MAGIC:
        raise ArtifactError(f"a model must begin with the byte {MAGIC.hex()}, but got {data[:1].hex() or 'nothing'}")
    source = Decoder(data[1:])
    if (version := source.uniform(VERSIONS)) != VERSION:
        raise ArtifactError(f"the format version must be {VERSION}, but is {version}; a newer automicro may read it")
    columns = read_number(source, 4) + 1
    link = LINKS[source.uniform(len(LINKS))]
    kind, labels = read_labels(source)
    decoders, sizes = read_layout(source, columns)
    lengths = sizes + [len(labels or ())] * (kind == TEXT)
    lists = read_texts(source, lengths) if lengths else []
    if kind == TEXT:
        labels = tuple(str(text) for text in lists.pop())
    decoders = with_levels(decoders, lists)
    body = read_node(source, Inputs.of(decoders))
    decoders = read_numbers(source, decoders, body)
    source.close()
    program = Program(columns, decoders, body, link, labels)  # type: ignore[arg-type]  # one of the four names
    validate(program, ArtifactError)
    return program
