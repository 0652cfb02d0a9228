"""The attention of single decisions: weights that add up, and reproduce what heads pass on."""

from __future__ import annotations

import numpy as np
import pytest

from automicro import DataError, Model
from automicro.program import (
    Activation,
    Affine,
    Attention,
    Chain,
    Grams,
    Numeric,
    OneHot,
    Program,
    Summary,
    Tokens,
    Weights,
    attention_of,
    body_scores,
    columns_of,
    decode,
)
from automicro.program.inputs.texts import bucket_of
from automicro.report import attention_text

DRAW = np.random.default_rng(0)


def normal(*shape):
    return Weights.of(DRAW.normal(size=shape))


TOKENS = Tokens((0, 1, 2, 3), (1, 2, 1), normal(4, 2), normal(3, 2))
POOL = Attention(normal(2, 2))
ASKS = Attention(normal(1, 2, 2), normal(2, 2))
BODY = Chain((TOKENS, Activation("tanh"), ASKS, POOL, Affine(normal(1, 4), normal(1))))
PROGRAM = Program(3, (Numeric(0), OneHot(1, ("a", "b")), Numeric(2)), BODY, "identity")
CARD = {"columns": [{"name": name, "kind": "numeric"} for name in ("age", "job", "pay")]}
ROWS = [[1.0, "a", 2.0], [np.nan, "b", 0.5], [3.0, None, np.nan]]


def test_weights_add_up_and_give_what_heads_pass_on():
    found = Model(PROGRAM, CARD).attention(ROWS)
    assert found.tokens == ("age", "job", "pay")
    assert found.weights.shape == (3, 2, 3)
    assert found.weights.sum(axis=2) == pytest.approx(np.ones((3, 2)))
    assert found.weights[1, :, 0].tolist() == [0, 0]
    assert found.weights[2, :, 2].tolist() == [0, 0]
    X = decode(PROGRAM.decoders, columns_of(PROGRAM, np.array(ROWS, dtype=object)))
    pooled = body_scores(Chain(BODY.nodes[:-1]), X)
    assert (found.weights @ found.values).reshape(3, -1) == pytest.approx(pooled)


def test_without_names_columns_are_called_by_position():
    assert Model(PROGRAM).attention(ROWS[:1]).tokens == ("column 0", "column 1", "column 2")
    body = Chain((Affine(normal(4, 4), normal(4)), POOL))
    other = Program(3, PROGRAM.decoders, body, "identity")
    assert attention_of(other, columns_of(other, np.array(ROWS, dtype=object))).tokens == ("token 1", "token 2")


def test_all_absent_weighs_nothing():
    program = Program(
        2, (Numeric(0), Numeric(1)), Chain((Tokens((0, 1), (1, 1), normal(2, 2), normal(2, 2)), POOL)), "identity"
    )
    found = Model(program).attention([[np.nan, np.nan]])
    assert not found.weights.any()
    assert "nothing, as every token is absent" in attention_text(found)


def test_in_words():
    found = Model(PROGRAM, CARD).attention(ROWS)
    lines = attention_text(found, 1).splitlines()
    assert lines[0] == "how 2 heads weighed 3 tokens (what was summed, not why):"
    assert [line for line in lines if line.startswith("head")] == ["head 1:", "head 2:"]
    told = sum(float(line.rsplit(maxsplit=1)[1].rstrip("%")) for line in lines if line.startswith("  "))
    assert told == pytest.approx(200, abs=0.3)
    assert "age" not in "".join(lines)


def test_other_models_have_none():
    program = Program(1, (Numeric(0),), Affine(normal(1, 1), normal(1)), "identity")
    with pytest.raises(DataError, match="needs a model whose heads pool tokens"):
        Model(program).attention([[1.0]])
    with pytest.raises(DataError, match="column 'age' must hold numbers"):
        Model(PROGRAM, CARD).attention([["x", "a", 1.0]])


def test_words_are_shown_as_they_stand_in_the_text():
    buckets = tuple(sorted(bucket_of(word, 16) for word in ("good", "bad")))
    words = Tokens((0, 1), (1, 1), Weights.of([[0.0]]), Weights.of([[1.0], [2.0]]), sparse=True)
    body = Chain((words, Attention(Weights.of([[0.0]])), Affine(Weights.of([[1.0]]), Weights.of([0.0]))))
    program = Program(1, (Grams(0, "word", 1, 1, 16, buckets),), body, "identity")
    found = Model(program, {"columns": [{"name": "review", "kind": "text"}]}).attention(
        [["So GOOD, so good!"], ["bad"], [None]]
    )
    assert set(found.tokens) == {f"review in bucket {bucket}" for bucket in buckets}
    assert [sorted(row.values()) for row in found.words] == [["good"], ["bad"], []]
    assert "good  100.0%" in attention_text(found, 0)
    assert "nothing" in attention_text(found, 2)


def test_windows_are_named():
    summaries = tuple(Summary(channel, "mean", 1, window) for channel in (0, 1) for window in (0, 1))
    body = Chain((Tokens((0, 2, 1, 3), (2, 2), normal(2, 2), normal(2, 2)), POOL))
    found = Model(Program(2, summaries, body, "identity")).attention(DRAW.normal(size=(3, 2, 9)))
    assert found.tokens == ("column 0 to column 1, half 1", "column 0 to column 1, half 2")
