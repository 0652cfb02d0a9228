"""What a search returns or raises is pickled, copied, compared and turned into plain data like any other value of Python."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris

import automicro
from automicro import errors
from automicro.result.selection import RecordTable
from automicro.values import hash_of, plain, same

SEARCH = automicro.Search(trials=1, workers=0, families=["linear"])


def dumped(value: Any, folder: Path) -> Any:
    joblib.dump(value, folder / "value")
    return joblib.load(folder / "value")


WAYS = {
    "pickle": lambda value, _: pickle.loads(pickle.dumps(value)),
    "oldest pickle": lambda value, _: pickle.loads(pickle.dumps(value, protocol=0)),
    "joblib": dumped,
    "copy": lambda value, _: copy.copy(value),
    "deepcopy": lambda value, _: copy.deepcopy(value),
}


@pytest.fixture(scope="module")
def found() -> automicro.Selection:
    X, y = load_iris(return_X_y=True, as_frame=True)
    return automicro.select(X, y, metric="accuracy", score=0.8, search=SEARCH)


@pytest.fixture(scope="module")
def refused() -> automicro.Infeasible:
    X, y = load_iris(return_X_y=True, as_frame=True)
    with pytest.raises(automicro.Infeasible) as raised:
        automicro.select(X, y, metric="accuracy", score=0.8, size=3, search=SEARCH)
    return raised.value


@pytest.mark.parametrize("way", WAYS)
def test_a_model_and_a_selection_come_back_equal(found: automicro.Selection, way: str, tmp_path: Path) -> None:
    back = WAYS[way](found, tmp_path)
    assert back == found
    assert hash(back) == hash(found)
    assert back.model == found.model
    assert back.model.to_bytes() == found.model.to_bytes()
    assert back.trace == found.trace
    assert repr(back) == repr(found)
    X = load_iris(as_frame=True).data
    np.testing.assert_array_equal(back.model.predict_proba(X), found.model.predict_proba(X))


@pytest.mark.parametrize("way", WAYS)
def test_an_infeasible_request_comes_back_with_all_it_knows(
    refused: automicro.Infeasible, way: str, tmp_path: Path
) -> None:
    back = WAYS[way](refused, tmp_path)
    assert back == refused
    assert hash(back) == hash(refused)
    assert (back.binding, back.nearest, back.trace, back.prices) == (
        refused.binding,
        refused.nearest,
        refused.trace,
        refused.prices,
    )
    assert back.binding


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_comes_back_equal(name: str, tmp_path: Path) -> None:
    error = getattr(errors, name)("must hold, but does not")
    for way in WAYS.values():
        back = way(error, tmp_path)
        assert back == error
        assert str(back) == str(error)
    assert error != getattr(errors, name)("another")
    assert error != ValueError("must hold, but does not")


@pytest.mark.parametrize(
    "value",
    [
        automicro.Constraints(metric="r2", score=0.5, size="2KB", latency="50us", monotone={"age": "+"}),
        automicro.Search(seconds="2min", seed=3, families=["tree"], encoders={"mlp": {"weights_0": np.eye(2)}}),
    ],
    ids=["constraints", "search"],
)
def test_requests_come_back_equal(value: Any, tmp_path: Path) -> None:
    for way in WAYS.values():
        assert way(value, tmp_path) == value
        assert hash(way(value, tmp_path)) == hash(value)
    assert value != automicro.Constraints(metric="r2", score=0.6)


def test_models_of_other_bytes_or_cards_are_not_equal(found: automicro.Selection) -> None:
    stripped = automicro.Model.from_bytes(found.model.to_bytes(strip=True))
    X, y = load_breast_cancer(return_X_y=True)
    other = automicro.select(X, y, metric="accuracy", score=0.8, search=SEARCH).model
    assert stripped != found.model
    assert other != found.model
    assert stripped == automicro.Model(found.model.program)
    assert pickle.loads(pickle.dumps(stripped)) == stripped
    assert len({stripped, automicro.Model(found.model.program), other}) == 2
    assert found.model != found.model.to_bytes()


def sent(model: automicro.Model, rows: Any) -> Any:
    return model.predict(rows)


def refuse(message: str) -> None:
    raise errors.Infeasible(message, binding=("score",), trace=RecordTable([message]))


def test_models_go_to_other_processes_and_errors_come_from_them(found: automicro.Selection) -> None:
    X = load_iris(as_frame=True).data
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        np.testing.assert_array_equal(pool.submit(sent, found.model, X).result(), found.model.predict(X))
        with pytest.raises(errors.Infeasible, match="too small") as raised:
            pool.submit(refuse, "too small").result()
    assert raised.value.binding == ("score",)
    assert list(raised.value.trace) == ["too small"]


def test_the_trace_of_an_infeasible_request_is_a_table(refused: automicro.Infeasible) -> None:
    assert isinstance(refused.trace, RecordTable)
    assert list(refused.trace.to_pandas()["family"]) == ["linear"]


def test_a_selection_is_plain_data(found: automicro.Selection) -> None:
    back = json.loads(found.to_json())
    told = found.to_dict()
    assert back == told
    assert (told["size_bytes"], told["family"], told["verdict"]) == (found.size_bytes, "linear", "estimated")
    assert told["constraints"]["score"] == 0.8
    assert told["trace"][0]["status"] == "taken"
    assert told["model"]["sha256"] == found.model.card["sha256"] if found.model.card else False
    assert set(told) == {field.name for field in dataclasses.fields(found)} - {"out_of_fold"} | {"latency_us"}


def test_a_selection_turns_into_a_dict_of_its_fields(found: automicro.Selection) -> None:
    told = dataclasses.asdict(found)
    assert told["model"] == found.model
    assert told["trace"] == found.trace
    assert told["latency"]["quantile"] == found.latency.quantile


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (np.nan, np.nan, True),
        ({"a": (1.0, np.nan)}, {"a": (1.0, np.nan)}, True),
        (np.array([1.0, np.nan]), np.array([1.0, np.nan]), True),
        (np.array([1.0]), np.array([1.0], dtype=np.float32), False),
        (np.array(["a", None], dtype=object), np.array(["a", None], dtype=object), True),
        ((1,), [1], False),
        (True, 1, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ([1, 2], [1], False),
    ],
)
def test_sameness(one: Any, other: Any, expected: bool) -> None:
    assert same(one, other) is expected
    if expected:
        assert hash_of(one) == hash_of(other)


def test_plain_values_are_what_json_writes() -> None:
    value = {1: (np.int64(3), np.float32(0.5)), "path": Path("a"), "set": {2, 1}, "array": np.eye(2), "bool": np.True_}
    assert plain(value) == {
        "1": [3, 0.5],
        "path": "a",
        "set": [1, 2],
        "array": [[1.0, 0.0], [0.0, 1.0]],
        "bool": True,
    }
    assert json.loads(json.dumps(plain(value))) == plain(value)
