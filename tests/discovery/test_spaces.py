"""Every built-in family has a space for small tables, texts and mixed columns; a fault in one would leave the family out of searches."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from automicro.data import load_problem, profile
from automicro.discovery import discover
from automicro.errors import PluginError
from automicro.plugin import Declined, Space

RNG = np.random.default_rng(0)
NUMBERS = {f"x{place}": RNG.normal(size=80) for place in range(16)}
CATEGORY = {"island": RNG.choice(["a", "b", "c"], 80)}
TABLES = {
    "one number": {"x0": NUMBERS["x0"]},
    "three numbers": {name: NUMBERS[name] for name in ("x0", "x1", "x2")},
    "sixteen numbers": NUMBERS,
    "a category": CATEGORY,
    "both": {**NUMBERS, **CATEGORY},
}
TARGETS = {
    "two classes": np.arange(80) % 2,
    "three classes": np.arange(80) % 3,
    "numbers": RNG.normal(size=80),
}


@pytest.mark.parametrize(("table", "target"), list(product(TABLES, TARGETS)))
def test_every_built_in_family_has_a_space_or_declines(table: str, target: str) -> None:
    task = "regression" if target == "numbers" else "classification"
    facts = profile(load_problem(TABLES[table], TARGETS[target], task=task))
    spaces = []
    for name, family in discover().families.items():
        if task not in family.tasks or "table" not in family.kinds:
            continue
        try:
            spaces.append(family.space(facts))
        except Declined:
            continue
        except PluginError as error:
            pytest.fail(f"{name}: {error}")
    assert len(spaces) >= 4
    assert all(isinstance(space, Space) and space.portfolio for space in spaces)
