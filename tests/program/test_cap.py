"""The cap of programs with the link exp: every evaluator, reader and word says the same of it, and files without one are as before."""

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
from automicro.explain.interpreter import Interpreter
from automicro.program import (
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
from automicro.program.cap import LEAST_CAP, MOST_CAP, cap_at_least
from automicro.program.quantise import PRECISIONS
from automicro.report import model_text
from automicro.search.bound import with_cap

LN2 = math.log(2.0)
CAPS = st.integers(LEAST_CAP, MOST_CAP)
CELLS = st.floats(allow_nan=True, allow_infinity=True)
SLOPES = st.floats(-1e6, 1e6, width=32)


def line(cap: int | None, weight: float = 1.0, bias: float = 0.0, offset: float = 0.0) -> Program:
    return Program(1, (Numeric(0, None, offset),), Affine(Weights.of([[weight]]), Weights.of([bias])), "exp", None, cap)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(CAPS, SLOPES, SLOPES, st.lists(CELLS, min_size=1, max_size=5))
def test_evaluators_and_the_interpreter_agree_on_capped_rows(
    cap: int, weight: float, bias: float, cells: list[float]
) -> None:
    program = line(cap, weight, bias)
    columns = columns_of(program, [np.array(cells)])
    with np.errstate(all="ignore"):
        many, scored = evaluate(program, columns), scores(program, columns)[:, 0]
        single = [float(Evaluator(program)([[cell]])[0]) for cell in cells]
        free = evaluate(line(None, weight, bias), columns)
    assert np.array_equal(many, single, equal_nan=True)
    assert np.array_equal(many, np.minimum(free, 2.0**cap), equal_nan=True)
    assert np.array_equal(np.isnan(many), np.isnan(scored))
    clear = np.abs(scored - cap * LN2) > 1e-9 * np.maximum(np.abs(scored), 1.0)
    assert (many[clear & (scored > cap * LN2)] == 2.0**cap).all()
    interpreter = Interpreter(json.loads(json.dumps(global_card(program))))
    told = [interpreter.label([score]) for score in scored.tolist()]
    np.testing.assert_allclose(told, many, rtol=1e-9, atol=1e-300)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(CAPS, st.sampled_from([0.0, 1e9]))
def test_a_cap_survives_the_file(cap: int, offset: float) -> None:
    program = line(cap, offset=offset)
    data = pack(program)
    assert data[:1] == b"\xb7"
    assert unpack(data).cap == read(data)[0]["cap"] == cap
    assert unpack(data).decoders == program.decoders
    parts = size_by_part(program)
    assert sum(parts.values()) == pytest.approx(len(data))
    assert parts["cap"] <= (7 if -16 <= cap < 32 else 19) / 8
    assert all(quantise(program, precision).cap == cap for precision in PRECISIONS)
    assert simplify(program).cap == cap


def test_the_cap_of_a_price_takes_two_bits_beside_the_link() -> None:
    free, bounded = (size_by_part(line(cap)) for cap in (None, 15))
    assert pack(line(None))[:1] == b"\xb5"
    assert "cap" not in free
    assert 8 * (bounded["cap"] + bounded["header"] - free["header"]) < 2


def test_drawn_programs_with_a_cap_are_read_alike() -> None:
    seen = 0
    for seed in range(200):
        program = drawn.program(seed)
        if program.cap is None:
            continue
        columns = columns_of(program, drawn.rows(program, seed))
        with np.errstate(all="ignore"):
            ours, again = evaluate(program, columns), evaluate(unpack(pack(program)), columns)
        assert ours.tobytes() == again.tobytes()
        assert not (ours > 2.0**program.cap).any()
        seen += 1
    assert seen > 10


@pytest.mark.parametrize(
    ("link", "labels", "cap", "fault"),
    [
        ("identity", None, 3, "a cap goes with numbers under the link exp"),
        ("sigmoid", ("a", "b"), 3, "a cap goes with numbers under the link exp"),
        ("exp", None, 1024, r"whole number in -1022\.\.1023, but is 1024"),
        ("exp", None, 1.5, "whole number"),
        ("exp", None, True, "whole number"),
    ],
)
def test_caps_that_mean_nothing_are_refused(link: str, labels: object, cap: object, fault: str) -> None:
    body = Affine(Weights.of([[1.0]]), Weights.of([0.0]))
    with pytest.raises(PluginError, match=fault):
        pack(Program(1, (Numeric(0),), body, link, labels, cap))  # type: ignore[arg-type]  # what is refused


def test_damaged_extensions_are_refused() -> None:
    data = pack(line(15))
    for place in range(1, len(data)):
        for other in (0, 255, data[place] ^ 1):
            changed = data[:place] + bytes([other]) + data[place + 1 :]
            try:
                program = unpack(changed)
            except ArtifactError:
                continue
            assert unpack(pack(program)) == program


@pytest.mark.parametrize(
    ("largest", "cap"), [(1.0, 0), (2.0, 1), (2.0001, 2), (18_823.0, 15), (0.3, -1), (5e-324, -1022), (0.0, -1022)]
)
def test_a_cap_is_the_smallest_power_of_two_that_is_not_below(largest: float, cap: int) -> None:
    assert cap_at_least(largest) == cap
    assert cap_at_least(1.7e308) == MOST_CAP


@given(st.floats(1e-300, 1e300))
def test_no_smaller_cap_would_do(largest: float) -> None:
    cap = cap_at_least(largest)
    assert 2.0 ** (cap - 1) < largest <= 2.0**cap


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1))
def test_no_row_makes_a_prediction_infinite(seed: int) -> None:
    program = with_cap(replace(drawn.program(seed), link="exp", labels=None, cap=None), np.array([3.0]))
    with np.errstate(all="ignore"):
        predicted = evaluate(program, columns_of(program, drawn.rows(program, seed)))
    assert not np.isinf(predicted).any()
    assert program.cap in {None, 2}


def test_words_and_explanations_say_what_the_most_is() -> None:
    program = line(15, weight=2.0)
    card = {"target": "price", "columns": [{"name": "carat", "kind": "numeric"}]}
    assert "price = exp(score), at most 32768" in model_text(program, card)
    assert "at most" not in model_text(line(None), card)
    model = Model(program, card)
    far = model.explain([[50.0]])
    assert far.output == far.cap == 32768
    assert far.score == pytest.approx(100)
    assert far.completeness_error < 1e-9
    assert "= exp(score), at most 32768, of a score 100 that adds up as" in str(far)
    assert json.loads(far.to_json())["cap"] == 32768
    near = model.explain([[2.0]])
    assert near.output == pytest.approx(math.exp(4))
    assert "at most" not in str(near)


def test_the_words_of_a_tree_that_decides_alone_know_the_cap() -> None:
    tree = Tree(
        np.array([0, -1, -1], dtype=np.int32),
        np.array([5, 0, 0], dtype=np.float32),
        np.array([True, False, False]),
        np.array([0, 0, 1], dtype=np.int32),
    )
    body = Forest((tree,), Weights.of([[0.0], [9.0]]), Weights.of([0.0]))
    words = model_text(Program(1, (Numeric(0),), body, "exp", None, 4))
    assert words.rstrip().endswith("16")
    assert "8103" in model_text(Program(1, (Numeric(0),), body, "exp"))


def test_a_card_that_tells_another_cap_does_not_replay() -> None:
    program = line(15)
    batch = Batch(tuple(columns_of(program, [np.linspace(0.0, 50.0, 40)])))
    card = global_card(program)
    assert replay(program, card, batch, ["column 0"]).passed
    found = replay(program, {**card, "cap": None}, batch, ["column 0"])
    assert str(found) == "failed: the card tells a cap None, the model has 15"
