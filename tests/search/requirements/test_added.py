"""A constraint is added by a key of the request and one requirement: then it is checked, traced, priced and worded."""

from __future__ import annotations

import numpy as np
import pytest

import automicro
from automicro import Constraints, Infeasible, Search
from automicro.request.quantities import Count
from automicro.search.requirements import requirements
from automicro.search.requirements.requirement import Examined
from automicro.search.requirements.structure import Most

SEARCH = Search(trials=3, families=["linear"], progress=False, workers=0)


class WithConstants(Constraints):
    """A request with one key more."""

    max_constants: Count | None = None


class MostConstants(Most):
    """At most this many numbers in a program."""

    key = "max_constants"

    def measured(self, examined: Examined) -> float:
        """Return how many numbers a program has."""
        return float(examined.structure.constants)


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> tuple[np.ndarray, np.ndarray]:
    monkeypatch.setattr(requirements, "KINDS", [*requirements.KINDS, MostConstants])
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    return X, X[:, 0] - X[:, 1] + 0.3 * rng.normal(size=200)


def asked(**more: int) -> WithConstants:
    return WithConstants(metric="r2", score=0.8, certify=False, **more)


def test_what_no_model_meets_binds_and_has_a_price_that_is_kept(rows: tuple[np.ndarray, np.ndarray]) -> None:
    with pytest.raises(
        Infeasible, match=r"max_constants: at most 1 are allowed, the nearest \(linear\) has \d+"
    ) as caught:
        automicro.select(*rows, asked(max_constants=1), search=SEARCH)
    assert caught.value.binding == ("max_constants",)
    assert any("misses max_constants by" in record.reason for record in caught.value.trace)
    assert caught.value.nearest["max_constants"]["margins"]["max_constants"] < 0
    (price,) = (price for price in caught.value.prices if price.constraint == "max_constants")
    found = automicro.select(*rows, asked(max_constants=int(price.instead)), search=SEARCH)
    assert found.structure.constants <= price.instead
    assert found.size_bytes <= price.size_instead
    (taken,) = (record for record in found.trace if record.status == "taken")
    assert taken.margins["max_constants"] == 1 - found.structure.constants / price.instead


def test_a_request_without_the_key_has_no_such_requirement(rows: tuple[np.ndarray, np.ndarray]) -> None:
    found = automicro.select(*rows, asked(), search=SEARCH)
    assert all("max_constants" not in record.margins for record in found.trace)
