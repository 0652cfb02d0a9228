"""A family of others in a whole search: it takes part as an object or a plugin, and its faults cost only itself."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

import automicro
from automicro.errors import RequestError
from automicro.plugin import Choice, Family, Float, Integer, Lowered, Needs, SizeBudget, Space, Variant
from automicro.program import Affine, Weights
from automicro.search.history import SearchHistory
from automicro.search.loop import Loop

X, Y = load_breast_cancer(return_X_y=True)


class Slopes(Family):
    """Least squares, or what a test puts in its place."""

    name = "slopes"
    tasks = frozenset({"classification"})

    def space(self, profile: Any) -> Space:
        return Space((Integer("a", 1, 50),), ({"a": 1},))

    def size_budget(self, parameters: Any, profile: Any) -> SizeBudget:
        return SizeBudget(1, 10_000)

    def fit(self, parameters: Any, data: Any) -> Any:
        rows = np.column_stack([data.X, np.ones(len(data.X))]).astype(np.float64)
        return np.linalg.lstsq(rows, np.where(data.y == 1, 1.0, -1.0), rcond=None)[0]

    def lower(self, model: Any) -> Lowered:
        return Lowered(Affine(Weights.of(model[None, :-1]), Weights.of(model[-1:])), "sigmoid")


def found(*families: Any, score: float = 0.9, **more: Any) -> automicro.Selection:
    settings = {"trials": 6, "workers": 0} | more
    return automicro.select(X, Y, metric="roc_auc", score=score, families=families, **settings)


def test_an_object_takes_part_beside_names() -> None:
    selection = found("tree", Slopes())
    assert {record.family for record in selection.trace} == {"tree", "slopes"}
    assert not any(record.status == "failed" for record in selection.trace)
    assert found(Slopes()).family == "slopes"


def test_an_object_of_a_script_goes_to_workers_by_value(tmp_path: Path) -> None:
    own = Path(__file__).read_text(encoding="utf-8")
    source = own[own.index("class Slopes") : own.index("def found")]
    script = f"""
import automicro
from typing import Any
import numpy as np
from automicro.plugin import Family, Integer, Lowered, SizeBudget, Space
from automicro.program import Affine, Weights
from sklearn.datasets import load_breast_cancer
{source}
if __name__ == "__main__":
    X, y = load_breast_cancer(return_X_y=True)
    selection = automicro.select(X, y, metric="roc_auc", score=0.9, families=[Slopes()], trials=2, workers=1)
    print(selection.family)
"""
    (tmp_path / "script.py").write_text(script)
    done = subprocess.run([sys.executable, tmp_path / "script.py"], capture_output=True, text=True, check=False)
    assert done.stdout == "slopes\n", done.stderr


def test_an_object_that_cannot_be_sent_is_refused_before_anything_is_trained() -> None:
    family = Slopes()
    family.held = (each for each in ())  # type: ignore[attr-defined]  # which does not pickle
    assert found(family).family == "slopes"
    with pytest.raises(RequestError, match=r"family 'slopes' cannot be passed to other processes .*: give workers=0"):
        found(family, workers=1)


class Second(Slopes):
    calls = 0

    def space(self, profile: Any) -> Space:
        self.calls += 1
        if self.calls > 1:
            raise ValueError("once is enough")
        return super().space(profile)


class Drawn(Slopes):
    def needs(self, parameters: Any) -> Needs:
        if parameters["a"] > 1:
            raise SystemExit("only the portfolio")
        return Needs()


class Budget(Slopes):
    def size_budget(self, parameters: Any, profile: Any) -> SizeBudget:
        return SizeBudget(1, 10_000) if parameters["a"] == 1 else 5  # type: ignore[return-value]  # a fault


class Keys(Slopes):
    def variants(self, model: Any, data: Any) -> Any:
        return [Variant("full", self.lower(model)), Variant("full", self.lower(model))]


class Endless(Slopes):
    def variants(self, model: Any, data: Any) -> Any:
        return (Variant(str(number), self.lower(model)) for number in range(10**9))


class Taken(Slopes):
    def reused(self, model: Any) -> Any:
        return 5


class Exits(Slopes):
    def fit(self, parameters: Any, data: Any) -> Any:
        sys.exit("now")


NOTED = {
    Second: "family 'slopes' is left out: space of family 'slopes' raised ValueError: once is enough",
    Drawn: "family 'slopes' is left out: needs of family 'slopes' raised SystemExit: only the portfolio",
    Budget: "family 'slopes' is left out: size_budget of family 'slopes': it must return a SizeBudget, but returned 5",
    Keys: "variants of family 'slopes' must return instances of Variant with different keys",
    Endless: "variants of family 'slopes' must return at most 1000 variants",
    Taken: "reused of family 'slopes' must return a text of at most 1000 characters, but returned 5",
    Exits: "fit of family 'slopes' raised SystemExit: now",
}


@pytest.mark.parametrize("kind", NOTED, ids=lambda kind: str(kind.__name__))
def test_a_fault_in_the_middle_costs_the_family_alone(kind: type[Slopes]) -> None:
    selection = found("linear", kind(), trials=10)
    assert selection.score >= 0.9
    assert any(NOTED[kind] in note for note in selection.notes), selection.notes


def test_excluded_families_take_no_part() -> None:
    quick = {"metric": "roc_auc", "score": 0.9, "trials": 4, "workers": 0}
    selection = automicro.select(X, Y, exclude=["boosting", "cluster", "mlp", "attention"], **quick)
    assert {record.family for record in selection.trace} <= {"linear", "tree"}
    with pytest.raises(RequestError, match="exclude: must not be given together with families"):
        automicro.Search(families=["tree"], exclude=["linear"])


def test_a_text_that_is_none_costs_only_its_field(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Loop.run

    def spoilt(self: Loop, *arguments: Any) -> SearchHistory:
        done = run(self, *arguments)
        done.outcomes[:] = [replace(outcome, reused=5) for outcome in done.outcomes]  # type: ignore[arg-type]  # a fault
        return done

    monkeypatch.setattr(Loop, "run", spoilt)
    selection = found("linear", trials=2)
    assert {record.reused for record in selection.trace} == {None}
    assert all("reused cannot be part of a record" in record.reason for record in selection.trace)


def test_a_plugin_that_cannot_be_used_is_a_note_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = {"metric": "roc_auc", "score": 0.9, "trials": 4, "workers": 0, "exclude": ["mlp", "attention"]}
    before = automicro.select(X, Y, **quick)
    facts = tmp_path / "evil_plugin-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: evil-plugin\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[automicro]\nevil = plugin_of_evil\n")
    (tmp_path / "plugin_of_evil.py").write_text(dedent("import os\nos._exit(7)"))
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    after = automicro.select(X, Y, **quick)
    said = "plugin evil: broken: its import ended its process with code 7: report it to the authors of evil-plugin 1.0"
    assert [note for note in after.notes if note.startswith(said)]
    assert (after.model.to_bytes(), len(after.trace)) == (before.model.to_bytes(), len(before.trace))
    assert not [note for note in found("linear", trials=1).notes if "evil" in note]


def test_stored_trials_of_an_object_depend_on_its_attributes(tmp_path: Path) -> None:
    family, other = Slopes(), Slopes()
    other.scale = 2.0  # type: ignore[attr-defined]  # of its own
    notes = [found(each, trials=1, storage=str(tmp_path)).notes for each in (family, Slopes(), other)]
    assert ["1 of 1 trials came from storage" in each for each in notes] == [False, True, False]


def test_a_large_portfolio_is_taken_up_quickly() -> None:
    class Many(Slopes):
        def space(self, profile: Any) -> Space:
            names = Choice("c", ("x", "y")), Float("b", 0.0, 1.0), Integer("a", 1, 50)
            return Space(names, tuple({"c": "x", "b": n / 1000, "a": 1} for n in range(1000)))

    assert found(Many(), trials=1).family == "slopes"
