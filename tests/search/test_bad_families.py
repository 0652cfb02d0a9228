"""A family that raises, hangs, eats memory, returns nonsense or kills its process loses that trial; the search goes on."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sklearn.datasets import load_breast_cancer

import automicro
from automicro.data import load_problem, profile
from automicro.discovery import discover
from automicro.plugin import Choice, Space
from automicro.search.loop import usable_families
from automicro.testing import check_family

HERE = Path(__file__).parent


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    shutil.copy(HERE / "bad_families.py", tmp_path)
    facts = tmp_path / "bad_families-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: bad-families\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[automicro]\nbad = bad_families\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    discover.cache_clear()
    yield
    discover.cache_clear()


def test_the_search_survives_and_says_what_happened(installed: None) -> None:
    X, y = load_breast_cancer(return_X_y=True)
    limits = {"trial_seconds": 15, "trial_memory": "4GB"}
    search = automicro.Search(trials=24, seed=1, families=["bad", "linear"], **limits)
    found = automicro.select(X, y, metric="roc_auc", score=0.9, search=search)
    reasons = " | ".join(record.reason for record in found.trace if record.family == "bad")
    assert found.score >= 0.9
    assert any(record.status == "failed" for record in found.trace)
    assert any(said in reasons for said in ("on purpose", "finite", "longer than", "not valid", "memory", "code 3"))


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("raise", "ZeroDivisionError: on purpose"),
        ("exit", "fit of family 'bad' raised SystemExit: on purpose"),
        ("die", "ended with code 3"),
        ("hang", "took longer than"),
        ("nan", ""),
        ("shape", ""),
        ("not a program", "variants of family 'bad': variant 'full' must hold a Lowered, but holds 'a program"),
        ("eat", "memory"),
    ],
)
def test_each_fault_is_named(installed: None, way: str, said: str) -> None:
    family = type(discover().families["bad"])
    X, y = load_breast_cancer(return_X_y=True)
    limits = automicro.Search(trials=1, families=[family((way,))], trial_seconds=8, trial_memory="4GB")  # type: ignore[call-arg]  # of its own
    with pytest.raises(automicro.Infeasible) as raised:
        automicro.select(X, y, metric="roc_auc", score=0.5, search=limits)
    assert {record.status for record in raised.value.trace} == {"failed"}
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("method", ["space", "needs", "size_budget"])
def test_a_family_that_raises_before_training_is_left_out(
    installed: None, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def broken(*_: object) -> object:
        raise ZeroDivisionError("on purpose")

    bad = discover().families["bad"]
    if method != "space":
        good = Space((Choice("way", ("good",)),), ({"way": "good"},))
        monkeypatch.setattr(type(bad), "space", lambda self, profile: good)
    monkeypatch.setattr(type(bad), method, broken)
    X, y = load_breast_cancer(return_X_y=True)
    facts = profile(load_problem(X, y))
    families, notes = usable_families({"bad": bad, "linear": discover().families["linear"]}, facts)
    assert set(families) == {"linear"}
    assert notes == ["family 'bad' is left out: its space, needs or size_budget raised ZeroDivisionError: on purpose"]
    with pytest.raises(AssertionError, match="on purpose"):
        check_family(bad, settings=1, drawn=0)
