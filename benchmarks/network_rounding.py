"""Rounding a network after training against rounding it while it is trained, at equal bits, on letter.

    AUTOMICRO_DATA=DATA python benchmarks/network_rounding.py

15,000 rows train, 5,000 are held out (seed 0, stratified). All networks have 16-64-64-26 units and as many steps; bits have no
price, so that nothing but the rounding differs. After training, the step is the best of 24 by the accuracy on the training rows.
Writes benchmarks/results/network_rounding.md.
"""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import torch
from datasets import TABLES
from sklearn.model_selection import train_test_split

from automicro.plugin import Feature, TrainingData
from automicro_mlp.inputs import scaling_of
from automicro_mlp.loop import Phase, Rows, optimise
from automicro_mlp.network import Network
from automicro_mlp.setting import GRIDS, Grid
from automicro_mlp.targets import target_of

RESULTS = Path(__file__).parent / "results" / "network_rounding.md"
WIDTHS = (16, 64, 64, 26)
STEPS, FLOAT_STEPS, PEAK, NOISE = 3000, 900, 0.15 / 64**0.5, 0.15


def letter() -> tuple[Rows, Rows]:
    """Return training and held-out rows."""
    data = TABLES["keel_letter"]()
    parts = train_test_split(np.asarray(data.X, np.float32), data.y, test_size=5000, random_state=0, stratify=data.y)
    features = tuple(Feature(j, f"f{j}", "numeric") for j in range(16))
    train, held = (
        TrainingData(X, y, "classification", 26, features, "accuracy")
        for X, y in ((parts[0], parts[2]), (parts[1], parts[3]))
    )
    scaling, made = scaling_of(train), []
    for part in (train, held):
        target = target_of(part)
        tensors = (torch.from_numpy(a) for a in (scaling.apply(part.X), target.values, target.weights))
        made.append(Rows(*tensors, target))
    return made[0], made[1]


def accuracy(network: Network, rows: Rows) -> float:
    with torch.no_grad():
        return float((network(rows.X).argmax(dim=1) == rows.values.argmax(dim=1)).float().mean())


def drawn(grid: Grid, random: torch.Generator) -> Network:
    return Network.drawn(WIDTHS, [grid] * 3, 1.0, random)


def rounded_after(trained: Network, grid: Grid, rows: Rows, *, by_channel: bool) -> Network:
    """Return a float network rounded at the step, in spreads of the weights, that keeps the most training rows right."""
    found: list[tuple[float, Network]] = []
    for factor in np.geomspace(0.25, 4, 24):
        network = copy.deepcopy(trained)
        for layer in network.layers:
            layer.grid = Grid(grid.low, grid.high, grid.step * factor, 0.0)
        network.round(by_channel=by_channel)
        found.append((accuracy(network, rows), network))
    return max(found, key=lambda pair: pair[0])[1]


def main() -> None:
    torch.set_num_threads(1)
    train, held = letter()
    random = torch.Generator().manual_seed(0)
    full = drawn(GRIDS["8-bit"], random)
    optimise(full, train, Phase(STEPS, PEAK, noise=NOISE), random)
    lines = [
        f"Float, 16-64-64-26: {accuracy(full, held):.4f} on 5,000 held-out rows.",
        "",
        "| bits | after, layer | after, unit | in the loop, layer | in the loop, unit |",
        "|---|---|---|---|---|",
    ]
    for name, grid in reversed(GRIDS.items()):
        cells = [accuracy(rounded_after(full, grid, train, by_channel=own), held) for own in (False, True)]
        for own in (False, True):
            random = torch.Generator().manual_seed(0)
            network = drawn(grid, random)
            optimise(network, train, Phase(FLOAT_STEPS, PEAK, PEAK, noise=NOISE), random)
            network.round(by_channel=own)
            optimise(network, train, Phase(STEPS - FLOAT_STEPS, PEAK, is_warmed=False, noise=NOISE), random)
            cells.append(accuracy(network, held))
        lines.append(f"| {name} | " + " | ".join(f"{cell:.4f}" for cell in cells) + " |")
        print(lines[-1], flush=True)
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
