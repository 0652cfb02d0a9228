"""A graph as it is written: nodes, and constants, each written once."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["Graph"]

ML = "ai.onnx.ml"


@dataclass
class Graph:
    """The nodes of a graph.

    Parameters
    ----------
    reserved : set of str
        Names of inputs.
    """

    reserved: set[str]
    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def fresh(self) -> str:
        """Return a name that nothing else has."""
        return next(name for name in (f"v{number}" for number in self._numbers) if name not in self.reserved)

    def add(self, kind: str, *inputs: str, domain: str = "", output: str | None = None, **attributes: Any) -> str:
        """Add a node and return the name of its output."""
        name = output or self.fresh()
        self.nodes.append(helper.make_node(kind, [*inputs], [name], domain=domain, **attributes))
        return name

    def constant(self, values: Any) -> str:
        """Return the name of a constant tensor."""
        name = self.fresh()
        array = np.asarray(values)
        held = array.astype(object) if array.dtype.kind == "U" else array
        self.constants.append(numpy_helper.from_array(held, name))
        return name

    def wide(self, values: NDArray[np.float32]) -> str:
        """Return the name of float32 numbers as float64."""
        return self.as_double(self.constant(np.asarray(values, np.float32)))

    def as_double(self, x: str) -> str:
        """Return numbers as float64."""
        return self.add("Cast", x, to=TensorProto.DOUBLE)

    def as_single(self, x: str) -> str:
        """Return numbers as float32."""
        return self.add("Cast", x, to=TensorProto.FLOAT)
