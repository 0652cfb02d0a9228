"""The target ``onnx``: a graph of standard operators for ONNX Runtime and others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automicro.plugin import Export, Target, TargetOptions

if TYPE_CHECKING:
    from automicro.plugin import Deployed

__all__ = ["OnnxTarget"]


class OnnxTarget(Target):
    """Writes a graph with an input for each column, and outputs for the prediction and the probabilities."""

    name = "onnx"

    def export(self, deployed: Deployed, options: TargetOptions) -> Export:  # noqa: ARG002 - there are none
        """Return the graph."""
        from automicro_onnx.model import model_of  # noqa: PLC0415 - onnx is slow to import and only needed here

        content, outputs = model_of(deployed)
        file = f"{deployed.name}.onnx"
        names = ", ".join(map(repr, outputs))
        note = f"outputs are {names}; a missing number is NaN, a missing category is an empty text"
        return Export(self.name, {file: content}, file, (note,))
