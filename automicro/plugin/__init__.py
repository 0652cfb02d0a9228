"""All that the author of a model family or a target imports."""

from automicro.plugin.budget import SizeBudget
from automicro.plugin.data import TrainingData, drawn_rows
from automicro.plugin.family import Declined, Family, Needs, Variant
from automicro.plugin.feature import Feature
from automicro.plugin.hooks import hookimpl
from automicro.plugin.monotone import fills_of, ordered_leaves, ordered_pieces
from automicro.plugin.objectives import class_shares, row_weights, sample_weights, target_values, unit_of
from automicro.plugin.profile import ColumnProfile, GraphProfile, Profile, TargetTransform
from automicro.plugin.rounding import rounded_down, shortest_between
from automicro.plugin.space import Choice, Float, Integer, Space
from automicro.plugin.start import Layer, Start
from automicro.plugin.structural import StructuralConstraints
from automicro.plugin.target import Deployed, Export, Input, Target, TargetOptions
from automicro.program import Lowered

__all__ = [
    "Choice",
    "ColumnProfile",
    "Declined",
    "Deployed",
    "Export",
    "Family",
    "Feature",
    "Float",
    "GraphProfile",
    "Input",
    "Integer",
    "Layer",
    "Lowered",
    "Needs",
    "Profile",
    "SizeBudget",
    "Space",
    "Start",
    "StructuralConstraints",
    "Target",
    "TargetOptions",
    "TargetTransform",
    "TrainingData",
    "Variant",
    "class_shares",
    "drawn_rows",
    "fills_of",
    "hookimpl",
    "ordered_leaves",
    "ordered_pieces",
    "rounded_down",
    "row_weights",
    "sample_weights",
    "shortest_between",
    "target_values",
    "unit_of",
]
