"""The small language that every trained model is lowered to, and the bytes it ships in."""

from automicro.program import encodings
from automicro.program.evaluate import apply_link, body_scores, decode, evaluate, scores
from automicro.program.nodes import (
    Activation,
    Affine,
    Chain,
    Decoder,
    Forest,
    Link,
    Lookup,
    Lowered,
    Missing,
    Node,
    Numeric,
    OneHot,
    Program,
    StepTables,
    Sum,
    Tree,
)
from automicro.program.quantise import PRECISIONS, Precision, quantise
from automicro.program.rows import Categories, Column, columns_of, level_text
from automicro.program.weights import Weights

__all__ = [
    "PRECISIONS",
    "Activation",
    "Affine",
    "Categories",
    "Chain",
    "Column",
    "Decoder",
    "Forest",
    "Link",
    "Lookup",
    "Lowered",
    "Missing",
    "Node",
    "Numeric",
    "OneHot",
    "Precision",
    "Program",
    "StepTables",
    "Sum",
    "Tree",
    "Weights",
    "apply_link",
    "body_scores",
    "columns_of",
    "decode",
    "encodings",
    "evaluate",
    "level_text",
    "quantise",
    "scores",
]
