"""Quantities are read as people write them, and printed so that they read back."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from automicro.errors import RequestError
from automicro.request import Constraints, DataSource, Search
from automicro.request.quantities import Bytes, Microseconds


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("50us", 50),
        ("50 µs", 50),
        ("50μs", 50),
        ("1.5 ms", 1500),
        ("2s", 2e6),
        ("0.1ms", 100),
        ("500NS", 0.5),
        ("1e3us", 1000),
    ],
)
def test_times_are_microseconds(text: str, microseconds: float) -> None:
    assert Microseconds.read(text) == microseconds


@pytest.mark.parametrize(
    ("given_size", "size"),
    [
        (2048, 2048),
        (512.0, 512),
        ("2KB", 2000),
        ("2 kb", 2000),
        ("2KiB", 2048),
        ("1.5KB", 1500),
        ("31", 31),
        ("31B", 31),
        ("1MB", 10**6),
    ],
)
def test_sizes_are_bytes(given_size: object, size: int) -> None:
    assert Bytes.read(given_size) == size


@given(st.floats(1e-9, 1e15))
def test_a_time_reads_back(value: float) -> None:
    assert Microseconds.read(str(Microseconds(value))) == value


@given(st.integers(1, 10**15))
def test_a_size_reads_back(value: int) -> None:
    assert Bytes.read(str(Bytes(value))) == value


@pytest.mark.parametrize(
    "wrong", ["", "us", "50", 50, "50 parsecs", "-1us", "0us", True, None, "nanus", "1e999s", "1e-999999999999us", [1]]
)
def test_what_is_no_time_is_refused_with_a_sentence(wrong: object) -> None:
    with pytest.raises(PydanticCustomError, match=r"must be .*, but got"):
        Microseconds.read(wrong)


@pytest.mark.parametrize("wrong", ["", "KB", 0, -1, 2.5, "0.5B", float("nan"), float("inf"), "2XB", "2k", False, None])
def test_what_is_no_size_is_refused_with_a_sentence(wrong: object) -> None:
    with pytest.raises(PydanticCustomError, match=r"must be .*, but got"):
        Bytes.read(wrong)


def test_typed_quantities_survive_copies() -> None:
    constraints = Constraints(metric="r2", score="50%", latency="1.5ms", size="2KiB")
    assert constraints.score == 0.5
    again = Constraints(metric="r2", score=np.float64(0.5), latency=constraints.latency, size=np.int64(2048))
    assert again == constraints == pickle.loads(pickle.dumps(constraints))
    assert hash(again) == hash(constraints)
    assert repr(again.latency) == "1500us"
    assert repr(again.size) == "2048B"


@pytest.mark.parametrize(
    ("given_time", "seconds"), [(90, 90), ("90", 90), ("90s", 90), ("1.5min", 90), ("0.5h", 1800), ("500ms", 0.5)]
)
def test_seconds(given_time: object, seconds: float) -> None:
    assert Search(seconds=given_time).seconds == seconds


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"seconds": "2 weeks"}, "seconds: must be seconds, or a time such as '2min', but got '2 weeks'"),
        ({"seconds": 0}, "seconds: must be above 0, but got 0"),
        ({"trials": 0}, "trials: must be at least 1, but got 0"),
        ({"trials": 1.5}, "trials: must be a whole number, but got 1.5"),
        ({"trials": True}, "trials: must be a whole number, but got True"),
        ({"seed": -1}, "seed: must lie in 0 to 4294967295, but got -1"),
        ({"progress": "maybe"}, "progress: must be true or false, but got 'maybe'"),
        ({"families": []}, "families: must be a list of names that is not empty, but got []"),
        ({"families": "tree, tree"}, "families: must name each only once, but got 'tree, tree'"),
        ({"storage": 3}, "storage: must be a text that is not empty (in quotes), but got 3"),
        ({"tials": 3}, "tials: unknown key, did you mean 'trials'"),
    ],
)
def test_impossible_search_settings(values: dict[str, object], said: str) -> None:
    with pytest.raises(RequestError) as caught:
        Search(**values)
    assert str(caught.value) == said


def test_a_search_is_always_bounded() -> None:
    assert Search().seconds == Search(trials=None, seconds=None).seconds == 60
    assert Search(trials=5).seconds is None
    assert Search(families="tree,linear").families == ("tree", "linear")


def test_columns_of_text_may_be_named_with_commas_or_be_none() -> None:
    assert DataSource(source="a.csv", target="y", text="said, meant").text == ("said", "meant")
    assert DataSource(source="a.csv", target="y", text=[]).text == ()


def test_the_columns_of_series_may_be_named_with_a_comma() -> None:
    series = DataSource(source="a.csv", target="y", series="patient, day").series
    assert (series.id, series.time) == ("patient", "day")
    with pytest.raises(RequestError, match="must be two columns"):
        DataSource(source="a.csv", target="y", series="patient")
