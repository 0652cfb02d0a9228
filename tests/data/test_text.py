"""Which columns are texts, and which buckets of them become features."""

from __future__ import annotations

import numpy as np
import pytest

from automicro.data import GramSettings, Preparation, PreparationSettings, load_problem, load_table
from automicro.errors import DataError

NAMES = [f"person {i}" for i in range(60)]
SENTENCES = [f"this is sentence number {i}" for i in range(60)]


def kinds(table, **more):
    return [profile.kind for profile in load_table(table, **more).profiles]


def test_many_different_texts_of_several_words_are_text():
    assert kinds({"a": SENTENCES, "b": NAMES, "c": ["one of three"] * 60}) == ["text", "category", "category"]
    assert "is read as text: text=[] makes it categories" in load_table({"a": SENTENCES}).notes[0]


def test_users_say_what_is_text():
    assert kinds({"a": SENTENCES, "b": NAMES}, text=[]) == ["category", "category"]
    assert kinds({"a": SENTENCES, "b": NAMES}, text=["b"]) == ["category", "text"]
    with pytest.raises(DataError, match="there is no column 'c'"):
        load_table({"a": SENTENCES}, text=["c"])
    with pytest.raises(DataError, match=r"pass text=\['a'\]"):
        load_table({"a": SENTENCES}, text="a")
    with pytest.raises(DataError, match="must hold texts to be read as text, but holds numeric"):
        load_table({"a": [1.0, 2.0]}, text=["a"])


@pytest.mark.parametrize("regression", [False, True])
def test_the_buckets_that_tell_most_are_chosen(regression):
    rng = np.random.default_rng(0)
    liked = rng.random(200) < 0.5
    texts = [
        f"{'good' if is_liked else 'poor'} thing {rng.integers(20)} 😀" if i else None
        for i, is_liked in enumerate(liked)
    ]
    y = liked * 2.5 + rng.normal(size=200) * 0.1 if regression else liked
    problem = load_problem({"text": texts}, y, text=["text"])
    settings = PreparationSettings(grams=GramSettings(bits=12, buckets=2))
    prepared = Preparation.fit(problem, np.arange(200), settings)
    assert prepared.fit_matrix.shape == (200, 2)
    assert np.array_equal(prepared.fit_matrix[1:, 0] > 0, liked[1:]) or np.array_equal(
        prepared.fit_matrix[1:, 1] > 0, liked[1:]
    )
    assert [feature.kind for feature in prepared.features] == ["gram", "gram"]
    assert not prepared.fit_matrix[0].any()
