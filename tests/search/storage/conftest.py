"""Finished trials of a small search, with their tasks and the store that kept them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sklearn.datasets import load_wine

import automicro
from automicro.discovery import discover
from automicro.search.context import Context, Outcome, TrialTask
from automicro.search.storage import Store

Search = Callable[..., automicro.Selection]


@dataclass
class Kept:
    """What a search has put into its store."""

    context: Context
    trials: list[tuple[TrialTask, Outcome]]

    def store(self, folder: Path, *, filled: bool = True) -> Store:
        made = Store(folder, self.context, discover())
        for task, outcome in self.trials if filled else ():
            made.put(task, outcome)
        return made


def small(folder: Path | None, **settings: object) -> automicro.Selection:
    """Run a search of some tenths of a second."""
    X, y = load_wine(return_X_y=True)
    usual = {
        "metric": "accuracy",
        "score": 0.7,
        "families": ("linear", "tree"),
        "trials": 4,
        "seed": 3,
        "workers": 0,
        "cv": 3,
    }
    return automicro.select(X[:, :4], y == 1, storage=folder, **{**usual, **settings})


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    found: list[tuple[TrialTask, Outcome]] = []
    contexts: list[Context] = []
    put = Store.put

    def noted(self: Store, task: TrialTask, outcome: Outcome) -> None:
        contexts.append(self._context)
        found.append((task, outcome))
        put(self, task, outcome)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "put", noted)
        small(tmp_path_factory.mktemp("kept"))
    return Kept(contexts[0], found)


@pytest.fixture
def run(tmp_path: Path) -> Search:
    """Run the small search with a folder of this test."""
    return lambda **settings: small(settings.pop("storage", tmp_path / "trials"), **settings)
