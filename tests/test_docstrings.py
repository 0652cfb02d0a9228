"""The docstrings of public names are complete, and their examples run."""

from __future__ import annotations

import doctest
import inspect
import re
from typing import TYPE_CHECKING, Any

import pytest

import automicro
import automicro.plugin
import automicro.testing

if TYPE_CHECKING:
    from pathlib import Path

MODULES = (automicro, automicro.plugin, automicro.testing)
NO_CALL = {"TargetTransform", "hookimpl"}  # a type and an object of pluggy
NEVER_RAISE = {
    *("cases", "class_shares", "draw_model", "drawn_rows", "fills_of", "ordered_leaves", "ordered_pieces"),
    *("row_weights", "rounded_down", "sample_weights", "shortest_between", "target_values", "unit_of"),
}
WITHOUT_EXAMPLE = {"Family", "Target"}  # whole plugins are in examples/plugin and docs/how-to/targets.md
WITH_KEYWORDS = {automicro.select, automicro.MicroClassifier}  # fields of Constraints and Search are keywords too
LIKE_ANOTHER = {automicro.MicroRegressor, automicro.MicroClusterer}  # parameters are those of MicroClassifier
PUBLIC = [
    (f"{module.__name__}.{name}", getattr(module, name))
    for module in MODULES
    for name in module.__all__
    if name not in NO_CALL
    and not (inspect.isclass(thing := getattr(module, name)) and issubclass(thing, BaseException))
]
IDS = [name for name, _ in PUBLIC]


def section(text: str, title: str) -> str:
    found = re.search(rf"^{title}\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", text, re.DOTALL | re.MULTILINE)
    return found[1] if found else ""


def parameters_of(thing: Any) -> set[str]:
    known = {name for name, each in inspect.signature(thing).parameters.items() if each.kind is not each.VAR_KEYWORD}
    if thing in WITH_KEYWORDS:
        known -= automicro.Constraints.model_fields.keys() | automicro.Search.model_fields.keys()
    return known


@pytest.mark.parametrize(("name", "thing"), PUBLIC, ids=IDS)
def test_docstrings_are_complete(name: str, thing: Any) -> None:
    text = inspect.getdoc(thing) or ""
    described = re.findall(r"^(\w[\w, ]*?)(?: : .*)?$", section(text, "Parameters"), re.MULTILINE)
    documented = {each.strip() for names in described for each in names.split(",")}
    missing = parameters_of(thing) - documented
    assert not missing or thing in LIKE_ANOTHER, f"{name}: Parameters must describe {sorted(missing)}"
    if not inspect.isclass(thing):
        assert section(text, "Returns"), f"{name}: must have a section Returns"
        assert section(text, "Raises") or thing.__name__ in NEVER_RAISE, f"{name}: must have a section Raises"
    assert ">>> " in section(text, "Examples") or thing.__name__ in WITHOUT_EXAMPLE, f"{name}: must have an example"


@pytest.mark.parametrize(("name", "thing"), PUBLIC, ids=IDS)
def test_examples_run(name: str, thing: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    known = vars(inspect.getmodule(thing))
    for example in doctest.DocTestFinder(recurse=False).find(thing, name, globs=dict(known)):
        said: list[str] = []
        doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=said.append)
        assert not said, "".join(said)
