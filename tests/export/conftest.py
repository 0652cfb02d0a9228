"""A model with hostile names, and an installed plugin with targets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from automicro.discovery import discover
from automicro.program import Affine, Numeric, OneHot, Program, Weights
from automicro.runtime.model import Model

if TYPE_CHECKING:
    from collections.abc import Iterator

PLUGIN = "targets_of_tests"


@pytest.fixture
def model() -> Model:
    """Return a model of three columns that reads two of them."""
    body = Affine(Weights.of(np.array([[2.0, -1.0]])), Weights.of([0.5]))
    program = Program(3, (Numeric(0), OneHot(2, ("red",))), body, "identity")
    columns = [{"name": name, "kind": kind} for name, kind in (("a", "numeric"), ("b", "numeric"), ("c", "category"))]
    return Model(program, {"columns": columns})


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Install the plugin, and return the folder that it is installed to."""
    site = tmp_path / "site"
    info = site / "automicro_words-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: automicro-words\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[automicro]\nwords = {PLUGIN}\n")
    (site / f"{PLUGIN}.py").write_text((Path(__file__).parent / "targets.py").read_text(encoding="utf-8"))
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", str(site), prepend=":")
    discover.cache_clear()
    yield site
    discover.cache_clear()
