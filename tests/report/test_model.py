"""What a reader is told about a model is what the model computes."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automicro.program import (
    Activation,
    Affine,
    Chain,
    Forest,
    Lookup,
    Missing,
    Numeric,
    OneHot,
    Program,
    Scale,
    StepTables,
    Sum,
    Tree,
    Weights,
    body_scores,
    pack,
)
from automicro.report import card_text, model_text, size_text

weights = st.floats(-100, 100, width=32)
CARD = {
    "columns": [{"name": name, "kind": "numeric"} for name in "abc"],
    "target": "y",
    "score": 0.912345,
    "score_interval": [0.9, 1.0],
    "parameters": {"penalty": 0.125},
    "labels": None,
}
NUMERIC = (Numeric(0), Numeric(1), Numeric(2))


def program_of(body: object, link: str = "identity", labels: tuple[str, ...] | None = None) -> Program:
    return Program(3, NUMERIC, body, link, labels)  # type: ignore[arg-type]  # drawn bodies


def features_of(X: np.ndarray) -> list[dict[str, float]]:
    return [dict(zip("abc", map(float, row), strict=True)) for row in X]


def meets(condition: str, row: dict[str, float]) -> bool:
    """Read conditions such as "a > 1 and <= 2", "b <= 0.5 or missing" and "c missing"."""
    name, rest = condition[0], condition[1:].strip()
    value = row[name]
    if rest == "missing":
        return math.isnan(value)
    if math.isnan(value):
        return rest.endswith("or missing")
    if rest == "of any value":
        return True
    checks = re.findall(r"(<=|>) (\S+)", rest)
    return all(
        value <= float(np.float32(limit)) if sign == "<=" else value > float(np.float32(limit))
        for sign, limit in checks
    )


@st.composite
def rows(draw: st.DrawFn) -> np.ndarray:
    values = weights | st.just(float("nan"))
    drawn = draw(st.lists(st.tuples(values, values, values), min_size=1, max_size=5))
    return np.array(drawn, dtype=np.float32)


@given(st.lists(weights, min_size=3, max_size=3), weights, st.lists(st.tuples(weights, weights, weights), min_size=1))
def test_an_equation_replays(coefficients: list[float], bias: float, drawn: list[tuple[float, ...]]) -> None:
    body = Affine(Weights.of([coefficients]), Weights.of([bias]))
    first, *terms = model_text(program_of(body), CARD).splitlines()
    X = np.array(drawn, dtype=np.float32)
    told = [
        float(first.removeprefix("y = "))
        + sum(float(value) * row[name] for value, name in (term.split(" * ") for term in terms))
        for row in features_of(X)
    ]
    np.testing.assert_allclose(told, body_scores(body, X)[:, 0], rtol=1e-5, atol=1e-2)


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    feature: list[int] = []

    def grow(depth: int) -> None:
        split = depth < 4 and draw(st.booleans())
        feature.append(draw(st.integers(0, 2)) if split else -1)
        if split:
            grow(depth + 1)
            grow(depth + 1)

    grow(0)
    size = len(feature)
    thresholds = draw(st.lists(weights, min_size=size, max_size=size))
    lefts = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    leaves = iter(range(size))
    return Tree(
        np.array(feature, np.int32),
        np.array(thresholds, np.float32),
        np.array(lefts, np.bool_),
        np.array([next(leaves) if f < 0 else 0 for f in feature], np.int32),
    )


def follow(lines: list[str], row: dict[str, float], depth: int = 0) -> str:
    """Read nested if and else as Python would."""
    taken = False
    for position, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if indent < 2 * depth:
            break
        if indent > 2 * depth:
            continue
        if (told := line.strip().removeprefix("else ")).startswith("if "):
            condition, _, outcome = told.removeprefix("if ").partition(":")
            taken = meets(condition, row)
        elif line.strip().startswith("else:"):
            outcome, taken = line.strip().removeprefix("else:"), not taken
        else:
            return line.strip()
        if taken:
            return outcome.strip() or follow(lines[position + 1 :], row, depth + 1)
    raise AssertionError("\n".join(lines))


@given(trees(), rows())
def test_rules_replay(tree: Tree, X: np.ndarray) -> None:
    forest = Forest((tree,), Weights.of(np.arange(len(tree.feature))[:, None]), Weights.of([0.5]))
    lines = model_text(program_of(forest), CARD).splitlines()
    told = [float(follow(lines, row)) for row in features_of(X)]
    assert told == body_scores(forest, X)[:, 0].tolist()


@st.composite
def tables(draw: st.DrawFn) -> StepTables:
    features = draw(st.lists(st.integers(0, 2), min_size=1, max_size=3, unique=True))
    cuts = [sorted(draw(st.sets(weights, max_size=4))) for _ in features]
    values = [draw(st.lists(weights, min_size=len(each) + 1, max_size=len(each) + 1)) for each in cuts]
    missing = draw(st.lists(weights, min_size=len(features), max_size=len(features)))
    return StepTables(
        tuple(features),
        (0,) * len(features),
        tuple(map(len, values)),
        Weights.of(np.concatenate(cuts)),
        Weights.of(np.concatenate(values)),
        Weights.of([draw(weights)]),
        Weights.of(missing),
    )


@given(tables(), rows())
def test_step_tables_replay(body: StepTables, X: np.ndarray) -> None:
    first, *lines = model_text(program_of(body), CARD).splitlines()
    steps = [re.split(r"\s{2,}", line.strip()) for line in lines]
    start = float(first.removeprefix("y = ").partition(" ")[0])
    told = [start + sum(float(value) for condition, value in steps if meets(condition, row)) for row in features_of(X)]
    np.testing.assert_allclose(told, body_scores(body, X)[:, 0], rtol=1e-5, atol=1e-2)


def tree_of(feature: list[int], threshold: list[float], leaf: list[int], output: int = 0) -> Tree:
    left = np.zeros(len(feature), np.bool_)
    return Tree(np.array(feature, np.int32), np.array(threshold, np.float32), left, np.array(leaf, np.int32), output)


STUMP = tree_of([0, -1, -1], [0.5, 0, 0], [0, 0, 1])


def test_decoders_are_told_by_their_columns() -> None:
    decoders = (
        Numeric(0, fill=1.5),
        Missing(0),
        OneHot(1, ("red", None)),
        Lookup(2, ("x", None), Weights.of([1, 2]), 3.0),
    )
    body = Affine(Weights.of([[1, 2, 3, 4, 5]]), Weights.of([0]))
    assert model_text(Program(3, decoders, body, "sigmoid", ("no", "yes")), None).splitlines() == [
        "score = 0",
        "  +1 * column 0",
        "  +2 * [column 0 is missing]",
        "  +3 * [column 1 = red]",
        "  +4 * [column 1 is missing]",
        "  +5 * code of column 2",
        "column 0 counts as 1.5 where missing",
        "code of column 2: x: 1, missing: 2, any other: 3",
        "predict yes if score > 0, else no",
        "probability of yes = 1 / (1 + exp(-score))",
    ]


def test_a_tree_alone_says_what_it_predicts() -> None:
    decoders = (OneHot(1, ("red",)),)
    two = Forest((STUMP,), Weights.of([[2], [-1]]), Weights.of([0]))
    assert model_text(Program(3, decoders, two, "sigmoid", ("no", "yes")), CARD).splitlines() == [
        "if b is not red: yes (probability 0.8808)",
        "else: no (probability 0.7311)",
    ]
    three = Forest((STUMP,), Weights.of([[0, 0, 3], [1, 0, 0]]), Weights.of([0, 0, 0]))
    assert model_text(Program(3, decoders, three, "softmax", ("p", "q", "r")), CARD).splitlines() == [
        "if b is not red: r (probability 0.9094)",
        "else: p (probability 0.5761)",
    ]
    assert model_text(Program(3, decoders, two, "exp"), CARD).splitlines()[1] == "else: 0.36787945"


def test_big_models_are_cut() -> None:
    forest = Forest((STUMP,) * 30, Weights.of([[2], [-1]]), Weights.of([0]))
    lines = model_text(program_of(forest), CARD).splitlines()
    assert lines[0] == "30 trees with 60 leaves in all, reading a"
    assert lines[-1] == "... 27 more trees"
    wide = Program(
        100, tuple(map(Numeric, range(100))), Affine(Weights.of(np.ones((1, 100))), Weights.of([0])), "identity"
    )
    assert model_text(wide, limit=5).splitlines()[-1] == "  ... 95 more terms"


def test_chains_and_sums_are_told_step_by_step() -> None:
    layer = Affine(Weights.of(np.eye(3)), Weights.of(np.zeros(3)))
    chain = Chain((layer, Activation("relu"), Affine(Weights.of(np.ones((3, 3))), Weights.of(np.zeros(3)))))
    text = model_text(program_of(Sum((chain, layer)), "softmax", ("p", "q", "r")), CARD)
    assert "relu of every input" in text
    assert "    score of r = 0\n      +1 * unit 2.1" in text
    assert text.endswith("predict the label with the greatest score\nprobabilities = softmax of the scores")


def test_a_scale_is_told_factor_by_factor() -> None:
    text = model_text(
        program_of(Chain((Scale(Weights.of([2, 0.5, 0])), Affine(Weights.of([[1, 2, 3]]), Weights.of([1])))))
    )
    assert "unit 1.1 = 2 * " in text


@pytest.mark.parametrize(
    "body",
    [Affine(Weights.of([[1, 0, 2]]), Weights.of([1])), Forest((STUMP,), Weights.of([[1], [2]]), Weights.of([0]))],
)
def test_sizes_add_up(body: object) -> None:
    program = program_of(body)
    *_, total = size_text(program).splitlines()
    assert total.split() == ["total", f"{len(pack(program)):.1f}", "bytes"]


def test_a_card_is_told_line_by_line() -> None:
    assert card_text(CARD).splitlines() == [
        "columns         3 columns: a (numeric), b (numeric), c (numeric)",
        "target          y",
        "score           0.9123",
        "score interval  0.9 to 1",
        "parameters      penalty=0.125",
    ]
