"""The small language that every trained model is lowered to, and the bytes it ships in."""

from automicro.program import encodings
from automicro.program.analyse import size_bounds as bounds
from automicro.program.analyse.validate import check_body, validate
from automicro.program.evaluate.attention_weights import Attended, attention_of
from automicro.program.evaluate.evaluator import Evaluator
from automicro.program.evaluate.message_passing import gives_graphs, reads_graphs
from automicro.program.evaluate.outliers import has_points, outlier_distances
from automicro.program.evaluate.reference import apply_link, body_scores, decode, evaluate, scores
from automicro.program.inputs.graph_readers import Graphs, holds_graphs, read_graphs
from automicro.program.inputs.rows import (
    Batch,
    Categories,
    Column,
    Texts,
    columns_of,
    columns_read,
    level_text,
    offsets_of,
    raw_cells,
    take,
)
from automicro.program.inputs.topology import Topology
from automicro.program.lowered import Lowered
from automicro.program.nodes import (
    Activation,
    Affine,
    Attention,
    Chain,
    Decoder,
    Distances,
    Forest,
    Grams,
    Link,
    Lookup,
    Missing,
    Nearest,
    Node,
    Numeric,
    OneHot,
    Pool,
    Program,
    Propagate,
    Scale,
    StepTables,
    Sum,
    Summary,
    Tokens,
    Tree,
)
from automicro.program.rewrite.decoding import narrow
from automicro.program.rewrite.quantise import PRECISIONS, Precision, quantise
from automicro.program.rewrite.simplify import simplify
from automicro.program.weights import Weights
from automicro.program.wire.file import read_artifact, write_artifact
from automicro.program.wire.programs import pack, size_by_part, unpack

__all__ = [
    "PRECISIONS",
    "Activation",
    "Affine",
    "Attended",
    "Attention",
    "Batch",
    "Categories",
    "Chain",
    "Column",
    "Decoder",
    "Distances",
    "Evaluator",
    "Forest",
    "Grams",
    "Graphs",
    "Link",
    "Lookup",
    "Lowered",
    "Missing",
    "Nearest",
    "Node",
    "Numeric",
    "OneHot",
    "Pool",
    "Precision",
    "Program",
    "Propagate",
    "Scale",
    "StepTables",
    "Sum",
    "Summary",
    "Texts",
    "Tokens",
    "Topology",
    "Tree",
    "Weights",
    "apply_link",
    "attention_of",
    "body_scores",
    "bounds",
    "check_body",
    "columns_of",
    "columns_read",
    "decode",
    "encodings",
    "evaluate",
    "gives_graphs",
    "has_points",
    "holds_graphs",
    "level_text",
    "narrow",
    "offsets_of",
    "outlier_distances",
    "pack",
    "quantise",
    "raw_cells",
    "read_artifact",
    "read_graphs",
    "reads_graphs",
    "scores",
    "simplify",
    "size_by_part",
    "take",
    "unpack",
    "validate",
    "write_artifact",
]
