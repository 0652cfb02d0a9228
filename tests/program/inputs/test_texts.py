"""Tokens, grams, hashes and buckets of texts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automicro.errors import DataError
from automicro.program import Affine, Evaluator, Grams, Program, Texts, Weights, columns_of, decode, pack, unpack
from automicro.program.inputs.texts import grams_of, hash_of, tokens_of

EVERY_BUCKET = tuple(range(64))


def texts(*values):
    return [Texts(np.array([*values, None], dtype=object)[:-1])]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", []),
        ("  \n", []),
        ("Don't PANIC!", ["don", "t", "panic"]),
        ("a_b 3.5", ["a_b", "3", "5"]),
        ("great😀😀 ❤️", ["great", "😀", "😀", "❤"]),
        ("+ = $ €", ["€"]),
        ("日本語 été", ["日本語", "été"]),
        ("İß", ["i", "ß"]),
    ],
)
def test_tokens(text, tokens):
    assert tokens_of(text) == tokens


def test_hashes_are_those_of_fowler_noll_and_vo():
    assert [hash_of(text) for text in ("", "a", "foobar")] == [0x811C9DC5, 0xE40C292C, 0xBF9CF968]


def test_grams_of_words_and_characters():
    words = Grams(0, "word", 1, 2, 6, EVERY_BUCKET, prefix=3)
    assert grams_of("Good films, good", words) == ["goo", "fil", "goo", "goo fil", "fil goo"]
    characters = Grams(0, "character", 2, 3, 6, EVERY_BUCKET)
    assert grams_of("Ab", characters) == [" a", "ab", "b ", " ab", "ab "]
    assert grams_of(None, words) == grams_of("", characters) == grams_of("!", characters) == []


def test_features_are_counts_or_presence_over_the_root_of_the_number_of_grams():
    text = "good good bad film"
    place = (hash_of("good") >> 6 ^ hash_of("good")) & 63
    for counted, scaled, expected in ((True, False, 2.0), (False, False, 1.0), (True, True, 1.0), (False, True, 0.5)):
        grams = Grams(0, "word", 1, 1, 6, EVERY_BUCKET, counted=counted, scaled=scaled)
        assert decode((grams,), texts(text))[0, place] == expected


def test_an_empty_and_a_missing_text_have_no_grams():
    grams = Grams(0, "character", 1, 3, 6, EVERY_BUCKET)
    assert not decode((grams,), texts("", None, " .. ")).any()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.one_of(st.none(), st.text(max_size=30)), min_size=1, max_size=8), st.sampled_from(["word", "character"])
)
def test_any_text_alone_packed_and_among_others_gives_the_same(values, unit):
    grams = Grams(0, unit, 1, 2, 6, EVERY_BUCKET, prefix=4)
    body = Affine(Weights.of(np.linspace(-1, 1, 64)[None]), Weights.of([0.25]))
    program = Program(1, (grams,), body, "sigmoid", ("no", "yes"))
    again = unpack(pack(program))
    many = Evaluator(program)([values])
    assert again.decoders == program.decoders
    assert np.array_equal(many, Evaluator(again)([values]))
    assert np.array_equal(many, np.concatenate([Evaluator(program)([[value]]) for value in values]))


def test_2000_buckets_take_little_more_than_the_logarithm_of_their_choices():
    chosen = np.sort(np.random.default_rng(0).choice(1 << 16, 2000, replace=False))
    grams = Grams(0, "word", 1, 1, 16, tuple(chosen.tolist()), prefix=6)
    program = Program(1, (grams,), Affine(Weights.of(np.ones((1, 2000))), Weights.of([0])), "sigmoid", (0, 1))
    assert 1613 < len(pack(program)) < 1613 * 1.03  # log2 of the choices is 12,902 bits


def test_a_text_column_is_not_read_as_numbers():
    grams = Grams(0, "word", 1, 1, 6, EVERY_BUCKET)
    program = Program(1, (grams,), Affine(Weights.of(np.ones((1, 64))), Weights.of([0])), "identity")
    assert Evaluator(program)(columns_of(program, [[3.5]])).shape == (1,)  # numbers are put into words
    with pytest.raises(DataError, match="column 0 must hold texts, but holds numbers"):
        decode((grams,), [np.zeros(2, dtype=np.float32)])
    with pytest.raises(DataError, match="column 0 must hold texts"):
        columns_of(program, [np.zeros((2, 3))])


def test_a_row_of_many_terms_is_one_of_many():
    rng = np.random.default_rng(3)
    grams = Grams(0, "word", 1, 1, 10, tuple(range(1024)), counted=True)
    body = Affine(Weights.of(rng.integers(-2, 3, (2, 1024)) / 4), Weights.of([0, 0]))
    program = Program(1, (grams,), body, "softmax", ("no", "yes"))
    values = [" ".join(f"w{i}" for i in rng.integers(0, 500, rng.integers(0, 40))) for _ in range(20)]
    many = Evaluator(program)([values])
    assert np.array_equal(many, np.concatenate([Evaluator(program)([[value]]) for value in values]))
