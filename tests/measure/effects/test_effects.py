"""Effects, their complexity and what they leave to interactions, where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest

import automicro
from automicro import DataError, Model
from automicro.cli import main
from automicro.measure import function_effects
from automicro.measure.effects.complexity import level_complexity, line_complexity
from automicro.program import (
    Activation,
    Affine,
    Chain,
    Forest,
    Grams,
    Missing,
    Numeric,
    OneHot,
    Pool,
    Program,
    StepTables,
    Sum,
    Tree,
    Weights,
)


def friedman(X):
    """Friedman (1991), example 1, without noise."""
    return 10 * np.sin(np.pi * X[:, 0] * X[:, 1]) + 20 * (X[:, 2] - 0.5) ** 2 + 10 * X[:, 3] + 5 * X[:, 4]


def affine(weights, bias):
    return Affine(Weights.of(np.array(weights)), Weights.of(np.array(bias)))


def numbers(count):
    return tuple(Numeric(column) for column in range(count))


def model(body, columns, decoders=None, labels=None):
    link = "identity" if labels is None else "sigmoid" if len(labels) == 2 else "softmax"
    card = {
        "columns": [{"name": name, "kind": "numeric"} for name in columns],
        "metric": "r2" if labels is None else "accuracy",
    }
    return Model(
        Program(len(columns), numbers(len(columns)) if decoders is None else decoders, body, link, labels), card
    )


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    return {"a": rng.normal(size=600), "b": rng.random(600), "c": rng.integers(0, 3, 600).astype(float)}


def test_friedman_1_gives_the_figures_that_are_known_of_it():
    found = [function_effects(friedman, np.random.default_rng(seed).random((2000, 5)), seed=seed) for seed in range(6)]
    for one in found:
        assert [pair.columns for pair in one.interactions] == [("0", "1")]
        assert one.interactions_are == "witnessed"
        assert set(one.non_monotone) == {"0", "1", "2"}
        assert {effect.column: effect.complexity for effect in one.effects} == {"0": 2, "1": 2, "2": 4, "3": 1, "4": 1}
        assert one.strength_interval[0] < 0.076 < one.strength_interval[1] + 0.01
    assert np.mean([one.interaction_strength for one in found]) == pytest.approx(0.076, abs=0.006)
    assert str(function_effects(friedman, np.random.default_rng(0).random((2000, 5)))) == str(found[0])


def test_the_strength_is_the_share_of_variance_that_a_product_has():
    X = np.random.default_rng(3).uniform(-1, 1, (2000, 2))
    found = function_effects(lambda X: X[:, 0] + X[:, 0] * X[:, 1], X)  # variances 1/3 and 1/9
    assert found.interaction_strength == pytest.approx(0.25, abs=0.03)


def test_effects_of_correlated_columns_are_local():
    x = np.random.default_rng(0).normal(size=1500)
    X = np.stack([x, x + 0.01 * np.random.default_rng(1).normal(size=1500)], axis=1)
    found = function_effects(lambda X: X[:, 0] - X[:, 1], X)
    assert np.ptp(found["0"].effect) == pytest.approx(np.ptp(X[:, 0]))
    assert found.interaction_strength < 1e-9


def test_pieces():
    x, one = np.linspace(0, 1, 41), np.ones(41)
    assert line_complexity(x, np.zeros(41), one) == 0
    assert line_complexity(x, 3 * x, one) == 1
    assert line_complexity(x, np.where(x < 0.4, 0.0, 1.0), one) == 1  # two levels without slope
    assert line_complexity(x, np.maximum(x - 0.5, 0), one) == 2
    assert level_complexity(np.array([1.0, 1.0, 2.0, 2.0, 5.0]), np.ones(5)) == 2


def test_a_linear_model_has_straight_effects_and_no_interactions(rows):
    found = automicro.effects(model(affine([[2.0, -1.0, 0.0]], [0.5]), "abc", numbers(3)[:3]), rows)
    assert found.exact
    assert (found.interaction_strength, found.interactions, found.interactions_are) == (0.0, (), "certified")
    a = found["a"]
    slope = np.diff(a.effect[:, 0]) / np.diff(np.array(a.values))
    assert slope == pytest.approx(np.full(len(slope), 2.0), rel=1e-4)
    assert {effect.column: effect.complexity for effect in found.effects} == {"a": 1, "b": 1, "c": 0}
    assert "the score is the sum of these effects and a constant" in str(found)


def test_step_tables_give_their_own_steps(rows):
    tables = StepTables(
        (0, 1),
        (0, 0),
        (3, 2),
        Weights.of([-1.0, 1.0, 0.5]),
        Weights.of([5.0, 0.0, 1.0, 2.0, 3.0]),
        Weights.of([0.0]),
        Weights.of([9.0, 0.0]),
    )
    with_missing = {**rows, "a": np.where(np.arange(600) % 10 == 0, np.nan, rows["a"])}
    a = automicro.effects(model(tables, "abc"), with_missing)["a"]
    assert (a.kind, a.values) == ("steps", (-1.0, 1.0, np.inf))
    assert np.diff(a.effect[:, 0]) == pytest.approx([-5.0, 1.0])
    assert a.missing[0] - a.effect[1, 0] == pytest.approx(9.0)


def test_levels_have_one_effect_each():
    body = affine([[1.0, 4.0, 2.0]], [0.0])
    made = model(body, "ab", (OneHot(0, ("x", "y")), Missing(1)))
    kinds = np.array(["x", "y", "z", "y"] * 100, dtype=object)
    found = automicro.effects(made, {"a": kinds, "b": np.where(np.arange(400) % 4 == 3, np.nan, 1.0)})
    a = found["a"]
    assert (a.kind, a.values) == ("levels", ("z", "x", "y"))
    assert np.diff(a.effect[:, 0]) == pytest.approx([1.0, 3.0])
    assert "highest for y" in str(found)


def test_a_tree_names_the_pairs_that_its_structure_lets_interact():
    tree = Tree(
        np.array([0, 1, -1, -1, -1], np.int32),
        np.array([0, 0.5, 0, 0, 0], np.float32),
        np.zeros(5, bool),
        np.array([0, 0, 0, 1, 2], np.int32),
    )
    body = Forest((tree,), Weights.of([[0.0], [4.0], [1.0]]), Weights.of([0.0]))
    rng = np.random.default_rng(0)
    found = automicro.effects(model(body, "ab"), {"a": rng.normal(size=2000), "b": rng.random(2000)})
    assert (found.interactions_are, found.inputs_tried) == ("certified", 0)
    assert [pair.columns for pair in found.interactions] == [("a", "b")]
    assert found.interaction_strength == pytest.approx(
        1 / 2.25, abs=0.05
    )  # variances of the interaction and of the score
    assert found.strength_interval[0] < 1 / 2.25 < found.strength_interval[1]
    assert not found.exact


def test_a_network_has_witnesses_only(rows):
    network = Chain(
        (affine([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]], [0.0, 0.0]), Activation("relu"), affine([[1.0, 0.5]], [0.0]))
    )
    found = automicro.effects(model(network, "abc"), rows)
    assert (found.interactions_are, found.inputs_tried) == ("witnessed", 3)
    assert [pair.columns for pair in found.interactions] == [("a", "b")]
    assert "there may be others" in str(found)


def test_each_class_has_a_score(rows):
    body = affine([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], [0.0, 0.0, 0.0])
    found = automicro.effects(model(body, "abc", labels=("r", "s", "t")), rows)
    assert found.outputs == ("score of r", "score of s", "score of t")
    low, high = found["a"].effect[[0, -1]]
    assert (high - low) / np.ptp(found["a"].values) == pytest.approx([2 / 3, -1 / 3, -1 / 3], rel=1e-4)


def test_buckets_of_a_text_are_inputs_of_their_own():
    grams = Grams(0, "word", 1, 1, 8, (3, 9, 200), scaled=False)
    texts = np.array(["one two three", "four five six seven", "eight nine", "ten one"] * 40, dtype=object)
    sums = Sum((affine([[1.0, 2.0, 3.0, 0.5]], [0.0]), affine([[0.0, 0.0, 0.0, 1.0]], [0.0])))
    found = automicro.effects(model(sums, "ab", (grams, Numeric(1))), {"a": texts, "b": np.arange(160.0)})
    assert len(found.effects) == 4
    assert found.exact


def test_what_has_no_effects_is_refused(rows):
    graphs = Model(Program(2, numbers(2), Chain((Pool(("sum",), (0,)), affine([[1.0]], [0.0]))), "identity"))
    with pytest.raises(DataError, match="this model reads graphs"):
        automicro.effects(graphs, {"x": [[1.0]], "edge_index": [[], []]})
    with pytest.raises(DataError, match="effects need rows to average over, but got 1"):
        automicro.effects(
            model(affine([[1.0, 0.0, 0.0]], [0.0]), "abc"), {name: values[:1] for name, values in rows.items()}
        )
    with pytest.raises(DataError, match="that of row 1 is not"):
        automicro.effects(model(affine([[1.0]], [0.0]), "a"), {"a": [1.0, np.nan, 2.0]})
    with pytest.raises(KeyError, match="the model reads no column 'd'"):
        automicro.effects(model(affine([[1.0]], [0.0]), "a"), {"a": [1.0, 2.0]})["d"]


def test_importance_takes_columns_by_name_and_the_metric_of_the_card(rows):
    made = model(affine([[3.0, 1.0, 0.0]], [0.0]), "abc")
    y = 3 * rows["a"] + rows["b"]
    found = automicro.importance(made, {"c": rows["c"], "b": rows["b"], "y": y, "a": rows["a"]}, "y")
    assert [each.column for each in found] == ["a", "b", "c"]
    assert found[0].loss > 1 > found[1].low > 0
    assert found[2].loss == 0
    with pytest.raises(automicro.RequestError, match="metric: must be given"):
        automicro.importance(Model(made.program), np.stack([rows[name] for name in "abc"], axis=1), y)


def test_from_the_command_line(rows, tmp_path, capsys):
    path, data = tmp_path / "m.micro", tmp_path / "rows.csv"
    model(affine([[3.0, 1.0, 0.0]], [0.0]), "abc").save(path)
    lines = [f"{a},{b},{c},{3 * a + b}" for a, b, c in zip(*rows.values(), strict=True)]
    data.write_text("\n".join(["a,b,c,y", *lines]))
    assert main(["explain", str(path), str(data), "--effects", "--importance", "y"]) == 0
    told = capsys.readouterr().out
    assert "effects of 3 columns on the score before the link over 600 rows (exact):" in told
    assert "column" in told.splitlines()[-4]
    assert main(["explain", str(path), str(data), "--effects", "--json"]) == 2
    assert "--json: must be given for one row only" in capsys.readouterr().err
