"""A program as a model of ONNX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import TensorProto, helper

from automicro.export import identifiers
from automicro.export.script import label_order
from automicro.plugin import Declined
from automicro_onnx.bodies import Values, body_values
from automicro_onnx.cells import check_inputs, features_of, type_of
from automicro_onnx.graph import ML, Graph

if TYPE_CHECKING:
    from automicro.plugin import Deployed
    from automicro.program import Program

__all__ = ["model_of"]

OPSETS = {"": 21, ML: 5}
FILE_VERSION = 10  # of the format, that of opset 21


def model_of(deployed: Deployed) -> tuple[bytes, list[str]]:
    """Return the bytes of a model and the names of its outputs; raise `Declined` if the program cannot be served."""
    check_inputs(deployed)
    if not deployed.inputs:
        raise Declined("needs a model that reads columns, but this one predicts the same for every row")
    graph = Graph({*deployed.sources})
    features = features_of(graph, deployed)
    scores = body_values(graph, deployed.program.body, Values(features, is_single=True))
    outputs = _outputs(graph, deployed.program, scores)
    inputs = [
        helper.make_tensor_value_info(each.source, type_of(deployed, each), ["rows", 1]) for each in deployed.inputs
    ]
    made = helper.make_graph(graph.nodes, deployed.name, inputs, outputs, graph.constants)
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
    model = helper.make_model(made, opset_imports=opsets, ir_version=FILE_VERSION, producer_name="automicro")
    return model.SerializeToString(deterministic=True), [each.name for each in outputs]


def _outputs(graph: Graph, program: Program, scores: str) -> list[Any]:
    names = identifiers(["prediction", "probabilities"], graph.reserved)
    values = _linked(graph, program, scores)
    if program.labels is None:
        graph.add("Identity", values, output=names[0])
        return [helper.make_tensor_value_info(names[0], TensorProto.DOUBLE, ["rows", "outputs"])]
    order = graph.constant(np.array(label_order(program.labels), np.int64))
    place = graph.add("ArgMax", values, axis=1, keepdims=0)
    kind = {str: TensorProto.STRING, bool: TensorProto.BOOL, int: TensorProto.INT64, float: TensorProto.DOUBLE}
    try:
        labels = graph.constant(np.array(program.labels))
        graph.add("Gather", labels, place, output=names[0])
    except UnicodeEncodeError:
        raise Declined("needs labels without half characters, but the model has one") from None
    graph.add("Gather", values, order, axis=1, output=names[1])
    return [
        helper.make_tensor_value_info(names[0], kind[type(program.labels[0])], ["rows"]),
        helper.make_tensor_value_info(names[1], TensorProto.DOUBLE, ["rows", len(program.labels)]),
    ]


def _linked(graph: Graph, program: Program, scores: str) -> str:
    """Return the name of what the link makes of scores, within the limits of the program."""
    if program.link == "sigmoid":
        p = graph.add("Sigmoid", scores)
        return graph.add("Concat", graph.add("Sub", graph.constant(np.float64(1)), p), p, axis=1)
    if program.link == "softmax":
        return graph.add("Softmax", scores, axis=1)
    values = graph.add("Exp", scores) if program.link == "exp" else scores
    if program.limits is not None:
        for limit, compared in zip(program.limits, ("Less", "Greater"), strict=True):
            edge = graph.constant(np.float64(limit))
            values = graph.add("Where", graph.add(compared, values, edge), edge, values)
    return values
