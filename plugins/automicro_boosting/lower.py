"""LightGBM's model text to trees, and trees to the nodes of a program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automicro.errors import PluginError
from automicro.plugin import rounded_down
from automicro.program import Forest, Lowered, Tree, Weights
from automicro.program.encodings import Float32
from automicro.program.weights import round_to
from automicro_boosting.ensemble import Ensemble, GrownTree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from automicro.program.encodings import Encoding
    from automicro.program.nodes import Link

__all__ = ["as_given", "forest", "read_model", "rounded"]

_DEFAULT_LEFT = 2  # bits of LightGBM's decision_type: 1 categorical, 2 default left, 4 and 8 the missing type
_MISSING = {0: "none", 4: "zero", 8: "nan"}


def read_model(text: str, outputs: int, link: Link) -> Ensemble:
    """Return the ensemble that LightGBM's model text describes, exact for float32 rows.

    Raises
    ------
    PluginError
        If a tree splits on categories or treats zeros as missing, which this plugin never sets.
    """
    trees = tuple(_grown(fields, number % outputs) for number, fields in enumerate(_tree_fields(text)))
    return Ensemble(trees, np.zeros(outputs), link)


def as_given(values: NDArray[np.floating]) -> Weights:
    """Return values that are not to be rounded any more."""
    return round_to(values, Float32())


def rounded(values: NDArray[np.floating], encoding: Encoding | None) -> Weights:
    """Return values with their encoding, or left to be rounded."""
    return Weights.of(values) if encoding is None else round_to(values, encoding)


def forest(ensemble: Ensemble, encoding: Encoding | None = None) -> Lowered:
    """Return the ensemble as a program body of one forest; trees that never split become part of the bias.

    Leaf values and a bias that have been rounded already come with an encoding.
    """
    bias = ensemble.bias.copy()
    grown = []
    for tree in ensemble.trees:
        if len(tree.feature) == 1:
            bias[tree.output] += tree.value[0]
        else:
            grown.append(tree)
    values = np.concatenate([tree.value[tree.leaves] for tree in grown] or [np.zeros(1)])
    table, rows = np.unique(values.astype(np.float32) + np.float32(0), return_inverse=True)  # + 0 turns -0 into 0
    trees, start = [], 0
    for tree in grown:
        leaf = np.zeros(len(tree.feature), dtype=np.int32)
        count = len(tree.leaves)
        leaf[tree.leaves] = rows[start : start + count]
        start += count
        trees.append(Tree(tree.feature, tree.threshold, tree.default_left, leaf, tree.output))
    own_bias = Weights.of(bias) if encoding is None else as_given(bias)
    return Lowered(Forest(tuple(trees), rounded(table[:, None], encoding), own_bias), ensemble.link)


def _tree_fields(text: str) -> Iterator[Mapping[str, str]]:
    """Yield the ``key=value`` lines of each tree."""
    for block in text.partition("\nend of trees")[0].split("\nTree=")[1:]:
        yield dict(line.split("=", 1) for line in block.splitlines()[1:] if "=" in line)


def _grown(fields: Mapping[str, str], output: int) -> GrownTree:
    """Return one tree in preorder."""
    value = np.array(fields["leaf_value"].split(), dtype=np.float64)
    if fields["num_leaves"] == "1":
        return GrownTree(np.full(1, -1, np.int32), np.zeros(1, np.float32), np.zeros(1, np.bool_), value, output)
    order = _preorder(*(np.array(fields[side].split(), dtype=np.int64) for side in ("left_child", "right_child")))
    split, leaf = order >= 0, ~order[order < 0]
    shape = len(order)
    tree = GrownTree(
        np.full(shape, -1, np.int32), np.zeros(shape, np.float32), np.zeros(shape, np.bool_), np.zeros(shape), output
    )
    exact = np.array(fields["threshold"].split(), dtype=np.float64)
    tree.feature[split] = np.array(fields["split_feature"].split(), dtype=np.int32)[order[split]]
    tree.threshold[split] = rounded_down(exact)[order[split]]
    tree.default_left[split] = _default_left(np.array(fields["decision_type"].split(), dtype=np.int64), exact)[
        order[split]
    ]
    tree.value[~split] = value[leaf]
    return tree


def _preorder(left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return LightGBM's node numbers in preorder; leaf i is ~i."""
    order, waiting = [], [0]
    while waiting:
        node = waiting.pop()
        order.append(node)
        if node >= 0:
            waiting += [int(right[node]), int(left[node])]
    return np.array(order)


def _default_left(decision: NDArray[np.int64], threshold: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return where a missing value goes; a feature without missing values in training reads them as 0."""
    missing = decision & 12
    if np.any(decision & 1) or np.any(missing == 4):
        kinds = sorted({_MISSING.get(int(m), "unknown") for m in missing})
        raise PluginError(
            f"boosted trees must split on numbers with missing values as NaN, but got missing types {kinds} or categories; "
            f"train without categorical features and zero_as_missing"
        )
    return np.where(missing == 8, (decision & _DEFAULT_LEFT) > 0, threshold >= 0)
