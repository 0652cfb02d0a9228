"""Figures hold what they were given, and say what is missing where matplotlib is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import automicro
from automicro import Model, RequestError
from automicro.cli import main
from automicro.explain import Explanation
from automicro.explain.decision.explanation import Part
from automicro.program import Affine, Missing, Numeric, OneHot, Program, StepTables, Sum, Weights

pytest.importorskip("matplotlib")

from automicro import plots


@pytest.fixture(scope="module")
def model():
    """A model of a straight line with missing values, steps and levels."""
    body = Sum(
        (
            Affine(Weights.of([[2.0, -1.0, 0.0, 1.0, 3.0]]), Weights.of([0.5])),
            StepTables((2,), (0,), (3,), Weights.of([0.2, 0.6]), Weights.of([0.0, 1.0, 3.0]), Weights.of([0.0])),
        )
    )
    decoders = (Numeric(0, 0.0), Missing(0), Numeric(1), OneHot(2, ("x", "y")))
    card = {"columns": [{"name": name, "kind": "numeric"} for name in "abc"], "metric": "r2"}
    return Model(Program(3, decoders, body, "identity"), card)


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    a = np.where(rng.random(200) < 0.1, np.nan, rng.normal(size=200))
    return {"a": a, "b": rng.random(200), "c": rng.choice(["x", "y"], 200).astype(object)}


def test_effects_are_drawn_by_their_kind(model, rows):
    found = automicro.effects(model, rows)
    figure = plots.plot_effects(found)
    shown = {axes.get_title(): axes for axes in figure.axes if axes.get_visible()}
    assert set(shown) == {"a (dotted: missing)", "b", "c"}
    line = shown["a (dotted: missing)"].lines[0]
    assert line.get_ydata() == pytest.approx(found["a"].effect[:, 0])
    steps = next(iter(shown["b"].patches)).get_data()
    assert np.diff(steps.values) == pytest.approx([1.0, 2.0])
    assert steps.edges[1:-1] == pytest.approx([0.2, 0.6])
    assert [label.get_text() for label in shown["c"].get_xticklabels()] == list(found["c"].values)
    assert len([axes for axes in plots.plot_effects(found, ["b"]).axes if axes.get_visible()]) == 1
    with pytest.raises(RequestError, match="must be read by the model, but got 'z'"):
        plots.plot_effects(found, ["z"])


def test_parts_of_a_decision_end_at_its_score(model, rows):
    told = model.explain({name: values[:1] for name, values in rows.items()})
    axes = plots.plot_explanation(told).axes[0]
    last = min(axes.patches, key=lambda bar: bar.get_y())
    assert last.get_x() + last.get_width() == pytest.approx(told.score)


def test_importance_has_bars_with_intervals(model, rows):
    found = automicro.importance(model, rows, model.predict(rows))
    axes = plots.plot_importance(found).axes[0]
    assert [bar.get_width() for bar in axes.patches][::-1] == pytest.approx([each.loss for each in found])


def test_a_frontier_shows_the_target_and_what_was_taken(tmp_path):
    points = [
        SimpleNamespace(family="tree", size_bytes=20, score=0.86, status="meets the target, not the margin"),
        SimpleNamespace(family="linear", size_bytes=60, score=0.9, status="returned"),
    ]
    selection = SimpleNamespace(frontier=points, target=0.85, aimed_at=0.87, metric="accuracy")
    figure = plots.plot_frontier(selection)
    assert {text.get_text() for text in figure.axes[0].get_legend().get_texts()} == {
        "tree",
        "linear",
        "returned",
        "target",
        "target and margin",
    }
    plots.save(figure, tmp_path / "frontier.svg")
    assert (tmp_path / "frontier.svg").read_text().startswith("<?xml")
    with pytest.raises(RequestError, match=r"must be a \.png, \.svg or \.pdf file"):
        plots.save(figure, tmp_path / "frontier.doc")


def test_from_the_command_line(model, rows, tmp_path, capsys):
    path, data, drawn = tmp_path / "m.micro", tmp_path / "rows.csv", tmp_path / "drawn.png"
    model.save(path)
    cells = [
        ",".join("" if value != value else str(value) for value in row) for row in zip(*rows.values(), strict=True)
    ]
    data.write_text("\n".join(["a,b,c", *cells]))
    for options in (["--row", "3"], ["--effects"]):
        assert main(["explain", str(path), str(data), *options, "--plot", str(drawn)]) == 0
        assert drawn.read_bytes()[:4] == b"\x89PNG"
        drawn.unlink()
    assert main(["explain", str(path), str(data), "--effects", "--importance", "a", "--plot", str(drawn)]) == 2
    assert "--plot: draws one thing" in capsys.readouterr().err


def test_what_is_missing_is_said_and_nothing_heavy_is_imported_before():
    code = (
        "import sys; sys.modules['matplotlib'] = None; sys.modules['matplotlib.figure'] = None\n"
        "from automicro import plots, errors\n"
        "try: plots.plot_importance([])\n"
        "except errors.RequestError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "plots need matplotlib: pip install 'automicro[plots]'\n"


def test_names_of_strangers_are_drawn_as_text(tmp_path: Path) -> None:
    parts = (Part("$\\frac{x$ \x1b[2J", 1.0, "> $2"), Part("b$_$$", -0.5))
    figure = plots.plot_explanation(Explanation("sum", "$a$", 0.9, 0.5, "b$\\frac{$", 0.0, parts))
    plots.save(figure, tmp_path / "drawn.svg")  # a warning, as of a glyph that no font has, is an error here
