"""Forests, as tests that are made once and trees without pointers, or as nested comparisons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automicro.program.trees import depths, right_children
from automicro_c.blocks import block, codes
from automicro_c.tables import starts
from automicro_c.unit import literal
from automicro_c.vector import Place, Vector, settled, shift_for

if TYPE_CHECKING:
    from automicro.program import Forest, Tree
    from automicro_c.unit import Unit

__all__ = ["forest"]

DEEPEST = 60  # splits above a leaf that nested comparisons may have
MOST_SUMS = 16  # outputs whose sums are kept in variables of their own
FEW_SPLITS = 12  # up to which comparisons are shorter than tables and the loop over them


def forest(unit: Unit, node: Forest, x: Vector, place: Place) -> tuple[list[str], Vector]:
    """Return the statements of a forest."""
    before, x = settled(unit, x)
    leaves = node.leaves.values.astype(np.float64)
    bounds = np.abs(node.bias.values.astype(np.float64))
    for tree in node.trees:
        largest = np.abs(leaves[tree.leaf[tree.feature < 0]]).max(axis=0)
        if leaves.shape[1] == 1:
            bounds[tree.output] += largest[0]
        else:
            bounds += largest
    absent = np.zeros(len(bounds), dtype=np.bool_)
    if place.start is not None:
        bounds, absent = bounds + place.start.bounds, absent | place.start.absent
    shift = shift_for(unit, bounds, place)
    lines = [*before, *starts(unit, node.bias.values, shift, place)]
    splits = sum(int((tree.feature >= 0).sum()) for tree in node.trees)
    deepest = max((int(depths(tree.feature).max()) for tree in node.trees), default=0)
    if (unit.layout == "branches" and deepest <= DEEPEST) or splits <= FEW_SPLITS:
        lines += _branches(unit, node, x, place.name, shift)
    elif node.trees:
        lines += _packed(unit, node, x, place.name, shift)
    return lines, Vector(place.name, bounds, absent, unit.real, shift=shift)


def _branches(unit: Unit, node: Forest, x: Vector, name: str, shift: int) -> list[str]:
    """Return nested comparisons, tree by tree; of sums that fit into registers there are copies."""
    leaves = np.ldexp(node.leaves.values.astype(np.float64), -shift)
    outputs = sorted({tree.output for tree in node.trees}) if leaves.shape[1] == 1 else list(range(leaves.shape[1]))
    sums = {o: unit.local("sum") for o in outputs} if len(outputs) <= MOST_SUMS else {}
    lines = [f"{unit.real} {own} = {name}[{o}];" for o, own in sums.items()]
    cells = {o: sums.get(o, f"{name}[{o}]") for o in outputs}
    for tree in node.trees:
        lines += _Branches(unit, tree, leaves, x, cells).subtree(0, right_children(tree.feature))
    lines += [f"{name}[{o}] = {own};" for o, own in sums.items()]
    return ["{", *(f"    {line}" for line in lines), "}"]


@dataclass(frozen=True, eq=False)
class _Branches:
    """One tree as nested comparisons."""

    unit: Unit
    tree: Tree
    leaves: np.ndarray
    x: Vector
    cells: dict[int, str]

    def subtree(self, i: int, right: np.ndarray) -> list[str]:
        """Return the statements of the subtree at node i."""
        feature = int(self.tree.feature[i])
        if feature < 0:
            row = self.leaves[self.tree.leaf[i]]
            places = [self.tree.output] if len(row) == 1 else range(len(row))
            return [f"{self.cells[o]} += {self.unit.number(value)};" for o, value in zip(places, row, strict=True)]
        threshold = self.tree.threshold[i : i + 1]
        read = self.x.compared(self.unit, threshold, str(feature))
        cut = literal(threshold[0], self.x.ctype)
        goes_left = f"!({read} > {cut})" if self.tree.default_left[i] and self.x.absent[feature] else f"{read} <= {cut}"
        left = self.subtree(i + 1, right)
        other = self.subtree(int(right[i]), right)
        return [f"if ({goes_left}) {{", *_in(left), "} else {", *_in(other), "}"]


def _in(lines: list[str]) -> list[str]:
    return [f" {line}" for line in lines]


def _packed(unit: Unit, node: Forest, x: Vector, name: str, shift: int) -> list[str]:
    """Return tests that are made once, and the walk over trees in preorder.

    A record has the number of its test and, less one, how many leaves are to its left: as many records and leaves are skipped on the
    way to the right. A subtree of one leaf has no record.
    """
    tests = _Tests.of(node, x)
    records, leaf, skips = [], [], []
    for tree in node.trees:
        records += [tests.number(tree, i, x) for i in np.flatnonzero(tree.feature >= 0).tolist()]
        skips += _skips(tree)
        leaf += tree.leaf[tree.feature < 0].tolist()
    skip_bits = max(1, (max(skips) - 1).bit_length())
    joined = np.array(records, dtype=np.int64) << skip_bits | (np.array(skips, dtype=np.int64) - 1)
    bits = max(1, int(joined.max()).bit_length())
    bits = _rounded(bits, len(joined))
    record = codes(unit, "records", joined, bits).replace("@", "i")
    return [
        "{",
        f"    uint8_t passed[{(len(tests.cuts) + 7) // 8}] = {{0}};",
        "    unsigned t, n, i, j, first = 0, leaf = 0;",
        *tests.statements(unit, x),
        f"    for (t = 0; t < {len(node.trees)}; t++) {{",
        f"        n = {_counts(unit, node)};",
        "        i = first;",
        "        j = leaf;",
        "        first += n - 1;",
        "        leaf += n;",
        "        while (n > 1) {",
        f"            const uint{16 if bits <= 16 else 32}_t record = (uint{16 if bits <= 16 else 32}_t){record};",
        f"            const unsigned skip = (record & {(1 << skip_bits) - 1}u) + 1u, test = (unsigned)(record >> {skip_bits});",
        "            if (passed[test >> 3] >> (test & 7u) & 1u) {",
        "                n = skip;",
        "                i++;",
        "            } else {",
        "                n -= skip;",
        "                i += skip;",
        "                j += skip;",
        "            }",
        "        }",
        *(f"        {line}" for line in _leaf_lines(unit, node, np.array(leaf), name, shift)),
        "    }",
        "}",
    ]


def _rounded(bits: int, count: int) -> int:
    """Return the bits of a record: whole words where these cost less than the code that reads others."""
    whole = 8 if bits <= 8 else max(16, bits)
    return bits if count * (whole - bits) / 8 > 48 else whole


def _skips(tree: Tree) -> list[int]:
    """Return the number of leaves to the left of each split."""
    right = right_children(tree.feature)
    before = np.concatenate(([0], np.cumsum(tree.feature < 0)))
    return [int(before[right[i]] - before[i + 1]) for i in np.flatnonzero(tree.feature >= 0).tolist()]


def _counts(unit: Unit, node: Forest) -> str:
    counts = [int((tree.feature < 0).sum()) for tree in node.trees]
    if len(set(counts)) == 1:
        return f"{counts[0]}u"
    return codes(unit, "leaf_counts", np.array(counts), 8 if max(counts) < 256 else 16).replace("@", "t")


def _leaf_lines(unit: Unit, node: Forest, leaf: np.ndarray, name: str, shift: int) -> list[str]:
    table = np.ldexp(node.leaves.values.astype(np.float64), -shift).astype(np.float32)
    encoding = None if shift else node.leaves.encoding
    if table.shape[1] > 1:
        return _wide_leaf_lines(unit, node, leaf, table, name)
    stored = block(unit, "leaves", table[leaf, 0], encoding)
    outputs = [tree.output for tree in node.trees]
    count = len(node.bias.values)
    if not any(outputs):
        place = "0"
    elif outputs == [t % count for t in range(len(outputs))]:
        place = f"t % {count}u"
    else:
        place = codes(unit, "outputs", np.array(outputs), 8 if max(outputs) < 256 else 16).replace("@", "t")
    return [f"{name}[{place}] += {stored.at('j', unit)};"]


def _wide_leaf_lines(unit: Unit, node: Forest, leaf: np.ndarray, table: np.ndarray, name: str) -> list[str]:
    width = table.shape[1]
    if len(table) < len(leaf) / 2:
        row = codes(unit, "rows", leaf, _rounded(max(1, (len(table) - 1).bit_length()), len(leaf))).replace("@", "j")
        stored = block(unit, "leaves", table, node.leaves.encoding)
    else:
        row, stored = "j", block(unit, "leaves", table[leaf], node.leaves.encoding)
    return [f"n = {row} * {width}u;", f"for (i = 0; i < {width}; i++)", f"    {name}[i] += {stored.at('n + i', unit)};"]


@dataclass(frozen=True, eq=False)
class _Tests:
    """The different comparisons of a forest, by feature, then those that send NaN left last."""

    keys: dict[tuple[int, bool, float], int]
    cuts: np.ndarray
    counts: list[int]
    both: bool

    @classmethod
    def of(cls, node: Forest, x: Vector) -> _Tests:
        found = sorted({key for tree in node.trees for key in _keys(tree, x)})
        both = any(key[1] for key in found)
        features = range(found[-1][0] + 1)
        kinds = [(f, left) for f in features for left in ((False, True) if both else (False,))]
        counted: dict[tuple[int, bool], int] = dict.fromkeys(kinds, 0)
        for key in found:
            counted[key[:2]] += 1
        cuts = np.array([key[2] for key in found], dtype=np.float32)
        return cls({key: n for n, key in enumerate(found)}, cuts, list(counted.values()), both)

    def number(self, tree: Tree, i: int, x: Vector) -> int:
        """Return the number of the test of a split."""
        return self.keys[_key(tree, i, x)]

    def statements(self, unit: Unit, x: Vector) -> list[str]:
        """Return the statements that make all tests."""
        cut = block(unit, "thresholds", self.cuts, compared=x.ctype).at("t", unit)
        most = max(self.counts)
        count = codes(unit, "tests", np.array(self.counts), 8 if most < 256 else 16).replace("@", "i")
        read = x.compared(unit, self.cuts, "i >> 1" if self.both else "i")
        test = f"value <= {cut}" + (" || ((i & 1u) && value != value)" if self.both else "")
        return [
            "    t = 0;",
            f"    for (i = 0; i < {len(self.counts)}; i++) {{",
            f"        const {x.ctype} value = {read};",
            f"        for (n = {count}; n > 0; n--, t++)",
            f"            if ({test})",
            "                passed[t >> 3] = (uint8_t)(passed[t >> 3] | 1u << (t & 7u));",
            "    }",
        ]


def _keys(tree: Tree, x: Vector) -> list[tuple[int, bool, float]]:
    return [_key(tree, i, x) for i in np.flatnonzero(tree.feature >= 0).tolist()]


def _key(tree: Tree, i: int, x: Vector) -> tuple[int, bool, float]:
    feature = int(tree.feature[i])
    return feature, bool(tree.default_left[i] and x.absent[feature]), float(tree.threshold[i] + np.float32(0))
