"""A digest is the same for equal data in every process, and another one for other data, types or code."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import fbeta_score, make_scorer

from automicro.request import Metric
from automicro.search.context import Candidate, Outcome, QuantisedVariant
from automicro.search.storage.digest import digest

OBJECTS = np.array(["a", None, 1.5], dtype=object)


def test_equal_values_have_one_digest() -> None:
    assert digest({"b": 1, "a": (2, 3)}) == digest({"a": [2, 3], "b": 1})
    assert digest(frozenset({"x", "y"})) == digest({"y", "x"})
    assert digest(np.arange(6.0).reshape(2, 3)) == digest(np.asfortranarray(np.arange(6.0).reshape(2, 3)))
    assert digest(np.arange(3, dtype="<i4")) == digest(np.arange(3, dtype=">i4"))
    assert digest(np.arange(10)[::2]) == digest(np.arange(0, 10, 2))
    assert digest(float("nan")) == digest(float("nan"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, 1.0),
        (0.0, -0.0),
        ("1", 1),
        ("a", b"a"),
        (None, ()),
        (("ab", "c"), ("a", "bc")),
        ((("a",), "b"), ("a", ("b",))),
        ({"a": "b"}, {"b": "a"}),
        ({"a"}, ("a",)),
        (np.zeros((2, 3)), np.zeros((3, 2))),
        (np.zeros(3), np.zeros(3, dtype=np.float32)),
        (OBJECTS, OBJECTS[::-1]),
        (Candidate(1, "tree", {"depth": 2}, None, 0), Candidate(1, "tree", {"depth": 3}, None, 0)),  # type: ignore[arg-type]  # any preparation will do
        (QuantisedVariant("a", "b", 1.0, 2), Outcome(1, "b")),
    ],
)
def test_other_values_have_another(one: object, other: object) -> None:
    assert digest(one) != digest(other)


def test_what_is_neither_data_nor_a_function_has_none() -> None:
    for value in (object(), iter(()), sys.stdout.buffer, complex(1)):
        with pytest.raises(TypeError, match="neither data nor a function"):
            digest(value)


def metric_of(source: str) -> Metric:
    space: dict[str, Callable[..., float]] = {}
    exec(source, {"__name__": "somewhere", "np": np}, space)
    return Metric(space["profit"])


PROFIT = "def profit(y, p):\n    return float((y == p).mean()) + sum(x in {'a', 'b', 'c'} for x in ())"


def test_a_metric_counts_by_its_code_and_its_settings() -> None:
    assert digest(metric_of(PROFIT)) == digest(metric_of(PROFIT))
    assert digest(metric_of(PROFIT)) != digest(metric_of(PROFIT.replace("==", "!=")))
    assert digest(metric_of(PROFIT)) != digest(metric_of(PROFIT.replace("'c'", "'d'")))
    assert digest(Metric(helped)) != digest(Metric(helped, greater_is_better=False))
    assert digest(make_scorer(fbeta_score, beta=1)) != digest(make_scorer(fbeta_score, beta=2))
    assert digest(functools.partial(helped, weight=1)) != digest(functools.partial(helped, weight=2))


SCALE = 3


def helper(value: float) -> float:
    return value * SCALE if value < 1 else helper(value / 2)


def helped(y: np.ndarray, p: np.ndarray, weight: float = 1.0) -> float:
    return max(helper(value) for value in (y == p) * weight)


def test_what_a_function_calls_in_its_own_module_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest(helped)
    monkeypatch.setitem(globals(), "SCALE", 4)
    assert digest(helped) != before


def test_a_digest_does_not_depend_on_the_process() -> None:
    code = (
        "import sys\nsys.path.insert(0, sys.argv[1])\nimport test_digest as t\n"
        "print(t.digest(t.metric_of(t.PROFIT), {'a', 'b', 'c'}, {'x': 1, 'y': t.OBJECTS}, t.Outcome(1, 'failed')))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code, str(Path(__file__).parent)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(found) == 1
    assert len(found.pop()) == 65


@pytest.mark.parametrize(
    "value", ["{'w': 1.0}", "[1.0]", "np.array([1.0])", "{1.0}", "(1.0, (2.0,))", "np.float64(1.0)"]
)
def test_data_that_a_function_names_counts(value: str) -> None:
    source = f"W = {value}\ndef profit(y, p):\n    return len([W])\n"
    assert named(source) == named(source)
    assert named(source) != named(source.replace("1.0", "0.5"))


def test_a_function_of_the_user_that_names_an_object_has_no_digest() -> None:
    with pytest.raises(TypeError, match="neither data nor a function"):
        named("W = object()\ndef profit(y, p):\n    return len([W])\n")


def named(source: str) -> str:
    """Return the digest of the function `profit` of a module."""
    space: dict[str, Any] = {"__name__": "somewhere", "np": np}
    exec(source, space)
    return digest(space["profit"])
