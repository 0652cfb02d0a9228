"""From prepared rows to networks of falling precision, trained in one go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from automicro_attention.layout import layout_of
from automicro_attention.network import (
    BIAS_FINER,
    Rounding,
    Rows,
    Shape,
    begin,
    forward,
    rounded,
    short_steps,
    steps_of,
)
from automicro_attention.targets import target_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from automicro.plugin import TrainingData
    from automicro_attention.layout import Layout
    from automicro_attention.network import Tensors
    from automicro_attention.space import Setting
    from automicro_attention.targets import Target

__all__ = ["Stage", "Trained", "rows_of", "train"]

ROUNDINGS = {"coarse": (4, 3, 2), "fine": (8, 6, 5)}
BATCH, SMALL_BATCH, SMALL = 256, 64, 2500
EPOCHS, WORD_EPOCHS = 60, 15  # passes over the rows without rounding; each rounding takes a third of their steps
FEWEST, MOST = 400, 3000  # steps without rounding
RATE, DECAY = 1e-2, 0.3
LONGEST = 5.0  # gradient
PROBED = 4096  # rows on which the worth of tokens is judged
EXACT = Rounding(0)
NONE = np.empty(0, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Stage:
    """Weights of one precision, 0 bits for float32: blocks of numbers, and the step that those of each are multiples of."""

    bits: int
    blocks: dict[str, NDArray[np.float64]]
    steps: dict[str, float]


@dataclass(frozen=True, eq=False)
class Trained:
    """What `AttentionModel.fit` returns: one network at several precisions, the finest first, over so many features.

    `target` comes without its rows: it tells how scores become predictions. `given` names what training began from, if it was given.
    """

    layout: Layout
    activation: str
    features: int
    target: Target
    stages: tuple[Stage, ...]
    given: str = ""


def train(data: TrainingData, setting: Setting) -> Trained:
    """Train without rounding, drop tokens that do least, then train on with fewer and fewer bits in the loop."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _trained(data, setting)
    finally:
        torch.set_num_threads(threads)


def _trained(data: TrainingData, setting: Setting) -> Trained:
    target = target_of(data)
    patch = min(setting.patch, data.max_columns or setting.patch)
    layout = layout_of(data.X, data.features, patch, shared=setting.shared)
    run = _Run(
        data, layout, Shape(setting.width, setting.heads, setting.asks, setting.activation, data.outputs), target
    )
    kept = _most_tokens(data, layout, setting.kept)
    if kept < len(layout.tokens):
        run.learn(run.count // 3)
        run.drop(kept)
    run.learn(run.count)
    stages = [run.stage()]
    for rounding in map(Rounding, ROUNDINGS[setting.rounding]):
        steps = steps_of(run.weights, rounding, sparse=run.layout.sparse)
        run.learn(run.count // 3, steps, rounding)
        stages.append(run.stage(steps, rounding))
    bare = replace(target, values=NONE, weights=NONE)
    return Trained(run.layout, setting.activation, data.X.shape[1], bare, tuple(stages), run.given)


def _most_tokens(data: TrainingData, layout: Layout, kept: float) -> int:
    """Return how many tokens may be kept; a token reads one source column or more."""
    count = max(1, round(kept * len(layout.tokens)))
    if data.max_columns is None:
        return count
    widest = max(len({data.features[j].column for j in token}) for token in layout.tokens)
    return max(1, min(count, data.max_columns // widest))


class _Run:
    """A network in training: its weights, the rows as tokens, and the optimiser's loop."""

    def __init__(self, data: TrainingData, layout: Layout, shape: Shape, target: Target) -> None:
        self.layout, self.shape, self.loss = layout, shape, target.loss
        self.weights = begin(layout, shape, data.seed)
        self.values, self.row_weights = torch.from_numpy(target.values), torch.from_numpy(target.weights)
        self.rows, self.centres = rows_of(data.X, layout), _centres(layout)
        self.given = _given(data, self.weights, self.centres)
        self.batch = min(len(data.X), BATCH if len(data.X) > SMALL else SMALL_BATCH)
        epochs = WORD_EPOCHS if layout.sparse else EPOCHS
        self.count = int(np.clip(epochs * len(data.X) / self.batch, FEWEST, MOST))
        self.order = torch.Generator().manual_seed(data.seed + 1)

    def learn(self, count: int, steps: Tensors | None = None, rounding: Rounding = EXACT) -> None:
        """Take some steps of Adam under a rate that rises and falls (Smith and Topin, 2019)."""
        trained = [*self.weights.values(), *(steps or {}).values()]
        for tensor in trained:
            tensor.requires_grad_(requires_grad=True)
        rate = RATE if steps is None else RATE / 2
        optimiser = torch.optim.AdamW(trained, lr=rate, weight_decay=DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=count, pct_start=0.1)
        for rows in self._batches(count):
            optimiser.zero_grad()
            weights = rounded(self.weights, steps, rounding, self.centres)
            scores = forward(weights, self.rows.taken(rows), self.shape.activation)
            (_losses(self.loss, scores, self.values[rows]) * self.row_weights[rows]).mean().backward()
            torch.nn.utils.clip_grad_norm_(trained, LONGEST)
            optimiser.step()
            schedule.step()
        for tensor in trained:
            tensor.requires_grad_(requires_grad=False)

    def _batches(self, count: int) -> list[torch.Tensor]:
        rows = len(self.values)
        passes = -(-count * self.batch // rows)
        order = torch.cat([torch.randperm(rows, generator=self.order) for _ in range(passes)])
        return list(order[: count * self.batch].split(self.batch))

    def drop(self, kept: int) -> None:
        """Keep the tokens without which the losses of rows would change most, to first order (Molchanov et al., ICLR 2017)."""
        some = slice(0, PROBED)
        weights = rounded(self.weights, None, EXACT, self.centres)
        gates = torch.ones(self.rows.X[some].shape[:2], requires_grad=True)
        scores = forward(weights, self.rows.taken(some), self.shape.activation, gates)
        (_losses(self.loss, scores, self.values[some]) * self.row_weights[some]).sum().backward()
        worth = np.zeros(len(self.layout.tokens)) if gates.grad is None else gates.grad.abs().sum(dim=0).numpy()
        tokens = sorted(np.argsort(-worth, kind="stable")[:kept].tolist())
        self.layout = self.layout.kept(tokens)
        slots = self.layout.slots
        self.rows = Rows(self.rows.X[:, tokens, :slots].contiguous(), self.rows.there[:, tokens, :slots].contiguous())
        self.centres = self.centres[tokens, :slots]
        self.weights["positions"] = self.weights["positions"][tokens]
        if not self.layout.shared:
            self.weights["weights"] = self.weights["weights"][tokens, :slots]

    def stage(self, steps: Tensors | None = None, rounding: Rounding = EXACT) -> Stage:
        """Return the weights as they ship."""
        with torch.no_grad():
            made = rounded(self.weights, steps, rounding, self.centres)
            short = short_steps(steps or {})
        blocks = {name: tensor.numpy().astype(np.float64) for name, tensor in made.items()}
        grids = {name: float(step) for name, step in short.items()}
        if grids:
            grids = {"positions": rounding.position_step, "bias": grids["outer"] / BIAS_FINER} | grids
        return Stage(rounding.bits, blocks, grids)


def rows_of(X: NDArray[np.float32], layout: Layout) -> Rows:
    """Return features by token and slot, multiplied by their factors."""
    places = layout.places
    taken = X[:, np.maximum(places, 0)]
    there = ~np.isnan(taken) & (places >= 0)
    if layout.sparse:
        there &= taken != 0
    scaled = np.where(there, taken * layout.factors[np.maximum(places, 0)], 0.0).astype(np.float32)
    return Rows(torch.from_numpy(scaled), torch.from_numpy(there))


def _centres(layout: Layout) -> torch.Tensor:
    places = layout.places
    centres = np.where(places >= 0, layout.centres[np.maximum(places, 0)], 0.0)
    return torch.from_numpy(centres.astype(np.float32))


def _given(data: TrainingData, weights: Tensors, centres: torch.Tensor) -> str:
    """Begin with the arrays that were given, where names and shapes agree, and return which these are."""
    taken = []
    for name, array in sorted(data.start.arrays.items()) if data.start is not None else ():
        if name in weights and tuple(weights[name].shape) == array.shape:
            weights[name] = torch.from_numpy(np.array(array, dtype=np.float32))
            taken.append(f"{name} {' x '.join(map(str, array.shape))}")
    if "positions" in {words.split()[0] for words in taken}:  # those of a program hold the centres of features already
        weights["positions"] += torch.einsum("tc,tce->te", centres, weights["weights"].expand(len(centres), -1, -1))
    return ", ".join(taken)


def _losses(kind: str, scores: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """Return the loss of every row."""
    if kind == "softmax":
        return -(values * torch.log_softmax(scores, dim=1)).sum(dim=1)
    if kind == "sigmoid":
        return torch.nn.functional.binary_cross_entropy_with_logits(scores, values, reduction="none")[:, 0]
    apart = scores - values
    return (apart.abs() if kind == "absolute" else apart.square())[:, 0]
