"""What the search tries first on texts and series, for every built-in family."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from automicro.data import load_problem, profile
from automicro.discovery import discover
from automicro.plugin import Declined, Space
from automicro.search.propose.space import candidate_space
from automicro.search.propose.text_and_series import BUCKETS, SUMMARIES

TEXTS = pd.DataFrame({"text": [f"word{i % 7} of {i} good or bad words" for i in range(60)]})
SERIES = np.random.default_rng(0).normal(size=(60, 2, 12))


@pytest.mark.parametrize(("X", "parameter"), [(TEXTS, BUCKETS), (SERIES, SUMMARIES)], ids=["texts", "series"])
@pytest.mark.parametrize(
    "target", [[i % 3 for i in range(60)], list(np.linspace(0, 1, 60))], ids=["classes", "numbers"]
)
def test_the_portfolio_of_every_family_lies_in_its_space(X, parameter, target) -> None:
    facts = profile(load_problem(X, np.array(target)))
    for family in discover().families.values():
        try:
            space = candidate_space(family, facts)
        except Declined:
            continue
        assert isinstance(space, Space), family.name
        assert len({setting[parameter] for setting in space.portfolio}) > 1, family.name
