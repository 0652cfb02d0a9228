"""The nodes of a program: what a lowered model is made of.

A program reads one row (the evaluator: many at once) in three steps: decoders turn source columns into a matrix of
float32 features, the body turns features into one score per output, the link turns scores into what is predicted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from automicro.program.weights import Weights

__all__ = [
    "Activation",
    "Affine",
    "Attention",
    "Chain",
    "Decoder",
    "Distances",
    "Forest",
    "Grams",
    "Labels",
    "Link",
    "Lookup",
    "Missing",
    "Nearest",
    "Node",
    "Numeric",
    "OneHot",
    "Pool",
    "PoolKind",
    "Program",
    "Propagate",
    "Scale",
    "Statistic",
    "StepTables",
    "Sum",
    "Summary",
    "Tokens",
    "Tree",
    "feature_count",
]

PoolKind = Literal["sum", "mean", "max", "count"]
Link = Literal["identity", "exp", "sigmoid", "softmax"]
Statistic = Literal[
    "mean",
    "spread",
    "minimum",
    "maximum",
    "slope",
    "first",
    "last",
    "change",
    "crossings",
    "length",
    "energy 2",
    "energy 4",
    "energy 8",
    "energy 16",
    "energy 32",
]
Labels = tuple[str, ...] | tuple[int, ...] | tuple[bool, ...] | tuple[float, ...]


@dataclass(frozen=True)
class Numeric:
    """One feature: a numeric column less `offset`, as float32.

    The offset is subtracted in float64, of whole numbers exactly, before the difference is rounded; all numeric decoders of a column have
    the same one. Infinities become the largest finite float32 of their sign; missing values become `fill`, or stay NaN if it is None.
    """

    column: int
    fill: float | None = None
    offset: float = 0.0


@dataclass(frozen=True)
class Missing:
    """One feature: 1.0 where the column is missing, else 0.0."""

    column: int


@dataclass(frozen=True)
class OneHot:
    """One feature per listed level: 1.0 where the column has that level, else 0.0. The level None is the missing value.

    A level that is not listed (rare or unseen) becomes zeros.
    """

    column: int
    levels: tuple[str | None, ...]


@dataclass(frozen=True)
class Lookup:
    """One feature: the value listed for the column's level, else `default`. The level None is the missing value."""

    column: int
    levels: tuple[str | None, ...]
    values: Weights
    default: float


@dataclass(frozen=True)
class Grams:
    """One feature for each listed bucket: how much of a text falls into it; a missing text is an empty one.

    A text becomes lower-case tokens (`automicro.program.inputs.texts`), each cut to its first `prefix` characters (0: whole). Grams are
    `low` to `high` tokens that follow each other, or so many characters of the tokens joined, with spaces around. A gram falls into one of
    2**bits buckets by its hash. The feature is the number of its grams if `counted`, else 1.0 if there are any; divided by the
    square root of the number of all grams of the text if `scaled`. Source: feature hashing (Weinberger et al., ICML 2009).
    """

    column: int
    unit: Literal["word", "character"]
    low: int
    high: int
    bits: int
    buckets: tuple[int, ...]
    prefix: int = 0
    counted: bool = False
    scaled: bool = True


@dataclass(frozen=True)
class Summary:
    """One feature: a statistic of a window of a series, 0.0 where nothing of the series was observed.

    Of the n values that are not NaN, window w of the 2**level windows holds numbers (n w) >> level to (n (w + 1)) >> level, at least one.
    `automicro.program.inputs.series` says what each statistic is.
    """

    column: int
    statistic: Statistic
    level: int = 0
    window: int = 0


Decoder = Numeric | Missing | OneHot | Lookup | Grams | Summary


def feature_count(decoder: Decoder) -> int:
    """Return how many features a decoder makes."""
    if isinstance(decoder, OneHot):
        return len(decoder.levels)
    return len(decoder.buckets) if isinstance(decoder, Grams) else 1


@dataclass(frozen=True)
class Affine:
    """scores = weights @ features + bias, with weights (outputs, inputs) and bias (outputs,)."""

    weights: Weights
    bias: Weights


@dataclass(frozen=True)
class Activation:
    """An elementwise function; decay is exp(-x)."""

    kind: Literal["relu", "tanh", "sigmoid", "decay"]


@dataclass(frozen=True)
class Scale:
    """The elementwise product with `factors`, (inputs,); a factor of 0 does not read its feature.

    Unlike an affine map it leaves the weights around it on the grids that they were rounded to.
    """

    factors: Weights


@dataclass(frozen=True)
class StepTables:
    """A bias plus a sum of one-feature step functions.

    Table t reads feature `features[t]`, adds to output `outputs[t]`, and has `pieces[t]` values and one cut less: with ascending
    cuts c, a feature x falls into piece number count(c < x), so `x <= c[0]` is piece 0. Cuts and values of all tables follow one
    after the other. A NaN adds `missing[t]`; where `missing` is None the features hold no NaN.
    """

    features: tuple[int, ...]
    outputs: tuple[int, ...]
    pieces: tuple[int, ...]
    cuts: Weights
    values: Weights
    bias: Weights
    missing: Weights | None = None


@dataclass(frozen=True, eq=False)
class Tree:
    """One binary tree in preorder: the left child of node i is i + 1.

    All arrays are (nodes,). `feature` is -1 at a leaf. At a split, a row goes left if `x <= threshold`, right if it is greater, and
    where x is NaN left if `default_left`. `leaf` is the row of the forest's `leaves` that a leaf adds (0 at a split).
    `output` is the output that a leaf of width 1 adds to (0 where leaves are as wide as the outputs).
    """

    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    default_left: NDArray[np.bool_]
    leaf: NDArray[np.int32]
    output: int = 0


@dataclass(frozen=True)
class Forest:
    """A bias (outputs,) plus, for every tree, the reached row of `leaves`: (distinct leaves, 1) or (distinct leaves, outputs)."""

    trees: tuple[Tree, ...]
    leaves: Weights
    bias: Weights


@dataclass(frozen=True)
class Tokens:
    """Tokens of `width` numbers each, made of features: what `Attention` weighs and sums.

    Token t owns the next `sizes[t]` of `features`. It is `positions[t]` plus the sum of its features times their rows of `weights`,
    which are (features, width), or (size, width) where one projection is shared by tokens of equal size. A feature that is NaN is
    absent and adds nothing, one that is 0 likewise where `sparse`; a token without any feature is absent, which NaN says.
    Sources: the feature tokenizer of Gorishniy et al. (2021), the patches of Dosovitskiy et al. (2021).
    """

    features: tuple[int, ...]
    sizes: tuple[int, ...]
    weights: Weights
    positions: Weights
    sparse: bool = False

    @property
    def shared(self) -> bool:
        """Whether one projection serves all tokens."""
        return len(self.weights.values) < len(self.features)


@dataclass(frozen=True)
class Attention:
    """Heads that weigh tokens, of which those with a number that is not finite are absent: never weighed, and NaN if they ask.

    Without `mixing` every head pools the tokens: the weight of token z is the softmax over tokens of `queries[head] @ z`, and the
    output is the weighted sum of tokens, 0 if there is none, one head after the other; `queries` are (heads, width). With `mixing`,
    (width, heads * width), every token s asks, with `s @ queries[head]`, and becomes s + mixing @ (its weighted sums, one head after
    the other); `queries` are (heads, width, width). Keys and values need no projection of their own: they are folded into queries
    and into what follows.

    Sources: self-attention of Vaswani et al. (2017); pooling by learned queries as in the Set Transformer (Lee et al., 2019).
    """

    queries: Weights
    mixing: Weights | None = None

    @property
    def width(self) -> int:
        """Numbers of a token."""
        return int(self.queries.values.shape[1])

    def outputs(self, inputs: int) -> int:
        """Return the number of outputs over some inputs."""
        return inputs if self.mixing is not None else int(self.queries.values.size)


@dataclass(frozen=True)
class Distances:
    """Squared distances to points: output i = sum over features j of relevances[j] * (x[j] - points[i, j]) ** 2.

    Points are (outputs, inputs); relevances, none negative, (inputs,) or one row for each point. One of 0 does not read its feature.
    """

    points: Weights
    relevances: Weights


@dataclass(frozen=True)
class Nearest:
    """The score of output o is the largest bias[i] - x[i] over the inputs i with owners[i] = o; every output owns at least one.

    Without `bias` it counts as 0. With `otherwise` there is one more, last output, whose score that number always is.
    """

    owners: tuple[int, ...]
    bias: Weights | None = None
    otherwise: float | None = None

    @property
    def outputs(self) -> int:
        """Number of scores."""
        return max(self.owners) + 1 + (self.otherwise is not None)


@dataclass(frozen=True)
class Chain:
    """Nodes one after the other, each reading the outputs of the one before."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Sum:
    """The sum of the outputs of several nodes that read the same features."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Propagate:
    """Messages along the edges of a graph; rows are nodes, every feature goes its own way. `hops` rounds, one after the other.

    In one round a node gets `own` times what it has, and from every incoming edge its weight times what the sending node has; the
    weight is 1, or edge attribute number `attribute`. The degree of a node is `own` plus the weights of its incoming edges.

    - ``"sum"``: all of it is added up (Xu et al., "How powerful are graph neural networks?", ICLR 2019);
    - ``"mean"``: the sum is divided by the node's degree (Hamilton et al., "Inductive representation learning on large graphs",
      NeurIPS 2017);
    - ``"symmetric"``: each part is divided by the roots of the degrees of the sending and the receiving node (Kipf and Welling,
      "Semi-supervised classification with graph convolutional networks", ICLR 2017);
    - ``"max"``: the largest of it, its own left out if `own` is 0, and 0 if there is none.

    What is divided by a degree that is not positive becomes 0.
    """

    kind: Literal["sum", "mean", "symmetric", "max"]
    hops: int = 1
    own: float = 1.0
    attribute: int | None = None


@dataclass(frozen=True)
class Pool:
    """One row for each graph: item i is the sum, mean or maximum of feature `features[i]` over the graph's nodes.

    A ``"count"`` is the number of nodes and reads no feature; its feature is -1. A graph without nodes gives zeros.
    """

    kinds: tuple[PoolKind, ...]
    features: tuple[int, ...]


Node = (
    Affine
    | Activation
    | Scale
    | StepTables
    | Forest
    | Tokens
    | Attention
    | Distances
    | Nearest
    | Chain
    | Sum
    | Propagate
    | Pool
)


@dataclass(frozen=True)
class Program:
    """A complete model: raw row in, prediction out.

    Parameters
    ----------
    columns : int
        Number of source columns of a row.
    decoders : tuple of Decoder
        Their features, one decoder after the other, are the inputs of the body.
    body : Node
    link : {"identity", "exp", "sigmoid", "softmax"}
        What turns scores into the prediction; sigmoid goes with one score and two classes.
    labels : tuple of str, int or bool, optional
        Class labels in the order of the scores; None for regression.
    limits : tuple of float, optional
        Least and greatest prediction under the link identity or exp.
    """

    columns: int
    decoders: tuple[Decoder, ...]
    body: Node
    link: Link
    labels: Labels | None = None
    limits: tuple[float, float] | None = None
