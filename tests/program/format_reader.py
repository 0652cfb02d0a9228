"""A second reader of packed programs, written from docs/reference/format.md: it shares no code with the package."""

from __future__ import annotations

import struct
from typing import Any

from format_attention import attention, tokens
from format_derived import derived
from format_extensions import header, offsets
from format_graphs import GRAPH_NODES, after_graph_node, graph_node, graph_usage
from format_prototypes import distances, nearest
from format_source import LARGEST, Chances, Lengths, Source, block, need, value_set
from format_texts import texts

LINKS = ("identity", "exp", "sigmoid", "softmax")
LABEL_CHANCES = ((59, 1, 1, 1, 1, 1), (59, 1, 1, 1, 1, 1), (1, 5, 2, 2, 5, 1), (1, 5, 2, 2, 5, 1))
PLAIN, FILLED, MISSING, ONE_HOT, LOOKUP, GRAMS, SUMMARY = range(7)
Inputs = list[tuple[bool, bool]]  # of every input, whether it is 0 or 1, and whether it can be NaN
Node = dict[str, Any]


def read(data: bytes) -> tuple[dict[str, Any], Source]:
    """Return what a packed program holds, and the source that tells how it was read."""
    need(data[:1] in (b"\xb5", b"\xb7"))
    s = Source(data[1:])
    columns = s.number("columns - 1", 4) + 1
    has_offsets, link, limits = header(s, extended=data[:1] == b"\xb7")
    decoders = layout(s, columns)
    if has_offsets:
        offsets(s, decoders, (PLAIN, FILLED))
    inputs = [(is_binary(d), d["kind"] == PLAIN) for d in decoders for _ in range(features_of(d))]
    body = node(s, inputs, 0)
    fills(s, decoders, body)
    labels, kind = read_labels(s, link, outputs_of(body, len(inputs)))
    lists = [d["levels"] for d in decoders if d["kind"] in (ONE_HOT, LOOKUP)]
    if kind == 4 and labels is not None:
        lists.append(labels)
    if lists:
        texts(s, lists)
        need(kind != 4 or None not in lists[-1])
    need(limits is None or labels is None)
    told = {"columns": columns, "link": LINKS[link], "limits": limits}
    return {**told, "decoders": decoders, "body": body, "labels": labels}, s


def features_of(d: dict[str, Any]) -> int:
    return len(d["levels"]) if d["kind"] == ONE_HOT else len(d["grams"]["buckets"]) if d["kind"] == GRAMS else 1


def is_binary(d: dict[str, Any]) -> bool:
    flags = d["kind"] == GRAMS and not d["grams"]["counted"] and not d["grams"]["scaled"]
    return flags or d["kind"] in (MISSING, ONE_HOT)


def layout(s: Source, count: int) -> list[dict[str, Any]]:
    if s.uniform("columns are listed", 2):
        length = s.number("decoders", 3)
        s.claim(length)
        columns = [s.uniform("column", count) for _ in range(length)]
    else:
        used = s.uniform("columns read", count + 1)
        s.claim(used)
        columns = s.ascending("column", used, 0, count - 1)
        if columns and s.uniform("some are read again", 2):
            again, distinct, columns = Chances([1, 1], 2), columns, []
            for column in distinct:
                columns.append(column)
                while s.learnt("again", again):
                    s.claim(1)
                    columns.append(column)
    if not columns:
        return []
    same = s.choice("kind of all + 1", (32, 24, 32, 8, 16, 16, 4, 4))
    kinds = Chances([8, 8, 8, 8, 8, 1, 1], 16)
    read_kinds = [same - 1 if same else s.learnt("kind", kinds) for _ in columns]
    one_hot, lookup, decoders = Lengths(), Lengths(), []
    for column, kind in zip(columns, read_kinds, strict=True):
        size = 0
        if kind == ONE_HOT:
            size = s.learnt_number("levels - 1", one_hot) + 1
        elif kind == LOOKUP:
            size = s.learnt_number("levels", lookup)
        s.claim(size)
        decoders.append({"column": column, "kind": kind, "levels": [None] * size})
    derived(s, decoders, GRAMS, SUMMARY)
    return decoders


def node(s: Source, inputs: Inputs, depth: int) -> Node:
    need(depth <= 8)
    kind = s.choice("node", (9, 9, 9, 1, 3, 1, 1, 1, 1, 1, 1, 1, 1))
    if kind in (1, 2):
        return (tables, forest)[kind - 1](s, inputs)
    if kind in (9, 10):
        return graph_node(s, kind == 10, len(inputs))
    if kind not in (3, 4):
        return {0: affine, 5: activation, 6: scale, 7: tokens, 8: attention, 11: distances, 12: nearest}[kind](
            s, len(inputs)
        )
    count = s.number("nodes - 1", 0) + 1
    s.claim(count)
    parts = []
    for _ in range(count):
        parts.append(node(s, inputs, depth + 1))
        if kind == 3:
            width = outputs_of(parts[-1], len(inputs))
            s.claim(width)
            inputs = after_graph_node(parts[-1], inputs) or [(False, True)] * width
    need(kind == 3 or len({outputs_of(part, len(inputs)) for part in parts}) == 1)
    return {"node": "chain" if kind == 3 else "sum", "nodes": parts}


def affine(s: Source, inputs: int) -> Node:
    outputs = s.number("outputs - 1", 0) + 1
    weights = block(s, "weights", outputs * inputs)
    return {"node": "affine", "weights": weights, "bias": block(s, "bias", outputs, weights)}


def activation(s: Source, inputs: int) -> Node:
    return {"node": ("relu", "tanh", "sigmoid", "decay")[s.uniform("activation", 4)]}


def scale(s: Source, inputs: int) -> Node:
    return {"node": "scale", "factors": block(s, "factors", inputs)}


def outputs_of(body: Node, inputs: int) -> int:
    if "bias" in body:
        return len(body["bias"])
    if body["node"] == "tokens":
        return len(body["positions"])
    if body["node"] == "attention":
        return inputs if body["mixing"] else len(body["queries"])
    if body["node"] == "pool":
        return len(body["items"])
    if "outputs of" in body:
        return int(body["outputs of"])
    if body["node"] == "sum":
        return outputs_of(body["nodes"][0], inputs)
    for part in body.get("nodes", []):
        inputs = outputs_of(part, inputs)
    return inputs


def read_cuts(s: Source, binary: list[bool], least: int) -> list[list[float]]:
    granted = s.uniform("0.5 is granted", 2) if any(binary) else 0
    lengths = Lengths()
    sizes = [0 if b and granted else s.learnt_number(f"cuts - {least}", lengths) + least for b in binary]
    s.claim(sum(sizes) + granted * sum(binary))
    singles = iter(block(s, "single cuts", sizes.count(1)))
    cuts = []
    for size, is_binary in zip(sizes, binary, strict=True):
        if is_binary and granted:
            cuts.append([0.5])
        elif size == 1:
            cuts.append([next(singles)])
        elif size == 0 or s.uniform("cuts are halves", 2):
            cuts.append([k + 0.5 for k in range(size)])
        else:
            cuts.append(value_set(s, "cuts", size))
    return cuts


def tables(s: Source, inputs: Inputs) -> Node:
    outputs = s.number("outputs - 1", 0) + 1
    features = s.ascending("feature", s.uniform("features", len(inputs) + 1), 0, len(inputs) - 1)
    if not features:
        return {"node": "tables", "tables": [], "missing": None, "bias": block(s, "bias", outputs)}
    shape = s.uniform("shape", 3)
    pairs = [(f, 0) for f in range(len(features))]
    if shape == 1:
        s.claim(len(features) * outputs)
        there = Chances([1, 1], 1)
        every = [(f, o) for f in range(len(features)) for o in range(outputs)]
        pairs = [pair for pair in every if s.learnt("table is there", there)]
    elif shape == 2:
        count = s.number("tables", 2)
        s.claim(count)
        pairs = [(s.uniform("feature", len(features)), s.uniform("output", outputs)) for _ in range(count)]
    least = 1 - s.choice("some have no cut", (15, 1))
    pool = read_cuts(s, [inputs[f][0] for f in features], least)
    cuts = [pool[f] for f, _ in pairs]
    if shape:
        for table, (f, _) in enumerate(pairs):
            size = s.uniform("own cuts", len(pool[f]) + 1)
            s.claim(size)
            cuts[table] = [pool[f][k] for k in s.ascending("own cut", size, 0, len(pool[f]) - 1)]
    need(len(pairs) > 0)
    s.claim(sum(len(own) + 1 for own in cuts))
    anchored = s.uniform("first pieces are 0", 2)
    read_values = iter(block(s, "values", sum(len(own) + 1 - anchored for own in cuts)))
    values = [[0.0] * anchored + [next(read_values) for _ in range(len(own) + 1 - anchored)] for own in cuts]
    missing = None
    can_miss = [inputs[features[f]][1] for f, _ in pairs]
    if any(can_miss) and s.uniform("values for NaN", 2):
        known = iter(block(s, "values for NaN", sum(can_miss)))
        missing = [next(known) if possible else 0.0 for possible in can_miss]
    bias = block(s, "bias", outputs, [v for own in values for v in own])
    made = [(features[f], o, c, v) for (f, o), c, v in zip(pairs, cuts, values, strict=True)]
    return {"node": "tables", "tables": made, "missing": missing, "bias": bias}


def forest(s: Source, inputs: Inputs) -> Node:
    outputs = s.number("outputs - 1", 0) + 1
    count = s.number("trees", 1)
    s.claim(count)
    features = s.ascending("feature", s.uniform("features", len(inputs) + 1), 0, len(inputs) - 1)
    cuts = read_cuts(s, [inputs[f][0] for f in features], 1)
    targets = s.uniform("targets", 3) if outputs > 1 else 2
    of_tree = [s.uniform("output", outputs) if targets == 1 else 0 for _ in range(count)]
    if targets == 2:
        of_tree = [t % outputs for t in range(count)]
    width = outputs if targets == 0 else 1
    mode = s.choice("leaf mode", (3, 3, 2, 2, 6))
    rows: list[float] = []
    chances = Chances([], 0)
    if mode < 4:
        distinct = s.number("leaves - 1", 3) + 1
        s.claim(distinct)
        need(distinct <= (4096 if mode else 1 << 22))
        rows = value_set(s, "leaves", distinct) if width == 1 else block(s, "leaves", distinct * width)
        chances = Chances([1] * distinct, (0, 1, 2, 4)[mode])
    trees, leaves = Trees(s, features, cuts, inputs, chances if mode < 4 else None).read(count)
    if mode == 4:
        rows = block(s, "leaves", leaves * width)
    bias = block(s, "bias", outputs, rows)
    made = [rows[k : k + width] for k in range(0, len(rows), width)]
    return {"node": "forest", "trees": trees, "outputs": of_tree, "leaves": made, "bias": bias}


class Trees:
    """Reads the trees of a forest, node after node in preorder."""

    def __init__(
        self, s: Source, features: list[int], cuts: list[list[float]], inputs: Inputs, leaf: Chances | None
    ) -> None:
        self.s, self.features, self.cuts, self.leaf = s, features, cuts, leaf
        self.missing = [inputs[f][1] for f in features]
        self.leaves = 0

    def read(self, count: int) -> tuple[list[list[tuple[Any, ...]]], int]:
        if not self.features:
            return [[self.read_leaf()] for _ in range(count)], self.leaves
        s = self.s
        self.direction = s.uniform("NaN goes", 3) if any(self.missing) else 0
        self.bounded = not s.choice("splits may repeat", (15, 1))
        self.gain = (-1, 0, 1, 3)[s.choice("split gain", (6, 6, 2, 2))]
        pairs = sum(map(len, self.cuts))
        need(pairs <= (4096 if self.gain else 1 << 22))
        self.counted = s.uniform("shapes", 2)
        self.open, self.splits = count, 0
        if self.counted:
            self.splits = pairs if self.gain < 0 else pairs + s.number("splits - pairs", 2)
            need(count + self.splits <= 256)
        self.at_depth = [Chances([1, 1], 2) for _ in range(8)]
        self.of = [[1] * len(own) for own in self.cuts]
        self.lefts = Chances([1, 1], 1)
        return [self.read_tree() for _ in range(count)], self.leaves

    def read_leaf(self) -> tuple[Any, ...]:
        self.leaves += 1
        return (-1, self.leaves - 1 if self.leaf is None else self.s.learnt("leaf", self.leaf))

    def is_split(self, depth: int) -> bool:
        if not self.counted:
            return bool(self.s.learnt("split", self.at_depth[min(depth, 7)]))
        split = 0
        if self.splits:
            chances = ((self.open - 1) * (self.splits + self.open), (self.open + 1) * self.splits)
            split = self.s.choice("split", chances)
        self.open += 1 if split else -1
        self.splits -= split
        return bool(split)

    def read_tree(self) -> list[tuple[Any, ...]]:
        nodes: list[tuple[Any, ...]] = []
        todo: list[tuple[int, dict[int, tuple[int, int]]]] = [(0, {})]
        while todo:
            depth, bounds = todo.pop()
            self.s.claim(1)
            if not self.is_split(depth):
                nodes.append(self.read_leaf())
                continue
            place, cut = self.read_pair(bounds)
            to_left = self.missing[place] and self.direction == 1
            if self.missing[place] and self.direction == 2:
                to_left = bool(self.s.learnt("NaN goes left", self.lefts))
            nodes.append((self.features[place], self.cuts[place][cut], to_left))
            left, right = bounds, bounds
            if self.bounded:
                low, high = bounds.get(place, (0, len(self.cuts[place])))
                left, right = {**bounds, place: (low, cut)}, {**bounds, place: (cut + 1, high)}
            todo += [(depth + 1, right), (depth + 1, left)]
        return nodes

    def read_pair(self, bounds: dict[int, tuple[int, int]]) -> tuple[int, int]:
        """Read one of the pairs that bounds allow."""
        allowed = []
        for place, own in enumerate(self.of):
            low, high = bounds.get(place, (0, len(own)))
            allowed += [(place, cut) for cut in range(low, high)]
        chances = Chances([self.of[place][cut] for place, cut in allowed], 0)
        place, cut = allowed[self.s.learnt("pair", chances)]
        self.of[place][cut] += self.gain
        if self.gain and sum(map(sum, self.of)) > 65536:
            self.of = [[(chance + 1) // 2 for chance in own] for own in self.of]
        return place, cut


def used_cuts(body: Node, computed: set[int], compared: dict[int, set[float]]) -> bool:
    """Collect features that are computed with or compared; return whether all positions matter."""
    if body["node"] == "affine":
        outputs = len(body["bias"])
        width = len(body["weights"]) // outputs
        computed |= {k % width for k, weight in enumerate(body["weights"]) if weight}
    elif body["node"] == "tables":
        for feature, _, cuts, _ in body["tables"]:
            compared.setdefault(feature, set()).update(cuts)
    elif body["node"] == "forest":
        for feature, *rest in (n for tree in body["trees"] for n in tree if n[0] >= 0):
            compared.setdefault(feature, set()).add(rest[0])
    elif body["node"] in GRAPH_NODES or (body["node"] == "chain" and body["nodes"][0]["node"] in GRAPH_NODES):
        return graph_usage(body, computed, used_cuts)
    elif body["node"] == "chain" and body["nodes"][0]["node"] == "scale" and len(body["nodes"]) > 1:
        computed |= {k for k, factor in enumerate(body["nodes"][0]["factors"]) if factor}
        scaled: dict[int, set[float]] = {}
        positional = used_cuts({"node": "chain", "nodes": body["nodes"][1:]}, computed, scaled)
        computed |= set(scaled)
        return positional
    elif body["node"] in ("tokens", "distances"):
        relevances = enumerate(body.get("relevances", []))
        computed |= set(body.get("features", [])) | {k % body["inputs"] for k, relevance in relevances if relevance}
    elif body["node"] in ("chain", "sum"):
        parts = body["nodes"][:1] if body["node"] == "chain" else body["nodes"]
        return any(used_cuts(part, computed, compared) for part in parts)
    else:
        return True
    return False


def fills(s: Source, decoders: list[dict[str, Any]], body: Node) -> None:
    """Read the fills and the values of look-ups into decoders."""
    computed: set[int] = set()
    compared: dict[int, set[float]] = {}
    positional, feature = used_cuts(body, computed, compared), 0
    for d in decoders:
        is_known = not positional and feature in compared and feature not in computed
        d["cuts"] = sorted(compared[feature]) if is_known else None
        feature += features_of(d)
    filled = [d for d in decoders if d["kind"] == FILLED]
    by_piece = [d for d in filled if d["cuts"] is not None]
    if by_piece and s.uniform("fills are ends of pieces", 2):
        for d in by_piece:
            ends = [*d["cuts"], LARGEST]
            d["fill"] = ends[s.uniform("fill", len(ends))]
    blocked = [d for d in filled if "fill" not in d]
    for d, fill in zip(blocked, block(s, "fills", len(blocked)), strict=True):
        d["fill"] = fill
    lookups(s, [d for d in decoders if d["kind"] == LOOKUP])
    for d in decoders:
        del d["cuts"]


def lookups(s: Source, found: list[dict[str, Any]]) -> None:
    ranked = [d for d in found if d["cuts"] and d["cuts"] == [k + 0.5 for k in range(len(d["cuts"]))]]
    if ranked and s.uniform("look-ups hold ranks", 2):
        for d in ranked:
            pieces = len(d["cuts"]) + 1
            default = s.uniform("default", pieces)
            ranks = [s.uniform("rank", pieces - 1) for _ in d["levels"]]
            d["default"], d["values"] = default, [rank + (rank >= default) for rank in ranks]
    left = [d for d in found if "values" not in d]
    numbers = iter(block(s, "look-ups", len(left) + sum(len(d["levels"]) for d in left)))
    for d in left:
        d["default"] = next(numbers)
    for d in left:
        d["values"] = [next(numbers) for _ in d["levels"]]


def read_labels(s: Source, link: int, outputs: int) -> tuple[list[Any] | None, int]:
    kind = s.choice("kind of labels", LABEL_CHANCES[link])
    if kind == 0:
        return None, kind
    count = 2 if link == 2 else outputs
    s.claim(count)
    if kind == 2:
        return [bool(s.uniform("label", 2)) for _ in range(count)], kind
    if kind == 5:
        halves = [(s.uniform("label, high", 1 << 32), s.uniform("label, low", 1 << 32)) for _ in range(count)]
        return [struct.unpack(">d", struct.pack(">II", *both))[0] for both in halves], kind
    labels = list(range(count))
    if kind == 3:
        before = 0
        for k in range(count):
            before = labels[k] = before + 1 + s.signed("label, before + 1 +", 0)
    return labels, kind
