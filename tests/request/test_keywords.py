"""Keywords of a call: constraints, settings of the search, other libraries' words for them."""

from __future__ import annotations

import inspect

import pytest

import automicro
from automicro import MicroRegressor
from automicro.errors import RequestError
from automicro.request import Constraints, FormerName, Search, did_you_mean, read_keywords
from automicro.request.problems import SYNONYMS


def test_keywords_are_constraints_and_settings() -> None:
    constraints, search = read_keywords(None, None, {"metric": "r2", "score": 0.5, "seconds": "2min", "seed": 3})
    assert constraints == Constraints(metric="r2", score=0.5)
    assert search == Search(seconds=120, seed=3)


def test_families_go_with_settings_of_either_form() -> None:
    asked = {"metric": "r2", "score": 0.5}
    assert read_keywords(None, None, {**asked, "trials": 3}, families="tree")[1] == Search(trials=3, families=["tree"])
    assert read_keywords(None, Search(trials=3), asked, families=["tree"])[1] == Search(trials=3, families=["tree"])


def test_a_former_name_works_with_one_warning_at_the_caller() -> None:
    with pytest.warns(FormerName, match="^max_features is now called max_columns: write max_columns$") as warned:
        wanted, _ = read_keywords(None, None, {"metric": "r2", "score": 0.5, "max_features": 3})
    assert wanted == Constraints(metric="r2", score=0.5, max_columns=3)
    assert [each.filename for each in warned] == [__file__]
    with pytest.warns(FormerName, match="max_columns") as warned:
        assert MicroRegressor(max_features=3)._constraints().max_columns == 3
    assert [each.filename for each in warned] == [__file__]


def test_a_former_name_beside_the_present_one_is_refused() -> None:
    with pytest.raises(RequestError, match=r"^max_features: must not be given beside max_columns, of which"):
        automicro.select([[1]], [1], metric="r2", score=0.5, max_features=3, max_columns=3)


def test_clustering_has_a_metric_by_default() -> None:
    assert read_keywords(None, None, {}, task="clustering")[0].metric == "silhouette"


@pytest.mark.parametrize(
    ("constraints", "search", "keywords", "said"),
    [
        (
            None,
            Search(trials=1),
            {"metric": "r2", "score": 0.5, "seconds": 3},
            "search must be given either as an object",
        ),
        (Constraints(metric="r2", score=0.5), None, {"size": 3, "seed": 1}, "but got an object and size$"),
        (None, None, {"n_jobs": 2}, "n_jobs: unknown key, use 'workers'"),
        (None, None, {"time_budget": 2}, "time_budget: unknown key, use 'seconds'"),
        (None, None, {"random_state": 2}, "random_state: unknown key, use 'seed'"),
        (None, None, {"scoring": "r2"}, "scoring: unknown key, use 'metric'"),
        (None, None, {"sample_weight": []}, "sample_weight: unknown key, use 'weights'"),
        (None, None, {"secnds": 3}, "secnds: unknown key, did you mean 'seconds'"),
        ({}, None, {}, r"constraints must be an automicro\.Constraints, but got {}"),
    ],
)
def test_what_contradicts_itself_or_is_unknown_is_refused(
    constraints: Constraints | None, search: Search | None, keywords: dict[str, object], said: str
) -> None:
    with pytest.raises(RequestError, match=said):
        read_keywords(constraints, search, keywords)


def test_an_object_goes_with_keywords_of_the_other() -> None:
    constraints, search = read_keywords(Constraints(metric="r2", score=0.5), None, {"trials": 2})
    assert (constraints.metric, search.trials) == ("r2", 2)


@pytest.mark.parametrize("name", [name for name in SYNONYMS if name in Search.model_fields])
def test_other_words_for_settings_are_known_to_the_object_too(name: str) -> None:
    for word in SYNONYMS[name].split():
        with pytest.raises(RequestError, match=f"{word}: unknown key, use '{name}'"):
            Search(**{word: 1})


def test_synonyms_are_named_only_where_they_can_be_used() -> None:
    assert did_you_mean("n_jobs", ["metric", "score"]) == "choose among metric, score"
    assert did_you_mean("xgboost", ["boosting", "tree"]) == "use 'boosting'"
    words = [word for words in SYNONYMS.values() for word in words.split()]
    assert len(set(words)) == len(words)


def test_the_signature_names_every_keyword() -> None:
    names = set(inspect.signature(automicro.select).parameters)
    assert {"X", "y", "constraints", "search"} | Constraints.model_fields.keys() | Search.model_fields.keys() <= names
