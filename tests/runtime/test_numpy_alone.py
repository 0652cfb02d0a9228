"""A saved model loads, predicts, explains and is saved again where numpy is the only library."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import automicro

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 80
MOODS = ("happy", "sad")

HEAD = """
import json, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top not in ("numpy", "automicro"):
            raise ModuleNotFoundError(f"No module named {top!r}", name=top)

sys.meta_path.insert(0, Blocked())
import automicro
"""
ANSWERS = (
    HEAD
    + """
from pathlib import Path
import numpy
answers = {}
for name, forms in json.loads(Path("rows.json").read_text()).items():
    forms = forms or [numpy.load("series.npy")]
    model = automicro.load(name + ".micro")
    model.save("again.micro")
    assert automicro.load("again.micro") == model
    answers[name] = [model.predict(form).tolist() for form in forms]
    answers[name] += [model.predict_proba(forms[0]).tolist(), str(model.explain(forms[0][:1])), str(model.explain())]
print(json.dumps(answers))
"""
)
REFUSED = (
    HEAD
    + """
import numpy

class Frame:
    columns = ["number", "colour", "day"]

for rows in (Frame(), 1.5, numpy.float64(1.5)):
    try:
        automicro.load("table.micro").predict(rows)
    except automicro.DataError as error:
        print(error)
"""
)


def table() -> tuple[list[dict[str, Any]], list[Any], list[bool]]:
    """Return rows with a number, a category and a date, some of them missing, as dicts and as lists, and their labels."""
    rng = np.random.default_rng(0)
    numbers = [None if i % 9 == 4 else float(value) for i, value in enumerate(rng.normal(size=ROWS))]
    colours = [None if i % 11 == 7 else str(value) for i, value in enumerate(rng.choice(["red", "green"], ROWS))]
    days = [f"20{10 + i % 12}-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in range(ROWS)]
    dicts = [
        {"number": number, "colour": colour, "day": day}
        for number, colour, day in zip(numbers, colours, days, strict=True)
    ]
    y = [(row["number"] or 0.0) / 4 + 4 * (row["colour"] == "red") + int(row["day"][2:4]) / 3 > 7.0 for row in dicts]
    return dicts, [list(row.values()) for row in dicts], y


def texts() -> tuple[list[list[str]], list[str]]:
    """Return sentences and their labels."""
    moods = [MOODS[i % 2] for i in range(ROWS)]
    things = ["cat", "dog", "bird", "fish", "horse"]
    return [[f"the {mood} {things[i % 5]} number {i} goes home"] for i, mood in enumerate(moods)], moods


def series() -> tuple[np.ndarray[Any, Any], list[int]]:
    """Return series of two channels and their labels."""
    y = [i % 2 for i in range(ROWS)]
    return np.random.default_rng(0).normal(size=(ROWS, 2, 12)) + np.array(y)[:, None, None] * 2.0, y


def graphs() -> tuple[list[dict[str, Any]], list[int]]:
    """Return rings of some nodes and their labels."""
    rng, y = np.random.default_rng(0), [i % 2 for i in range(ROWS)]
    sizes = [3 + i % 4 for i in range(ROWS)]
    rings = [[[node, (node + 1) % size] for node in range(size)] for size in sizes]
    return [
        {"x": (rng.normal(size=(size, 2)) + 3 * label).tolist(), "edge_index": np.array(ring).T.tolist()}
        for size, ring, label in zip(sizes, rings, y, strict=True)
    ], y


def trained(X: Any, y: list[Any], family: str, score: float = 0.6) -> automicro.Model:
    return automicro.select(X, y, metric="accuracy", score=score, trials=1, families=[family], workers=0).model


def run(code: str, folder: Path) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def answers_of(model: automicro.Model, forms: list[Any]) -> list[Any]:
    predicted = [model.predict(form).tolist() for form in forms]
    return [
        *predicted,
        model.predict_proba(forms[0]).tolist(),
        str(model.explain(forms[0][:1])),
        str(model.explain()),
    ]


@pytest.fixture(scope="module")
def models() -> dict[str, automicro.Model]:
    """Return a small model for each kind of data."""
    dicts, _, y = table()
    sentences, moods = texts()
    return {
        "table": trained(pd.DataFrame(dicts), y, "linear", 0.9),
        "text": trained(pd.DataFrame(sentences, columns=["text"]), moods, "linear"),
        "series": trained(*series(), "linear"),
        "graph": trained(*graphs(), "tree"),
    }


def test_models_of_every_kind_of_data_need_numpy_alone(models: dict[str, automicro.Model], tmp_path: Path) -> None:
    dicts, lists, _ = table()
    columns = {name: [row[name] for row in dicts] for name in dicts[0]}
    forms = {
        "table": [dicts[:9], lists[:9], dicts[0], lists[3], columns],
        "text": [texts()[0][:9]],
        "series": [series()[0][:9]],
        "graph": [graphs()[0][:9]],
    }
    used = {type(decoder).__name__ for model in models.values() for decoder in model.program.decoders}
    assert used >= {"Numeric", "OneHot", "Grams", "Summary"}
    for name, model in models.items():
        model.save(tmp_path / f"{name}.micro")
    np.save(tmp_path / "series.npy", forms["series"][0])
    (tmp_path / "rows.json").write_text(json.dumps({**forms, "series": []}))
    here = {name: answers_of(model, forms[name]) for name, model in models.items()}
    assert json.loads(run(ANSWERS, tmp_path)) == here


def test_a_dataframe_is_refused_by_name_where_narwhals_is_not_installed(
    models: dict[str, automicro.Model], tmp_path: Path
) -> None:
    models["table"].save(tmp_path / "table.micro")
    frame, number, scalar = run(REFUSED, tmp_path).splitlines()
    assert frame.startswith("rows of type Frame can be read only with narwhals, but narwhals is not installed")
    assert number.endswith("a list or a dict, but are a float")
    assert scalar.endswith("a list or a dict, but are a float64")
