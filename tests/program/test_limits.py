"""The limits of programs of numbers: every evaluator, reader and word agrees on them, and files without any are as before."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import drawn
import numpy as np
import pytest
from format_reader import read
from hypothesis import given, settings
from hypothesis import strategies as st

from automicro import Model
from automicro.errors import ArtifactError, PluginError
from automicro.explain import global_card, replay
from automicro.explain.replay.interpreter import Interpreter
from automicro.program import (
    PRECISIONS,
    Affine,
    Batch,
    Evaluator,
    Forest,
    Numeric,
    Program,
    Tree,
    Weights,
    columns_of,
    evaluate,
    pack,
    quantise,
    scores,
    simplify,
    size_by_part,
    unpack,
)
from automicro.program.limits import shortest_between
from automicro.program.nodes import Link
from automicro.report import model_text
from automicro.search.trial.bound import with_bound

CELLS = st.floats(allow_nan=True, allow_infinity=True)
SLOPES = st.floats(-1e6, 1e6, width=32)
FINITE = st.floats(-1e300, 1e300, allow_subnormal=False)
LIMITS = st.tuples(FINITE, FINITE).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: (min(pair), max(pair)))


LINKS: list[Link] = ["identity", "exp"]


def line(
    limits: tuple[float, float] | None,
    weight: float = 1.0,
    bias: float = 0.0,
    offset: float = 0.0,
    link: Link = "identity",
) -> Program:
    body = Affine(Weights.of([[weight]]), Weights.of([bias]))
    return Program(1, (Numeric(0, None, offset),), body, link, None, limits)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(LIMITS, SLOPES, SLOPES, st.lists(CELLS, min_size=1, max_size=5), st.sampled_from(LINKS))
def test_evaluators_and_the_interpreter_agree_on_limited_rows(
    limits: tuple[float, float], weight: float, bias: float, cells: list[float], link: Link
) -> None:
    program = line(limits, weight, bias, link=link)
    columns = columns_of(program, [np.array(cells)])
    with np.errstate(all="ignore"):
        many, scored = evaluate(program, columns), scores(program, columns)[:, 0]
        single = [float(Evaluator(program)([[cell]])[0]) for cell in cells]
        free = evaluate(line(None, weight, bias, link=link), columns)
    assert np.array_equal(many, single, equal_nan=True)
    assert np.array_equal(many, np.clip(free, *limits), equal_nan=True)
    interpreter = Interpreter(json.loads(json.dumps(global_card(program))))
    told = [interpreter.label([score]) for score in scored.tolist()]
    np.testing.assert_allclose(told, many, rtol=1e-9, atol=1e-300)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(LIMITS, st.sampled_from([0.0, 1e9]), st.sampled_from(LINKS))
def test_limits_survive_the_file(limits: tuple[float, float], offset: float, link: Link) -> None:
    program = line(limits, offset=offset, link=link)
    data = pack(program)
    assert data[:1] == b"\xb7"
    assert unpack(data).link == link
    assert unpack(data).limits == read(data)[0]["limits"] == limits
    assert unpack(data).decoders == program.decoders
    assert sum(size_by_part(program).values()) == pytest.approx(len(data))
    assert all(quantise(program, precision).limits == limits for precision in PRECISIONS)
    assert simplify(program).limits == limits


def test_the_limits_of_a_price_take_a_byte_beside_the_link() -> None:
    free, limited = (size_by_part(line(limits)) for limits in (None, (0.0, 20480.0)))
    assert pack(line(None))[:1] == b"\xb5"
    assert "limits" not in free
    assert limited["limits"] + limited["header"] - free["header"] <= 1.1


def test_drawn_programs_with_limits_are_read_alike() -> None:
    seen = 0
    for seed in range(200):
        program = drawn.program(seed)
        if program.limits is None:
            continue
        columns = columns_of(program, drawn.rows(program, seed))
        with np.errstate(all="ignore"):
            ours, again = evaluate(program, columns), evaluate(unpack(pack(program)), columns)
        assert ours.tobytes() == again.tobytes()
        assert not (ours < program.limits[0]).any()
        assert not (ours > program.limits[1]).any()
        seen += 1
    assert seen > 10


@pytest.mark.parametrize(
    ("link", "labels", "limits", "fault"),
    [
        ("softmax", None, (0.0, 1.0), "limits go with numbers under the link identity or exp"),
        ("sigmoid", ("a", "b"), (0.0, 1.0), "limits go with numbers under the link identity"),
        ("identity", None, (1.0, 1.0), r"the smaller one first, but are \(1.0, 1.0\)"),
        ("identity", None, (2.0, 1.0), "the smaller one first"),
        ("identity", None, (0.0, math.inf), "two numbers in float64"),
        ("identity", None, (0.0, math.nan), "two numbers in float64"),
        ("identity", None, (0, 1), "two numbers in float64"),
        ("identity", None, (0.0,), "two numbers in float64"),
    ],
)
def test_limits_that_mean_nothing_are_refused(link: str, labels: object, limits: object, fault: str) -> None:
    body = Affine(Weights.of([[1.0]]), Weights.of([0.0]))
    with pytest.raises(PluginError, match=fault):
        pack(Program(1, (Numeric(0),), body, link, labels, limits))  # type: ignore[arg-type]  # what is refused


def test_damaged_limits_are_refused_or_read_exactly() -> None:
    data = pack(line((-1.5, 20480.0)))
    for place in range(1, len(data)):
        for other in (0, 255, data[place] ^ 1):
            changed = data[:place] + bytes([other]) + data[place + 1 :]
            try:
                program = unpack(changed)
            except ArtifactError:
                continue
            assert unpack(pack(program)) == program


@pytest.mark.parametrize(
    ("low", "high", "shortest"),
    [
        (-600.0, 326.0, 0.0),
        (18_823.0, 21_135.0, 20_480.0),
        (2010.0, 2012.5, 2012.0),
        (-5.0, -4.5, -5.0),
        (-0.3, -0.2, -0.25),
        (1e-310, 1.0, 2.0**-1022),
        (0.1, 0.1, 0.1),
    ],
)
def test_the_shortest_number_between_two(low: float, high: float, shortest: float) -> None:
    assert shortest_between(low, high) == shortest


@given(st.floats(-1e300, 1e300), st.floats(0, 1e300))
def test_the_shortest_number_lies_between(low: float, more: float) -> None:
    found = shortest_between(low, low + more)
    assert found == 0 or abs(found) >= 2.0**-1022
    assert min(abs(low), 2.0**-1022) > abs(low + more) or low <= found <= max(low + more, 2.0**-1022)


def test_words_and_explanations_name_the_limit() -> None:
    program = line((0.0, 20480.0), weight=1000.0)
    card = {"target": "price", "columns": [{"name": "carat", "kind": "numeric"}]}
    assert "price = score, at least 0 and at most 20480" in model_text(program, card)
    assert "at most" not in model_text(line(None), card)
    model = Model(program, card)
    far = model.explain([[50.0]])
    assert far.output == 20480
    assert far.limits == (0.0, 20480.0)
    assert far.score == pytest.approx(50_000)
    assert far.completeness_error < 1e-9
    assert "predicted 2.048e+04, at most 20480, of a score 5e+04 that adds up as" in str(far)
    assert "predicted 0, at least 0, of a score" in str(model.explain([[-1.0]]))
    assert "at most" not in str(model.explain([[2.0]]))
    assert json.loads(far.to_json())["limits"] == [0.0, 20480.0]


def test_a_card_with_other_limits_does_not_replay() -> None:
    program = line((0.0, 32.0))
    batch = Batch(tuple(columns_of(program, [np.linspace(-5.0, 50.0, 40)])))
    card = global_card(program)
    assert replay(program, card, batch, ["column 0"]).passed
    found = replay(program, {**card, "limits": None}, batch, ["column 0"])
    assert str(found) == "failed: the card has the limits None, the model has [0.0, 32.0]"


def test_words_and_explanations_of_exponentials_name_the_limit() -> None:
    program = line((0.0, 20480.0), weight=2.0, link="exp")
    card = {"target": "price", "columns": [{"name": "carat", "kind": "numeric"}]}
    assert "price = exp(score), at most 20480" in model_text(program, card)
    far = Model(program, card).explain([[50.0]])
    assert far.output == 20480
    assert "= exp(score), at most 20480, of a score 100 that adds up as" in str(far)


def test_the_words_of_a_tree_that_decides_alone_know_the_limits() -> None:
    tree = Tree(
        np.array([0, -1, -1], dtype=np.int32),
        np.array([5, 0, 0], dtype=np.float32),
        np.array([True, False, False]),
        np.array([0, 0, 1], dtype=np.int32),
    )
    body = Forest((tree,), Weights.of([[0.0], [9.0]]), Weights.of([0.0]))
    words = model_text(Program(1, (Numeric(0),), body, "exp", None, (0.0, 16.0)))
    assert words.rstrip().endswith("16")
    assert "8103" in model_text(Program(1, (Numeric(0),), body, "exp"))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.sampled_from(LINKS))
def test_no_row_makes_a_prediction_infinite(seed: int, link: Link) -> None:
    program = with_bound(replace(drawn.program(seed), link=link, labels=None, limits=None), np.array([1.0, 3.0]), "r2")
    with np.errstate(all="ignore"):
        predicted = evaluate(program, columns_of(program, drawn.rows(program, seed)))
    assert not np.isinf(predicted).any()
    assert program.limits in {None, (1.0, 3.0)}
