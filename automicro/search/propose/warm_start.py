"""What a search takes over from an earlier model: its columns as candidates, its weights as a start of training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.errors import ArtifactError, RequestError
from automicro.plugin import Layer, Start
from automicro.program import Activation, Affine, Chain, Missing, Numeric, OneHot, Scale, columns_read, offsets_of
from automicro.program.nodes import feature_count
from automicro.request.start import INLINE, content_of, read_arrays, split_encoder
from automicro.runtime.model import Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from automicro.data import Preparation, Problem
    from automicro.program import Decoder, Node, Program

__all__ = ["WarmStart", "read_earlier", "read_encoders", "start_of"]

Encoder = Mapping[str, "NDArray[np.float64]"]
Key = tuple[int, str, "str | None"]


@dataclass(frozen=True, eq=False)
class WarmStart:
    """An earlier model, seen from a new problem.

    Parameters
    ----------
    name : str
        What it is called in the trace.
    program : Program
    places : mapping of int to int
        Column of the new table by column that the earlier model reads, where there is one.
    family : str or None
        Of the earlier model, as its card has it.
    parameters : mapping
        The family's setting.
    same_outputs : bool
        Whether task and labels are those of the new problem.
    """

    name: str
    program: Program
    places: Mapping[int, int]
    family: str | None
    parameters: Mapping[str, Any]
    same_outputs: bool

    @property
    def columns(self) -> tuple[int, ...]:
        """The columns of the new table that the earlier model reads."""
        return tuple(sorted(self.places.values()))


def read_earlier(source: str, problem: Problem) -> tuple[WarmStart, str]:
    """Return the model that a search starts from, and a sentence of what it has in common with the new table.

    Raises
    ------
    RequestError
        If it cannot be read or is no model.
    """
    name = "the given model" if source.startswith(INLINE) else Path(source).name
    try:
        model = Model.from_bytes(content_of(source, "search.start_from"))
    except ArtifactError as error:
        raise RequestError(f"search.start_from: {name} must be a model that automicro has written: {error}") from None
    read, card = sorted(columns_read(model.program)), model.card or {}
    table = problem.table
    if model.card is None:
        places = {column: column for column in read if column < len(table.names)}
        how = "it has no card, so columns are taken by their position"
    else:
        names = [entry["name"] for entry in card["columns"]]
        places = {c: table.names.index(names[c]) for c in read if names[c] in table.names}
        how = "columns are found by name"
    common = ", ".join(repr(table.names[column]) for column in places.values()) or "none"
    note = f"start_from: {name} reads {len(read)} columns, of which this table has {common}; {how}"
    regression = problem.task == "regression"
    same = model.program.labels is None if regression else model.program.labels == problem.labels
    return WarmStart(name, model.program, places, card.get("family"), card.get("parameters") or {}, same), note


def read_encoders(entries: Iterable[str], families: Iterable[str]) -> dict[str, Encoder]:
    """Return the arrays of each family by name.

    Raises
    ------
    RequestError
        If a file cannot be read, or a family takes no part in the search.
    """
    known = sorted(families)
    found: dict[str, Encoder] = {}
    for family, source in map(split_encoder, entries):
        if family not in known:
            raise RequestError(
                f"search.encoders: a family must take part in the search ({', '.join(known)}), but got {family!r}"
            )
        found[family] = read_arrays(source, f"search.encoders: {family}")
    return found


def start_of(earlier: WarmStart | None, arrays: Encoder | None, preparation: Preparation) -> Start | None:
    """Return what a training on prepared rows may begin from; None if nothing was given."""
    if earlier is None:
        return None if not arrays else Start(arrays=arrays)
    return Start(_layers(earlier, preparation), earlier.same_outputs, arrays or {})


def _layers(earlier: WarmStart, preparation: Preparation) -> tuple[Layer, ...]:
    """Return the affine maps of the earlier body, the first one over the features of the preparation."""
    layers, scaling = _affine_maps(earlier.program.body), _scaling(preparation)
    keys = [key for decoder in earlier.program.decoders for key in _keys(decoder, earlier.places)]
    if not layers or scaling is None or layers[0].weights.shape[1] != len(keys):
        return ()
    place = {(f.column, f.kind, f.level): j for j, f in enumerate(preparation.features)}
    shared = [(i, place[key]) for i, key in enumerate(keys) if key in place]
    if not shared:
        return ()
    factors, shifts = scaling
    first = layers[0]
    weights, bias = np.zeros((len(first.bias), len(preparation.features))), first.bias
    before, now = (_offsets(decoders) for decoders in (earlier.program.decoders, preparation.decoders))
    for old, new in shared:
        weights[:, new] = first.weights[:, old] / factors[new]
        bias = bias + first.weights[:, old] * (now[new] - before[old])
    return (Layer(weights, bias - weights @ shifts, first.activation), *layers[1:])


def _offsets(decoders: Sequence[Decoder]) -> list[float]:
    """Return what each feature is read less."""
    offsets = offsets_of(decoders)
    return [offsets.get(d.column, 0.0) * isinstance(d, Numeric) for d in decoders for _ in range(feature_count(d))]


def _affine_maps(body: Node) -> list[Layer]:
    """Return the leading affine maps of a chain with their activations, scales multiplied in; none if it does not begin with one."""
    nodes: Sequence[Node] = body.nodes if isinstance(body, Chain) else (body,)
    layers: list[Layer] = []
    factors: NDArray[np.float64] | float = 1.0  # of what the next map reads
    for node in takewhile(lambda node: isinstance(node, Affine | Activation | Scale), nodes):
        last = layers[-1] if layers else None
        if isinstance(node, Affine):
            weights = node.weights.values.astype(np.float64) * factors
            layers.append(Layer(weights, node.bias.values.astype(np.float64)))
            factors = 1.0
        elif isinstance(node, Scale):
            own = node.factors.values.astype(np.float64)
            if last is None or last.activation is not None:
                factors = factors * own
            else:
                layers[-1] = Layer(last.weights * own[:, None], last.bias * own)
        elif last is None or last.activation is not None:
            return []
        elif isinstance(node, Activation):
            layers[-1] = Layer(last.weights, last.bias, node.kind)
    return layers


def _keys(decoder: Decoder, places: Mapping[int, int]) -> list[Key]:
    """Return for each feature that a decoder makes the feature of the new table that means the same."""
    column = places.get(decoder.column, -1)
    match decoder:
        case Numeric():
            return [(column, "numeric", None)]
        case Missing():
            return [(column, "missing", None)]
        case OneHot(levels=levels):
            return [(column, "level", level) for level in levels]
    return [(-1, "", None)]  # another kind of feature, whose meaning is its own


def _scaling(preparation: Preparation) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return factors and shifts of the features; None if more than scaling stands before the body."""
    features, scaling = len(preparation.features), preparation.scaling
    if preparation.sums:
        return None
    if scaling is None:
        return np.ones(features), np.zeros(features)
    return (scaling.factors.astype(np.float64), scaling.shifts.astype(np.float64)) if scaling.factors.all() else None
