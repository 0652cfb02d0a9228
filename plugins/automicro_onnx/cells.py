"""Inputs of a graph as features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import TensorProto

from automicro.plugin import Declined
from automicro.program.nodes import Lookup, Missing, Numeric, OneHot
from automicro.rows.words import words_of
from automicro_onnx.graph import ML

if TYPE_CHECKING:
    from automicro.plugin import Deployed
    from automicro.plugin.target import Input
    from automicro.program import Decoder
    from automicro_onnx.graph import Graph

__all__ = ["check_inputs", "features_of", "type_of"]

LARGEST = np.finfo(np.float32).max


def check_inputs(deployed: Deployed) -> None:
    """Raise `Declined` for columns other than numbers and levels as they are."""
    for each in deployed.inputs:
        shown, reading = each.name[:60], each.reading
        if each.kind in ("text", "series"):
            raise Declined(f"needs numbers and categories, but the model reads {each.kind} in {shown!r}")
        if reading.kind not in ("plain", "level") or reading.levels or reading.numbers:
            raise Declined(f"needs cells as they are, but the model changes those of {shown!r} ({reading.kind})")
        if "" in each.levels:
            raise Declined(f"needs levels that are not empty, as that means missing, but one of {shown!r} is")
        texts = [each.name, *(level for level in each.levels if level is not None)]
        if any("\ud800" <= character <= "\udfff" for text in texts for character in text):
            raise Declined(f"needs names and levels without half characters, but {shown!r} has one")


def type_of(deployed: Deployed, column: Input) -> int:
    """Return the type of an input: text, float64 where an offset is subtracted, else float32."""
    if column.kind == "category":
        return int(TensorProto.STRING)
    return int(TensorProto.DOUBLE if _offset(deployed, column) else TensorProto.FLOAT)


def _offset(deployed: Deployed, column: Input) -> float:
    known = (each for each in deployed.program.decoders if isinstance(each, Numeric) and each.column == column.column)
    return next((each.offset for each in known), 0.0)


def features_of(graph: Graph, deployed: Deployed) -> str:
    """Return the name of the features, float32 (rows, features)."""
    inputs = {each.column: each for each in deployed.inputs}
    numbers = {each.column: _number(graph, deployed, each) for each in deployed.inputs if each.kind != "category"}
    parts = [
        _feature(graph, decoder, inputs[decoder.column], numbers.get(decoder.column))
        for decoder in deployed.program.decoders
    ]
    x = graph.add("Concat", *parts, axis=1)
    for edge, compared in ((LARGEST, "Greater"), (-LARGEST, "Less")):
        limit = graph.constant(edge)
        x = graph.add("Where", graph.add(compared, x, limit), limit, x)
    return x


def _number(graph: Graph, deployed: Deployed, column: Input) -> str:
    offset = _offset(deployed, column)
    if not offset:
        return column.source
    return graph.as_single(graph.add("Sub", column.source, graph.constant(np.float64(offset))))


def _feature(graph: Graph, decoder: Decoder, column: Input, number: str | None) -> str:
    if number is not None:
        if isinstance(decoder, Missing):
            return graph.as_single(graph.add("IsNaN", number))
        fill = decoder.fill if isinstance(decoder, Numeric) else None
        if fill is None:
            return number
        return graph.add("Where", graph.add("IsNaN", number), graph.constant(np.float32(fill)), number)
    if isinstance(decoder, Lookup):
        values = decoder.values.values.tolist()
        missing = dict(zip(decoder.levels, values, strict=True)).get(None, float(np.float32(decoder.default)))
        known = {level: value for level, value in zip(decoder.levels, values, strict=True) if level is not None}
        keys = dict.fromkeys(_words(column), missing) | known
        return _encoded(graph, column, keys, float(np.float32(decoder.default)))
    levels: tuple[str | None, ...] = decoder.levels if isinstance(decoder, OneHot) else (None,)
    places = {level: float(place) for place, level in enumerate(levels)}
    keys = dict.fromkeys(_words(column), places[None]) if None in places else {}
    keys |= {level: place for level, place in places.items() if level is not None and level not in _words(column)}
    place = _encoded(graph, column, keys, -1.0)
    return graph.as_single(graph.add("Equal", place, graph.constant(np.arange(len(levels), dtype=np.float32)[None])))


def _words(column: Input) -> list[str]:
    """Return the texts that mean a missing value."""
    if column.reading.kind != "level":
        return [""]
    return sorted(words_of(column.reading.words, column.reading.values) | {""})


def _encoded(graph: Graph, column: Input, keys: dict[str, float], default: float) -> str:
    known = keys or {"": default}
    given: dict[str, Any] = {"keys_strings": [*known], "values_floats": [*known.values()], "default_float": default}
    return graph.add("LabelEncoder", column.source, domain=ML, **given)
