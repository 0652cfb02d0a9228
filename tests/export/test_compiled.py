"""Compiled models: the answers of plain ones, and what happens where they cannot be compiled."""

from __future__ import annotations

import ctypes
import importlib.util
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from automicro import NotCompiled
from automicro.export import building
from automicro.program import (
    Affine,
    Chain,
    Grams,
    Missing,
    Numeric,
    OneHot,
    Pool,
    Program,
    StepTables,
    Summary,
    Weights,
)
from automicro.runtime.model import Model

COMPILER = any(shutil.which(name) for name in building.KNOWN)
needs_compiler = pytest.mark.skipif(not COMPILER, reason="no C compiler was found")
ODD = (
    np.nan,
    np.inf,
    -np.inf,
    1e300,
    0.5,
    np.nextafter(0.5, 1),
    np.float64(np.nextafter(np.float32(0.5), np.float32(1))),
)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Keep what is compiled out of the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CC", raising=False)
    return tmp_path / "cache"


def numbers() -> Program:
    tables = StepTables(
        (0, 1), (0, 1), (2, 2), Weights.of([0.5, 0.25]), Weights.of([1.0, 2.0, -1.0, 0.3]), Weights.of([0.1, 0.2])
    )
    return Program(3, (Numeric(0), Numeric(2, fill=0.25, offset=1e9), Missing(0)), tables, "softmax", ("b", "a"))


@needs_compiler
def test_answers_are_those_of_the_model():
    model = Model(numbers())
    compiled = model.compile()
    rows = np.array([[a, 0.0, b] for a in ODD for b in (*ODD, 1e9 + 0.5)])
    for X in (
        rows,
        rows[:1],
        np.asfortranarray(rows),
        rows[(rows < 1e30).all(axis=1)].astype(np.float32),
        rows[::2],
        rows[:0],
        rows.astype(object),
    ):
        assert np.array_equal(compiled.predict(X), model.predict(X))
        np.testing.assert_allclose(compiled.predict_proba(X), model.predict_proba(X), rtol=1e-13, atol=0)
    assert compiled.predict([1.0, None, 3]) == model.predict([1.0, None, 3])
    with pytest.raises(Exception, match="rows must have 3 columns"):
        compiled.predict(np.zeros((2, 4)))
    again = pickle.loads(pickle.dumps(compiled))
    assert np.array_equal(again.predict(rows), model.predict(rows))


@needs_compiler
def test_texts_series_and_categories_are_read_as_before():
    decoders = (Grams(0, "word", 1, 2, 3, (1, 2, 5)), OneHot(1, ("red", None)), Numeric(2))
    mixed = Model(
        Program(3, decoders, Affine(Weights.of([np.arange(1.0, 7)]), Weights.of([0.5])), "exp", None, (0.5, 9.0))
    )
    rows = [["a good film", "red", 0.1], [None, None, np.nan], ["bad", "blue", -3]]
    compiled = mixed.compile()
    np.testing.assert_allclose(compiled.predict(rows), mixed.predict(rows), rtol=1e-13)
    np.testing.assert_allclose(compiled.predict(rows[:1]), mixed.predict(rows[:1]), rtol=1e-13)
    series = Model(Program(1, (Summary(0, "mean"),), Affine(Weights.of([[2.0]]), Weights.of([0.5])), "identity"))
    X = np.arange(12.0).reshape(3, 1, 4)
    assert np.array_equal(series.compile().predict(X), series.predict(X))


def test_graphs_are_evaluated_as_before():
    body = Chain((Pool(("sum",), (0,)), Affine(Weights.of([[2.0]]), Weights.of([0.5]))))
    model = Model(Program(2, (Numeric(0),), body, "identity"))
    graph = {"x": [[1.0], [2.0]], "edge_index": [[0], [1]]}
    assert np.array_equal(model.compile().predict(graph), model.predict(graph))


def test_no_compiler_is_one_sentence(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(
        NotCompiled, match=r"needs a C compiler, but found none of cc, gcc, clang: install one, name it in CC, or pip"
    ):
        Model(numbers()).compile()
    monkeypatch.setenv("CC", "no-such-compiler -O3")
    with pytest.raises(NotCompiled, match="that CC names, but 'no-such-compiler' was not found: change or unset CC"):
        Model(numbers()).compile()


def test_a_failing_compiler_is_one_sentence(monkeypatch, tmp_path):
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho 'model.c:1: error: no space left' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("CC", str(broken))
    with pytest.raises(NotCompiled, match=r"failed and said: model\.c:1: error: no space left"):
        Model(numbers()).compile()


@needs_compiler
def test_it_is_compiled_once(cache, monkeypatch):
    Model(numbers()).compile()
    kept = list((cache / "automicro" / "compiled").iterdir())
    assert [path.suffix for path in kept] == [".so"]
    monkeypatch.setattr(building, "_run", None)
    Model(numbers()).compile()
    kept[0].rename(kept[0].with_suffix(".old"))
    kept[0].write_bytes(b"damaged")
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    assert Model(numbers()).compile().predict([[0.0, 0.0, 0.0]]) == Model(numbers()).predict([[0.0, 0.0, 0.0]])
    ctypes.CDLL(str(kept[0]))


@needs_compiler
def test_a_library_that_was_cut_is_compiled_again(cache):
    model = Model(numbers())
    model.compile()
    (kept,) = (cache / "automicro" / "compiled").iterdir()
    content = kept.read_bytes()
    kept.unlink()  # its file is in use
    kept.write_bytes(content[: len(content) // 2])
    assert model.compile().predict([[0.0, 0.0, 0.0]]) == model.predict([[0.0, 0.0, 0.0]])
    assert ctypes.CDLL(str(kept)).model_width


def test_a_compiler_that_is_no_command_is_named(monkeypatch):
    monkeypatch.setenv("CC", 'gcc "')
    with pytest.raises(NotCompiled, match="CC must be a command, but No closing quotation: change or unset CC"):
        Model(numbers()).compile()


def test_a_cache_that_cannot_be_written_is_done_without(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert Model(numbers()).compile().predict([[0.0, 0.0, 0.0]]) == Model(numbers()).predict([[0.0, 0.0, 0.0]])


@needs_compiler
def test_two_processes_compile_at_once(cache, tmp_path):
    Model(numbers()).save(tmp_path / "m.micro")
    code = "import automicro; print(automicro.load('m.micro').compile().predict([[0.0, 0.0, 0.0]])[0])"
    started = [
        subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [process.communicate()[0] for process in started] == ["b\n", "b\n"]
    assert len(list(Path(cache / "automicro" / "compiled").iterdir())) == 1
