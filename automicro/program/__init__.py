"""The small language that every trained model is lowered to, and the bytes it ships in."""

from automicro.program import bounds, encodings
from automicro.program.attended import Attended, attention_of
from automicro.program.card import read_artifact, write_artifact
from automicro.program.evaluate import apply_link, body_scores, decode, evaluate, scores
from automicro.program.evaluator import Evaluator
from automicro.program.graph_forms import Graphs, holds_graphs, read_graphs
from automicro.program.graphs import Topology
from automicro.program.lowered import Lowered
from automicro.program.messages import gives_graphs, reads_graphs
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
from automicro.program.outliers import has_points, outlier_distances
from automicro.program.quantise import PRECISIONS, Precision, quantise
from automicro.program.rewrite.decoding import narrow
from automicro.program.rows import (
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
from automicro.program.simplify import simplify
from automicro.program.validate import check_body, validate
from automicro.program.weights import Weights
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
