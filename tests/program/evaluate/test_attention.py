"""Tokens and attention: what they mean on cases worked out by hand, and bounds of their bytes."""

from __future__ import annotations

import drawn
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automicro.errors import PluginError
from automicro.program import (
    Affine,
    Attention,
    Chain,
    Evaluator,
    Numeric,
    Program,
    Tokens,
    Weights,
    body_scores,
    bounds,
    pack,
    size_by_part,
    unpack,
    validate,
)
from automicro.program.evaluate.attention import attention_weights

NAN = np.nan
POOL = Attention(Weights.of([[1.0, 0.0], [0.0, np.log(3)]]))


def test_tokens_are_positions_plus_features_times_weights():
    own = Tokens((1, 0, 2), (2, 1), Weights.of([[1, 2], [3, 4], [5, 6]]), Weights.of([[0.5, 0], [0, 1]]))
    rows = np.array([[10, 1, 2], [NAN, 1, 2], [NAN, NAN, 2], [10, 1, NAN]], dtype=np.float32)
    absent = [NAN, NAN]
    expected = [[31.5, 42, 10, 13], [1.5, 2, 10, 13], [*absent, 10, 13], [31.5, 42, *absent]]
    assert np.array_equal(body_scores(own, rows), expected, equal_nan=True)


def test_one_projection_can_serve_all_tokens():
    shared = Tokens((0, 2, 1, 3), (2, 2), Weights.of([[1], [10]]), Weights.of([[0], [100]]))
    assert shared.shared
    assert body_scores(shared, np.array([[1.0, 2.0, 3.0, 4.0]])).tolist() == [[31, 142]]


def test_zeros_are_absent_where_that_is_told():
    words = Tokens((0, 1), (1, 1), Weights.of([[0], [0]]), Weights.of([[4], [8]]), sparse=True)
    pool = Chain((words, Attention(Weights.of([[0.0]]))))
    rows = np.array([[1, 0], [0, 3], [2, 1], [0, 0], [NAN, 0]], dtype=np.float32)
    assert body_scores(pool, rows)[:, 0].tolist() == [4, 8, 6, 0, 0]


def test_heads_weigh_tokens_by_their_queries():
    tokens = np.array([[0.0, 0.0, 0.0, 1.0], [0.0, 1.0, NAN, 1.0], [NAN, NAN, NAN, NAN]])
    weights = attention_weights(POOL, tokens)
    assert weights[0] == pytest.approx(np.array([[0.5, 0.5], [0.25, 0.75]]))
    assert weights[1].tolist() == [[1, 0], [1, 0]]
    assert not weights[2].any()
    pooled = body_scores(POOL, tokens)
    assert pooled[0] == pytest.approx([0, 0.5, 0, 0.75])
    assert pooled[2].tolist() == [0, 0, 0, 0]


def test_huge_logits_do_no_harm():
    tokens = np.array([[3e38, 1.0, -3e38, 2.0]])
    assert body_scores(POOL, tokens)[0].tolist() == [3e38, 1, pytest.approx(-1.5e38), pytest.approx(1.75)]


def test_tokens_ask_one_another():
    asks = Attention(Weights.of([[[np.log(2)]]]), Weights.of([[10.0]]))
    found = body_scores(asks, np.array([[0.0, 1.0, NAN]]))[0]
    assert found == pytest.approx([0 + 10 * 0.5, 1 + 10 * 2 / 3, NAN], nan_ok=True)
    assert attention_weights(asks, np.array([[0.0, 1.0, NAN]]))[0, 0, :2].sum(axis=1) == pytest.approx(1)


def test_many_rows_are_computed_in_parts():
    rng = np.random.default_rng(0)
    asks = Attention(drawn.values(rng, (2, 2, 2), 1), drawn.values(rng, (2, 4), 1))
    rows = rng.normal(size=(300, 120))
    every = body_scores(asks, rows)
    assert all(np.array_equal(every[i : i + 1], body_scores(asks, rows[i : i + 1])) for i in (0, 145, 146, 299))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1))
def test_a_row_alone_and_after_packing_gives_the_same(seed):
    rng = np.random.default_rng(seed)
    inputs = int(rng.integers(1, 9))
    body = drawn.attention(rng, inputs, 2, 1)
    program = Program(inputs, tuple(map(Numeric, range(inputs))), body, "softmax", ("a", "b"))
    again = unpack(pack(program))
    rows = np.array(drawn.rows(program, seed, 12), dtype=np.float64).T
    with np.errstate(all="ignore"):
        many, later = Evaluator(program)(rows), Evaluator(again)(rows)
        single = np.concatenate([Evaluator(program)(rows[i : i + 1]) for i in range(len(rows))])
    assert many.tobytes() == later.tobytes() == single.tobytes()
    assert pack(again) == pack(program)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1))
def test_bounds(seed):
    rng = np.random.default_rng(seed)
    inputs = int(rng.integers(1, 20))
    tokens, width = drawn.tokens(rng, inputs)
    heads = int(rng.integers(1, 5))
    asks = Attention(drawn.values(rng, (heads, width, width), 0), drawn.values(rng, (width, heads * width), 0))
    pool = Attention(drawn.values(rng, (heads, width), 0))
    for steps in ((tokens, pool), (tokens, asks, pool)):
        outputs = Affine(drawn.values(rng, (1, heads * width), 0), drawn.values(rng, (1,), 0))
        program = Program(inputs, tuple(map(Numeric, range(inputs))), Chain((*steps, outputs)), "identity")
        count = len(tokens.sizes)
        most = bounds.tokens_bytes(len(tokens.features), count, width, len(tokens.weights.values))[1]
        most += bounds.attention_bytes(heads, width, asking=True)[1] * (len(steps) > 2)
        most += bounds.attention_bytes(heads, width)[1] + bounds.affine_bytes(heads * width)[1]
        assert size_by_part(program)["body"] <= most


@pytest.mark.parametrize(
    ("node", "sentence"),
    [
        (Tokens((0,), (1,), Weights.of([[1]]), Weights.of([1])), "positions must be"),
        (Tokens((0, 1), (1,), Weights.of([[1], [1]]), Weights.of([[1]])), "must own 2 features"),
        (Tokens((0, 7), (1, 1), Weights.of([[1]]), Weights.of([[1], [1]])), "one of 3 features"),
        (Tokens((0, 1, 2), (2, 1), Weights.of([[1]]), Weights.of([[1], [1]])), "of one size"),
        (Attention(Weights.of([[1.0, 2.0]])), "tokens of 2 numbers each, but there are 3"),
        (Attention(Weights.of([1.0])), "queries must be"),
        (Attention(Weights.of([[[1.0]]]), Weights.of([[1.0, 2.0]])), "must have shape"),
    ],
)
def test_what_cannot_be_is_refused(node, sentence):
    program = Program(3, tuple(map(Numeric, range(3))), node, "identity")
    with pytest.raises(PluginError, match=sentence):
        validate(program)
