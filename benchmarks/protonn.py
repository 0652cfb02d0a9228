"""ProtoNN: prototypes with soft labels in a sparse, learned projection.

Written from Gupta, Suggala, Goyal, Simhadri, Paranjape, Kumar, Goyal, Udupa, Varma, Jain: "ProtoNN: Compressed and Accurate
kNN for Resource-scarce Devices", ICML 2017. Scores are sum_j Z_j exp(-gamma^2 |W x - B_j|^2). Prototypes start at the
centres of k-means within each class, in the space of the first principal components.
"""

from __future__ import annotations

import numpy as np
import torch
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from thresholding import affordable, stored_bytes


class ProtoNN(torch.nn.Module):
    """A projection W (d, columns), prototypes B (m, d), their labels Z (m, classes) and the width gamma."""

    def __init__(self, X: np.ndarray, y: np.ndarray, dimensions: int, prototypes: int) -> None:
        super().__init__()
        self.nonzeros: dict[str, int] = {}
        classes = int(y.max()) + 1
        components = PCA(dimensions, random_state=0).fit(X).components_
        projected = X @ components.T
        spread = projected.std()
        projected, components = projected / spread, components / spread
        points, owners = centres(projected, y, prototypes)
        self.projection = torch.nn.Parameter(torch.tensor(np.ascontiguousarray(components, np.float32)))
        self.prototypes = torch.nn.Parameter(torch.tensor(points, dtype=torch.float32))
        labels = np.eye(classes)[owners] + 0.01
        self.labels = torch.nn.Parameter(torch.tensor(labels, dtype=torch.float32))
        sample = projected[:: max(1, len(X) // 2000)]
        distances = np.sqrt(((sample[:, None] - points[None]) ** 2).sum(axis=2))
        self.gamma = torch.nn.Parameter(torch.tensor([2.5 / float(np.median(distances))]))

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        projected = X @ self.projection.T
        squares = (projected**2).sum(1, keepdim=True) + (self.prototypes**2).sum(1)
        distances = squares - 2 * projected @ self.prototypes.T
        return torch.exp(-(self.gamma**2) * distances) @ self.labels

    def loss(self, X: torch.Tensor, y: torch.Tensor, progress: float) -> torch.Tensor:  # noqa: ARG002 - does not change on the way
        """Return the squared distance to the one-hot label, the loss of the paper."""
        return ((self(X) - torch.nn.functional.one_hot(y, self.labels.shape[1])) ** 2).sum(1).mean()

    def classes(self, X: torch.Tensor) -> torch.Tensor:
        return self(X).argmax(1)


def centres(X: np.ndarray, y: np.ndarray, total: int) -> tuple[np.ndarray, np.ndarray]:
    """Return prototypes and their classes: as many for each class, as far as they go round."""
    points, owners = [], []
    classes = np.unique(y)
    for position, owner in enumerate(classes):
        count = total // len(classes) + (position < total % len(classes))
        if count:
            points.append(KMeans(count, n_init=1, random_state=0).fit(X[y == owner]).cluster_centers_)
            owners.append(np.full(count, owner))
    return np.concatenate(points), np.concatenate(owners)


def within(size_bytes: int, X: np.ndarray, y: np.ndarray, setting: dict[str, float]) -> ProtoNN:
    """Return a model, untrained, with as many prototypes as the bytes allow by the papers' count.

    setting: `dimensions`; `projection`, the share of the bytes for W (1 for a dense W, whatever it takes); `labels`, the
    non-zero labels a prototype has on average (0 for a dense Z).
    """
    dimensions, columns, classes = int(setting["dimensions"]), X.shape[1], int(y.max()) + 1
    cells = dimensions * columns
    kept = cells if setting["projection"] == 1 else affordable(cells, setting["projection"] * size_bytes)
    labels = int(setting["labels"]) or classes
    left = size_bytes - 4 - stored_bytes(cells, kept)
    prototypes = left // (4 * dimensions + stored_bytes(classes, labels))
    model = ProtoNN(X, y, dimensions, prototypes)
    model.nonzeros = {"projection": kept, "labels": labels * prototypes}
    return model
